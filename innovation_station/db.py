"""The database: connection rules, the UTC column, and the one place that commits.

SQLite and PostgreSQL run the same code. What differs: SQLite takes its write lock when a transaction begins
(BEGIN IMMEDIATE; a deferred one fails with "locked" when it tries to upgrade, whatever the timeout), PostgreSQL
locks the rows of the spaces. The refusal of overlap lives in the database itself, see the migrations.
"""

from __future__ import annotations

import select
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Engine, Executable, MetaData, Row, event, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from innovation_station.errors import Refusal, Unavailable

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
OVERLAP = "ex_allocation_overlap"
BUSY_MILLISECONDS = 5000
_ENDINGS = "endings"
_CHANGES = "changes"
_READ_SQLITE: dict[str, Any] = {"station_read": True}
_READ_POSTGRESQL: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"}
_LOCK_NAME = text("SELECT pg_advisory_xact_lock(:name)")
_writers = threading.Lock()
_writing: list[Session] = []
Item = TypeVar("Item")


class Base(DeclarativeBase):
    """The root of all models; constraint names are part of the contract, errors are told apart by them."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


def init_app(app: Flask) -> None:
    """Give an app its database."""
    db.init_app(app)
    app.teardown_appcontext(_end_read)  # before that of Flask-SQLAlchemy: the last one is asked first


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Takes aware datetimes only, stores UTC, hands back aware UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values with ValueError: guessing their zone is how bookings move by an hour."""
        utc = _utc(value)
        return utc.replace(tzinfo=None) if utc and dialect.name == "sqlite" else utc

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Refuse the same. A booking writes twenty of them: SQLite's text is written in one go."""
        return _text_of_instant if dialect.name == "sqlite" else _utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Hand back aware UTC. SQLite's text is read in one go."""
        return _instant_of_text if dialect.name == "sqlite" else _instant


def _utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("naive datetime: the database takes aware instants only")
    return value.astimezone(UTC)


def _text_of_instant(value: datetime | None) -> str | None:
    utc = _utc(value)
    return None if utc is None else utc.isoformat(" ", "microseconds")[:26]  # without its zone


@lru_cache(maxsize=2048)  # a day of 200 spaces has 1,600 of them, of which few are different
def _instant_of_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


def _instant(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


Instant = Annotated[datetime, mapped_column(UtcDateTime)]


@contextmanager
def transaction() -> Iterator[Session]:
    """Run one write from start to commit; the only code that commits.

    Ends the read that the request has open, so that what is decided is decided on fresh rows. On any exception
    everything is rolled back. Raises Unavailable where the database cannot be written now.
    """
    session: Session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("transactions do not nest: pass the work to the one that is open")
    if session.in_transaction():
        session.commit()
    session.info["writing"] = True
    _writing.append(session)
    try:
        with _turn(session):
            session.info["connection"] = session.connection(execution_options={"station_write": True})
            yield session
            _end(session)
            session.commit()
    except OperationalError as error:
        session.rollback()
        raise unavailable(error) or error from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)
        session.info.pop("connection", None)
        session.info.pop(_ENDINGS, None)
        _writing.remove(session)


def patiently(work: Callable[[], Item], tries: int = 4) -> Item:
    """Do something in a transaction of its own, and again where the database was busy for too long.

    For moments at which hundreds want the same: SQLite's lock is not handed on in turn between processes, and somebody
    may wait in vain while others pass. Raises Unavailable where it stays busy.
    """
    for left in reversed(range(tries)):
        try:
            with transaction():
                return work()
        except Unavailable as error:
            if not left or error.refusals[0].code != "database-busy":
                raise
    raise AssertionError("no try was made")


def at_end(work: Callable[[Sequence[Item]], None], item: Item) -> None:
    """Have something done at the end of the open transaction, behind its locks and before its commit.

    The work gets all the items of the transaction together, in order: what becomes of the whole can be seen only then.
    Of what a savepoint has undone items are left over, so it looks at the rows. Without a transaction it is done now.
    """
    info = db.session().info
    if info.get("writing"):
        info.setdefault(_ENDINGS, {}).setdefault(work, []).append(item)
    else:
        work([item])


def _end(session: Session) -> None:
    while waiting := session.info.pop(_ENDINGS, None):
        for work, items in waiting.items():
            work(items)


def others_write() -> bool:
    """Tell whether somebody else in this process writes at the moment, or waits to."""
    return bool(_writing)


def connection() -> Connection:
    """Give the connection of the open transaction; without one that of the session, which then begins to read."""
    session: Session = db.session()
    kept: Connection | None = session.info.get("connection")
    if kept is None or kept.closed:
        kept = session.info["connection"] = session.connection()
    return kept


def _end_read(error: BaseException | None) -> None:
    """End by COMMIT what has only read from PostgreSQL.

    With a ROLLBACK, as which a session is closed otherwise, psycopg throws away all statements that it has prepared on
    the connection, and to plan the next pages' anew took half of the database's time. What has changed anything outside
    of `transaction` is rolled back as ever.
    """
    if error is not None or not db.session.registry.has():
        return
    session: Session = db.session()
    if not session.in_transaction() or session.new or session.dirty or session.deleted:
        return
    with suppress(SQLAlchemyError):  # closing it does the rest
        opened = session.connection()
        if opened.dialect.name == "postgresql" and not opened.info.get(_CHANGES):
            session.commit()


@contextmanager
def _turn(session: Session) -> Iterator[None]:
    """Queue the writers of this process for SQLite's one lock.

    SQLite's own waiting sleeps and tries again, and under load the unlucky run out of time; a queue serves all of
    them, and leaves only processes to compete. Raises Unavailable after the time SQLite would have waited.
    """
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    if not _writers.acquire(timeout=BUSY_MILLISECONDS / 1000):
        raise Unavailable([Refusal("database-busy")])
    try:
        yield
    finally:
        _writers.release()


def in_turn(*names: bytes) -> None:
    """Let transactions that decide about something be put one after the other, by eight bytes of its name or more.

    For what has no row to lock, until the transaction ends; several names have to be given in one order everywhere.
    SQLite's writers stand in one queue anyway.
    """
    if connection().dialect.name == "postgresql":
        for name in names:
            connection().execute(_LOCK_NAME, {"name": int.from_bytes(name[:8], "big", signed=True)})


def at_once(statement: Executable, values: Mapping[str, Any]) -> Row[Any] | None:
    """Read one row by one statement, outside of any transaction: with its begin and its end it costs three."""
    rows = rows_at_once(statement, values)
    return rows[0] if rows else None


def rows_at_once(statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """Read rows by one statement, outside of any transaction.

    A connection that turns out to be dead, as after a restart of the database, is replaced, once.
    """
    try:
        return _read(statement, values)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    return _read(statement, values)


def _read(statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    engine = db.engine
    options = _READ_POSTGRESQL if engine.dialect.name == "postgresql" else _READ_SQLITE
    with engine.connect() as opened:
        return opened.execution_options(**options).execute(statement, values).all()


def unavailable(error: DBAPIError) -> Unavailable | None:
    """Tell a database that cannot be used just now from a fault of ours."""
    text = str(error.orig).lower()
    if "locked" in text or "busy" in text or "deadlock" in text or "lock timeout" in text:
        return Unavailable([Refusal("database-busy")])
    if "readonly" in text or "read-only" in text or "is full" in text or "no space left" in text:
        return Unavailable([Refusal("database-read-only")])
    if isinstance(error, OperationalError) and "no such" not in text:
        return Unavailable([Refusal("database-away")])
    return None


def is_overlap(error: DBAPIError) -> bool:
    """Tell whether the database refused a second allocation of the same time."""
    return OVERLAP in str(error.orig)


def constraint_name(error: DBAPIError) -> str:
    """Give the name of the constraint that refused (PostgreSQL) or the driver's text that holds its columns."""
    diagnostics = getattr(error.orig, "diag", None)
    return (diagnostics and diagnostics.constraint_name) or str(error.orig)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we begin transactions ourselves, see _begin
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    with suppress(sqlite3.OperationalError):  # a read-only database keeps the mode it has: pages stay readable
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA cache_size = -8000")  # 8 MB a connection: with the default 2, a large feed reads pages twice
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute("PRAGMA trusted_schema = OFF")
    cursor.close()


@event.listens_for(Engine, "before_cursor_execute")
def _note_change(connection: Connection, _cursor: Any, _statement: str, _given: Any, context: Any, _many: bool) -> None:
    compiled = context and context.compiled
    statement: Any = compiled and compiled.statement
    # a SELECT beside which others stand may insert by them, as that of writes.reserved does
    if not getattr(statement, "is_select", False) or getattr(statement, "_independent_ctes", None):
        connection.info[_CHANGES] = True


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    connection.info.pop(_CHANGES, None)
    options = connection.get_execution_options()
    if connection.dialect.name == "sqlite" and "station_read" not in options:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if "station_write" in options else "BEGIN")


@event.listens_for(Engine, "checkout")
def _must_live(connection: Any, _record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Have the pool connect anew where PostgreSQL has hung up: it says so, and a look at the socket finds it unread.

    Asking the server instead (`pool_pre_ping`) costs every request a round trip. Raises DisconnectionError.
    """
    if isinstance(connection, sqlite3.Connection) or not hasattr(select, "poll"):
        return
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    if heard.poll(0):
        raise DisconnectionError("the server has spoken without being asked")


def engine_options(url: str) -> dict[str, Any]:
    """Choose pool settings for a database URL."""
    if url.startswith("sqlite"):
        # one connection that has the pages it needs in mind, instead of five in turn
        return {"pool_use_lifo": True, "connect_args": {"timeout": BUSY_MILLISECONDS / 1000}}
    return {
        "pool_pre_ping": not hasattr(select, "poll"),
        "pool_recycle": 240,  # seconds; the shortest that firewalls in between forget a connection in
        "pool_use_lifo": True,  # one connection that is warm, its statements prepared, instead of eight in turn
        "pool_size": 8,
        "max_overflow": 8,
        # Compiling a statement takes ten times as long as ours take: it is for reports over whole tables.
        "connect_args": {"options": "-c timezone=UTC -c lock_timeout=10000 -c statement_timeout=60000 -c jit=off"},
    }
