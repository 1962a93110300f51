"""What members are told: that somebody has booked for them, of guests, and of offers to take a booking over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from innovation_station.bookings import telling
from innovation_station.bookings.models import Booking
from innovation_station.deeds import links
from innovation_station.deeds.registry import Deed
from innovation_station.i18n import clock, day_short
from innovation_station.i18n import gettext as _
from innovation_station.mail.rules import CalendarFacts, intact
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.notices.words import instant
from innovation_station.sharing.models import Guest, Offer
from innovation_station.sharing.rules import LONGEST_PATIENCE, UNDO, patience
from innovation_station.spaces.queries import house as read_house

ACCEPT, DECLINE = "booking-take-over", "booking-decline"


def facts_of(booking: Booking) -> dict[str, Any]:
    """Give what a notice needs to know of a booking."""
    return telling.values_of("", booking, read_house().places[booking.space_id].name)


def what(values: Values) -> str:
    """Say place and time: «A3, Tue 24 Nov 9–11»."""
    return f"{values['place']}, {telling.when_of(values, short=True)}"


def _say_booked(values: Values, names: Names) -> Said:
    title = _("%(name)s has booked %(what)s for you", name=names[values["people"][0]], what=what(values))
    text = _("It is yours: you can change it, and cancel it.")
    if intact(values["state"]) == "requested":
        text = _("It waits for an answer of the station. You can change it, and cancel it.")
    return Said(title, text, _("Show the booking"), "bookings.show", {"booking_id": values["booking"]})


BOOKED_FOR = Kind(
    "booked-for-me", _l("Somebody books for me"), _l("When somebody whom you let, or the station, books in your name."),
    _say_booked, template=telling.TEMPLATE,
)  # fmt: skip


def _say_answered(values: Values, _names: Names) -> Said:
    title = _("A guest of yours comes after all: %(what)s") if values["comes"] else _("A guest cannot come: %(what)s")
    return Said(title % {"what": what(values)}, "", *_way(values))


def _say_arrived(values: Values, _names: Names) -> Said:
    text = _("The guest has been received at the desk of the station.")
    return Said(_("A guest of yours is here: %(what)s", what=what(values)), text, *_way(values))


def _way(values: Values) -> tuple[str, str, dict[str, Any]]:
    return _("Show the guests"), "sharing.guests", {"booking_id": values["booking"]}


ANSWERED = Kind(
    "guest-answered", _l("A guest cannot come"), _l("When somebody whom you have invited says so, or can after all."),
    _say_answered,
)  # fmt: skip
ARRIVED = Kind(
    "guest-arrived", _l("A guest is here"), _l("When a guest of yours has come and waits to be met."), _say_arrived,
)  # fmt: skip


def _say_offered(values: Values, names: Names) -> Said:
    """Say that somebody offers a booking: «Alva offers you A3, Tue 24 Nov 9–11»."""
    until = instant(values["until"])
    title = _("%(name)s offers you %(what)s", name=names[values["people"][0]], what=what(values))
    text = _(
        "It becomes yours and counts on your membership if you say yes by %(until)s.",
        until=f"{day_short(until)} {clock(until)}",
    )
    answers = tuple(
        (words, links.path(Deed(act, values["to"], values["offer"], str(values["sequence"]), until)))
        for words, act in ((_("Take it over"), ACCEPT), (_("Not for me, thanks"), DECLINE))
    )
    return Said(title, text, _("See the offer"), "sharing.offer", {"offer_id": values["offer"]}, answers)


def _say_offer_answered(values: Values, names: Names) -> Said:
    """Say what became of an offer: «Bo has taken over A3, Tue 24 Nov 9–11»."""
    state, place = intact(values["answer"]), what(values)
    if state == "accepted":
        title = _("%(name)s has taken over %(what)s", name=names[values["people"][0]], what=place)
        text = _("It is no longer yours and no longer counts on your membership.")
        return Said(title, text, _("My bookings"), "bookings.mine", {})
    title = _("Nobody has answered your offer of %(what)s", what=place)
    if state == "declined":
        title = _("%(name)s does not take over %(what)s", name=names[values["people"][0]], what=place)
    text = _("It is still yours.")
    return Said(title, text, _("Show the booking"), "bookings.show", {"booking_id": values["booking"]})


OFFERED = Kind(
    "booking-offered", _l("Somebody offers me a booking"), _l("When you are asked to take a booking over."),
    _say_offered,
)  # fmt: skip
OFFER_ANSWERED = Kind(
    "offer-answered", _l("My offer of a booking is answered"),
    _l("When somebody takes over what you have offered, does not want it, or has not answered."),
    _say_offer_answered,
)  # fmt: skip
KINDS = (BOOKED_FOR, ANSWERED, ARRIVED, OFFERED, OFFER_ANSWERED)


def booked_for(booking: Booking, *, now: datetime) -> None:
    """Tell a member that somebody has booked for them, once."""
    values = facts_of(booking) | {"people": [booking.booked_by_id]} | telling.held_until(now)
    notices.notify(
        BOOKED_FOR, booking.member_id, values, now=now, subject=_booked_for(booking), once=True,
        hold_until=now + telling.patience(), calendar=telling.calendar(booking),
    )  # fmt: skip


def _booked_for(booking: Booking) -> str:
    return f"booked-for-{booking.id}"


def undone(booking: Booking, *, now: datetime) -> None:
    """Take back what a member was told of a booking that was made for them and cancelled at once: nothing has been."""
    taken = notices.withdraw(
        booking.member_id, _booked_for(booking), since=now - telling.UNDO_OF_STAFF,
        which=lambda one: telling.is_held(one.created_at, one.content, now),
    )  # fmt: skip
    if taken:
        notices.withdraw(booking.member_id, f"booking-{booking.id}", since=now)


def answered(guest: Guest, booking: Booking, *, now: datetime) -> None:
    """Tell the host that a guest cannot come, or can after all, instead of what was said before.

    What is taken back before its mail has left is not told. The mails wait longer the more there have been, as those to
    the guest do: a link needs no login, and who presses its button to and fro fills no inbox. While a booking waits for
    its answer the guest is told nothing, so nothing counts their presses, and the host hears of it by the hour.
    """
    subject = f"guest-answer-{guest.uid}"
    before = notices.withdraw(booking.member_id, subject, since=guest.created_at)
    if before and instant(before[-1]["until"]) >= now:
        return
    until = now + (LONGEST_PATIENCE if booking.state == "requested" else patience(guest.sequence))
    values = facts_of(booking) | {"comes": guest.state == "invited", "until": until.isoformat()}
    notices.notify(ANSWERED, booking.member_id, values, now=now, subject=subject, hold_until=until)


def arrived(guest: Guest, booking: Booking, *, now: datetime) -> None:
    """Tell the host that a guest is here."""
    notices.notify(ARRIVED, booking.member_id, facts_of(booking), now=now, subject=_arrival(guest))


def not_arrived(guest: Guest, booking: Booking) -> None:
    """Take back that a guest is here."""
    notices.recall(ARRIVED, booking.member_id, _arrival(guest))


def _arrival(guest: Guest) -> str:
    return f"guest-arrival-{guest.uid}"


def offered(offer: Offer, booking: Booking, *, now: datetime) -> None:
    """Ask somebody whether they take a booking over; what is taken back at once is not told by mail."""
    values = facts_of(booking) | {
        "people": [offer.from_id], "offer": offer.id, "to": offer.to_id, "sequence": offer.sequence,
        "until": offer.expires_at.isoformat(),
    }  # fmt: skip
    notices.notify(OFFERED, offer.to_id or 0, values, now=now, subject=_offer(offer), hold_until=now + UNDO)


def offer_over(offer: Offer) -> None:
    """Take back that somebody is asked: it is answered, or over."""
    notices.recall(OFFERED, offer.to_id or 0, _offer(offer))


def answered_offer(offer: Offer, booking: Booking, *, now: datetime) -> None:
    """Tell who has offered a booking what became of it; what is gone leaves their calendar with the mail."""
    people = [offer.to_id] if offer.to_id is not None and offer.state != "expired" else []
    values = facts_of(booking) | {"people": people, "answer": offer.state}
    gone = _gone(booking) if offer.state == "accepted" else None
    hold_until = now + UNDO if gone else None  # after the entry that it takes out, which may not have left
    notices.notify(
        OFFER_ANSWERED, offer.from_id, values, now=now, subject=_offer(offer), hold_until=hold_until, calendar=gone
    )  # fmt: skip


def _gone(booking: Booking) -> CalendarFacts:
    known = telling.calendar(booking)
    entries = [{**entry, "state": "cancelled"} for entry in known.values["bookings"]]
    return CalendarFacts(known.writer, {"bookings": entries})


def _offer(offer: Offer) -> str:
    return f"offer-{offer.id}"
