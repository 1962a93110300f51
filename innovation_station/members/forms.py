"""Forms about members."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField
from wtforms.validators import DataRequired, Length

from innovation_station.forms import Form, LineField
from innovation_station.members.rules import EMAIL_LONGEST, PASSWORD_LONGEST

CODE_LONGEST = 60


def email_field(label: Any, **attributes: str) -> LineField:
    """Make a field for an address, with what a phone and a password manager need to know."""
    known = {"type": "email", "autocomplete": "username", "inputmode": "email", "autocapitalize": "none"}
    return LineField(
        label,
        [DataRequired(_l("Write your e-mail address."))],
        longest=EMAIL_LONGEST,
        render_kw={**known, **attributes},
    )


def password_field(label: Any, *, new: bool = False) -> PasswordField:
    """Make a field for a password: the one that is known, or a new one."""
    missing = _l("Write a new password.") if new else _l("Write your password.")
    too_long = Length(max=PASSWORD_LONGEST, message=_l("That is too long to be a password."))
    how = {"autocomplete": "new-password" if new else "current-password"}
    return PasswordField(label, [DataRequired(missing), too_long], render_kw=how)


class LoginForm(Form):
    """Who are you?"""

    email = email_field(_l("E-mail"))
    password = password_field(_l("Password"))
    remember = BooleanField(_l("Keep me logged in on this device"))
    next = HiddenField()


class CodeForm(Form):
    """A code of the app, or one for the day the phone is gone."""

    code = LineField(
        _l("Code"), [DataRequired(_l("Write the code."))], longest=CODE_LONGEST,
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none"},
    )  # fmt: skip


class RecoveryForm(CodeForm):
    """The same field, for letters too."""

    code = LineField(
        _l("Recovery code"), [DataRequired(_l("Write the code."))], longest=CODE_LONGEST,
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )  # fmt: skip


class AskForm(Form):
    """Where to send a mail."""

    email = email_field(_l("E-mail"))


class ConfirmForm(Form):
    """Nothing but the token: a button."""


class NewPasswordForm(Form):
    """A new password, for who has a link."""

    password = password_field(_l("New password"), new=True)


class PasswordForm(Form):
    """The password, before something that a passer-by must not do."""

    password = password_field(_l("Your password"))


class ChangePasswordForm(Form):
    """The password that is known, and a new one. The names are those of the service's refusals."""

    current = password_field(_l("Your password now"))
    password = password_field(_l("New password"), new=True)


class EmailForm(Form):
    """Another address, and the password."""

    email = email_field(_l("New e-mail address"), autocomplete="email")
    password = password_field(_l("Your password"))
