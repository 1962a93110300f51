"""The database's schema: at which revision it stands, which ones are known, and how it is brought up to date.

Revisions are numbered files, so naming them needs no Alembic: importing it would be a third of a server's start,
and a server that is up to date never migrates.
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, inspect, text

from innovation_station.db import db

MIGRATIONS = Path(__file__).parent / "migrations"
_SAYS = re.compile(r'^(revision|down_revision) = "(\w+)"$', re.MULTILINE)


def known_revisions() -> list[str]:
    """List all revisions, oldest first; the last is the one this program was written for.

    Each says which it follows, and that is their order: numbers are given when work begins, places when it is done.
    """
    follows: dict[str | None, str] = {}
    for path in (MIGRATIONS / "versions").glob("[0-9]*.py"):
        said = dict(_SAYS.findall(path.read_text("utf-8")))
        follows[said.get("down_revision")] = said["revision"]
    found: list[str] = []
    while (following := follows.get(found[-1] if found else None)) is not None:
        found.append(following)
    return found


def made_by_migrations() -> tuple[set[str], set[str]]:
    """Name all tables that any revision has, and all functions, which in PostgreSQL outlive their tables."""
    sources = [path.read_text("utf-8") for path in (MIGRATIONS / "versions").glob("[0-9]*.py")]
    tables, functions = (
        {name for source in sources for name in re.findall(pattern, source)}
        for pattern in (r"create_table\(\s*\"(\w+)\"", r"CREATE (?:OR REPLACE )?FUNCTION (\w+)")
    )
    return tables | {"alembic_version"}, functions


def revision_of(connection: Connection) -> str | None:
    """Give the revision a database stands at, None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if revision is None else str(revision)


def upgrade_connection(connection: Connection, revision: str = "head") -> None:
    """Bring a database up to `revision`, in one transaction; does nothing where it is there already."""
    from alembic import command  # see above: only who migrates pays for it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def upgrade(app: Flask, revision: str = "head") -> None:
    """Bring the app's database up to `revision`."""
    with app.app_context(), db.engine.connect() as connection:
        upgrade_connection(connection, revision)


def current_revision(app: Flask) -> str | None:
    """Give the revision the app's database stands at, None where it is empty."""
    with app.app_context(), db.engine.connect() as connection:
        return revision_of(connection)


def is_current(app: Flask) -> bool:
    """Tell whether the app's database has the schema this code was written for."""
    return current_revision(app) == known_revisions()[-1]
