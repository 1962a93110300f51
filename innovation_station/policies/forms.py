"""Forms about rules: what a scope says, and a wish whose rules are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField, SelectField
from wtforms import Form as Plain
from wtforms.validators import InputRequired

from innovation_station.errors import Refusal
from innovation_station.forms import CountField, DateField, Form, LengthField, LineField, TimeField
from innovation_station.i18n import gettext as _
from innovation_station.i18n import sentence
from innovation_station.members.rules import EMAIL_LONGEST
from innovation_station.plans.forms import QUOTA_ROWS
from innovation_station.plans.rules import PERIODS, UNITS, Limit
from innovation_station.policies import words
from innovation_station.policies.rules import DEFAULT, Days, Ruling
from innovation_station.spaces.rules import DAY_MINUTES, POLICY_FIELDS, Rule, Scope

_figures = {"inputmode": "numeric", "autocomplete": "off"}
_plain = {"autocomplete": "off"}


class LimitForm(Plain):
    """One quota for all; without an amount there is none."""

    amount = CountField(_l("How much"), render_kw=_figures)
    unit = SelectField(_l("Unit"), choices=list(UNITS))
    per = SelectField(_l("Period"), choices=list(PERIODS))
    whose = SelectField(_l("By whom"), choices=["member", "organisation"])


class RuleForm(Form):
    """What a scope says; an empty field leaves it to what is less specific."""

    granularity = SelectField()
    shortest = LengthField(render_kw=_plain)
    longest = LengthField(render_kw=_plain)
    notice = LengthField(render_kw=_plain)
    horizon = CountField(render_kw=_figures)
    setup = LengthField(render_kw=_plain)
    clearing = LengthField(render_kw=_plain)
    approval = LengthField(render_kw=_plain)
    check_in = LengthField(render_kw=_plain)
    cancel_by = LengthField(render_kw=_plain)
    at_once = CountField(render_kw=_figures)
    booked_by = SelectField()
    opens = TimeField()
    closes = TimeField()
    limits = FieldList(FormField(LimitForm), min_entries=QUOTA_ROWS, max_entries=QUOTA_ROWS)

    def rule(self) -> Rule:
        """Give the fields that say something, once the form is found valid."""
        given = {name: self[name].data for name in POLICY_FIELDS if name in self}
        if given.get("granularity"):
            given["granularity"] = int(given["granularity"])
        return {name: value for name, value in given.items() if value is not None and value != ""}

    def given_limits(self, scope: Scope, ruling: Ruling) -> list[Limit]:
        """Give the quotas that have an amount."""
        return [
            Limit(words.quota_of(scope, ruling, row), row["whose"] == "organisation", house=True)
            for row in self.limits.data
            if row["amount"] is not None
        ]


def rule_form(scope: Scope, ruling: Ruling) -> RuleForm:
    """Make the form of a scope, with what it says now and the words of the page's language."""
    form = RuleForm(data={**ruling.rule(scope), "limits": _rows(ruling.limits(scope))})
    for row in form.limits:
        row.unit.choices = {"hours": _("hours"), "bookings": _("bookings")}
        row.per.choices = {"day": _("a day"), "week": _("a week"), "month": _("a month")}
        row.whose.choices = {"member": _("by each member"), "organisation": _("by one organisation together")}
    if scope == DEFAULT:  # quotas of everything; of the rest a kind or a place says more
        for name in POLICY_FIELDS:
            del form[name]
        return form
    names = words.field_names()
    for name in POLICY_FIELDS:
        form[name].label.text = names[name]
    steps = words.step_names()
    if (known := ruling.rule(scope).get("granularity")) is not None:
        steps.setdefault(str(known), words.value_text("granularity", known))
    form.granularity.choices = {"": _("As it is below"), **steps}
    form.granularity.data = str(form.granularity.data) if form.granularity.data else ""
    form.booked_by.choices = {"": _("As it is below"), **words.booker_names()}
    return form


def _rows(limits: Sequence[Limit]) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = [
        {
            "amount": limit.quota.amount // (60 if limit.quota.unit == "hours" else 1), "unit": limit.quota.unit,
            "per": limit.quota.per, "whose": "organisation" if limit.shared else "member",
        }
        for limit in limits
    ]  # fmt: skip
    return rows + [{} for _row in range(QUOTA_ROWS - len(rows))]


class DayForm(Plain):
    """One weekday: open from and to, closed, or as the house is."""

    state = SelectField(_l("Open or closed"), choices=["open", "closed", "house"])
    opens = TimeField(_l("Opens"))
    closes = TimeField(_l("Closes"))


class HoursForm(Form):
    """Opening hours, Monday first; midnight is the end of the day where it closes."""

    week = FieldList(FormField(DayForm), min_entries=7, max_entries=7)

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for both times of each day that is open."""
        fine = super().validate(extra_validators)
        for row in self.week:
            for part in (row.opens, row.closes):
                if row.state.data == "open" and part.data is None and not part.errors:
                    part.errors = [sentence(Refusal("time-malformed"))]
                    fine = False
        return fine

    def days(self) -> dict[int, tuple[int, int] | None]:
        """Give the hours by weekday, once the form is found valid; what is as the house is left out."""
        found: dict[int, tuple[int, int] | None] = {}
        for weekday, row in enumerate(self.week.data):
            if row["state"] == "open":
                found[weekday] = (row["opens"], row["closes"] or DAY_MINUTES)
            elif row["state"] == "closed":
                found[weekday] = None
        return found


def hours_form(days: Days, *, house: bool) -> HoursForm:
    """Make the form with the hours as they are; only a place may be as the house is."""
    rows = []
    for weekday in range(7):
        minutes = days.get(weekday)
        missing = "closed" if house or weekday in days else "house"
        opens, closes = minutes or (None, None)
        until = None if closes is None else closes % DAY_MINUTES
        rows.append({"state": "open" if minutes else missing, "opens": opens, "closes": until})
    form = HoursForm(data={"week": rows})
    names = {"open": _("Open"), "closed": _("Shut"), "house": _("As the house")}
    for row in form.week:
        row.state.choices = {name: said for name, said in names.items() if not house or name != "house"}
    return form


class ExplainForm(Form):
    """Whose rules, where and when; an address that is sent by GET."""

    class Meta(Form.Meta):
        """Ask for no token: it changes nothing."""

        csrf = False

    member = LineField(_l("E-mail of the member"), longest=EMAIL_LONGEST, render_kw={"inputmode": "email"})
    space = SelectField(_l("Place"), coerce=int)
    date = DateField(_l("Date"), [InputRequired(_l("Choose a day."))])
    start = TimeField(_l("From"))
    end = TimeField(_l("To"))
