"""What the staff's pages about people say, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from innovation_station.bookings.models import Booking
from innovation_station.i18n import day_short, language, local, span_short
from innovation_station.i18n import gettext as _
from innovation_station.mail.models import Mail
from innovation_station.mail.words import kind_name
from innovation_station.members.models import Member
from innovation_station.members.words import role_name, state_name
from innovation_station.organisations.words import name_of
from innovation_station.people.editing import Change
from innovation_station.plans.rules import Catalogue, Standing, Term
from innovation_station.spaces.rules import House

Choices = list[tuple[str, str]]


def day_of(instant: datetime | None) -> str:
    """Write the local day of an instant with its year; nothing for none."""
    return f"{day_short(instant)} {local(instant).year}" if instant else ""


def seen_names() -> Choices:
    """Name when somebody last logged in."""
    return [
        ("recent", _("In the last 30 days")), ("long-ago", _("Not for 90 days")), ("never", _("Never logged in")),
    ]  # fmt: skip


def sort_names() -> Choices:
    """Name the orders of the list."""
    return [("name", _("Name")), ("newest", _("Newest first")), ("seen", _("Last log-in first"))]


def booking_state(booking: Booking) -> str:
    """Say where a booking stands; nothing for one that is to come as it was made."""
    said = {
        "requested": _("Requested"), "cancelled": _("Cancelled"), "declined": _("Declined"),
        "expired": _("Not answered in time"), "no-show": _("Did not come"),
    }  # fmt: skip
    if booking.state == "confirmed" and booking.checked_in_at is not None:
        return _("Came")
    return said.get(booking.state, "")


def mail_title(mail: Mail, notice_titles: Mapping[str, object]) -> str:
    """Say what a mail was about: what it said is erased when it has gone."""
    known = {
        "account-notice": _("Something was done with the account"), "booking": _("A booking"),
        "confirm-email": _("The new address is to be confirmed"), "digest": _("Summary of notifications"),
        "erasure-asked": _("The account is to be erased"), "event-after": _("Thanks after an event"),
        "export-ready": _("The copy of all data is ready"), "guest": _("A visit"),
        "handed-over": _("Bookings handed over"), "invitation": _("Invitation"), "join-approved": _("Let in"),
        "join-known": _("There is an account already"), "join-waiting": _("The application waits"),
        "membership-left": _("The membership is paused or ended"), "registration": _("A registration for an event"),
        "reset-password": _("A new password"),
    }  # fmt: skip
    if mail.kind in notice_titles:
        return str(notice_titles[mail.kind])
    return known.get(mail.template) or kind_name(mail.kind)


def mail_state(mail: Mail) -> str:
    """Say what became of a mail."""
    return {
        "queued": _("Waits"), "sending": _("Is being sent"), "sent": _("Sent"), "parked": _("Could not be sent"),
        "discarded": _("Given up"),
    }[mail.state]  # fmt: skip


def place_of(booking: Booking, house: House) -> str:
    """Name the place of a booking."""
    place = house.places.get(booking.space_id)
    return place.name if place else ""


def when_of(booking: Booking) -> str:
    """Write the day and the hours of a booking."""
    return f"{day_of(booking.start)}, {span_short(booking.span)}"


def terms_on(standing: Standing, today: date) -> list[Term]:
    """Give the memberships that hold on a day, own ones first."""
    return sorted((term for term in standing.terms if term.valid(today)), key=lambda term: (term.shared, term.id))


def plan_names(standing: Standing, catalogue: Catalogue, today: date, *, shared: bool = True) -> str:
    """Name the plans that somebody has today, with or without those of the organisation."""
    held = (term for term in terms_on(standing, today) if shared or not term.shared)
    return ", ".join(dict.fromkeys(catalogue.plans[term.plan_id].names[language()] for term in held))


# -- columns of a file ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one member for a line of a file; `plans` are those of their own."""

    member: Member
    plans: str
    shared: str
    factor: bool
    bookings: int


def organisation_name(member: Member) -> str:
    """Name a member's organisation, nothing for none; it must be loaded."""
    return name_of(member.organisation) if member.organisation else ""


def _day(instant: datetime | None) -> str:
    return local(instant).date().isoformat() if instant else ""


COLUMNS: Mapping[str, Callable[[Known], str]] = {
    "email": lambda known: known.member.email,
    "name": lambda known: known.member.name,
    "role": lambda known: role_name(known.member.role),
    "organisation": lambda known: organisation_name(known.member),
    "plan": lambda known: known.plans,
    "language": lambda known: known.member.language or "",
    "state": lambda known: state_name(known.member.state),
    "shared": lambda known: known.shared,
    "since": lambda known: _day(known.member.created_at),
    "seen": lambda known: _day(known.member.logged_in_at),
    "factor": lambda known: _("Yes") if known.factor else _("No"),
    "bookings": lambda known: str(known.bookings),
}
STANDARD = ("email", "name", "role", "organisation", "plan", "language", "state")


def column_names() -> dict[str, str]:
    """Name the columns of a file."""
    return {
        "email": _("E-mail"), "name": _("Name"), "role": _("Role"), "organisation": _("Organisation"),
        "plan": _("Plan"), "language": _("Language"), "state": _("State"), "shared": _("The organisation's plan"),
        "since": _("Member since"), "seen": _("Last log-in"), "factor": _("Second factor"), "bookings": _("Bookings"),
    }  # fmt: skip


def line_of(known: Known, columns: Sequence[str]) -> list[str]:
    """Give the cells of a member."""
    return [COLUMNS[name](known) for name in columns]


def row_of(member: Member, *, plans: str, factor: bool, names: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the list shows of a member."""
    seen = _("last logged in %(day)s", day=day_of(member.logged_in_at)) if member.logged_in_at else ""
    about = [organisation_name(member), plans, seen]
    return {
        "id": member.id, "name": member.name, "email": member.email, "about": " · ".join(filter(None, about)),
        "role": role_name(member.role) if member.is_staff else "", "state": member.state,
        "state_name": state_name(member.state), "factor": factor, **names,
    }  # fmt: skip


# -- changes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Names:
    """What changes name by numbers: plans and organisations, in the reader's language."""

    plans: Mapping[int, str]
    organisations: Mapping[int, str]

    def written(self, change: Change) -> tuple[str, str, str]:
        """Give what changes, and what is before and after it."""
        labels = {**column_names(), "end": _("Own plans end"), "invite": _("Invitation"), "note": _("Note")}
        return labels[change.field], self._before(change), self._after(change)

    def _terms(self, terms: Sequence[tuple[int, int, str | None]]) -> str:
        said = [
            _("%(plan)s until %(day)s", plan=self.plans.get(plan, "?"), day=ends) if ends else self.plans.get(plan, "?")
            for _id, plan, ends in terms
        ]
        return ", ".join(said)

    def _before(self, change: Change) -> str:
        if change.field in ("plan", "end"):
            return self._terms(change.before) or _("None")
        if change.field in ("invite", "note"):
            return ""
        return self._value(change.field, change.before)

    def _after(self, change: Change) -> str:
        if change.field == "plan":
            plan_id, day = change.after
            return _("%(plan)s from %(day)s", plan=self.plans.get(plan_id, "?"), day=day)
        if change.field == "invite":
            return _("A new link by mail; the one before ends")
        return self._value(change.field, change.after)

    def _value(self, field: str, value: Any) -> str:
        if field == "organisation":
            return self.organisations.get(value, "?") if value else _("None")
        if field == "role":
            return role_name(value)
        return str(value or _("None"))
