"""What the tests of registration share: an event with places, people with and without an account, and the outbox."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from innovation_station.db import db, transaction
from innovation_station.events import service as events
from innovation_station.events.models import Event
from innovation_station.mail.models import Mail
from innovation_station.members.rules import Person
from innovation_station.notices.models import Notice
from innovation_station.registration import jobs, queries, service
from innovation_station.registration.models import PartnerLink, Registration, Signup
from innovation_station.registration.rules import Terms
from innovation_station.registration.service import Form
from tests.conftest import NOW, TUESDAY, ZONE, at
from tests.events.conftest import Stage, stage, talk

__all__ = ["stage"]
AFTERNOON = at(TUESDAY, "13:00", "17:00")


@dataclass
class Desk:
    """Shorthand for registering in a test; `now` is its clock."""

    stage: Stage
    event: Event
    now: datetime = NOW

    def person(self, name: str) -> Person:
        """Give who is signed in."""
        row = self.stage.who(name)
        return Person(row.id, row.role, row.name, row.email, row.visible)

    def settle(self, **terms: Any) -> Signup:
        """Settle how one registers; what is left out stays."""
        known = queries.signup(self.event.id)
        sessions = terms.pop("sessions", None)
        before = known.terms if known else Terms()
        with transaction():
            return service.settle(
                self.stage.who(), self.event.id, replace(before, **terms), now=self.now, zone=ZONE, sessions=sessions
            )

    def join(self, name: str, **form: Any) -> Registration:
        """Register a member."""
        with transaction():
            return service.register(self.person(name), self.event.id, Form(**form), now=self.now, zone=ZONE)

    def guest(self, email: str, name: str = "Gina Gäst", **form: Any) -> Registration:
        """Register somebody without an account."""
        with transaction():
            return service.register_guest(name, email, self.event.id, Form(**form), now=self.now, zone=ZONE)

    def confirm(self, row: Registration) -> Registration:
        """Follow the link of the mail."""
        with transaction():
            return service.confirm(row.id, now=self.now, zone=ZONE)

    def come(self, email: str, **form: Any) -> Registration:
        """Register and confirm."""
        return self.confirm(self.guest(email, **form))

    def cancel(self, row: Registration) -> Registration:
        """Give it back."""
        with transaction():
            return service.cancel(row.id, now=self.now, zone=ZONE)

    def wait(self, **by: float) -> Desk:
        """Let time pass."""
        self.now += timedelta(**by)
        return self

    def work(self) -> None:
        """Let the worker send what is due, and look."""
        with transaction() as session:
            session.execute(update(Mail).where(Mail.due_at <= self.now).values(state="sent", ended_at=self.now))
        jobs.look(self.now)
        db.session.remove()

    def of(self, row: Registration) -> Registration:
        """Read it anew."""
        return db.session.get_one(Registration, row.id, populate_existing=True)

    def state(self, row: Registration) -> str:
        """Say where it stands."""
        return self.of(row).state

    def mails(self, email: str | None = None) -> list[dict[str, Any]]:
        """Give what waits to be sent to guests, oldest first."""
        rows = db.session.scalars(select(Mail).where(Mail.template == "registration").order_by(Mail.id))
        return [dict(row.content or {}) for row in rows if email in (None, row.receiver)]

    def news(self, email: str) -> list[str]:
        """Name what a guest is told."""
        return [mail["said"]["news"] for mail in self.mails(email)]

    def notices(self, name: str) -> list[str]:
        """Name what a member is told."""
        rows = db.session.scalars(
            select(Notice).where(Notice.member_id == self.stage.small.people[name]).order_by(Notice.id)
        )
        return [row.content["news"] for row in rows]

    def sound(self) -> Signup:
        """See that the numbers are right: as many are counted as hold a place or have one set aside."""
        db.session.expire_all()
        signup = db.session.get_one(Signup, self.event.id)
        held = select(func.count()).select_from(Registration).where(
            Registration.event_id == self.event.id, Registration.holds
        )  # fmt: skip
        aside = sum(
            row.left for row in db.session.scalars(select(PartnerLink).where(PartnerLink.event_id == self.event.id))
        )
        assert signup.taken == (db.session.scalar(held) or 0) + aside
        assert signup.capacity is None or signup.taken <= signup.capacity + signup.over
        return signup


@pytest.fixture
def desk(stage: Stage) -> Desk:
    """Give a published event in the hall with two places and a waitlist."""
    event = stage.event(AFTERNOON)
    stage.add(event, talk(TUESDAY, "13:00", "15:00", stage.small.hall))
    stage.publish(event)
    found = Desk(stage, event)
    found.settle(capacity=2)
    return found


def move(desk: Desk, days: int) -> None:
    """Move the event."""
    with transaction():
        events.carry_out(
            desk.stage.who(), desk.event.id, lambda p: p.moved(days, 0, ZONE), now=desk.now, zone=ZONE
        )  # fmt: skip
