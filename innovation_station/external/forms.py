"""What the forms may hold by which a calendar is added."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import FileField, SelectField, StringField

from innovation_station.external.fetching import LONGEST_ADDRESS
from innovation_station.external.rules import NAME_LONGEST
from innovation_station.external.words import zone_choices
from innovation_station.forms import Form
from innovation_station.i18n import zone
from innovation_station.spaces.rules import House


class CalendarForm(Form):
    """An address or a file, and what it is called. What they may be say the rules."""

    space = SelectField(_l("Place"), choices=[], validate_choice=False)
    name = StringField(_l("Name"), render_kw={"maxlength": NAME_LONGEST})
    address = StringField(
        _l("Address"), render_kw={"maxlength": LONGEST_ADDRESS, "inputmode": "url", "autocomplete": "off",
                                  "placeholder": "https://"},
    )  # fmt: skip
    file = FileField(_l("or a file"), render_kw={"accept": ".ics,text/calendar"})
    zone = SelectField(_l("Times without a zone are in"), choices=[], validate_choice=False)


class ZoneForm(Form):
    """The zone that times without one are read in."""

    zone = SelectField(_l("Times without a zone are in"), choices=[], validate_choice=False)


def calendar_form(house: House | None, *, filled: bool = True) -> CalendarForm:
    """Make the form with its choices, `filled` with what was sent; without a house it asks for no place."""
    form = CalendarForm() if filled else CalendarForm(formdata=None)
    form.zone.choices = zone_choices(zone())
    form.name.data = (form.name.data or "")[: NAME_LONGEST * 2]
    if house is None:
        del form.space
    else:
        form.space.choices = [(str(place.id), place.name) for place in house.places.values()]
    return form


def zone_form(chosen: str | None) -> ZoneForm:
    """Make the form that asks for a zone."""
    form = ZoneForm(zone=chosen or "")
    form.zone.choices = zone_choices(zone())
    return form
