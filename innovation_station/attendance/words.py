"""Attendance in the reader's language: the ticket, the door, badges, and who is in the house."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from innovation_station.attendance import links, queries, rules
from innovation_station.attendance.models import EventAnswer, EventArrival
from innovation_station.attendance.rules import Present
from innovation_station.bookings.choice import place_title
from innovation_station.events import queries as events
from innovation_station.events import words as event_words
from innovation_station.events.models import Event
from innovation_station.events.queries import Whole
from innovation_station.events.rules import in_language
from innovation_station.i18n import clock, day_short, language, local, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.registration import words as registration_words
from innovation_station.registration.models import Registration
from innovation_station.registration.rules import Question
from innovation_station.spaces.rules import House

FROM = {"organisation", "organization"}  # how a question is called that asks guests where they come from

Mark = tuple[str, str | None, str | None]


def way_names() -> dict[str, str]:
    """Name how people were checked in."""
    return {"ticket": _("Ticket"), "list": _("From the list"), "walk-in": _("Without a registration")}


def ticket(row: Registration, event: Event, known: EventArrival | None, house: House) -> dict[str, Any]:
    """Give what a ticket shows to whoever has its link."""
    spaces = events.spaces_of([event.id]).get(event.id, ())
    return {
        "title": event_words.said(event.titles), "name": event_words.title_of(event),
        "when": event_words.when_text(event.span), "where": event_words.where(event, house, spaces), "who": row.name,
        "valid": not rules.ticket_refusals(row.state) and event.state == "published",
        "state": registration_words.state_names()[row.state], "cancelled": event.state == "cancelled",
        "here": _("Checked in %(time)s", time=clock(known.at)) if known else None, "number": row.number,
        "picture": url_for("tickets.picture", token=links.token(row)),
        "href": registration_words.page_href(event),
    }  # fmt: skip


def door(
    whole: Sequence[Registration], known: Mapping[int, EventArrival], names: Mapping[int, str], query: str
) -> dict[str, Any]:  # fmt: skip
    """Give the list at the door: everybody whose name or address has what was typed, who is here last."""
    wanted = query.casefold().split()
    shown = [row for row in whole if all(word in f"{row.name} {row.email}".casefold() for word in wanted)]
    rows = [_row(row, known.get(row.id), names) for row in shown]
    expected = sum(row.state == "registered" for row in whole)
    return {
        "rows": sorted(rows, key=lambda row: (row["here"], row["name"].casefold())), "query": query,
        "count": ngettext(
            "%(here)s of %(num)d is here.", "%(here)s of %(num)d are here.", expected, here=len(known)
        ),
        "here": len(known), "expected": expected,
    }  # fmt: skip


def _row(row: Registration, known: EventArrival | None, names: Mapping[int, str]) -> dict[str, Any]:
    mark: Mark | None = None
    if known is not None:
        by = names.get(known.by_id or 0)
        at = clock(known.at)
        text = _("Here %(time)s, %(name)s", time=at, name=by) if by else _("Here %(time)s", time=at)
        mark = text, "ok", "check"
    elif row.state != "registered":
        mark = registration_words.state_names()[row.state]
    return {
        "id": row.id, "name": row.name, "email": row.email, "mark": mark, "here": known is not None,
        "may": known is None and (row.state == "registered" or bool(row.email)), "wants": row.state != "registered",
    }  # fmt: skip


# -- badges ------------------------------------------------------------------------------------------------------------


def badges(
    whole: Whole, rows: Iterable[Registration], organisations: Mapping[int, str], asked: Iterable[Question],
    house: House,
) -> list[dict[str, str]]:  # fmt: skip
    """Give what stands on each badge: speakers first, then who has a place, by name; nobody twice.

    A guest comes from where they have said, where they were `asked` for their organisation.
    """
    where = next(
        (one.name for one in asked if one.kind == "text" and FROM.intersection(map(str.casefold, one.labels))), ""
    )
    page = event_words.page(whole, house, whole.event.start)["speakers"]
    found = [
        {"name": one["name"], "where": one["affiliation"], "role": one["roles"] or _("Speaker")} for one in page
    ]  # fmt: skip
    spoken = {one["name"].casefold() for one in found}
    found += [
        {
            "name": row.name, "role": _("Participant"),
            "where": organisations.get(row.member_id or 0) or str(row.answers.get(where, "")),
        }
        for row in sorted(rows, key=lambda row: row.name.casefold())
        if row.name.casefold() not in spoken
    ]  # fmt: skip
    return found


# -- the house ---------------------------------------------------------------------------------------------------------


def in_the_house(now: datetime, house: House) -> list[Present]:
    """Name everybody who is in the house, or should be; six statements."""
    found = [_booked(booking, house) for booking in queries.booked_now(now)]
    found += [_guest(guest, house) for guest in queries.guests_now(now)]
    visitors, speakers = queries.visitors_now(now), queries.speakers_now(now)
    used = queries.places_of({event.id for *_rest, event in visitors} | {event.id for _one, event in speakers}, now)
    for row, known, event in visitors:
        key = f"m{row.member_id}" if row.member_id else f"n{row.name.casefold()}" if not row.email else row.email
        where = _places(used.get(event.id, ()), house) or event_words.title_of(event)
        sure = known.at > now - rules.SURE_FOR
        found.append(Present(key, row.name, event_words.title_of(event), where, known.at if sure else None, sure=sure))
    for speaker, event in speakers:
        key = f"m{speaker.member_id}" if speaker.member_id else f"n{speaker.name.casefold()}"
        where = _places(used.get(event.id, ()), house) or event_words.title_of(event)
        found.append(Present(key, speaker.name, _("Takes part"), where))
    return rules.once(found)


def _places(space_ids: Iterable[int], house: House) -> str:
    return ", ".join(dict.fromkeys(house.places[one].name for one in space_ids if one in house.places))


def _booked(booking: Any, house: House) -> Present:
    return Present(
        f"m{booking.member_id}", booking.member.name, _("Member"), place_title(house.places[booking.space_id]),
        booking.checked_in_at, sure=booking.checked_in_at is not None,
    )  # fmt: skip


def _guest(guest: Any, house: House) -> Present:
    return Present(
        guest.email or f"g{guest.id}", guest.name, _("Guest"), place_title(house.places[guest.booking.space_id]),
        guest.arrived_at, sure=guest.arrived_at is not None,
    )  # fmt: skip


def person(one: Present) -> dict[str, Any]:
    """Give somebody as they stand in the evacuation list."""
    return {
        "name": one.name, "why": one.why, "where": one.where, "sure": one.sure,
        "since": clock(one.since) if one.since else "",
    }  # fmt: skip


def moment(at: datetime) -> str:
    """Write a day with its hour and minute."""
    return f"{day_short(at)} {local(at):%Y} {clock(at)}"


# -- afterwards --------------------------------------------------------------------------------------------------------


def result(found: Sequence[EventAnswer], questions: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Give what was answered: bars, a sentence and texts; nothing but the number where there are too few to hide in."""
    count = ngettext("%(num)d answer", "%(num)d answers", len(found))
    if len(found) < rules.FEWEST:
        return {"count": count, "few": True}
    marks = [one.rating for one in found if one.rating]
    counts = [marks.count(mark) for mark in rules.RATINGS]
    most = max(*counts, 1)
    labels = [in_language((sv, en), language())[0] for sv, en in questions]
    texts = [[str(one.answers[at]) for one in found if at < len(one.answers)] for at in range(len(labels))]
    return {
        "count": count, "few": False,
        "bars": [
            {"mark": mark, "count": number, "x": 14 + 60 * at, "y": 126 - 100 * number // most,
             "height": 100 * number // most}
            for at, (mark, number) in enumerate(zip(rules.RATINGS, counts, strict=True))
        ],
        "described": _("%(marks)s. Mean %(mean)s.", marks=", ".join(
            f"{mark}: {number}" for mark, number in zip(rules.RATINGS, counts, strict=True)
        ), mean=decimal(sum(marks) / len(marks)) if marks else "–"),
        "texts": [
            {"label": label, "said": [text for text in said if text]}
            for label, said in zip([*labels, _("Anything else")], [*texts, [one.text for one in found]], strict=True)
        ],
    }  # fmt: skip


def decimal(value: float) -> str:
    """Write a number with one decimal."""
    return f"{value:.1f}".replace(".", "," if language() == "sv" else ".")
