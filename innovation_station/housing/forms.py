"""The forms by which the house is closed and arranged. Shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired

from innovation_station.forms import DateField, Form, LineField, TimeField

REASON_LONGEST = 200
_plain = {"autocomplete": "off"}


class ClosureForm(Form):
    """What is closed, from when until when, and why, in both languages."""

    where = SelectField(_l("What is closed"), choices=["house"], validate_choice=True)
    first = DateField(_l("From"), [InputRequired(_l("Choose a day."))])
    start = TimeField(_l("Clock"), [InputRequired(_l("Write the hour as 09:00."))])
    last = DateField(_l("Until"), [InputRequired(_l("Choose a day."))])
    end = TimeField(_l("Clock"), [InputRequired(_l("Write the hour as 09:00."))])
    reason_sv = LineField(_l("Why, in Swedish"), longest=REASON_LONGEST, render_kw=_plain)
    reason_en = LineField(_l("Why, in English"), longest=REASON_LONGEST, render_kw=_plain)
