"""Flask and SQLAlchemy's ORM with one row to read: what our memory is compared with."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Engine, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """The tables of the bare application."""


class Row(Base):
    """A row to read."""

    __tablename__ = "house"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))


def make_app(engine: Engine) -> Flask:
    """Read one row through the ORM and say its name."""
    app = Flask("bare")

    @app.get("/")
    def name() -> str:
        with Session(engine) as session:
            return session.scalars(select(Row)).one().name

    return app
