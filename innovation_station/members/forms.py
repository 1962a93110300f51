"""Forms about members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, HiddenField, PasswordField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from innovation_station.forms import Form, LineField
from innovation_station.members.reception import Offer
from innovation_station.members.rules import EMAIL_LONGEST, NAME_LONGEST, PASSWORD_LONGEST, TEXT_LONGEST

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


def name_field() -> LineField:
    """Make a field for a person's name."""
    return LineField(
        _l("Your name"), [DataRequired(_l("Write your name."))], longest=NAME_LONGEST,
        render_kw={"autocomplete": "name"},
    )  # fmt: skip


class OfferForm(Form):
    """What a newcomer may choose beside the account, where something is offered."""

    offer = RadioField(_l("Membership"), coerce=int)

    def choose_among(self, offers: Sequence[Offer], wanted: int | None = None) -> None:
        """Offer something, with what was `wanted` before as chosen; without offers there is no such field."""
        if not offers:
            del self.offer
            return
        self.offer.choices = [SelectChoice(offer.id, offer.title) for offer in offers]
        self.offer.choices.append(SelectChoice(0, _l("I decide later")))
        if not self.offer.raw_data:
            self.offer.data = wanted if wanted in {offer.id for offer in offers} else 0

    @property
    def chosen(self) -> int | None:
        """Give what was chosen, None where that is nothing."""
        return (self.offer.data or None) if "offer" in self else None


class ApplyForm(OfferForm):
    """Who wants to become a member, and how."""

    name = name_field()
    email = email_field(_l("E-mail"), autocomplete="email")


class JoinForm(OfferForm):
    """What makes the account: name, password, and that the texts of the house are accepted."""

    name = name_field()
    password = password_field(_l("Choose a password"), new=True)
    accept = BooleanField(_l("I have read this and keep to it"))

    def demand(self) -> bool:
        """Ask that the texts are accepted, for a house that has some."""
        if self.accept.data:
            return True
        self.accept.errors = [*self.accept.errors, str(_l("Tick this to become a member."))]
        return False


class AcceptForm(Form):
    """That the texts of the house are accepted, in their newest version."""

    accept = BooleanField(
        _l("I have read this and keep to it"), [DataRequired(_l("Tick this to go on."))], false_values=(False, "", "0")
    )


class InviteForm(Form):
    """Addresses, one a line."""

    people = TextAreaField(
        _l("Addresses"), [DataRequired(_l("Write at least one address.")), Length(max=30_000)],
        render_kw={"rows": "6", "autocapitalize": "none", "spellcheck": "false"},
    )  # fmt: skip


class AdmissionForm(Form):
    """How the house lets people in."""

    domains = TextAreaField(
        _l("Domains whose people need no approval"), [Length(max=5000)], render_kw={"rows": "4", "spellcheck": "false"}
    )
    second_factor = RadioField(
        _l("Who logs in with a second factor"),
        choices=[
            SelectChoice("nobody", _l("Who wants to")),
            SelectChoice("staff", _l("All staff")),
            SelectChoice("everybody", _l("Everybody")),
        ],
        validate_choice=True,
    )


class TextForm(Form):
    """A text of the house in both languages."""

    body_sv = TextAreaField(
        "Svenska", [DataRequired(_l("Write the text in both languages.")), Length(max=TEXT_LONGEST)],
        render_kw={"rows": "12", "lang": "sv"},
    )  # fmt: skip
    body_en = TextAreaField(
        "English", [DataRequired(_l("Write the text in both languages.")), Length(max=TEXT_LONGEST)],
        render_kw={"rows": "12", "lang": "en"},
    )  # fmt: skip


class ImportForm(Form):
    """A file of members."""

    file = FileField(_l("CSV file"), render_kw={"accept": ".csv,text/csv,text/plain"})
    only_try = BooleanField(_l("Only try: say what would happen and save nothing"), default=True)
    invite = BooleanField(_l("Send each new member an invitation by mail"))
