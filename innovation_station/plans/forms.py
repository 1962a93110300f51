"""Forms about plans, memberships and desks of one's own."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, SelectField, SelectMultipleField, TextAreaField
from wtforms import Form as Plain
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from innovation_station.forms import CountField, DateField, Form, LineField, MoneyField
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import EMAIL_LONGEST
from innovation_station.plans import words
from innovation_station.plans.rules import PERIODS, UNITS, Quota
from innovation_station.plans.service import Contents
from innovation_station.spaces.rules import KINDS

QUOTA_ROWS = 4
_text = Length(max=400, message=_l("At most %(max)d characters."))


class Checks(SelectMultipleField):
    """Several of a list, each a box to check."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class QuotaForm(Plain):
    """One quota; without an amount there is none."""

    amount = CountField(_l("How much"), render_kw={"inputmode": "numeric"})
    unit = SelectField(_l("Unit"), choices=list(UNITS))
    kind = SelectField(_l("Of"), choices=["", *KINDS])
    per = SelectField(_l("Period"), choices=list(PERIODS))


class QuotasForm(Form):
    """A few quotas."""

    quotas = FieldList(FormField(QuotaForm), min_entries=QUOTA_ROWS, max_entries=QUOTA_ROWS)

    def given(self) -> tuple[Quota, ...]:
        """Give the quotas that have an amount."""
        found = []
        for row in self.quotas.data:
            if row["amount"] is not None:
                hours = row["unit"] == "hours"
                found.append(Quota(row["kind"] or None, row["per"], row["unit"], row["amount"] * (60 if hours else 1)))
        return tuple(found)


def quota_rows(quotas: Iterable[Quota]) -> list[dict[str, object]]:
    """Give what a form of quotas starts with."""
    rows: list[dict[str, object]] = [
        {"amount": quota.amount // (60 if quota.unit == "hours" else 1), "unit": quota.unit, "kind": quota.kind or "",
         "per": quota.per}
        for quota in quotas
    ]  # fmt: skip
    return rows + [{} for _row in range(QUOTA_ROWS - len(rows))]


class PlanForm(QuotasForm):
    """What a plan holds."""

    name_sv = LineField(
        _l("Name in Swedish"), [DataRequired(_l("Write the name."))], longest=80, render_kw={"lang": "sv"}
    )
    name_en = LineField(
        _l("Name in English"), [DataRequired(_l("Write the name."))], longest=80, render_kw={"lang": "en"}
    )
    text_sv = TextAreaField(_l("For whom, in Swedish"), [_text], render_kw={"lang": "sv"})
    text_en = TextAreaField(_l("For whom, in English"), [_text], render_kw={"lang": "en"})
    kinds = Checks(_l("What may be booked"), choices=list(KINDS))
    zones = Checks(_l("Only in these zones"), coerce=int)
    spaces = Checks(_l("Also these places"), coerce=int)
    price = MoneyField(_l("Price a month, without VAT"), render_kw={"inputmode": "decimal"})
    desk = MoneyField(_l("An hour at a desk"), render_kw={"inputmode": "decimal"})
    room = MoneyField(_l("An hour in a meeting room"), render_kw={"inputmode": "decimal"})
    booth = MoneyField(_l("An hour in a phone booth"), render_kw={"inputmode": "decimal"})
    hall = MoneyField(_l("An hour on the stage"), render_kw={"inputmode": "decimal"})
    vat = SelectField(_l("VAT"), choices={2500: "25 %", 1200: "12 %", 600: "6 %", 0: "0 %"}, coerce=int)
    trial_days = CountField(_l("Days of a trial"), render_kw={"inputmode": "numeric"})
    standard = BooleanField(_l("For everybody who has no other plan"))
    offered = BooleanField(_l("Can be given to new members"), default=True)
    self_service = BooleanField(_l("Who applies for it is let in at once, without approval"))

    def contents(self, position: int = 0) -> Contents:
        """Give what was written, once the form is found valid."""
        rates = {kind: self[kind].data for kind in KINDS if self[kind].data}
        return Contents(
            names=(self.name_sv.data, self.name_en.data), kinds=self.kinds.data or (),
            texts=((self.text_sv.data or "").strip(), (self.text_en.data or "").strip()),
            zones=self.zones.data or (), spaces=self.spaces.data or (), quotas=self.given(),
            price=self.price.data or 0, rates=rates, vat=self.vat.data, trial_days=self.trial_days.data or None,
            standard=self.standard.data, offered=self.offered.data, self_service=self.self_service.data,
            position=position,
        )  # fmt: skip


def plan_values(given: Contents) -> dict[str, object]:
    """Give what the form of a plan starts with."""
    return {
        "name_sv": given.names[0], "name_en": given.names[1], "text_sv": given.texts[0], "text_en": given.texts[1],
        "kinds": list(given.kinds), "zones": list(given.zones), "spaces": list(given.spaces), "price": given.price,
        "vat": given.vat, "trial_days": given.trial_days, "standard": given.standard, "offered": given.offered,
        "self_service": given.self_service,
        "quotas": quota_rows(given.quotas), **given.rates,
    }  # fmt: skip


class GiveForm(Form):
    """A plan for a member, or for an organisation's members."""

    plan = SelectField(_l("Plan"), coerce=int)
    email = LineField(_l("E-mail of the member"), longest=EMAIL_LONGEST, render_kw={"inputmode": "email"})
    starts = DateField(_l("From"), [InputRequired(_l("Choose a day."))])
    ends = DateField(_l("Until"))
    trial = BooleanField(_l("As a trial"))


class MembershipForm(Form):
    """Until when a membership holds, and when it rests."""

    ends = DateField(_l("Until"))
    paused_from = DateField(_l("Paused from"))
    paused_until = DateField(_l("Paused until"))


class DeskForm(Form):
    """A place that becomes somebody's own."""

    space = SelectField(_l("Place"), coerce=int, id="desk-space")
    email = LineField(
        _l("E-mail of the member"), [InputRequired(_l("Write the address of a member."))], longest=EMAIL_LONGEST,
        render_kw={"inputmode": "email"}, id="desk-email",
    )  # fmt: skip
    starts = DateField(_l("From"), [InputRequired(_l("Choose a day."))])
    ends = DateField(_l("Until"))


class ManagerForm(Form):
    """Who is to manage a space."""

    space = SelectField(_l("Place"), coerce=int, id="manager-space")
    email = LineField(
        _l("E-mail of the member"), [InputRequired(_l("Write the address of a member."))], longest=EMAIL_LONGEST,
        render_kw={"inputmode": "email"}, id="manager-email",
    )  # fmt: skip


def label_quotas(form: QuotasForm) -> None:
    """Put the words of the page's language on the choices of quotas."""
    for entry in form.quotas:
        entry.kind.choices = {"": words.kind_name(None), **words.kind_names()}
        entry.unit.choices = {"hours": _("hours"), "bookings": _("bookings")}
        entry.per.choices = {"day": _("a day"), "week": _("a week"), "month": _("a month")}
