"""Tables of feeds: the secret address, and the stored bytes of what is in it."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

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


class FeedContents(Base):
    """What the months of a member in one language were made from, as a whole.

    They are in step while `bookings_revision` is the member's and `made_of` names this house, these words and today's
    window. `written_at`, in seconds since 1970, is when one of them changed last.
    """

    __tablename__ = "feed_contents"

    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    bookings_revision: Mapped[int]
    made_of: Mapped[str] = mapped_column(String(32))
    written_at: Mapped[int] = mapped_column(BigInteger)


class FeedMonth(Base):
    """The entries of a member's bookings that begin in one month (UTC), in one language, deflated.

    A cache: what is missing or out of date is made anew. `made_of` is the stamp of the house's words and then
    "id.revision" of each booking in the order of the feed, `lengths` how many bytes each entry has; `size` and `crc`
    are those of the entries together. `local` tells whether one of them needs the VTIMEZONE.
    """

    __tablename__ = "feed_month"

    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    made_of: Mapped[str] = mapped_column(Text)
    lengths: Mapped[str] = mapped_column(Text)
    local: Mapped[bool]
    size: Mapped[int]
    crc: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[bytes] = mapped_column(LargeBinary)
