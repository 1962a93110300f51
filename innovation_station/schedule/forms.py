"""What the forms of the schedule may hold."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired, Length, Optional

from innovation_station.bookings.models import TITLE_LONGEST
from innovation_station.bookings.own_forms import ClockField, read_id, read_minutes
from innovation_station.bookings.rules import PASSING_LONGEST
from innovation_station.forms import CountField, DateField, Form, LineField, LongSelect
from innovation_station.i18n import lazy_gettext as _l
from innovation_station.members.rules import EMAIL_LONGEST
from innovation_station.schedule.rules import REASON_LONGEST

_plain = {"autocomplete": "off"}


def _time(label: Any) -> ClockField:
    return ClockField(label, [InputRequired(_l("Choose a time."))], coerce=read_minutes)


class PlaceForm(Form):
    """A place and a time of one day."""

    space = SelectField(
        _l("Place"), [InputRequired(_l("Choose a place."))], coerce=read_id, validate_choice=False, widget=LongSelect()
    )
    date = DateField(_l("Date"), [InputRequired(_l("Choose a day."))])
    start = _time(_l("From"))
    end = _time(_l("To"))


class MoveForm(PlaceForm):
    """Where and when a booking goes, and why past the rules."""

    reason = LineField(
        _l("Past the rules, because"), longest=PASSING_LONGEST, render_kw={"maxlength": PASSING_LONGEST, **_plain}
    )


class BookForm(MoveForm):
    """A booking for somebody: `who` is looked for by name or address, `holder` is who was chosen of several."""

    who = LineField(_l("For whom"), longest=EMAIL_LONGEST, render_kw={"maxlength": EMAIL_LONGEST, **_plain})
    holder = RadioField(_l("Who of these?"), [Optional()], coerce=read_id, validate_choice=False)
    title = LineField(_l("Title"), longest=TITLE_LONGEST, render_kw={"maxlength": TITLE_LONGEST, **_plain})
    people = CountField(_l("Number of people"), render_kw={"inputmode": "numeric", **_plain})
    key = HiddenField(validators=[Length(max=100, message=_l("This form is damaged. Open the page again."))])


class CloseForm(PlaceForm):
    """A place that is closed from a day's time until another's, and why."""

    until = DateField(_l("Until and including"), [Optional()])
    because = LineField(
        _l("Why, in Swedish"), longest=REASON_LONGEST, render_kw={"maxlength": REASON_LONGEST, **_plain}
    )
    because_en = LineField(
        _l("Why, in English"), longest=REASON_LONGEST, render_kw={"maxlength": REASON_LONGEST, **_plain}
    )
