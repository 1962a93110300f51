"""The form of one's profile: each field and to whom it is shown."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, SelectField
from wtforms.fields.choices import SelectChoice

from innovation_station.directory import rules
from innovation_station.directory.queries import Own
from innovation_station.forms import Form, LineField
from innovation_station.members.rules import NAME_LONGEST

_AUDIENCES = ((rules.NOBODY, _l("Nobody")), (rules.MEMBERS, _l("Members")), (rules.PUBLIC, _l("Everybody")))
FIELDS = ("name", *rules.FIELDS)
SHOWN = ("name", "photo", *rules.FIELDS)


def _audience() -> SelectField:
    choices = [SelectChoice(str(value), label) for value, label in _AUDIENCES]
    return SelectField(_l("Shown to"), choices=choices, default=str(rules.NOBODY))


class ProfileForm(Form):
    """What I say of myself."""

    name = LineField(_l("Name"), longest=NAME_LONGEST, render_kw={"autocomplete": "name"})
    pronouns = LineField(_l("Pronouns"), longest=rules.FIELDS["pronouns"])
    organisation = LineField(
        _l("Organisation"), longest=rules.FIELDS["organisation"], render_kw={"autocomplete": "organization"}
    )
    field = LineField(_l("Field"), longest=rules.FIELDS["field"])
    ask_about = LineField(_l("Ask me about"), longest=rules.FIELDS["ask_about"])
    looking_for = LineField(_l("I am looking for"), longest=rules.FIELDS["looking_for"])
    languages = LineField(_l("Languages"), longest=rules.FIELDS["languages"])
    shown_name = _audience()
    shown_photo = _audience()
    shown_pronouns = _audience()
    shown_organisation = _audience()
    shown_field = _audience()
    shown_ask_about = _audience()
    shown_looking_for = _audience()
    shown_languages = _audience()
    visible = BooleanField(_l("Show my name and titles on new bookings, unless I say otherwise"))

    @classmethod
    def of(cls, own: Own) -> ProfileForm:
        """Make the form, filled with what is stored."""
        shown = {f"shown_{name}": str(own.shown.get(name, rules.NOBODY)) for name in SHOWN}
        data: dict[str, Any] = {**own.texts, **shown, "visible": own.visible}
        return cls(data=data)

    @property
    def texts(self) -> dict[str, str]:
        """Give what was written, by field."""
        return {name: self[name].data or "" for name in FIELDS}

    @property
    def shown(self) -> dict[str, int]:
        """Give to whom each field is to be shown."""
        return {name: int(self[f"shown_{name}"].data) for name in SHOWN}


class PhotoForm(Form):
    """A picture of me."""

    photo = FileField(_l("A picture of you"), render_kw={"accept": "image/jpeg,image/png,image/webp"})
