"""Forms about feeds."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from innovation_station.calendars.rules import NAME_LONGEST
from innovation_station.forms import Form, LineField
from innovation_station.i18n import NAMES


class NameForm(Form):
    """What a feed is called in the calendar program."""

    name = LineField(
        _l("Name"),
        [DataRequired(_l("Write a name for the calendar."))],
        longest=NAME_LONGEST,
        render_kw={"autocomplete": "off", "maxlength": NAME_LONGEST},
    )


class FeedForm(NameForm):
    """A new feed."""

    language = RadioField(
        _l("Language of the entries"),
        choices=[SelectChoice(value=code, label=name) for code, name in NAMES.items()],
        validate_choice=True,
    )
