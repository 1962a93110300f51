"""What all tests share: an app on each database, a small house, people in it, and a clock that stands still.

Monday 23 November 2026, 08.10 in Stockholm, until a test says otherwise. The house is open weekdays 08-18.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from argon2 import PasswordHasher
from flask import Flask, current_app
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from jinja2.bccache import Bucket
from sqlalchemy import Boolean, Column, Engine, MetaData, Table, event, insert, make_url, select
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder

from innovation_station import clock as clock_module
from innovation_station import create_app, demo, schema, settings
from innovation_station import db as database
from innovation_station.announcements import queries as announcements
from innovation_station.calendars import feed_views
from innovation_station.db import Base, transaction
from innovation_station.members import asking
from innovation_station.members import service as member_service
from innovation_station.preload import Compiled
from innovation_station.spaces import queries as space_queries
from innovation_station.spaces import service as space_service
from innovation_station.spaces.rules import Box
from innovation_station.timespan import Span
from tests.postgres import Reused
from tests.shared import once_a_run
from tests.standing import CONFIGURED, Standing

pytest_plugins = ["tests.plugins_services"]

# A change is judged by what it changed: the same examples each run, new ones where somebody looks for them.
hypothesis.settings.register_profile("steady", derandomize="STATION_TEST_RANDOM" not in os.environ)
hypothesis.settings.load_profile("steady")

ZONE = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
PASSWORD = "plats-for-nasta-ide"
PEOPLE = {
    "alva": ("alva@example.org", "Alva Lindqvist", "member"),
    "bo": ("bo@example.org", "Bo Ek", "member"),
    "host": ("host@example.org", "Hanna Lund", "host"),
    "admin": ("admin@example.org", "Adam Berg", "admin"),
}


class OncePerRun(Compiled):
    """Templates that are compiled once for the whole run, whichever of its processes needed them first."""

    def __init__(self, directory: str) -> None:
        super().__init__(directory)
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])
            return
        super().load_bytecode(bucket)
        if bucket.code:
            self.kept[bucket.key] = bucket.bytecode_to_string()

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()
        super().dump_bytecode(bucket)


class Written(dict[Any, Any]):
    """Keeps the SQL of each statement for all apps on one kind of database, whose dialects are alike.

    Each test has its own app; writing its statements anew took longer than to run them.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)  # the first is the dialect of one engine

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


# Rows, locks, constraints and indexes decide who has which time, what is counted and what outlives a crash: the tests of
# that run on both databases. All the rest runs by turns, but for what tests/on_both.txt names.
BOTH = re.compile(
    r"tests/(browser|faults|figures|jobs|journeys|ledger|machine|operations|races|waits)/(?!test_(\w+_)?pages\.)"
    r"|tests/test_(db|demo|schema)\."
    r"|tests/bookings/test_(closing|dividing|moving|occupancy|presence|service)\."
    r"|tests/series/test_(cost|restoring|service)\."
)
ON_BOTH = frozenset((Path(__file__).parent / "on_both.txt").read_text("utf-8").split("\n")[2:])
BY_TURNS = re.compile(r"::test_worker_comes_along")
ON_DATABASE = re.compile(r"\[(sqlite|postgresql)\b")
WRITTEN: dict[str, Written] = {}


def at(day: date, start: str, end: str) -> Span:
    """Give a span of one local day, from wall clock times."""
    return Span(
        *(datetime.combine(day, time.fromisoformat(text), tzinfo=ZONE).astimezone(UTC) for text in (start, end))
    )


@dataclass
class Clock:
    """The clock of a test."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Small:
    """The ids of the small house and its people."""

    a1: int = 0
    a2: int = 0
    a3: int = 0
    room: int = 0
    booth: int = 0
    hall: int = 0
    people: dict[str, int] = field(default_factory=dict)


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Look for no cycles while tests are found: of thousands, nothing goes away (`rare_collections`)."""
    gc.disable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out one of the two databases for some tests, by turns: which is told by the name, and stays.

    What a page says, and what is told to whom, hangs on no database (`BOTH` names what does); and every statement of the
    program still runs on both (`ON_BOTH`). STATION_TEST_EVERY=1 has each test run on both.
    """
    if "STATION_TEST_EVERY" in os.environ:
        return
    by_name: dict[str, list[pytest.Item]] = {}
    for item in items:
        if by_turns(item.nodeid) and (found := ON_DATABASE.search(item.nodeid)):
            by_name.setdefault(item.nodeid[: found.start(1)] + item.nodeid[found.end(1) :], []).append(item)
    left = {
        sorted(pair, key=lambda item: item.nodeid)[crc32(name.encode()) % 2]
        for name, pair in by_name.items()
        if len(pair) == 2
    }
    if left:
        config.hook.pytest_deselected(items=[item for item in items if item in left])
        items[:] = [item for item in items if item not in left]


def by_turns(name: str) -> bool:
    """Tell whether a test runs on one of the databases only."""
    return bool(BY_TURNS.search(name)) or not (BOTH.search(name) or name.partition("[")[0] in ON_BOTH)


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> None:
    """Hash passwords cheaply: the cost is argon2's subject, not ours."""
    member_service._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    member_service._nobody = member_service._hasher.hash("nobody at all")


@pytest.fixture(scope="session", autouse=True)
def rare_collections() -> None:
    """Look for cycles seldom: a worker holds millions of objects, and going over them took a fifth of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def quick_routes() -> Iterator[None]:
    """Compile what builds the addresses of a route once, and not for each app: of a path it is always the same code."""
    compiled, compile_builder = {}, Rule._compile_builder

    def kept(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        key = (rule.rule, repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", kept)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_disk() -> Iterator[None]:
    """Have SQLite wait for no disk: that data outlive a loss of power is its subject, not ours."""

    def hurry(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", hurry)
    yield
    event.remove(Engine, "connect", hurry)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stop the clock."""
    standing = Clock()
    monkeypatch.setattr(clock_module, "now", standing)
    return standing


def app_on(url: str, instance: Path, **config: Any) -> Flask:
    """Make an app for tests on a database."""
    instance.mkdir(exist_ok=True)
    station = settings.load({"STATION_DATABASE_URL": url, **CONFIGURED}, instance)
    app = create_app({"STATION": station, "TESTING": True, "PROPAGATE_EXCEPTIONS": False, **config})
    # each test makes an app; compiling its templates was most of the suite's time
    app.jinja_env.bytecode_cache = compiled()
    keep_written(app)
    return app


@cache
def compiled() -> Compiled:
    """Give the templates of the run, where a program that has its instance folder in `program` looks for them too."""
    found = OncePerRun.beside(once_a_run("program", Path.mkdir))
    assert found
    return found


def hand_compiled(instance: Path) -> None:
    """Let a program that starts in an instance folder find its templates compiled."""
    if not (instance / "compiled").exists():
        (instance / "compiled").symlink_to(Path(compiled().directory).parent)


def keep_written(app: Flask) -> None:
    """Let an engine know all the SQL that was written before."""
    with app.app_context():
        engine = database.db.engine
    engine._compiled_cache = WRITTEN.setdefault(engine.dialect.name, Written())  # type: ignore[assignment]


def address(app: Flask, url: str) -> None:
    """Let an app stand on another database."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    options = {"url": make_url(url), **database.engine_options(url)}
    database.db._app_engines[app][None] = database.db._make_engine(None, options, app)
    keep_written(app)


def furnish(app: Flask) -> Small:
    """Build the small house: three desks, a room, a booth and a hall; four people."""
    small = Small()
    with app.app_context(), transaction():
        space_service.set_up_house(name="Teststationen", organisation="Skolan", holidays="SE")
        space_service.set_hours(dict.fromkeys(range(5), (8 * 60, 18 * 60)))
        floor = space_service.add_floor(
            names=("Plan 6", "Floor 6"), width=960, height=500,
            shapes=[{"kind": "rect", "class": "floor", "x": 8, "y": 8, "width": 944, "height": 484}],
        )  # fmt: skip
        zone = space_service.add_zone(floor=floor, names=("Perrongen", "The Platform"), label=Box(34, 90, 300, 20))
        for index, name in enumerate(("A1", "A2", "A3")):
            desk = space_service.add_space(
                floor=floor,
                zone=zone,
                kind="desk",
                name=name,
                box=Box(34 + 55 * index, 22, 50, 48),
                amenities=["screen"],
            )
            setattr(small, name.lower(), desk.id)
        rooms = [("room", "Hågelby", Box(716, 16, 228, 124), 8), ("booth", "Bås 1", Box(300, 300, 60, 60), 1),
                 ("hall", "Scenen", Box(16, 306, 276, 178), 60)]  # fmt: skip
        for kind, name, box, capacity in rooms:
            space = space_service.add_space(floor=floor, kind=kind, name=name, box=box, capacity=capacity)
            setattr(small, kind, space.id)
        for key, (email, name, role) in PEOPLE.items():
            small.people[key] = member_service.create_member(
                email=email, name=name, role=role, password=PASSWORD, now=NOW
            ).id
    return small


def furnish_old(app: Flask, folder: Path, template: Template) -> Small:
    """Build the small house in a database of an earlier revision: copied from a new one, its rows carried over.

    What the models have since got is left out; of columns that have gone, a flag is set and others keep their default.
    """
    new = app_on(template.copy(folder), folder / "newer")
    with new.app_context(), app.app_context():
        old = MetaData()
        old.reflect(database.db.engine)
        with new.app_context(), database.db.engine.connect() as source:
            rows = {
                table: [dict(row._mapping) for row in source.execute(select(table))]
                for table in Base.metadata.sorted_tables
            }
        with database.db.engine.begin() as target:
            for table in (known for known in rows if known.name in old.tables):
                columns = old.tables[table.name].columns
                gone = {c.name: True for c in columns if c.name not in table.columns and isinstance(c.type, Boolean)}
                for row in rows[table]:
                    shared = {name: value for name, value in row.items() if name in columns}
                    target.execute(insert(table_of(old, table)).values({**gone, **shared}))
    _dispose(new)
    return template.small


def table_of(old: MetaData, table: Table) -> Table:
    """Give an old table with the types of the new one where both have a column."""
    return Table(
        table.name, MetaData(),
        *(Column(c.name, table.columns[c.name].type if c.name in table.columns else c.type)
          for c in old.tables[table.name].columns),
    )  # fmt: skip


@dataclass
class Template:
    """A database with the small house in it, to be copied for each test, and the app that stands on the copies."""

    small: Small
    copy: Callable[[Path], str]
    standing: Standing = field(default_factory=lambda: Standing(app_on, address))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, quick_hashes: None) -> Template:
    folder = tmp_path_factory.mktemp("sqlite")
    path = folder / "template.db"
    app = app_on(f"sqlite:///{path}", folder / "instance")
    schema.upgrade(app)
    small = furnish(app)
    _dispose(app)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()

    def copy(target: Path) -> str:
        shutil.copy(path, target / "station.db")
        return f"sqlite:///{target / 'station.db'}"

    return Template(small, copy)


@pytest.fixture(scope="session")
def demo_house(tmp_path_factory: pytest.TempPathFactory, quick_hashes: None) -> Path:
    """Give the database of the demo house on the Monday of the tests, made once for the whole run; tests get copies."""

    def make(path: Path) -> None:
        app = app_on(f"sqlite:///{path}", tmp_path_factory.mktemp("demo"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock_module, "now", Clock())
            schema.upgrade(app)
            demo.load(app)
        close(app)

    return once_a_run("demo.db", make)


def close(app: Flask) -> None:
    """Close what an app has open; its SQLite database is then one file, to be copied."""
    with app.app_context(), database.db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    _dispose(app)


@pytest.fixture(scope="session")
def postgres_template(
    postgres_server: Any, tmp_path_factory: pytest.TempPathFactory, worker_id: str, quick_hashes: None
) -> Iterator[Template]:
    name = f"template_{worker_id}"
    app = app_on(postgres_server.create_database(name), tmp_path_factory.mktemp("postgres"))
    schema.upgrade(app)
    small = furnish(app)
    _dispose(app)
    standing = Standing(app_on, address)
    reused = Reused(postgres_server, name, f"test_{worker_id}", lambda: standing.backends)
    yield Template(small, lambda _folder: reused.fresh(), standing)
    reused.close()
    if standing.app:
        _dispose(standing.app)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a database with the small house in it; every test that asks runs on both."""
    kind = "postgres" if request.param == "postgresql" else "sqlite"
    template: Template = request.getfixturevalue(f"{kind}_template")
    request.node.template = template
    request.node.small = replace(template.small, people=dict(template.small.people))  # tests add to them
    return template.copy(tmp_path)


@pytest.fixture
def app(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Give the app that stands on a fresh copy of the small house."""
    forget()
    standing: Standing = request.node.template.standing
    yield standing.fresh(database_url, tmp_path / "instance")
    standing.take_back()


def forget() -> None:
    """Empty what a process keeps of a database: the next one may have the same address and revisions."""
    space_queries._kept.clear()
    announcements._kept.clear()
    feed_views._tried.clear()


def _dispose(app: Flask) -> None:
    with app.app_context():
        database.db.session.remove()
        database.db.engine.dispose()


@pytest.fixture
def small(request: pytest.FixtureRequest, app: Flask) -> Small:
    """Give the ids of the small house."""
    return request.node.small  # type: ignore[no-any-return]


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """Open an app context for tests of services and queries."""
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a browser nobody has logged in with; it asks for Swedish."""
    return browser(app)


def browser(app: Flask, language: str = "sv") -> FlaskClient:
    """Give a new browser."""
    made = app.test_client()
    made.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return made


def token_in(page: str) -> str:
    """Give the form token of a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the page has no form token"
    return found[1]


def log_in(client: FlaskClient, who: str = "alva", password: str = PASSWORD, **fields: str) -> FlaskClient:
    """Log in, by what stands behind the page; by the page itself where a test fills in more of it."""
    if fields:
        return log_in_by_page(client, who, password, **fields)
    email = PEOPLE[who][0] if who in PEOPLE else who
    with inside(client):
        answer = asking.enter(member_service.prove(email, password), "/", remember=False)
        assert current_app.make_response(answer).status_code == 303
    return client


def log_in_by_page(client: FlaskClient, who: str = "alva", password: str = PASSWORD, **fields: str) -> FlaskClient:
    """Log in through the page, as people do."""
    token = token_in(client.get("/login").text)
    email = PEOPLE[who][0] if who in PEOPLE else who
    answer = client.post("/login", data={"email": email, "password": password, "csrf_token": token, **fields})
    assert answer.status_code == 303, answer.text
    return client


@contextmanager
def inside(client: FlaskClient) -> Iterator[None]:
    """Be within a request of a browser: what is put into its session stays there, without a page asked for."""
    app = client.application
    environ = EnvironBuilder(path="/", environ_base=client.environ_base).get_environ()
    client._add_cookies_to_wsgi(environ)
    with app.request_context(environ):
        yield
        cookies = app.process_response(app.response_class()).headers.getlist("Set-Cookie")
    client._update_cookies_from_response("localhost", "/", cookies)


def token_of(client: FlaskClient) -> str:
    """Give a form token for the session of a browser, as every page with a form has it."""
    with inside(client):
        return generate_csrf()


@pytest.fixture
def alva(app: Flask) -> FlaskClient:
    """Give Alva's browser, logged in."""
    return log_in(browser(app), "alva")


@pytest.fixture
def bo(app: Flask) -> FlaskClient:
    """Give Bo's browser, logged in."""
    return log_in(browser(app), "bo")


def post(client: FlaskClient, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
    """Post a form with a token of the session."""
    return client.post(path, data={"csrf_token": token_of(client), **(data or {})}, **options)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Collect the SQL statements that run inside, without those that only begin and end transactions."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    with app.app_context():
        engine = database.db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
