"""One server under measurement, as a process of its own: ``python -m bench.serving KIND PORT WORKERS [URL FOLDER]``.

KIND is ``station`` (the application, its clock standing at fill.NOW so that every run sees the same day), ``hello``
(Flask and nothing else) or ``bare`` (Flask and SQLAlchemy with one row to read). All are served by the same server.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flask import Flask
from sqlalchemy import String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bench import fill
from innovation_station import clock, db, serve

HOST = "127.0.0.1"


def hello() -> Flask:
    """Answer as little as Flask can."""
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "hello")
    return app


class Base(DeclarativeBase):
    """The tables of the bare application."""


class Row(Base):
    """A row to read."""

    __tablename__ = "house"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))


def bare(url: str) -> Flask:
    """Read one row through the ORM and say its name."""
    app = Flask("bare")
    engine = create_engine(url)

    @app.get("/")
    def name() -> str:
        with Session(engine) as session:
            return session.scalars(select(Row)).one().name

    return app


def station(url: str, instance: Path) -> Flask:
    """Make the application as it is served, but for its clock."""
    clock.now = lambda: fill.NOW
    environ = {name: value for name, value in os.environ.items() if name.startswith("STATION_")}
    return fill.make_app(url, instance, **environ)


def main() -> None:
    """Serve until told to stop."""
    kind, port, workers, *rest = sys.argv[1:]
    make = {"hello": hello, "bare": lambda: bare(rest[0]), "station": lambda: station(rest[0], Path(rest[1]))}
    app = make[kind]()

    def disconnect() -> None:
        if kind == "station":
            with app.app_context():
                db.db.session.remove()
                db.db.engine.dispose()

    sys.exit(serve.serve(app, serve.bind(HOST, int(port)), workers=int(workers), before_fork=disconnect))


if __name__ == "__main__":
    main()
