"""A PostgreSQL database for one test after the other, given back as it was.

To copy a database takes a third of a second: hundreds of files, though a test writes a few rows. So each worker keeps
one, and puts back the tables that differ from what stood in them. Where a test changed more than rows (columns,
constraints, settings, statistics of the planner), or somebody still holds a lock, the database is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import Connection, sql

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
# whatever the test before has not closed
_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL (%s::int[])
"""
_SHAPE = """
    SELECT (SELECT count(*) || '-' || max(xmin::text::bigint) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
      (SELECT count(*) || '-' || max(a.xmin::text::bigint) FROM pg_attribute a
       JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace),
      (SELECT count(*) || '-' || max(xmin::text::bigint) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
      (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_statistic), (SELECT count(*) FROM pg_namespace),
      (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
       WHERE d.datname = current_database())
"""
Digests = dict[str, tuple[int, int]]


@dataclass
class Reused:
    """The database `name` as a copy of `template`, for whoever asks next; `server` is a plugins_services server.

    `spared` gives the processes whose connections stay open from test to test.
    """

    server: Any
    template: str
    name: str
    spared: Callable[[], Collection[int]] = tuple
    rows: dict[str, bytes] = field(default_factory=dict)
    digests: Digests = field(default_factory=dict)
    sequences: dict[str, int | None] = field(default_factory=dict)
    shape: Any = None
    connection: Connection | None = None

    def fresh(self) -> str:
        """Give the SQLAlchemy URL of the database, with the rows of the template and no others."""
        if not (self.shape and self._put_back()):
            self._make()
        return str(self.server.database_url(self.name))

    def close(self) -> None:
        """Close the connection."""
        if self.connection:
            self.connection.close()
            self.connection = None

    def _make(self) -> None:
        self.close()
        self.server.drop_database(self.name)
        self.server._execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}" STRATEGY file_copy')
        connection = self._connected()
        with connection.transaction():
            self.digests = _digests(connection)
            self.sequences = dict(connection.execute(_SEQUENCES).fetchall())
            for table in self.digests:
                with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                    self.rows[table] = b"".join(bytes(part) for part in copy)
            self.shape = connection.execute(_SHAPE).fetchone()

    def _put_back(self) -> bool:
        try:
            connection = self._connected()
            with connection.transaction():
                connection.execute(_END_OTHERS, [list(self.spared())])
                if connection.execute(_SHAPE, prepare=True).fetchone() != self.shape:
                    return False
                for table in self._changed(connection):
                    self._refill(connection, table)
                for sequence, value in connection.execute(_SEQUENCES, prepare=True).fetchall():
                    if value != self.sequences[sequence]:
                        last = self.sequences[sequence]
                        connection.execute("SELECT setval(%s, %s, %s)", (f'"{sequence}"', last or 1, last is not None))
        except psycopg.Error:
            return False
        return True

    def _changed(self, connection: Connection) -> list[str]:
        """Name the tables that differ; of those that were empty, which is nearly all, only whether they still are."""
        filled = [table for table, (count, _writers) in self.digests.items() if count]
        empty = [table for table in self.digests if table not in filled]
        one = sql.SQL("EXISTS (SELECT FROM {})")
        query = sql.SQL("SELECT {}").format(sql.SQL(", ").join(one.format(sql.Identifier(table)) for table in empty))
        [found] = connection.execute(query, prepare=True).fetchall()
        now = _digests(connection, filled)
        return [
            *(table for table, is_filled in zip(empty, found, strict=True) if is_filled),
            *(table for table in filled if now[table] != self.digests[table]),
        ]

    def _refill(self, connection: Connection, table: str) -> None:
        named = sql.Identifier(table)
        connection.execute(sql.SQL("DELETE FROM {}").format(named))
        if not self.rows[table]:
            return
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(named)) as copy:
            copy.write(self.rows[table])
        count, _writers = self.digests[table]
        [(writer,)] = connection.execute("SELECT pg_current_xact_id()::text::bigint", prepare=True).fetchall()
        self.digests[table] = count, count * writer

    def _connected(self) -> Connection:
        if self.connection is None or self.connection.closed:
            url = str(self.server.database_url(self.name)).replace("postgresql+psycopg", "postgresql")
            # as a replica: rows in any order; in parallel, its processes would cost more than what they look at
            options = "-c lock_timeout=500 -c session_replication_role=replica -c max_parallel_workers_per_gather=0"
            self.connection = psycopg.connect(url, autocommit=True, options=options)
        return self.connection


def _digests(connection: Connection, tables: Collection[str] = ()) -> Digests:
    """Tell apart what stands in each table by who has written its rows, without reading them: a change is a new row."""
    names = tables or [name for (name,) in connection.execute(_TABLES).fetchall()]
    one = sql.SQL("SELECT {}, count(*), coalesce(sum(xmin::text::bigint), 0) FROM {}")
    query = sql.SQL(" UNION ALL ").join(one.format(sql.Literal(name), sql.Identifier(name)) for name in names)
    found = connection.execute(query, prepare=True).fetchall()
    return {table: (count, int(writers)) for table, count, writers in found}
