"""The base form and the fields that features share. Shape only: what other rows have to say comes later."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from babel.support import NullTranslations
from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from wtforms import Field, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput, Input, Select, TextInput
from wtforms.widgets.core import clean_key

from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal
from innovation_station.i18n import catalogue, language, sentence
from innovation_station.i18n import lazy_gettext as _l
from innovation_station.text import fits_a_line

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-4])[:.]([0-5][0-9])")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})")
_ID = re.compile(r"[1-9][0-9]{0,9}")
_MONEY = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))?")
_COUNT = re.compile(r"[0-9]{1,5}")
_LENGTH = re.compile(
    r"(?:([0-9]{1,4}) ?d[a-zå]*)? ?(?:([0-9]{1,5}) ?(?:h|t)[a-zå]*)? ?(?:([0-9]{1,6})(?: ?m[a-zå]*)?)?", re.IGNORECASE
)
FIRST_YEAR, LAST_YEAR = 2000, 2199
Made = TypeVar("Made")


class Sent(NamedTuple, Generic[Made]):
    """What became of a form: whether it was carried out, what that gave, and the status of its page otherwise."""

    done: bool
    status: int
    made: Made | None = None


class Form(FlaskForm):
    """A form with a CSRF token that can carry refusals of the service under its fields."""

    class Meta(FlaskForm.Meta):
        """Speak the page's language; Flask-WTF would read the catalogue anew for every request."""

        def get_translations(self, form: Any) -> NullTranslations:
            """Give the form library's own words."""
            return catalogue(language(), "wtforms")

    def carry_out(self, act: Callable[[], Made]) -> Sent[Made]:
        """Do `act` in a transaction if the form was sent and is whole; what it refuses stands under the fields.

        Raises NotFound: what the form is about is not there, so there is no page to show it on.
        """
        if not self.is_submitted():
            return Sent(False, 200)
        if not self.validate():
            return Sent(False, 422)
        try:
            with transaction():
                return Sent(True, 303, act())
        except NotFound:
            raise
        except DomainError as error:
            self.blame(error.refusals)
            return Sent(False, error.status)

    def blame(self, refusals: Sequence[Refusal]) -> None:
        """Put each refusal under the field it names, or over the form where it names none of them."""
        for refusal in refusals:
            field = self._fields.get(refusal.field or "")
            if field is None:
                self.form_errors.append(sentence(refusal))
            else:
                field.errors = [*field.errors, sentence(refusal)]


def parse_date(text: str | None) -> date | None:
    """Read YYYY-MM-DD in a century people book in, None for anything else."""
    if not text or not _DATE.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def parse_time(text: str | None) -> int | None:
    """Read HH:MM (or HH.MM) as minutes since local midnight; 24:00 is the day's end. None for anything else."""
    found = _TIME.fullmatch(text) if text else None
    if not found:
        return None
    minutes = int(found[1]) * 60 + int(found[2])
    return minutes if minutes <= 24 * 60 else None


def parse_instant(text: str | None) -> datetime | None:
    """Read an instant with its offset (RFC 3339) as UTC, None for anything else: a wall time alone may come twice."""
    if not text or not _INSTANT.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if FIRST_YEAR <= instant.year <= LAST_YEAR else None


def parse_id(text: str | None) -> int | None:
    """Read a row's id: plain figures that a database can hold. None for anything else."""
    if not text or not _ID.fullmatch(text):
        return None
    number = int(text)
    return number if number < 2**31 else None


class _Parsed(Field):
    """A field that keeps what was typed when it cannot be read."""

    widget = TextInput()
    code = ""
    typed = ""

    def _value(self) -> str:
        return self.typed or ("" if self.data is None else self.written(self.data))

    def written(self, data: Any) -> str:
        """Write a value back as it is typed."""
        return str(data)

    @staticmethod
    def read(text: str) -> Any:
        """Read what was typed, None where it cannot be."""
        return text

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the first value."""
        given = valuelist[0] if valuelist else ""
        self.typed = given.strip()[:100]
        self.data = self.read(self.typed) if self.typed else None
        if given and self.data is None:  # also where nothing but blanks was typed
            raise ValueError(sentence(Refusal(self.code)))


class DateField(_Parsed):
    """A local date, YYYY-MM-DD."""

    widget = TextInput(input_type="date")
    code = "date-malformed"

    read = staticmethod(parse_date)


class TimeField(_Parsed):
    """A local wall time as minutes since midnight."""

    widget = TextInput(input_type="time")
    code = "time-malformed"

    read = staticmethod(parse_time)

    def written(self, data: Any) -> str:
        return data.strftime("%H:%M") if isinstance(data, time) else f"{data // 60:02}:{data % 60:02}"


class IdField(_Parsed):
    """The id of a row, hidden."""

    widget = HiddenInput()
    code = "space-unknown"

    read = staticmethod(parse_id)


class MoneyField(_Parsed):
    """An amount of kronor, with öre after a comma or a point; its data is whole öre."""

    code = "money-malformed"

    @staticmethod
    def read(text: str) -> int | None:
        """Read 1200, 1 200 or 99,50; None for anything else and for more than a million."""
        found = _MONEY.fullmatch(text.replace("\N{NO-BREAK SPACE}", "").replace(" ", ""))
        if not found:
            return None
        amount = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0") or 0)
        return amount if amount <= 100_000_000 else None

    def written(self, data: Any) -> str:
        crowns, rest = divmod(data, 100)
        return f"{crowns},{rest:02}" if rest else str(crowns)


class CountField(_Parsed):
    """A whole number from 0 to 99,999."""

    widget = TextInput(input_type="text")
    code = "number-malformed"

    @staticmethod
    def read(text: str) -> int | None:
        """Read plain figures of the keyboard's first row."""
        return int(text) if _COUNT.fullmatch(text) else None


def html_params(**given: Any) -> str:
    """Write attributes as the library does, sorted; True is the name alone, False nothing.

    The library makes each of them by a format of its own, which is half of what a form costs to draw.
    """
    written = []
    for name, value in sorted(given.items()):
        if value is True:
            written.append(clean_key(name))
        elif value is not False:
            written.append(f'{clean_key(name)}="{escape(value)}"')
    return " ".join(written)


Input.html_params = staticmethod(html_params)


class LongSelect(Select):
    """Draws a list of choices in one go: two hundred places, each through the library, cost a third of their page."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        """Draw the field's `choices` (pairs, pairs by group, or the library's), with its data selected."""
        attrs = {"id": field.id, **({"required": True} if field.flags.required else {}), **kwargs}
        given = field.choices.items() if isinstance(field.choices, dict) else [("", field.choices)]
        options = _options(tuple((group, tuple([_pair(choice) for choice in choices])) for group, choices in given))
        value = field._value() if hasattr(field, "_value") else field.data
        chosen = f'value="{"" if value is None else escape(value)}"'
        marked = options.replace(f"<option {chosen}>", f"<option selected {chosen}>", 1)
        return Markup(f"<select {html_params(name=field.name, **attrs)}>{marked}</select>")  # noqa: S704  escaped


def _pair(choice: Any) -> tuple[Any, str]:
    return (choice.value, str(choice.label)) if isinstance(choice, SelectChoice) else choice


@lru_cache(maxsize=32)
def _options(groups: tuple[tuple[str, tuple[tuple[Any, str], ...]], ...]) -> str:
    drawn = ""
    for group, pairs in groups:
        inner = "".join([f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in pairs])
        drawn += f'<optgroup label="{escape(group)}">{inner}</optgroup>' if group else inner
    return drawn


class LengthField(_Parsed):
    """A length as people write it, in whole minutes: 45, 45 min, 2 h 30, 3 d."""

    code = "length-malformed"

    @staticmethod
    def read(text: str) -> int | None:
        """Read days, hours and minutes; a number alone is minutes."""
        found = _LENGTH.fullmatch(" ".join(text.split()))
        if not found or not any(found.groups()):
            return None
        days, hours, minutes = (int(part or 0) for part in found.groups())
        return (days * 24 + hours) * 60 + minutes

    def written(self, data: int) -> str:
        """Write it in the largest units that hold it evenly."""
        days, rest = divmod(data, 24 * 60)
        hours, minutes = divmod(rest, 60)
        if rest:  # two days and a half are said in hours
            days, hours = 0, hours + days * 24
        parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if number]
        return " ".join(parts) or "0"


class LineField(StringField):
    """One line of text people write: trimmed, bounded, without control characters."""

    def __init__(self, *args: Any, longest: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.longest = longest

    def process_formdata(self, valuelist: list[str]) -> None:
        """Trim; what is absurdly long is cut so that it can be shown again."""
        if valuelist:
            self.data = valuelist[0].strip()[: self.longest * 10]

    def pre_validate(self, form: Any) -> None:
        """Refuse what is too long or cannot be shown."""
        text = self.data or ""
        if len(text) > self.longest:
            raise ValidationError(_l("At most %(longest)d characters.", longest=self.longest))
        if not fits_a_line(text):
            raise ValidationError(_l("This holds characters that cannot be shown. Type it again."))
