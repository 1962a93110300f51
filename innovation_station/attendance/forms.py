"""Forms of the door."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, TextAreaField
from wtforms.validators import DataRequired, Length

from innovation_station.attendance import rules
from innovation_station.events.forms import cleaned
from innovation_station.forms import Form, LineField
from innovation_station.members.rules import EMAIL_LONGEST
from innovation_station.registration.rules import NAME_LONGEST

REASON_LONGEST = 200
_thanks = Length(max=rules.THANKS_LONGEST, message=_l("At most %(max)d characters."))


class WalkInForm(Form):
    """Somebody who comes without a registration."""

    name = LineField(_l("Name"), [DataRequired(_l("Write the name."))], longest=NAME_LONGEST)
    email = LineField(_l("E-mail"), longest=EMAIL_LONGEST, render_kw={"inputmode": "email", "autocomplete": "off"})
    reason = LineField(_l("Why one more than there are places"), longest=REASON_LONGEST)


class AfterForm(Form):
    """What is said and asked after an event."""

    thanks_sv = TextAreaField(_l("Thanks, in Swedish"), [_thanks], render_kw={"lang": "sv"})
    thanks_en = TextAreaField(_l("Thanks, in English"), [_thanks], render_kw={"lang": "en"})
    ask = BooleanField(_l("Ask those who came how it was"))
    questions = TextAreaField(_l("Questions"), [_thanks])

    def asked(self) -> tuple[tuple[str, str], ...]:
        """Read one question a line, in Swedish and, after a bar, in English."""
        lines = [line.strip() for line in cleaned(self.questions.data).split("\n") if line.strip()]
        pairs = [line.partition("|") for line in lines]
        return tuple((sv.strip(), en.strip()) for sv, _bar, en in pairs)
