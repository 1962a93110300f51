"""Tables of feeds: the secret address, and the stored bytes of what is in it."""

from __future__ import annotations

from typing import cast

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.calendars.rules import LEVELS, NAME_LONGEST, QUERY_LONGEST, REMIND_MOST, Edition, Level
from innovation_station.db import Base, Instant
from innovation_station.members.models import Member, Organisation
from innovation_station.spaces.models import Space
from innovation_station.spaces.rules import Language


class Feed(Base):
    """A secret address. Its token derives from the secret key and `nonce`; the row alone cannot tell it.

    It is of `scope`, and there of `subject_id` (a space, a zone, an organisation) or of the filters in `query`, told as
    `level` says. `remind` is how many minutes before it starts an entry reminds of itself, 0: not at all. Of its
    fetches it keeps the last one, by which program, how many entries that got and what these bytes are called, and how
    many seconds apart they are.
    """

    __tablename__ = "feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LONGEST))
    language: Mapped[str] = mapped_column(String(2))
    scope: Mapped[str] = mapped_column(String(20), default="my-bookings")
    level: Mapped[str] = mapped_column(String(6), default="full", server_default="full")
    subject_id: Mapped[int | None]
    query: Mapped[str] = mapped_column(String(QUERY_LONGEST), default="", server_default="")
    remind: Mapped[int] = mapped_column(default=0, server_default="0")
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    last_fetched_at: Mapped[Instant | None]
    last_client: Mapped[str] = mapped_column(String(40), default="")
    last_items: Mapped[int | None]
    last_etag: Mapped[str] = mapped_column(String(32), default="", server_default="")
    usual_interval: Mapped[int | None]
    revoked_at: Mapped[Instant | None]

    @property
    def edition(self) -> Edition:
        """Give how its entries are written."""
        return Edition(cast(Language, self.language), cast(Level, self.level), self.remind)

    __table_args__ = (
        CheckConstraint("language in ('sv', 'en')", name="language"),
        CheckConstraint("scope <> ''", name="scope"),  # which there are is known where they are made, see scopes.py
        CheckConstraint(f"level in {LEVELS}", name="level"),
        CheckConstraint(f"remind between 0 and {REMIND_MOST}", name="remind"),
    )


class FeedContents(Base):
    """What the parts of a holder's entries, in one language and at one level of detail, were made from, as a whole.

    The holder is a member, a space or an organisation. They are in step while `revision` is the holder's (of an
    organisation that of all spaces) and `made_of` names this house, these words and, of a member, today's window; of
    the others from the week of `first` to the week of `last`. `name` is another where a part is another, of those that
    have no revision of their own. `written_at`, in seconds since 1970, is when one of them changed last.
    """

    __tablename__ = "feed_contents"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"))
    space_id: Mapped[int | None] = mapped_column(ForeignKey(Space.id, ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey(Organisation.id, ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(2))
    level: Mapped[str] = mapped_column(String(6))
    remind: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int]
    made_of: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(32), default="")
    first: Mapped[str] = mapped_column(String(10), default="")
    last: Mapped[str] = mapped_column(String(10), default="")
    written_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint(
            "(member_id is not null and space_id is null and organisation_id is null)"
            " or (member_id is null and space_id is not null and organisation_id is null)"
            " or (member_id is null and space_id is null and organisation_id is not null)",
            name="one_holder",
        ),
        UniqueConstraint("member_id", "language", "level", "remind"),
        UniqueConstraint("space_id", "language", "level"),
        UniqueConstraint("organisation_id", "language", "level"),
    )


class FeedPart(Base):
    """The entries of a holder's bookings that begin in one month or week (UTC), deflated.

    `part` is a month, "2026-11", of members, and the Monday of a week, "2026-11-23", of all others; what runs on into
    the next week is in a part of its own, named by the week's Sunday.

    A cache: what is missing or out of date is made anew. `made_of` is the stamp of the house's words and then
    "id.revision" of each booking in the order of the feed, `lengths` how many bytes each entry has; `size` and `crc`
    are those of the entries together. `local` tells whether one of them needs the VTIMEZONE.
    """

    __tablename__ = "feed_part"

    contents_id: Mapped[int] = mapped_column(ForeignKey(FeedContents.id, ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(String(10), primary_key=True)
    made_of: Mapped[str] = mapped_column(Text)
    lengths: Mapped[str] = mapped_column(Text)
    entries: Mapped[int]
    local: Mapped[bool]
    size: Mapped[int]
    crc: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[bytes] = mapped_column(LargeBinary)
