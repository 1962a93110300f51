"""What ``doctor`` looks at: every setting with its source, and whether what it needs is there.

A check yields findings; a wrong one makes ``doctor`` exit 1, a warning does not. None holds a secret.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

# imported for its connection rules too: the doctor must see the pragmas that the servers set
from innovation_station import db, postgres_tools
from innovation_station.jobs.queries import late_since
from innovation_station.mail.queries import PARKED
from innovation_station.operating.queries import last_backup
from innovation_station.operating.rules import is_late
from innovation_station.schema import known_revisions, revision_of
from innovation_station.settings import CONFIG_FILE, DEFINITIONS, SECRET_KEY_FILE, Settings, shown

PACKAGE = Path(__file__).resolve().parent
POSTGRES_OLDEST = 15
MEBIBYTE = 2**20
LEAST_SPACE, LITTLE_SPACE = 100 * MEBIBYTE, 1024 * MEBIBYTE

State = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how it is, and when it is not well, what to do."""

    subject: str
    state: State
    text: str


def settings_table(settings: Settings) -> list[tuple[str, str, str]]:
    """Return (name, value as it may be shown, source) of every setting, the instance directory first."""
    source = "environment" if os.environ.get("STATION_INSTANCE") else "default"
    rows = [("STATION_INSTANCE", str(settings.instance), source)]
    return rows + [(one.name, shown(one, settings), settings.sources[one.field]) for one in DEFINITIONS]


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield everything that was looked at; changes nothing but a file that is written and removed at once."""
    for line in settings.warnings:
        yield Finding("settings", "warning", line)
    yield from _settings_together(settings)
    yield from _instance(settings)
    yield from _secret_key(settings)
    yield from _disk(settings)
    yield from _time_zone(settings)
    yield from _assets()
    yield from _mail(settings)
    yield from _database(settings)


def _settings_together(settings: Settings) -> Iterator[Finding]:
    if settings.base_url is None:
        yield Finding(
            "base URL",
            "warning",
            "not set: links in feeds follow the address that was asked for, in mails this machine.",
        )
    elif settings.base_url.startswith("https:") and not settings.trusted_proxies:
        advice = "STATION_BASE_URL is https, yet no proxy is trusted; behind one, set STATION_TRUSTED_PROXIES=1."
        yield Finding("proxies", "warning", advice)


def _instance(settings: Settings) -> Iterator[Finding]:
    place = settings.instance
    try:
        place.mkdir(parents=True, exist_ok=True)
        probe = place / f".doctor-{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
        yield Finding("instance directory", "ok", f"{place} can be written.")
    except OSError as error:
        yield Finding("instance directory", "wrong", f"{place} cannot be written: {error.strerror}.")
    for name in (CONFIG_FILE, *([Path(settings.database_url).name] if settings.is_sqlite else [])):
        if _others_may(place / name, stat.S_IROTH):
            yield Finding("permissions", "warning", f"{place / name} can be read by every user: chmod o-rwx it.")


def _secret_key(settings: Settings) -> Iterator[Finding]:
    path = settings.instance / SECRET_KEY_FILE
    if settings.secret_key is None:
        yield Finding("secret key", "warning", "none yet: `run` generates one, `serve` refuses to start without.")
    elif _others_may(path, stat.S_IRWXG | stat.S_IRWXO):
        yield Finding("secret key", "wrong", f"{path} is open to other users: chmod 600 it.")
    else:
        yield Finding("secret key", "ok", f"from {settings.sources['secret_key']}.")


def _others_may(path: Path, bits: int) -> bool:
    try:
        return os.name == "posix" and bool(path.stat().st_mode & bits)
    except OSError:
        return False


def _disk(settings: Settings) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(settings.instance).free
    except OSError:
        return
    state: State = "wrong" if free < LEAST_SPACE else "warning" if free < LITTLE_SPACE else "ok"
    yield Finding("disk", state, f"{free // MEBIBYTE:,} MiB free.")


def _time_zone(settings: Settings) -> Iterator[Finding]:
    zone = ZoneInfo(settings.timezone)
    now = datetime.now(UTC)
    offsets = {(now + timedelta(days=30 * month)).astimezone(zone).utcoffset() for month in range(12)}
    # data that is cut down or very old knows the name and not the rule
    if settings.timezone == "Europe/Stockholm" and len(offsets) != 2:
        yield Finding("time zone", "wrong", "the zone data knows no summer time in Stockholm; update tzdata.")
    else:
        yield Finding("time zone", "ok", f"{settings.timezone}, now {now.astimezone(zone):%H:%M (UTC%z)}.")


def _assets() -> Iterator[Finding]:
    stale = [
        source.parent.parent.name
        for source in sorted((PACKAGE / "translations").glob("*/LC_MESSAGES/*.po"))
        if not source.with_suffix(".mo").exists()
    ]
    if stale:
        yield Finding("languages", "wrong", f"the catalogue of {', '.join(stale)} is not compiled: {_BUILD}")
    else:
        yield Finding("languages", "ok", "catalogues are compiled.")
    sheets = [place / "static" / "fonts" / "fonts.css" for place in (PACKAGE, PACKAGE.parent)]
    sheet = next((sheet for sheet in sheets if sheet.is_file()), None)
    if sheet is None:
        yield Finding("fonts", "wrong", f"not built: {_BUILD}")
    elif "@font-face" not in sheet.read_text("utf-8"):
        yield Finding("fonts", "warning", "the font packages are missing, the system's fonts serve.")
    else:
        yield Finding("fonts", "ok", "built.")


_BUILD = "python -m innovation_station.assets"


def _mail(settings: Settings) -> Iterator[Finding]:
    from innovation_station.mail.transport import transport  # what speaks SMTP and TLS: see worker.py

    if settings.mail_url.startswith("file:") and (settings.base_url or "").startswith("https:"):
        yield Finding("mail", "warning", "goes into files and reaches nobody: set STATION_MAIL_URL.")
    try:
        yield Finding("mail", "ok", transport(settings.mail_url).check())
    except OSError as error:
        yield Finding("mail", "wrong", f"cannot leave: {' '.join(str(error).split())[:200]}")


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.is_sqlite and not Path(settings.database_url.removeprefix("sqlite:///")).exists():
        yield Finding("database", "wrong", "not made yet: `innovation-station db upgrade`, or `run`.")
        return
    engine = create_engine(settings.database_url, **db.engine_options(settings.database_url))
    checks = (_revision, _sqlite if settings.is_sqlite else _postgres, _worker)
    for check in (*checks, partial(_backups, days=settings.backup_days)):
        yield from _guarded(engine, check)
    engine.dispose()


def _guarded(engine: Engine, check: Callable[[Connection], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        with engine.connect() as connection:
            yield from check(connection)
    except SQLAlchemyError as error:
        # the driver's first line names host and cause; it never holds the password
        told = str(getattr(error, "orig", error)).strip().splitlines() or [""]
        yield Finding("database", "wrong", f"cannot be used: {told[0][:200]}")


def _revision(connection: Connection) -> Iterator[Finding]:
    known, revision = known_revisions(), revision_of(connection)
    head = known[-1]
    if revision is None:
        yield Finding("migrations", "wrong", "the database is empty: `innovation-station db upgrade`.")
    elif revision == head:
        yield Finding("migrations", "ok", f"the schema is current ({revision}).")
    elif revision in known:
        yield Finding("migrations", "wrong", f"stands at {revision}, not {head}: `innovation-station db upgrade`.")
    else:
        yield Finding("migrations", "wrong", f"revision {revision} is of a newer version; upgrade the program.")


def _worker(connection: Connection) -> Iterator[Finding]:
    if revision_of(connection) != known_revisions()[-1]:
        return  # there is nothing to look at yet
    now = datetime.now(UTC)
    late, parked = late_since(now, connection), connection.scalar(PARKED)
    if late:
        advice = "is a worker running? `run` and `serve` bring one along, `innovation-station worker` is one."
        yield Finding("worker", "warning", f"jobs wait since {late:%Y-%m-%d %H:%M} UTC: {advice}")
    else:
        yield Finding("worker", "ok", "no job is late.")
    if parked:
        yield Finding("mail", "warning", f"{parked} could not be delivered: see /staff/operations.")


def _backups(connection: Connection, days: int) -> Iterator[Finding]:
    if revision_of(connection) != known_revisions()[-1]:
        return
    last = last_backup(connection)
    if is_late(last, datetime.now(UTC), days):
        found = f"the last is of {last:%Y-%m-%d %H:%M} UTC" if last else "none was ever made"
        advice = "`innovation-station backup FILE`; STATION_BACKUP_DAYS says when this is said."
        yield Finding("backup", "warning", f"{found}: {advice}")
    elif last:
        yield Finding("backup", "ok", f"the last is of {last:%Y-%m-%d %H:%M} UTC.")


def _sqlite(connection: Connection) -> Iterator[Finding]:
    def pragma(name: str) -> object:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    expected = {"journal_mode": "wal", "foreign_keys": 1}
    for name, value in expected.items():
        found = pragma(name)
        state: State = "ok" if found == value else "wrong"
        yield Finding("SQLite", state, f"{name} is {found}" + ("." if state == "ok" else f", not {value}."))
    verdict = str(pragma("quick_check(1)"))
    if verdict == "ok":
        yield Finding("SQLite", "ok", "quick_check finds nothing.")
    else:
        yield Finding("SQLite", "wrong", f"the file is damaged, restore a backup: {verdict[:100]}")


def _postgres(connection: Connection) -> Iterator[Finding]:
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10000
    state: State = "ok" if version >= POSTGRES_OLDEST else "wrong"
    yield Finding("PostgreSQL", state, f"version {version}; {POSTGRES_OLDEST} or newer is needed.")
    found = connection.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'").scalar()
    if found:
        yield Finding("PostgreSQL", "ok", "btree_gist is installed.")
    else:
        yield Finding("PostgreSQL", "wrong", "btree_gist is missing: CREATE EXTENSION btree_gist, as its owner.")
    try:
        yield Finding("PostgreSQL", "ok", f"backups use {postgres_tools.find('pg_dump')}.")
    except postgres_tools.ToolError as error:
        yield Finding("PostgreSQL", "warning", f"no backups: {error}")
