"""The form of what a member wants to be told: two fields a kind, the digest, the quiet hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from innovation_station.forms import Form, TimeField
from innovation_station.notices import rules
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Choice, Frequency, Quiet

_MAIL = {"now": _l("At once"), "digest": _l("In the summary"), "off": _l("No mail")}
_DIGEST = {"daily": _l("Every day at 07:30"), "weekly": _l("Mondays at 07:30"), "off": _l("No summary")}


def _choices(texts: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in texts.items()]


class WishesForm(Form):
    """What holds for all kinds; `form_for` adds the fields of each."""

    digest = RadioField(_l("Summary by mail"), choices=_choices(_DIGEST))
    quiet_start = TimeField(_l("From"))
    quiet_end = TimeField(_l("To"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the shape, and that the quiet hours are two different times or none."""
        fine = super().validate(extra_validators)
        if fine and (found := rules.quiet_refusals(self.quiet_start.data, self.quiet_end.data)):
            self.blame(found)
            return False
        return bool(fine)

    @property
    def quiet(self) -> Quiet | None:
        """Give the quiet hours that were asked for."""
        start, end = self.quiet_start.data, self.quiet_end.data
        return None if start is None or end is None else Quiet(start, end)

    def chosen(self, kinds: Mapping[str, Kind]) -> dict[str, Choice]:
        """Give what was chosen for each kind."""
        return {name: Choice(self[_mail(name)].data, bool(self[_app(name)].data)) for name in kinds}


def _mail(kind: str) -> str:
    return f"mail_{kind.replace('-', '_')}"


def _app(kind: str) -> str:
    return f"app_{kind.replace('-', '_')}"


def form_for(
    kinds: Mapping[str, Kind], chosen: Mapping[str, Choice], digest: Frequency, quiet: Quiet | None
) -> tuple[WishesForm, list[dict[str, Any]]]:
    """Make the form, filled with what holds now, and the list of its kinds with their fields."""
    fields: dict[str, Any] = {}
    data: dict[str, Any] = {"digest": digest}
    if quiet:
        data |= {"quiet_start": quiet.start, "quiet_end": quiet.end}
    for name, kind in kinds.items():
        holds = chosen.get(name, kind.default)
        fields[_mail(name)] = SelectField(_l("By mail"), choices=_choices(_MAIL))
        fields[_app(name)] = BooleanField(_l("In my list"))
        data |= {_mail(name): holds.mail, _app(name): holds.in_app}
    form = type("KindsForm", (WishesForm,), fields)(data=data)
    rows = [{"kind": kind, "mail": form[_mail(name)], "app": form[_app(name)]} for name, kind in kinds.items()]
    return form, rows
