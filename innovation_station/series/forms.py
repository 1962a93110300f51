"""What the forms of a series hold: how it repeats, what is to happen with its dates, and how far a change reaches.

A preview is a GET: the form travels in the address, so that a reload, a bookmark and the way back keep what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from innovation_station.bookings.models import TITLE_LONGEST
from innovation_station.bookings.own_forms import ClockField, read_id, read_minutes
from innovation_station.forms import (
    CountField,
    DateField,
    Form,
    LineField,
    LongSelect,
    parse_date,
    parse_id,
    parse_time,
)
from innovation_station.i18n import lazy_gettext as _l
from innovation_station.series.rules import WEEKDAYS, Rule, Times
from innovation_station.series.steps import Answer, Pattern

REPEATS = ("daily", "weekdays", "weekly", "monthly-date", "monthly-weekday", "monthly-last")
ANSWER = "answer-"
_TIMES = re.compile(r"time:([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})")


def _number(value: Any) -> int | None:
    return int(value) if str(value).isdigit() and len(str(value)) < 3 else None


class RuleForm(Form):
    """How a series repeats, and until when."""

    class Meta(Form.Meta):
        """Leave the token to the guard, which has checked it: a preview is asked for by an address."""

        csrf = False

    repeat = SelectField(
        _l("Repeat"),
        choices=[
            SelectChoice("daily", _l("Every day")), SelectChoice("weekdays", _l("Every weekday, Monday to Friday")),
            SelectChoice("weekly", _l("Every week on chosen days")),
            SelectChoice("monthly-date", _l("Every month on the same date")),
            SelectChoice("monthly-weekday", _l("Every month on the same weekday")),
            SelectChoice("monthly-last", _l("Every month on the last such weekday")),
        ],
        default="weekly",
        widget=LongSelect(),
    )  # fmt: skip
    interval = CountField(_l("Every"), default=1)
    weekdays = SelectMultipleField(
        _l("On"), choices=[SelectChoice(number, str(number)) for number in range(7)], coerce=_number,
        validate_choice=False,
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
    )  # fmt: skip
    month_day = CountField(_l("Day of the month"))
    nth = SelectField(_l("Which in the month"), coerce=_number, validate_choice=False, widget=LongSelect())
    weekday = SelectField(_l("Day of the week"), coerce=_number, validate_choice=False, widget=LongSelect())
    ends = SelectField(
        _l("Ends"),
        choices=[SelectChoice("count", _l("after a number of times")), SelectChoice("until", _l("on a date"))],
        widget=LongSelect(),
    )
    count = CountField(_l("Times"), default=10)
    until = DateField(_l("Last day"))
    skip_closed = BooleanField(_l("Leave out closed days and public holidays; the rhythm stays"), default=True)

    def rule(self, day: date, known: Rule | None = None) -> Rule:
        """Give the rule; its weekday and its date, where they are left open, are those of the `known` one while that
        repeats alike, else those of `day`. Refusals are for the rules."""
        repeat = self.repeat.data
        alike = known is not None and self.said(known)["repeat"] == repeat
        if repeat == "weekdays":
            frequency, weekdays = "weekly", WEEKDAYS
        else:
            frequency = repeat.partition("-")[0]
            weekdays = frozenset(number for number in self.weekdays.data or () if number is not None)
            weekdays = weekdays or frozenset({day.weekday()})
        by_count = self.ends.data == "count"
        return Rule(
            frequency,  # type: ignore[arg-type]
            interval=1 if repeat == "weekdays" else self.interval.data or 0,
            weekdays=weekdays,
            month_day=self._month_day(known if alike else None, day) if repeat == "monthly-date" else None,
            nth=self._nth(repeat, known if alike else None, day),
            until=None if by_count else self.until.data,
            count=self.count.data or 0 if by_count else None,
            skip_closed=bool(self.skip_closed.data),
        )

    def _month_day(self, known: Rule | None, day: date) -> int:
        left_open = known.month_day if known and known.month_day else day.day
        return left_open if self.month_day.data is None else self.month_day.data

    def _nth(self, repeat: str, known: Rule | None, day: date) -> tuple[int, int] | None:
        if repeat not in ("monthly-weekday", "monthly-last"):
            return None
        number, weekday = known.nth if known and known.nth else (min((day.day - 1) // 7 + 1, 4), day.weekday())
        number = -1 if repeat == "monthly-last" else number if self.nth.data is None else self.nth.data
        return number, weekday if self.weekday.data is None else self.weekday.data

    @classmethod
    def said(cls, rule: Rule) -> dict[str, Any]:
        """Give the fields that say a rule."""
        repeat: str = rule.frequency
        if rule.frequency == "weekly" and rule.weekdays == WEEKDAYS and rule.interval == 1:
            repeat = "weekdays"
        elif rule.frequency == "monthly":
            repeat = "monthly-date" if rule.nth is None else "monthly-last" if rule.nth[0] < 0 else "monthly-weekday"
        return {
            "repeat": repeat, "interval": rule.interval, "weekdays": sorted(rule.weekdays),
            "ends": "count" if rule.count else "until", "count": rule.count or 10, "until": rule.until,
            "skip_closed": rule.skip_closed, "month_day": rule.month_day,
            "nth": rule.nth[0] if rule.nth and rule.nth[0] > 0 else None, "weekday": rule.nth[1] if rule.nth else None,
        }  # fmt: skip


class NewSeriesForm(RuleForm):
    """A new series: where, from which day, at what time, and how it repeats."""

    space = SelectField(
        _l("Place"), [InputRequired(_l("Choose a place."))], coerce=read_id, validate_choice=False, widget=LongSelect()
    )
    date = DateField(_l("First day"), [InputRequired(_l("Choose a day."))])
    start = ClockField(_l("From"), [InputRequired(_l("Choose a time."))], coerce=read_minutes)
    end = ClockField(_l("To"), [InputRequired(_l("Choose a time."))], coerce=read_minutes)
    title = LineField(_l("Title"), longest=TITLE_LONGEST, render_kw={"maxlength": TITLE_LONGEST, "autocomplete": "off"})
    visible = BooleanField(_l("Show my name and the title to other members"))
    key = HiddenField(validators=[Length(max=100, message=_l("This form is damaged. Open the page again."))])

    def pattern(self) -> Pattern:
        """Give what the series says, once the form is found valid."""
        day = cast(date, self.date.data)
        times = Times(cast(int, self.start.data), cast(int, self.end.data))
        return Pattern(self.rule(day), day, times, cast(int, self.space.data), self.title.data or "")


class EditSeriesForm(RuleForm):
    """What is to be changed of a series, and how far it reaches."""

    scope = HiddenField(default="this")
    key = HiddenField(validators=[Length(max=100, message=_l("This form is damaged. Open the page again."))])
    space = SelectField(
        _l("Place"), [InputRequired(_l("Choose a place."))], coerce=read_id, validate_choice=False, widget=LongSelect()
    )
    date = DateField(_l("Day"))
    start = ClockField(_l("From"), [InputRequired(_l("Choose a time."))], coerce=read_minutes)
    end = ClockField(_l("To"), [InputRequired(_l("Choose a time."))], coerce=read_minutes)
    title = LineField(_l("Title"), longest=TITLE_LONGEST, render_kw={"maxlength": TITLE_LONGEST, "autocomplete": "off"})


def answers(given: Mapping[str, str], most: int) -> dict[date, Answer]:
    """Read what was answered for dates: `answer-2026-12-08` is skip, keep, space:5, time:09:30-10:30, or own with
    `from-…` and `to-…` beside it. What cannot be read is no answer, and the date asks again."""
    found: dict[date, Answer] = {}
    for name, value in given.items():
        day = parse_date(name.removeprefix(ANSWER)) if name.startswith(ANSWER) else None
        if day is None or len(found) > most:
            continue
        if answer := _answer(value, given, day):
            found[day] = answer
    return found


def _answer(value: str, given: Mapping[str, str], day: date) -> Answer | None:
    if value in ("skip", "keep"):
        return Answer(skip=value == "skip", keep=value == "keep")
    if value.startswith("space:"):
        space_id = parse_id(value.removeprefix("space:"))
        return Answer(space_id=space_id) if space_id else None
    if value == "own":
        start, end = (parse_time(given.get(f"{side}-{day.isoformat()}")) for side in ("from", "to"))
    elif read := _TIMES.fullmatch(value):
        start, end = parse_time(read[1]), parse_time(read[2])
    else:
        return None
    return Answer(times=Times(start, end)) if start is not None and end is not None else None
