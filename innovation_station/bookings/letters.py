"""How a mail about bookings is laid out: where and when, the one button, and the link that needs no login."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from innovation_station.bookings import deeds, own_pages, telling
from innovation_station.bookings.choice import place_title
from innovation_station.bookings.rules import HOLDING
from innovation_station.bookings.views import pages
from innovation_station.deeds import links
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, ngettext
from innovation_station.mail.rules import harmless, intact
from innovation_station.notices.rules import Values
from innovation_station.notices.words import said_in_mail
from innovation_station.spaces.queries import house as read_house

LINES = 30  # that a mail about several bookings lists


@dataclass(frozen=True, slots=True)
class Letter:
    """What templates/mail/booking.txt says; `other` is a path without the house's address."""

    subject: str
    title: str
    lead: str
    facts: Sequence[tuple[str, str]]
    paragraphs: Sequence[str]
    action: str
    endpoint: str
    parts: Mapping[str, Any]
    other: tuple[str, str] | None
    own: bool


def letter(notice: Mapping[str, Any], calendar: str | None) -> Letter:
    """Lay out a notice about bookings, whose values have been made harmless; `calendar` is the METHOD of its file."""
    said, values = said_in_mail(notice), notice["values"]
    many = values.get("more") or ()
    facts = _lines([values, *many]) if many else _facts(values)
    if calendar:
        facts.append((_("Calendar"), _about_file(calendar)))
    return Letter(
        subject=said.title,
        title=said.title if many else _title(said.title, values),
        lead="" if many else _lead(values),
        facts=facts,
        paragraphs=[said.text] if said.text else [],
        action=said.action,
        endpoint=said.endpoint,
        parts=said.parts or {},
        other=None if many else _other(values),
        own="knew" in values,
    )


def _title(subject: str, values: Values) -> str:
    """Give the subject without the hours, which stand under it."""
    short = (telling.when_of(values), telling.when_of(values, short=True))
    return next((subject.removesuffix(f", {when}") for when in short if subject.endswith(f", {when}")), subject)


def _lead(values: Values) -> str:
    when = own_pages.when_full(telling.span_of(values))
    return when[:1].upper() + when[1:]


def _facts(values: Values) -> list[tuple[str, str]]:
    facts = [(_("Place"), _place(values))]
    if values.get("title"):
        facts.append((_("Title"), values["title"]))
    return facts


def _place(values: Values) -> str:
    house = read_house()
    place = house.places.get(values.get("space") or 0)
    return harmless(f"{place_title(place)}, {house.zone_name(place, language())}") if place else values["place"]


def _lines(told: Sequence[Values]) -> list[tuple[str, str]]:
    """Give a line for each booking, by their time, as far as there is room."""
    ordered = sorted(told, key=lambda one: (telling.span_of(one).start, one["booking"]))
    lines = [(one["place"], telling.when_of(one)) for one in ordered[:LINES]]
    left = len(ordered) - len(lines)
    more = ngettext("One more stands in the list.", "%(num)d more stand in the list.", left)
    return [*lines, ("…", more)] if left else lines


def _about_file(method: str) -> str:
    if method == "CANCEL":
        return _("The file takes it out. If you subscribe, that happens by itself.")
    return _("The file is attached. If you subscribe, that happens by itself.")


def _other(values: Values) -> tuple[str, str] | None:
    """Give words and path of what can be done without a login: cancel, or take back what one has cancelled oneself."""
    if "sequence" not in values:  # queued by an earlier version
        return None
    state, until = intact(values["state"]), telling.span_of(values).end
    deed = (values["member"], values["booking"], values["sequence"], until)
    if state in HOLDING:
        return _("Cancel the booking"), links.path(deeds.cancelling(*deed))
    if state == "cancelled" and "knew" in values:
        return _("Take the cancellation back"), links.path(deeds.restoring(*deed))
    return None


pages.add_app_template_global(letter, "booking_letter")
