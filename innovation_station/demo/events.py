"""What goes on in the demo house: events that were held there, on days near today, with invented people.

They come before all bookings, which keep out of their way.
"""

from __future__ import annotations

import uuid
from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Writer

from innovation_station.bookings import claims
from innovation_station.demo.programmes import DAYS, HUB, KICKOFF, STATION_X, Minutes, Plot, Point
from innovation_station.events import planning, queries, rules
from innovation_station.events.models import Event, Part, Party, Room, Session, Speaker
from innovation_station.members.models import Organisation
from innovation_station.members.rules import slug_of
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import at_minute
from innovation_station.timespan import to_utc


class Planner:
    """Stores events. Works inside `db.transaction()`."""

    def __init__(
        self, session: Writer, spaces: Mapping[str, Space], organisations: Mapping[str, Organisation], zone: ZoneInfo
    ) -> None:
        self.session, self.spaces, self.organisations, self.zone = session, spaces, organisations, zone
        self.taken: dict[str, list[tuple[date, Minutes]]] = {}

    def fill(self, today: date, holidays: Container[date]) -> Mapping[str, Sequence[tuple[date, Minutes]]]:
        """Store the events round `today`; give by place what of its days they take."""
        made = to_utc(today - timedelta(days=40), time(10, 12), self.zone)
        self._store(KICKOFF, [_next(today + timedelta(days=8), 3, holidays)], made)
        self._store(DAYS, _pair(today + timedelta(days=14), holidays), made)
        self._store(STATION_X, [_next(today + timedelta(days=16), 3, holidays)], made)
        coming = _next(today + timedelta(days=9), 0, holidays)
        before = max(day for day in (today - timedelta(days=back) for back in range(31, 38)) if day.weekday() == 0)
        group = str(uuid.uuid5(uuid.NAMESPACE_URL, "social impact hub"))
        for day in (before, coming, *(day for day in rules.monthly(coming, 2) if day not in holidays)):
            self._store(HUB, [day], made, group)
        return self.taken

    def _store(self, plot: Plot, days: Sequence[date], made: datetime, group: str | None = None) -> None:
        first = min(point.time[0] for point in plot.points if not point.day)
        last = max(point.time[1] for point in plot.points if point.day == len(days) - 1)
        slug = slug_of(plot.titles[0]) + (f"-{days[0]:%Y-%m}" if group else "")
        event = Event(
            uid=self._uid(slug), slug=slug, state="published", visibility=plot.visibility,
            link_key=self._uid(slug)[:20], category=plot.category, format="on-site",
            title_sv=plot.titles[0], title_en=plot.titles[1],
            summary_sv=plot.summaries[0], summary_en=plot.summaries[1], body_sv=plot.bodies[0], body_en=plot.bodies[1],
            practical_sv=plot.practical[0], practical_en=plot.practical[1], contact_name=plot.contact[0],
            contact_email=plot.contact[1], group_uid=group, start=at_minute(days[0], first, self.zone),
            end=at_minute(days[-1], last, self.zone), created_at=made, changed_at=made, published_at=made,
            cover_revision=0, sequence=0, revision=1, online_url="", cancel_sv="", cancel_en="",
        )  # fmt: skip
        self.session.add(event)
        self.session.flush()
        people = {
            name: Speaker(event_id=event.id, name=name, title=title, affiliation=affiliation)
            for name, title, affiliation in plot.people
        }
        self.session.add_all(people.values())
        self.session.add_all(
            Party(event_id=event.id, organisation_id=self.organisations[key].id, role=role)
            for key, role in plot.parties.items()
        )
        self.session.flush()
        for number, point in enumerate(plot.points):
            self._point(event, point, days[point.day], f"{slug} {number}", people)
        for spot, purpose, day, minutes in plot.rooms:
            start, end = (at_minute(days[day], minute, self.zone) for minute in minutes)
            self.session.add(
                Room(event_id=event.id, space_id=self.spaces[spot].id, purpose=purpose, start=start, end=end)
            )
        self.session.flush()
        self._hold(event, made)

    def _point(self, event: Event, point: Point, day: date, name: str, people: Mapping[str, Speaker]) -> None:
        session = Session(
            event_id=event.id, uid=self._uid(name), kind=point.kind, title_sv=point.titles[0],
            title_en=point.titles[1], about_sv=point.about[0], about_en=point.about[1],
            start=at_minute(day, point.time[0], self.zone), end=at_minute(day, point.time[1], self.zone),
            track=point.track, space_id=self.spaces[point.spot].id if point.spot else None, elsewhere=point.elsewhere,
            layout=point.layout, people=point.people, setup=0, clearing=0, materials=[], sequence=0,
        )  # fmt: skip
        self.session.add(session)
        self.session.flush()
        self.session.add_all(
            Part(session_id=session.id, speaker_id=people[who].id, role=role) for who, role in (point.who or {}).items()
        )

    def _hold(self, event: Event, now: datetime) -> None:
        places = house().places
        holds = rules.holds(queries.whole(event).programme, places)
        wanted = [(hold.space_id, hold.span) for hold in holds]
        claims.take(planning.claimant(event), wanted, now=now, zone=self.zone)
        for leaf, spans in claims.by_leaf(wanted, places).items():
            for span in spans:
                local = [side.astimezone(self.zone) for side in (span.start, span.end)]
                start, end = (side.hour * 60 + side.minute for side in local)
                self.taken.setdefault(places[leaf].name, []).append((local[0].date(), (start, end)))

    @staticmethod
    def _uid(name: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"innovation station {name}"))


def _next(first: date, weekday: int, holidays: Container[date]) -> date:
    """Give the first such weekday from a day on that is no holiday."""
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    while day in holidays:
        day += timedelta(days=7)
    return day


def _pair(first: date, holidays: Container[date]) -> list[date]:
    """Give the first Tuesday and Wednesday from a day on that are both no holidays."""
    day = _next(first, 1, holidays)
    while day in holidays or day + timedelta(days=1) in holidays:
        day += timedelta(days=7)
    return [day, day + timedelta(days=1)]
