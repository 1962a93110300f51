"""The tables of the summary. Marks are left by triggers of the database, see the migration."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
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


class FigureVain(Base):
    """How often a place of a kind was wanted for a local day in vain, by the code of the reason; see `vain`."""

    __tablename__ = "figure_vain"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int]


class FigureEvent(Base):
    """How many had a place at an event that is over, and came: registrations themselves go after a while."""

    __tablename__ = "figure_event"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    registered: Mapped[int]
    came: Mapped[int]


class FigureReport(Base):
    """A month's report that whoever has its link may read, until it is `ended_at`.

    `uid` is what the link is signed with, besides the secret. `organisations` tells whether it names them.
    """

    __tablename__ = "figure_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    month: Mapped[date] = mapped_column(index=True)
    organisations: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
