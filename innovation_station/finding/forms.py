"""What the forms of finding may hold: any free place, and a time for several."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, ValidationError

from innovation_station.bookings.beside import ANY
from innovation_station.bookings.choice import ROOMS, Choice, filter_names, layout_names
from innovation_station.bookings.forms import BookingForm
from innovation_station.bookings.own_forms import ClockField, read_id, read_minutes
from innovation_station.finding.rules import MOST_DAYS, Search
from innovation_station.forms import CountField, DateField, Form, IdField, LongSelect
from innovation_station.i18n import capital, duration, minute_long
from innovation_station.i18n import gettext as _
from innovation_station.plans.forms import Checks
from innovation_station.series.words import weekday_names
from innovation_station.spaces.rules import AMENITIES, DAY_MINUTES, KINDS, LAYOUTS, House

LENGTHS = (15, 30, 45, 60, 90, 120, 180, 240, 360, 480)
KIND_CHOICES = ("room", "desk")
STEP = 30
Day = date  # the form has a field named date


def kinds_of(kind: str) -> frozenset[str]:
    """Give the kinds of places that are meant by one: rooms are all that is no desk."""
    return ROOMS if kind == "room" else frozenset((kind if kind in KINDS else "desk",))


class AnyForm(BookingForm):
    """A wish that leaves the place to the house: a kind, a zone or anywhere, and what it must have."""

    space = HiddenField(default=ANY)
    kind = HiddenField(default="desk")
    zone = IdField(_l("Zone"))

    def choice(self, amenities: Iterable[str]) -> Choice:
        """Give the filters, once the form is found valid."""
        kind = self.kind.data if self.kind.data in KINDS else "desk"
        kit = frozenset(amenities) & frozenset(AMENITIES)
        return Choice(self.day, kind, zone=self.zone.data, seats=self.people.data or None, amenities=kit)


class FindForm(Form):
    """A search, sent by GET: its address can be kept and shared."""

    class Meta(Form.Meta):
        """Do without a token: nothing is changed."""

        csrf = False

    kind = SelectField(_l("What"), choices=list(KIND_CHOICES))
    people = CountField(_l("People"), render_kw={"inputmode": "numeric", "autocomplete": "off"})
    length = SelectField(_l("How long"), choices=list(LENGTHS), coerce=int, default=60)
    date = DateField(_l("From the day"))
    until = DateField(_l("Until the day"))
    weekday = Checks(_l("Only on"), choices=list(range(7)), coerce=int)
    start = ClockField(_l("Between"), name="from", coerce=read_minutes, widget=LongSelect())
    end = ClockField(_l("and"), name="to", coerce=read_minutes, widget=LongSelect())
    amenities = Checks(_l("It must have"), name="with", choices=list(AMENITIES))
    layout = SelectField(_l("Furnishing"), choices=["", *LAYOUTS], default="")
    zone = SelectField(_l("Zone"), coerce=read_id)
    space = IdField(_l("Place"))

    def validate_weekday(self, field: Checks) -> None:
        """Refuse weekdays of which the days that are asked about have none."""
        first, last = self.date.data, self.until.data
        if field.data and first and last and first <= last < first + timedelta(days=6):
            days = {(first + timedelta(days=ahead)).weekday() for ahead in range((last - first).days + 1)}
            if days.isdisjoint(field.data):
                raise ValidationError(_("None of these weekdays lies between the two days."))

    def label(self, house: House) -> None:
        """Put the words of the page's language on the choices."""
        names, present = filter_names(), {one for place in house.places.values() for one in place.amenities}
        layouts = [name for name in LAYOUTS if any(place.layout(name) for place in house.places.values())]
        self.kind.choices = [("room", _("A room")), ("desk", _("A desk"))]
        length = self.length.data if isinstance(self.length.data, int) and 0 < self.length.data <= DAY_MINUTES else None
        self.length.choices = [(minutes, duration(minutes)) for minutes in _with(LENGTHS, length)]
        self.weekday.choices = [(day, capital(weekday_names()[day])) for day in sorted(house.weekdays)]
        self.amenities.choices = [(name, capital(names[name])) for name in AMENITIES if name in present]
        self.layout.choices = [("", _("Any")), *((name, layout_names()[name]) for name in layouts)]
        hours = [minutes for place in house.places.values() for minutes in place.hours.values()]
        first, last = min((h[0] for h in hours), default=0), max((h[1] for h in hours), default=DAY_MINUTES)
        clocks = _with(range(first, last + 1, STEP), self.start.data, self.end.data)
        self.start.choices = self.end.choices = [(f"{m // 60:02}:{m % 60:02}", minute_long(m)) for m in clocks]

    def search(self, first: Day, today: Day) -> tuple[Search, bool]:
        """Give what is looked for, and whether days were left out that are too many; once the form is found valid."""
        begin = max(self.date.data or first, today)
        end = max(self.until.data or begin + timedelta(days=6), begin)
        last = min(end, begin + timedelta(days=MOST_DAYS - 1))
        weekdays = self.weekday.data or range(7)
        ahead = (begin + timedelta(days=day) for day in range((last - begin).days + 1))
        search = Search(
            tuple(day for day in ahead if day.weekday() in weekdays) or (begin,),
            (self.start.data, self.end.data), self.length.data, kinds_of(self.kind.data), self.people.data or None,
            self.layout.data or None, frozenset(self.amenities.data or ()), self.zone.data, self.space.data,
        )  # fmt: skip
        return search, last < end


def _with(known: Iterable[int], *more: object) -> list[int]:
    return sorted({*known, *(one for one in more if isinstance(one, int))})
