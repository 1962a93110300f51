"""What the form may hold by which a note is left."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Optional

from innovation_station.forms import DateField, Form
from innovation_station.hosting.rules import NOTE_LONGEST


class NoteForm(Form):
    """A few words, and from which day on they stand; without one from today."""

    text = StringField(_l("Note for the next host"), render_kw={"maxlength": NOTE_LONGEST, "autocomplete": "off"})
    day = DateField(_l("From"), [Optional()], id="note-day")  # the page is the day
