"""What is told of series: one notice for what one tap did, however many dates it reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from innovation_station.bookings.models import Booking
from innovation_station.bookings.telling import UNDO, calendar, kept_for
from innovation_station.deeds import links as deeds
from innovation_station.deeds.registry import Deed
from innovation_station.i18n import day_short, ngettext, span_short
from innovation_station.i18n import gettext as _
from innovation_station.mail.rules import intact
from innovation_station.members.rules import Actor
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.notices.words import instant
from innovation_station.series.models import Series
from innovation_station.series.steps import Change, Row
from innovation_station.spaces.queries import house as read_house
from innovation_station.timespan import Span

MOST_NAMED = 12
RESTORE = "series-restore"  # what links in mails do


def say(values: Values, _names: Names) -> Said:
    """Say what became of a series and name its first dates: «Hågelby is booked 12 times»."""
    action, place, dates = intact(values["action"]), values["place"], values["dates"]
    count, asked = values["count"], values.get("asked", 0)
    title = {
        "begun": ngettext(
            "You have asked for %(place)s, %(num)d time", "You have asked for %(place)s, %(num)d times",
            count, place=place,
        ) if asked == count else ngettext(
            "%(place)s is yours, %(num)d time", "%(place)s is yours, %(num)d times", count, place=place
        ),
        "cancelled": ngettext(
            "%(num)d booking of your series in %(place)s is cancelled",
            "%(num)d bookings of your series in %(place)s are cancelled", count, place=place,
        ),
        "restored": ngettext(
            "%(num)d booking of your series in %(place)s is yours again",
            "%(num)d bookings of your series in %(place)s are yours again", count, place=place,
        ),
    }.get(action) or ngettext(
        "Your series in %(place)s has changed, %(num)d date", "Your series in %(place)s has changed, %(num)d dates",
        count, place=place,
    )  # fmt: skip
    said = [f"{day_short(instant(start))} {span_short(Span(instant(start), instant(end)))}" for start, end in dates]
    more = count - len(said)
    if more > 0:
        said.append(ngettext("and %(num)d more", "and %(num)d more", more))
    text = ", ".join(said)
    if values.get("station"):
        text = " ".join((_("Somebody at the station did this."), text))
    if asked:
        text = f"{text}. {kept_for(asked, count)}"
    links = ((_("Take the cancellation back"), _way_back(values)),) if values.get("back") else ()
    return Said(title, text, _("Show the series"), "series.show", {"series_id": values["series"]}, links)


def _way_back(values: Values) -> str:
    """Give the path of what takes a cancellation back without a login, until the last of its dates is over."""
    at, until = (values["back"][name] for name in ("at", "until"))
    return deeds.path(Deed(RESTORE, values["to"], values["series"], intact(at), instant(until)))


SERIES = Kind(
    "series",
    _l("My series"),
    _l("When a series of yours is booked, changed or cancelled: one mail for all its dates."),
    say,
)
KINDS = (SERIES,)


def begun(series: Series, change: Change, touched: Sequence[Booking], actor: Actor, now: datetime) -> None:
    """Tell that a series is booked."""
    _tell(series, "begun", [step.after for step in change.of("added")], touched, actor, now)


def changed(series: Series, change: Change, touched: Sequence[Booking], actor: Actor, now: datetime) -> None:
    """Tell what has changed, all of it in one."""
    rows = [step.after for step in change.steps if not step.kept and (step.stood or step.after.booked)]
    _tell(series, "changed" if any(row.booked for row in rows) else "cancelled", rows, touched, actor, now)


def cancelled(series: Series, change: Change, touched: Sequence[Booking], actor: Actor, now: datetime) -> None:
    """Tell which dates are cancelled."""
    rows = [step.after for step in change.steps if step.cancelled or step.dropped]
    _tell(series, "cancelled", rows, touched, actor, now)


def restored(
    series: Series, touched: Sequence[Booking], actor: Actor, since: datetime, now: datetime, *, whole: bool
) -> None:  # fmt: skip
    """Tell which dates are the member's again; nothing where all that was cancelled is taken back at once."""
    if now - since <= UNDO and whole and notices.withdraw(series.member_id, _subject(series), since=since):
        return
    _send(series, "restored", [booking.span for booking in touched], touched, actor, now)


def _tell(
    series: Series, action: str, rows: list[Row], touched: Sequence[Booking], actor: Actor, now: datetime
) -> None:
    _send(series, action, [row.span for row in rows if row.span is not None], touched, actor, now)


def _subject(series: Series) -> str:
    return f"series-{series.id}"


def _send(
    series: Series, action: str, spans: Sequence[Span], touched: Sequence[Booking], actor: Actor, now: datetime
) -> None:  # fmt: skip
    if not spans:
        return
    values: dict[str, Any] = {
        "action": action, "series": series.id, "count": len(spans),
        "place": read_house().places[series.space_id].name,
        "dates": [[span.start.isoformat(), span.end.isoformat()] for span in spans[:MOST_NAMED]],
        "station": actor.id != series.member_id,
        "asked": sum(1 for booking in touched if booking.state == "requested"),
    }  # fmt: skip
    if action == "cancelled" and actor.id == series.member_id:
        until = max(span.end for span in spans)
        values |= {"to": series.member_id, "back": {"at": now.isoformat(), "until": until.isoformat()}}
    entries = calendar(*sorted(touched, key=lambda booking: (booking.start, booking.id))) if touched else None
    notices.notify(
        SERIES, series.member_id, values, now=now, subject=_subject(series), hold_until=now + UNDO,
        calendar=entries,
    )  # fmt: skip
