"""What a mailing says and whom it may go to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from innovation_station.announcements.rules import KINDS as PLACES
from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor, is_staff
from innovation_station.text import too_long

KINDS = ("news", "own")
STATES = ("draft", "waiting", "leaving", "done")
WAYS = ("", "mail", "digest", "list", "none")
ROLES = ("member", "host", "admin")
SUBJECT_LONGEST, BODY_LONGEST = 150, 4000
WAIT = timedelta(minutes=10)
KEPT_FOR = timedelta(days=30)
BATCH = 500
LONGEST = 31  # days of bookings that a group is found by
TYPED_FROM = 20  # receivers from which on their number is typed before the mail is sent


@dataclass(frozen=True, slots=True)
class Group:
    """Whom a mailing is for: members of a plan, an organisation or a role, who has booked in a part of the house (kind,
    id) on some local days, and who has a place at an event; all of what is given holds of each."""

    plan: int | None = None
    organisation: int | None = None
    role: str = ""
    place: tuple[str, int] | None = None
    first: date | None = None
    last: date | None = None
    event: int | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Group:
        """Read it as it is stored."""
        place, first, last = stored.get("place"), stored.get("first"), stored.get("last")
        return cls(
            stored.get("plan"), stored.get("organisation"), stored.get("role", ""),
            (str(place[0]), int(place[1])) if place else None, date.fromisoformat(first) if first else None,
            date.fromisoformat(last) if last else None, stored.get("event"),
        )  # fmt: skip

    @property
    def stored(self) -> dict[str, Any]:
        """Give it as JSON has it, without what is not given."""
        given = {
            "plan": self.plan, "organisation": self.organisation, "role": self.role,
            "place": list(self.place) if self.place else None, "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(), "event": self.event,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value}

    @property
    def by_own(self) -> bool:
        """Tell whether it is found by what people have: a booking or a registration."""
        return self.first is not None or self.event is not None

    @property
    def of_event_alone(self) -> bool:
        """Tell whether it is all who have a place at an event, guests without an account among them."""
        return self.event is not None and self == Group(event=self.event)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a mailing says, (sv, en), of which kind it is and whom it is for."""

    kind: str
    subjects: tuple[str, str]
    bodies: tuple[str, str]
    group: Group


def may_mail(actor: Actor) -> bool:
    """Tell whether somebody may write to groups: staff."""
    return is_staff(actor)


def refusals(given: Facts) -> list[Refusal]:
    """List what is wrong with a mailing."""
    found = []
    whole = [bool(subject.strip() and body.strip()) for subject, body in zip(given.subjects, given.bodies, strict=True)]
    if not any(whole):
        found.append(Refusal("mailing-empty", "subject_sv"))
    found += too_long((("subject", given.subjects, SUBJECT_LONGEST), ("body", given.bodies, BODY_LONGEST)))
    if given.kind not in KINDS:
        found.append(Refusal("event-choice", "kind"))
    return found + _group_refusals(given.group, own=given.kind == "own")


def _group_refusals(group: Group, *, own: bool) -> list[Refusal]:
    found = []
    if group.role and group.role not in ROLES:
        found.append(Refusal("event-choice", "role"))
    if group.place is not None and (group.place[0] not in PLACES or group.first is None):
        found.append(Refusal("mailing-days", "first"))
    if group.first is not None:
        last = group.last or group.first
        if last < group.first:
            found.append(Refusal("end-before-start", "last"))
        elif (last - group.first).days >= LONGEST:
            found.append(Refusal("mailing-long", "last", {"days": LONGEST}))
    if own and not group.by_own:
        found.append(Refusal("mailing-whose", "kind"))
    return found
