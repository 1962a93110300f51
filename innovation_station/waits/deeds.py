"""What links in mails do to offers: take one, or pass it on. The stamp is the hold: each offer has its own links."""

from __future__ import annotations

from datetime import datetime

from innovation_station.deeds.registry import Action, Asked, Deed, Done, over
from innovation_station.errors import NotFound, Refused
from innovation_station.i18n import gettext as _
from innovation_station.i18n import zone
from innovation_station.members.rules import Person, booking_refusals
from innovation_station.spaces.queries import house as read_house
from innovation_station.waits import queries, service, words
from innovation_station.waits.models import Wait
from innovation_station.waits.telling import PASS, TAKE


def _look_take(person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    wait = queries.mine(person.id, deed.subject)
    if wait is None:
        return None
    shown = words.shown(wait, (), read_house(), now)
    if wait.state == "taken":
        return Done(_("%(what)s is yours.", what=shown["label"]))
    if not _stands(wait, deed, now):
        return None
    if due := booking_refusals(person):
        raise Refused(due)
    return Asked(
        _("Take %(what)s?", what=shown["name"]),
        (_capital(shown["when_full"]), shown["state"]),
        _("Take %(what)s", what=shown["label"]),
    )


def _look_pass(person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    wait = queries.mine(person.id, deed.subject)
    if wait is None:
        return None
    shown = words.shown(wait, (), read_house(), now)
    if wait.state == "passed":
        return Done(_("You passed it on."), (_("The next in line is asked."),))
    if not _stands(wait, deed, now):
        return None
    return Asked(
        _("Pass %(what)s on?", what=shown["name"]),
        (_capital(shown["when_full"]), _("The next in line is asked, and you leave the line.")),
        _("Not for me, thanks"),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _stands(wait: Wait, deed: Deed, now: datetime) -> bool:
    offered = wait.state == "offered" and str(wait.hold_id) == deed.stamp
    return offered and wait.offer_until is not None and wait.offer_until > now


def _mine(person: Person, deed: Deed, now: datetime, done: str) -> Wait:
    """Give the wait where the link is for its offer, or has been followed. Raises Over."""
    wait = queries.mine(person.id, deed.subject)
    if wait is None or not (wait.state == done or _stands(wait, deed, now)):
        raise over()
    return wait


def _take(person: Person, deed: Deed, now: datetime) -> None:
    try:
        service.take(person, _mine(person, deed, now, "taken").id, now=now, zone=zone())
    except NotFound:
        raise over() from None


def _pass(person: Person, deed: Deed, now: datetime) -> None:
    wait = service.pass_on(person, _mine(person, deed, now, "passed").id, now=now, zone=zone())
    if wait.state != "passed":
        raise over()


ACTIONS = (Action(TAKE, _look_take, _take), Action(PASS, _look_pass, _pass))
