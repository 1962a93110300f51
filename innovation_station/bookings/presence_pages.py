"""What pages say of who has come to a booking, and the buttons for it: the same on each page that shows one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from innovation_station.bookings import allowances, grace, rules, service, wish_queries
from innovation_station.bookings.choice import place_title
from innovation_station.bookings.models import Booking, BookingHistory
from innovation_station.bookings.rules import Held, Moment, Wish
from innovation_station.i18n import clock, local, zone
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import Actor
from innovation_station.plans import queries as plans
from innovation_station.spaces.rules import House, Place, open_span
from innovation_station.timespan import Span, subtract

Button = dict[str, Any]


def ruled(bookings: Iterable[Booking], house: House, now: datetime) -> dict[int, Place]:
    """Give the places of bookings that still wait for somebody, by booking, under the rules of their members' plans.

    Only those whose rules are not the house's own. Nothing is read where no plan has rules (see `policies_of`).
    """
    waiting = [booking for booking in bookings if grace.awaited(booking) and now < booking.end]
    policies = allowances.policies_of(house, waiting, zone()) if waiting else []
    places = {booking.id: house.places[booking.space_id] for booking in waiting}
    return {
        booking.id: places[booking.id].ruled(policy)
        for booking, policy in zip(waiting, policies, strict=True)
        if policy != places[booking.id].policy
    }


def ruled_place(booking: Booking, house: House, now: datetime) -> Place:
    """Give the place of one booking under the rules that hold for it (see `ruled`)."""
    return ruled([booking], house, now).get(booking.id, house.places[booking.space_id])


def mark(booking: Booking, place: Place, now: datetime) -> tuple[str, str, str] | None:
    """Give a word with its colour and sign: that somebody is here, until when to come, that the place was let go."""
    if booking.state == "no-show" and booking.released_at is not None:
        return _("Released %(time)s", time=clock(booking.released_at)), "no", "x"
    if booking.state == "confirmed" and booking.checked_in_at is not None:
        return _("Checked in %(time)s", time=clock(booking.checked_in_at)), "ok", "check"
    latest = grace.check_in_by(booking, place.policy)
    if latest is None or not grace.awaited(booking) or not grace.is_in_time(booking.span, now):
        return None
    return _("Check in before %(time)s", time=clock(latest)), "wait", "clock"


def rule(booking: Booking, place: Place, now: datetime) -> str | None:
    """Say what is asked of a booking to come: until when to check in, and what happens then."""
    latest = grace.check_in_by(booking, place.policy)
    if latest is None or not grace.awaited(booking) or booking.end <= now:
        return None
    return _("Before %(time)s. Then the place is released.", time=clock(latest))


def let_go(booking: Booking, place: Place, now: datetime) -> str | None:
    """Ask whether a place that was let go is needed after all; None where there is nothing to have back."""
    if booking.released_at is None or grace.reclaim_refusals(booking, now):
        return None
    return _("%(place)s was released at %(time)s. Still need it?", place=place.name, time=clock(booking.released_at))


def happened(row: BookingHistory, what: str) -> str:
    """Say one line of what has happened to a booking that is now `what`."""
    if row.action == "checked-in":
        return _("Checked in") if row.after.get("checked_in") else _("The check-in was taken back")
    if row.action == "released":
        return _("Released, for nobody had checked in")
    return _("Ended early: %(what)s", what=what) if row.action == "ended" else _("Made longer: %(what)s", what=what)


def buttons(booking: Booking, place: Place, now: datetime, *, back: str | None = None) -> list[Button]:
    """List what may be done by who is here, or is not coming; `back` is the page to come back to."""
    label = place_title(place)
    found = []
    if place.policy.check_in and booking.checked_in_at is None and not grace.check_in_refusals(booking, now):
        found.append(_button(_("Check in"), "bookings.check_in", booking, label, back, kind="primary"))
    if not grace.reclaim_refusals(booking, now):
        found.append(_button(_("Get the place back"), "bookings.restore", booking, label, back, kind="primary"))
    if not grace.end_refusals(booking, now):
        found.append(_button(_("End now"), "bookings.end", booking, label, back))
    return found


def check_in_button(booking: Booking, place: Place, back: str) -> Button:
    """Give the button by which one checks in, also where no rule asks for it."""
    return _button(_("Check in"), "bookings.check_in", booking, place_title(place), back, kind="primary")


def _button(
    text: str, endpoint: str, booking: Booking, label: str, back: str | None, kind: str | None = None, **fields: object
) -> Button:  # fmt: skip
    action = url_for(endpoint, booking_id=booking.id)
    given = fields | ({"next": back} if back else {})
    return {"text": text, "action": action, "fields": given, "kind": kind, "label": f"{text}, {label}"}


def longer(
    booking: Booking, house: House, actor: Actor, now: datetime, *, back: str | None = None
) -> list[Button]:  # fmt: skip
    """Offer the ends that a booking which runs, or is about to, may have instead; each would be granted now.

    Nothing is read where it is too early or too late for it; else four statements at most.
    """
    if now < booking.start - grace.EARLY or grace.extend_refusals(booking, booking.end, now, must_ask=False):
        return []
    place = house.places[booking.space_id]
    policy = allowances.policy_of(house, booking, zone())
    place = place if policy == place.policy else place.ruled(policy)
    if rules.must_ask(actor, place):
        return []
    return [
        _button(_("Until %(time)s", time=clock(end)), "bookings.extend", booking, place_title(place), back,
                to=end.isoformat())
        for end in _ends(booking, place, house, actor, now)
    ]  # fmt: skip


def _ends(booking: Booking, place: Place, house: House, actor: Actor, now: datetime) -> list[datetime]:
    moment = service.moment(now, zone(), house)
    opened = open_span(place.hours, local(booking.end).date(), moment.zone, moment.holidays)
    if opened is None or opened.end <= booking.end:
        return []
    ahead = Span(booking.end, opened.end)
    clearing = timedelta(minutes=place.policy.clearing)
    held = wish_queries.held(Wish(place, ahead).padded, place.takes, without=booking.id)
    free = next(iter(subtract([ahead], (Span(one.span.start - clearing, one.span.end) for one in held))), None)
    rest = rules.within_grid(free, place.policy, moment.zone) if free and free.start == booking.end else None
    if rest is None:
        return []
    own = wish_queries.held_by(booking.member_id, ahead, without=booking.id)
    found = allowances.standing(house, booking.member_id, plans.access_of(booking.member_id))
    days = (local(booking.start).date(), local(opened.end).date())
    allowed = allowances.allowance(house, actor, found, days, moment.zone, without=booking.id)
    moment = replace(moment, allowance=allowed, role=actor.role)
    wishes = (Wish(place, Span(booking.start, end), booking.people, booking.layout) for end in grace.longer(rest))
    return [wish.span.end for wish in wishes if _granted(wish, moment, held, own)]


def _granted(wish: Wish, moment: Moment, held: Sequence[Held], own: Sequence[tuple[Held, str]]) -> bool:
    found = rules.refusals(wish, moment, held, own)
    return all((refusal.code, refusal.field) in rules.KEPT_START for refusal in found)
