"""Run migrations on the connection that `innovation_station.schema` opened.

One transaction for all steps, taken as a writer from the start: a migration killed half-way leaves the old schema
whole, and two processes that start at once run it once.
"""

from typing import Literal

from alembic import context
from sqlalchemy import Connection

from innovation_station.db import Base, UtcDateTime


def _render(kind: str, thing: object, _context: object) -> str | Literal[False]:
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, UtcDateTime) else False


def run(connection: Connection) -> None:
    """Upgrade within one write transaction."""
    context.configure(connection=connection, target_metadata=Base.metadata, render_item=_render, transactional_ddl=True)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7268421)")
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes["connection"].execution_options(station_write=True)
with connection.begin():
    run(connection)
