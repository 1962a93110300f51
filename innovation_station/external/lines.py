"""From bytes to components: the lines of an iCalendar file, unfolded, in the nesting in which they stand. Pure.

Hostile or broken files are the normal case. What spoils one event spoils that event; what makes the whole untrue (a
page instead of a calendar, a file that breaks off) refuses the whole, because what a file no longer has is given free.
"""

from __future__ import annotations

import codecs
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase

from innovation_station.errors import Refusal, Refused

MOST_LINES = 400_000
MOST_EVENTS = 10_000
MOST_PROBLEMS = 200
DEEPEST = 6  # VCALENDAR > VEVENT > VALARM is three, VTIMEZONE > STANDARD too
LONGEST_VALUE = 60_000  # of a line that is read: two thousand dates in one
LONGEST_TEXT = 4_000  # of what an event says of itself
LONGEST_WORD = 80  # of what is shown of a file in a problem
LONGEST_UID = 255  # bytes: what others have to bear at least (RFC 7986, 5.3); it is told with each time and problem

# What a reader of busy times needs; the rest is never looked at, whatever it is.
_EVENT = frozenset(
    (
        "UID", "RECURRENCE-ID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE",
        "EXRULE", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "SUMMARY",
    )
)  # fmt: skip
_TEXTS = frozenset(["LOCATION", "DESCRIPTION", "URL"])  # of an event, for who takes it in and not its time alone
_OBSERVANCE = frozenset(["DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"])
_WANTED: Mapping[str, frozenset[str]] = {
    "VCALENDAR": frozenset(["METHOD", "NAME", "X-WR-CALNAME", "X-WR-TIMEZONE"]),
    "VEVENT": _EVENT,
    "VTIMEZONE": frozenset({"TZID"}),
    "STANDARD": _OBSERVANCE,
    "DAYLIGHT": _OBSERVANCE,
    "VFREEBUSY": frozenset({"FREEBUSY"}),
}
_WANTED_WITH_TEXTS = {**_WANTED, "VEVENT": _EVENT | _TEXTS}
_WORDS = frozenset(["SUMMARY", "NAME", "X-WR-CALNAME", *_TEXTS])
_PARAMETERS = ("VALUE", "TZID", "RANGE", "FBTYPE")  # what is read of a line besides its value
_NAME = re.compile(r"[A-Za-z0-9-]{1,40}")
_CAPITALS = str.maketrans(ascii_lowercase, ascii_uppercase)  # no others: of some letters Windows has only the small one
_LINE_END = re.compile(r"\r\n|\n|\r")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read, and why; `line` counts from one, `text` is what the file says, `uid` whose event it is.

    A `note` is no more than that: the event it stands in is read.
    """

    line: int
    code: str
    uid: str = ""
    text: str = ""
    note: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One property: its name and parameter names in capitals."""

    name: str
    parameters: Mapping[str, str]
    value: str
    number: int

    @property
    def word(self) -> str:
        """Give the value as it may be shown."""
        return shown(self.value)


@dataclass(slots=True)
class Component:
    """What stands between BEGIN and END. `broken` are lines that should have said something and cannot be read."""

    name: str
    number: int
    lines: list[Line] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)
    broken: list[Line] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        """List the properties of a name."""
        return [line for line in self.lines if line.name == name]

    def first(self, name: str) -> Line | None:
        """Give the first property of a name."""
        return next((line for line in self.lines if line.name == name), None)

    @property
    def own_uid(self) -> str:
        """Give its UID as it is told further, empty without one."""
        return next((bounded(value) for line in self.all("UID") if (value := line.value.strip())), "")

    @property
    def uid(self) -> str:
        """Give its UID, and of an event without one what tells it from the others. Free/busy lists are one for all."""
        if self.name == "VFREEBUSY":
            return "freebusy"
        start, title = self.first("DTSTART"), self.first("SUMMARY")
        made = f"{start.value if start else ''}|{title.value if title else ''}"
        return self.own_uid or f"none-{_digest(made)}"

    def says(self, name: str) -> str:
        """Give the first value of a name in capitals, empty without one."""
        line = self.first(name)
        return line.value.strip().upper() if line else ""


def bounded(uid: str) -> str:
    """Give what stands for a UID and is no longer than one may be: itself, or a digest of it."""
    return uid if len(uid.encode("utf-8", "surrogatepass")) <= LONGEST_UID else f"long-{_digest(uid)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def shown(text: str, longest: int = LONGEST_WORD) -> str:
    """Give a text of a file as it may be shown in one line: no controls, no marks that turn it, not long."""
    plain = _CONTROLS.sub(" ", text.replace("\\n", " ").replace("\\N", " ").replace("\\", "")).strip()
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,300}>")
_BREAK = re.compile(r"<(?:br|/p|/div|/li)\b[^<>]{0,20}>", re.IGNORECASE)


def text_of(value: str) -> str:
    """Give a text of a file as people wrote it, in lines: its escapes undone once, tags of HTML and controls gone."""
    plain = _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value[: 2 * LONGEST_TEXT])
    if "</" in plain or "<br" in plain.lower():
        plain = html.unescape(_TAG.sub("", _BREAK.sub("\n", plain)))
    lines = (_CONTROLS.sub(" ", line).strip() for line in plain.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:LONGEST_TEXT]


def components(data: bytes, problems: list[Problem], *, texts: bool = False) -> list[Component]:
    """Read the calendars of a file, each with its events and zones; what is wrong with a line goes to `problems`.

    With `texts` also what events say of themselves and where.

    Raises Refused: calendar-html, calendar-none, calendar-long, calendar-nested, calendar-truncated.
    """
    return _Reader(problems, texts).read(decoded(data, problems))


def stripped(data: bytes, *, words: bool = False, texts: bool = False) -> bytes:
    """Give what of a file its busy times are read from, and no more: nothing that people wrote but, with `words`,
    names, titles and what cannot be read, and with `texts` what events say of themselves.

    It is what the reader itself has used, each line where it stood, so reading it gives the same: times, and problems
    with their lines. Raises as `components`.
    """
    noted: list[Problem] = []
    text = decoded(data, noted)
    reader = _Keeper(words, texts)
    reader.read(text)
    lines = [""] * max(reader.kept)
    for number, line in reader.kept.items():
        lines[number - 1] = line
    kept = "\n".join([*lines, ""])
    if not noted:
        return kept.encode()
    # it stays a file as Windows writes them: a byte that no UTF-8 has stands after its end
    return b"\x81".join(part.encode("cp1252", "replace") for part in kept.split("\ufffd")) + b"\xff\n"


def decoded(data: bytes, problems: list[Problem]) -> str:
    """Give the text of a file: UTF-8 as it should be, UTF-16 where it says so, else what Windows writes, noted."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.append(Problem(1, "not-utf8", note=True))
        return data.decode("cp1252", "replace")


def unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Give each content line with the number of its first line in the file; CR LF, LF and CR alone all end a line."""
    pending: list[str] = []
    start = 1
    for number, line in enumerate(_lines(text), 1):
        if number > MOST_LINES:
            raise Refused([Refusal("calendar-long", "file", {"most": MOST_LINES})])
        if line[:1] in (" ", "\t") and pending:
            pending.append(line[1:])
            continue
        if pending:
            yield start, "".join(pending)
        pending, start = ([line], number) if line.strip() else ([], number)
    if pending:
        yield start, "".join(pending)


def _lines(text: str) -> Iterator[str]:
    """Give line by line what may be of nothing but ends of lines: a list of them all would be many times as large."""
    at = 0
    for end in _LINE_END.finditer(text):
        yield text[at : end.start()]
        at = end.end()
    yield text[at:]


def _first_look(text: str) -> None:
    head = text[:2000].lstrip("\ufeff \t\r\n")
    if head.startswith("<"):
        raise Refused([Refusal("calendar-html", "file")])
    if not re.match(r"BEGIN[ \t]*:[ \t]*VCALENDAR", head, re.IGNORECASE):
        raise Refused([Refusal("calendar-none", "file")])


def _named(line: str) -> str:
    found = _NAME.match(line)
    return found.group().upper() if found else ""


class _Reader:
    """Goes through the lines once, with a stack of what is open."""

    def __init__(self, problems: list[Problem], texts: bool = False) -> None:
        self.problems = problems
        self.wanted = _WANTED_WITH_TEXTS if texts else _WANTED
        self.found: list[Component] = []
        self.stack: list[Component] = []
        self.events = 0

    def read(self, text: str) -> list[Component]:
        _first_look(text)
        for number, line in unfolded(text):
            name = _named(line)
            if name in ("BEGIN", "END") and line[len(name) : len(name) + 1] == ":":
                kind = line[len(name) + 1 :].strip().translate(_CAPITALS)
                self._begin(kind, number) if name == "BEGIN" else self._end(kind, number)
            elif self.stack:
                self._line(name, line, number)
        if self.stack:
            raise Refused([Refusal("calendar-truncated", "file")])
        if not self.found:
            raise Refused([Refusal("calendar-none", "file")])
        return self.found

    def _begin(self, kind: str, number: int) -> None:
        # an event stands in a calendar and nowhere else: what is open round it was never closed
        while kind == "VEVENT" and self.stack and self.stack[-1].name != "VCALENDAR":
            self._unclosed(self._pop())
        if len(self.stack) >= DEEPEST:
            raise Refused([Refusal("calendar-nested", "file")])
        self.stack.append(Component(kind, number))

    def _end(self, kind: str, number: int) -> None:
        if kind not in [one.name for one in self.stack]:
            self.problems.append(Problem(number, "line-unreadable", text=shown(f"END:{kind}"), note=True))
            return
        while self.stack[-1].name != kind:
            self._unclosed(self._pop())
        self._close(self._pop())

    def _pop(self) -> Component:
        return self.stack.pop()

    def _close(self, done: Component) -> None:
        if not self.stack:
            if done.name == "VCALENDAR":
                self.found.append(done)
            return
        if done.name not in _WANTED:
            return
        if done.name == "VEVENT":
            self.events += 1
            if self.events > MOST_EVENTS:
                if self.events == MOST_EVENTS + 1:
                    self.problems.append(Problem(done.number, "too-many-events", text=str(MOST_EVENTS)))
                return
        self.stack[-1].parts.append(done)

    def _unclosed(self, left: Component) -> None:
        if left.name in ("VEVENT", "VFREEBUSY"):
            self.problems.append(Problem(left.number, "event-unclosed", left.uid))
        else:
            text = shown(f"BEGIN:{left.name}")
            self.problems.append(Problem(left.number, "line-unreadable", text=text, note=True))

    def _line(self, name: str, line: str, number: int) -> None:
        inside = self.stack[-1]
        wanted = self.wanted.get(inside.name)
        if wanted is None:
            return
        if not name or line[len(name) : len(name) + 1] not in (":", ";"):
            broken = next((one for one in wanted if line.upper().startswith(one)), "")
            self._broken(inside, Line(broken, {}, line, number))
        elif name in wanted:
            parsed = parse(name, line, number)
            if parsed is None:
                self._broken(inside, Line(name, {}, line, number))
            else:
                self._use(inside, parsed)

    def _use(self, inside: Component, line: Line) -> None:
        inside.lines.append(line)

    def _broken(self, inside: Component, line: Line) -> None:
        """Keep what may have said when; of a line whose name nothing hangs on, a note."""
        if line.name and line.name not in _WORDS:
            inside.broken.append(line)
        elif inside.name == "VEVENT":
            self.problems.append(Problem(line.number, "line-unreadable", text=shown(line.value), note=True))


class _Keeper(_Reader):
    """Writes down what the reader uses, as it uses it: there is no second opinion on how a file is nested."""

    def __init__(self, words: bool, texts: bool) -> None:
        super().__init__([], texts)
        self.words = words
        self.kept: dict[int, str] = {}

    def _begin(self, kind: str, number: int) -> None:
        self.kept[number] = f"BEGIN:{kind}"
        super()._begin(kind, number)

    def _end(self, kind: str, number: int) -> None:
        self.kept[number] = f"END:{kind}"
        super()._end(kind, number)

    def _pop(self) -> Component:
        """Let what an event without a UID is known by stay when its title goes."""
        done = super()._pop()
        title = done.first("SUMMARY")
        if done.name == "VEVENT" and title and not self.words and not done.own_uid:
            self.kept[title.number] = f"UID:{done.uid}"
        return done

    def _use(self, inside: Component, line: Line) -> None:
        super()._use(inside, line)
        if line.name == "UID":
            self.kept[line.number] = f"UID:{bounded(line.value.strip())}"
        elif self.words or line.name not in _WORDS:
            self.kept[line.number] = _written(line)

    def _broken(self, inside: Component, line: Line) -> None:
        super()._broken(inside, line)
        self.kept[line.number] = line.value if self.words else f"{line.name or '?'} ?"


def _written(line: Line) -> str:
    """Write a line so that `parse` reads it alike, with those of its parameters that count."""
    given = ((name, line.parameters[name]) for name in _PARAMETERS if name in line.parameters)
    parts = [f';{name}="{value}"' if '"' not in value else f";{name}={value}" for name, value in given]
    return f"{line.name}{''.join(parts)}:{line.value}"


def parse(name: str, line: str, number: int) -> Line | None:
    """Read one content line whose name is known; None where it has no such form, or is too long to be believed."""
    if len(line) > LONGEST_VALUE:
        most = 2 * LONGEST_TEXT if name in _TEXTS else LONGEST_WORD
        return None if name not in _WORDS else Line(name, {}, line.partition(":")[2][:most], number)
    parameters: dict[str, str] = {}
    at = len(name)
    while at < len(line) and line[at] == ";":
        stop = line.find("=", at)
        if stop < 0:
            return None
        key = line[at + 1 : stop].upper()
        value, at = _parameter(line, stop + 1)
        if at < 0 or not _NAME.fullmatch(key):
            return None
        parameters.setdefault(key, value)
    return Line(name, parameters, line[at + 1 :], number) if at < len(line) and line[at] == ":" else None


def _parameter(line: str, at: int) -> tuple[str, int]:
    """Read a parameter's value from a place on; give it and where it ends, -1 where it does not."""
    if line[at : at + 1] == '"':
        stop = line.find('"', at + 1)
        return (line[at + 1 : stop], stop + 1) if stop > 0 else ("", -1)
    ends = [found for found in (line.find(";", at), line.find(":", at)) if found >= 0]
    # a zone such as tzone://Microsoft/Utc has colons of its own, and some programs do not quote it
    if line.startswith("tzone://", at):
        found = line.find(":", at + len("tzone:"))
        ends = [found] if found >= 0 else []
    return (line[at : min(ends)], min(ends)) if ends else ("", -1)
