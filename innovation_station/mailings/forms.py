"""The forms of mailings. Shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from innovation_station.events.forms import cleaned
from innovation_station.forms import CountField, DateField, Form, LineField, parse_id
from innovation_station.mailings import rules
from innovation_station.mailings.rules import Facts, Group

_long = Length(max=rules.BODY_LONGEST, message=_l("At most %(max)d characters."))
_sv, _en = {"lang": "sv"}, {"lang": "en"}


class MailingForm(Form):
    """What is said, and to whom."""

    subject_sv = LineField(_l("Subject in Swedish"), longest=rules.SUBJECT_LONGEST, render_kw=_sv)
    subject_en = LineField(_l("Subject in English"), longest=rules.SUBJECT_LONGEST, render_kw=_en)
    body_sv = TextAreaField(_l("Text in Swedish"), [_long], render_kw=_sv | {"rows": 8})
    body_en = TextAreaField(_l("Text in English"), [_long], render_kw=_en | {"rows": 8})
    kind = RadioField(
        _l("What it is"), default="news",
        choices=[
            SelectChoice(value="news", label=_l("News: by the way each chose, and to nobody who wants none")),
            SelectChoice(value="own", label=_l("About their own booking or registration: all get it by mail")),
        ],
    )  # fmt: skip
    plan = SelectField(_l("Plan"), default="", validate_choice=False)
    organisation = SelectField(_l("Organisation"), default="", validate_choice=False)
    role = SelectField(_l("Role"), default="", validate_choice=False)
    place = SelectField(_l("Has booked in"), default="", validate_choice=False)
    first = DateField(_l("On"))
    last = DateField(_l("Until and including"))
    event = SelectField(_l("Has a place at"), default="", validate_choice=False)

    def facts(self) -> Facts:
        """Give what was written, once the form is found valid."""
        kind, _colon, number = (self.place.data or "").partition(":")
        group = Group(
            parse_id(self.plan.data), parse_id(self.organisation.data), self.role.data or "",
            (kind, parse_id(number) or 0) if kind else None, self.first.data, self.last.data,
            parse_id(self.event.data),
        )  # fmt: skip
        return Facts(
            self.kind.data or "", (self.subject_sv.data or "", self.subject_en.data or ""),
            (cleaned(self.body_sv.data), cleaned(self.body_en.data)), group,
        )  # fmt: skip


class SendForm(Form):
    """How many people it goes to, as the page shows it."""

    count = CountField(_l("How many people get it"), render_kw={"inputmode": "numeric", "autocomplete": "off"})
