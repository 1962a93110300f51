"""What a start loads and makes, and what it leaves for those who need it."""

import os
import shutil
import signal
import sys
from pathlib import Path
from subprocess import run

import flask_babel
import pytest
from flask import Flask, request
from sqlalchemy import Engine, event

from innovation_station import clock, create_app, heap, i18n
from innovation_station.db import transaction
from innovation_station.logs import access
from innovation_station.preload import Compiled, preload
from innovation_station.settings import Settings
from innovation_station.spaces import service as space_service
from innovation_station.spaces.holidays import _told, _worked_out, _year
from tests.conftest import compiled, hand_compiled
from tests.operations.conftest import ROOT, environment_of

# Each costs a tenth of a second or some MiB in every process, and belongs to a few commands or to one database.
LATE = (
    "alembic", "holidays", "fontTools", "innovation_station.demo", "segno", "smtplib", "sqlalchemy.dialects.postgresql",
)  # fmt: skip
LOADED = """
import sys
from innovation_station import cli
app = cli.make_app()
cli._before_fork(app)
for path in ("/", "/login", "/healthz"):
    assert app.test_client().get(path).status_code == 200
print(*sorted(sys.modules))
"""


@pytest.fixture
def app(station: Settings, database: Path) -> Flask:
    """Give an application whose database is current and empty, and whose templates another start has compiled."""
    hand_compiled(station.instance)
    return create_app({"STATION": station})


def test_neither_start_nor_first_pages_load_what_few_need(app: Flask, station: Settings) -> None:
    """Not even for the holidays, which are known then: forked processes share all that is loaded, and copy most."""
    with app.app_context(), transaction():
        space_service.set_up_house(name="Teststationen", organisation="Skolan", holidays="SE")
    told = run(
        [sys.executable, "-c", LOADED],
        env={**environment_of(station), "STATION_SECRET_KEY": "k" * 40},
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert set(LATE) & set(told.stdout.split()) == set()
    assert "not rehearsed" not in told.stderr


def test_preload_leaves_nothing_to_compile(app: Flask) -> None:
    shutil.copytree(compiled().directory, app.config["STATION"].instance / "copy")
    cache = Compiled(str(app.config["STATION"].instance / "copy"))
    for file in list(Path(cache.directory).iterdir())[::20]:
        file.unlink()
    app.jinja_env.bytecode_cache = cache
    preload(app)
    names = app.jinja_env.list_templates()
    assert 5 < len(app.jinja_env.cache or ()) < len(names) / 2, "rarely used ones are read when they are"
    app.jinja_env.compile = None  # type: ignore[assignment,method-assign]
    for name in names:
        app.jinja_env.get_template(name)


def test_rehearsal_makes_pages_and_writes_nothing(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    """Pages are made as for people, all without an error, and neither database nor log says that anybody asked."""
    made: list[tuple[str, int]] = []
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement.split()[0])

    event.listen(Engine, "before_cursor_execute", note)
    app.after_request(lambda response: made.append((request.path, response.status_code)) or response)
    try:
        preload(app)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert set(asked) <= {"SELECT", "BEGIN", "PRAGMA"}
    paths = ["/", "/login", "/", "/book", "/bookings"]
    assert made == [(path, 200) for path in paths] * len(i18n.LANGUAGES)
    assert capsys.readouterr().err == ""
    assert not access.disabled


def test_page_that_fails_does_not_stop_the_start(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    app.view_functions["bookings.book"] = lambda: 1 / 0
    preload(app)
    assert "page not rehearsed" in capsys.readouterr().err
    assert not access.disabled


def test_preload_knows_the_holidays_of_the_house(app: Flask) -> None:
    with app.app_context(), transaction():
        space_service.set_up_house(name="Teststationen", organisation="Skolan", holidays="SE")
    _told.clear()
    _worked_out.cache_clear()
    preload(app)
    for years in (-1, 0, 1, 2, 3):
        assert len(_year("SE", clock.now().year + years)) > 10
    assert _worked_out.cache_info().misses == 0, "who works them out loads a package of 5 MiB"


def test_lazy_texts_are_looked_up_in_the_catalogues_that_are_read_already(app: Flask) -> None:
    """Theirs were copies: a MiB, and as long to read as all templates."""
    lazy = flask_babel.lazy_gettext("Save")
    for language, text in (("sv", "Spara"), ("en", "Save")):
        with app.test_request_context(headers={"Accept-Language": language}):
            assert flask_babel.get_domain().get_translations() is i18n.catalogue(language)
            assert str(lazy) == text
    with app.test_request_context(), i18n.speaking("en"):
        assert str(lazy) == "Save"


def test_what_is_done_apart_comes_back_and_leaves_nothing() -> None:
    left: list[int] = []

    def work() -> int:
        left.append(os.getpid())
        return os.getpid()

    assert heap.apart(work)() != os.getpid() and not left
    with pytest.raises(ZeroDivisionError):
        heap.apart(lambda: 1 // 0)()


def test_what_is_done_apart_is_done_also_where_nobody_may_wait_for_children() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # as some who start us have it
    try:
        assert heap.apart(lambda: 1)() == 1
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_preload_does_without_a_database(station: Settings) -> None:
    hand_compiled(station.instance)
    preload(create_app({"STATION": station}))


def files_of(app: Flask) -> set[str]:
    """Name the files in which the templates of an app are kept as they were compiled."""
    loader, cache = app.jinja_env.loader, compiled()
    assert loader
    keys = (cache.get_cache_key(name, loader.get_source(app.jinja_env, name)[1]) for name in loader.list_templates())
    return {cache.pattern % key for key in keys}


def test_second_start_reads_what_the_first_has_compiled(station: Settings, database: Path) -> None:
    app = create_app({"STATION": station})
    shutil.copytree(compiled().directory, station.instance / "compiled" / Path(compiled().directory).name)
    [folder] = (station.instance / "compiled").iterdir()
    folder.chmod(0o700)
    for file in list(folder.iterdir())[::20]:
        file.unlink()  # what is left to be compiled: all would take seconds
    preload(app)
    kept = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert files_of(app) <= kept.keys()  # besides those that other tests have written
    assert folder.stat().st_mode & 0o077 == 0
    (folder.parent / "older").mkdir()
    again = create_app({"STATION": station})
    again.jinja_env.compile = None  # type: ignore[assignment,method-assign]  nothing is left to be compiled
    preload(again)
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == kept
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:-9])
    damaged = create_app({"STATION": station})
    damaged.jinja_env.bytecode_cache = Compiled(str(folder))
    assert "<h1" in damaged.test_client().get("/login").text


def test_start_does_without_a_place_for_what_is_compiled(
    station: Settings, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app({"STATION": station})
    some = app.jinja_env.list_templates()[::20]
    monkeypatch.setattr(app.jinja_env, "list_templates", lambda: some)
    (station.instance / "compiled").write_text("no directory")
    preload(app)
    assert app.jinja_env.bytecode_cache is None and len(app.jinja_env.cache or ()) >= len(some) > 5
