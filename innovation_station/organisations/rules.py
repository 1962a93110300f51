"""What an organisation is, when it is a partner, and what is granted to members for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import date
from typing import Protocol
from urllib.parse import urlsplit

from innovation_station.errors import Refusal
from innovation_station.members.rules import EMAIL_LONGEST, Actor, is_staff

KINDS = ("university", "municipality", "company", "association", "foundation")
GRANTS = ("contact", "space", "event")
NAME_LONGEST, ABOUT_LONGEST, WEBSITE_LONGEST, COST_CENTRE_LONGEST = 200, 600, 200, 40
LOGO_BOX = (480, 240)
_EMAIL = re.compile(r"[^@\s<>\"(),;:\[\]\\]{1,64}@[^@\s<>\"(),;:\[\]\\]+\.[^@\s.<>\"(),;:\[\]\\]{2,}")


class Partnered(Protocol):
    """What the rules need to know of an organisation."""

    @property
    def partner_from(self) -> date | None: ...
    @property
    def partner_until(self) -> date | None: ...


def is_partner(organisation: Partnered, day: date) -> bool:
    """Tell whether an organisation is a partner of the house on a day."""
    first, last = organisation.partner_from, organisation.partner_until
    return first is not None and first <= day and (last is None or day <= last)


def may_see_inside(actor: Actor, organisation_id: int, contact_of: Container[int]) -> bool:
    """Tell whether a person sees an organisation's people and quota: staff, and its contact."""
    return is_staff(actor) or organisation_id in contact_of


def may_change_organisations(actor: Actor) -> bool:
    """Tell whether a person makes and changes organisations and who belongs to them."""
    return is_staff(actor)


def may_grant(actor: Actor) -> bool:
    """Tell whether a person gives others more than their role: administrators alone, as with roles."""
    return actor.role == "admin"


def organisation_refusals(
    *, names: tuple[str, str], kind: str, website: str, contact: str, partner: tuple[date | None, date | None],
) -> list[Refusal]:  # fmt: skip
    """List what is wrong with an organisation's particulars, empty when they are fine."""
    found = []
    if not all(name.strip() for name in names):
        found.append(Refusal("organisation-nameless", "name_sv"))
    if kind not in KINDS:
        found.append(Refusal("organisation-kind", "kind"))
    if website and not _is_web(website):
        found.append(Refusal("website-malformed", "website"))
    if contact and (len(contact) > EMAIL_LONGEST or not _EMAIL.fullmatch(contact)):
        found.append(Refusal("email-malformed", "contact"))
    first, last = partner
    if last is not None and (first is None or last < first):
        found.append(Refusal("partner-period", "partner_until"))
    return found


def _is_web(address: str) -> bool:
    """Tell whether an address may stand in a link: http or https, to a host with a name, and nothing odd in it."""
    if len(address) > WEBSITE_LONGEST or not address.isprintable() or re.search(r"[\s\\<>\"']", address):
        return False
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and "." in (host or "") and "@" not in parts.netloc
