"""The places of one day, drawn, and kept in the process for the next page.

Between two pages of a day one place has changed, or none: only that is read and drawn again. What is kept of a place
stands under the revision of its space, which every change of its allocations raises, so nothing here can be stale; and
beside it, where nothing of the place is for the reader, under the reason why. A page is named by the house as the
reader's rules make it, so that nobody sees the hours of another plan.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from threading import Lock
from typing import NamedTuple

from innovation_station.bookings import stencils
from innovation_station.bookings.choice import ROOMS, Choice
from innovation_station.bookings.day import Day, Minutes, Stretch
from innovation_station.bookings.rows import Line, Pen, lines
from innovation_station.bookings.stencils import Stencil
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, minute_short
from innovation_station.spaces.rules import Place

MOST = 1500  # places that are kept, three kilobytes each, and pages, some of which have nothing to be kept
OPEN = ("free", "part")  # states in which there is something to be booked
Key = tuple[int, str | None]  # a space, and why it is not for the reader


class Drawn(NamedTuple):
    """A place on one page as everybody sees it who has nothing there: `members` are those who have."""

    revision: int
    members: tuple[int | None, ...]
    state: str
    link: str
    item: str
    row: str


class Shelf:
    """Drawings by page and place; the page that was not asked for the longest goes first. Threads may share it."""

    def __init__(self, most: int = MOST) -> None:
        self._pages: OrderedDict[Hashable, dict[Key, Drawn]] = OrderedDict()
        self._most, self._lock = most, Lock()

    def page(self, key: Hashable) -> dict[Key, Drawn]:
        """Give what is kept of a page by place and who may book it, to be filled; `key` names all else it shows."""
        with self._lock:
            page = self._pages.setdefault(key, {})
            self._pages.move_to_end(key)
            while len(self._pages) > 1 and sum(map(len, self._pages.values())) + len(self._pages) > self._most:
                self._pages.popitem(last=False)
            return page


_shelf = Shelf()


def drawings(
    day: Day, choice: Choice, revisions: Mapping[int, int], *, selected: int | None, also: Collection[int]
) -> tuple[Day, Mapping[int, Drawn]]:
    """Draw every place of a day; give the day with what had to be read for it, and the drawings by place.

    `revisions` of all spaces must have been read before. `also` are places to be read in any case, as are the
    `selected` one and those where the member has something. One statement at most.
    """
    house, me, barred = day.house, day.member_id, day.barred
    kept = _shelf.page((house, day.date, day.now, day.begins, day.sees_all, language(), choice.query()))
    found = {
        space_id: drawn
        for (space_id, bar), drawn in kept.copy().items()
        if bar == barred.get(space_id)
        and drawn.revision == revisions.get(space_id)
        and me not in drawn.members
        and space_id != selected
    }
    day = day.read({*house.places.keys() - found.keys(), *also})
    draughtsman = Draughtsman(day, choice, selected)
    for space_id, place in house.places.items():
        if space_id not in found:
            drawn = found[space_id] = draughtsman.draw(place, revisions.get(space_id, 0))
            if me not in drawn.members and space_id != selected:
                kept[space_id, barred.get(space_id)] = drawn
    return day, found


class Pattern(NamedTuple):
    """How a place looks, whichever has these hours; no `row` where its cells cannot be put in order without texts."""

    state: str
    link: Stencil
    item: Stencil
    row: Stencil | None


class Draughtsman:
    """Draws the places of a Day that were read, in the words of the reader's language."""

    def __init__(self, day: Day, choice: Choice, selected: int | None):
        self.day, self.choice, self.selected = day, choice, selected
        self.pen = Pen(
            language(), choice.query(), choice.query(start=None, end=None), day.window, day.now, manages=day.sees_all
        )  # fmt: skip
        self.lines = lines(day.house, language())
        self.words = {
            "free": _("free"), "part": _("partly free"), "taken": _("taken"), "mine": _("yours"), "closed": _("closed"),
            "event": _("event"),
        }  # fmt: skip
        self.bars = bar_words()
        self.patterns: dict[Hashable, Pattern] = {}
        self.free = _("Free"), _("Free all day"), _("Free %(times)s", times="{}")

    def draw(self, place: Place, revision: int) -> Drawn:
        """Draw a place everywhere it stands on the page."""
        day, line, policy = self.day, self.lines[place.id], place.policy
        held = day.of(place)
        look = (
            place.kind, place.bookable, day.opened(place), day.first(place), policy.setup > 0, policy.granularity,
            day.barred.get(place.id), self._dim(place), place.id == self.selected, stencils.look(held),
        )  # fmt: skip
        pattern = self.patterns.get(look)
        if pattern is None:
            pattern = self.patterns[look] = self._pattern(place, stencils.open_line(line), stencils.open_held(held))
        values = stencils.values(line, held)
        return Drawn(
            revision, tuple({row.member_id for row in day.taken.get(place.id, ())}), pattern.state,
            pattern.link.fill(values), pattern.item.fill(values),
            pattern.row.fill(values) if pattern.row else self._own_row(place, line, held),
        )  # fmt: skip

    def _own_row(self, place: Place, line: Line, held: Sequence[Stretch]) -> str:
        return self.pen.track(line, self._cells(place, line, held, self.day.free(place)))

    def _pattern(self, place: Place, line: Line, held: Sequence[Stretch]) -> Pattern:
        """Draw a place with the texts of `line` and `held`; all else that it hangs on is in the look of `draw`."""
        day, pen, state = self.day, self.pen, self.day.state(place)
        said = "; ".join([f"{pen.hours(stretch.start, stretch.end)} {stretch.who}" for stretch in held])
        word = self.bars[day.barred[place.id]] if state == "not-for-me" else self.words[state]
        label = f"{line.title}, {line.zone}, {word}"
        link = pen.link(
            line, self._shown(place, state), f"{label} ({said})" if said else label, day.strip(place),
            status=self._status(place) if line.room else "", dim=self._dim(place),
        )  # fmt: skip
        free = day.free(place)
        text = self._free_text(place, free) if state in OPEN else said or word.capitalize()
        item = self._item(place, line, state, text)
        row = stencils.row(pen.track, line, self._cells(place, line, held, free))
        return Pattern(state, Stencil(link), Stencil(item), row)

    def _cells(
        self, place: Place, line: Line, held: Iterable[Stretch], free: Iterable[Minutes]
    ) -> list[tuple[int, str]]:  # fmt: skip
        opened, out_of_reach = self.day.opened(place), self._out_of_reach(place)
        return self.pen.cells(line, free, held, opened, out_of_reach, place.policy.granularity)

    def _dim(self, place: Place) -> bool:
        return self.choice.filtered and not self.choice.shows(place)

    def _shown(self, place: Place, state: str) -> str:
        """Mark what is chosen, but never paint over that somebody has it: a script tells the member by it."""
        return "selected" if place.id == self.selected and state in OPEN else state

    def _item(self, place: Place, line: Line, state: str, text: str) -> str:
        if place.kind in ROOMS:
            text = f"{line.name}: {text}"
        return self.pen.item(line, "sel" if place.id == self.selected else state, text)

    def _out_of_reach(self, place: Place) -> tuple[list[Minutes], str]:
        """Give what is free and yet not the reader's to book, and why."""
        bar = self.day.barred.get(place.id)
        return ([], "") if bar is None else (self.day.left(place), self.bars[bar].capitalize())

    def _free_text(self, place: Place, free: list[Minutes]) -> str:
        ahead = [minutes for minutes in free if minutes[1] > self.day.asked[0]]
        if not ahead:
            return self.free[0]
        if ahead == [self.day.opened(place)]:
            return self.free[1]
        return self.free[2].replace("{}", ", ".join([self.pen.hours(*minutes) for minutes in ahead[:3]]))

    def _status(self, place: Place) -> str:
        """Say of a room until when it is free or booked: from now today, from the chosen time otherwise."""
        chosen = self.day.looked_at(place)
        if chosen is None or not place.bookable:
            return _("Not open then")
        rows = self.day.of(place)
        bar = self.day.barred.get(place.id)
        if bar and not self.day.running(place, chosen):
            return self.bars[bar].capitalize()
        if running := self.day.running(place, chosen):
            return _("Booked until %(time)s", time=minute_short(_busy_until(rows, running.end)))
        at = self.day.judged_at(chosen)
        following = min((row.start for row in rows if row.start > at), default=None)
        if following is None:
            opened = self.day.opened(place)
            return _("Free all day") if opened and at <= opened[0] else _("Free the rest of the day")
        return _("Free until %(time)s", time=minute_short(following))


def bar_words() -> dict[str, str]:
    """Say in a few words why a place is not for the reader, by the code of the refusal."""
    out, paused, ended = _("not in your membership"), _("your membership is paused"), _("your membership does not hold")
    return {
        "not-in-plan": out, "dedicated": _("somebody's own"), "no-plan": _("takes a membership"),
        "plan-paused": paused, "plan-resting": paused, "plan-ended": ended, "plan-begins": ended,
        "not-your-role": _("booked by the staff"), "too-far": _("cannot be booked yet"),
        "too-soon": _("must be booked earlier"),
    }  # fmt: skip


def _busy_until(rows: Iterable[Stretch], end: int) -> int:
    for row in rows:
        if row.start <= end < row.end:
            end = row.end
    return end
