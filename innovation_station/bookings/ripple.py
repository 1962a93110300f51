"""Whom it hits when something takes places, and where each of them could be instead. Pure.

Whatever takes places from those who have booked them (an event, a closure, other opening hours, a place that goes)
lists them here, in one way: each booking with the place most like its own that would be granted then, and what nobody
can decide about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from innovation_station.bookings.rules import KEPT_START, Held, Moment, Wish, alike, refusals
from innovation_station.errors import Refusal
from innovation_station.spaces.rules import Place
from innovation_station.timespan import Span

MOVE, CANCEL, KEEP = "move", "cancel", "keep"
CHOICES = (MOVE, CANCEL)


@dataclass(frozen=True, slots=True)
class Hit:
    """A booking that stands in the way, and the place that it could have instead, None where there is none."""

    booking_id: int
    revision: int
    place: Place
    span: Span
    people: int | None
    layout: str | None
    member_id: int
    who: str
    title: str
    instead: Place | None = None


@dataclass(frozen=True, slots=True)
class Ripple:
    """Whom something hits. `walls` are what nobody can decide about here; `kept_for` counts the places that are kept
    for members who wait, who lose them. `over` are bookings that are over and only being cleared after: nobody can
    decide about them, and what closes goes round them."""

    hits: tuple[Hit, ...] = ()
    walls: tuple[Refusal, ...] = ()
    kept_for: int = 0
    over: frozenset[int] = frozenset()


def equivalents(
    hits: Sequence[Hit], places: Mapping[int, Place], taken: Sequence[Held], moment: Moment,
    own: Mapping[int, Sequence[tuple[Held, str]]],
) -> list[Hit]:  # fmt: skip
    """Find for each booking that is hit the place most like its own that would be granted, no place twice at a time.

    `taken` is what takes any place then, with what is about to be taken and without what is about to be left; `own` are
    each member's bookings, with the kinds of their places. Same kind first, then zone, kit and size. One that runs
    keeps its start, as when it is moved.
    """
    held: dict[int, list[Held]] = {}
    for one in taken:
        held.setdefault(one.space_id, []).append(one)
    found = []
    for hit in sorted(hits, key=lambda one: (one.span, one.booking_id)):
        others = [pair for pair in own.get(hit.member_id, ()) if pair[0].booking_id != hit.booking_id]
        instead = None
        for place in alike(hit.place, places.values()):
            asked = hit.layout if place.layout(hit.layout) else None
            wish = Wish(place, hit.span, hit.people, asked)
            meets = sorted((one for leaf in place.takes for one in held.get(leaf, ())), key=lambda one: one.span)
            refused = refusals(wish, moment, meets, others)
            if hit.span.start <= moment.now:
                refused = [one for one in refused if (one.code, one.field) not in KEPT_START]
            if not refused:
                instead = place
                for leaf in place.takes:
                    held.setdefault(leaf, []).append(Held(leaf, wish.padded, hit.booking_id, hit.member_id))
                break
        found.append(replace(hit, instead=instead))
    return found


def undecided(hits: Iterable[Hit], choices: Mapping[int, str], among: Sequence[str] = CHOICES) -> list[Hit]:
    """List those of whom nothing was said that can be done."""
    return [
        hit for hit in hits
        if (choice := choices.get(hit.booking_id)) not in among or (choice == MOVE and hit.instead is None)
    ]  # fmt: skip


def written(ripple: Ripple) -> list[object]:
    """Write down all that was shown, for a token: where that changes, it is another ripple."""
    return [
        [(hit.booking_id, hit.revision, hit.place.id, hit.instead.id if hit.instead else None) for hit in ripple.hits],
        [(wall.code, sorted(str(value) for value in wall.values.values())) for wall in ripple.walls],
        ripple.kept_for,
    ]
