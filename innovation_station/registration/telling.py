"""What registrants are told: members by a notice in the ways they chose, guests by mail, each with its calendar entry.

Each mail knows what its receiver `knew` before it, see `mail.tidings`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import CompoundSelect, update

from innovation_station.db import db
from innovation_station.deeds import links as deeds
from innovation_station.deeds.registry import Deed
from innovation_station.events import queries as events
from innovation_station.events.models import Event, Session
from innovation_station.events.rules import in_language
from innovation_station.i18n import clock, day_short, language, zone
from innovation_station.i18n import gettext as _
from innovation_station.mail import service as mail
from innovation_station.mail import tidings
from innovation_station.mail.rules import CalendarFacts, Receiver, intact
from innovation_station.members.models import Member
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.notices.words import instant
from innovation_station.registration import links, queries, rules
from innovation_station.registration.models import Registration
from innovation_station.registration.rules import News
from innovation_station.sharing.rules import patience
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Language
from innovation_station.timespan import Span

WRITER, TEMPLATE, KIND = "registrations", "registration", "registration"
TAKE, PASS = "event-take", "event-pass"
ENTRIES: frozenset[str] = frozenset({"registered", "changed", "off"})  # the news that calendars hear of


def tell(registration: Registration, event: Event, *, now: datetime) -> None:
    """Tell a registrant what is new; nothing where nothing is, or where it is as it was before it could be told."""
    tell_all([registration], event, now=now)


def tell_all(registrations: Sequence[Registration], event: Event, *, now: datetime) -> int:
    """Tell some registrants of one event what is new to each; give how many. Two statements and those of the mails."""
    restamp([row.member_id for row in registrations if row.member_id is not None])
    sessions = events.sessions_of([event.id]).get(event.id, [])
    chosen = queries.chosen([row.id for row in registrations])
    told = 0
    for row in registrations:
        told += _tell(row, event, sessions, chosen.get(row.id, []), now)
    db.session.flush()
    return told


def restamp(members: Sequence[int] | CompoundSelect[Any]) -> None:
    """Have the own calendars of members made anew: what they go to stands there beside what they have booked."""
    if isinstance(members, CompoundSelect) or members:
        stamped = update(Member).where(Member.id.in_(members)).values(bookings_revision=Member.bookings_revision + 1)
        db.session.execute(stamped.execution_options(synchronize_session=False))


def _tell(row: Registration, event: Event, sessions: Sequence[Session], chosen: Sequence[int], now: datetime) -> bool:
    _take_back(row, now)
    if row.member_id is not None and (row.knew or {}).get("state") == "offered" and row.state != "offered":
        notices.recall(OFFERED, row.member_id, subject(row))
    knew, fact = row.knew, fact_of(row, event, sessions, chosen)
    news = rules.news(knew, fact)
    if news is None:
        return False
    before = tidings.advance(row, fact)
    stands = knew if news == "off" and knew else fact
    calendar = None
    if _in_calendars(news, knew, fact):
        calendar = _calendar(row, event, sessions, (stands, knew), now, off=news == "off")
    values = _values(row, event, news, knew, fact)
    until = None if news == "confirm" else _until(row, now)
    if row.member_id is not None:
        kind = OFFERED if news == "offered" else NEWS
        notices.notify(
            kind, row.member_id, values | before, now=now, subject=subject(row), hold_until=until, calendar=calendar
        )  # fmt: skip
    elif row.email:
        _post(row, values, before, now, until, calendar)
    return True


def _in_calendars(news: News, knew: Mapping[str, Any] | None, fact: Mapping[str, Any]) -> bool:
    """Tell whether calendar programs hear of it: of places that one has or had, not of a line."""
    return news == "registered" or ("registered" in ((knew or {}).get("state"), fact["state"]) and news in ENTRIES)


def _until(row: Registration, now: datetime) -> datetime:
    return now + patience(row.sequence)


def _take_back(row: Registration, now: datetime) -> None:
    """Take back what somebody was to be told and was not yet."""
    if row.member_id is None:
        if (row.knew or {}).get("state") != "pending":
            tidings.take_back(KIND, row)
    elif found := notices.withdraw(row.member_id, subject(row), since=now - patience(row.sequence)):
        tidings.restore(row, found[0])


def _post(
    row: Registration, values: Mapping[str, Any], before: dict[str, Any], now: datetime, until: datetime | None,
    calendar: CalendarFacts | None,
) -> None:  # fmt: skip
    spoken = cast(Language, row.language)
    mail.queue(
        Receiver(row.email, row.name, spoken), TEMPLATE, _content(row, values) | before, now=now, hold_until=until,
        key=tidings.key(KIND, row), kind=KIND, calendar=calendar,
    )  # fmt: skip


def _content(row: Registration, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"said": dict(values), "token": links.token(row)}


def subject(row: Registration) -> str:
    """Name a registration among what its member is told."""
    return f"registration-{row.uid}"


def again(row: Registration, event: Event, *, now: datetime) -> None:
    """Write once more to who registers a second time: to confirm it, or that it stands.

    It goes to the address that was typed, which is that of the registration; a member gets it like anybody.
    """
    news = "confirm" if row.state == "pending" else "known"
    spoken = cast(Language, row.language)
    values = _values(row, event, cast(News, news), row.knew, fact_of(row, event, (), ()))
    mail.queue(
        Receiver(row.email, row.name, spoken), TEMPLATE, _content(row, values), now=now, kind=KIND,
        member_id=row.member_id,
    )  # fmt: skip


def remind(row: Registration, event: Event, *, now: datetime) -> None:
    """Remind somebody of an event that begins soon."""
    values = _values(row, event, cast(News, "soon"), row.knew, fact_of(row, event, (), ()))
    day = f"{event.start:%Y%m%d}"  # once for each day that it is moved to
    if row.member_id is not None:
        notices.notify(REMINDER, row.member_id, values, now=now, subject=f"soon-{row.uid}-{day}", once=True)
    elif row.email:
        spoken = cast(Language, row.language)
        mail.queue(
            Receiver(row.email, row.name, spoken), TEMPLATE, _content(row, values), now=now,
            key=f"soon-{row.uid}-{day}", kind=KIND,
        )  # fmt: skip


# -- what is said ------------------------------------------------------------------------------------------------------


def fact_of(
    row: Registration, event: Event, sessions: Sequence[Session], chosen: Sequence[int]
) -> dict[str, Any]:  # fmt: skip
    """Give what a registrant is to know: where they stand, and when and where the event is."""
    return {
        "state": row.state, "by": row.ended_by, "start": event.start.isoformat(), "end": event.end.isoformat(),
        "where": _where(event, sessions), "titles": list(event.titles), "sessions": list(chosen),
        "online": event.online_url, "until": row.offer_until.isoformat() if row.offer_until else None,
        "hours": _hours(event.span, sessions),
    }  # fmt: skip


def _hours(span: Span, sessions: Sequence[Session]) -> list[list[str]]:
    found = rules.days(span, [one.span for one in sessions], zone())
    return [[one.start.isoformat(), one.end.isoformat()] for one in found]


def _where(event: Event, sessions: Sequence[Session]) -> str:
    if event.format == "online":
        return ""
    house = read_house()
    used = dict.fromkeys(one.space_id for one in sessions if one.space_id in house.places)
    names = [house.places[space_id].name for space_id in used if space_id is not None]
    return rules.joined([*names[:3], house.name])


def _values(
    row: Registration, event: Event, news: News, knew: Mapping[str, Any] | None, fact: Mapping[str, Any]
) -> dict[str, Any]:  # fmt: skip
    values = {
        "news": news, "registration": row.id, "event": event.id, "slug": event.slug, "number": 0,
        "key": event.link_key if event.visibility == "link" else "", "by": row.ended_by, "to": row.member_id,
        "reasons": [event.cancel_sv, event.cancel_en], "before": None,
        **{name: fact[name] for name in ("start", "end", "where", "titles", "until", "online")},
    }  # fmt: skip
    if row.state == "waiting" and row.number is not None:
        values["number"] = queries.position(row)
    if news == "changed" and knew and (knew["start"], knew["end"]) != (fact["start"], fact["end"]):
        values["before"] = {"start": knew["start"], "end": knew["end"]}
    return values


def when(values: Mapping[str, Any]) -> str:
    """Write when an event is: «Thu 24 Nov 9:00», or from one day to another."""
    first, last = instant(values["start"]), instant(values["end"])
    days = day_short(first), day_short(last)
    return f"{days[0]} {clock(first)}–{clock(last)}" if days[0] == days[1] else f"{days[0]} – {days[1]}"


def title(values: Mapping[str, Any]) -> str:
    """Name an event in the language in force."""
    sv, en = values["titles"]
    return in_language((sv, en), language())[0]


def _reason(values: Mapping[str, Any]) -> str:
    sv, en = values["reasons"]
    return in_language((sv, en), language())[0]


def until_text(values: Mapping[str, Any]) -> str:
    """Write until when an offer stands."""
    at = instant(values["until"])
    return f"{day_short(at)} {clock(at)}"


def heading(values: Mapping[str, Any]) -> str:
    """Say what is new in one line."""
    named = {"title": title(values), "when": when(values)}
    return {
        "confirm": _("Confirm your registration: %(title)s, %(when)s", **named),
        "known": _("Your registration: %(title)s, %(when)s", **named),
        "registered": _("You have a place: %(title)s, %(when)s", **named),
        "waiting": _("You stand in line: %(title)s, %(when)s", **named),
        "offered": _("A place is free for you: %(title)s, %(when)s", **named),
        "changed": _("Changed: %(title)s, %(when)s", **named),
        "off": _("You do not come: %(title)s, %(when)s", **named),
        "expired": _("The offer is over: %(title)s, %(when)s", **named),
        "soon": _("Soon: %(title)s, %(when)s", **named),
    }[intact(values["news"])]  # fmt: skip


def text(values: Mapping[str, Any]) -> str:
    """Say what is new in a sentence or two."""
    news, by = intact(values["news"]), intact(values["by"])
    if news == "changed" and values["before"]:
        return _("The event has been moved. It was to be %(when)s.", when=when(values["before"]))
    if news == "off" and by == "event":
        return " ".join(filter(None, (_("The event is cancelled."), _reason(values))))
    if news == "off":
        return _("Your place has been given back.") if by == "self" else _("The staff have taken you off the list.")
    if news == "waiting":
        return " ".join((number(values["number"]), _("You are asked when a place becomes free.")))
    if news == "offered":
        return _("It is kept for you until %(until)s, then the next is asked.", until=until_text(values))
    return {
        "confirm": _("Nothing is settled until you have opened the link and pressed the button."),
        "known": _("You are registered already. Here you see where it stands, change it or cancel it."),
        "registered": _("Cancel in good time if you cannot come, so that the next in line gets the place."),
        "expired": _("Nobody answered in time, so the next in line is asked. Register again if you still want to."),
        "soon": _("Welcome. Cancel now if you cannot come, so that somebody else gets the place."),
        "changed": _("Time, place or title of the event is new."),
    }.get(news, "")  # fmt: skip


def number(place: int) -> str:
    """Say where somebody stands in line."""
    named = {
        1: _("You are first in line."), 2: _("You are second in line."), 3: _("You are third in line."),
    }  # fmt: skip
    return named.get(place) or _("You are number %(num)d in line.", num=place)


def _say(values: Values, _names: Names) -> Said:
    parts = {"event_slug": intact(values["slug"])}
    if values["key"]:
        parts["key"] = intact(values["key"])
    answers: tuple[tuple[str, str], ...] = ()
    if intact(values["news"]) == "offered":
        until = instant(values["until"])
        answers = (
            (_("Take it"), deeds.path(answering(TAKE, values["to"], values["registration"], until))),
            (_("Not for me, thanks"), deeds.path(answering(PASS, values["to"], values["registration"], until))),
        )
    return Said(heading(values), text(values), _("Show the event"), "events.show", parts, answers)


def answering(answer: str, member_id: int, registration_id: int, until: datetime) -> Deed:
    """Give the deed that answers an offer; its stamp is when the offer ends, for each ends at its own time."""
    return Deed(answer, member_id, registration_id, until.isoformat(), until)


NEWS = Kind(
    "event-registration", _l("Events I have registered for"),
    _l("That you have a place or stand in line, and when the event is moved or cancelled."), _say,
)  # fmt: skip
OFFERED = Kind(
    "event-offered", _l("A place at an event is free for me"),
    _l("When it is your turn: the place is kept for you for a while."), _say,
)  # fmt: skip
REMINDER = Kind("event-soon", _l("An event is soon"), _l("The day before an event that you have a place at."), _say)
KINDS = (NEWS, OFFERED, REMINDER)


# -- calendars ---------------------------------------------------------------------------------------------------------


def _calendar(
    row: Registration, event: Event, sessions: Sequence[Session],
    told: tuple[Mapping[str, Any], Mapping[str, Any] | None], now: datetime, *, off: bool,
) -> CalendarFacts:  # fmt: skip
    """Give the facts of a registrant's entries, one a day; of what is off, where they have them.

    `told` is what stands now and what was told before it: a day that is no longer one is taken out.
    """
    stands, knew = told
    span = Span(datetime.fromisoformat(stands["start"]), datetime.fromisoformat(stands["end"]))
    days = _hours(span, sessions)
    before = list((knew or {}).get("days", ()))
    if off:
        days = before or days
    row.knew = {**(row.knew or {}), "days": days}
    key = f"?key={event.link_key}" if event.visibility == "link" else ""
    path = links.path(row) if row.member_id is None else f"/events/{event.slug}{key}"
    sv, en = stands["titles"]
    return CalendarFacts(WRITER, {
        "uid": row.uid, "sequence": row.sequence, "off": off, "days": days, "gone": before[len(days):],
        "titles": {"sv": sv or en, "en": en or sv}, "where": stands["where"] or event.online_url,
        "about": {"sv": event.summary_sv or event.summary_en, "en": event.summary_en or event.summary_sv},
        "path": path, "created_at": row.made_at.isoformat(), "changed_at": now.isoformat(),
    })  # fmt: skip
