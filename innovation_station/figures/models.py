"""The tables of the summary. Marks are left by triggers of the database, see the migration."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant


class Tallied:
    """The columns of a tally, see `rules.Tally`; `organisations` is None where there are none."""

    booked: Mapped[bytes] = mapped_column(LargeBinary)
    used: Mapped[bytes] = mapped_column(LargeBinary)
    events: Mapped[bytes] = mapped_column(LargeBinary)
    elsewhere: Mapped[bytes] = mapped_column(LargeBinary)
    withheld: Mapped[bytes] = mapped_column(LargeBinary)
    numbers: Mapped[bytes] = mapped_column(LargeBinary)
    organisations: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class FigureDay(Tallied, Base):
    """What was counted of a space on a local day; no row where that is nothing."""

    __tablename__ = "figure_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = ({"sqlite_with_rowid": False},)  # rows of a day lie together: a period is read in one sweep


class FigureMonth(Tallied, Base):
    """The sum of the days of a space in a month, by the month's first day."""

    __tablename__ = "figure_month"

    month: Mapped[date] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = ({"sqlite_with_rowid": False},)


class FigureMark(Base):
    """Something of a space has changed within a span, and its days are to be counted anew.

    Only ever added, and deleted by id by who has seen it: of two transactions the later may have the lower number.
    """

    __tablename__ = "figure_mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int]
    start: Mapped[Instant]
    end: Mapped[Instant]


class FigureShape(Base):
    """What the house offers from a local day on, see `rules.Shape`."""

    __tablename__ = "figure_shape"

    day: Mapped[date] = mapped_column(primary_key=True)
    shape: Mapped[dict[str, Any]] = mapped_column(JSON)
