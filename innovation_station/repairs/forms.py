"""What the forms may hold by which a fault is reported, and a place is closed for it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired

from innovation_station.forms import DateField, Form
from innovation_station.repairs.rules import SORTS, TEXT_LONGEST
from innovation_station.repairs.words import sort_names


class FaultForm(Form):
    """What is wrong, and a few words where there are any. How long they may be say the rules."""

    sort = SelectField(_l("What is wrong?"), choices=list(SORTS), validate_choice=False)
    text = TextAreaField(_l("In a few words"), render_kw={"maxlength": TEXT_LONGEST, "rows": 3})


def fault_form() -> FaultForm:
    """Make the form, with its choices in the page's language."""
    form = FaultForm()
    form.sort.choices = list(sort_names().items())
    form.text.data = (form.text.data or "")[: TEXT_LONGEST * 2]
    return form


class CloseForm(Form):
    """Until when a place is closed, that day included."""

    until = DateField(_l("Until and including"), [InputRequired(_l("Choose a day."))])
