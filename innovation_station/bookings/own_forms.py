"""The form that changes a booking."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired, ValidationError

from innovation_station.bookings.models import TITLE_LONGEST
from innovation_station.errors import Refusal
from innovation_station.forms import CountField, DateField, Form, LineField, LongSelect, parse_id, parse_time
from innovation_station.i18n import lazy_gettext as _l
from innovation_station.i18n import sentence


def read_id(value: Any) -> int | None:
    """Read the id of a row from a list."""
    return parse_id(str(value))


def read_minutes(value: Any) -> int | None:
    """Read a time of day as minutes since midnight."""
    return value if isinstance(value, int) else parse_time(value)


class ClockField(SelectField):  # type: ignore[misc]
    """A local wall time as minutes since midnight, chosen from a list: 24 hours in every browser."""

    widget = LongSelect()

    def _value(self) -> str:
        return "" if self.data is None else f"{self.data // 60:02}:{self.data % 60:02}"

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no time of day; which times are good is for the rules to say."""
        if self.data is None:
            raise ValidationError(sentence(Refusal("time-malformed")))


class EditForm(Form):
    """Another place, time, title or visibility for a booking."""

    space = SelectField(
        _l("Place"), [InputRequired(_l("Choose a place."))], coerce=read_id, validate_choice=False, widget=LongSelect()
    )
    date = DateField(_l("Date"), [InputRequired(_l("Choose a day."))])
    start = ClockField(_l("From"), [InputRequired(_l("Choose a time."))], coerce=read_minutes)
    end = ClockField(_l("To"), [InputRequired(_l("Choose a time."))], coerce=read_minutes)
    title = LineField(_l("Title"), longest=TITLE_LONGEST, render_kw={"maxlength": TITLE_LONGEST, "autocomplete": "off"})
    visible = BooleanField(_l("Show my name and the title to other members"))
    people = CountField(_l("Number of people"), render_kw={"inputmode": "numeric", "autocomplete": "off"})
    layout = SelectField(_l("Furnishing"), validate_choice=False)
