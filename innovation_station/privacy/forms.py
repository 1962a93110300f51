"""Forms about privacy."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from innovation_station.forms import DateField, Form, LineField
from innovation_station.members.rules import EMAIL_LONGEST, PASSWORD_LONGEST
from innovation_station.privacy.rules import REASON_LONGEST


class PlainForm(Form):
    """A button with a token."""


class ConfirmForm(Form):
    """Is it really you?"""

    password = PasswordField(
        _l("Your password"),
        [
            DataRequired(_l("Write your password.")),
            Length(max=PASSWORD_LONGEST, message=_l("That is too long to be a password.")),
        ],
        render_kw={"autocomplete": "current-password"},
    )


class LeaveForm(Form):
    """For a while, or for good?"""

    kind = RadioField(
        _l("How do you want to leave?"),
        [DataRequired(_l("Choose one of the two."))],
        choices=[
            SelectChoice("pause", _l("For a while: the account opens again by itself")),
            SelectChoice("end", _l("For good")),
        ],
    )
    until = DateField(_l("Back on"), [Optional()])
    to = LineField(
        _l("Who takes over"), longest=EMAIL_LONGEST,
        render_kw={"type": "email", "autocomplete": "off", "autocapitalize": "none"},
    )  # fmt: skip


class OwnLeaveForm(LeaveForm, ConfirmForm):
    """The same for oneself, with the password."""


class HoldForm(Form):
    """Whose data may not go, and why?"""

    email = LineField(
        _l("E-mail of the member"), [DataRequired(_l("Write an e-mail address."))], longest=EMAIL_LONGEST,
        render_kw={"type": "email", "autocomplete": "off"},
    )  # fmt: skip
    reason = LineField(_l("Reason"), [DataRequired(_l("Write a reason."))], longest=REASON_LONGEST)
