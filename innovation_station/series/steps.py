"""What a series says of its dates, a date as it stands, and what becomes of it. Pure, and nothing but words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from innovation_station.errors import Refusal
from innovation_station.series.rules import Rule, Times
from innovation_station.timespan import Span

Scope = Literal["this", "following", "all"]
State = Literal["confirmed", "cancelled", "skipped", "dropped"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a series says of its dates: how it repeats from its first day, when of the day, where and what for."""

    rule: Rule
    first_day: date
    times: Times
    space_id: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """An occurrence as it stands, or will. `original` is the date the rule gave it and its name within the series.

    *Confirmed* is whatever holds its space, a request that waits for its answer too. `moved` and `retitled` say that
    somebody gave this date a time, a space or a title of its own. *Cancelled* and
    *skipped* (never booked) are decisions about the date too, and stand for ever; *dropped* only says that the rule has
    it no longer. A skipped date may have no `span`, where its time was unclear. `people` and `layout` are those of its
    booking, which it keeps wherever it goes.
    """

    original: date
    span: Span | None
    space_id: int
    title: str = ""
    state: State = "confirmed"
    moved: bool = False
    retitled: bool = False
    id: int | None = None
    people: int | None = None
    layout: str | None = None

    def begun(self, now: datetime) -> bool:
        """Tell whether it is going on or over: no change of the series reaches it."""
        return self.span is not None and self.span.start <= now

    @property
    def booked(self) -> bool:
        """Tell whether it holds its space."""
        return self.state == "confirmed"


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody changes; None is what they left alone. `day` moves one date and `rule` is of the whole series."""

    title: str | None = None
    times: Times | None = None
    space_id: int | None = None
    day: date | None = None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to happen with a date that cannot be had as it is: another space or time, or nothing.

    `keep` leaves what is booked already as it is, `skip` gives the date up.
    """

    skip: bool = False
    keep: bool = False
    space_id: int | None = None
    times: Times | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One date before (None: there was nothing) and after. With `refusals` its time is unclear, and asks for an answer.

    A step may be both `moved` and `retitled`; one of a date that is cancelled or skipped already is nothing of these.
    """

    before: Row | None
    after: Row
    refusals: tuple[Refusal, ...] = ()

    @property
    def stood(self) -> bool:
        """Tell whether the date was booked before."""
        return self.before is not None and self.before.booked

    @property
    def added(self) -> bool:
        """Tell whether the date is booked anew."""
        return self.after.booked and not self.stood

    @property
    def dropped(self) -> bool:
        """Tell whether a booking is given back because the rule has the date no longer."""
        return self.stood and self.after.state == "dropped"

    @property
    def cancelled(self) -> bool:
        """Tell whether a booking is given back by somebody's will about this date."""
        return self.stood and self.after.state in ("cancelled", "skipped")

    @property
    def moved(self) -> bool:
        """Tell whether a booking gets another time or space."""
        return self._both and (self._before.span, self._before.space_id) != (self.after.span, self.after.space_id)

    @property
    def retitled(self) -> bool:
        """Tell whether a booking gets another title."""
        return self._both and self._before.title != self.after.title

    @property
    def kept(self) -> bool:
        """Tell whether a booking stays as it is."""
        return self._both and not self.moved and not self.retitled

    @property
    def wants(self) -> bool:
        """Tell whether the date wants time that must be free."""
        return self.added or self.moved

    @property
    def _both(self) -> bool:
        return self.stood and self.after.booked

    @property
    def _before(self) -> Row:
        return self.before or self.after


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a series: its dates, by `original`, and the pattern that they follow then.

    With `left` the series is divided: that is what the dates before go by from now on, and `steps` are all rows of a
    new series with `pattern`. Without a pattern it has ended. `skipped` and `missing` are told of a new rule (see
    `rules.Expansion`). With `refusals` nothing may be saved.
    """

    pattern: Pattern | None
    steps: tuple[Step, ...] = ()
    left: Pattern | None = None
    skipped: tuple[tuple[date, Refusal], ...] = ()
    missing: tuple[date, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    def of(self, kind: Literal["added", "kept", "moved", "retitled", "dropped", "cancelled", "wants"]) -> list[Step]:
        """List the dates that are changed in one way; their number is what a page says."""
        return [step for step in self.steps if getattr(step, kind)]

    @property
    def unclear(self) -> list[Step]:
        """List the dates whose time must be chosen by hand."""
        return [step for step in self.steps if step.refusals]

    @property
    def released(self) -> frozenset[int]:
        """Name the rows whose time and use of quotas come free: what is measured leaves them out."""
        given = (step.before for step in self.steps if step.moved or step.dropped or step.cancelled)
        return frozenset(row.id for row in given if row is not None and row.id is not None)
