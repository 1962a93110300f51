"""Loaded by the fork server alone: what each of eight processes would otherwise read and compile for itself."""

from __future__ import annotations

import tempfile
from pathlib import Path

from innovation_station.spaces.queries import _holidays
from tests.conftest import app_on
from tests.races import contenders

with tempfile.TemporaryDirectory() as folder:
    app = app_on(f"sqlite:///{folder}/none.db", Path(folder))
for name in app.jinja_env.list_templates(extensions=["html"]):
    app.jinja_env.get_template(name)
for year in (2026, 2027):
    _holidays("SE", year, "sv")
del app
__all__ = ["contenders"]
