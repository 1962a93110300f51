"""The form that changes a booking."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired

from innovation_station.bookings.models import TITLE_LONGEST
from innovation_station.forms import DateField, Form, LineField, TimeField, parse_id
from innovation_station.spaces.rules import DAY_MINUTES


def _id(value: Any) -> int | None:
    return parse_id(str(value))


class EditForm(Form):
    """Another place, time, title or visibility for a booking."""

    space = SelectField(
        _l("Place"), [InputRequired(_l("Choose a place."))], coerce=_id, validate_choice=False
    )
    date = DateField(_l("Date"), [InputRequired(_l("Choose a day."))])
    start = TimeField(_l("From"), [InputRequired(_l("Choose a time."))], render_kw={"step": "900"})
    end = TimeField(_l("To"), [InputRequired(_l("Choose a time."))], render_kw={"step": "900"})
    title = LineField(
        _l("Title"), longest=TITLE_LONGEST, render_kw={"maxlength": TITLE_LONGEST, "autocomplete": "off"}
    )
    visible = BooleanField(_l("Show my name and the title to other members"))

    @property
    def end_minute(self) -> int:
        """Give the end as minutes of the day; a field for times can only say midnight as 00:00."""
        return self.end.data or DAY_MINUTES
