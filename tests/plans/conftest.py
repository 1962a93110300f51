"""A house with plans, and people who have them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask

from innovation_station.db import db, transaction
from innovation_station.members.models import Member, Organisation
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from innovation_station.plans import service
from innovation_station.plans.rules import Quota
from innovation_station.plans.service import Contents
from tests.conftest import NOW, Small

START = date(2026, 11, 1)


@dataclass
class Planned:
    """The small house with a plan for desks (ten hours a week) and one for everything; Alva has the first."""

    app: Flask
    small: Small
    desks: int = 0
    all: int = 0
    school: int = 0
    membership: int = 0

    def give(self, plan: int, who: str = "", starts: date = START, **more: Any) -> int:
        """Give a plan to a member, or with organisation_id to an organisation."""
        with self.app.app_context(), transaction():
            if who:
                more["member_id"] = self.small.people[who]
            return service.give(plan, starts=starts, now=NOW, actor=None, **more).id

    def change(self, membership: int, **days: Any) -> None:
        """Change a membership's days."""
        with self.app.app_context(), transaction():
            service.change_membership(membership, actor=None, **{"ends": None, **days})

    def plan(self, name: str, **contents: Any) -> int:
        """Make a plan."""
        with self.app.app_context(), transaction():
            return service.add_plan(Contents(names=(name, f"{name} (en)"), **contents), actor=None).id

    def share(self, *quotas: Quota) -> None:
        """Say what the school's members share."""
        with self.app.app_context(), transaction():
            service.set_shared(self.school, quotas, actor=None)

    def join(self, who: str, organisation: int | None) -> None:
        """Let a member belong to an organisation."""
        with self.app.app_context(), transaction():
            organisations.join(self.small.people[who], organisation, actor=None)

    def member(self, who: str) -> Member:
        """Give a member, in an open app context."""
        found = db.session.get(Member, self.small.people[who])
        assert found
        return found


@pytest.fixture
def planned(app: Flask, small: Small) -> Planned:
    """Give the small house with two plans and an organisation."""
    made = Planned(app, small)
    made.desks = made.plan(
        "Skrivbord", kinds=("desk",), quotas=(Quota("desk", "week", "hours", 600),), rates={"desk": 3333}, trial_days=14
    )
    made.all = made.plan("Allt", rates={"room": 20000, "desk": 1000}, vat=600)
    with app.app_context(), transaction():
        school = organisations.create(Particulars(("Skolan", "The School"), "university", cost_centre="K1"), actor=None)
        made.school = school.id
    made.membership = made.give(made.desks, "alva")
    return made


def organisation(app: Flask, name: str, **more: Any) -> Organisation:
    """Make an organisation."""
    with app.app_context(), transaction():
        return organisations.create(Particulars((name, name), "company", **more), actor=None)
