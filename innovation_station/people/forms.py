"""Forms about people."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from innovation_station.forms import Form
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
