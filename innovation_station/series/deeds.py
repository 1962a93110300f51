"""What the link in the mail about a cancelled series does: take back what one act has cancelled.

The stamp is when that was: each act has its own link, and the link is over once nothing is as that act has left it.
"""

from __future__ import annotations

from datetime import datetime

from innovation_station.deeds.registry import Action, Asked, Deed, Done, over
from innovation_station.i18n import gettext as _
from innovation_station.i18n import ngettext, zone
from innovation_station.members.rules import Person
from innovation_station.series import queries, service, words
from innovation_station.series.telling import RESTORE
from innovation_station.spaces.queries import house as read_house
from innovation_station.timespan import Span


def _look(_person: Person, deed: Deed, now: datetime) -> Asked | Done | None:
    found = _of(deed)
    if found is None:
        return None
    heading, had, left = found
    if had:
        title = ngettext("%(num)d date is yours again", "%(num)d dates are yours again", len(had))
        lost = words.spans([span for span in left if span.end > now])
        return Done(title, (heading, *((_("Not to be had any more: %(dates)s", dates=lost),) if lost else ())))
    left = [span for span in left if span.end > now]
    if not left:
        return None
    return Asked(
        ngettext(
            "Take the cancellation of %(num)d date back?", "Take the cancellation of %(num)d dates back?", len(left)
        ),
        (heading, words.spans(left)),
        _("Take the cancellation back"),
    )


def _act(person: Person, deed: Deed, now: datetime) -> None:
    if _of(deed) is None:
        raise over()
    service.mine_locked(person, deed.subject)
    found = _of(deed)
    if found is None or not (found[1] or found[2]):
        raise over()
    if not found[1]:
        service.restore(person, deed.subject, datetime.fromisoformat(deed.stamp), now=now, zone=zone())


def _of(deed: Deed) -> tuple[str, list[Span], list[Span]] | None:
    """Give the series in words, and the times of what was cancelled: of what stands again, and of what is untouched."""
    series = queries.get(deed.subject)
    if series is None or series.member_id != deed.member_id:
        return None
    given = queries.given_back(series.id, datetime.fromisoformat(deed.stamp))
    had = [booking.span for booking, _day, _same in given if not booking.cancelled]
    left = [booking.span for booking, _day, same in given if same and booking.cancelled]
    return words.heading(series.pattern, read_house()), had, left


ACTIONS = (Action(RESTORE, _look, _act),)
