"""What a member may be and do. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Protocol

from innovation_station.errors import Refusal

ROLES = ("member", "host", "admin")
STAFF = frozenset({"host", "admin"})
PASSWORD_SHORTEST = 15
PASSWORD_LONGEST = 1000
EMAIL_LONGEST = 254
NAME_LONGEST = 100
_EMAIL = re.compile(
    r"[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\]{1,64}@[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\]+\.[^@\s\x00-\x1f\x7f.,;<>\"()\[\]\\]{2,}"
)


class Actor(Protocol):
    """Who acts: what the rules need to know of the person."""

    id: int
    role: str


def is_staff(actor: Actor) -> bool:
    """Tell whether the person works for the house."""
    return actor.role in STAFF


def normal_email(text: str) -> str:
    """Give the one spelling of an address that is stored and looked up: NFC, trimmed, lower case."""
    return unicodedata.normalize("NFC", text).strip().lower()


def initials(name: str) -> str:
    """Give one or two capitals for the avatar."""
    words = [word for word in name.split() if word[0].isalpha()]
    return ("".join(word[0] for word in (words[:1] + words[1:][-1:]))).upper() or "?"


def short_name(name: str) -> str:
    """Give first name and initial, the most that other members see: «Maja Ö.»."""
    words = name.split()
    return f"{words[0]} {words[-1][0]}." if len(words) > 1 else name


def account_refusals(*, email: str, name: str, role: str, password: str) -> list[Refusal]:
    """List everything wrong with a new account, empty when it is fine."""
    found = []
    if len(email) > EMAIL_LONGEST or not _EMAIL.fullmatch(email):
        found.append(Refusal("email-malformed", "email"))
    if not name.strip() or len(name) > NAME_LONGEST or not name.isprintable():
        found.append(Refusal("name-malformed", "name", {"longest": NAME_LONGEST}))
    if role not in ROLES:
        found.append(Refusal("role-unknown", "role"))
    return found + password_refusals(password)


def password_refusals(password: str) -> list[Refusal]:
    """Check length only: composition rules make passwords worse (NIST SP 800-63B)."""
    if len(password) < PASSWORD_SHORTEST:
        return [Refusal("password-short", "password", {"shortest": PASSWORD_SHORTEST})]
    if len(password) > PASSWORD_LONGEST:
        return [Refusal("password-long", "password", {"longest": PASSWORD_LONGEST})]
    return []
