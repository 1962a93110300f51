"""Forms about people."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import FileField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice

from innovation_station.forms import DateField, Form
from innovation_station.people.rules import NOTE_LONGEST


class NoteForm(Form):
    """What is written down about a member."""

    text = TextAreaField(
        _l("Note"), render_kw={"rows": "3", "maxlength": str(NOTE_LONGEST), "autocomplete": "off"}, id="note-text"
    )

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Bound what is shown again."""
        super().process(*args, **kwargs)
        self.text.data = (self.text.data or "")[: NOTE_LONGEST * 2]


class EditForm(Form):
    """What is to be done with the chosen members, and by which value."""

    act = RadioField(
        _l("What is to be done"),
        choices=[
            SelectChoice("plan", _l("Give another plan")),
            SelectChoice("organisation", _l("Let them belong to an organisation")),
            SelectChoice("end", _l("End their own plans with a day")),
            SelectChoice("invite", _l("Send the invitation once more")),
            SelectChoice("note", _l("Write a note")),
            SelectChoice("role", _l("Change the role")),
        ],
        validate_choice=False,
    )
    plan = SelectField(_l("Plan"), validate_choice=False)
    organisation = SelectField(_l("Organisation"), validate_choice=False)
    day = DateField(_l("From, or with, the day"))
    role = SelectField(_l("Role"), validate_choice=False)
    text = TextAreaField(_l("Note"), render_kw={"rows": "3", "maxlength": str(NOTE_LONGEST)}, id="edit-text")


class FileForm(Form):
    """A file of members that comes back."""

    file = FileField(_l("CSV file"), render_kw={"accept": ".csv,text/csv"})
