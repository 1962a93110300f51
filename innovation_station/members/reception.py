"""What later features do at the door: they offer newcomers more than the account, and tell staff who waits.

The feature that does says so once, with `receive_by`; without one nothing is offered and nobody is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from innovation_station.errors import Refusal, Refused
from innovation_station.members.models import Member
from innovation_station.members.rules import Actor


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that a newcomer may choose, in the reader's language. What is had `at_once` lets its people in."""

    id: int
    title: str
    text: str = ""
    price: str = ""
    at_once: bool = False


class Reception:
    """Offers nothing and tells nobody. Every function but `offers` and `wished` is for a transaction."""

    def offers(self) -> Sequence[Offer]:
        """List what newcomers may choose, in the reader's language."""
        return ()

    def wish(self, member: Member, offer_id: int, *, now: datetime) -> bool:
        """Keep what an applicant chose; tell whether it lets them in. Raises Refused for what is not offered."""
        raise Refused([Refusal("offer-gone", "offer")])

    def wished(self, member_id: int) -> Offer | None:
        """Give what an applicant chose, None where that was nothing."""
        return None

    def waits(self, member: Member, *, now: datetime) -> None:
        """Tell staff that an application waits for them."""

    def decided(self, member: Member, *, actor: Actor | None, let_in: bool, now: datetime) -> None:
        """Begin what was chosen by who is let in now, and tell staff that nobody waits any more."""


_at_the_door: list[Reception] = [Reception()]


def receive_by(reception: Reception) -> None:
    """Say who receives from now on."""
    _at_the_door[:] = [reception]


def reception() -> Reception:
    """Give who receives."""
    return _at_the_door[0]
