"""Forms about organisations."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from innovation_station.forms import DateField, Form, IdField, LineField
from innovation_station.members.rules import EMAIL_LONGEST
from innovation_station.organisations.rules import (
    ABOUT_LONGEST,
    COST_CENTRE_LONGEST,
    KINDS,
    NAME_LONGEST,
    WEBSITE_LONGEST,
)
from innovation_station.organisations.service import Particulars

_about = Length(max=ABOUT_LONGEST, message=_l("At most %(max)d characters."))


class OrganisationForm(Form):
    """An organisation's particulars."""

    name_sv = LineField(
        _l("Name in Swedish"), [DataRequired(_l("Write the name."))], longest=NAME_LONGEST, render_kw={"lang": "sv"}
    )
    name_en = LineField(
        _l("Name in English"), [DataRequired(_l("Write the name."))], longest=NAME_LONGEST, render_kw={"lang": "en"}
    )
    kind = SelectField(_l("Kind"), choices=list(KINDS))
    about_sv = TextAreaField(_l("About it, in Swedish"), [_about], render_kw={"lang": "sv"})
    about_en = TextAreaField(_l("About it, in English"), [_about], render_kw={"lang": "en"})
    website = LineField(_l("Web page"), longest=WEBSITE_LONGEST, render_kw={"type": "url", "inputmode": "url"})
    contact = LineField(_l("Public e-mail"), longest=EMAIL_LONGEST, render_kw={"inputmode": "email"})
    partner_from = DateField(_l("Partner from"))
    partner_until = DateField(_l("Partner until"))
    cost_centre = LineField(_l("Cost centre"), longest=COST_CENTRE_LONGEST)

    def particulars(self) -> Particulars:
        """Give what was written, once the form is found valid."""
        return Particulars(
            (self.name_sv.data, self.name_en.data), self.kind.data,
            (_plain(self.about_sv.data), _plain(self.about_en.data)), self.website.data or "",
            self.contact.data or "", (self.partner_from.data, self.partner_until.data), self.cost_centre.data or "",
        )  # fmt: skip


class LogoForm(Form):
    """A picture, or its removal."""

    logo = FileField(_l("Logo"), render_kw={"accept": "image/png,image/jpeg,image/webp"})


class BelongForm(Form):
    """A member who is to belong to an organisation, or to none any more."""

    email = LineField(
        _l("E-mail of the member"), longest=EMAIL_LONGEST, render_kw={"inputmode": "email"}, id="belong-email"
    )
    member = IdField()


class GrantForm(Form):
    """Who may do what beyond the role."""

    email = LineField(
        _l("E-mail of the member"), [InputRequired(_l("Write the address of a member."))], longest=EMAIL_LONGEST,
        render_kw={"inputmode": "email"}, id="grant-email",
    )  # fmt: skip
    kind = HiddenField()
    subject = IdField()


def _plain(text: str | None) -> str:
    """Give a text with line ends of one kind and nothing that cannot be shown."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    return "\n".join("".join(letter for letter in line if letter.isprintable()) for line in lines)
