"""What the tests of sharing have in common: who lets whom, and bookings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.directory.models import Colleagues
from innovation_station.errors import DomainError
from innovation_station.members import service as members
from innovation_station.members.models import Member
from innovation_station.members.rules import Person
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from innovation_station.sharing import service
from innovation_station.timespan import Span
from tests.conftest import NOW, PASSWORD, TUESDAY, ZONE, Small, at

MORNING = at(TUESDAY, "08:00", "12:00")
AFTERNOON = at(TUESDAY, "13:00", "15:00")


@pytest.fixture
def small(request: pytest.FixtureRequest, app: Flask) -> Small:
    """Give the ids of the small house, whose people may become more."""
    known: Small = request.node.small
    return replace(known, people=dict(known.people))


def member(small: Small, who: str) -> Member:
    return db.session.get_one(Member, small.people[who])


def person(small: Small, who: str) -> Person:
    found = member(small, who)
    return Person(found.id, found.role, found.name, found.email, found.visible)


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [refusal.code for refusal in error.value.refusals]


def befriend(small: Small, one: str, other: str, state: str = "accepted") -> None:
    low, high = sorted((small.people[one], small.people[other]))
    with transaction() as session:
        session.add(Colleagues(low_id=low, high_id=high, asked_by=low, state=state, changed_at=NOW))


def school(small: Small, *who: str) -> int:
    """Make an organisation of some members."""
    with transaction():
        row = organisations.create(Particulars(("Skolan", "The School"), "university"), actor=None)
        for name in who:
            organisations.join(small.people[name], row.id, actor=None)
        return row.id


def allow(small: Small, who: str, *, organisation: bool = False, colleagues: bool = False) -> None:
    with transaction():
        service.allow(small.people[who], organisation=organisation, colleagues=colleagues, now=NOW)


def friends(small: Small) -> None:
    """Make Alva and Bo colleagues, and let each book for the other."""
    befriend(small, "alva", "bo")
    for who in ("alva", "bo"):
        allow(small, who, colleagues=True)


def reserve(
    small: Small, who: str = "alva", space: int | None = None, span: Span = AFTERNOON, **more: Any
) -> Booking:  # fmt: skip
    with transaction():
        return bookings.reserve(member(small, who), space or small.room, span, now=NOW, zone=ZONE, **more)


def newcomer(small: Small, name: str, role: str = "member") -> int:
    """Make another member, known by the first name in small letters."""
    email = f"{name.split()[0].lower()}@example.org"
    with transaction():
        found = members.create_member(email=email, name=name, role=role, password=PASSWORD, now=NOW)
    small.people[name.split()[0].lower()] = found.id
    return found.id
