"""The form of an announcement. Shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from innovation_station.announcements import rules
from innovation_station.forms import DateField, Form, LineField, TimeField

_day = InputRequired(_l("Choose a day."))


class AnnouncementForm(Form):
    """What is said, from when until when, on which pages, of what, and when it happens."""

    text_sv = LineField(_l("Text in Swedish"), longest=rules.TEXT_LONGEST, render_kw={"lang": "sv"})
    text_en = LineField(_l("Text in English"), longest=rules.TEXT_LONGEST, render_kw={"lang": "en"})
    level = RadioField(
        _l("How much it matters"), default="information",
        choices=[
            SelectChoice(value="information", label=_l("Information: who has read it can hide it")),
            SelectChoice(value="important", label=_l("Important: it stands first, and stays")),
        ],
    )  # fmt: skip
    place = SelectField(_l("What it concerns"), default="", validate_choice=False)
    pages = SelectMultipleField(
        _l("Where it stands"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False),
        choices=[
            SelectChoice(value="today", label=_l("Members' Today")),
            SelectChoice(value="book", label=_l("The Book page")),
            SelectChoice(value="start", label=_l("The start page, for everybody")),
            SelectChoice(value="display", label=_l("Displays in the house")),
        ],
    )  # fmt: skip
    from_date = DateField(_l("It stands from"), [_day])
    from_time = TimeField(_l("At"))
    until_date = DateField(_l("Until"), [_day])
    until_time = TimeField(_l("At"))
    start_date = DateField(_l("It happens on"))
    start_time = TimeField(_l("From"))
    end_date = DateField(_l("Last day"))
    end_time = TimeField(_l("To"))
    in_feeds = BooleanField(_l("Also in the calendars of what it concerns"))
