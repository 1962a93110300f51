"""What the form of a display may hold."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import Optional

from innovation_station.displays.models import Display
from innovation_station.displays.rules import LANGUAGES, NAME_LONGEST
from innovation_station.displays.service import Settings
from innovation_station.forms import Form, LineField, parse_id
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import House

FOYER = "foyer"
KINDS = ("room", "hall", "booth")


class DisplayForm(Form):
    """Where a screen hangs, and how it speaks."""

    where = SelectField(_l("Where it hangs"))
    name = LineField(_l("Name"), [Optional()], longest=NAME_LONGEST, render_kw={"autocomplete": "off"})
    language = SelectField(_l("Language"))
    touch = BooleanField(_l("Let whoever stands there check in, take the room and end"), default=True)
    names = BooleanField(_l("Show the names and titles that members show each other"), default=True)
    ink = BooleanField(_l("Electronic paper: black on white, no clock, and as few changes as can be"))

    def __init__(self, house: House, display: Display | None = None, **more: Any) -> None:
        """Offer the rooms of a house; `display` fills in what there is."""
        given = _given(display) if display else {}
        super().__init__(data=given, **more)
        rooms = [place for place in house.places.values() if place.kind in KINDS and place.id not in house.gone]
        self.where.choices = [(str(place.id), place.name) for place in rooms]
        self.where.choices.append((FOYER, _("The foyer: what is on, where, and who is here")))
        names = {"sv": "Svenska", "en": "English", "both": _("Swedish and English")}
        self.language.choices = [(one, names[one]) for one in LANGUAGES]

    def settings(self) -> Settings:
        """Give what was chosen."""
        space_id = parse_id(self.where.data)
        return Settings(
            FOYER if self.where.data == FOYER else "room", space_id, " ".join((self.name.data or "").split()),
            self.language.data or "sv", bool(self.ink.data), bool(self.touch.data), bool(self.names.data),
        )  # fmt: skip


class NewForm(DisplayForm):
    """The same, with the code that a screen shows."""

    code = LineField(
        _l("Code on the screen"), [Optional()], longest=12,
        render_kw={"autocomplete": "off", "autocapitalize": "characters"},
    )  # fmt: skip


def _given(display: Display) -> dict[str, Any]:
    where = FOYER if display.kind == "foyer" else str(display.space_id)
    return {
        "where": where, "name": display.name, "language": display.language, "touch": display.touch,
        "names": display.names, "ink": display.ink,
    }  # fmt: skip
