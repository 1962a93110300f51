"""What pages show of feeds, to their members and to staff; and what a member can make one of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wtforms.fields.choices import SelectChoice

from innovation_station.bookings.choice import place_title
from innovation_station.calendars import scopes, staff_queries, words
from innovation_station.calendars.event_entries import filter_of
from innovation_station.calendars.health import Fetches, health
from innovation_station.calendars.models import Feed
from innovation_station.calendars.rules import EVENTS, OWN
from innovation_station.calendars.scopes import Reader, choice_of
from innovation_station.calendars.staff_queries import Newest
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language
from innovation_station.members.rules import is_staff
from innovation_station.spaces.rules import House


def organisation_names(reader: Reader) -> dict[int, str]:
    """Name the organisations whose bookings somebody may have: all for staff, else those they are the contact of."""
    return staff_queries.organisation_names(language(), None if is_staff(reader) else reader.contact_of)


def named_in(query: str) -> dict[int, str]:
    """Name the organisation that events are filtered by, if they are."""
    number = filter_of(query).organisation
    return staff_queries.organisation_names(language(), {number}) if number is not None else {}


def offers(reader: Reader, house: House, query: str, wanted: str = "") -> list[SelectChoice]:
    """List what a member can make a feed of, by group; `query` are the filters of the view they come from, `wanted` is
    what the page they come from is about.

    Of desks only those that they manage, or come from: a house has hundreds, and each sheet leads here.
    """
    mine = [(OWN, _("My bookings")), (EVENTS, words.events_text(filter_of(query), named_in(query)))]
    if query and not filter_of(query).query:
        mine.append(("view", _("The view I come from: %(what)s", what=words.view_text(choice_of(query), house))))
    if is_staff(reader):
        mine.append(("staff", _("All places")))
    places = [place for place in house.places.values() if place.id not in house.gone]
    used = {place.zone_id for place in places}
    zones = [(f"zone:{zone.id}", zone.names[language()]) for zone in house.zones.values() if zone.id in used]
    kinds = {"room": _("Rooms"), "booth": _("Phone booths"), "hall": _("Stages"), "desk": _("Desks")}
    groups = {_("Mine"): mine, _("Zones"): zones}
    for kind, name in kinds.items():
        groups[name] = [
            (f"space:{place.id}", place_title(place))
            for place in places
            if place.kind == kind
            and (kind != "desk" or place.id in reader.manages or wanted == f"space:{place.id}")
        ]  # fmt: skip
    names = organisation_names(reader)
    groups[_("Organisations")] = [(f"organisation:{number}", name) for number, name in names.items()]
    return [SelectChoice(value, label, optgroup=name) for name, group in groups.items() for value, label in group]


@dataclass(frozen=True)
class Told:
    """What all lines of a page share, read at once."""

    house: House
    now: datetime
    readers: Mapping[int, Reader]
    organisations: Mapping[int, str]
    newest: Newest

    @classmethod
    def of(cls, feeds: Sequence[Feed], readers: Mapping[int, Reader], house: House, now: datetime) -> Told:
        """Read what the lines of some feeds need; three statements at most, and none where there is none."""
        ids = {feed.subject_id or 0 for feed in feeds if feed.scope == "organisation"}
        ids |= {filter_of(feed.query).organisation or 0 for feed in feeds if feed.scope == EVENTS} - {0}
        names = staff_queries.organisation_names(language(), ids)
        return cls(house, now, readers, names, staff_queries.newest(feeds, now))

    def line(self, feed: Feed) -> dict[str, Any]:
        """Say what a feed is of, how much it says, and how it fares."""
        covered = scopes.coverage(self.readers[feed.member_id], feed, self.house) if feed.scope != OWN else None
        lost = feed.scope != OWN and covered is None
        places = covered.ids if covered is not None and covered.kind == "space" else ()
        fetches = Fetches(feed.created_at, feed.last_fetched_at, feed.last_client, feed.usual_interval)
        found = health(fetches, self.newest.of(feed, places), self.now)
        at = feed.last_fetched_at
        more = [words.entries_text(feed.last_items), words.pace(found)] if at else []
        return {
            "id": feed.id,
            "name": feed.name,
            "language": feed.language,
            "about": words.about(feed, self.house, self.organisations),
            "mark": words.mark(feed),
            "made": words.made(feed.created_at, self.now),
            "reminds": words.reminder_names()[feed.remind] if feed.remind else "",
            "lost": lost,
            "state": found.state,
            "tag": words.state_name(found.state),
            "fetched": at and words.fetched(at, feed.last_client, self.now),
            "more": [text for text in more if text],
            "behind": words.behind(found),
            "advice": words.advice(found, feed.last_client, own=feed.scope == OWN),
        }


def readers(rows: Iterable[Any], grants: Mapping[int, Iterable[tuple[str, int]]]) -> dict[int, Reader]:
    """Give members with what they were put in charge of, by id."""
    return {member.id: Reader.of(member.id, member.role, grants.get(member.id, ())) for member in rows}
