"""What is stored and by which program: sizes and versions, read cheaply."""

from __future__ import annotations

import platform
import shutil
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from flask import Flask
from sqlalchemy import Column, ColumnElement, LargeBinary, Table, func, literal, select, text, union_all

from innovation_station import schema
from innovation_station.db import Base, db
from innovation_station.settings import Settings

FILES = frozenset({"body", "small", "large", "file"})  # columns that hold what people gave, or what was made of it


@dataclass(frozen=True, slots=True)
class Held:
    """A table: its rows, and its bytes where the database says."""

    name: str
    rows: int
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """The database: what it is, how large, and its tables, the largest first. `counted` is False for estimates."""

    kind: str
    version: str
    size: int
    tables: Sequence[Held]
    counted: bool


def stored() -> Stored:
    """Read how large the database is; three statements. PostgreSQL estimates rows, SQLite counts them."""
    return _postgresql() if db.engine.dialect.name == "postgresql" else _sqlite()


def _sqlite() -> Stored:
    number, pages, page = (
        db.session.execute(text(statement)).scalar_one()
        for statement in ("SELECT sqlite_version()", "PRAGMA page_count", "PRAGMA page_size")
    )
    counts = (select(literal(table.name), func.count()).select_from(table) for table in _tables())
    rows = [Held(name, count) for name, count in db.session.execute(union_all(*counts))]
    return Stored("SQLite", number, pages * page, sorted(rows, key=lambda one: (-one.rows, one.name)), True)


def _postgresql() -> Stored:
    number = db.session.execute(text("SHOW server_version")).scalar_one().split()[0]
    size = db.session.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    known = {table.name for table in _tables()}
    rows = db.session.execute(
        text(
            "SELECT relname, greatest(reltuples, 0)::bigint, pg_total_relation_size(oid) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
    )
    held = [Held(name, count, size_) for name, count, size_ in rows if name in known]
    return Stored("PostgreSQL", number, size, sorted(held, key=lambda one: (-(one.size or 0), one.name)), False)


def _tables() -> list[Table]:
    return [Base.metadata.tables[name] for name in sorted(Base.metadata.tables)]


def files() -> list[Held]:
    """Read how many pictures and other files there are, by table, the largest first; one statement."""
    sizes = [
        select(literal(table.name), func.count(), func.coalesce(func.sum(_length(columns)), 0)).select_from(table)
        for table in _tables()
        if (columns := [column for column in table.c if column.name in FILES and isinstance(column.type, LargeBinary)])
    ]
    found = [Held(name, count, int(size)) for name, count, size in db.session.execute(union_all(*sizes)) if count]
    return sorted(found, key=lambda one: (-(one.size or 0), one.name))


def _length(columns: Sequence[Column[bytes]]) -> ColumnElement[int]:
    total: ColumnElement[int] = literal(0)
    for column in columns:
        total = total + func.coalesce(func.length(column), 0)
    return total


@dataclass(frozen=True, slots=True)
class Machine:
    """The program and what it stands on; `head` is the revision that it wants, `free` and `disk` are bytes."""

    program: str
    python: str
    zones: str
    revision: str
    head: str
    free: int
    disk: int


def machine(app: Flask, settings: Settings) -> Machine:
    """Read versions, the schema's revision and what room is left."""
    room = shutil.disk_usage(settings.instance)
    return Machine(
        _version("innovation-station"), platform.python_version(), zone_data(),
        schema.current_revision(app) or "", schema.known_revisions()[-1], room.free, room.total,
    )  # fmt: skip


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def zone_data() -> str:
    """Name the release of the time zone rules, "" where it does not say; the system's goes over the package."""
    for folder in map(Path, zoneinfo.TZPATH):
        for name in ("tzdata.zi", "+VERSION"):
            try:
                with (folder / name).open(encoding="ascii", errors="replace") as file:
                    said = file.readline(100).split()
            except OSError:
                continue
            if said:
                return said[-1]
        if (folder / "Europe").is_dir():
            return _version("tzdata")
    return _version("tzdata")
