"""What members are told of waits: that it is their turn, that it was, and why it was not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from innovation_station.bookings.service import STEP_BACK
from innovation_station.bookings.telling import patience
from innovation_station.deeds import links
from innovation_station.deeds.registry import Deed
from innovation_station.errors import Refusal
from innovation_station.i18n import LANGUAGES, clock, day_short, language, local, sentence, span_short, speaking
from innovation_station.i18n import gettext as _
from innovation_station.mail.rules import intact
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.notices.words import instant
from innovation_station.spaces.rules import Place
from innovation_station.timespan import Span
from innovation_station.waits.models import Wait

TAKE, PASS = "wait-take", "wait-pass"


def answering(answer: str, member_id: int, wait_id: int, hold_id: int, until: datetime) -> Deed:
    """Give the deed that answers an offer, named by its hold; `until` is when it ends."""
    return Deed(answer, member_id, wait_id, str(hold_id), until)


def _say_offered(values: Values, _names: Names) -> Said:
    """Say that it is one's turn: «A3 is free for you, Tue 24 Nov 9–12»."""
    until = instant(values["until"])
    title = _("%(place)s is free for you, %(when)s", place=values["place"], when=_when(values))
    text = _(
        "You are first in line. It is kept for you until %(until)s, then the next is asked.",
        until=f"{day_short(until)} {clock(until)}",
    )
    offer = (values["to"], values["wait"], values["hold"], until)
    answers = (
        (_("Take it"), links.path(answering(TAKE, *offer))),
        (_("Not for me, thanks"), links.path(answering(PASS, *offer))),
    )  # fmt: skip
    return Said(title, text, _("See the offer"), "waits.show", {"wait_id": values["wait"]}, answers)


def _say_news(values: Values, _names: Names) -> Said:
    """Say that an offer is over, or why there was none."""
    place, when, action = values["place"], _when(values), intact(values["action"])
    if action == "expired":
        title = _("The offer of %(place)s is over, %(when)s", place=place, when=when)
        text = _("Nobody answered in time, so the next in line is asked. Join again if you still want it.")
        return Said(title, text, _("Show it on the plan"), "bookings.place", _where(values))
    title = _("%(place)s became free, but not for you, %(when)s", place=place, when=when)
    text = _("%(reason)s You keep your place in line.", reason=values[f"reason_{language()}"])
    return Said(title, text, _("Show my place in line"), "waits.show", {"wait_id": values["wait"]})


def _where(values: Values) -> dict[str, Any]:
    return {"space_id": values["space"], "date": intact(values["date"])}


def _when(values: Values) -> str:
    span = Span(instant(values["start"]), instant(values["end"]))
    return f"{day_short(span.start)} {span_short(span)}"


OFFERED = Kind(
    "wait-offered",
    _l("A place I wait for is free"),
    _l("When it is your turn: the place is kept for you for a while."),
    _say_offered,
)
NEWS = Kind(
    "wait-news",
    _l("What became of my place in line"),
    _l("When an offer ran out, or a place became free that you could not have."),
    _say_news,
    mail="digest",
)
KINDS = (OFFERED, NEWS)


def reason(refusal: Refusal) -> dict[str, str]:
    """Give why somebody was passed over as a row keeps it: the code, and the sentence in both languages."""
    found = {"code": refusal.code}
    for one in LANGUAGES:
        with speaking(one):
            found[one] = sentence(refusal)
    return found


def offered(wait: Wait, place: Place, now: datetime) -> None:
    """Tell that it is somebody's turn. The mail waits for the time of an undo of what made the place free."""
    values = _values(wait, place) | {
        "to": wait.member_id, "hold": wait.hold_id, "until": wait.offer_until and wait.offer_until.isoformat(),
    }  # fmt: skip
    hold_until = now + max(STEP_BACK, patience())
    notices.notify(OFFERED, wait.member_id, values, now=now, subject=_subject(wait), hold_until=hold_until)


def withdrawn(wait: Wait) -> None:
    """Take back that there is an offer: it has been answered, or is none any more."""
    notices.recall(OFFERED, wait.member_id, _subject(wait))


def expired(wait: Wait, place: Place, now: datetime) -> None:
    """Tell that nobody answered an offer."""
    withdrawn(wait)
    notices.notify(NEWS, wait.member_id, _values(wait, place) | {"action": "expired"}, now=now, subject=_subject(wait))


def skipped(wait: Wait, place: Place, now: datetime) -> None:
    """Tell why somebody was passed over."""
    why = {f"reason_{one}": (wait.skipped or {})[one] for one in LANGUAGES}
    values = _values(wait, place) | {"action": "skipped", **why}
    notices.notify(NEWS, wait.member_id, values, now=now, subject=_subject(wait))


def _values(wait: Wait, place: Place) -> dict[str, Any]:
    return {
        "wait": wait.id, "space": place.id, "place": place.name, "start": wait.start.isoformat(),
        "end": wait.end.isoformat(), "date": local(wait.start).date().isoformat(),
    }  # fmt: skip


def _subject(wait: Wait) -> str:
    return f"wait-{wait.id}"
