"""Forms about what a space is divided into, what it is never booked with, and how it can be furnished."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField
from wtforms import Form as Plain

from innovation_station.bookings.choice import layout_names
from innovation_station.bookings.dividing import NewPart
from innovation_station.errors import Refusal, Refused
from innovation_station.forms import CountField, Form, LineField
from innovation_station.plans.forms import Checks
from innovation_station.spaces.rules import LAYOUTS, Layout
from innovation_station.spaces.service import NAME_LONGEST

NEW_PARTS = 3
_figures = {"inputmode": "numeric", "autocomplete": "off"}


class NewPartForm(Plain):  # type: ignore[misc]
    """A part that is not there yet; without a name there is none."""

    name = LineField(_l("Name"), longest=NAME_LONGEST, render_kw={"maxlength": NAME_LONGEST, "autocomplete": "off"})
    capacity = CountField(_l("Seats"), render_kw=_figures)


class PartsForm(Form):
    """What a space is divided into."""

    parts = Checks(_l("Parts"), coerce=int)
    new = FieldList(FormField(NewPartForm), min_entries=NEW_PARTS, max_entries=NEW_PARTS)

    def added(self) -> list[NewPart]:
        """Give the parts that are to be made. Raises Refused for one without seats."""
        named = [row for row in self.new.data if row["name"]]
        if any(not row["capacity"] for row in named):
            raise Refused([Refusal("number-malformed", "new")])
        return [NewPart(row["name"], row["capacity"]) for row in named]


class LinksForm(Form):
    """What a space is never booked together with."""

    links = Checks(_l("Never together with"), coerce=int)


class LayoutForm(Plain):  # type: ignore[misc]
    """One way to furnish a space; without seats it is none."""

    seats = CountField(_l("Seats"), render_kw=_figures)
    changeover = CountField(_l("Minutes to change over"), render_kw=_figures)


class LayoutsForm(Form):
    """All ways to furnish a space; each has a field of its own name."""

    def given(self) -> list[Layout]:
        """Give those that have seats."""
        rows = [(name, self[name].data) for name in LAYOUTS]
        return [Layout(name, row["seats"], row["changeover"] or 0) for name, row in rows if row["seats"]]

    def named(self) -> list[tuple[str, Any]]:
        """Give each field with the name of its layout."""
        names = layout_names()
        return [(names[name], self[name]) for name in LAYOUTS]


for _name in LAYOUTS:
    setattr(LayoutsForm, _name, FormField(LayoutForm))


def layout_values(layouts: tuple[Layout, ...]) -> dict[str, dict[str, int]]:
    """Give what the form of layouts starts with."""
    return {layout.name: {"seats": layout.seats, "changeover": layout.changeover} for layout in layouts}
