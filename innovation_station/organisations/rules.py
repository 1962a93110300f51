"""What an organisation is, when it is a partner, and what is granted to members for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from urllib.parse import urlsplit

from innovation_station.errors import Refusal
from innovation_station.members.rules import EMAIL_LONGEST, Actor, is_staff
from innovation_station.text import plain

KINDS = ("university", "municipality", "company", "association", "foundation")
GRANTS = ("contact", "space", "event")
NAME_LONGEST, ABOUT_LONGEST, WEBSITE_LONGEST, COST_CENTRE_LONGEST = 200, 600, 200, 40
LOGO_BOX = (480, 240)
_EMAIL = re.compile(r"[^@\s<>\"(),;:\[\]\\]{1,64}@[^@\s<>\"(),;:\[\]\\]+\.[^@\s.<>\"(),;:\[\]\\]{2,}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which organisations a list is of: by beginnings of words, kind, and whether they are partners."""

    words: str = ""
    kind: str = ""
    partner: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Wanted:
        """Read an address; what it cannot mean narrows nothing."""
        kind, partner = args.get("kind", ""), args.get("partner", "")
        return cls(
            " ".join(args.get("q", "")[:100].split()), kind if kind in KINDS else "",
            partner if partner in ("yes", "no") else "",
        )  # fmt: skip

    @property
    def query(self) -> dict[str, str]:
        """Give the values by which an address says it."""
        said = {"q": self.words, "kind": self.kind, "partner": self.partner}
        return {name: value for name, value in said.items() if value}

    def fits(self, names: Iterable[str], kind: str, *, partner: bool) -> bool:
        """Tell whether an organisation is one of them."""
        known = [word for name in names for word in re.split(r"[\s.,;-]+", plain(name))]
        return (
            all(any(word.startswith(term) for word in known) for term in plain(self.words).split())
            and self.kind in ("", kind)
            and self.partner in ("", "yes" if partner else "no")
        )


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
