"""How a series changes: begun, edited, cancelled, its dates answered for. Pure.

Every function answers with a `Change`: for each date what stands there before and after, so that a page can show it and
a service can write it. Nothing is decided between the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from innovation_station.errors import Refusal
from innovation_station.series.rules import (
    LIMIT,
    Expansion,
    Rule,
    Shut,
    Times,
    anchored,
    at_times,
    dates,
    occurrences,
    times_refusals,
)
from innovation_station.series.steps import Answer, Change, Edit, Pattern, Row, Scope, Step
from innovation_station.spaces.rules import DAY_MINUTES, at_minute
from innovation_station.timespan import Span

DAY = timedelta(days=1)


def begin(
    pattern: Pattern, now: datetime, zone: ZoneInfo, *, limit: int = LIMIT, shut: Shut | None = None
) -> Change:  # fmt: skip
    """Begin a series on the first date that its rule fits, on or after its first day."""
    first = anchored(pattern.rule, pattern.first_day)
    expansion = occurrences(pattern.rule, first, pattern.times, zone, limit=limit, shut=shut)
    past = [Refusal("past", "date")] if pattern.first_day < now.astimezone(zone).date() else []
    pattern = replace(pattern, first_day=first)
    steps = tuple(
        Step(None, Row(one.day, one.span, pattern.space_id, pattern.title), one.refusals)
        for one in expansion.occurrences
    )
    refused = (*past, *expansion.refusals)
    return Change(pattern, steps, None, expansion.skipped, expansion.missing, refused)


# -- which dates a choice reaches -------------------------------------------------------------------------------------


def touched(rows: Iterable[Row], at: date, now: datetime) -> dict[Scope, tuple[Row, ...]]:
    """Give the bookings that *this*, *this and following* and *all future* reach from a date, in order.

    What has begun is reached by *this* alone, until it is over.
    """
    ahead = sorted((row for row in rows if row.booked), key=lambda row: row.original)
    future = tuple(row for row in ahead if not row.begun(now))
    this = tuple(row for row in ahead if row.original == at and row.span is not None and row.span.end > now)
    return {"this": this, "following": tuple(row for row in future if row.original >= at), "all": future}


def cancel_refusals(rows: Sequence[Row], scope: Scope, at: date, now: datetime) -> list[Refusal]:
    """List why a choice reaches nothing: all there is against cancelling by it."""
    if touched(rows, at, now)[scope]:
        return []
    if scope != "this":
        return [Refusal("series-over")]
    row = next((row for row in rows if row.original == at), None)
    if row is None:
        return [Refusal("date-unknown")]
    return [Refusal("already-over" if row.booked else "already-cancelled")]


def cancelled_before(rows: Iterable[Row], scope: Scope, at: date, now: datetime) -> bool:
    """Tell whether a choice reaches nothing because all it reached has been given back before it was over."""
    rows = list(rows)
    if touched(rows, at, now)[scope]:
        return False
    named = {"this": at, "following": at, "all": date.min}[scope]
    return any(
        row.state in ("cancelled", "dropped") and row.span is not None and row.span.start > now
        for row in rows
        if row.original == at or (scope != "this" and row.original >= named)
    )


def edit_refusals(rows: Sequence[Row], edit: Edit, scope: Scope, at: date, now: datetime) -> list[Refusal]:
    """List every reason against an edit, but for those of its rule and of the dates that it wants."""
    found = cancel_refusals(rows, scope, at, now)
    if edit.rule is not None and scope == "this":
        found.append(Refusal("series-rule-alone", "scope"))
    if edit.day is not None and scope != "this":
        found.append(Refusal("series-day-alone", "scope"))
    return found + (times_refusals(edit.times) if edit.times else [])


# -- changing ---------------------------------------------------------------------------------------------------------


def change(
    pattern: Pattern, rows: Sequence[Row], edit: Edit, scope: Scope, at: date, now: datetime, zone: ZoneInfo,
    *, limit: int = LIMIT, shut: Shut | None = None,
) -> Change:  # fmt: skip
    """Plan an edit of a series; what was not edited is not touched.

    A title alone touches no time; times or a space move the dates there are; only a new rule adds and drops dates,
    counted from the first date that it reaches. What somebody decided of one date outlives all of it.
    """
    if refused := edit_refusals(rows, edit, scope, at, now):
        return Change(pattern, refusals=tuple(refused))
    reached = touched(rows, at, now)[scope]
    if scope == "this":
        return Change(pattern, (_one(pattern, reached[0], edit, zone),))
    series = _Series(pattern, rows, reached, now, zone)
    if edit.rule is None or edit.rule in (pattern.rule, ended_by_date(pattern, rows)):
        return series.edited(edit, divided=scope == "following")
    return series.ruled(edit, edit.rule, limit, shut, divided=scope == "following")


def cancel(pattern: Pattern, rows: Sequence[Row], scope: Scope, at: date, now: datetime) -> Change:
    """Plan a cancellation. One date stays cancelled for ever; of several the series ends before the first of them."""
    if refused := cancel_refusals(rows, scope, at, now):
        return Change(pattern, refusals=tuple(refused))
    reached = touched(rows, at, now)[scope]
    if scope == "this":
        return Change(pattern, (Step(reached[0], replace(reached[0], state="cancelled")),))
    steps = tuple(Step(row, replace(row, state="dropped")) for row in reached)
    stays = any(row.booked for row in rows if row not in reached)
    return Change(_ended(pattern, reached[0].original) if stays else None, steps)


def ended_by_date(pattern: Pattern, rows: Iterable[Row]) -> Rule:
    """Give the rule with the date of its last row in place of its count: what an edit begins with.

    The count is that of a series nobody has divided; how many are left of it, its rows know best.
    """
    last = max((row.original for row in rows if row.state != "dropped"), default=pattern.first_day)
    return pattern.rule if pattern.rule.until else pattern.rule.ending(last)


def since(pattern: Pattern, rows: Iterable[Row], day: date) -> Pattern:
    """Give the pattern of the dates from a day on, alone: it begins in the same rhythm, and ends where the rows do."""
    rhythm = dates(pattern.rule.ending(date.max), pattern.first_day)
    first = next((ahead for ahead in rhythm if ahead >= day), day)
    return replace(pattern, rule=ended_by_date(pattern, rows), first_day=first)


def _ended(pattern: Pattern, before: date) -> Pattern:
    return replace(pattern, rule=pattern.rule.ending(max(before - DAY, pattern.first_day)))


def _one(pattern: Pattern, row: Row, edit: Edit, zone: ZoneInfo) -> Step:
    """Change one date. It goes by its own decisions from then on, unless they bring it back to the pattern."""
    after = row
    refused: tuple[Refusal, ...] = ()
    if edit.title is not None and edit.title != row.title:
        after = replace(after, title=edit.title, retitled=edit.title != pattern.title)
    if row.span is not None and (edit.day, edit.times) != (None, None):
        day = edit.day or row.span.start.astimezone(zone).date()
        laid = at_times(day, edit.times or times_of(row.span, zone), zone)
        after, refused = replace(after, span=laid.span), laid.refusals
    if edit.space_id is not None:
        after = replace(after, space_id=edit.space_id)
    if (after.span, after.space_id) != (row.span, row.space_id):
        own = (after.span, after.space_id) != (plain(pattern, row.original, zone), pattern.space_id)
        after = replace(after, moved=own or after.span is None)
    return Step(row, after, refused)


def plain(pattern: Pattern, original: date, zone: ZoneInfo) -> Span | None:
    """Give the time that a pattern gives a date, None where it is unclear."""
    return at_times(original, pattern.times, zone).span


def times_of(span: Span, zone: ZoneInfo) -> Times:
    """Read the wall times of a span; midnight at its end is 24:00."""
    start, end = (side.astimezone(zone) for side in (span.start, span.end))
    return Times(start.hour * 60 + start.minute, end.hour * 60 + end.minute or DAY_MINUTES)


@dataclass(frozen=True)
class _Series:
    """A series of which an edit reaches some rows (`reached`, in order, at least one)."""

    pattern: Pattern
    rows: Sequence[Row]
    reached: tuple[Row, ...]
    now: datetime
    zone: ZoneInfo

    @property
    def cut(self) -> date:
        """Give the first date that is reached."""
        return self.reached[0].original

    @property
    def others(self) -> list[Row]:
        """List the rows that stand and are not reached: before it, begun, or given up by hand."""
        names = {row.original for row in self.reached}
        return [row for row in self.rows if row.state != "dropped" and row.original not in names]

    def edited(self, edit: Edit, *, divided: bool) -> Change:
        """Give the dates there are other words, times or another space."""
        new = self._pattern(edit, self.pattern.rule)
        steps = [self._fitted(row, new) for row in self.reached]
        if not divided or not self._divides():
            return self._change(new, steps)
        rest = since(self.pattern, self.rows, self.cut)
        new = replace(new, rule=rest.rule, first_day=rest.first_day)
        return self._change(new, steps, left=_ended(self.pattern, self.cut))

    def ruled(self, edit: Edit, rule: Rule, limit: int, shut: Shut | None, *, divided: bool) -> Change:
        """Lay another rule over the dates that are reached: some stay, some go, some come."""
        since = self._since(rule)
        new = self._pattern(edit, rule)
        begin = max(since, self._next_day(new.times))
        found = occurrences(rule, since, new.times, self.zone, limit=limit, shut=shut, begin=begin)
        if found.refusals:
            return Change(self.pattern, (), None, found.skipped, found.missing, found.refusals)
        first, last = found.occurrences[0].day, rule.until or found.occurrences[-1].day
        new = replace(new, rule=rule.ending(last), first_day=first)
        left = _ended(self.pattern, min(self.cut, first)) if divided and self._divides() else None
        changed = self._change(new, self._laid(new, found, last), left=left)
        return replace(changed, skipped=found.skipped, missing=found.missing)

    def _pattern(self, edit: Edit, rule: Rule) -> Pattern:
        old = self.pattern
        return Pattern(
            rule, old.first_day, edit.times or old.times, old.space_id if edit.space_id is None else edit.space_id,
            old.title if edit.title is None else edit.title,
        )  # fmt: skip

    def _divides(self) -> bool:
        """Tell whether dates of this pattern stay behind; those of an earlier one are history already."""
        return any(row.booked and self.pattern.first_day <= row.original < self.cut for row in self.rows)

    def _change(self, new: Pattern, steps: Sequence[Step], left: Pattern | None = None) -> Change:
        """Add what goes along untouched: what was given up by hand, and what has begun where the series is divided."""
        along = (row for row in self.others if row.original >= self.cut and (left is not None or not row.booked))
        whole = (*steps, *(Step(row, row) for row in along))
        return Change(new, tuple(sorted(whole, key=lambda step: step.after.original)), left)

    def _fitted(self, row: Row, new: Pattern) -> Step:
        """Bring a date to the new pattern in what the edit changes, but for what it has of its own."""
        old, after = self.pattern, row
        if new.title != old.title and not row.retitled:
            after = replace(after, title=new.title)
        if row.moved:
            return Step(row, after)
        if new.space_id != old.space_id:
            after = replace(after, space_id=new.space_id)
        if new.times == old.times:
            return Step(row, after)
        laid = at_times(row.original, new.times, self.zone)
        return Step(row, replace(after, span=laid.span), laid.refusals)

    def _laid(self, new: Pattern, found: Expansion, last: date) -> list[Step]:
        """Say of each date that is reached whether it stays, and which dates come.

        A date moved by hand stays while the series lasts, also where the new rule has no such date: somebody chose it.
        No date comes that has a row already, as its original date or as the day it was moved to.
        """
        given = {one.day: one for one in found.occurrences}
        steps = []
        for row in self.reached:
            stays = row.original <= last if row.moved else row.original in given
            steps.append(self._fitted(row, new) if stays else Step(row, replace(row, state="dropped")))
        standing = [*self.others, *(step.after for step in steps if step.after.booked)]
        claimed = {row.original for row in standing} | {
            row.span.start.astimezone(self.zone).date() for row in standing if row.moved and row.span is not None
        }
        lost = {row.original: row for row in self.rows if row.state == "dropped"}
        for day in given.keys() - claimed:
            row = Row(day, given[day].span, new.space_id, new.title, id=lost[day].id if day in lost else None)
            steps.append(Step(lost.get(day), row, given[day].refusals))
        return steps

    def _since(self, rule: Rule) -> date:
        """Give the day from which a new rule holds, which is also where its rhythm is counted from.

        That is the week or month of the first date that is reached, so that Tuesday may become Monday of the same week;
        but that date itself where another of the series in its week or month is not reached.
        """
        begun = max((row.original for row in self.others if row.booked), default=date.min)
        rhythm = {*dates(self.pattern.rule.ending(self.reached[-1].original), self.pattern.first_day)}
        placed = (row.original for row in self.reached if not row.moved or begun < row.original in rhythm)
        first = min(placed, default=self.cut)
        starts = {"daily": first, "weekly": first - DAY * first.weekday(), "monthly": first.replace(day=1)}
        start = starts[rule.frequency]
        return first if any(start <= row.original < first for row in self.others) else start

    def _next_day(self, times: Times) -> date:
        """Give the first day on which times of the day are still to come, or on which something is reached."""
        today = self.now.astimezone(self.zone).date()
        due = at_minute(today, times.start, self.zone) > self.now or any(row.original == today for row in self.reached)
        return today if due else today + DAY


# -- answers ----------------------------------------------------------------------------------------------------------


def answered(changed: Change, answers: Mapping[date, Answer], zone: ZoneInfo) -> Change:
    """Give the change with what was chosen for some of its dates, by `original`; the others are left as they are."""
    steps = tuple(
        _answered(step, answers[step.after.original], zone) if step.wants and step.after.original in answers else step
        for step in changed.steps
    )
    return replace(changed, steps=steps)


def _answered(step: Step, answer: Answer, zone: ZoneInfo) -> Step:
    before, after = step.before, step.after
    if answer.skip:
        if before is not None and before.booked:
            return Step(before, replace(before, state="cancelled"))
        return Step(before, replace(after, state="skipped"))
    if answer.keep and before is not None and before.booked:
        return Step(before, replace(after, span=before.span, space_id=before.space_id, moved=True))
    refused = step.refusals
    if answer.space_id is not None:
        after = replace(after, space_id=answer.space_id, moved=True)
    if answer.times is not None or answer.day is not None:
        times = answer.times or (times_of(after.span, zone) if after.span else None)
        if times is None:
            return step
        if wrong := times_refusals(times):
            return Step(before, replace(after, span=None, moved=True), tuple(wrong))
        laid = at_times(answer.day or after.original, times, zone)
        after, refused = replace(after, span=laid.span, moved=True), laid.refusals
    return Step(before, after, refused)
