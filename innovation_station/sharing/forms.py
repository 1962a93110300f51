"""Forms of sharing: who may book for me, and whom I invite."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from innovation_station.bookings.models import TITLE_LONGEST
from innovation_station.forms import DateField, Form, LineField
from innovation_station.i18n import NAMES
from innovation_station.members.rules import EMAIL_LONGEST, NAME_LONGEST
from innovation_station.sharing.rules import NAMED_TEXT_LONGEST


class ConsentForm(Form):
    """Who may book for me, beside those who work for the house."""

    organisation = BooleanField(_l("People of my organisation"))
    colleagues = BooleanField(_l("My colleagues, with whom I have agreed to see when the other is in"))
    people = TextAreaField(
        _l("Named people"), [Length(max=NAMED_TEXT_LONGEST, message=_l("These are too many addresses."))],
        render_kw={"rows": 3, "inputmode": "email", "autocomplete": "off", "autocapitalize": "none",
                   "spellcheck": "false"},
    )  # fmt: skip


class TeamForm(Form):
    """When some people want desks; it asks, and changes nothing. Who, the page reads itself."""

    class Meta(Form.Meta):
        csrf = False

    date = DateField(_l("Date"), [DataRequired(_l("Choose a day."))])
    part = SelectField(_l("When"), choices=[SelectChoice("day", _l("All day")), SelectChoice("morning", _l("Morning")),
                                            SelectChoice("afternoon", _l("Afternoon"))])  # fmt: skip
    title = LineField(_l("Title"), longest=TITLE_LONGEST)


class AwayForm(Form):
    """From which day to which somebody is away, both included; it asks, and changes nothing."""

    class Meta(Form.Meta):
        csrf = False

    first = DateField(_l("First day away"), [DataRequired(_l("Choose a day."))])
    last = DateField(_l("Last day away"), [DataRequired(_l("Choose a day."))])


class OfferForm(Form):
    """Whom a booking is offered to: a colleague, or whoever has an address."""

    to = SelectField(_l("To whom"), validate_choice=True)
    email = LineField(
        _l("E-mail"), longest=EMAIL_LONGEST,
        render_kw={"type": "email", "inputmode": "email", "autocomplete": "off", "autocapitalize": "none"},
    )  # fmt: skip


class GuestForm(Form):
    """Somebody to invite."""

    name = LineField(_l("Name"), [DataRequired(_l("Write the guest's name."))], longest=NAME_LONGEST)
    email = LineField(
        _l("E-mail"), [DataRequired(_l("Write the guest's address."))], longest=EMAIL_LONGEST,
        render_kw={"type": "email", "inputmode": "email", "autocomplete": "off", "autocapitalize": "none"},
    )  # fmt: skip
    language = SelectField(_l("Language of the invitation"), choices=[SelectChoice(*pair) for pair in NAMES.items()])
