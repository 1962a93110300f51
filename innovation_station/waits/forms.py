"""What the form may hold by which one stands in line."""

from __future__ import annotations

from datetime import date
from typing import cast
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import InputRequired

from innovation_station.bookings.rules import local_span
from innovation_station.errors import Refusal, Refused
from innovation_station.forms import DateField, Form, IdField, TimeField
from innovation_station.spaces.rules import Place
from innovation_station.timespan import Span
from innovation_station.waits.rules import Wanted

Day = date  # the form has a field named date
CHOICES = ("space", "zone", "kind")


class WaitForm(Form):
    """A place, whether another of its kind will do as well, a day, and from when to when."""

    class Meta(Form.Meta):
        """Leave the token to the guard, which has checked it: the sheet writes it itself."""

        csrf = False

    space = IdField(_l("Place"), [InputRequired(_l("Choose a place."))])
    what = RadioField(_l("What will do"), choices=list(CHOICES), default="space")
    date = DateField(_l("Date"), [InputRequired(_l("Choose a day."))])
    start = TimeField(_l("From"))
    end = TimeField(_l("To"))

    def wanted(self, place: Place) -> Wanted:
        """Give what is waited for."""
        if self.what.data == "zone" and place.zone_id is not None:
            return Wanted(kind=place.kind, zone_id=place.zone_id)
        return Wanted(kind=place.kind) if self.what.data in ("zone", "kind") else Wanted(place.id)

    def span(self, zone: ZoneInfo) -> Span:
        """Give the span that is waited for, in UTC. Raises Refused with what cannot be read."""
        start, end = self.start.data, self.end.data
        missing = [Refusal("time-malformed", name) for name, value in (("start", start), ("end", end)) if value is None]
        if missing:
            raise Refused(missing)
        return local_span(cast(Day, self.date.data), cast(int, start), cast(int, end), zone)
