"""Who is asked about a request, and what the requester is told of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from flask_babel import lazy_gettext as _l

from innovation_station.bookings import queries
from innovation_station.bookings.models import Booking
from innovation_station.bookings.service import changed
from innovation_station.bookings.telling import calendar, patience
from innovation_station.db import at_end, db
from innovation_station.deeds import links
from innovation_station.deeds.registry import Deed
from innovation_station.i18n import clock, day_short, ngettext, span_short
from innovation_station.i18n import gettext as _
from innovation_station.mail.rules import intact
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.notices.words import instant
from innovation_station.spaces.queries import house as read_house
from innovation_station.timespan import Span

ASKS = frozenset({"reserved", "moved", "restored", "handed"})
APPROVE, DECLINE = "request-approve", "request-decline"
_LATE = timedelta(days=2)  # by when the job has ended what nobody answered before it began


def answering(answer: str, member_id: int, booking_id: int, sequence: int, until: datetime) -> Deed:
    """Give the deed that answers a request as it stands at a sequence, for one who may; `until` is its deadline."""
    return Deed(answer, member_id, booking_id, str(sequence), until)


def _say_asked(values: Values, names: Names) -> Said:
    """Say who asks for what: «Alva L. asks for Scenen, Tue 24 Nov 9–11»."""
    (member_id,) = values["people"]
    name, until = names[member_id], _moment(values["until"])
    if (count := values["count"]) > 1:
        title = ngettext("%(name)s asks for %(num)d time", "%(name)s asks for %(num)d times", count, name=name)
        text = _("The first has to be answered by %(until)s. After that it is free again.", until=until)
        return Said(title, text, _("Answer"), "requests.index" if values.get("staff", True) else "standing.spaces", {})
    title = _("%(name)s asks for %(place)s, %(when)s", name=name, place=values["place"], when=_when(values))
    text = _("It is kept until %(until)s. After that it is free again.", until=until)
    if values["title"]:
        text = f"{values['title']}. {text}"
    asked = (values["to"], values["booking"], values["sequence"], instant(values["until"]))
    answers = (
        (_("Approve"), links.path(answering(APPROVE, *asked))), (_("Decline"), links.path(answering(DECLINE, *asked))),
    )  # fmt: skip
    return Said(title, text, _("Answer"), "bookings.show", {"booking_id": values["booking"]}, answers)


def _say_answered(values: Values, _names: Names) -> Said:
    """Say what the answer was: «Scenen is yours, Tue 24 Nov 9–11»."""
    place, when = values["place"], _when(values)
    title, text = {
        "approved": (
            _("%(place)s is yours, %(when)s", place=place, when=when),
            _("Your request has been approved."),
        ),
        "declined": (
            _("%(place)s was not granted, %(when)s", place=place, when=when),
            _("Your request was declined. Reason: %(reason)s", reason=values["reason"])
            if values["reason"] else _("Your request was declined."),
        ),
    }.get(
        intact(values["action"]),
        (
            _("Nobody answered about %(place)s, %(when)s", place=place, when=when),
            _("Your request was not answered in time and no longer holds the place."),
        ),
    )  # fmt: skip
    return Said(title, text, _("Show the booking"), "bookings.show", {"booking_id": values["booking"]})


def _when(values: Values) -> str:
    span = Span(instant(values["start"]), instant(values["end"]))
    return f"{day_short(span.start)} {span_short(span)}"


def _moment(text: str) -> str:
    at = instant(text)
    return f"{day_short(at)} {clock(at)}"


ASKED = Kind(
    "booking-asked",
    _l("Somebody asks for a place"),
    _l("When a booking waits for an answer of yours: for who works here, or manages the place."),
    _say_asked,
)
ANSWERED = Kind(
    "booking-answered",
    _l("What I asked for is answered"),
    _l("When a request of yours is approved or declined, or nobody answered it in time."),
    _say_answered,
)
KINDS = (ASKED, ANSWERED)


@changed.connect
def follow(
    booking: Booking, *, action: str, now: datetime, before: Mapping[str, Any] | None = None, **_more: object
) -> None:  # fmt: skip
    """Have those asked who may answer a request, and no longer ask them of one that is answered or taken back."""
    if before is not None and before["state"] == "requested" and action != "edited":
        at_end(_no_longer, (booking.id, booking.member_id, before["space"], now))
    if booking.state == "requested" and action in ASKS:
        at_end(_ask, (booking.id, now))


def _no_longer(items: Sequence[tuple[int, int, int, datetime]]) -> None:
    """Ask no longer about requests that are answered, moved or taken back; of several, once none of them waits."""
    for (member_id, space_id), group in groupby(sorted(items), key=lambda item: item[1:3]):
        touched = list(group)
        changed_ids, since = {item[0] for item in touched}, touched[0][3] - _LATE
        receivers, wanted = queries.answerers(space_id), queries.states_from(member_id, space_id, since)
        subjects = {_subject_of(one) for one in changed_ids | wanted.keys()}
        for asked in notices.told(ASKED, [receiver for receiver, _staff in receivers], subjects):
            about = set(asked.content.get("all", [asked.content["booking"]]))
            if changed_ids & about and not any(wanted.get(one) == "requested" for one in about - changed_ids):
                notices.take_back(asked)


def _ask(items: Sequence[tuple[int, datetime]]) -> None:
    """Ask once for what one member asked for in one transaction: the dates of a series make one mail."""
    now = max(at for _id, at in items)
    found = [booking for one in dict(items) if (booking := db.session.get(Booking, one)) is not None]
    waiting = sorted((one for one in found if one.state == "requested"), key=lambda one: (one.member_id, one.space_id))
    for (member_id, space_id), asked in groupby(waiting, key=lambda one: (one.member_id, one.space_id)):
        first, *more = sorted(asked, key=lambda one: (one.answer_by or one.start, one.id))
        values: dict[str, Any] = {
            "booking": first.id, "sequence": first.sequence, "place": read_house().places[space_id].name,
            "start": first.start.isoformat(), "end": first.end.isoformat(), "title": first.title,
            "until": (first.answer_by or first.start).isoformat(), "people": [member_id], "count": 1 + len(more),
            "all": [one.id for one in (first, *more)],
        }  # fmt: skip
        for receiver, staff in queries.answerers(space_id):
            if receiver != member_id:
                told = values | {"to": receiver, "staff": staff}
                notices.notify(ASKED, receiver, told, now=now, subject=_subject(first), hold_until=now + patience())


def tell_answer(booking: Booking, action: str, now: datetime) -> None:
    """Tell the requester what the answer was."""
    values = {
        "action": action, "booking": booking.id, "place": read_house().places[booking.space_id].name,
        "start": booking.start.isoformat(), "end": booking.end.isoformat(), "reason": booking.answer_reason or "",
    }  # fmt: skip
    notices.notify(ANSWERED, booking.member_id, values, now=now, subject=_subject(booking), calendar=calendar(booking))


def _subject(booking: Booking) -> str:
    return _subject_of(booking.id)


def _subject_of(booking_id: int) -> str:
    return f"booking-{booking_id}"
