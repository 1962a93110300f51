"""A programme as spreadsheets have it: read line by line with a reason for what is wrong, and written the same way.

One line a session. A line is the session whose number it carries, else the one of that title on that day; so the same
file twice changes nothing. Columns that a file does not have leave what there is as it is.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from innovation_station.errors import DomainError, Refusal, Refused
from innovation_station.events import rules
from innovation_station.events.models import Session, Speaker
from innovation_station.events.queries import Whole
from innovation_station.events.rules import Item
from innovation_station.forms import parse_date, parse_time
from innovation_station.members.csv_lines import encoding
from innovation_station.sharing.rules import harmless
from innovation_station.spaces.rules import Place
from innovation_station.text import fits_a_line
from innovation_station.timespan import Span

LARGEST_FILE = 64 * 1024  # it travels in a form once more, where every letter may be three
COLUMNS = (
    "number", "date", "start", "end", "title_sv", "title_en", "kind", "place", "elsewhere", "layout", "people", "setup",
    "clearing", "track", "about_sv", "about_en", "speakers",
)  # fmt: skip
_NAMES = dict(zip(COLUMNS, COLUMNS, strict=True)) | {
    "id": "number", "nummer": "number", "datum": "date", "dag": "date", "day": "date", "från": "start", "from": "start",
    "börjar": "start", "till": "end", "to": "end", "slutar": "end", "titel": "title_sv", "title": "title_en",
    "rubrik": "title_sv", "sort": "kind", "typ": "kind", "type": "kind", "plats": "place", "lokal": "place",
    "room": "place", "rum": "place", "annan plats": "elsewhere", "möblering": "layout", "antal": "people",
    "förberedelse": "setup", "efterarbete": "clearing", "spår": "track", "beskrivning": "about_sv",
    "description": "about_en", "medverkande": "speakers",
}  # fmt: skip
_KINDS = {
    "huvudtal": "keynote", "föredrag": "talk", "föreläsning": "talk", "tal": "talk", "panel": "panel",
    "workshop": "workshop", "paus": "break", "lunch": "break", "fika": "break", "mingel": "mingle",
    "invigning": "inauguration",
} | {kind: kind for kind in rules.KINDS}  # fmt: skip
_ROLES = {"moderator": "moderator", "panellist": "panellist", "paneldeltagare": "panellist", "speaker": "speaker",
          "talare": "speaker"}  # fmt: skip
_ONE_LINE = {
    "title_sv": rules.TITLE_LONGEST, "title_en": rules.TITLE_LONGEST, "elsewhere": rules.NAME_LONGEST,
    "track": rules.TRACK_LONGEST,
}  # fmt: skip
NEEDED = {"date", "start", "end"}


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody in a session; `what` and `where` are empty where the line does not say."""

    name: str
    what: str = ""
    where: str = ""
    role: str = "speaker"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its number, what it says by column, and why it cannot be taken in."""

    number: int
    said: Mapping[str, Any]
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """What a line comes to: the session it makes or changes (`was` is None for a new one) and who is in it.

    A new one has an id below 0. `people` is None where the file does not say.
    """

    line: Line
    item: Item
    was: Session | None
    texts: Mapping[str, Any]
    people: tuple[Who, ...] | None
    same: bool = False


def read(data: bytes, zone: ZoneInfo, places: Mapping[int, Place]) -> list[Line]:
    """Read the lines of a file in order. Raises Refused where it is no table of sessions, or too long."""
    if len(data) > LARGEST_FILE:
        raise Refused([Refusal("file-long", "file", {"most": rules.MOST_SESSIONS})])
    text = unicodedata.normalize("NFC", data.decode(encoding_of(data), "replace")).lstrip("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        columns = [_NAMES.get(cell.strip().casefold(), "") for cell in next(rows)]
        if not set(columns) >= NEEDED or not {"title_sv", "title_en"} & set(columns):
            raise Refused([Refusal("programme-columns", "file")])
        found: list[Line] = []
        number = rows.line_num + 1
        for cells in rows:
            given = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
            if any(given.values()):
                found.append(_line(number, given, zone, places))
            number = rows.line_num + 1
    except (csv.Error, StopIteration):
        raise Refused([Refusal("programme-columns", "file")]) from None
    if len(found) > rules.MOST_SESSIONS:
        raise Refused([Refusal("file-long", "file", {"most": rules.MOST_SESSIONS})])
    return found


def encoding_of(data: bytes) -> str:
    """Find how a file is written."""
    return encoding(io.BytesIO(data))


def _line(number: int, given: Mapping[str, str], zone: ZoneInfo, places: Mapping[int, Place]) -> Line:
    wrong: list[Refusal] = []
    said: dict[str, Any] = {name: _unmarked(text) for name, text in given.items()}
    _read_span(said, zone, wrong)
    for name, longest in _ONE_LINE.items():
        if len(said.get(name, "")) > longest or not fits_a_line(said.get(name, "")):
            wrong.append(Refusal("event-text-long", name, {"longest": longest}))
    wrong += [
        Refusal("event-text-long", name, {"longest": rules.BODY_LONGEST})
        for name in ("about_sv", "about_en")
        if len(said.get(name, "")) > rules.BODY_LONGEST
    ]
    if not any(said.get(name) for name in ("title_sv", "title_en")):
        wrong.append(Refusal("event-nameless", "title_sv"))
    if "kind" in said:
        said["kind"] = _KINDS.get(said["kind"].casefold() or "talk", "")
        if not said["kind"]:
            wrong.append(Refusal("event-choice", "kind"))
    for name in ("number", "people", "setup", "clearing"):
        _read_count(said, name, wrong)
    _read_place(said, places, wrong)
    if "speakers" in said:
        said["speakers"] = tuple(_who(part, wrong) for part in said["speakers"].split(";") if part.strip())
    return Line(number, said, tuple(wrong))


def _unmarked(text: str) -> str:
    """Take off the mark by which a cell was kept from being a formula."""
    return text[1:] if text.startswith("'") and harmless(text[1:]) != text[1:] else text


def _read_span(said: dict[str, Any], zone: ZoneInfo, wrong: list[Refusal]) -> None:
    day = parse_date(said["date"])
    clocks = [parse_time(said[name].zfill(5) if len(said[name]) == 4 else said[name]) for name in ("start", "end")]
    if day is None:
        wrong.append(Refusal("date-malformed", "date"))
    if None in clocks:
        wrong.append(Refusal("time-malformed", "start"))
    if day is None or clocks[0] is None or clocks[1] is None:
        return
    try:
        said["day"], said["span"] = day, rules.local_span(day, clocks[0], day, clocks[1], zone)
    except DomainError as error:
        wrong += error.refusals


def _read_count(said: dict[str, Any], name: str, wrong: list[Refusal]) -> None:
    if not said.get(name):
        if name in said:
            said[name] = None
        return
    most = rules.MOST_BUFFER if name in ("setup", "clearing") else 99_999
    text = said[name]
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and (name == "number" or int(text) <= most)):
        wrong.append(Refusal("number-malformed", name))
        said[name] = None
        return
    said[name] = int(text)


def _read_place(said: dict[str, Any], places: Mapping[int, Place], wrong: list[Refusal]) -> None:
    if "place" not in said:
        return
    name = said["place"].casefold()
    found = [place.id for place in places.values() if place.name.casefold() == name]
    if name and len(found) != 1:
        wrong.append(Refusal("space-unknown", "place"))
    said["place"] = found[0] if name and len(found) == 1 else None


def _who(text: str, wrong: list[Refusal]) -> Who:
    text, role = text.strip(), "speaker"
    if text.endswith(")") and (known := _ROLES.get(text[:-1].rpartition("(")[2].strip().casefold())):
        text, role = text.rpartition("(")[0].strip(), known
    name, *rest = (part.strip() for part in text.split(",", 2))
    what, where = (rest[0], rest[1]) if len(rest) == 2 else ("", rest[0] if rest else "")
    if not name:
        wrong.append(Refusal("speaker-nameless", "speakers"))
    if any(len(part) > rules.NAME_LONGEST or not fits_a_line(part) for part in (name, what, where)):
        wrong.append(Refusal("event-text-long", "speakers", {"longest": rules.NAME_LONGEST}))
    return Who(name, what, where, role)


# -- what it comes to --------------------------------------------------------------------------------------------------


def compared(lines: Sequence[Line], whole: Whole, zone: ZoneInfo) -> list[Piece]:
    """Find for each line the session that it is, and what it would be; no session is two lines."""
    free = {row.id: row for row in whole.sessions}
    found: dict[int, Session] = {}
    for at, line in enumerate(lines):
        if (number := line.said.get("number")) in free:
            found[at] = free.pop(number)
    for at, line in enumerate(lines):
        row = None if at in found else _like(line, list(free.values()), zone)
        if row is not None:
            found[at] = free.pop(row.id)
    items = {item.id: item for item in whole.programme.items}
    return [_piece(-at - 1, line, found.get(at), items, whole) for at, line in enumerate(lines)]


def _like(line: Line, rows: Sequence[Session], zone: ZoneInfo) -> Session | None:
    """Find the session of that title on that day, the nearest in time where there are more."""
    span: Span | None = line.said.get("span")
    if span is None:
        return None
    titles = {line.said.get(name, "").casefold() for name in ("title_sv", "title_en")} - {""}
    like = [
        row
        for row in rows
        if titles & {title.casefold() for title in row.titles} and row.start.astimezone(zone).date() == line.said["day"]
    ]  # fmt: skip
    return min(like, key=lambda row: abs(row.start - span.start), default=None)


def _piece(
    new_id: int, line: Line, was: Session | None, items: Mapping[int, Item], whole: Whole
) -> Piece:  # fmt: skip
    said = line.said
    before = items[was.id] if was else Item(new_id, "talk", ("", ""), said.get("span") or whole.event.span)
    item = replace(
        before, span=said.get("span") or before.span, kind=said.get("kind", before.kind) or "talk",
        titles=(said.get("title_sv", before.titles[0]), said.get("title_en", before.titles[1])),
        space_id=said.get("place", before.space_id), layout=said.get("layout", before.layout or "") or None,
        people=said.get("people", before.people) or None, setup=said.get("setup", before.setup) or 0,
        clearing=said.get("clearing", before.clearing) or 0,
    )  # fmt: skip
    named = ("about_sv", "about_en", "track", "elsewhere")
    texts = {name: said.get(name, getattr(was, name) if was else "") for name in named}
    people = said.get("speakers")
    same = was is not None and item == before and all(getattr(was, name) == text for name, text in texts.items())
    return Piece(line, item, was, texts, people, same and _same_people(people, was, whole))


def _same_people(people: Sequence[Who] | None, was: Session | None, whole: Whole) -> bool:
    if people is None or was is None:
        return True
    parts = {part.speaker_id: part.role for part in whole.parts.get(was.id, ())}
    known = {row.name.casefold(): row for row in whole.speakers.values()}
    rows = [(known.get(one.name.casefold()), one) for one in people]
    return len(rows) == len(parts) and all(
        row is not None and parts.get(row.id) == one.role and not differs(row, one) for row, one in rows
    )


def differs(row: Speaker, one: Who) -> bool:
    """Tell whether a line says more or else of a person than is known."""
    return bool((one.what and one.what != row.title) or (one.where and one.where != row.affiliation))


# -- written -----------------------------------------------------------------------------------------------------------


def written(whole: Whole, places: Mapping[int, Place], zone: ZoneInfo) -> str:
    """Write a programme as a file that can be read again; an empty one has its columns and a line to write over."""
    table = io.StringIO()
    pen = csv.writer(table, delimiter=";", lineterminator="\r\n")
    pen.writerow(COLUMNS)
    rows = [_row(row, whole, places, zone) for row in whole.sessions] or [_example(whole, zone)]
    for row in rows:
        pen.writerow([harmless(str(row.get(name, ""))) for name in COLUMNS])
    return "\ufeff" + table.getvalue()


def _row(row: Session, whole: Whole, places: Mapping[int, Place], zone: ZoneInfo) -> dict[str, Any]:
    start, end = row.start.astimezone(zone), row.end.astimezone(zone)
    place = places.get(row.space_id or 0)
    people = [(whole.speakers[part.speaker_id], part.role) for part in whole.parts.get(row.id, ())]
    return {
        "number": row.id, "date": f"{start:%Y-%m-%d}", "start": f"{start:%H:%M}",
        "end": "24:00" if end.date() > start.date() else f"{end:%H:%M}", "title_sv": row.title_sv,
        "title_en": row.title_en, "kind": row.kind, "elsewhere": row.elsewhere, "layout": row.layout or "",
        "place": place.name if place else "", "people": row.people or "",
        "setup": row.setup or "", "clearing": row.clearing or "", "track": row.track, "about_sv": row.about_sv,
        "about_en": row.about_en, "speakers": "; ".join(_written(*pair) for pair in people),
    }  # fmt: skip


def _written(row: Speaker, role: str) -> str:
    said = [row.name, row.title, row.affiliation] if row.title else [row.name, row.affiliation]
    said = said[:1] if not any(said[1:]) else said
    plain = ", ".join(text.replace(";", " ") for text in said)
    return plain + (f" ({role})" if role != "speaker" else "")


def _example(whole: Whole, zone: ZoneInfo) -> dict[str, Any]:
    start = whole.event.start.astimezone(zone)
    return {
        "date": f"{start:%Y-%m-%d}", "start": "09:00", "end": "10:00", "title_sv": "Välkommen", "title_en": "Welcome",
        "kind": "talk", "speakers": "Kim Alm, Professor, Högskolan; Robin Ek, Kommunen (moderator)",
    }  # fmt: skip
