"""The forms by which the house is closed and arranged. Shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, SelectField
from wtforms.validators import InputRequired

from innovation_station.forms import CountField, DateField, Form, LineField, TimeField
from innovation_station.housing import words
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language
from innovation_station.plans.forms import Checks
from innovation_station.spaces.rules import KINDS, House, Place

REASON_LONGEST = 200
_figures = {"inputmode": "numeric", "autocomplete": "off"}
_plain = {"autocomplete": "off"}


class ClosureForm(Form):
    """What is closed, from when until when, and why, in both languages."""

    where = SelectField(_l("What is closed"), choices=["house"], validate_choice=True)
    first = DateField(_l("From"), [InputRequired(_l("Choose a day."))])
    start = TimeField(_l("Clock"), [InputRequired(_l("Write the hour as 09:00."))])
    last = DateField(_l("Until"), [InputRequired(_l("Choose a day."))])
    end = TimeField(_l("Clock"), [InputRequired(_l("Write the hour as 09:00."))])
    reason_sv = LineField(_l("Why, in Swedish"), longest=REASON_LONGEST, render_kw=_plain)
    reason_en = LineField(_l("Why, in English"), longest=REASON_LONGEST, render_kw=_plain)


class FloorForm(Form):
    """A floor that is not there yet; in plan units, of which a desk takes about 50."""

    name_sv = LineField(_l("Name in Swedish"), [InputRequired(_l("Give it a name."))], longest=100, render_kw=_plain)
    name_en = LineField(_l("Name in English"), longest=100, render_kw=_plain)
    width = CountField(_l("Width"), [InputRequired(_l("Write a number."))], render_kw=_figures)
    height = CountField(_l("Height"), [InputRequired(_l("Write a number."))], render_kw=_figures)


class SpaceForm(Form):
    """What is said of a place, but for where it lies."""

    name = LineField(_l("Name"), [InputRequired(_l("Give it a name."))], longest=60, render_kw=_plain)
    kind = SelectField(_l("Kind"), choices=list(KINDS))
    capacity = CountField(_l("Seats"), [InputRequired(_l("Write a number."))], render_kw=_figures)
    zone = SelectField(_l("Zone"), coerce=int)
    amenities = Checks(_l("Equipment"))
    bookable = BooleanField(_l("Members may book it"))
    photo_sv = LineField(_l("What the photograph shows, in Swedish"), longest=200, render_kw=_plain)
    photo_en = LineField(_l("What the photograph shows, in English"), longest=200, render_kw=_plain)

    def texts(self) -> tuple[str, str]:
        """Give what the photograph shows, (sv, en)."""
        return self.photo_sv.data or "", self.photo_en.data or ""


def space_form(place: Place, house: House, *, fresh: bool = False) -> SpaceForm:
    """Make the form of a place, with what is said of it; `fresh` leaves out what was typed."""
    form = SpaceForm(
        **({"formdata": None} if fresh else {}),
        data={
            "name": place.name, "kind": place.kind, "capacity": place.capacity, "zone": place.zone_id or 0,
            "amenities": sorted(place.amenities), "bookable": place.bookable,
            "photo_sv": place.photo_texts[0], "photo_en": place.photo_texts[1],
        },
    )  # fmt: skip
    zones = [(area.id, area.names[language()]) for area in house.zones.values() if area.floor_id == place.floor_id]
    form.kind.choices, form.zone.choices = list(words.kind_names().items()), [(0, _("No zone")), *zones]
    form.amenities.choices = words.amenity_choices()
    return form


class FileForm(Form):
    """A house file."""

    file = FileField(_l("House file (JSON)"), render_kw={"accept": ".json,application/json"})
