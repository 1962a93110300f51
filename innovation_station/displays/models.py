"""Tables of displays, and of what is taken at them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant
from innovation_station.displays.rules import KINDS, LANGUAGES, NAME_LONGEST
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span


class Display(Base):
    """A screen. Its token derives from the secret key and `nonce`; the row alone cannot tell it.

    A `new` one shows its `code` until `code_until`, and waits to be put up by a door or in the foyer. One that was
    taken down is `new` without a code and `revoked_at` then; nothing brings it back. `network` is a hash of where a new
    one came from. It is told what it `shows` by its name, and when it asked last. The last thing that was ended at it
    can be taken back: a booking or a walk-up (`ended_kind`, `ended_id`), which went on until `ended_end`. `revision`
    counts what changes its page.
    """

    __tablename__ = "display"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(5))
    name: Mapped[str] = mapped_column(String(NAME_LONGEST), default="")
    space_id: Mapped[int | None] = mapped_column(ForeignKey(Space.id), index=True)
    language: Mapped[str] = mapped_column(String(4), default="sv")
    ink: Mapped[bool] = mapped_column(default=False)
    touch: Mapped[bool] = mapped_column(default=True)
    names: Mapped[bool] = mapped_column(default=True)
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    code: Mapped[str | None] = mapped_column(String(8))
    code_until: Mapped[Instant | None]
    network: Mapped[bytes] = mapped_column(LargeBinary(32), default=b"")
    created_at: Mapped[Instant] = mapped_column(index=True)
    revoked_at: Mapped[Instant | None]
    last_seen_at: Mapped[Instant | None]
    shows: Mapped[str] = mapped_column(String(24), default="")
    ended_kind: Mapped[str | None] = mapped_column(String(8))
    ended_id: Mapped[int | None]
    ended_end: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    revision: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint(f"kind in {KINDS}", name="kind"),
        CheckConstraint("(kind = 'room') = (space_id is not null)", name="space"),
        CheckConstraint(f"language in {LANGUAGES}", name="language"),
        CheckConstraint("(code is null) = (code_until is null)", name="code"),
        CheckConstraint("ended_kind in ('booking', 'walk-up')", name="ended"),
        UniqueConstraint("code"),
    )


class WalkUp(Base):
    """A space taken at the display by its door, by nobody in particular. Its claim keeps others out."""

    __tablename__ = "walk_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    display_id: Mapped[int] = mapped_column(ForeignKey(Display.id))
    space_id: Mapped[int] = mapped_column(ForeignKey(Space.id))
    start: Mapped[Instant]
    end: Mapped[Instant]
    made_at: Mapped[Instant]

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        Index(None, "display_id", "made_at"),
        Index(None, "space_id", "start"),
    )

    @property
    def span(self) -> Span:
        """Give its time, UTC."""
        return Span(self.start, self.end)
