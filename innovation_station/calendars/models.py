"""Tables of feeds: the secret address, and the stored bytes of each booking's entry."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.bookings.models import Booking
from innovation_station.calendars.rules import NAME_LONGEST
from innovation_station.db import Base, Instant
from innovation_station.members.models import Member


class Feed(Base):
    """A secret address. Its token derives from the secret key and `nonce`; the row alone cannot tell it."""

    __tablename__ = "feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LONGEST))
    language: Mapped[str] = mapped_column(String(2))
    scope: Mapped[str] = mapped_column(String(20), default="my-bookings")
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    last_fetched_at: Mapped[Instant | None]
    last_client: Mapped[str] = mapped_column(String(40), default="")
    revoked_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint("language in ('sv', 'en')", name="language"),
        CheckConstraint("scope in ('my-bookings')", name="scope"),
    )


class BookingEntry(Base):
    """The VEVENT of one booking in one language, as it was at `revision`; `stamp` names what else it was made
    from.

    A cache: a row that is missing or out of date is made anew. `written_at` is in seconds since 1970, which a
    thousand rows of a feed hand over without being turned into dates.
    """

    __tablename__ = "booking_entry"

    booking_id: Mapped[int] = mapped_column(ForeignKey(Booking.id, ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    revision: Mapped[int]
    stamp: Mapped[str] = mapped_column(String(16))
    written_at: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = ({"sqlite_with_rowid": False},)  # one tree to look in instead of two
