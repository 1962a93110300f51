"""The functions by which a database searches and sorts names as `text.plain` and `rules.sortable` do."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Engine, String, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from innovation_station import text
from innovation_station.people import rules


class Plain(FunctionElement[str]):
    """A text without marks, in small letters."""

    name = "station_plain"
    type = String()
    inherit_cache = True


class Sortable(FunctionElement[str]):
    """A text as it is put in order, byte by byte."""

    name = "station_sortable"
    type = String()
    inherit_cache = True


def _bare(column: str) -> str:
    return f"regexp_replace(normalize({column}, NFKD), '[{text.MARKS}]', '', 'g')"


@compiles(Plain, "postgresql")
def _plain_there(element: Plain, compiler: SQLCompiler, **kw: Any) -> str:
    column = _bare(compiler.process(element.clauses, **kw))
    return f"lower(translate({column}, '{text.SIMPLE_FROM}', '{text.SIMPLE_TO}'))"


@compiles(Sortable, "postgresql")
def _sortable_there(element: Sortable, compiler: SQLCompiler, **kw: Any) -> str:
    column = f"normalize({compiler.process(element.clauses, **kw)}, NFC)"
    moved = _bare(f"translate({column}, '{rules.SORTED_FROM}', '{rules.SORTED_TO}')")
    return f'(lower({moved}) COLLATE "C")'


@compiles(Plain, "sqlite")
@compiles(Sortable, "sqlite")
def _here(element: Plain | Sortable, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{element.name}({compiler.process(element.clauses, **kw)})"


@event.listens_for(Engine, "connect")
def _teach_sqlite(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.create_function(Plain.name, 1, text.plain, deterministic=True)
        connection.create_function(Sortable.name, 1, rules.sortable, deterministic=True)
