"""What members are told of their bookings: what they did themselves, by mail with the entry for their calendar, what
somebody else did, and that nobody has come to one.

One mail for each thing that happened, ten seconds after it: until then it can be undone, and then nothing is said. What
has not left yet is put together with what comes after it, also through quiet hours: whoever books and cancels in the
evening finds no mail in the morning, whoever books and moves finds one. So every mail knows what the member `knew`
before it, None where nothing had been said.

Whoever does several things at once says `with gathered():`, and each member gets one mail for them.

Booking is what has to cost little. It writes the mail with one statement that reads address and choices on the way (see
`notices.alone`); the words, the links and the calendar part are made when it leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from flask_babel import lazy_gettext as _l

from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import HOLDING
from innovation_station.db import db
from innovation_station.deeds import links
from innovation_station.deeds.registry import Deed
from innovation_station.i18n import clock, clock_short, day_long, day_short, language, local, ngettext, span_short
from innovation_station.i18n import gettext as _
from innovation_station.mail import queries as outbox
from innovation_station.mail.models import Mail
from innovation_station.mail.rules import CALENDAR, CalendarFacts, intact
from innovation_station.members.rules import Actor, is_staff
from innovation_station.notices import alone
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.notices.words import instant
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Place
from innovation_station.timespan import Span

CHECK_IN, END, RECLAIM = "booking-check-in", "booking-end", "booking-reclaim"  # what links in mails do
UNDO = timedelta(seconds=10)  # how long pages offer to take a step back
UNDO_OF_STAFF = timedelta(minutes=10)  # how long the staff's schedule does
WRITER = "bookings"  # of calendar parts, see `calendars.invitations`
TEMPLATE = "booking"
News = Literal["reserved", "moved", "cancelled", "restored"]
_OWN = frozenset(
    {"reserved", "moved", "edited", "cancelled", "restored", "ended", "extended"}
)  # of the rest who does it needs no mail
_HAD = (*HOLDING, "no-show")  # the states in which a booking stands in calendars as one's own
UNTOLD = frozenset({"checked-in"})  # nobody needs to be told that they are here
_KNOWN = ("space", "start", "end", "state")
_GATHERING, _GIVING_WAY, _PATIENCE = "telling", "giving-way", "patience"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why somebody has to leave a place: an `event`, it is `closed` then, its `hours` are others, or it is `gone`.

    `titles` are the event's, or the reason of the closure, (sv, en); both empty where not everybody may know.
    """

    kind: str
    titles: tuple[str, str] = ("", "")


# -- what it says ------------------------------------------------------------------------------------------------------


def say(values: Values, names: Names) -> Said:
    """Say what somebody else made of a booking: «A3 is cancelled, Tue 24 Nov 9–11»."""
    action, place = intact(values["action"]), values["place"]
    when = when_of(values, short=True)
    title, text = {
        "cancelled": (
            _("%(place)s is cancelled, %(when)s", place=place, when=when),
            _("Somebody at the station cancelled your booking."),
        ),
        "restored": (
            _("%(place)s is yours again, %(when)s", place=place, when=when),
            _("Somebody at the station took the cancellation back."),
        ),
        "moved": (
            _("Your booking is now %(place)s, %(when)s", place=place, when=when),
            _("Somebody at the station moved it. Before, it was %(before)s.", before=before_of(values, short=True)),
        ),
        "ended": (
            _("Your booking of %(place)s ends earlier, %(when)s", place=place, when=when),
            _("Somebody at the station ended it."),
        ),
        "extended": (
            _("Your booking of %(place)s ends later, %(when)s", place=place, when=when),
            _("Somebody at the station made it longer."),
        ),
    }.get(
        action,
        (
            _("Your booking of %(place)s has changed, %(when)s", place=place, when=when),
            _("Somebody at the station changed its title or who sees it."),
        ),
    )
    if values.get("people"):
        text = _by_booker(action, names[values["people"][0]]) or text
    why = _why(values) if action in ("moved", "cancelled", "ended") else ""
    if why and not values.get("more"):
        return _gave_way(title, action, why, values)
    if values.get("more"):
        title, text = _many(action, len(values["more"]) + 1), why
    return _linked(title, text, values)


def _why(values: Values) -> str:
    """Say to what a booking gives way, and whether its member waits for another place; "" where nothing was said."""
    why = _cause(values)
    if any(one.get("waits") for one in (values, *values.get("more", ()))):
        why += " " + _("Where none like it was free, you are in line for one, and hear from us when one is.")
    return why


def _cause(values: Values) -> str:
    cause = "event" if "event" in values else values.get("cause", "")
    sv, en = values.get("event") or values.get("because") or ("", "")
    name = (sv or en) if language() == "sv" else (en or sv)
    if cause == "closed" and name:
        return _("The place is closed then: %(reason)s.", reason=name.rstrip("."))
    return {
        "event": _("It gives way to %(event)s.", event=f"«{name}»" if name else _("an event")),
        "closed": _("The place is closed then."),
        "hours": _("The place is not open then any more."),
        "gone": _("The place is not there any more."),
    }.get(cause, "")


def _gave_way(title: str, action: str, why: str, values: Values) -> Said:
    """Say to what a booking gives way, and that its new place is kept unless its member wants another."""
    if action != "moved":
        return _linked(title, why, values)
    text = _(
        "%(why)s Before, it was %(before)s. The new place is yours, and there is nothing to do; "
        "choose another or cancel it if it does not suit you.", why=why, before=before_of(values, short=True),
    )  # fmt: skip
    return Said(title, text, _("Choose another place"), "bookings.edit", {"booking_id": values["booking"]})


def _by_booker(action: str, name: str) -> str:
    """Say that it was who had booked it for the member."""
    return {
        "cancelled": _("%(name)s, who had booked it for you, cancelled it.", name=name),
        "restored": _("%(name)s, who had booked it for you, took the cancellation back.", name=name),
    }.get(action, "")


def say_own(values: Values, _names: Names) -> Said:
    """Say what a member did: «A3 is yours, Tuesday 24 November 13–17»."""
    if values.get("more"):
        told = [values, *values["more"]]
        asked_for = sum(1 for one in told if intact(one["state"]) == "requested")
        return _linked(_many(intact(values["action"]), len(told), asked_for), kept_for(asked_for, len(told)), values)
    action, asked = intact(values["action"]), intact(values["state"]) == "requested"
    named = {"place": values["place"], "when": when_of(values)}
    title = {
        "reserved": _("You have asked for %(place)s, %(when)s") if asked else _("%(place)s is yours, %(when)s"),
        "moved": _("Your booking is now %(place)s, %(when)s"),
        "cancelled": _("%(place)s is cancelled, %(when)s"),
        "restored": _("%(place)s is yours again, %(when)s"),
    }[action] % named
    texts = {"moved": _("Before, it was %(before)s.", before=before_of(values)),
             "cancelled": _("The place is free for others now.")}  # fmt: skip
    waits = _("The time is kept for you until the station has answered.") if asked else ""
    return _linked(title, " ".join(filter(None, (texts.get(action), waits))), values)


def kept_for(asked: int, count: int) -> str:
    """Say how many of some bookings wait for an answer; nothing where none does."""
    if asked == count:
        return _("The time is kept for you until the station has answered.")
    return ngettext(
        "%(num)d of them is kept for you until the station has answered.",
        "%(num)d of them are kept for you until the station has answered.", asked,
    ) if asked else ""  # fmt: skip


def _many(action: str, count: int, asked: int = 0) -> str:
    if action == "reserved" and asked == count:
        return ngettext("You have asked for %(num)d place", "You have asked for %(num)d places", count)
    return {
        "reserved": ngettext("%(num)d booking is yours", "%(num)d bookings are yours", count),
        "moved": ngettext("%(num)d booking has moved", "%(num)d bookings have moved", count),
        "cancelled": ngettext("%(num)d booking is cancelled", "%(num)d bookings are cancelled", count),
        "restored": ngettext("%(num)d booking is yours again", "%(num)d bookings are yours again", count),
    }.get(action) or ngettext("%(num)d booking has changed", "%(num)d bookings have changed", count)


def _linked(title: str, text: str, values: Values) -> Said:
    if values.get("more"):
        return Said(title, text, _("Show my bookings"), "bookings.mine", {})
    return Said(title, text, _("Show the booking"), "bookings.show", {"booking_id": values["booking"]})


def span_of(values: Values) -> Span:
    """Read the time of what a notice says, on a page or in a mail."""
    return Span(instant(values["start"]), instant(values["end"]))


def when_of(values: Values, *, short: bool = False) -> str:
    """Write day and hours: tisdag 24 november 13–17."""
    span, day = span_of(values), day_short if short else day_long
    if local(span.start).date() == local(span.end - timedelta(microseconds=1)).date():
        return f"{day(span.start)} {span_short(span)}"
    return f"{day(span.start)} {clock_short(span.start)} – {day(span.end)} {clock_short(span.end)}"


def before_of(values: Values, *, short: bool = False) -> str:
    """Write what was before: A3, tisdag 24 november 13–17; "" where there was nothing."""
    before = values.get("before")
    return f"{before['place']}, {when_of(before, short=short)}" if before else ""


BOOKED = Kind(
    "booking-booked", _l("I book"), _l("With the booking as a file for your calendar, and a link that cancels it."),
    say_own, in_app=False, template=TEMPLATE,
)  # fmt: skip
MOVED = Kind(
    "booking-moved", _l("I change a booking"), _l("When you give a booking another time or place."), say_own,
    in_app=False, template=TEMPLATE,
)  # fmt: skip
CANCELLED = Kind(
    "booking-cancelled", _l("I cancel a booking"), _l("When you cancel a booking, or take that back."), say_own,
    in_app=False, template=TEMPLATE,
)  # fmt: skip
CHANGED = Kind(
    "booking-changed", _l("The station changes my booking"),
    _l("When somebody who works here moves, changes or cancels a booking of yours."), say, template=TEMPLATE,
)  # fmt: skip


def _say_reminder(values: Values, _names: Names) -> Said:
    """Say that the grace is running out: «Check in to A3 before 09:15»."""
    return Said(
        _("Check in to %(place)s before %(time)s", place=values["place"], time=clock(instant(values["by"]))),
        _("Then the place is let go, so that somebody else can have it."),
        _("Check in"), "bookings.show", {"booking_id": values["booking"]},
        ((_("Check in"), _link(CHECK_IN, values)), (_("I am not coming"), _link(END, values))),
    )  # fmt: skip


def _say_released(values: Values, _names: Names) -> Said:
    """Say that a place was let go, and that it may be had back: «A3 was released at 09:30. Still need it?»"""
    at = clock(instant(values["at"]))
    return Said(
        _("%(place)s was released at %(time)s. Still need it?", place=values["place"], time=at),
        _("Nobody had checked in. As long as nobody else has taken it, you can have it back."),
        _("Get the place back"), "bookings.show", {"booking_id": values["booking"]},
        ((_("Get the place back"), _link(RECLAIM, values)),),
    )  # fmt: skip


def _link(action: str, values: Values) -> str:
    """Give the path of what a member does without a login to a booking as it stood, until it ends."""
    deed = Deed(action, values["to"], values["booking"], str(values["sequence"]), instant(values["until"]))
    return links.path(deed)


def _bound(booking: Booking) -> dict[str, Any]:
    """Give what links hang on."""
    return {
        "booking": booking.id, "to": booking.member_id, "sequence": booking.sequence, "until": booking.end.isoformat(),
    }  # fmt: skip


REMINDER = Kind(
    "check-in-reminder",
    _l("I have not checked in"),
    _l("When a place of yours is about to be let go because nobody has checked in."),
    _say_reminder,
)
RELEASED = Kind(
    "booking-released",
    _l("My place was released"),
    _l("When nobody checked in to a booking of yours in time, and the rest of it is free for others."),
    _say_released,
)
KINDS = (BOOKED, MOVED, CANCELLED, CHANGED, REMINDER, RELEASED)
_OWN_KINDS: Mapping[News, Kind] = {"reserved": BOOKED, "moved": MOVED, "cancelled": CANCELLED, "restored": CANCELLED}


# -- what is stored ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tale:
    """One thing to tell: the values of its notice, and the facts of its calendar entry."""

    kind: Kind
    member_id: int
    action: str
    values: Mapping[str, Any]
    entry: Mapping[str, Any]
    subject: str


def calendar(*bookings: Booking) -> CalendarFacts:
    """Give what calendar programs are told of bookings as they stand: one is put in or taken out, more are a file."""
    return _calendar([_entry(booking) for booking in bookings])


def _calendar(entries: Sequence[Mapping[str, Any]]) -> CalendarFacts:
    return CalendarFacts(WRITER, {"bookings": list(entries)})


def _entry(booking: Booking) -> dict[str, Any]:
    return {
        "id": booking.id, "uid": booking.uid, "space_id": booking.space_id, "title": booking.title,
        "state": booking.state, "sequence": booking.sequence, "start": booking.start.isoformat(),
        "end": booking.end.isoformat(), "created_at": booking.created_at.isoformat(),
        "changed_at": booking.changed_at.isoformat(),
    } | ({"released_at": booking.released_at.isoformat()} if booking.released_at else {})  # fmt: skip


def values_of(action: str, booking: Booking, place: str) -> dict[str, Any]:
    """Give what a notice about a booking holds, and the letter that is made of it."""
    return {
        "action": action, "booking": booking.id, "space": booking.space_id, "place": place, "title": booking.title,
        "start": booking.start.isoformat(), "end": booking.end.isoformat(), "state": booking.state,
        "sequence": booking.sequence, "member": booking.member_id,
    }  # fmt: skip


# -- how long it waits -------------------------------------------------------------------------------------------------


@contextmanager
def patient(wait: timedelta = UNDO_OF_STAFF) -> Iterator[None]:
    """Have all that is told of bookings wait so long: an act that can be taken back for longer than by a toast.

    It goes round a transaction, at the end of which some of it is told.
    """
    info = db.session().info
    before = info.get(_PATIENCE)
    info[_PATIENCE] = wait
    try:
        yield
    finally:
        if before is None:
            info.pop(_PATIENCE, None)
        else:
            info[_PATIENCE] = before


def patience() -> timedelta:
    """Give how long what is told now waits before it leaves."""
    found: timedelta = db.session().info.get(_PATIENCE, UNDO)
    return found


def held_until(now: datetime) -> dict[str, str]:
    """Give what a notice keeps of its waiting, where that is longer than the usual."""
    wait = patience()
    return {"held": (now + wait).isoformat()} if wait > UNDO else {}


def is_held(at: datetime, content: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether a notice of an instant can be taken back yet: its mail has not left."""
    held = content.get("held")
    return at >= now - UNDO or (isinstance(held, str) and now < instant(held))


# -- what happens ------------------------------------------------------------------------------------------------------


def booked(booking: Booking, place: str, now: datetime) -> None:
    """Tell a member of a booking that was made in their name just now."""
    _tell(_Tale(BOOKED, booking.member_id, "reserved", values_of("reserved", booking, place) | {"knew": None},
                _entry(booking), _subject(booking)), now)  # fmt: skip


def remind(booking: Booking, place: Place, *, by: datetime, now: datetime) -> None:
    """Tell a member until when to check in."""
    values = {**_bound(booking), "place": place.name, "by": by.isoformat()}
    notices.notify(REMINDER, booking.member_id, values, now=now, subject=_waiting(booking))


def unremind(booking: Booking) -> None:
    """Take a reminder back that has been answered, or is too late."""
    if booking.reminded_at is not None:
        notices.withdraw(booking.member_id, _waiting(booking), since=booking.reminded_at)


def _waiting(booking: Booking) -> str:
    return f"check-in-{booking.id}"


def released(booking: Booking, place: Place, now: datetime, *, by_hand: bool) -> None:
    """Tell a member that the place was let go; by hand, when that cannot be taken back by a press any more."""
    at = (booking.released_at or now).isoformat()
    values: dict[str, Any] = {**_bound(booking), "place": place.name, "at": at}
    until = now + patience() if by_hand else None
    if until:
        values["held"] = until.isoformat()
    notices.notify(
        RELEASED, booking.member_id, values, now=now, subject=f"released-{booking.id}", hold_until=until,
        calendar=calendar(booking),
    )  # fmt: skip


def reclaimed(booking: Booking, now: datetime) -> bool:
    """Mark as read what a member was told of a place that is theirs again; tell whether they were told at all."""
    subject = f"released-{booking.id}"
    held = [
        one for one in notices.told(RELEASED, [booking.member_id], [subject])
        if "held" in one.content and now < instant(one.content["held"])
    ]  # fmt: skip
    for one in held:
        notices.take_back(one)
    notices.settle(booking.member_id, kind=RELEASED, subject=subject, now=now)
    return not held


def tell(booking: Booking, actor: Actor | None, action: str, before: Mapping[str, Any] | None, now: datetime) -> None:
    """Tell the member of a booking what became of it, by their own hand or another's.

    A step that is taken back within the time of an undo is as if it had not been.
    """
    if action in UNTOLD:
        return
    if actor is not None and actor.id == booking.member_id:
        _tell_own(booking, action, before or {}, now)
        return
    subject = f"booking-{booking.id}"
    unsaid = _unsaid(booking, subject, now)
    places = read_house().places
    values = values_of(action, booking, places[booking.space_id].name)
    knew = unsaid["heard"] if unsaid else {name: before[name] for name in _KNOWN} if before else None
    if unsaid:
        found = news(knew, values)
        if found is None and "edited" not in (action, unsaid["action"]):
            return
        values["action"] = action = found or "edited"
        if found == "cancelled" and knew:  # what they know of, wherever it has been moved since
            values |= {name: knew[name] for name in _KNOWN if name != "state"} | {"place": places[knew["space"]].name}
    if actor is not None and actor.id == booking.booked_by_id and not is_staff(actor):
        values["people"] = [actor.id]
    if knew:
        values |= {"heard": knew, "before": {**knew, "place": places[knew["space"]].name}}
    cause: Cause | None = db.session.info.get(_GIVING_WAY)
    if cause is not None and cause.kind == "event":
        values["event"] = list(cause.titles)
    elif cause is not None:
        values |= {"cause": cause.kind, "because": list(cause.titles)}
    _tell(_Tale(CHANGED, booking.member_id, action, values, _entry(booking), subject), now)


@contextmanager
def giving_way(cause: Cause) -> Iterator[None]:
    """Say of what is moved and cancelled inside to what it gives way."""
    db.session.info[_GIVING_WAY] = cause
    try:
        yield
    finally:
        del db.session.info[_GIVING_WAY]


def _unsaid(booking: Booking, subject: str, now: datetime) -> Values | None:
    """Take back what somebody else made of a booking a moment ago; give the earliest, None without any.

    One that tells of other bookings too stays: it is not about this one alone.
    """
    listed = notices.told(CHANGED, [booking.member_id], [subject])
    fresh = [one for one in listed if is_held(one.created_at, one.content, now)]
    taken = [one for one in fresh if "heard" in one.content and not one.content.get("more")]
    for one in taken:
        notices.take_back(one)
    return min(taken, key=lambda one: one.id).content if taken else None


def news(knew: Mapping[str, Any] | None, now: Mapping[str, Any]) -> News | None:
    """Tell what is new to a member who last heard `knew` of a booking that is `now` so; None where nothing is."""
    held, was_held = now["state"] in HOLDING, knew is not None and knew["state"] in _HAD
    if knew is None or not (held and was_held):
        return ("reserved" if knew is None else "restored") if held else ("cancelled" if was_held else None)
    return "moved" if any(knew[name] != now[name] for name in ("space", "start", "end")) else None


def _tell_own(booking: Booking, action: str, before: Mapping[str, Any], now: datetime) -> None:
    if action not in _OWN:
        return
    unsaid = _take_back(booking, now)
    if action == "edited" and unsaid is None:
        return  # a new title is no news to who wrote it
    places = read_house().places
    heard = _unsaid(booking, f"booking-{booking.id}", now)  # of another's step that waits: it must not leave after this
    knew = unsaid["knew"] if unsaid else heard["heard"] if heard else {name: before[name] for name in _KNOWN}
    values: dict[str, Any] = values_of(action, booking, places[booking.space_id].name)
    found = news(knew, values)
    if found is None:
        return
    values |= {"action": found, "knew": knew}
    if knew:
        values["before"] = {**knew, "place": places[knew["space"]].name}
    _tell(_Tale(_OWN_KINDS[found], booking.member_id, found, values, _entry(booking), _subject(booking)), now)


def _subject(booking: Booking) -> str:
    return f"own-booking-{booking.id}"


def _tell(tale: _Tale, now: datetime) -> None:
    gathering: list[_Tale] | None = db.session.info.get(_GATHERING)
    if gathering is None:
        _send([tale], now)
    else:
        gathering.append(tale)


def add(booking: Booking, **values: Any) -> None:
    """Add to what is told of a booking inside of `gathered`; nothing where nothing is."""
    tales: list[_Tale] = db.session.info.get(_GATHERING) or []
    for number, tale in enumerate(tales):
        if tale.values["booking"] == booking.id:
            tales[number] = replace(tale, values={**tale.values, **values})


@contextmanager
def gathered(*, now: datetime) -> Iterator[None]:
    """Tell each member of what happens inside in one mail for each kind of news.

    Inside of another, what happened is told with the rest, or not at all where it raises: for what is tried and may
    fail.
    """
    info = db.session.info
    if _GATHERING in info:
        with _tried(info[_GATHERING]):
            yield
        return
    tales: list[_Tale] = []
    info[_GATHERING] = tales
    try:
        yield
    finally:
        del info[_GATHERING]
    together: dict[tuple[str, int, str], list[_Tale]] = {}
    for tale in tales:
        together.setdefault((tale.kind.name, tale.member_id, tale.action), []).append(tale)
    for group in together.values():
        _send(group, now)


@contextmanager
def _tried(tales: list[_Tale]) -> Iterator[None]:
    before = len(tales)
    try:
        yield
    except BaseException:
        del tales[before:]
        raise


def _send(tales: Sequence[_Tale], now: datetime) -> None:
    first = tales[0]
    values = dict(first.values) | held_until(now)
    if len(tales) > 1:
        values["more"] = [dict(tale.values) for tale in tales[1:]]
    told = _calendar([tale.entry for tale in tales])
    alone.tell(
        first.kind, first.member_id, values, now=now, subject=first.subject, hold_until=now + patience(), calendar=told
    )


def _take_back(booking: Booking, now: datetime) -> Mapping[str, Any] | None:
    """Take back what the member was to be told of a booking and was not yet; give the earliest, None without any."""
    unsaid = [
        taken for mail in outbox.waiting(booking.member_id, TEMPLATE) if (taken := _without(mail, booking.id))
    ]  # fmt: skip
    listed = notices.withdraw(
        booking.member_id, _subject(booking), since=now - UNDO_OF_STAFF,
        which=lambda one: is_held(one.created_at, one.content, now),
    )  # fmt: skip
    return next(iter([*unsaid, *listed]), None)


def _without(mail: Mail, booking_id: int) -> Mapping[str, Any] | None:
    """Take a booking out of a mail about one's own doing; give what it said of it, None where it said nothing."""
    content = mail.content or {}
    values = content["notice"]["values"]
    if "knew" not in values:
        return None
    told = [{name: value for name, value in values.items() if name != "more"}, *values.get("more", ())]
    taken: Mapping[str, Any] | None = next((one for one in told if one["booking"] == booking_id), None)
    if taken is None:
        return None
    left = [one for one in told if one is not taken]
    if not left:
        db.session.delete(mail)
    else:
        part = content[CALENDAR]
        entries = [entry for entry in part["values"]["bookings"] if entry["id"] != booking_id]
        more = {"more": left[1:]} if left[1:] else {}
        mail.content = {
            "notice": {**content["notice"], "values": left[0] | more},
            CALENDAR: {**part, "values": {**part["values"], "bookings": entries}},
        }
    db.session.flush()
    return taken
