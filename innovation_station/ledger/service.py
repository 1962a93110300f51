"""What the ledger writes: entries for each change of a booking's time, in the transaction of that change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from innovation_station.audit import service as audit
from innovation_station.bookings.models import Booking
from innovation_station.bookings.service import changed
from innovation_station.db import db
from innovation_station.errors import NotFound, Refused
from innovation_station.i18n import local, zone
from innovation_station.ledger import queries, rules
from innovation_station.ledger.models import CostShare, LedgerEntry
from innovation_station.members.models import Organisation
from innovation_station.members.rules import Actor
from innovation_station.plans import queries as plans
from innovation_station.plans.rules import Allowance, Plan, Standing
from innovation_station.spaces.rules import House

MINUTE = timedelta(minutes=1)


@changed.connect
def account(
    booking: Booking, *, action: str, now: datetime, house: House | None, standing: Standing | None, **_more: object,
) -> None:  # fmt: skip
    """Take back what no longer holds of a booking and enter what does; nothing in a house without plans.

    `standing` is where the booking's member stands; without one (a cancellation) nothing new is entered. A no-show is
    paid whole, so what was entered stands when the place is released, and still when it is taken back.
    """
    if house is None or action == "released" or not plans.catalogue(house).plans:
        return
    standing_entries = [] if action == "reserved" else queries.open_entries(booking.id)
    if action == "restored" and standing_entries:
        return
    for entry in standing_entries:
        db.session.add(_reversed(entry, action, now))
    if booking.state == "confirmed" and standing is not None:
        again = action in ("restored", "approved")  # what was entered before has its price
        kept = [] if action == "handed" else standing_entries  # another member pays, by another plan
        last = kept or (queries.last_entries(booking.id, booking.member_id) if again else [])
        db.session.add_all(_entries(booking, action, now, house, standing, last))
    db.session.flush()


def _reversed(entry: LedgerEntry, action: str, now: datetime) -> LedgerEntry:
    return LedgerEntry(
        at=now, month=max(entry.month, rules.month_of(now, now, zone())), action=action, booking_id=entry.booking_id,
        corrects_id=entry.id, member_id=entry.member_id, organisation_id=entry.organisation_id,
        payer_id=entry.payer_id, plan_id=entry.plan_id, space_id=entry.space_id, kind=entry.kind, start=entry.start,
        bookings=-entry.bookings, minutes=-entry.minutes, rate=entry.rate, amount=-entry.amount, vat=entry.vat,
        share=entry.share, cost_centre=entry.cost_centre,
    )  # fmt: skip


def _entries(
    booking: Booking, action: str, now: datetime, house: House, standing: Standing,
    last: Sequence[LedgerEntry],
) -> Iterable[LedgerEntry]:  # fmt: skip
    kind = house.places[booking.space_id].kind
    if frozen := next((entry for entry in last if entry.kind == kind), None):
        plan_id, rate, vat = frozen.plan_id, frozen.rate, frozen.vat
    else:
        plan = _plan(booking, house, standing)
        plan_id, rate, vat = (plan.id, plan.rates.get(kind, 0), plan.vat) if plan else (None, 0, 0)
    minutes = booking.span.length // MINUTE
    parties = queries.payers(booking.organisation_id)
    parts = rules.divided(rules.price(minutes, rate), [party.share for party in parties])
    for number, (party, amount) in enumerate(zip(parties, parts, strict=True)):
        yield LedgerEntry(
            at=now, month=rules.month_of(booking.start, now, zone()), action=action, booking_id=booking.id,
            member_id=booking.member_id, organisation_id=booking.organisation_id, payer_id=party.organisation_id,
            plan_id=plan_id, space_id=booking.space_id, kind=kind, start=booking.start, bookings=int(number == 0),
            minutes=minutes, rate=rate, amount=amount, vat=vat, share=party.share, cost_centre=party.cost_centre,
        )  # fmt: skip


def _plan(booking: Booking, house: House, standing: Standing) -> Plan | None:
    """Give the plan that prices a booking; one's own desk is paid with the plan, not by the hour."""
    catalogue, day = plans.catalogue(house), local(booking.start).date()
    if catalogue.owner(booking.space_id, day) == booking.member_id:
        return None
    found = Allowance(zone(), catalogue, standing).plan_on(day)
    return found if isinstance(found, Plan) else None


def set_shares(organisation_id: int, others: Sequence[tuple[int, int]], *, actor: Actor) -> None:
    """Say which organisations bear which part of another one's use, as (payer, share of 10,000); the rest is its own.

    Holds for what is booked from now on. Raises NotFound, Refused.
    """
    if db.session.get(Organisation, organisation_id) is None:
        raise NotFound
    if found := rules.share_refusals([share for _payer, share in others]):
        raise Refused(found)
    before = {str(row.payer_id): row.share for row in queries.shares(organisation_id)}
    for row in queries.shares(organisation_id):
        db.session.delete(row)
    db.session.flush()
    db.session.add_all(
        CostShare(organisation_id=organisation_id, payer_id=payer, share=share) for payer, share in others
    )
    db.session.flush()
    after = {str(payer): share for payer, share in others}
    audit.record(
        "organisation.shares", subject=("organisation", organisation_id), actor=actor, before=before, after=after
    )
