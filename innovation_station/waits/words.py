"""What pages say of waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from innovation_station.bookings.choice import SIGNS, place_title
from innovation_station.bookings.own_pages import when_full, when_short
from innovation_station.i18n import clock, day_short, language, local
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import House
from innovation_station.waits.models import Wait
from innovation_station.waits.rules import Stander, Wanted, position


def what(wanted: Wanted, house: House) -> str:
    """Name what is waited for: «Desk A3», «Any desk in Perrongen»."""
    if wanted.space_id is not None:
        return place_title(house.places[wanted.space_id])
    kind = {
        "desk": _("Any desk"), "room": _("Any meeting room"), "booth": _("Any phone booth"), "hall": _("Any stage"),
    }[wanted.kind or ""]  # fmt: skip
    if wanted.zone_id is None or wanted.zone_id not in house.zones:
        return kind
    return _("%(what)s in %(zone)s", what=kind, zone=house.zones[wanted.zone_id].names[language()])


def number(place: int) -> str:
    """Say where somebody stands in line."""
    named = {
        1: _("You are first in line."),
        2: _("You are second in line."),
        3: _("You are third in line."),
    }
    return named.get(place) or _("You are number %(num)d in line.", num=place)


def until(instant: datetime) -> str:
    """Write until when an offer stands."""
    return f"{day_short(instant)} {clock(instant)}"


def shown(wait: Wait, others: Sequence[Stander], house: House, now: datetime) -> dict[str, Any]:
    """Give all that pages say of a wait; `others` are those who may be ahead of it."""
    offered = wait.state == "offered" and wait.offered_id is not None and wait.offer_until is not None
    open_offer = offered and wait.hold_id is not None and wait.offer_until > now  # type: ignore[operator]
    place = house.places.get(wait.offered_id or wait.space_id or 0)
    name = place_title(place) if offered and place else what(wait.wanted, house)
    return {
        "id": wait.id, "name": name, "when": when_short(wait.span), "when_full": when_full(wait.span),
        "icon": SIGNS.get(place.kind if place else wait.kind or ""), "short": place.name if place else "",
        "offer": until(wait.offer_until) if open_offer and wait.offer_until else None,
        "state": _state(wait, others, house, open_offer=open_offer), "live": wait.live,
        "skipped": (wait.skipped or {}).get(language()) if wait.live and not open_offer else None,
        "label": f"{name}, {when_short(wait.span)}",
        "booking_href": url_for("bookings.show", booking_id=wait.booking_id) if wait.booking_id else None,
        "plan_href": _on_plan(wait),
    }  # fmt: skip


def _state(wait: Wait, others: Sequence[Stander], house: House, *, open_offer: bool) -> str:
    if open_offer and wait.offer_until:
        return _("Free for you. It is kept until %(until)s.", until=until(wait.offer_until))
    if wait.live:
        return number(position(stander(wait), others, house.places))
    return {
        "taken": _("You have booked it."),
        "passed": _("You passed it on."),
        "expired": _("The offer ran out without an answer."),
        "left": _("You have left the line."),
    }.get(wait.state) or _("The time came, and nothing had become free.")


def stander(wait: Wait) -> Stander:
    """Give a wait as who stands in line."""
    return Stander(wait.id, wait.member_id, wait.wanted, wait.span)


def _on_plan(wait: Wait) -> str:
    day = local(wait.start).date().isoformat()
    if wait.space_id is not None:
        return url_for("bookings.place", space_id=wait.space_id, date=day)
    return url_for("bookings.book", date=day, kind=wait.kind)
