"""What links in mails to members do to offered places: take one, or pass it on. The stamp is when the offer ends."""

from __future__ import annotations

from datetime import datetime

from innovation_station.deeds.registry import Action, Asked, Deed, Done, over
from innovation_station.errors import Conflict, NotFound
from innovation_station.events.queries import get as event_of
from innovation_station.events.words import title_of, when_text
from innovation_station.i18n import gettext as _
from innovation_station.i18n import zone
from innovation_station.members.rules import Person
from innovation_station.registration import queries, service
from innovation_station.registration.models import Registration
from innovation_station.registration.telling import PASS, TAKE


def _mine(person: Person, deed: Deed) -> Registration | None:
    row = queries.get(deed.subject)
    return row if row is not None and row.member_id == person.id else None


def _stands(row: Registration, deed: Deed, now: datetime) -> bool:
    until = row.offer_until
    return row.state == "offered" and until is not None and until > now and until.isoformat() == deed.stamp


def _look_take(person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    row = _mine(person, deed)
    event = event_of(row.event_id) if row is not None else None
    if row is None or event is None:
        return None
    if row.state == "registered":
        return Done(_("You have a place."), (title_of(event), when_text(event.span)))
    if not _stands(row, deed, now):
        return None
    return Asked(_("Take the place at %(title)s?", title=title_of(event)), (when_text(event.span),), _("Take it"))


def _look_pass(person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    row = _mine(person, deed)
    event = event_of(row.event_id) if row is not None else None
    if row is None or event is None:
        return None
    if row.state == "cancelled" and row.ended_by == "self":
        return Done(_("You passed it on."), (_("The next in line is asked."),))
    if not _stands(row, deed, now):
        return None
    leaves = _("The next in line is asked, and you leave the line.")
    title = _("Pass the place at %(title)s on?", title=title_of(event))
    return Asked(title, (when_text(event.span), leaves), _("Not for me, thanks"))


def _take(person: Person, deed: Deed, now: datetime) -> None:
    row = _mine(person, deed)
    if row is None or not (row.state == "registered" or _stands(row, deed, now)):
        raise over()
    try:
        service.take(row.id, now=now)
    except (NotFound, Conflict):
        raise over() from None


def _pass(person: Person, deed: Deed, now: datetime) -> None:
    row = _mine(person, deed)
    if row is None or not ((row.state == "cancelled" and row.ended_by == "self") or _stands(row, deed, now)):
        raise over()
    service.cancel(row.id, now=now, zone=zone())


ACTIONS = (Action(TAKE, _look_take, _take), Action(PASS, _look_pass, _pass))
