"""What legal bases and ends are called, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from innovation_station.i18n import clock, day_long, local
from innovation_station.i18n import gettext as _
from innovation_station.personal import Basis, End


def N_(message: str) -> str:  # noqa: N802  the name that gettext's tools look for
    """Mark a text for the catalogue; it is translated where it is shown."""
    return message


_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([+-][0-9]{2}:[0-9]{2}|Z)$")
_FIELDS = {
    "name": N_("Name"), "email": N_("E-mail"), "role": N_("Role"), "language": N_("Language"),
    "organisation_id": N_("Organisation"), "visible": N_("Seen by others"), "active": N_("Open"),
    "state": N_("State"), "created_at": N_("Since"), "since": N_("Since"), "until": N_("Until"),
    "browser": N_("Browser"), "space": N_("Place"), "start": N_("From"), "end": N_("To"), "booked": N_("Booked"),
    "changed": N_("Changed"), "shown_to_others": N_("Seen by others"), "made": N_("Made"), "by": N_("By"),
    "logged_in_at": N_("Last log-in"),
    "last_fetched": N_("Last fetched"), "program": N_("Program"), "ended": N_("Ended"), "to": N_("To"),
    "kind": N_("Kind"), "written": N_("Written"), "at": N_("When"), "action": N_("What happened"),
    "by_yourself": N_("By yourself"), "outcome": N_("Outcome"), "before": N_("Before"), "after": N_("After"),
    "from": N_("From where"), "session": N_("Session"), "network": N_("Network"), "way": N_("Way"),
    "asked": N_("Asked for"), "due": N_("Due"), "title": N_("Title"), "reason": N_("Reason"),
}  # fmt: skip
_ACTIONS = {
    "admission.change": N_("Rules of admission changed"),
    "booking.approved": N_("Request approved"),
    "booking.declined": N_("Request declined"),
    "booking.handed": N_("A booking was taken over"),
    "booking.rules-passed": N_("A booking past the rules"),
    "consent.changed": N_("Who may book for you changed"),
    "guest.arrived": N_("A guest of yours came"),
    "feed.revoked": N_("Calendar feed ended"),
    "guest.invited": N_("Guests invited"),
    "guest.left": N_("A guest of yours left"),
    "guest.not-arrived": N_("That a guest of yours came was taken back"),
    "guest.removed": N_("A guest taken off"),
    "guest.stayed": N_("That a guest of yours left was taken back"),
    "offer.declined": N_("A booking you had offered was declined"),
    "offer.made": N_("A booking offered"),
    "offer.withdrawn": N_("An offer of a booking taken back"),
    "factor.codes": N_("New recovery codes made"),
    "factor.off": N_("Second factor turned off"),
    "factor.on": N_("Second factor turned on"),
    "factor.recovery": N_("Recovery code used"),
    "ledger.exported": N_("Ledger exported"),
    "member.approve": N_("Membership approved"),
    "member.decline": N_("Application declined"),
    "member.email": N_("E-mail address changed"),
    "member.invite": N_("Invited"),
    "member.join": N_("Joined"),
    "member.organisation": N_("Organisation changed"),
    "member.language": N_("Language changed"),
    "member.note-removed": N_("A note that staff kept about you removed"),
    "member.noted": N_("Staff wrote a note about you"),
    "member.rename": N_("Name changed"),
    "member.role": N_("Role changed"),
    "member.view-ended": N_("Staff stopped seeing the house as you do"),
    "member.viewed": N_("Staff saw the house as you do"),
    "member.uninvite": N_("Invitation taken back"),
    "membership.changed": N_("Membership plan changed"),
    "membership.given": N_("Membership plan given"),
    "organisations.exported": N_("A file of organisations taken"),
    "people.exported": N_("A file of members taken"),
    "session.end": N_("Logged out of one browser"),
    "session.end-all": N_("Logged out everywhere"),
    "audit.erased": N_("Details of the trail were erased"),
    "member.ended": N_("Membership ended"),
    "member.paused": N_("Membership paused"),
    "member.returned": N_("Membership opened again"),
    "privacy.erased": N_("Erasure done"),
    "privacy.erasure-asked": N_("Erasure asked for"),
    "privacy.erasure-withdrawn": N_("Erasure taken back"),
    "privacy.export-asked": N_("Copy of all data asked for"),
    "privacy.held": N_("Data kept from erasure"),
    "privacy.lifted": N_("Data free for erasure again"),
}


def basis_name(basis: Basis) -> str:
    """Name the legal basis by its article of the GDPR."""
    return {
        "contract": _("Contract (article 6.1 b)"),
        "public-task": _("Task of public interest (article 6.1 e)"),
        "legal-duty": _("Legal obligation (article 6.1 c)"),
        "interest": _("Legitimate interest (article 6.1 f)"),
        "consent": _("Your consent (article 6.1 a), which you can take back"),
    }[basis]


def end_name(end: End) -> str:
    """Say what erasure does."""
    return {
        "erase": _("Is erased"),
        "anonymise": _("Is made anonymous: who it was goes, the figures stay"),
        "archive": _("Is kept, because the law asks for it"),
    }[end]


def readable(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give a record's fields as pairs of label and text; empty ones are left out, those within others are spelled out.

    Fields that have no name of their own here keep the name that data.json gives them.
    """
    found: list[tuple[str, str]] = []
    for name, value in facts.items():
        label = _(_FIELDS[name]) if name in _FIELDS else name.replace("_", " ")
        if isinstance(value, Mapping):
            found += [(f"{label}: {inner}", text) for inner, text in readable(value)]
        elif (text := _value(value)) != "":
            found.append((label, text))
    return found


def _value(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(_value, value)))
    text = str(value)
    if _INSTANT.match(text):
        return moment(datetime.fromisoformat(text))
    return text


def moment(instant: datetime) -> str:
    """Write an instant in full: 23 November 2026, 08:10."""
    return f"{day_long(instant)} {local(instant).year}, {clock(instant)}"


def day(instant: datetime) -> str:
    """Write the day of an instant in full."""
    return f"{day_long(instant)} {local(instant).year}"


def action_name(action: str) -> str:
    """Say what an entry of the trail tells of; one that has no words here is told by its name."""
    return _(_ACTIONS[action]) if action in _ACTIONS else action


def way_name(way: str) -> str:
    """Say by which way something was done."""
    return {"web": _("on the web"), "job": _("by itself"), "program": _("at the server")}.get(way, way)


def actor_name(role: str) -> str:
    """Say who acted, where it was not the reader."""
    known = {"member": _("A member"), "host": _("A host"), "admin": _("An administrator"), "house": _("The station")}
    return known.get(role, role)
