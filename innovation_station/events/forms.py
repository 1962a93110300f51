"""Forms of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, FileField, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from innovation_station.events import rules
from innovation_station.events.rules import Facts
from innovation_station.forms import CountField, DateField, Form, LengthField, LineField, TimeField
from innovation_station.i18n import NAMES
from innovation_station.members.rules import EMAIL_LONGEST

_long = Length(max=rules.BODY_LONGEST, message=_l("At most %(max)d characters."))
_short = Length(max=rules.SUMMARY_LONGEST, message=_l("At most %(max)d characters."))
_day = InputRequired(_l("Choose a day."))
_clock = InputRequired(_l("Write a time."))
_sv, _en = {"lang": "sv"}, {"lang": "en"}


def cleaned(text: str | None) -> str:
    """Give a text of several lines with line ends of one kind and nothing that cannot be shown."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    return "\n".join("".join(letter for letter in line if letter.isprintable()) for line in lines)


class NewEventForm(Form):
    """What a draft begins with."""

    title_sv = LineField(_l("Title in Swedish"), longest=rules.TITLE_LONGEST, render_kw=_sv)
    title_en = LineField(_l("Title in English"), longest=rules.TITLE_LONGEST, render_kw=_en)
    category = SelectField(_l("Kind of event"), choices=list(rules.CATEGORIES))
    date = DateField(_l("First day"), [_day])
    last = DateField(_l("Last day"))
    start = TimeField(_l("From"), [_clock])
    end = TimeField(_l("To"), [_clock])


class FactsForm(Form):
    """What is said of an event."""

    title_sv = LineField(_l("Title in Swedish"), longest=rules.TITLE_LONGEST, render_kw=_sv)
    title_en = LineField(_l("Title in English"), longest=rules.TITLE_LONGEST, render_kw=_en)
    summary_sv = TextAreaField(_l("Summary in Swedish"), [_short], render_kw=_sv)
    summary_en = TextAreaField(_l("Summary in English"), [_short], render_kw=_en)
    body_sv = TextAreaField(_l("Description in Swedish"), [_long], render_kw=_sv | {"rows": 8})
    body_en = TextAreaField(_l("Description in English"), [_long], render_kw=_en | {"rows": 8})
    practical_sv = TextAreaField(_l("Good to know, in Swedish"), [_long], render_kw=_sv)
    practical_en = TextAreaField(_l("Good to know, in English"), [_long], render_kw=_en)
    category = SelectField(_l("Kind of event"), choices=list(rules.CATEGORIES))
    format = SelectField(_l("Where one takes part"), choices=list(rules.FORMATS))
    visibility = SelectField(_l("Who sees it"), choices=list(rules.VISIBILITIES))
    online_url = LineField(
        _l("Link to take part"), longest=rules.ADDRESS_LONGEST, render_kw={"type": "url", "inputmode": "url"}
    )
    contact_name = LineField(_l("Who to ask"), longest=rules.NAME_LONGEST)
    contact_email = LineField(_l("Their e-mail"), longest=EMAIL_LONGEST, render_kw={"inputmode": "email"})

    def facts(self) -> Facts:
        """Give what was written, once the form is found valid."""

        def both(name: str) -> tuple[str, str]:
            return cleaned(self[f"{name}_sv"].data), cleaned(self[f"{name}_en"].data)

        return Facts(
            both("title"), both("summary"), both("body"), both("practical"), self.category.data, self.format.data,
            self.visibility.data, self.online_url.data or "", self.contact_name.data or "",
            self.contact_email.data or "",
        )  # fmt: skip


class TimesForm(Form):
    """When an event begins and ends; its sessions stay where they are."""

    date = DateField(_l("First day"), [_day], id="times-date")
    last = DateField(_l("Last day"), id="times-last")
    start = TimeField(_l("From"), [_clock], id="times-start")
    end = TimeField(_l("To"), [_clock], id="times-end")


class MoveForm(Form):
    """To where all of an event moves."""

    date = DateField(_l("New first day"), [_day])
    start = TimeField(_l("Begins at"), [_clock])


class SessionForm(Form):
    """A session: what, when, where, and who takes part."""

    kind = SelectField(_l("Kind"), choices=list(rules.KINDS))
    title_sv = LineField(_l("Title in Swedish"), longest=rules.TITLE_LONGEST, render_kw=_sv)
    title_en = LineField(_l("Title in English"), longest=rules.TITLE_LONGEST, render_kw=_en)
    date = DateField(_l("Day"), [_day])
    start = TimeField(_l("From"), [_clock])
    end = TimeField(_l("To"), [_clock])
    space = SelectField(_l("Place"), coerce=int, validate_choice=False)
    layout = SelectField(_l("Furnished"), validate_choice=False)
    elsewhere = LineField(_l("Or somewhere else"), longest=rules.NAME_LONGEST)
    people = CountField(_l("How many people"), render_kw={"inputmode": "numeric"})
    setup = LengthField(_l("To set up before"))
    clearing = LengthField(_l("To clear after"))
    track = LineField(_l("Track"), longest=rules.TRACK_LONGEST)
    about_sv = TextAreaField(_l("About it, in Swedish"), [_long], render_kw=_sv)
    about_en = TextAreaField(_l("About it, in English"), [_long], render_kw=_en)
    materials = TextAreaField(_l("Materials and links"), [_long])

    def links(self) -> tuple[tuple[str, str], ...]:
        """Read one link a line: what is said of it, then its address."""
        found = []
        for line in filter(None, map(str.strip, cleaned(self.materials.data).split("\n"))):
            said, _space, address = line.rpartition(" ")
            found.append((said.strip()[: rules.LINE_LONGEST] or address[: rules.LINE_LONGEST], address))
        return tuple(found)


class ProgrammeFileForm(Form):
    """A programme as a file."""

    file = FileField(_l("CSV file"), render_kw={"accept": ".csv,text/csv,text/plain"})


class PlaceForm(Form):
    """Where a session goes by hand: its place, 0 for none, and its time."""

    space = SelectField(_l("Place"), coerce=int, validate_choice=False)
    date = DateField(_l("Day"), [_day])
    start = TimeField(_l("From"), [_clock])
    end = TimeField(_l("To"), [_clock])


class FileForm(Form):
    """A calendar file of events, and the language that its texts are in."""

    file = FileField(_l("Calendar file"), render_kw={"accept": ".ics,text/calendar"})
    language = SelectField(_l("Its texts are in"), choices=list(NAMES))
    zone = SelectField(_l("Times without a zone are in"), id="file-zone", choices=[], validate_choice=False)


class SpeakerForm(Form):
    """A person of an event."""

    name = LineField(_l("Name"), [DataRequired(_l("Write the name."))], longest=rules.NAME_LONGEST)
    title = LineField(_l("Title or role"), longest=rules.LINE_LONGEST)
    affiliation = LineField(_l("Organisation"), longest=rules.LINE_LONGEST)
    email = LineField(_l("E-mail of a member who agrees"), longest=EMAIL_LONGEST, render_kw={"inputmode": "email"})


class RoomForm(Form):
    """Time of a place beside the programme."""

    purpose = SelectField(_l("For"), choices=list(rules.PURPOSES))
    space = SelectField(_l("Place"), coerce=int, validate_choice=False)
    date = DateField(_l("Day"), [_day])
    start = TimeField(_l("From"), [_clock])
    end = TimeField(_l("To"), [_clock])


class AttachForm(Form):
    """A booking whose time goes over to the event."""

    booking = CountField(_l("Number of the booking"), [InputRequired(_l("Write the number of a booking."))])


class PartyForm(Form):
    """An organisation's part."""

    organisation = SelectField(_l("Organisation"), coerce=int, validate_choice=False)
    role = SelectField(_l("Part"), choices=list(rules.PARTIES))


class CoverForm(Form):
    """A picture."""

    cover = FileField(_l("Picture"), render_kw={"accept": "image/png,image/jpeg,image/webp"})


class CopyForm(Form):
    """A copy on another day, a series of them, or a template."""

    what = SelectField(_l("Make"), choices=["copy", "monthly", "weekly", "template"])
    date = DateField(_l("First day"), [_day])
    count = CountField(_l("How many in the series"), render_kw={"inputmode": "numeric"})


class CancelForm(Form):
    """Why an event is cancelled."""

    cancel_sv = LineField(_l("Why, in Swedish"), longest=rules.REASON_LONGEST, render_kw=_sv)
    cancel_en = LineField(_l("Why, in English"), longest=rules.REASON_LONGEST, render_kw=_en)


def given(field: Field) -> Any:
    """Give what a field holds that must not be left empty, once its form is found valid."""
    return field.data


def hidden(values: Any, leave: Sequence[str] = ("csrf_token", "token")) -> list[tuple[str, str]]:
    """Give what a form was sent with, so that its page can send it again."""
    pairs = [(name, value) for name, given in values.lists() for value in given]
    return [(name, value) for name, value in pairs if name not in leave and not name.startswith("hit-")]
