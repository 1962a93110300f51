"""Each place of a day as ready markup: its link on the plan, its item in the list, its row in the timeline.

A house of 200 places writes 3,000 texts and numbers into one page. In a template each of them costs a look-up and a
call to escape it, half of what the page cost; here what people wrote is escaped once, where it is read (`Line`,
`Stretch.who`), and the rest are numbers and words of ours. All parameters that are texts are markup already.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache, partial
from typing import NamedTuple

from markupsafe import escape

from innovation_station.bookings.choice import ROOMS, SIGNS, amenity_names, clock_of, seats_text
from innovation_station.bookings.day import Minutes, Stretch
from innovation_station.delivery import static_url
from innovation_station.i18n import gettext as _
from innovation_station.i18n import hours_in
from innovation_station.spaces.rules import AMENITIES, DAY_MINUTES, House, Language, Place

GLYPHS = {"taken": "g-person", "mine": "g-tick", "closed": "g-cross", "event": "g-flag", "not-for-me": "g-lock"}
OutOfReach = tuple[Iterable[Minutes], str]  # what is free but not for the reader, and why
MARKS = {"taken": "clock", "closed": "x", "event": "flag", "not-for-me": "lock"}  # the others have a tick


class Line(NamedTuple):
    """What is said of a place on every day; all texts are markup."""

    id: int
    kind: str
    room: bool
    name: str
    title: str
    zone: str
    seats: str
    detail: str
    css: str = ""  # of a place that is divided, or of a part
    head: str = ""  # what stands after its name in a row


@lru_cache(maxsize=32)
def lines(house: House, language: Language) -> dict[int, Line]:
    """Name each place; once for a revision of the house and the rules of a plan.

    The language must be the one that is in force.
    """
    names = amenity_names()
    return {
        place.id: _line(place, house.zone_name(place, language), names)._replace(
            css=" is-whole" if place.parts else " is-inner" if place.id in house.wholes else ""
        )
        for place in house.places.values()
    }


def _line(place: Place, zone: str, amenities: dict[str, str]) -> Line:
    seats = seats_text(place)
    detail = [zone, seats] if place.kind in ROOMS else [zone]
    detail += [amenities[amenity] for amenity in AMENITIES if amenity in place.amenities]
    title = _("Desk %(name)s", name=place.name) if place.kind == "desk" else place.name
    texts = (str(escape(text)) for text in (place.name, title, zone, seats, ", ".join(detail)))
    return Line(place.id, place.kind, place.kind in ("room", "hall"), *texts)


class Pen:
    """Draws places for one page; `query` names the day, the time and the filters, `untimed` leaves out the time.

    What ends after the minute `now` can be moved: one's own, and everybody's by who `manages` them.
    """

    def __init__(
        self, language: Language, query: str, untimed: str, window: Minutes, now: int = 0, *, manages: bool = False
    ) -> None:  # fmt: skip
        self.query, self.untimed, self.window = str(escape(query)), str(escape(untimed)), window
        self.now, self.manages = now, manages
        self.places, self.bookings = "/book/", "/bookings/"  # where a free stretch leads, and one that is booked
        self.hours = partial(hours_in, language)
        self.book, self.book_end = _("Book %(hours)s", hours="{}").split("{}")
        sprite = static_url("icons.svg")
        self.glyphs = {state: _sign("g", sprite, name) for state, name in GLYPHS.items()}
        self.phone = _sign("g", sprite, "i-phone")
        self.marks = {state: _sign("i", sprite, f"i-{name}") for state, name in MARKS.items()}
        self.tick = _sign("i", sprite, "i-check")
        self.heads = {kind: _sign("i i-s", sprite, f"i-{name}") for kind, name in SIGNS.items()}
        self.arrow = _sign("i i-s", sprite, "i-right")
        self._cells: dict[Hashable, str] = {}

    def link(self, line: Line, state: str, label: str, strip: str, *, status: str = "", dim: bool = False) -> str:
        """Draw a place on the plan. `strip` is the SVG path of what is booked, `status` stands in rooms."""
        id_, room, name, seats, css = f"{line.id}", line.room, line.name, line.seats, line.css
        if room:
            sign = self.marks.get(state, self.tick)
            inner = f'<b>{name}</b><span class="cap">{seats}</span><span class="st">{sign}{status}</span>'
        else:
            inner = f"<b>{name}{self.glyphs.get(state) or (self.phone if line.kind == 'booth' else '')}</b>"
        shape = "room" if room else "desk booth" if line.kind == "booth" else "desk"
        look = "sel" if state == "selected" else state
        path = f'<path d="{strip}"/>' if strip else ""
        return (
            f'<a id="p{id_}" class="{shape} at sp-{id_} is-{look}{css}{" is-dim" if dim else ""}" '
            f'href="/book/{id_}?{self.query}" data-sheet data-space="{id_}" data-state="{state}" '
            f'aria-label="{label}"{CURRENT if state == "selected" else ""}>{inner}'
            f'<svg class="strip" viewBox="0 0 {self.window[1] - self.window[0]} 1" preserveAspectRatio="none" '
            f'aria-hidden="true">{path}</svg></a>\n'
        )

    def item(self, line: Line, state: str, text: str) -> str:
        """Draw a place in the list."""
        id_, kind = f"{line.id}", line.kind
        return (
            f'<li id="l{id_}"><a class="li is-{state}" href="/book/{id_}?{self.query}" data-sheet '
            f'data-space="{id_}"><span class="no">{self.heads.get(kind) or line.name}</span>'
            f'<span><span class="a">{text}</span><span class="b">{line.detail}</span></span>{self.arrow}</a></li>\n'
        )

    def row(
        self, line: Line, free: Iterable[Minutes], held: Iterable[Stretch], opened: Minutes | None,
        out_of_reach: OutOfReach = ((), ""), step: int = 15,
    ) -> str:  # fmt: skip
        """Draw a place in the timeline: what is free, what takes it and, within the window, when it is closed.

        `out_of_reach` is what is free but not for the reader, and why; `step` the minutes by which the place is booked.
        """
        return self.track(line, self.cells(line, free, held, opened, out_of_reach, step))

    def track(self, line: Line, cells: Iterable[tuple[int, str]]) -> str:
        """Draw a row of cells, each given with its first quarter."""
        return (
            f'<div class="tl-row{line.css}" role="row"><span role="rowheader">{line.name}{line.head}</span>'
            f'<div class="tl-track" role="presentation" data-track="{line.id}">'
            f"{''.join([cell for _s, cell in sorted(cells)])}</div></div>\n"
        )

    def cells(
        self, line: Line, free: Iterable[Minutes], held: Iterable[Stretch], opened: Minutes | None,
        out_of_reach: OutOfReach = ((), ""), step: int = 15,
    ) -> list[tuple[int, str]]:  # fmt: skip
        """Draw the stretches of a `row`, each with its first quarter."""
        first, last = self.window
        cells = []
        for start, end in free:
            s, e = (start + 14) // 15, end // 15
            if s < e:
                cells.append((s, self._once(self._free, line.id, line.name, start, end)))
        for stretch in held:
            s, e = max(stretch.start // 15, first), min(-(-stretch.end // 15), last)
            if s < e:
                cells.append((s, self._once(self.held, stretch, s, e, line.name, step)))
        stretches, why = out_of_reach
        for start, end in stretches:
            s, e = (start + 14) // 15, end // 15
            if s < e:
                text = f"{why}, {line.name} {self.hours(start, end)}"
                cells.append((s, _shut_cell(s, e, "not-for-me", text, self.glyphs["not-for-me"])))
        opens, closes = (opened[0] // 15, -(-opened[1] // 15)) if opened else (last, last)
        for s, e in ((first, opens), (closes, last)):
            if s < e:
                cells.append((s, self._once(self._closed, line.name, s, e)))
        return cells

    def _once(self, draw: Callable[..., str], *given: Hashable) -> str:
        """Draw a cell, or give it again: the hours of a day are few, and all stencils have the same names."""
        key = draw.__name__, given
        found = self._cells.get(key)
        if found is None:
            found = self._cells[key] = draw(*given)
        return found

    def _free(self, id_: int, name: str, start: int, end: int) -> str:
        s, e = (start + 14) // 15, end // 15
        text = f"{self.book}{self.hours(start, end)}{self.book_end}"
        href = f"{self.places}{id_}?{self.untimed}&amp;from={clock_of(start)}&amp;to={clock_of(end)}"
        sheet = f' data-sheet data-space="{id_}" data-s="{s}" data-e="{e}"'
        return open_cell(s, e, "free", href, f"{text}, {name}", text, sheet)

    def _closed(self, name: str, s: int, e: int) -> str:
        text = str(escape(_("Closed %(hours)s, %(name)s", hours=self.hours(s * 15, e * 15), name="{}")))
        return _shut_cell(s, e, "closed", text.replace("{}", name), "")

    def held(self, stretch: Stretch, s: int, e: int, name: str, step: int) -> str:
        """Draw what takes a place in its row, from one quarter to another."""
        start, end, state, who, booking_id, _here, lane, _closure = stretch
        label, side = f"{who}, {name} {self.hours(start, end)}", f" ln{lane}" if lane else ""
        if state == "mine" or (self.manages and booking_id):
            moves = self.moves(stretch, step)
            return open_cell(s, e, state, f"{self.bookings}{booking_id}", label, who, moves, side)
        return _shut_cell(s, e, state, label, who, css=side)

    def moves(self, stretch: Stretch, step: int) -> str:
        """Let a script move a booking (move.js): where it was booked, and on one day, as far as one can tell."""
        start, end, _state, _who, booking_id, here, _lane, _closure = stretch
        if not here or not booking_id or start <= 0 or end >= DAY_MINUTES or end <= self.now:
            return ""
        return (
            f' data-move="{booking_id}" data-at="{start}" data-till="{end}" data-step="{step}" aria-describedby="how"'
        )


CURRENT = ' aria-current="true"'


def _sign(css: str, sprite: str, name: str) -> str:
    return f'<svg class="{css}" aria-hidden="true"><use href="{sprite}#{name}"/></svg>'


def open_cell(s: int, e: int, state: str, href: str, label: str, text: str, data: str = "", css: str = "") -> str:
    """Draw a stretch that leads somewhere, from one quarter to another."""
    return (
        f'<span class="tl-cell s{s} e{e}{css}" role="gridcell"><a class="tl-seg is-{state}" href="{href}" '
        f'aria-label="{label}"{data}><span>{text}</span></a></span>'
    )


def _shut_cell(s: int, e: int, state: str, label: str, text: str, css: str = "") -> str:
    return (
        f'<span class="tl-cell s{s} e{e}{css}" role="gridcell" aria-label="{label}" title="{label}">'
        f'<span class="tl-seg is-{state}"><span>{text}</span></span></span>'
    )
