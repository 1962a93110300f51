"""Markup with holes: drawn once for all places whose day looks the same, filled for each with what is its own.

Of many places nothing is booked, others are taken all day, and what is left differs by names more than by hours. So a
page draws the day of a place that has holes where its texts go, and cuts a stencil from that; a place with the same
hours fills it, which costs a tenth of drawing. Nothing that people wrote is ever looked for holes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from innovation_station.bookings.day import Stretch
from innovation_station.bookings.rows import Line

_EDGE = "\0"  # stands on both sides of a hole's number, and in no text of ours
_OF_PLACE = 8  # a place's id and the texts of its Line; after them come two of each stretch, who has it and its number


class Hole(int):
    """The number of something, left open: it is written as a hole wherever it goes."""

    def __init__(self, number: int) -> None:
        self.written = f"{_EDGE}{number}{_EDGE}"

    def __format__(self, form: str) -> str:
        return self.written


class Stencil:
    """One drawing with its holes cut out."""

    def __init__(self, drawn: str) -> None:
        parts: list[Any] = drawn.split(_EDGE)
        self._texts = tuple(parts[::2])
        parts[::2], parts[1::2] = range(-len(self._texts), 0), map(int, parts[1::2])
        self._in_order = itemgetter(*parts)  # of the values by their number, of the texts from behind

    def fill(self, values: tuple[str, ...]) -> str:
        """Put in what `values` has for each hole."""
        return "".join(self._in_order(values + self._texts))


Cells = Sequence[tuple[int, str]]


def row(draw: Callable[[Line, Cells], str], line: Line, cells: Cells) -> Stencil | None:
    """Cut a row of cells; None where two of them begin in one quarter, since their texts tell which comes first."""
    return Stencil(draw(line, cells)) if len({s for s, _cell in cells}) == len(cells) else None


def open_line(line: Line) -> Line:
    """Give a place of the same kind that has holes instead of texts."""
    return _open_line(line.kind, line.room)


@lru_cache(maxsize=16)
def _open_line(kind: str, room: bool) -> Line:
    return Line(Hole(0), kind, room, *(f"{Hole(number)}" for number in range(1, _OF_PLACE)))


def open_held(held: Iterable[Stretch]) -> list[Stretch]:
    """Give what takes a place with holes instead of who has it and of what leads there."""
    found = []
    for index, (start, end, state, _who, booking_id, here, lane, closure_id) in enumerate(held):
        who, number = _holes(index)
        found.append(Stretch(start, end, state, who, booking_id and number, here, lane, closure_id and number))
    return found


@lru_cache(maxsize=64)
def _holes(index: int) -> tuple[Markup, Hole]:
    first = _OF_PLACE + 2 * index
    return Markup(f"{Hole(first)}"), Hole(first + 1)  # noqa: S704  a hole


def look(held: Iterable[Stretch]) -> Hashable:
    """Name what can be seen of stretches but for what goes into the holes: the same look, the same stencil."""
    return tuple([
        (start, end, state, booking_id is None, here, lane, closure_id is None)
        for start, end, state, _who, booking_id, here, lane, closure_id in held
    ])  # fmt: skip


def values(line: Line, held: Sequence[Stretch]) -> tuple[str, ...]:
    """Give what goes into the holes for a place and what takes it."""
    id_, _kind, _room, *texts = line
    found = [str(id_), *texts]
    for _start, _end, _state, who, booking_id, _here, _lane, closure_id in held:
        found += who, str(booking_id or closure_id)
    return tuple(found)
