"""What happens about booking for others: consent is given and taken back, and somebody books for a member.

Every function runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete

from innovation_station.audit import service as audit
from innovation_station.bookings import extras, writes
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db
from innovation_station.errors import NotAllowed, NotFound, Refusal, Refused
from innovation_station.members import queries as members
from innovation_station.members.rules import Actor, Booker, Person
from innovation_station.sharing import queries, rules, telling
from innovation_station.sharing.models import Consent, Named
from innovation_station.timespan import Span


def allow(
    member_id: int, *, organisation: bool, colleagues: bool, people: Sequence[str] = (), now: datetime
) -> None:  # fmt: skip
    """Store who may book for a member: people of their organisation, their colleagues, who has one of some addresses,
    or nobody.

    Behind the member's lock: who books at this moment is first, or hears that they may not any more. Raises Refused.
    """
    if found := rules.named_refusals(people):
        raise Refused(found)
    writes.lock_member(member_id)
    known = queries.consent(member_id)
    named = queries.named(member_id)
    before = _said(known, named)
    db.session.execute(delete(Named).where(Named.member_id == member_id))
    db.session.add_all(Named(member_id=member_id, email=email) for email in people)
    if not organisation and not colleagues and not people:
        if known is not None:
            db.session.delete(known)
    elif known is None:
        db.session.add(Consent(member_id=member_id, organisation=organisation, colleagues=colleagues, changed_at=now))
    else:
        known.organisation, known.colleagues, known.changed_at = organisation, colleagues, now
    db.session.flush()
    after = {"organisation": organisation, "colleagues": colleagues, "named": len(people)}
    if before != after or sorted(named) != sorted(people):
        audit.record(
            "consent.changed", subject=("member", member_id), actor=members.person(member_id), member_id=member_id,
            before=before, after=after, now=now,
        )  # fmt: skip


def _said(known: Consent | None, named: Sequence[str]) -> dict[str, Any]:
    """Give for the trail who may book for a member: of addresses how many, for they are other people's."""
    organisation, colleagues = (known.organisation, known.colleagues) if known else (False, False)
    return {"organisation": organisation, "colleagues": colleagues, "named": len(named)}


def holder(booker: Booker, holder_id: int) -> Person:
    """Give a member for whom somebody may book, locked. Raises NotAllowed, the same whether there is such a member."""
    writes.lock_member(holder_id)
    found = members.person(holder_id) if queries.may_book_for(booker, holder_id) else None
    if found is None:
        raise NotAllowed([Refusal("no-consent", "for")])
    return found


@extras.holder_of
def known_holder(booker: Actor, holder_id: int) -> Person | None:
    """Find a member for whom somebody may book, None for all others."""
    return members.person(holder_id) if queries.may_book_for(booker, holder_id) else None


@extras.booked_for
def book_for(
    booker: Booker, holder_id: int, space_id: int, span: Span, *, now: datetime, zone: ZoneInfo,
    public: bool | None = None, tell: bool = True, **more: Any,
) -> Booking:  # fmt: skip
    """Book for a member who lets the booker: it is the member's, measured by what the member may, and they are told.

    Whether names and titles are shown is the member's choice; the booker may only hide them. Raises NotAllowed, Refused
    where the member is away, and as `bookings.service.reserve`.
    """
    found = holder(booker, holder_id)
    _check_there(found, span, zone)
    shown = False if public is False else None
    booking = bookings.reserve(found, space_id, span, now=now, zone=zone, public=shown, booker=booker, **more)
    if tell:
        telling.booked_for(booking, now=now)
    return booking


@extras.restored_for
def check_restore(booker: Actor, booking: Booking, zone: ZoneInfo) -> None:
    """Refuse a booker who may not book for the member any more, or while they are away; the caller has locked them.

    Raises NotFound, Refused.
    """
    found = known_holder(booker, booking.member_id)
    if found is None:
        raise NotFound("booking-unknown")
    _check_there(found, booking.span, zone)


def _check_there(found: Person, span: Span, zone: ZoneInfo) -> None:
    first, last = (side.astimezone(zone).date() for side in (span.start, span.end))
    if queries.away(found.id, first, last):
        raise Refused([Refusal("holder-away", "for", {"name": found.name})])
