"""The places of a day or a week as staff see them, drawn, and kept in the process for the next look.

As on the Book page (see `bookings.drawings`), what is kept of a place stands under the revision of its space. Nobody in
particular reads it, so one drawing is for all of the staff.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup, escape

from innovation_station.bookings import queries as bookings
from innovation_station.bookings import stencils
from innovation_station.bookings.day import Day, Minutes, Stretch
from innovation_station.bookings.drawings import Drawn, Key, Shelf
from innovation_station.bookings.rows import Line, Pen, lines, open_cell
from innovation_station.bookings.stencils import Stencil
from innovation_station.delivery import static_url
from innovation_station.i18n import day_short, hours_short, language, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.schedule.choice import Look
from innovation_station.schedule.queries import Marked
from innovation_station.spaces.rules import House, Place
from innovation_station.timespan import Span

PATH = "/staff/schedule"
PAINTED = ("taken", "event", "closed")  # what a strip of the week tells apart
_shelf = Shelf()


class StaffPen(Pen):
    """Draws a day's rows with ways to the pages of the schedule; `step` is the least by which a booking is pulled."""

    def __init__(self, day: Day, look: Look, marks: Iterable[Marked]) -> None:
        query = f"date={day.date.isoformat()}"
        super().__init__(language(), query, query, look.window(day.window), day.now, manages=True)
        self.places, self.bookings = f"{PATH}/new/", f"{PATH}/bookings/"
        self.book, self.book_end = _("New, %(hours)s", hours="{}").split("{}")
        self.step = look.step
        self.said = {mark.booking_id: mark.what for mark in marks if mark.booking_id}
        self.words = {"waiting": str(escape(_("waits for an answer"))), "gone": str(escape(_("nobody came")))}

    def marked(self, stretch: Stretch) -> Stretch:
        """Say of what takes a place what somebody has to see to about it."""
        what = self.said.get(stretch.booking_id) if stretch.booking_id else None
        if what is None:
            return stretch
        who = Markup(f"{stretch.who} ({self.words[what]})")  # noqa: S704  both escaped
        return stretch._replace(who=who, state=f"{stretch.state} is-{what}")

    def held(self, stretch: Stretch, s: int, e: int, name: str, step: int) -> str:
        """Draw what takes a place, as `marked`: a booking and a closure lead to their pages."""
        if stretch.closure_id is not None:
            label = f"{stretch.who}, {name} {self.hours(stretch.start, stretch.end)}"
            return open_cell(s, e, "closed", f"{PATH}/closures/{stretch.closure_id}", label, stretch.who)
        return super().held(stretch, s, e, name, step)

    def moves(self, stretch: Stretch, step: int) -> str:
        """Let a script move what stands whole within the hours that are shown, and change its length."""
        first, last = (quarter * 15 for quarter in self.window)
        if stretch.start < first or stretch.end > last or "gone" in stretch.state:
            return ""
        found = super().moves(stretch, max(step, self.step))
        return f"{found} data-bends" if found else ""


def marked_head(line: Line, marks: Collection[str]) -> Line:
    """Put a sign and a word on a place's row where somebody has to see to it."""
    if not marks:
        return line
    names = {"contested": _("taken twice"), "fault": _("a fault is reported")}
    said = ", ".join(names[what] for what in names if what in marks)
    if not said:
        return line
    sign = f'<svg class="i i-s" aria-hidden="true"><use href="{static_url("icons.svg")}#i-alarm"/></svg>'
    words = f'<span class="vh">{escape(said)}</span>'
    return line._replace(head=f'<span class="odd-mark" title="{escape(said)}">{sign}{words}</span>')


def day_rows(
    day: Day, look: Look, revisions: Mapping[int, int], marks: frozenset[Marked], shown: Sequence[Place]
) -> dict[int, Drawn]:  # fmt: skip
    """Draw the row of each shown place; of what is kept nothing is read. One statement at most."""
    shown_as = language(), look.window(day.window), look.step, marks, bool(look.words)
    kept = _shelf.page((day.house, day.date, day.now, day.begins, shown_as))
    found = _known(kept, revisions, shown)
    missing = [place for place in shown if place.id not in found]
    if not missing:
        return found
    day = day.read({place.id for place in missing})
    draughtsman = Draughtsman(day, StaffPen(day, look, marks))
    named, of_space = lines(day.house, language()), _by_space(marks)
    for place in missing:
        line, held = marked_head(named[place.id], of_space.get(place.id, ())), day.of(place)
        words = _words(line, held) if look.words else ""
        drawn = Drawn(revisions.get(place.id, 0), (), "", words, "", draughtsman.row(place, line, held))
        found[place.id] = kept[place.id, None] = drawn
    return found


class Draughtsman:
    """Draws the rows of a Day that was read; one for all places that look the same (see `bookings.stencils`)."""

    def __init__(self, day: Day, pen: StaffPen) -> None:
        self.day, self.pen = day, pen
        self.patterns: dict[Hashable, Stencil | None] = {}

    def row(self, place: Place, line: Line, held: Sequence[Stretch]) -> str:
        """Draw the row of a place."""
        if self.pen.said:
            held = [self.pen.marked(stretch) for stretch in held]
        policy = place.policy
        look = (
            place.bookable, self.day.opened(place), self.day.first(place), policy.setup > 0, policy.granularity,
            stencils.look(held),
        )  # fmt: skip
        if look not in self.patterns:
            self.patterns[look] = self._pattern(place, stencils.open_line(line), stencils.open_held(held))
        pattern = self.patterns[look]
        if pattern is None:
            return self._track(line, self._cells(place, line, held))
        return pattern.fill(stencils.values(line, held))

    def _pattern(self, place: Place, line: Line, held: Sequence[Stretch]) -> Stencil | None:
        return stencils.row(self._track, line, self._cells(place, line, held))

    def _cells(self, place: Place, line: Line, held: Iterable[Stretch]) -> list[tuple[int, str]]:
        first, last = (quarter * 15 for quarter in self.pen.window)
        free = [(max(start, first), min(end, last)) for start, end in self.day.left(place)]
        opened = _within(self.day.opened(place), first, last)
        return self.pen.cells(line, free, held, opened, step=place.policy.granularity)

    def _track(self, line: Line, cells: Iterable[tuple[int, str]]) -> str:
        return self.pen.track(line, cells).replace('role="row"', f'role="row" id="row-{line.id}"', 1)


def _words(line: Line, held: Iterable[Stretch]) -> str:
    """Give what is looked through for a name."""
    return " ".join([line.name, line.zone, *[stretch.who for stretch in held]]).casefold()


def _within(opened: Minutes | None, first: int, last: int) -> Minutes | None:
    """Cut opening hours to what is shown; None where nothing of them is."""
    if opened is None:
        return None
    start, end = max(opened[0], first), min(opened[1], last)
    return (start, end) if start < end else None


def _known(kept: Mapping[Key, Drawn], revisions: Mapping[int, int], shown: Iterable[Place]) -> dict[int, Drawn]:
    return {
        place.id: drawn
        for place in shown
        if (drawn := kept.get((place.id, None))) is not None and drawn.revision == revisions.get(place.id)
    }


def _by_space(marks: Iterable[Marked]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for mark in marks:
        found.setdefault(mark.space_id, set()).add(mark.what)
    return found


# -- a week ------------------------------------------------------------------------------------------------------------


def week_rows(
    days: Sequence[Day], look: Look, revisions: Mapping[int, int], marks: frozenset[Marked], shown: Sequence[Place]
) -> dict[int, Drawn]:  # fmt: skip
    """Draw each shown place with a strip for each of some days; one statement at most."""
    house = days[0].house
    window = look.window(widest(days))
    kept = _shelf.page((house, days[0].date, "week", language(), window, marks, bool(look.words)))
    found = _known(kept, revisions, shown)
    missing = [place for place in shown if place.id not in found]
    if not missing:
        return found
    read = _read(days, house, {place.id for place in missing})
    named, of_space = lines(house, language()), _by_space(marks)
    strips = [Strips(day, window) for day in read]
    for place in missing:
        line = marked_head(named[place.id], of_space.get(place.id, ()))
        cells = "".join([one.draw(place, line) for one in strips])
        words = _words(line, [stretch for day in read for stretch in day.of(place)]) if look.words else ""
        head = f'<span role="rowheader">{line.name}{line.head}</span>'
        row = f'<div class="wk-row{line.css}" role="row">{head}{cells}</div>\n'
        drawn = Drawn(revisions.get(place.id, 0), (), "", words, "", row)
        found[place.id] = kept[place.id, None] = drawn
    return found


def _read(days: Sequence[Day], house: House, places: Collection[int]) -> list[Day]:
    """Read what takes some places on some days that follow one another; one statement."""
    wholes = [day.whole for day in days]
    among = None if len(places) == len(house.places) else places
    taken: list[dict[int, list[bookings.Taken]]] = [{} for _day in days]
    begins = [whole.start for whole in wholes]
    for row in bookings.taken(Span(wholes[0].start, wholes[-1].end), house, among):
        number = max(0, bisect_right(begins, row.start) - 1)
        while number < len(begins) and begins[number] < row.end:
            taken[number].setdefault(row.space_id, []).append(row)
            number += 1
    return [replace(day, taken=found) for day, found in zip(days, taken, strict=True)]


class Strips:
    """Draws one day of places: how each is taken, and how often; one for all that look the same."""

    def __init__(self, day: Day, window: Minutes) -> None:
        self.day, self.window = day, window
        self.patterns: dict[Hashable, Stencil] = {}

    def draw(self, place: Place, line: Line) -> str:
        """Draw the day of a place."""
        held, opened = self.day.of(place), self.day.opened(place) is not None
        look = opened, stencils.look(held)
        pattern = self.patterns.get(look)
        if pattern is None:
            drawn = self._cell(stencils.open_line(line), stencils.open_held(held), opened)
            pattern = self.patterns[look] = Stencil(drawn)
        return pattern.fill(stencils.values(line, held))

    def _cell(self, line: Line, held: Sequence[Stretch], opened: bool) -> str:
        window = self.window
        href = f"{PATH}?date={self.day.date.isoformat()}#row-{line.id}"
        hours = "; ".join([f"{hours_short(stretch.start, stretch.end)} {stretch.who}" for stretch in held])
        said = hours or (escape(_("Free")) if opened else escape(_("Closed")))
        count = sum(1 for stretch in held if stretch.booking_id or stretch.state == "event")
        paths = "".join(
            [f'<path class="is-{state}" d="{path}"/>' for state in PAINTED if (path := _strip(held, state, window))]
        )
        number = f"<b>{count}</b>" if count else ""
        return (
            f'<span role="gridcell"><a class="wk-day{"" if opened else " is-shut"}" href="{href}" '
            f'aria-label="{line.name}, {day_short(self.day.date)}: {said}" title="{said}">'
            f'<svg class="wk-strip" viewBox="0 0 {window[1] - window[0]} 1" preserveAspectRatio="none" '
            f'aria-hidden="true">{paths}</svg>{number}</a></span>'
        )


def _strip(held: Iterable[Stretch], state: str, window: Minutes) -> str:
    first, last = window
    path = ""
    for stretch in held:
        known = stretch.state if stretch.state in PAINTED else "taken"
        s, e = max(stretch.start // 15, first), min(-(-stretch.end // 15), last)
        if known == state and s < e:
            path += f"M{s - first} 0H{e - first}V1H{s - first}z"
    return path


def widest(days: Sequence[Day]) -> tuple[int, int]:
    """Give the first and the last quarter at which anything is open on some days."""
    return min(day.window[0] for day in days), max(day.window[1] for day in days)


def count_text(count: int) -> str:
    """Say how many places are shown."""
    return ngettext("%(num)d place", "%(num)d places", count)
