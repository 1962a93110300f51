"""What guests are told, by one mail for each thing that happened, with the entry for their calendar.

What has not left yet is put together with what comes after it: who is invited and taken off within ten seconds hears
nothing, and of a booking that is moved twice comes one mail. So each mail knows what its guest `knew` before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from innovation_station.bookings.choice import place_title
from innovation_station.bookings.models import Booking
from innovation_station.bookings.own_pages import when_short
from innovation_station.bookings.telling import WRITER, patience
from innovation_station.db import db
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, speaking
from innovation_station.mail import service as mail
from innovation_station.mail import tidings
from innovation_station.mail.rules import CalendarFacts, Receiver
from innovation_station.members import queries as members
from innovation_station.members.models import Member
from innovation_station.sharing import links, rules
from innovation_station.sharing.models import Guest
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Language
from innovation_station.text import parts

TEMPLATE, KIND = "guest", "guest"
VISITS = ("confirmed", "no-show")  # the states in which a booking is one that guests come to


def tell_all(booking: Booking, guests: Iterable[Guest], *, now: datetime) -> None:
    """Tell guests what is new of their visit.

    While a request waits for its answer only those are told who know of another time or place: that one is given back
    already, and they would come to it.
    """
    host = db.session.get_one(Member, booking.member_id)
    for guest in guests:
        if booking.state != "requested" or _is_elsewhere(guest.knew, booking):
            _tell(guest, booking, host, now)
    db.session.flush()


def _is_elsewhere(knew: Mapping[str, Any] | None, booking: Booking) -> bool:
    stands = booking.space_id, booking.start.isoformat(), booking.end.isoformat()
    return bool(knew and knew["going"]) and (knew["space"], knew["start"], knew["end"]) != stands  # type: ignore[index]


def _tell(guest: Guest, booking: Booking, host: Member, now: datetime) -> None:
    tidings.take_back(KIND, guest)
    knew, fact = guest.knew, fact_of(guest, booking)
    news = rules.news(knew, fact)
    if news is None:
        return
    before = tidings.advance(guest, fact)
    with speaking(cast(Language, guest.language)):
        values = _values(guest, booking, host.name, news, knew) | before
        stands = knew if news == "off" and knew else fact  # an entry is taken out of where its guest has it
        calendar = _calendar(guest, booking, host.name, now, stands, off=news == "off")
    mail.queue(
        Receiver(guest.email, guest.name, cast(Language, guest.language)), TEMPLATE, values, now=now,
        hold_until=now + max(rules.patience(guest.sequence), patience()), key=tidings.key(KIND, guest), kind=KIND,
        calendar=calendar,
    )  # fmt: skip


def fact_of(guest: Guest, booking: Booking) -> dict[str, Any]:
    """Give what a guest is to know of a visit."""
    return {
        "going": guest.state == "invited" and booking.state in VISITS, "space": booking.space_id,
        "start": booking.start.isoformat(), "end": booking.end.isoformat(), "host": booking.member_id,
    }  # fmt: skip


def _values(
    guest: Guest, booking: Booking, host: str, news: rules.News, knew: Mapping[str, Any] | None
) -> dict[str, Any]:  # fmt: skip
    """Give what the mail says. One that a visit is off names nobody: it may leave after its host has been forgotten."""
    house = read_house()
    place = house.places[booking.space_id]
    said: dict[str, Any] = {
        "news": news, "place": place.name, "start": booking.start.isoformat(), "end": booking.end.isoformat(),
        "own": guest.state == "declined",
    }  # fmt: skip
    if news == "off" and knew:  # what they know of, wherever it has been moved since
        old = house.places.get(knew["space"])
        return said | {"place": old.name if old else "", "start": knew["start"], "end": knew["end"]}
    if news == "moved" and knew and _is_elsewhere(knew, booking):
        old = house.places.get(knew["space"])
        said["before"] = {"place": old.name if old else "", "start": knew["start"], "end": knew["end"]}
    return said | {
        "host": host, "title": booking.title, "what": place_title(place), "where": house.address_of(place, language()),
        "directions": directions(), "token": links.token(guest),
    }  # fmt: skip


def directions() -> list[str]:
    """Give how to find the house, in the language in force, a paragraph each; nothing where nobody has written it."""
    text = members.current_texts(("directions",)).get("directions")
    if text is None:
        return []
    body = text.body_sv if language() == "sv" else text.body_en
    return [line for _kind, lines in parts(body) for line in lines]


def _calendar(
    guest: Guest, booking: Booking, host: str, now: datetime, stands: Mapping[str, Any], *, off: bool
) -> CalendarFacts:  # fmt: skip
    """Give the facts of a guest's entry, and the words that it has instead of those of a member's."""
    entry = {
        "id": booking.id, "uid": guest.uid, "space_id": stands["space"], "title": "",
        "state": "cancelled" if off else "confirmed", "sequence": guest.sequence, "start": stands["start"],
        "end": stands["end"], "created_at": guest.created_at.isoformat(), "changed_at": now.isoformat(),
    }  # fmt: skip
    house = read_house()
    place, path = house.places[booking.space_id], links.path(guest)
    if off:
        words = {"summary": _("Cancelled: visit to %(house)s", house=house.name), "description": "", "path": ""}
    else:
        title = booking.title or _("Visit to %(name)s", name=host)
        lines = [_("Your host is %(name)s.", name=host), *directions()]
        text = "\n\n".join(lines)
        words = {"summary": f"{title} ({place_title(place)})", "description": text, "path": path}
    return CalendarFacts(WRITER, {"bookings": [entry], "answer": "NEEDS-ACTION", "visit": words})


def summary(booking: Booking) -> str:
    """Say place and time of a visit for a page."""
    return f"{read_house().places[booking.space_id].name}, {when_short(booking.span)}"
