"""Forms of registration for staff."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice

from innovation_station.forms import CountField, DateField, Form, LineField, TimeField
from innovation_station.members.rules import EMAIL_LONGEST
from innovation_station.registration.rules import NAME_LONGEST, REASON_LONGEST

_number = {"inputmode": "numeric"}


class TermsForm(Form):
    """How one registers for an event; the sessions that are chosen are fields of their own, see `staff`."""

    capacity = CountField(_l("Places"), render_kw=_number)
    opens_date = DateField(_l("Opens"))
    opens_time = TimeField(_l("At"), id="opens-time")
    closes_date = DateField(_l("Closes"))
    closes_time = TimeField(_l("At"), id="closes-time")
    guests = BooleanField(_l("Also people without an account"))
    waitlist = BooleanField(_l("A line when all places are taken"))
    answer_hours = CountField(_l("Hours to answer when a place is offered"), render_kw=_number)
    diet_days = CountField(_l("Days that food wishes are kept after the event"), render_kw=_number)


class AddForm(Form):
    """Somebody whom staff add by hand."""

    name = LineField(_l("Name"), longest=NAME_LONGEST)
    email = LineField(_l("E-mail"), longest=EMAIL_LONGEST, render_kw={"inputmode": "email"})
    language = SelectField(_l("Language"), choices=[SelectChoice("sv", "Svenska"), SelectChoice("en", "English")])
    reason = LineField(_l("Why, where all places are taken"), longest=REASON_LONGEST)


class LinkForm(Form):
    """Places that are set aside for a partner."""

    name = LineField(_l("For whom"), longest=NAME_LONGEST, id="link-name")
    quota = CountField(_l("Places"), render_kw=_number, id="link-quota")
