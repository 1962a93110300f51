"""What the forms may hold by which a fault is reported, and a place is closed for it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, SelectField, TextAreaField

from innovation_station.forms import DateField, Form, LineField, TimeField
from innovation_station.repairs.rules import NOTE_LONGEST, REASON_LONGEST, SORTS, TEXT_LONGEST
from innovation_station.repairs.words import sort_names


class FaultForm(Form):
    """What is wrong, and a few words or a photo where there are any. How long they may be say the rules."""

    sort = SelectField(_l("What is wrong?"), choices=list(SORTS), validate_choice=False)
    text = TextAreaField(_l("In a few words"), render_kw={"maxlength": TEXT_LONGEST, "rows": 3})
    # `capture` would have phones offer the camera alone, and some have taken the photo already
    photo = FileField(_l("A photo"), render_kw={"accept": "image/jpeg,image/png,image/webp"})


def fault_form() -> FaultForm:
    """Make the form, with its choices in the page's language."""
    form = FaultForm()
    form.sort.choices = list(sort_names().items())
    form.text.data = (form.text.data or "")[: TEXT_LONGEST * 2]
    return form


class CloseForm(Form):
    """Until when a place is closed: a day, that day included or until a time of it, or until it is mended."""

    until = DateField(_l("Until and including"))
    time = TimeField(_l("Until what time"))
    reason = LineField(_l("Why, for everybody to read"), longest=REASON_LONGEST)
    whole = BooleanField(_l("Until it is mended"))


class NoteForm(Form):
    """What somebody of the house notes. How long it may be say the rules."""

    note = TextAreaField(_l("A note, for staff"), render_kw={"maxlength": NOTE_LONGEST, "rows": 2})
