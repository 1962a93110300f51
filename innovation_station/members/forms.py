"""Forms about members."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField
from wtforms.validators import DataRequired, Length

from innovation_station.forms import Form, LineField
from innovation_station.members.rules import EMAIL_LONGEST, PASSWORD_LONGEST


class LoginForm(Form):
    """Who are you?"""

    email = LineField(
        _l("E-mail"), [DataRequired(_l("Write your e-mail address."))], longest=EMAIL_LONGEST,
        render_kw={"type": "email", "autocomplete": "username", "inputmode": "email", "autocapitalize": "none"},
    )  # fmt: skip
    password = PasswordField(
        _l("Password"),
        [
            DataRequired(_l("Write your password.")),
            Length(max=PASSWORD_LONGEST, message=_l("That is too long to be a password.")),
        ],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip
    remember = BooleanField(_l("Keep me logged in on this device"))
    next = HiddenField()
