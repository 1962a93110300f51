"""What the pages of a member's own bookings show: the list, the receipt, the form that changes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for

from innovation_station.audit.origin import MAIL_LINK
from innovation_station.bookings import presence_pages, queries, rules, wish_queries
from innovation_station.bookings.choice import SIGNS, layout_names, layout_text, place_title, seats_text
from innovation_station.bookings.models import Booking, BookingHistory
from innovation_station.bookings.offers import booking_fields, fitted
from innovation_station.bookings.rules import Alternative, Moment, Wish
from innovation_station.bookings.sheets import offer
from innovation_station.db import db
from innovation_station.errors import Refusal
from innovation_station.i18n import (
    clock,
    clock_short,
    day_full,
    day_long,
    day_short,
    language,
    local,
    minute_long,
    sentence,
    span_short,
    span_text,
)
from innovation_station.i18n import gettext as _
from innovation_station.members.models import Member
from innovation_station.members.rules import Actor, is_staff
from innovation_station.organisations.queries import managed_spaces
from innovation_station.spaces.rules import DAY_MINUTES, House, Layout, Place, at_minute
from innovation_station.timespan import Span

STEP = 15
# What a refusal tells of a member's plan, of what it holds, and of what else they have.
OF_HOLDER = frozenset({
    "no-plan", "plan-begins", "plan-ended", "plan-paused", "plan-resting", "not-in-plan", "quota-hours",
    "quota-bookings", "shared-hours", "shared-bookings", "limit-hours", "limit-bookings", "limit-shared-hours",
    "limit-shared-bookings", "too-many-at-once",
})  # fmt: skip
PRESENCE = frozenset({"checked-in", "released", "ended", "extended"})
FRESH = timedelta(minutes=10)
PAST_SHOWN = 30
PAST_READ = 120  # whole days are shown, so a page may have to read on to the end of one
ANSWERS = frozenset({"approved", "declined", "expired"})
WALLED = frozenset({"room", "booth"})  # one talks in them; desks and the stage one sits or stands at


# -- words -------------------------------------------------------------------------------------------------


def when_short(span: Span) -> str:
    """Write day and hours for a label: tis 22 aug 13–17."""
    if local(span.start).date() == local(span.end - timedelta(microseconds=1)).date():
        return f"{day_short(span.start)} {span_short(span)}"
    return f"{day_short(span.start)} {clock_short(span.start)} – {day_short(span.end)} {clock_short(span.end)}"


def when_full(span: Span) -> str:
    """Write day and hours in full: tisdag 22 augusti 2026, 13.00–17.00."""
    if local(span.start).date() == local(span.end - timedelta(microseconds=1)).date():
        return f"{day_full(span.start)}, {span_text(span)}"
    return f"{day_full(span.start)}, {clock(span.start)} – {day_full(span.end)}, {clock(span.end)}"


def owner(booking: Booking, actor: Actor) -> str | None:
    """Name the member who has a booking, None where it is the reader's own."""
    return None if booking.member_id == actor.id else booking.member.name


def booked(place: Place, span: Span, owner: str | None) -> str:
    """Say whose a place is: «A3 är din, tis 22 aug 13–17.»"""
    when = when_short(span)
    if owner is None:
        return _("%(place)s is yours, %(when)s.", place=place.name, when=when)
    return _("%(place)s is booked for %(name)s, %(when)s.", place=place.name, name=owner, when=when)


def furnishing(booking: Booking) -> list[str]:
    """Say in sentences how a place is furnished for a booking, and from when it is kept for that."""
    layout = layout_names().get(booking.layout or "")
    if not layout:
        return []
    if not booking.setup:
        return [_("Furnished: %(layout)s.", layout=layout)]
    start = local(booking.start - timedelta(minutes=booking.setup))
    return [_("Furnished: %(layout)s, from %(time)s.", layout=layout, time=clock(start))]


def kept_around(booking: Booking) -> list[str]:
    """Say what is kept free before and after a booking, and why."""
    before, after = (timedelta(minutes=minutes) for minutes in (booking.setup, booking.clearing))
    found = [_("%(span)s to set up", span=span_text(Span(booking.start - before, booking.start)))] if before else []
    return found + (
        [_("%(span)s to clear up", span=span_text(Span(booking.end, booking.end + after)))] if after else []
    )


def asked_for(place: Place, booking: Booking, owner: str | None) -> str:
    """Say that a place is asked for: «Du har bett om Scenen, tis 22 aug 13–17. …»"""
    when, until = when_short(booking.span), deadline(booking)
    if owner is None:
        text = _("You have asked for %(place)s, %(when)s. It is kept until %(until)s.")
    else:
        text = _("%(name)s has asked for %(place)s, %(when)s. It is kept until %(until)s.")
    return text % {"place": place.name, "when": when, "until": until, "name": owner}


def deadline(booking: Booking) -> str:
    """Write until when a request waits: tis 22 aug 09.00."""
    until = booking.answer_by or booking.start
    return f"{day_short(until)} {clock(until)}"


def cancelled(place: Place, span: Span, owner: str | None) -> str:
    """Say that a booking is no more."""
    when = when_short(span)
    if owner is None:
        return _("%(place)s, %(when)s is cancelled.", place=place.name, when=when)
    return _("%(name)s: %(place)s, %(when)s is cancelled.", name=owner, place=place.name, when=when)


def lost(place: Place) -> str:
    """Say that somebody was faster."""
    return _("%(name)s was just taken.", name=place.name)


def named(refusals: Iterable[Refusal], house: House, owner: str | None = None) -> list[Refusal]:
    """Put names where refusals carry the ids of spaces; `owner` is who has the booking, None for the reader."""
    found = []
    for refusal in refusals:
        if owner is not None and refusal.code == "own-desk":
            values = {**refusal.values, "name": owner}
            refusal = Refusal("member-desk", refusal.field, values)
        other = house.places.get(refusal.values.get("other", 0))  # type: ignore[call-overload]
        found.append(replace(refusal, values={**refusal.values, "other": other.name}) if other else refusal)
    return found


def for_holder(refusals: Iterable[Refusal], name: str, *, staff: bool) -> list[Refusal]:
    """Word refusals for who books for somebody else: what speaks of "you" means the holder.

    Staff read it as the holder would. A member learns neither where the holder sits nor anything of their membership,
    but for that it says no.
    """
    found = []
    for refusal in refusals:
        if refusal.code == "own-desk" and not staff:
            refusal = Refusal("holder-desk", refusal.field, {"name": name})
        elif refusal.code in OF_HOLDER:
            hidden = Refusal("holder-membership", refusal.field, {"name": name})
            text = sentence(refusal).removesuffix(".")
            reads = Refusal("holder-reads", refusal.field, {"name": name, "text": text})
            refusal = reads if staff else hidden
        if refusal not in found:
            found.append(refusal)
    return found


# -- receipts: what just happened, and the way back --------------------------------------------------------


def booked_receipt(booking: Booking, place: Place, owner: str | None) -> dict[str, Any]:
    """Say that it is booked; the way back is to cancel."""
    action = url_for("bookings.cancel", booking_id=booking.id)
    said = [_taken(booking, place, owner), *furnishing(booking)]
    return {"message": " ".join(said), "undo_action": action, "fields": {"undo": "1"}}


def _taken(booking: Booking, place: Place, owner: str | None) -> str:
    asked = booking.state == "requested"
    return asked_for(place, booking, owner) if asked else booked(place, booking.span, owner)


def cancelled_receipt(booking: Booking, place: Place, owner: str | None) -> dict[str, Any]:
    """Say that it is cancelled; the way back is to restore."""
    action = url_for("bookings.restore", booking_id=booking.id)
    return {"message": cancelled(place, booking.span, owner), "undo_action": action}


def moved_receipt(booking: Booking, place: Place, owner: str | None, before: Mapping[str, object]) -> dict[str, Any]:
    """Say what it is now; the way back is to give it what it had."""
    action = url_for("bookings.edit", booking_id=booking.id)
    return {"message": _taken(booking, place, owner), "undo_action": action, "fields": dict(before)}


def explained(receipt: Mapping[str, Any], booking: Booking, why: str) -> dict[str, Any]:
    """Say beside a receipt why this place was picked, for somebody who asked for any that is free."""
    said = {
        "favourite": _("It is one of your favourites."), "often": _("You have it often."),
        "suits": _("It has what you need."), "near": _("A colleague sits near it."),
        "quiet": _("Nobody sits beside it."), "free": _("It is free all that time."),
    }.get(why)  # fmt: skip
    message = f"{receipt['message']} {said}" if said else receipt["message"]
    return {**receipt, "message": message, "space": booking.space_id}


def receipt(booking: Booking, house: House, actor: Actor) -> dict[str, Any]:
    """Give the receipt of a booking as it stands."""
    place, whose = house.places[booking.space_id], owner(booking, actor)
    return cancelled_receipt(booking, place, whose) if booking.cancelled else booked_receipt(booking, place, whose)


# -- the list ----------------------------------------------------------------------------------------------


def item(booking: Booking, house: House, now: datetime, place: Place | None = None) -> dict[str, Any]:
    """Give one line of the list; `place` is the booking's under other rules than the house's own."""
    place = place or house.places[booking.space_id]
    open_to_change = not rules.change_refusals(booking, now)
    return {
        "id": booking.id, "name": place.name, "icon": SIGNS.get(place.kind), "kind": place.kind,
        "what": place_title(place), "hours": span_text(booking.span), "day": _day_in_list(booking.start, now),
        "title": booking.title, "where": house.zone_name(place, language()), "cancelled": booking.cancelled,
        "mark": presence_pages.mark(booking, place, now) or mark(booking, now), "public": booking.public,
        "waits": waits(booking), "buttons": presence_pages.buttons(booking, place, now),
        "may_change": open_to_change, "may_restore": not rules.restore_refusals(booking, now),
        "may_cancel": open_to_change and (booking.checked_in_at is None or now - booking.created_at <= rules.REGRET),
        "label": f"{place_title(place)}, {when_short(booking.span)}",
    }  # fmt: skip


def mark(booking: Booking, now: datetime) -> tuple[str, str, str] | None:
    """Give the state of a booking as a word with its colour and sign, None where there is nothing to say."""
    if booking.state == "requested":
        return _("Waits for an answer"), "wait", "clock"
    if booking.cancelled:
        words = {"declined": _("Declined"), "expired": _("Not answered in time")}
        return words.get(booking.state) or _("Cancelled"), "no", "x"
    return (_("Now"), "wait", "clock") if booking.start <= now < booking.end else None


def waits(booking: Booking) -> str | None:
    """Say until when a request waits, None for what is none."""
    if booking.state != "requested":
        return None
    return _("Waits for an answer until %(until)s. It is kept for you until then.", until=deadline(booking))


def _day_in_list(start: datetime, now: datetime) -> str:
    """Write a day for a line of its own: Tis 22 aug, with the year where it is another."""
    text = day_short(start) if local(start).year == local(now).year else f"{day_short(start)} {local(start).year}"
    return text[:1].upper() + text[1:]


def by_day(bookings: Sequence[Booking], house: House, now: datetime) -> list[dict[str, Any]]:
    """Group bookings that are in order by the local day they begin on."""
    today, ruled = local(now).date(), presence_pages.ruled(bookings, house, now)
    return [
        {
            "heading": day_heading(day, today),
            "date": day.isoformat(),
            "items": [item(b, house, now, ruled.get(b.id)) for b in rows],
        }
        for day, rows in groupby(bookings, key=lambda booking: local(booking.start).date())
    ]


def day_heading(day: date, today: date) -> str:
    """Name a day in a heading: today and tomorrow by name, another year with its number."""
    if day == today:
        return _("Today, %(day)s", day=day_short(day))
    if day == today + timedelta(days=1):
        return _("Tomorrow, %(day)s", day=day_short(day))
    text = day_long(day) if day.year == today.year else day_full(day)
    return text[:1].upper() + text[1:]


def past_page(
    member: Actor, house: House, now: datetime, zone: ZoneInfo, before: date | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Give whole days of what is over, and the address of what lies before them, or None.

    Pages end at a day's border: bookings that begin at the same minute could be torn apart by any finer mark.
    """
    limit = at_minute(before, 0, zone) if before else None
    rows = queries.past(member.id, now, before=limit, limit=PAST_READ)
    if len(rows) <= PAST_SHOWN:
        return by_day(rows, house, now), None
    last = local(rows[PAST_SHOWN - 1].start).date()
    shown = [booking for booking in rows if local(booking.start).date() >= last]
    return by_day(shown, house, now), url_for("bookings.mine", before=last.isoformat(), _anchor="past")


def first_offer(
    member: Actor, house: House, moment: Moment, day: date, *, tomorrow: bool
) -> dict[str, Any] | None:  # fmt: skip
    """Find a desk that can be booked at once on an open day, the member's usual one if it is free."""
    barred = rules.bars(house, day, moment)
    desks = [p for p in house.places.values() if p.kind == "desk" and p.bookable and p.id not in barred]
    if not desks:
        return None
    around = Span(at_minute(day, 0, moment.zone), at_minute(day, 24 * 60, moment.zone))
    held = wish_queries.held(around, [desk.id for desk in desks])
    own = wish_queries.held_by(member.id, around)
    usual = [row[0] for row in queries.usual(member.id, "desk", moment.now - timedelta(weeks=8), moment.now)]
    for place in sorted(desks, key=lambda p: (p.id not in usual[:1], "window" not in p.amenities)):
        span = rules.preset_span("day", place, day, moment)
        if span and not rules.refusals(
            Wish(place, span), moment, [row for row in held if row.space_id == place.id], own
        ):
            return _offered(place, span, tomorrow)
    return None


def _offered(place: Place, span: Span, tomorrow: bool) -> dict[str, Any]:
    window = "window" in place.amenities
    if tomorrow:
        text = _("%(place)s by the window is free tomorrow.") if window else _("%(place)s is free tomorrow.")
    else:
        text = _("%(place)s by the window is free %(day)s.") if window else _("%(place)s is free %(day)s.")
    what = f"{place.name}, {when_short(span)}"
    return {
        "text": text % {"place": place.name, "day": day_short(span.start)},
        "button": _("Book %(what)s", what=what), "fields": booking_fields(Wish(place, span)),
    }  # fmt: skip


# -- one booking -------------------------------------------------------------------------------------------


def shown(booking: Booking, house: House, actor: Actor, now: datetime) -> dict[str, Any]:
    """Give everything the page of a booking says; two statements, one more where somebody else made it, and more while
    it runs (see `presence_pages`)."""
    place, past = presence_pages.ruled_place(booking, house, now), queries.history(booking.id)
    whose, for_them = owner(booking, actor), booking.booked_by_id == actor.id
    mine = (whose is None or for_them) and not booking.revision and not booking.cancelled
    fresh = mine and now - booking.created_at < FRESH
    line = item(booking, house, now, place)
    page = line | {
        "heading": place_title(place), "when": when_full(booking.span), "owner": whose, "seats": seats_text(place),
        "people": booking.people, "layout": _layout(booking, place),
        "kept": [] if booking.cancelled else kept_around(booking),
        "address": house.address_of(place, language()),
        "receipt": booked_receipt(booking, place, whose) if fresh and now < booking.end else None,
        "history": list(_history(past, house, actor)),
        "plan_href": url_for("bookings.place", space_id=place.id, date=f"{local(booking.start):%Y-%m-%d}"),
        "over": booking.end <= now, "reason": booking.answer_reason,
        "check_in": presence_pages.rule(booking, place, now), "let_go": presence_pages.let_go(booking, place, now),
        "longer": presence_pages.longer(booking, house, actor, now),
        "answers": booking.state == "requested" and _answers(booking, actor),
        "passed": rules_passed(past, booking.id) if is_staff(actor) else [],
        "may_edit": line["may_change"], "booker": _booker(booking, actor),
    }  # fmt: skip
    return page if not for_them or rules.may_change(actor, booking) else page | _only_made(page, past, actor)


def rules_passed(past: Iterable[BookingHistory], booking_id: int) -> list[str]:
    """Say for staff which rules were passed and why; one statement where any was."""
    if not any("passed" in row.after for row in past):
        return []
    return [
        _("Past the rules, %(when)s: %(reason)s", when=f"{day_short(one.at)} {clock(one.at)}", reason=one.reason or "–")
        for one in queries.rules_passed(booking_id)
    ]


def _only_made(page: Mapping[str, Any], past: Sequence[BookingHistory], actor: Actor) -> dict[str, Any]:
    """Give what is different for who made a booking for somebody else: they may give it back, and take that back."""
    cancelled_by = [row.actor_id for row in past if row.action == "cancelled"][-1:]
    may_restore = page["may_restore"] and not page["let_go"] and cancelled_by == [actor.id]
    return {"may_edit": False, "buttons": [], "let_go": None, "longer": [], "may_restore": may_restore}


def _booker(booking: Booking, actor: Actor) -> str | None:
    """Name who has made a booking for its member, None where the member has."""
    if booking.booked_by_id is None:
        return None
    return _("You") if booking.booked_by_id == actor.id else db.session.get_one(Member, booking.booked_by_id).name


def _layout(booking: Booking, place: Place) -> str | None:
    layout = place.layout(booking.layout)
    if booking.layout is None or layout is None:
        return layout_names().get(booking.layout or "")
    return f"{layout_names()[layout.name]}, {layout_text(Layout(layout.name, layout.seats))}"


def _answers(booking: Booking, actor: Actor) -> bool:
    return rules.may_answer(actor, booking) or rules.may_answer(actor, booking, managed_spaces(actor.id))


def _history(rows: Iterable[BookingHistory], house: House, actor: Actor) -> Iterable[dict[str, Any]]:
    """Say what happened; who has taken a booking over reads what was since then, staff read it all."""
    rows, facts = list(rows), dict[str, Any]()
    first = max((number for number, row in enumerate(rows) if row.action == "handed"), default=0)
    for number, row in enumerate(rows):
        facts |= row.after
        if number < first and not is_staff(actor):
            continue
        who = _("You") if row.actor_id == actor.id else row.actor.name if row.actor else _("The station")
        if row.after.get("way") == MAIL_LINK:
            who = _("%(who)s, by the link in a mail", who=who)
        yield {
            "datetime": row.at.isoformat(timespec="seconds"), "who": who,
            "at": f"{day_short(row.at)} {clock(row.at)}", "what": _happened(row, facts, house),
        }  # fmt: skip


def _happened(row: BookingHistory, facts: Mapping[str, Any], house: House) -> str:
    place = house.places.get(facts["space"])
    span = Span(datetime.fromisoformat(facts["start"]), datetime.fromisoformat(facts["end"]))
    what = f"{place.name if place else '?'}, {when_short(span)}"
    if row.action == "reserved":
        asked = facts.get("state") == "requested"
        return _("Asked for: %(what)s", what=what) if asked else _("Booked: %(what)s", what=what)
    if row.action in ANSWERS:
        return {"approved": _("Approved"), "declined": _("Declined"), "expired": _("Not answered in time")}[row.action]
    if row.action in PRESENCE:
        return presence_pages.happened(row, what)
    if row.action == "moved":
        return _("Changed to %(what)s", what=what)
    if row.action == "cancelled":
        return _("Cancelled")
    if row.action == "restored":
        return _("Taken back: %(what)s", what=what)
    if row.action == "handed":
        return _("Taken over: %(what)s", what=what)
    if "people" in row.after and row.action == "edited" and not {"title", "public"} & row.after.keys():
        return _("Number of people: %(people)s", people=row.after["people"] or "–")
    if "title" in row.after:
        title = row.after["title"]
        return _("Title changed to “%(title)s”", title=title) if title else _("Title removed")
    return _("Shown to other members") if row.after.get("public") else _("Hidden from other members")


# -- to change one -----------------------------------------------------------------------------------------


def edit_values(booking: Booking) -> dict[str, Any]:
    """Give what the form starts with: minutes of the local day."""
    start, end = local(booking.start), local(booking.end)
    return {
        "space": booking.space_id, "date": start.date(), "start": start.hour * 60 + start.minute,
        "end": end.hour * 60 + end.minute or DAY_MINUTES, "title": booking.title, "visible": booking.public,
        "people": booking.people, "layout": booking.layout or "",
    }  # fmt: skip


def clocks(house: House, *chosen: int | None) -> list[tuple[str, str]]:
    """List the times of day anything is open, a quarter apart, with those that are chosen already."""
    first, last = house.open_between
    minutes = {*range(first, last + 1, STEP), *(minute for minute in chosen if minute is not None)}
    return [(f"{minute // 60:02}:{minute % 60:02}", minute_long(minute)) for minute in sorted(minutes)]


def edit_fields(wish: Wish, *, title: str, public: bool) -> dict[str, object]:
    """Give the hidden fields that change a booking into a wish with one tap."""
    fields = {name: value for name, value in booking_fields(wish).items() if name != "key"} | {"title": title}
    return fields | ({"visible": "1"} if public else {})


def choices(house: House, current: int) -> dict[str, list[tuple[int, str]]]:
    """List the places a booking may go to, in groups: desks by zone, then rooms with their seats."""
    place = house.places.get(current)
    return _choices(house, language(), current if place and not place.bookable else 0)


@lru_cache(maxsize=8)
def _choices(house: House, _language: str, current: int) -> dict[str, list[tuple[int, str]]]:
    """Make `choices` once for a revision of the house; the language must be the one that is in force."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for place in house.places.values():
        if not place.bookable and place.id != current:
            continue
        if place.kind == "desk":
            group = _("Desks, %(zone)s", zone=house.zone_name(place, language()))
            groups.setdefault(group, []).append((place.id, place.name))
        else:
            groups.setdefault(_("Rooms and stage"), []).append((place.id, f"{place.name}, {seats_text(place)}"))
    return groups


def layouts(house: House, booking: Booking) -> list[tuple[str, str]]:
    """List the ways in which anything here can be furnished, with what each means for the place that is booked."""
    place, names = house.places[booking.space_id], layout_names()
    known = [name for name in names if any(other.layout(name) for other in house.places.values())]
    if place.kind == "desk" or not known:
        return []
    said = {own.name: f"{names[own.name]}: {layout_text(own)}" for own in place.layouts}
    return [("", _("As it stands")), *((name, said.get(name, names[name])) for name in known)]


def edit_offers(
    booking_id: int, wish: Wish, offers: Iterable[Alternative], *, title: str, public: bool
) -> list[dict[str, Any]]:
    """Give the ways forward as forms that change this booking."""
    action = url_for("bookings.edit", booking_id=booking_id)
    return [
        offer(way, wish)
        | {"action": action,
           "text": _("Change to %(what)s", what=f"{way.place.name}, {when_short(way.span)}"),
           "fields": edit_fields(fitted(wish, way.place, way.span), title=title, public=public)}
        for way in offers
    ]  # fmt: skip


def reasons(refusals: Iterable[Refusal], house: House, owner: str | None) -> list[str]:
    """Say refusals in the reader's language."""
    return [sentence(refusal) for refusal in named(refusals, house, owner)]
