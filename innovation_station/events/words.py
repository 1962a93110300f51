"""Events in the reader's language: what pages show, one dictionary for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import url_for
from markupsafe import Markup

from innovation_station import markdown
from innovation_station.bookings import hits
from innovation_station.bookings.choice import layout_names, place_title
from innovation_station.events import rules
from innovation_station.events.models import Event, Party, Session, Speaker
from innovation_station.events.queries import Whole
from innovation_station.events.rules import Hold, Item, Oddity, Plan
from innovation_station.i18n import (
    capital,
    clock,
    day_full,
    day_long,
    day_short,
    duration,
    language,
    local,
    ngettext,
    sentence,
    span_text,
    weekday_short,
    zone,
)
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import initials
from innovation_station.organisations.words import name_of
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span

A_MOMENT = timedelta(microseconds=1)


def category_names() -> dict[str, str]:
    """Name the kinds of events."""
    return {
        "kickoff": _("Kickoff"), "conference": _("Conference"), "seminar": _("Seminar"), "workshop": _("Workshop"),
        "meeting": _("Meeting place"), "course": _("Course"), "other": _("Other event"),
    }  # fmt: skip


def format_names() -> dict[str, str]:
    """Name where one takes part."""
    return {"on-site": _("On site"), "online": _("Online"), "hybrid": _("On site and online")}


def visibility_names() -> dict[str, str]:
    """Name who sees an event."""
    return {
        "public": _("Everybody"), "members": _("Members"), "partners": _("Partners of the house"),
        "link": _("Who has the link"),
    }  # fmt: skip


def kind_names() -> dict[str, str]:
    """Name the kinds of sessions."""
    return {
        "keynote": _("Keynote"), "talk": _("Talk"), "panel": _("Panel"), "workshop": _("Workshop"),
        "break": _("Break"), "mingle": _("Mingle"), "inauguration": _("Inauguration"),
    }  # fmt: skip


SIGNS = {
    "keynote": "star", "talk": "projector", "panel": "people", "workshop": "edit", "break": "clock",
    "mingle": "people", "inauguration": "flag",
}  # fmt: skip


def role_names() -> dict[str, str]:
    """Name what people do in a session."""
    return {"speaker": _("Speaker"), "moderator": _("Moderator"), "panellist": _("Panellist")}


def party_names() -> dict[str, str]:
    """Name what organisations do in an event."""
    return {"host": _("Host"), "co-host": _("Co-host"), "partner": _("Partner")}


def purpose_names() -> dict[str, str]:
    """Name what places are for beside the programme."""
    return {
        "set-up": _("Set-up"), "tear-down": _("Tear-down"), "lunch": _("Lunch"), "desks": _("Desks"),
        "other": _("Something else"),
    }  # fmt: skip


def phase_names() -> dict[str, tuple[str, str, str]]:
    """Name where an event stands, with the colour and the sign of its tag."""
    return {
        "draft": (_("Draft"), "wait", "edit"), "template": (_("Template"), "", "copy"),
        "cancelled": (_("Cancelled"), "no", "x"), "past": (_("Is over"), "", "check"),
        "now": (_("Right now"), "ok", "clock"), "ahead": (_("Published"), "event", "flag"),
    }  # fmt: skip


def file_states() -> dict[str, tuple[str, str, str]]:
    """Name what becomes of a line of a file, with the colour and the sign of its tag."""
    return {
        "new": (_("New"), "ok", "check"), "changed": (_("Changes"), "wait", "edit"),
        "same": (_("As it is"), "", "check"), "wrong": (_("Cannot be read"), "no", "alarm"),
    }  # fmt: skip


def said(texts: tuple[str, str]) -> dict[str, Any]:
    """Give a text in the reader's language, else in the other with the name of that, for its lang attribute."""
    text, other = rules.in_language(texts, language())
    return {"text": text, "lang": other}


def marked(texts: tuple[str, str], heading: int = 3) -> dict[str, Any]:
    """Give a Markdown text as markup, with its language where it is another."""
    text, other = rules.in_language(texts, language())
    return {"html": markdown.html(text, heading=heading) if text.strip() else Markup(""), "lang": other}


def title_of(event: Event) -> str:
    """Name an event."""
    return rules.in_language(event.titles, language())[0]


def brief(event: Event) -> dict[str, str]:
    """Name another event and lead to it."""
    return {
        "title": title_of(event), "when": when_text(event.span), "href": url_for("events.show", event_slug=event.slug)
    }  # fmt: skip


def when_text(span: Span, *, year: bool = False) -> str:
    """Write when an event is: one day with its hours, or from one to another; `year` says which, too."""
    first, last = local(span.start), local(span.end - A_MOMENT)
    if first.date() == last.date():
        day = f"{capital(day_long(span.start))} {first.year}" if year else capital(day_long(span.start))
        return f"{day}, {span_text(span)}"
    until = f"{day_long(last.date())} {last.year}" if year else day_long(last.date())
    return _("%(first)s – %(last)s", first=capital(day_long(first.date())), last=until)


def plate(event: Event) -> dict[str, str]:
    """Give the plate with the first day."""
    at = local(event.start)
    return {"weekday": weekday_short(at.date()), "day": str(at.day), "month": day_short(at.date()).split()[-1]}


def card(event: Event, house: House, spaces: Sequence[int], parties: Sequence[Party], now: datetime) -> dict[str, Any]:
    """Give an event as it stands in a list."""
    phase = rules.phase(event.state, event.span, now)
    return {
        "id": event.id, "title": said(event.titles), "summary": said((event.summary_sv, event.summary_en)),
        "href": url_for("events.show", event_slug=event.slug), "plate": plate(event), "when": when_text(event.span),
        "where": where(event, house, spaces), "hosts": hosts(parties), "phase": phase,
        "tag": phase_names()[phase] if phase in ("draft", "template", "cancelled", "now") else None,
        "category": category_names()[event.category], "starts": event.start.isoformat(),
    }  # fmt: skip


def where(event: Event, house: House, spaces: Sequence[int]) -> str:
    """Say where an event is: its places, or that it is online."""
    names = [house.places[space_id].name for space_id in spaces if space_id in house.places]
    if event.format == "online":
        return _("Online")
    said_ = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    place = f"{said_}, {house.name}" if said_ else house.name
    return _("%(place)s, and online", place=place) if event.format == "hybrid" else place


def hosts(parties: Sequence[Party]) -> str:
    """Name who hosts an event."""
    names = [name_of(party.organisation) for party in parties if party.role in ("host", "co-host")]
    if len(names) > 1:
        return _("%(first)s and %(last)s", first=", ".join(names[:-1]), last=names[-1])
    return names[0] if names else ""


def page(whole: Whole, house: House, now: datetime, key: str = "") -> dict[str, Any]:
    """Give what the page of an event shows."""
    event = whole.event
    items = {item.id: item for item in whole.programme.items}
    running, following = rules.now_and_next(items.values(), now)
    rows = {row.id: row for row in whole.sessions}
    spaces = list(dict.fromkeys(row.space_id for row in whole.sessions if row.space_id))
    more = {"key": key} if key else {}
    shown = card(event, house, spaces, whole.parties, now)
    return shown | {
        "slug": event.slug, "body": marked((event.body_sv, event.body_en), heading=2),
        "practical": marked((event.practical_sv, event.practical_en)), "format": format_names()[event.format],
        "days": [
            _day(day, found, rows, whole, house, running, more)
            for day, found in rules.by_day(items.values(), zone())
        ],
        "running": [_brief(item) for item in running], "next": [_brief(item) for item in following],
        "live": rules.phase(event.state, event.span, now) == "now" and bool(items),
        "speakers": [_speaker(row, whole) for row in whole.speakers.values()],
        "parties": [_party(party) for party in whole.parties],
        "contact": {"name": event.contact_name, "email": event.contact_email},
        "online": event.online_url, "cover": event.cover_revision,
        "cancelled": said((event.cancel_sv, event.cancel_en)) if event.state == "cancelled" else None,
        "moved": when_text(Span(event.previous_start, event.previous_start + event.span.length))
        if event.previous_start and event.state == "published" else None,
        "address": house.address[language()], "more": more,
    }  # fmt: skip


def _brief(item: Item) -> dict[str, Any]:
    return {"title": said(item.titles), "when": span_text(item.span)}


def _day(
    day: date, items: Sequence[Item], rows: Mapping[int, Session], whole: Whole, house: House,
    running: Sequence[Item], more: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    return {
        "name": capital(day_long(day)),
        "id": f"day-{day:%Y-%m-%d}",
        "stops": [_stop(item, rows[item.id], whole, house, item in running, more) for item in items],
    }


def _stop(
    item: Item, row: Session, whole: Whole, house: House, runs: bool, more: Mapping[str, Any]
) -> dict[str, Any]:  # fmt: skip
    people = [
        _person(whole.speakers[part.speaker_id], part.role)
        for part in whole.parts.get(row.id, ())
        if part.speaker_id in whole.speakers
    ]
    pause = item.kind in rules.PAUSES
    state = "now" if runs else "break" if pause else None
    return {
        "time": clock(item.span.start), "datetime": item.span.start.isoformat(), "when": span_text(item.span),
        "title": said(item.titles), "kind": kind_names()[item.kind], "sign": SIGNS[item.kind], "state": state,
        "pause": pause, "where": place_of(row, house), "track": row.track, "people": people,
        "about": marked((row.about_sv, row.about_en), heading=5), "materials": row.materials, "id": row.id,
        "honoured": item.kind == "inauguration",
        "ics": url_for("event_feeds.session", event_slug=whole.event.slug, event_session_id=row.id, **more,
                       lang=language()),
    }  # fmt: skip


def place_of(row: Session, house: House) -> str:
    """Say where a session is."""
    if row.space_id in house.places:
        return house.places[row.space_id].name  # type: ignore[index]
    return row.elsewhere


def _person(row: Speaker, role: str) -> dict[str, str]:
    return {
        "name": row.name, "what": ", ".join(filter(None, (row.title, row.affiliation))),
        "role": "" if role == "speaker" else role_names()[role],
    }  # fmt: skip


def _speaker(row: Speaker, whole: Whole) -> dict[str, Any]:
    roles = {part.role for parts in whole.parts.values() for part in parts if part.speaker_id == row.id}
    shown = [role_names()[role] for role in rules.ROLES if role in roles and role != "speaker"]
    return {
        "id": row.id, "name": row.name, "initials": initials(row.name), "title": row.title,
        "affiliation": row.affiliation, "roles": ", ".join(shown), "linked": row.member_id is not None,
    }  # fmt: skip


def _party(party: Party) -> dict[str, Any]:
    row = party.organisation
    return {
        "id": row.id, "name": name_of(row), "slug": row.slug, "logo": row.logo_revision, "role": party.role,
        "part": party_names()[party.role],
    }  # fmt: skip


# -- for staff ---------------------------------------------------------------------------------------------------------


def completeness_text(whole: Whole) -> dict[str, Any]:
    """Say what is missing until an event's page is whole."""
    checks = rules.completeness(
        whole.facts, sessions=len(whole.sessions),
        hosts=sum(party.role in ("host", "co-host") for party in whole.parties),
        cover=bool(whole.event.cover_revision),
    )  # fmt: skip
    names = {
        "titles": _("title in both languages"), "summaries": _("summary in both languages"),
        "bodies": _("description in both languages"), "practical": _("what is good to know, in both languages"),
        "programme": _("a programme"), "hosts": _("a host"), "contact": _("somebody to ask"),
        "place": _("a link to take part"), "cover": _("a picture"),
    }  # fmt: skip
    done = sum(fine for _name, fine in checks)
    return {
        "done": done, "all": len(checks),
        "missing": [names[name] for name, fine in checks if not fine],
    }  # fmt: skip


def warning_text(one: Oddity, whole: Whole, house: House) -> str:
    """Say what is odd in a programme."""
    titles = [rules.in_language(item.titles, language())[0] for item in one.items]
    first, last = titles[0], titles[-1]
    places = [house.places[item.space_id].name for item in one.items if item.space_id in house.places]  # type: ignore[index]
    place = places[0] if places else ""
    if one.code == "speaker-twice":
        speaker = whole.speakers.get(int(str(one.values["speaker"])))
        return _(
            "%(name)s is in two places at once: «%(first)s» and «%(last)s».",
            name=speaker.name if speaker else "", first=first, last=last,
        )  # fmt: skip
    minutes, said_ = one.values.get("minutes", 0), {"first": first, "last": last, "place": place}
    texts = {
        "room-twice": _("«%(first)s» and «%(last)s» have %(place)s at the same time.", **said_),
        "outside-event": _("«%(first)s» lies outside of the event's own times.", **said_),
        "no-break": _("%(length)s without a break, from «%(first)s».", length=duration(int(str(minutes))), **said_),
        "change-over": _("There is no time to refurnish %(place)s between «%(first)s» and «%(last)s».", **said_),
        "when-shut": _("%(place)s is not open all through «%(first)s».", **said_),
        "room-small": _(
            "%(place)s seats %(seats)s, and «%(first)s» is for %(people)s.", seats=one.values.get("seats", ""),
            people=one.values.get("people", ""), **said_,
        ),
    }  # fmt: skip
    return texts[one.code]


def hold_text(hold: Hold, house: House) -> str:
    """Say what is held of a place."""
    return _(
        "%(place)s, %(day)s %(span)s", place=place_title(house.places[hold.space_id]), day=day_short(hold.span.start),
        span=span_text(hold.span),
    )  # fmt: skip


def plan_page(plan: Plan, house: House, chosen: Mapping[int, str]) -> dict[str, Any]:
    """Give the page that shows what a change does, before it is done."""
    return {
        "token": plan.token, "released": [hold_text(hold, house) for hold in plan.released],
        "taken": [hold_text(hold, house) for hold in plan.taken], "hits": hits.rows(plan.hits, chosen),
        "walls": [sentence(wall) for wall in plan.walls],
        "kept": ngettext(
            "%(num)d place is kept for somebody who waits, and will not be.",
            "%(num)d places are kept for those who wait, and will not be.", plan.kept_for,
        ) if plan.kept_for else None,
        "moved": (when_text(plan.before.span), when_text(plan.after.span))
        if plan.before.span != plan.after.span else None,
    }  # fmt: skip


def layouts_of(house: House) -> list[tuple[str, str]]:
    """List the layouts that any place can have, with their names."""
    names = layout_names()
    known = {layout.name for place in house.places.values() for layout in place.layouts}
    return [(name, names[name]) for name in names if name in known]


def staff_row(event: Event, now: datetime) -> dict[str, Any]:
    """Give an event as it stands in the staff's list."""
    phase = rules.phase(event.state, event.span, now)
    return {
        "id": event.id, "title": said(event.titles), "when": when_text(event.span, year=True),
        "phase": phase, "tag": phase_names()[phase], "category": category_names()[event.category],
    }  # fmt: skip


def day_title(day: date) -> str:
    """Name a day in a heading."""
    return capital(day_full(day))
