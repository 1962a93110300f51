"""What a booking form may hold, and local wall time made into a span."""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired, Length

from innovation_station.bookings.models import TITLE_LONGEST
from innovation_station.bookings.rules import PRESETS, Furnished, Moment, Wish, local_span, preset_span
from innovation_station.errors import Refusal, Refused
from innovation_station.forms import CountField, DateField, Form, IdField, LineField, TimeField, parse_time
from innovation_station.i18n import lazy_gettext as _l
from innovation_station.spaces.rules import DAY_MINUTES, Place, at_minute
from innovation_station.timespan import Span

Day = date  # the form has a field named date


class HolderField(IdField):
    """The id of the member whom a booking is for, where that is not who books."""

    code = "member-unknown"


class BookingForm(Form):
    """A wish: a space, a day, and either a preset, a stretch (`13:00-17:00`) or start and end."""

    class Meta(Form.Meta):
        """Leave the token to the guard, which has checked it: the pages write it themselves."""

        csrf = False

    space = IdField(_l("Place"), [InputRequired(_l("Choose a place."))])
    date = DateField(_l("Date"), [InputRequired(_l("Choose a day."))])
    start = TimeField(_l("From"))
    end = TimeField(_l("To"))
    preset = HiddenField()
    title = LineField(_l("Title"), longest=TITLE_LONGEST)
    visible = BooleanField(_l("Show my name and the title to other members"))
    people = CountField(_l("Number of people"))
    layout = HiddenField()
    holder = HolderField(_l("For somebody else"), name="for")
    key = HiddenField(validators=[Length(max=100, message=_l("This form is damaged. Open the page again."))])

    @property
    def day(self) -> Day:
        """Give the day, once the form is found valid."""
        return cast(Day, self.date.data)

    def near(self, place: Place, zone: ZoneInfo) -> Wish | None:
        """Guess what was meant by times that make no span, so that something near can be offered."""
        if self.date.data is None or not isinstance(self.start.data, int) or self.start.data >= DAY_MINUTES:
            return None
        start = at_minute(self.day, self.start.data, zone)
        span = Span(start, start + timedelta(minutes=max(60, place.policy.shortest)))
        return Wish(place, span, self.furnished.people, self.furnished.layout)

    @property
    def furnished(self) -> Furnished:
        """Give for how many people the place is wished for, and furnished how."""
        return Furnished(self.people.data or None, self.layout.data or None)

    def span(self, place: Place, moment: Moment) -> Span:
        """Give the span that is asked for, in UTC. Raises Refused with what cannot be read or had."""
        day = self.day
        preset = self.preset.data or ""
        if preset in PRESETS:
            if found := preset_span(preset, place, day, moment):
                return found
            # nothing is left of it: let the rules say why (closed, a holiday, or over)
            whole = PRESETS[preset]
            return local_span(day, max(whole[0], 8 * 60), min(whole[1], 18 * 60), moment.zone)
        if preset and preset != "own":
            start, end = map(parse_time, (preset + "-").split("-")[:2])
            if start is None or end is None:
                raise Refused([Refusal("preset-unknown", "start")])
        else:
            start, end = self.start.data, self.end.data
        missing = [Refusal("time-malformed", name) for name, value in (("start", start), ("end", end)) if value is None]
        if start is None or end is None:
            raise Refused(missing)
        return local_span(day, start, end, moment.zone)
