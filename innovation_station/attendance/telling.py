"""What those who came are told the day after: thanks, and the link to say how it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask_babel import lazy_gettext as _l

from innovation_station.attendance import links
from innovation_station.attendance.models import Followup
from innovation_station.events.models import Event
from innovation_station.events.rules import in_language
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language
from innovation_station.mail import service as mail
from innovation_station.mail.rules import Receiver, intact
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.registration.models import Registration
from innovation_station.spaces.rules import Language

TEMPLATE, KIND = "event-after", "registration"


@dataclass(frozen=True, slots=True)
class _Named:
    id: int
    uid: str


def thank(row: Registration, event: Event, settled: Followup, *, now: datetime) -> None:
    """Thank somebody who came: members in the ways they chose, guests by mail."""
    values: dict[str, Any] = {
        "registration": row.id, "uid": row.uid, "titles": list(event.titles),
        "thanks": [settled.thanks_sv, settled.thanks_en],
    }  # fmt: skip
    if row.member_id is not None:
        notices.notify(THANKS, row.member_id, values, now=now, subject=f"after-{row.uid}", once=True)
    elif row.email:
        mail.queue(
            Receiver(row.email, row.name, cast(Language, row.language)), TEMPLATE,
            {"said": values, "token": links.feedback.token(row)}, now=now, key=f"after-{row.uid}", kind=KIND,
        )  # fmt: skip


def heading(values: Mapping[str, Any]) -> str:
    """Say it in one line."""
    sv, en = values["titles"]
    return _("Thank you for coming: %(title)s", title=in_language((sv, en), language())[0])


def text(values: Mapping[str, Any]) -> str:
    """Say what staff have written, and what is asked."""
    sv, en = values["thanks"]
    said = in_language((sv, en), language())[0]
    asked = _("How was it? It takes a minute, and nobody sees who answered what.")
    return f"{said} {asked}" if said else asked


def _say(values: Values, _names: Names) -> Said:
    token = links.feedback.token(_Named(int(intact(values["registration"])), str(intact(values["uid"]))))
    return Said(heading(values), text(values), _("Say how it was"), "feedback.show", {"token": token})


THANKS = Kind(
    "event-after", _l("After an event I came to"), _l("Thanks the day after, with a link to say how it was."), _say
)  # fmt: skip
KINDS = (THANKS,)
