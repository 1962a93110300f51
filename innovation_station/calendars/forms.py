"""Forms about feeds."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.fields import HiddenField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from innovation_station.calendars.rules import NAME_LONGEST, OWN, QUERY_LONGEST, REMINDERS
from innovation_station.calendars.scopes import SCOPES, Chosen
from innovation_station.forms import Form, LineField, parse_id
from innovation_station.i18n import NAMES

_OF = re.compile(r"([a-z-]{1,20})(?::([0-9]{1,10}))?")


def read_of(text: str) -> tuple[str, int | None]:
    """Read what a feed is to be of, as in `space:3`; the own bookings where it says nothing that there is."""
    found = _OF.fullmatch(text)
    if found is None or found[1] not in SCOPES:
        return OWN, None
    return found[1], parse_id(found[2])


class NameForm(Form):
    """What a feed is called in the calendar program."""

    name = LineField(
        _l("Name"),
        [DataRequired(_l("Write a name for the calendar."))],
        longest=NAME_LONGEST,
        render_kw={"autocomplete": "off", "maxlength": NAME_LONGEST},
    )


class FeedForm(NameForm):
    """A new feed: what it is of, how much it says, whether it reminds, and in which language.

    `query` are the filters of the view that one came from.
    """

    of = SelectField(_l("What is in it"), default=OWN, validate_choice=False)
    query = HiddenField(validators=[Length(max=QUERY_LONGEST)])
    detail = RadioField(
        _l("How much it says"),
        choices=[
            SelectChoice(value="all", label=_l("Titles, as far as you may see them")),
            SelectChoice(value="busy", label=_l("Only that the time is taken")),
        ],
        default="all",
    )
    remind = SelectField(
        _l("Reminder"), coerce=int, default=0, choices=[SelectChoice(str(minutes)) for minutes in REMINDERS]
    )
    language = RadioField(
        _l("Language of the entries"),
        choices=[SelectChoice(value=code, label=name) for code, name in NAMES.items()],
        validate_choice=True,
    )

    @property
    def chosen(self) -> Chosen:
        """Give what is asked for, at the most or at the least that it can say."""
        scope, subject = read_of(self.of.data or OWN)
        busy = self.detail.data == "busy"
        return Chosen(scope, "busy" if busy else "full", subject, self.query.data or "", self.remind.data or 0)
