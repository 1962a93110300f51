"""Which calendars members subscribe to, and how often their programs have come for them.

With a random source of its own: what is booked stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from innovation_station.calendars.models import Feed
from innovation_station.calendars.rules import OWN, feed_token, token_hash
from innovation_station.members.models import Member
from innovation_station.spaces.models import Space, Zone

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Subscribed(NamedTuple):
    """A feed: whose (the index of a person), what it is called and of, and who fetches it how often, how long ago."""

    member: int
    name: str
    scope: str = OWN
    level: str = "full"
    subject: str = ""
    query: str = ""
    program: str = ""
    every: timedelta | None = None
    ago: timedelta | None = None
    items: int | None = None
    language: str = "sv"
    remind: int = 0


SUBSCRIBED = (
    Subscribed(0, "Mina bokningar", program="Google Calendar", every=DAY - 25 * timedelta(minutes=1), ago=7 * HOUR,
               items=34),
    Subscribed(0, "Telefonen", program="Apple Calendar", every=HOUR, ago=timedelta(minutes=22), items=34, remind=15),
    Subscribed(0, "Projektrum för åtta", "view", "public", query="kind=room&seats=8", program="Outlook",
               every=3 * HOUR, ago=2 * HOUR, items=61),
    Subscribed(1, "Alla platser", "staff", program="Thunderbird", every=timedelta(minutes=30),
               ago=timedelta(minutes=11), items=412),
    Subscribed(1, "Scenen", "space", "full", "Scenen"),
    Subscribed(7, "Bokningar", program="Google Calendar", every=DAY, ago=13 * HOUR, items=12),
    Subscribed(8, "My desk", language="en", program="Outlook", every=3 * HOUR, ago=9 * DAY, items=8),
    Subscribed(9, "Upptagen", level="busy", program="Google Calendar", every=DAY, ago=20 * HOUR, items=17),
    Subscribed(11, "Perrongen", "zone", "public", "Perrongen", program="ICSx⁵", every=DAY, ago=15 * HOUR, items=140),
    Subscribed(12, "Bokningar"),
)  # fmt: skip


def add(session: Session, members: Sequence[Member], secret_key: str, midnight: datetime) -> None:
    """Have members subscribe, a few weeks ago, and their programs fetch until today began."""
    rng = Random(f"feeds {midnight:%Y-%m-%d}")  # noqa: S311  addresses of a house that is for trying out
    subjects: dict[str, int] = {name: number for number, name in session.execute(select(Space.id, Space.name))}
    subjects |= {name: number for number, name in session.execute(select(Zone.id, Zone.name_sv))}
    for one in SUBSCRIBED:
        nonce, since = f"{rng.getrandbits(128):032x}", midnight - rng.randint(20, 60) * DAY
        if one.ago is None:
            since = midnight - 3 * DAY
        member_id = members[one.member].id
        session.add(
            Feed(
                member_id=member_id, name=one.name, language=one.language, scope=one.scope, level=one.level,
                subject_id=subjects[one.subject] if one.subject else None, query=one.query, remind=one.remind,
                nonce=nonce, token_hash=token_hash(feed_token(secret_key, member_id, nonce)), created_at=since,
                changed_at=since, last_client=one.program,
                last_fetched_at=None if one.ago is None else midnight - one.ago,
                last_items=one.items, usual_interval=int(one.every.total_seconds()) if one.every else None,
            )
        )  # fmt: skip
    session.flush()
