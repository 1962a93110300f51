"""Who comes to the events of the demo house, who stands in line for them, and what they were asked.

Beside members these are invented people without an account. They registered in the days before today, and know of it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Writer

from innovation_station.demo.habits import ALVA
from innovation_station.events import queries as events
from innovation_station.events.models import Event
from innovation_station.members.models import Member
from innovation_station.registration.models import PartnerLink, Registration, Signup
from innovation_station.registration.rules import Question
from innovation_station.registration.telling import fact_of
from innovation_station.spaces.rules import at_minute

FIRST = ("Amina", "Björn", "Cecilia", "Dawit", "Elsa", "Farid", "Greta", "Hugo", "Ines", "Johan", "Kerstin", "Leyla")
LAST = ("Alm", "Berglund", "Cetin", "Dahlström", "Eriksson", "Farah", "Gran", "Holm", "Isaksson", "Jansson", "Kowalska")
FOOD = ("", "", "Vegetariskt", "", "Veganskt", "", "Utan nötter", "")
QUESTIONS = (
    Question("q1", "text", ("Organisation", "Organisation")),
    Question("q2", "diet", ("Något vi ska veta om mat?", "Anything we should know about food?")),
)
WORKSHOP = Question(
    "q1", "choice", ("Vad är ditt mål?", "What are you after?"),
    (("En idé att utveckla", "An idea to develop"), ("Nya kontakter", "New contacts"), ("Nyfiken", "Curious")),
    required=True,
)  # fmt: skip


@dataclass(frozen=True)
class Crowd:
    """How many came of each sort; `alva` is what Alva does, and `aside` the quota and the use of a partner's link."""

    capacity: int
    states: tuple[tuple[str, str, int], ...]
    alva: str = ""
    questions: tuple[Question, ...] = ()
    aside: tuple[str, int, int] | None = None
    members: int = 6


CROWDS = {
    "kickoff": Crowd(
        60, (("registered", "", 36), ("cancelled", "self", 2), ("pending", "", 1)), "registered", QUESTIONS
    ),
    "conference": Crowd(
        80, (("registered", "", 47), ("cancelled", "staff", 1)), "", QUESTIONS, ("Botkyrka kommun", 12, 4)
    ),
    "meeting": Crowd(
        24, (("registered", "", 23), ("offered", "", 1), ("cancelled", "expired", 1), ("waiting", "", 4)), "waiting"
    ),
    "workshop": Crowd(16, (("registered", "", 11),), "", (WORKSHOP,), members=3),
}  # fmt: skip


def add(session: Writer, members: Sequence[Member], today: date, zone: ZoneInfo) -> None:
    """Have people registered for each event as `CROWDS` says, in the days up to yesterday."""
    rows = session.scalars(select(Event).where(Event.state == "published").order_by(Event.start, Event.id)).all()
    person = 0
    for event in rows:
        if crowd := CROWDS.get(event.category):
            person += _fill(session, event, crowd, members, person, today, zone)


def _fill(
    session: Writer, event: Event, crowd: Crowd, members: Sequence[Member], person: int, today: date, zone: ZoneInfo
) -> int:  # fmt: skip
    made = at_minute(min(today, event.start.astimezone(zone).date()) - timedelta(days=9), 12 * 60, zone)
    signup = Signup(
        event_id=event.id, capacity=crowd.capacity, waitlist=True, answer_hours=12, guests=True, diet_days=14,
        questions=[one.written for one in crowd.questions], taken=0, over=0, line=0, revision=1, changed_at=made,
        closes=event.start - timedelta(days=1) if event.category == "kickoff" else None,
    )  # fmt: skip
    session.add(signup)
    link = _link(session, event, crowd, made)
    if link is not None:
        signup.taken = link.quota
    states = [(state, by) for state, by, count in crowd.states for _one in range(count)]
    if crowd.alva:
        places = [number for number, (state, _by) in enumerate(states) if state == crowd.alva]
        states.insert(places[0] + 1, (crowd.alva, "alva"))
    sessions = events.sessions_of([event.id]).get(event.id, [])
    for number, (state, by) in enumerate(states):
        member = (
            members[ALVA] if by == "alva" else members[2 + 3 * number % 40] if 0 < number <= crowd.members else None
        )
        at = made + timedelta(minutes=97 * number % (8 * 1440))
        if state == "pending":  # it goes when nobody confirms it for a day
            at = at_minute(today, 6 * 60, zone)
        row = _one(event, state, by if by != "alva" else "", person + number, member, at, today, zone)
        if state != "pending":
            signup.line += 1
            row.number = signup.line
        if link is not None and state == "registered" and link.used < (crowd.aside or ("", 0, 0))[2] and member is None:
            row.link_id, link.used = link.id, link.used + 1
        elif row.holds:
            signup.taken += 1
        row.answers, row.diet = _answers(crowd, person + number)
        row.knew = fact_of(row, event, sessions, ())
        session.add(row)
    session.flush()
    return len(states)


def _link(session: Writer, event: Event, crowd: Crowd, made: datetime) -> PartnerLink | None:
    if crowd.aside is None:
        return None
    name, quota, _used = crowd.aside
    token = hashlib.sha256(f"{event.uid} {name}".encode()).digest()
    row = PartnerLink(event_id=event.id, name=name, token_hash=token, quota=quota, used=0, made_at=made)
    session.add(row)
    session.flush()
    return row


def _one(
    event: Event, state: str, by: str, person: int, member: Member | None, at: datetime, today: date, zone: ZoneInfo
) -> Registration:  # fmt: skip
    first, last = FIRST[person % len(FIRST)], LAST[person * 5 % len(LAST)]
    name = member.name if member else f"{first} {last}"
    email = member.email if member else f"anmald{person + 1}@guest.example"
    ended = at + timedelta(hours=20) if state == "cancelled" else None
    tomorrow = at_minute(today + timedelta(days=1), 12 * 60, zone)
    return Registration(
        uid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event.uid}/{email}")), event_id=event.id,
        member_id=member.id if member else None, name=name, email=email, language="sv", state=state,
        holds=state in ("registered", "offered"), sequence=0, made_at=at, changed_at=ended or at,
        confirmed_at=None if state == "pending" else at, offer_until=tomorrow if state == "offered" else None,
        ended_at=ended, ended_by=by if ended else "", answers={}, diet="",
    )  # fmt: skip


def _answers(crowd: Crowd, person: int) -> tuple[dict[str, str], str]:
    given = {one.name: str(person % len(one.choices)) for one in crowd.questions if one.kind == "choice"}
    asks_food = any(one.kind == "diet" for one in crowd.questions)
    return given, FOOD[person % len(FOOD)] if asks_food else ""
