"""Tables of the house: floors, zones, spaces, opening hours, booking rules, closures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant
from innovation_station.spaces.rules import BOOKERS, POLICY_FIELDS, POLICY_RANGES, Rule

STORED = "stored-"  # how `photo` begins where the picture is a row; what follows changes with the picture
KIND = "kind in ('desk', 'room', 'booth', 'hall')"


class HouseRow(Base):
    """The house itself, one row. `revision` rises with every change of floors, spaces, hours or rules."""

    __tablename__ = "house"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(100))
    organisation: Mapped[str] = mapped_column(String(100), default="")
    address_sv: Mapped[str] = mapped_column(String(300), default="")
    address_en: Mapped[str] = mapped_column(String(300), default="")
    holidays: Mapped[str | None] = mapped_column(String(10))  # country whose public holidays close the house

    __table_args__ = (CheckConstraint("id = 1", name="single"),)


class Floor(Base):
    """A floor and its drawing: `shapes` and `labels` in plan units, see `spaces.rules.SHAPES`.

    `fire_limit` is how many people may be on it at once; `archived_at` is since when it is shown no more.
    """

    __tablename__ = "floor"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_sv: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    position: Mapped[int] = mapped_column(default=0)
    width: Mapped[int]
    height: Mapped[int]
    shapes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    labels: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    fire_limit: Mapped[int | None]
    archived_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint("width > 0 and height > 0", name="size"),
        CheckConstraint("fire_limit > 0", name="fire_limit"),
    )


class Zone(Base):
    """A named part of a floor; its labels are boxes for the drawing as it lies and as it stands turned."""

    __tablename__ = "zone"

    id: Mapped[int] = mapped_column(primary_key=True)
    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id"))
    name_sv: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    position: Mapped[int] = mapped_column(default=0)
    label: Mapped[dict[str, int] | None] = mapped_column(JSON)
    label_turned: Mapped[dict[str, int] | None] = mapped_column(JSON)


class Space(Base):
    """Anything that can be booked. `revision` rises with every change of its allocations and is their lock.

    `worded_at` is when what calendars say of it changed last: name, kind, zone, house or address. `photo` names a file
    of the instance, or is STORED where the picture is a row (SpacePicture); `photo_sv` and `photo_en` say what it
    shows. `archived_at` is since when the space is there no more: what was booked in it still names it.
    """

    __tablename__ = "space"

    id: Mapped[int] = mapped_column(primary_key=True)
    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    capacity: Mapped[int] = mapped_column(default=1)
    x: Mapped[int]
    y: Mapped[int]
    w: Mapped[int]
    h: Mapped[int]
    amenities: Mapped[list[str]] = mapped_column(JSON, default=list)
    furniture: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    photo: Mapped[str | None] = mapped_column(String(100))
    photo_sv: Mapped[str] = mapped_column(String(200), default="", server_default="")
    photo_en: Mapped[str] = mapped_column(String(200), default="", server_default="")
    bookable: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(default=0)
    worded_at: Mapped[Instant | None]
    archived_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint(KIND, name="kind"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("w > 0 and h > 0", name="size"),
    )


class SpacePicture(Base):
    """The photograph of a space, made anew of what was uploaded."""

    __tablename__ = "space_picture"

    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"), primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class FloorPicture(Base):
    """A plan that a floor is drawn over in the editor, made anew of what was uploaded; members never see it."""

    __tablename__ = "floor_picture"

    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id"), primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    revision: Mapped[int] = mapped_column(default=1)


class SpacePart(Base):
    """A space that is a part of another: who books the whole books all of its parts."""

    __tablename__ = "space_part"

    part_id: Mapped[int] = mapped_column(ForeignKey("space.id"), primary_key=True)
    whole_id: Mapped[int] = mapped_column(ForeignKey("space.id"), index=True)

    __table_args__ = (CheckConstraint("whole_id <> part_id", name="other"),)


class SpaceLink(Base):
    """Two spaces that are never booked together, the lower id first."""

    __tablename__ = "space_link"

    one_id: Mapped[int] = mapped_column(ForeignKey("space.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("space.id"), primary_key=True, index=True)

    __table_args__ = (CheckConstraint("one_id < other_id", name="pair"),)


class SpaceLayout(Base):
    """A way to furnish a space: its seats, and the minutes it takes to change over."""

    __tablename__ = "space_layout"

    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    seats: Mapped[int]
    changeover: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint("name in ('theatre', 'classroom', 'islands', 'standing', 'boardroom')", name="name"),
        CheckConstraint("seats between 1 and 10000", name="seats"),
        CheckConstraint("changeover between 0 and 480", name="changeover"),
    )


class SpaceCode(Base):
    """What the picture on a space says: whoever knows it stands before it, or was there since it was made."""

    __tablename__ = "space_code"

    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)


class OpeningHours(Base):
    """Minutes of local wall time on a weekday (Monday is 0); without a space they are the house's.

    A space's row replaces the house's for that weekday; `opens = closes` says closed.
    """

    __tablename__ = "opening_hours"

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    weekday: Mapped[int]
    opens: Mapped[int]
    closes: Mapped[int]

    __table_args__ = (
        CheckConstraint("weekday between 0 and 6", name="weekday"),
        CheckConstraint("0 <= opens and opens <= closes and closes <= 1440", name="minutes"),
        # uq_opening_hours_house (weekday, where space_id is null) is made by the migration: to name it here, each
        # database's dialect would be loaded beside the one in use, 4 MiB and a tenth of a start.
        Index("uq_opening_hours_space", "space_id", "weekday", unique=True),
    )


class Ruled:
    """The columns of booking rules; None leaves a field to what is less specific."""

    granularity: Mapped[int | None]
    shortest: Mapped[int | None]
    longest: Mapped[int | None]
    notice: Mapped[int | None]
    horizon: Mapped[int | None]
    setup: Mapped[int | None]
    clearing: Mapped[int | None]
    approval: Mapped[int | None]
    check_in: Mapped[int | None]
    cancel_by: Mapped[int | None]
    at_once: Mapped[int | None]
    booked_by: Mapped[str | None] = mapped_column(String(10))
    opens: Mapped[int | None]
    closes: Mapped[int | None]

    def rule(self) -> Rule:
        """Give the fields that are set."""
        found = {name: getattr(self, name) for name in POLICY_FIELDS}
        return {name: value for name, value in found.items() if value is not None}


def rule_checks() -> list[CheckConstraint]:
    """Give what the database takes of the columns of booking rules."""
    ranges = [CheckConstraint(f"{name} between {a} and {b}", name=name) for name, (a, b) in POLICY_RANGES.items()]
    return [*ranges, CheckConstraint(f"booked_by in {BOOKERS}", name="booked_by")]


class PolicyRow(Ruled, Base):
    """Booking rules for a kind or for one space."""

    __tablename__ = "policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str | None] = mapped_column(String(10), unique=True)
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"), unique=True)

    __table_args__ = (
        CheckConstraint(KIND, name="kind"),
        CheckConstraint("(kind is null) <> (space_id is null)", name="one_scope"),
        *rule_checks(),
    )


class Closure(Base):
    """The house (no space) or one space is shut for a span; its allocations keep everybody out.

    `sequence` counts what calendars must notice, `changed_at` is when that was last, None where it never was.
    """

    __tablename__ = "closure"

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    start: Mapped[Instant]
    end: Mapped[Instant]
    reason_sv: Mapped[str] = mapped_column(String(200))
    reason_en: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant | None]
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (CheckConstraint('start < "end"', name="order"),)
