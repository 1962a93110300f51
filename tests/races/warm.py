"""Loaded by the fork server alone: what each of eight processes would otherwise read and compile for itself."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from innovation_station.spaces.holidays import Calendar
from tests.conftest import app_on
from tests.races import contenders

with tempfile.TemporaryDirectory() as folder:
    app = app_on(f"sqlite:///{folder}/none.db", Path(folder))
for name in app.jinja_env.list_templates(extensions=["html"]):
    app.jinja_env.get_template(name)
Calendar("SE").learn(date(2026, 1, 1), date(2027, 1, 1))
del app
__all__ = ["contenders"]
