"""Series as a service would keep them: changes applied to rows, for tests to look at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from innovation_station.series import changes
from innovation_station.series.rules import Shut
from innovation_station.series.steps import Answer, Change, Edit, Pattern, Row, Scope
from tests.conftest import NOW, ZONE


@dataclass
class Kept:
    """One series: what it says and its rows, those dropped too."""

    pattern: Pattern | None
    rows: list[Row]


@dataclass
class Story:
    """A series with all it is divided into, and a clock."""

    now: datetime = NOW
    shut: Shut | None = None
    series: list[Kept] = field(default_factory=list)
    numbers: int = 0

    def begin(self, pattern: Pattern, answers: dict[date, Answer] | None = None) -> Change:
        """Begin the series."""
        change = changes.begin(pattern, self.now, ZONE, shut=self.shut)
        assert change.refusals == (), change.refusals
        change = changes.answered(change, answers or {}, ZONE)
        self.series.append(Kept(change.pattern, []))
        return self.save(change, self.series[-1])

    def change(self, scope: Scope, at: date, edit: Edit, answers: dict[date, Answer] | None = None) -> Change:
        """Change the series that has a date."""
        kept = self.of(at)
        assert kept.pattern
        change = changes.change(kept.pattern, kept.rows, edit, scope, at, self.now, ZONE, shut=self.shut)
        return self.save(changes.answered(change, answers or {}, ZONE), kept)

    def cancel(self, scope: Scope, at: date) -> Change:
        """Cancel dates of the series that has a date."""
        kept = self.of(at)
        assert kept.pattern
        return self.save(changes.cancel(kept.pattern, kept.rows, scope, at, self.now), kept)

    def of(self, at: date) -> Kept:
        """Find the series of a date: the one whose row it is, else the last one."""
        return next((kept for kept in self.series if any(row.original == at for row in kept.rows)), self.series[-1])

    def save(self, change: Change, kept: Kept) -> Change:
        """Write a change as a service would; what has refusals or is unclear is not written."""
        if change.refusals or change.unclear:
            return change
        after = {step.after.original: step.after for step in change.steps}
        for original, row in after.items():
            if row.id is None:
                self.numbers += 1
                after[original] = replace(row, id=self.numbers)
        stay = [row for row in kept.rows if row.original not in after]
        if change.left is None:
            kept.pattern, kept.rows = change.pattern, sorted([*stay, *after.values()], key=lambda row: row.original)
        else:
            kept.pattern, kept.rows = change.left, stay
            self.series.append(Kept(change.pattern, list(after.values())))
        return change

    def live(self) -> list[Row]:
        """List what stands, in all series."""
        return [row for kept in self.series for row in kept.rows if row.state != "dropped"]

    def told(self) -> list[str]:
        """Write each series as its dates: month-day and time, and what is particular about one."""
        return [" | ".join(told(row) for row in kept.rows if row.state != "dropped") for kept in self.series]


def told(row: Row) -> str:
    """Write a row: `12-01 09:00`, with the date it was, a space other than 1, a title and a state other than booked."""
    local = row.span.start.astimezone(ZONE) if row.span else None
    words = [f"{local:%m-%d %H:%M}" if local else f"{row.original:%m-%d}"]
    if local and local.date() != row.original:
        words.append(f"of {row.original:%m-%d}")
    if row.space_id != 1:
        words.append(f"in {row.space_id}")
    words += [word for word in (row.title, "" if row.booked else row.state) if word]
    return " ".join(words)


def tally(change: Change) -> str:
    """Count a change: +added =kept >moved ~retitled -dropped xcancelled."""
    kinds = {"+": "added", "=": "kept", ">": "moved", "~": "retitled", "-": "dropped", "x": "cancelled"}
    counts = {sign: len(change.of(kind)) for sign, kind in kinds.items()}  # type: ignore[arg-type]
    return " ".join(f"{sign}{count}" for sign, count in counts.items() if count)
