"""What a member may be and do. Pure."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from innovation_station.errors import Refusal

Language = Literal["sv", "en"]
ROLES = ("member", "host", "admin")
STAFF = frozenset({"host", "admin"})
# An account is invited (made by staff, not yet taken), applied for (not yet let in), active, paused or ended; only an
# active one opens doors.
STATES = ("invited", "applied", "active", "paused", "ended")
PASSWORD_SHORTEST = 15
PASSWORD_SHORTEST_BESIDE = 8  # beside a second factor
PASSWORD_LONGEST = 1000
EMAIL_LONGEST = 254
NAME_LONGEST = 100
FAILURES_FREE = 10  # of one account, within FAILURES_COUNT_FOR
FAILURES_COUNT_FOR = timedelta(hours=1)
# How long a link in a mail, or the second step of a log-in, is good for.
LIFETIMES = {
    "reset": timedelta(hours=1),
    "email": timedelta(hours=24),
    "second": timedelta(minutes=10),
    "join": timedelta(hours=48),
    "invite": timedelta(days=14),
}
VIEWED_FOR = timedelta(minutes=15)  # how long staff see the house as a member
REASON_LONGEST = 200
PROTECTED = ("nobody", "staff", "everybody")  # who has to log in with a second factor
TEXT_KINDS = ("rules", "privacy", "directions")
ACCEPTED_TEXTS = ("rules", "privacy")  # of them members accept each version
TEXT_LONGEST = 20_000
INVITED_AT_ONCE = 100
_DOMAIN = re.compile(r"[a-z0-9åäö](?:[a-z0-9åäö-]*[a-z0-9åäö])?(?:\.[a-z0-9åäö](?:[a-z0-9åäö-]*[a-z0-9åäö])?)+")
MAILS_FREE, MAILS_COUNT_FOR = 3, timedelta(hours=1)  # that anybody may have sent to one address
NETWORK_MAILS_FREE = 60  # and from one, within NETWORK_WINDOW
# Who registers for events: one person for several, and a whole hall from one address as the doors open.
EVENT_MAILS_FREE, NETWORK_EVENT_MAILS_FREE = 10, 1000
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)
# A whole office comes from one address, so its bound stops machines and no people.
NETWORK_FAILURES_FREE = 200
NETWORK_WINDOW = timedelta(minutes=15)
_EMAIL = re.compile(
    r"[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\]{1,64}@[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\]+\.[^@\s\x00-\x1f\x7f.,;<>\"()\[\]\\]{2,}"
)
_COMMON_WORDS = (
    "password passw0rd passwort passphrase lösenord losenord lösen hemligt hemlig secret admin administrator welcome "
    "välkommen valkommen letmein iloveyou jagälskardig monkey dragon football fotboll sunshine princess sommar vinter "
    "stockholm sverige hejhej changeme default login test trustno1 abc123 correcthorsebatterystaple innovation "
    "station innovationstation coworking"
)
_ROWS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyzåäö", "qwertyuiopåasdfghjklöäzxcvbnm",
         "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm")  # fmt: skip
_RUN_LENGTH = 4
_LONGEST_RUN = max(map(len, _ROWS))
_SEPARATORS = re.compile(r"[\s@._+-]+")
_OWN_LETTERS = 6  # what a password has to hold beside what everybody knows


class Actor(Protocol):
    """Who acts: what the rules need to know of the person."""

    @property
    def id(self) -> int: ...
    @property
    def role(self) -> str: ...


class Booker(Actor, Protocol):
    """Who books: also whether name and titles are shown to others, and whether new house rules wait to be accepted."""

    @property
    def visible(self) -> bool: ...
    @property
    def rules_due(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Person:
    """A member as pages know who asks: read with the login session, detached from the database."""

    id: int
    role: str
    name: str
    email: str
    visible: bool
    access: int = 0  # the revision of what this person may book
    rules_due: bool = False  # the house rules are new, and wait to be accepted
    looked_at: bool = False  # it is somebody of the staff who looks, as this member; see `viewing`

    @property
    def initials(self) -> str:
        """Give the capitals for the avatar."""
        return initials(self.name)

    @property
    def is_staff(self) -> bool:
        """Tell whether this person works for the house."""
        return is_staff(self)

    @property
    def is_admin(self) -> bool:
        """Tell whether this person may change how the house is run."""
        return is_admin(self)


def is_staff(actor: Actor) -> bool:
    """Tell whether the person works for the house."""
    return actor.role in STAFF


def is_admin(actor: Actor) -> bool:
    """Tell whether the person may change how the house is run."""
    return actor.role == "admin"


def may_manage_members(actor: Actor) -> bool:
    """Tell who may see all members, let people in and help them back in: hosts and administrators."""
    return is_staff(actor)


def booking_refusals(actor: Booker) -> list[Refusal]:
    """Say why somebody may book nothing for now, whatever it is; looking, cancelling and the rest go on."""
    return [Refusal("rules-new")] if actor.rules_due else []


def may_look_after(actor: Actor, member: Actor) -> bool:
    """Tell whether staff may see what is kept of a member, and let them go: hosts members, administrators all."""
    return is_admin(actor) or (is_staff(actor) and member.role == "member")


def may_view_as(actor: Actor, member: Actor) -> bool:
    """Tell whether staff may see the house as a member: those they look after, and not themselves."""
    return actor.id != member.id and may_look_after(actor, member)


def may_change_roles(actor: Actor) -> bool:
    """Tell who may make hosts and administrators, and loosen what protects them: administrators."""
    return is_admin(actor)


def needs_second_factor(role: str, protected: str) -> bool:
    """Tell whether who has this role logs in with a second factor only, by what the house has settled."""
    return protected == "everybody" or (protected == "staff" and role in STAFF)


def is_let_in(email: str, domains: Iterable[str]) -> bool:
    """Tell whether an address is of one of the domains whose people need no approval; what lies below is not."""
    return email.rpartition("@")[2] in set(domains)


def read_domains(text: str) -> tuple[list[str], list[str]]:
    """Read domains, one a line or between commas, with or without @; give those that are and those that are none."""
    words = [word.lower().removeprefix("@") for word in re.split(r"[\s,;]+", text) if word]
    fine = [word for word in dict.fromkeys(words) if _DOMAIN.fullmatch(word)]
    return fine, [word for word in words if word not in fine]


def read_invitations(text: str) -> list[tuple[str, str]]:
    """Read address and name of each line: «a@example.org», «Name <a@example.org>»; also between commas."""
    found = {}
    for part in (part.strip() for part in re.split(r"[\n,;]+", text)):
        name, _, rest = part.rpartition("<") if part.endswith(">") else ("", "", part)
        email = normal_email(rest.removesuffix(">"))
        if part:
            found[email] = name.strip().strip('"')
    return list(found.items())


def name_refusals(name: str) -> list[Refusal]:
    """Check that a name is one line of at most NAME_LONGEST characters."""
    fine = name.strip() and len(name) <= NAME_LONGEST and name.isprintable()
    return [] if fine else [Refusal("name-malformed", "name", {"longest": NAME_LONGEST})]


def reason_refusals(reason: str) -> list[Refusal]:
    """Check that a reason is one line of at most REASON_LONGEST characters, and says something."""
    fine = len(reason.strip()) > 2 and len(reason) <= REASON_LONGEST and reason.isprintable()
    return [] if fine else [Refusal("view-reason", "reason", {"most": REASON_LONGEST})]


def normal_email(text: str) -> str:
    """Give the one spelling of an address that is stored and looked up: NFC, trimmed, lower case."""
    return unicodedata.normalize("NFC", text).strip().lower()


def is_email(text: str) -> bool:
    """Tell whether a text has the shape of an address."""
    return len(text) <= EMAIL_LONGEST and bool(_EMAIL.fullmatch(text))


def slug_of(name: str) -> str:
    """Give the address of a name: «Södertörns högskola» is sodertorns-hogskola. Never empty."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "organisation"


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
    if not is_email(email):
        found.append(Refusal("email-malformed", "email"))
    found += name_refusals(name)
    if role not in ROLES:
        found.append(Refusal("role-unknown", "role"))
    return found + password_refusals(password, of=(email, name))


def password_refusals(password: str, *, of: Iterable[str] = (), shortest: int = PASSWORD_SHORTEST) -> list[Refusal]:
    """Check length, and that it is not what everybody tries first; `of` are texts about its owner.

    No composition rules: they make passwords worse (NIST SP 800-63B).
    """
    if len(password) < shortest:
        return [Refusal("password-short", "password", {"shortest": shortest})]
    if len(password) > PASSWORD_LONGEST:
        return [Refusal("password-long", "password", {"longest": PASSWORD_LONGEST})]
    return [Refusal("password-common", "password")] if _is_guessed(password, of) else []


def _is_guessed(password: str, of: Iterable[str]) -> bool:
    """Tell whether little is left of a password without common words, runs on the keyboard and its owner's names."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", password).casefold())
    owned = [word for text in of for word in _SEPARATORS.split(text.casefold()) if len(word) > 2]
    left = plain
    for word in sorted({*owned, *_COMMON_WORDS.split()}, key=len, reverse=True):
        left = left.replace(word, "")
    return len(_without_runs(left)) < _OWN_LETTERS or len(set(plain)) < _OWN_LETTERS


def _without_runs(text: str) -> str:
    """Leave out stretches of four and more that lie side by side on a keyboard, in the alphabet or in counting."""
    left, at = [], 0
    while at < len(text):
        parts = (text[at : at + length] for length in range(_LONGEST_RUN, _RUN_LENGTH - 1, -1))
        run = next((part for part in parts if len(part) >= _RUN_LENGTH and _is_run(part)), "")
        left.append("" if run else text[at])
        at += len(run) or 1
    return "".join(left)


def _is_run(text: str) -> bool:
    return any(text in row or text[::-1] in row for row in _ROWS)


def network_of(address: str | None) -> str:
    """Give whom failures are counted for: an IPv4 address, or the /64 that one IPv6 customer has all of."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return (address or "")[:100]
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or f"{ipaddress.IPv6Address(int(found) >> 64 << 64)}/64")
    return str(found)


def mails_wait(oldest: datetime | None, full: datetime | None, now: datetime) -> timedelta:
    """Give how long to wait for another mail to an address: `oldest` is the first of as many as are free, `full` the
    same for where they are asked for."""
    own = timedelta() if oldest is None else max(timedelta(), min(oldest - now, timedelta()) + MAILS_COUNT_FOR)
    return max(own, network_wait(full, now))


def account_wait(failures: int, last: datetime | None, now: datetime) -> timedelta:
    """Give how long an account is still to wait: a minute after the tenth failure, twice as long after each further."""
    if last is None or failures < FAILURES_FREE:
        return timedelta()
    doubled = FIRST_WAIT * 2 ** min(failures - FAILURES_FREE, 10)
    return max(timedelta(), min(last - now, timedelta()) + min(doubled, LONGEST_WAIT))


def network_wait(one_too_many: datetime | None, now: datetime) -> timedelta:
    """Give how long an address is still to wait: until the oldest of too many failures has left the window."""
    if one_too_many is None:
        return timedelta()
    return max(timedelta(), min(one_too_many - now, timedelta()) + NETWORK_WINDOW)
