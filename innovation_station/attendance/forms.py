"""Forms of the door."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from innovation_station.forms import Form, LineField
from innovation_station.members.rules import EMAIL_LONGEST
from innovation_station.registration.rules import NAME_LONGEST

REASON_LONGEST = 200


class WalkInForm(Form):
    """Somebody who comes without a registration."""

    name = LineField(_l("Name"), [DataRequired(_l("Write the name."))], longest=NAME_LONGEST)
    email = LineField(_l("E-mail"), longest=EMAIL_LONGEST, render_kw={"inputmode": "email", "autocomplete": "off"})
    reason = LineField(_l("Why one more than there are places"), longest=REASON_LONGEST)
