"""Backup and restore, both safe while the servers run.

SQLite: through the backup API inside one read transaction, so the copy is one moment of the database however
much is written meanwhile (a copy of the file is not: it leaves behind what stands in the write-ahead log, and
looks whole). Restoring writes through the same API in one transaction: running servers see the old database
or the new one. PostgreSQL: pg_dump, and pg_restore's script through psql in one transaction.

A restore ends all sessions, because the backup may hold some that were ended since, and moves every revision
past all that were ever given out, because browsers would otherwise take pages of the lost time for current; so would
calendar programs that ask by date, and feeds are dated to the restore.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, text

from innovation_station import postgres_tools
from innovation_station.schema import known_revisions, made_by_migrations, revision_of, upgrade_connection
from innovation_station.settings import Settings

SQLITE_HEADER = b"SQLite format 3\x00"
PAGES_A_STEP = 2000
WAIT_FOR_WRITERS = 30
OURS = {"alembic_version", "allocation", "space", "member"}
# Far more than the writes that can happen while a restore waits for its turn.
REVISION_GAP = 10_000
REVISIONS = (("house", "revision"), ("space", "revision"), ("member", "bookings_revision"))
SESSIONS, FEEDS = "login_session", "feed_contents"
_WAY_OUT = "Nothing was done. If it is damaged, move it away and restore again."

Progress = Callable[[int, int], None]


def _in_silence(_done: int, _total: int) -> None:
    pass


class OperationError(Exception):
    """Refused or failed, with everything left as it was; the text is one line for the operator."""


@dataclass(frozen=True)
class Restored:
    """The revision of the restored file, and where the database before it was saved, if there was one."""

    revision: str
    safety: Path | None


def backup(settings: Settings, target: Path, progress: Progress = _in_silence) -> int:
    """Write a verified copy of the database to ``target`` (mode 0600) and return its size in bytes.

    The file appears when it is complete and on disk. An older backup there is replaced, any other file
    refused. Raises OperationError.
    """
    target = target.absolute()
    _check_target(settings, target)
    with _draft_beside(target) as draft:
        if settings.is_sqlite:
            _backup_sqlite(_sqlite_path(settings), draft, progress)
        else:
            postgres_tools.dump(settings.database_url, draft)
        size = draft.stat().st_size
        _publish(draft, target)
    return size


def restore(settings: Settings, source: Path, progress: Progress = _in_silence) -> Restored:
    """Replace the content of the database by that of a backup, after saving what is there beside it.

    The file is proved first: whole, ours, of a known revision. Older ones are upgraded. Raises OperationError
    and then leaves the database as it was.
    """
    source = source.absolute()
    _check_source(source)
    return _restore_sqlite(settings, source, progress) if settings.is_sqlite else _restore_postgres(settings, source)


# Files


def _check_target(settings: Settings, target: Path) -> None:
    if target.is_dir():
        raise OperationError(f"{target} is a directory; name a file.")
    if not target.parent.is_dir():
        raise OperationError(f"{target.parent} is not a directory.")
    if settings.is_sqlite and target.exists() and target.samefile(_sqlite_path(settings)):
        raise OperationError(f"{target} is the database itself; name another file.")
    if target.exists() and target.stat().st_size and not _kind(target):
        raise OperationError(f"{target} exists and is not a backup; it is left as it is.")


def _check_source(source: Path) -> None:
    if not source.is_file():
        raise OperationError(f"{source} is not a file.")


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    return "sqlite" if head == SQLITE_HEADER else "postgresql" if head[:5] == b"PGDMP" else ""


@contextmanager
def _draft_beside(target: Path) -> Iterator[Path]:
    """Yield an empty file (0600) beside ``target``; what is left of it is removed. Raises OperationError."""
    draft = target.parent / f".{target.name}.{secrets.token_hex(6)}.part"
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield draft
    except postgres_tools.ToolError as error:
        raise OperationError(str(error)) from None
    except OSError as error:
        raise OperationError(f"{error.filename or target}: {error.strerror}.") from None
    except sqlite3.Error as error:
        raise OperationError(f"{target}: {error}.") from None
    finally:
        for left in (draft, Path(f"{draft}-wal"), Path(f"{draft}-shm"), Path(f"{draft}-journal")):
            left.unlink(missing_ok=True)


def _publish(draft: Path, target: Path) -> None:
    _sync(draft)
    draft.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# SQLite


def _sqlite_path(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def _open(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=WAIT_FOR_WRITERS)


def _backup_sqlite(database: Path, draft: Path, progress: Progress) -> None:
    if not database.exists():
        raise OperationError(f"There is no database at {database}; `db upgrade` makes one.")
    with closing(_open(database, "ro")) as live, closing(_open(draft, "rw")) as copy:
        # holds one moment of the database; without it every foreign write starts the copy anew
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(copy, pages=PAGES_A_STEP, progress=lambda _, left, total: progress(total - left, total))
        live.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables >= OURS:
        raise OperationError(f"The database at {database} is empty; `db upgrade` fills it.")
    _prove(draft, "The copy")


def _prove(path: Path, name: str) -> None:
    """Raise OperationError unless a database file is whole, down to its foreign keys."""
    try:
        with closing(_open(path, "ro")) as connection:
            verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        raise OperationError(f"{name} is damaged: {error}.") from None
    if verdict != "ok":
        raise OperationError(f"{name} is damaged: {' '.join(verdict.split())}")
    if orphan:
        raise OperationError(f"{name} is damaged: a row of {orphan[0]} refers to one of {orphan[2]} that is missing.")


def _restore_sqlite(settings: Settings, source: Path, progress: Progress) -> Restored:
    database = _sqlite_path(settings)
    database.parent.mkdir(parents=True, exist_ok=True)
    with _draft_beside(database) as staged:
        revision = _stage(source, staged)
        if not database.exists() or not database.stat().st_size:
            _publish(staged, database)
            return Restored(revision, None)
        try:
            _take_over(staged, database)
            return Restored(revision, _overwrite(settings, staged, database, progress))
        except sqlite3.DatabaseError as error:
            raise OperationError(f"The present database cannot be used: {error}. {_WAY_OUT}") from None


def _stage(source: Path, staged: Path) -> str:
    """Copy a backup, prove it, bring it up to date; return the revision it had."""
    _check_sqlite_source(source)
    # immutable: a backup is opened without leaving a trace beside it, on a read-only disk too
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro&immutable=1", uri=True)) as file,
        closing(_open(staged, "rw")) as copy,
    ):
        try:
            file.backup(copy)
        except sqlite3.Error as error:
            raise OperationError(f"{source} is damaged: {error}.") from None
    _prove(staged, str(source))
    engine = create_engine(f"sqlite:///{staged}")
    try:
        with engine.connect() as connection:
            revision = _check_ours(connection, str(source))
        _upgrade(engine.connect)
        with engine.connect().execution_options(station_write=True) as connection:
            _end_sessions(connection)
            connection.execute(text(_feeds_dated("")))
            connection.commit()
    finally:
        engine.dispose()
    with closing(_open(staged, "rw")) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")
    _prove(staged, "The upgraded copy")
    return revision


def _check_sqlite_source(source: Path) -> None:
    kind = _kind(source)
    if kind == "postgresql":
        raise OperationError(f"{source} is a backup of a PostgreSQL database, and this one is SQLite.")
    if not kind:
        raise OperationError(f"{source} is not a backup.")
    with source.open("rb") as file:
        file.seek(18)
        uses_log = 2 in file.read(2)
    if uses_log:
        # such a file passes every check, yet what stood in the log when it was copied is missing
        raise OperationError(f"{source} is a copy of a database in use, not a backup: it may lack the last bookings.")


def _check_ours(connection: Connection, name: str) -> str:
    missing = OURS - set(inspect(connection).get_table_names())
    if missing:
        raise OperationError(f"{name} is not a backup of Innovation Station: it has no table {min(missing)}.")
    revision = revision_of(connection)
    if revision not in known_revisions():
        raise OperationError(f"{name} was made by a newer version (revision {revision}); upgrade this one first.")
    return str(revision)


def _upgrade(connect: Callable[[], Connection]) -> None:
    with connect() as connection:
        upgrade_connection(connection)


def _end_sessions(connection: Connection) -> None:
    if SESSIONS in inspect(connection).get_table_names():
        connection.execute(text(f"DELETE FROM {SESSIONS}"))  # noqa: S608 - a constant


def _feeds_dated(schema: str) -> str:
    """Give the statement that says of all feeds that they changed now, whatever a program was told since the backup."""
    return f"UPDATE {schema}{FEEDS} SET written_at = {int(time.time())}"  # noqa: S608 - constants and a number


def _save_before_restore(settings: Settings, beside: Path) -> Path:
    # to the microsecond: of two restores in a row, the second must not write over what the first has saved
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    safety = beside.with_name(f"{beside.name}.before-restore-{moment}")
    try:
        backup(settings, safety)
    except OperationError as error:
        raise OperationError(f"The present database cannot be saved first: {error} {_WAY_OUT}") from None
    return safety


def _take_over(staged: Path, database: Path) -> None:
    """Give the staged copy what must outlive a restore: revisions past the live ones, and the page size."""
    with closing(_open(staged, "rw")) as copy, closing(_open(database, "ro")) as live:
        for table, column in REVISIONS:
            with suppress(sqlite3.OperationalError):  # a table that only one of them has
                highest = live.execute(f"SELECT coalesce(max({column}), 0) FROM {table}").fetchone()[0]  # noqa: S608
                change = f"UPDATE {table} SET {column} = {column} + ?"  # noqa: S608
                copy.execute(change, (int(highest) + REVISION_GAP,))
        page_size = live.execute("PRAGMA page_size").fetchone()[0]
        if copy.execute("PRAGMA page_size").fetchone()[0] != page_size:
            copy.execute(f"PRAGMA page_size = {int(page_size)}")  # a database in use cannot change its own
            copy.execute("VACUUM")


def _overwrite(settings: Settings, staged: Path, database: Path, progress: Progress) -> Path:
    """Replace the live database in one transaction; return where the old one was saved.

    It is saved when the first page is written: from then on nobody else can write, so nothing gets lost.
    """
    deadline = time.monotonic() + WAIT_FOR_WRITERS
    saved: list[Path] = []

    def step(status: int, left: int, total: int) -> None:
        if status & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            if not saved:
                saved.append(_save_before_restore(settings, database))
            progress(total - left, total)
        elif time.monotonic() > deadline:
            raise OperationError("The database stayed busy; nothing was changed. Try again.")

    with closing(_open(staged, "ro")) as new, closing(_open(database, "rw")) as live:
        live.execute("PRAGMA journal_mode = WAL")  # readers go on reading the old one meanwhile
        new.backup(live, pages=1, progress=step, sleep=0.05)
        with suppress(sqlite3.OperationalError):
            live.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what was replaced need not linger in the log
    return saved[0]


# PostgreSQL


def _restore_postgres(settings: Settings, source: Path) -> Restored:
    try:
        revision = _check_dump(source)
        settings.instance.mkdir(parents=True, exist_ok=True)
        engine = create_engine(settings.database_url)
        try:
            highest = _highest_revisions(engine.connect)
            safety = _save_before_restore(settings, settings.instance / "postgresql") if highest else None
            _replace_postgres(settings, source, highest)
            _upgrade(engine.connect)
        finally:
            engine.dispose()
    except postgres_tools.ToolError as error:
        raise OperationError(str(error)) from None
    return Restored(revision, safety)


def _replace_postgres(settings: Settings, source: Path, highest: dict[tuple[str, str], int]) -> None:
    """Restore a dump, end its sessions and move its revisions, so that nobody ever sees the one without the other."""
    dumped = postgres_tools.tables(source)
    then = [f"DELETE FROM public.{SESSIONS}"] if SESSIONS in dumped else []  # noqa: S608 - a constant
    then += [_feeds_dated("public.")] if FEEDS in dumped else []
    for (table, column), value in highest.items():
        then.append(f"UPDATE public.{table} SET {column} = {column} + {value + REVISION_GAP:d}")  # noqa: S608
    tables, functions = made_by_migrations()  # an older backup lacks some of them
    postgres_tools.restore(
        settings.database_url, source, folder=settings.instance, tables=dumped | tables, functions=functions, then=then
    )


def _check_dump(source: Path) -> str:
    """Return the revision of a dump that may be restored; OperationError says why another may not."""
    kind = _kind(source)
    if kind == "sqlite":
        raise OperationError(f"{source} is a backup of a SQLite database, and this one is PostgreSQL.")
    if not kind:
        raise OperationError(f"{source} is not a backup.")
    if missing := OURS - postgres_tools.tables(source):
        raise OperationError(f"{source} is not a backup of Innovation Station: it has no table {min(missing)}.")
    revision = postgres_tools.revision(source)
    if revision not in known_revisions():
        raise OperationError(f"{source} was made by a newer version ({revision}); upgrade this one first.")
    return revision


def _highest_revisions(connect: Callable[[], Connection]) -> dict[tuple[str, str], int]:
    """Return the revisions given out so far; empty where there is no database of ours yet."""
    with connect() as connection:
        present = set(inspect(connection).get_table_names())
        highest = {}
        for table, column in REVISIONS:
            if table in present:
                query = text(f"SELECT coalesce(max({column}), 0) FROM {table}")  # noqa: S608
                highest[table, column] = connection.execute(query).scalar_one()
        return highest
