"""Stores drafted bookings as the service would leave them; the past too, which it rightly refuses to make."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from innovation_station.bookings.models import Allocation, Booking, BookingHistory
from innovation_station.demo.floor import CLOSES, OPENS
from innovation_station.demo.habits import Author, Draft, Minutes
from innovation_station.members.models import Member
from innovation_station.spaces.models import Closure, Space
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import at_minute
from innovation_station.timespan import Span

BROKEN = "B4"
REASONS = ("Lampan lagas", "The lamp is being mended")


class Archive:
    """Turns drafts into rows. Works inside `db.transaction()`."""

    def __init__(
        self,
        session: Session,
        members: Sequence[Member],
        spaces: Mapping[str, Space],
        zone: ZoneInfo,
        rng: Random,
    ) -> None:
        self.session, self.members, self.spaces, self.zone, self.rng = session, members, spaces, zone, rng
        self.places = house().places

    def fill(
        self, today: date, holidays: Container[date], held: Mapping[str, Sequence[tuple[date, Minutes]]]
    ) -> tuple[Sequence[Draft], Sequence[Booking]]:
        """Draft and store eight weeks round `today`, with one desk closed for the next open days; give both.

        Nothing is put where events hold a place: `held`, by its name.
        """
        author = Author(self.rng, today, holidays, self._at)
        days = author.ahead[:3]
        shut = Span(self._at(days[0], OPENS), self._at(days[-1], CLOSES))
        length = (days[-1] - days[0]).days + 1
        covered = [(days[0] + timedelta(days=day), (0, 24 * 60)) for day in range(length)]
        drafts = author.write({BROKEN: covered, **held})
        reported = self._at(max(day for day in author.days if day < today), 15 * 60 + 40)
        self._close(shut, reported)
        bookings = self._book(drafts)
        self._stamp(drafts)
        return drafts, bookings

    def _at(self, day: date, minute: int) -> datetime:
        return at_minute(day, minute, self.zone)

    def _span(self, draft: Draft, time: Minutes) -> Span:
        return Span(self._at(draft.day, time[0]), self._at(draft.day, time[1]))

    def _close(self, span: Span, now: datetime) -> None:
        space = self.spaces[BROKEN]
        closure = Closure(
            space_id=space.id, start=span.start, end=span.end, created_at=now,
            reason_sv=REASONS[0], reason_en=REASONS[1],
        )  # fmt: skip
        self.session.add(closure)
        self.session.flush()
        self.session.add_all(
            Allocation(space_id=space.id, start=part.start, end=part.end, closure_id=closure.id)
            for part in span.by_local_day(self.zone)
        )

    def _book(self, drafts: Sequence[Draft]) -> Sequence[Booking]:
        bookings = [self._booking(draft) for draft in drafts]
        self.session.add_all(bookings)
        self.session.flush()
        self.session.add_all(
            Allocation(space_id=space_id, start=part.start, end=part.end, booking_id=booking.id)
            for booking in bookings
            if not booking.cancelled
            for space_id in sorted(self.places[booking.space_id].takes)
            for part in booking.span.by_local_day(self.zone)
        )
        history: list[BookingHistory] = []
        for draft, booking in zip(drafts, bookings, strict=True):
            history += self._history(draft, booking)
        history.sort(key=lambda row: (row.at, row.booking_id))
        self.session.add_all(history)
        self.session.flush()
        return bookings

    def _booking(self, draft: Draft) -> Booking:
        span = self._span(draft, draft.time)
        changes = int(draft.changed is not None)
        member = self.members[draft.member]
        return Booking(
            uid=str(uuid.UUID(int=self.rng.getrandbits(128), version=4)), member_id=member.id,
            organisation_id=member.organisation_id, space_id=self.spaces[draft.spot].id, start=span.start,
            end=span.end, title=draft.title,
            public=member.visible and not draft.private,
            state="cancelled" if draft.cancelled else "requested" if draft.answer_by else "confirmed",
            answer_by=draft.answer_by,
            sequence=changes, revision=changes, created_at=draft.made, changed_at=draft.changed or draft.made,
        )  # fmt: skip

    def _history(self, draft: Draft, booking: Booking) -> list[BookingHistory]:
        span = self._span(draft, draft.old or draft.time)
        first: dict[str, Any] = {
            "space": booking.space_id, "start": span.start.isoformat(), "end": span.end.isoformat(),
            "title": booking.title, "public": booking.public, "state": "requested" if draft.answer_by else "confirmed",
            "people": None, "layout": None,
        }  # fmt: skip
        rows = [self._row(booking, draft.member, draft.made, "reserved", None, first)]
        if draft.changed:
            start, end = booking.start.isoformat(), booking.end.isoformat()
            last = first | {"start": start, "end": end, "state": booking.state}
            after = {name: value for name, value in last.items() if value != first[name]}
            before = {name: first[name] for name in after}
            action = "cancelled" if draft.cancelled else "moved"
            rows.append(self._row(booking, draft.changer, draft.changed, action, before, after))
        return rows

    def _row(
        self, booking: Booking, actor: int, at: datetime, action: str, before: dict[str, Any] | None,
        after: dict[str, Any],
    ) -> BookingHistory:  # fmt: skip
        member = self.members[actor]
        return BookingHistory(
            booking_id=booking.id, at=at, actor_id=member.id, actor_role=member.role,
            action=action, before=before, after=after,
        )  # fmt: skip

    def _stamp(self, drafts: Sequence[Draft]) -> None:
        """Count the changes on members and spaces, as the locks of the service do."""
        by_member: Counter[int] = Counter()
        by_space: Counter[int] = Counter({self.spaces[BROKEN].id: 1})
        for draft in drafts:
            changes = 2 if draft.changed else 1
            by_member[draft.member] += changes
            by_space.update(dict.fromkeys(self.places[self.spaces[draft.spot].id].touches, changes))
        for index, count in by_member.items():
            self.members[index].bookings_revision = count
        for space in self.spaces.values():
            space.revision = by_space[space.id]
        self.session.flush()
