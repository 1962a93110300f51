"""What a start loads and makes, and what it leaves for those who need it."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest
from flask import Flask

from innovation_station import clock, create_app, i18n
from innovation_station.preload import preload
from innovation_station.settings import Settings
from innovation_station.spaces.holidays import _year
from tests.operations.conftest import ROOT, environment_of

# Each costs a tenth of a second or some MiB in every process, and belongs to a few commands or to one database.
LATE = ("alembic", "holidays", "fontTools", "innovation_station.demo", "smtplib", "sqlalchemy.dialects.postgresql")
LOADED = """
import sys
from innovation_station import cli
cli.make_app()
print(*sorted(sys.modules))
"""


def test_start_loads_nothing_that_few_need(station: Settings) -> None:
    told = run(
        [sys.executable, "-c", LOADED],
        env=environment_of(station),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert set(LATE) & set(told.stdout.split()) == set()


@pytest.fixture
def app(station: Settings, database: Path) -> Flask:
    """Give an application whose database is current and empty."""
    return create_app({"STATION": station})


def test_preload_leaves_nothing_to_compile_or_work_out(app: Flask) -> None:
    preload(app)
    assert app.jinja_env.cache is not None
    assert len(app.jinja_env.cache) == len(app.jinja_env.list_templates())
    today = clock.now().date()
    with app.app_context():
        for language in i18n.LANGUAGES:
            with i18n.speaking(language):
                assert i18n.day_long(today) and i18n.day_long(today + timedelta(1))


def test_preload_knows_the_holidays_of_the_house(app: Flask, program: Callable[..., CompletedProcess[str]]) -> None:
    assert program("demo", "load").returncode == 0
    _year.cache_clear()
    preload(app)
    misses = _year.cache_info().misses
    for years in (-1, 0, 1):
        assert _year("SE", clock.now().year + years)
    assert _year.cache_info().misses == misses == 3


def test_preload_does_without_a_database(station: Settings) -> None:
    preload(create_app({"STATION": station}))
