"""Who asks, and how the house stands: the one read that every request of a member begins with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from innovation_station.db import at_once
from innovation_station.members import needs, viewing
from innovation_station.members.queries import BOOKINGS_REVISION, person_of, token_hash
from innovation_station.members.rules import Person
from innovation_station.notices.queries import UNREAD
from innovation_station.spaces.queries import HOUSE_REVISION, SPACES_REVISION

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_FOUND = "station.visit"
_VISIT = person_of(HOUSE_REVISION, SPACES_REVISION, BOOKINGS_REVISION, UNREAD, needs.NEEDS_OF_MEMBER, viewing.VIEWED)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, the revisions of the house and of all its spaces (see `spaces.queries.revisions`), that of what the
    member has booked, unread notices, and needs that are for this member's own pages alone (see `members.needs`).
    `viewed` is the member as whom staff see the house just now (see `members.viewing`), None nearly always."""

    person: Person
    revisions: tuple[int, int]
    booked: int
    unread: int
    needs: frozenset[str] = field(repr=False)
    viewed: int | None = None


def keep(environ: WSGIEnvironment, token: str, visit: Visit) -> None:
    """Leave what a layer before the framework has found to the rest of the request."""
    environ[_FOUND] = token, visit


def found(environ: WSGIEnvironment, token: str) -> Visit | None:
    """Give what was left for this very token, None where nothing was."""
    known, visit = environ.get(_FOUND, ("", None))
    return visit if known == token else None


def find(token: str, now: datetime) -> Visit | None:
    """Find the living login session of a cookie's token; None where it has ended or its member is disabled."""
    row = at_once(_VISIT, {"token_hash": token_hash(token), "now": now})
    if row is None:
        return None
    *person, house, spaces, booked, unread, needed, viewed = tuple(row)
    return Visit(Person(*person), (house, spaces), booked, unread, needs.read(needed), viewed)
