"""Forms about rules: what a scope says, and a wish whose rules are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField, SelectField
from wtforms import Form as Plain
from wtforms.validators import InputRequired

from innovation_station.forms import CountField, DateField, Form, LengthField, LineField, TimeField
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import EMAIL_LONGEST
from innovation_station.plans.forms import QUOTA_ROWS
from innovation_station.plans.rules import PERIODS, UNITS, Limit
from innovation_station.policies import words
from innovation_station.policies.rules import DEFAULT, Ruling
from innovation_station.spaces.rules import POLICY_FIELDS, Rule, Scope

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
