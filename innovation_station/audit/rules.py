"""What an entry says, without secrets, and how entries are chained. Pure."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, Protocol

Part = Literal["what", "where"]
PARTS: tuple[Part, ...] = ("what", "where")
Outcome = Literal["done", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("done", "refused")
HIDDEN = "[hidden]"
NOBODY = b"\0" * 32  # what the first entry follows
_SECRET = re.compile(
    r"(?i)pass(?!ed|age)|token|secret|cookie|csrf|authorization|nonce|totp|otp_|recovery|api_?key|_hash$"
)
_ACTION = re.compile(r"[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+")
_LONGEST_TEXT = 2000


class Actor(Protocol):
    """Who acts."""

    @property
    def id(self) -> int: ...
    @property
    def role(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Origin:
    """From where something was done: `way` is web, mail-link, program or job; `session` a short name of the log-in."""

    way: str = "program"
    session: str = ""
    network: str = ""
    request_id: str = ""

    def facts(self) -> dict[str, str]:
        """Give what is kept of it as personal data; empty fields are left out."""
        found = {"way": self.way, "session": self.session, "network": self.network}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Sealable:
    """The fields of an entry that its hash is of, beside its place and the hash before it."""

    at: datetime
    action: str
    subject_kind: str
    subject_id: int | None
    member_id: int | None
    actor_id: int | None
    actor_role: str
    outcome: str
    reason: str
    request_id: str
    what_hash: bytes
    where_hash: bytes


def is_action(text: str) -> bool:
    """Tell whether a text is the name of an action: "member.role", "two-factor.removed"."""
    return bool(_ACTION.fullmatch(text))


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Give what is kept of the fields before and after: those that differ where both are given; secrets hidden."""
    if before is not None and after is not None:
        same = {name for name in before.keys() & after.keys() if before[name] == after[name]}
        before = {name: value for name, value in before.items() if name not in same}
        after = {name: value for name, value in after.items() if name not in same}
    found = {"before": before, "after": after}
    return {side: without_secrets(fields) for side, fields in found.items() if fields}


def without_secrets(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give fields as JSON has them, with what is named like a secret hidden."""
    return {str(name): HIDDEN if _SECRET.search(str(name)) else _plain(value) for name, value in fields.items()}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return HIDDEN
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    text = value.isoformat() if isinstance(value, date) else str(value)
    return text[:_LONGEST_TEXT].replace("\0", "")


def canonical(value: Any) -> str:
    """Give the one spelling of a JSON value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def part_hash(salt: bytes, content: str) -> bytes:
    """Give what the chain knows of a part."""
    return hashlib.sha256(salt + content.encode("utf-8", "surrogatepass")).digest()


def seal(entry: Sealable, *, position: int, previous: bytes) -> bytes:
    """Give the hash of an entry at its place in the chain."""
    fields = [
        position, previous.hex(), entry.at.astimezone(UTC).isoformat(timespec="milliseconds"), entry.action,
        entry.subject_kind, entry.subject_id, entry.member_id, entry.actor_id, entry.actor_role, entry.outcome,
        entry.reason, entry.request_id, entry.what_hash.hex(), entry.where_hash.hex(),
    ]  # fmt: skip
    return hashlib.sha256(canonical(fields).encode("utf-8", "surrogatepass")).digest()


def shortened(address: str | None) -> str:
    """Give the network of a client address, not the address: 256 neighbours of IPv4, a site of IPv6."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found, 48), strict=False))
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24), strict=False))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look through the chain found: how many entries, the last hash, and each fault as a line."""

    entries: int
    last: bytes
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One entry as it is stored, with what there is of its parts: their digest, None where a part is gone."""

    id: int
    position: int | None
    previous: bytes | None
    hash: bytes | None
    entry: Sealable
    parts: Mapping[Part, bytes | None]
    erased: frozenset[str]


MOST_FAULTS = 20


def verified(links: Iterable[Link]) -> Verdict:
    """Go along the chain, by place; stops after twenty faults. Faults name the entry by its number."""
    faults: list[str] = []
    count, last = 0, NOBODY
    for link in links:
        count += 1
        faults += _faults(link, count, last)
        if len(faults) >= MOST_FAULTS:
            break
        last = link.hash or last
        count = link.position or count
    return Verdict(count, last, tuple(faults))


def _faults(link: Link, place: int, last: bytes) -> list[str]:
    if link.hash is None or link.position is None or link.previous is None:
        return [f"entry {link.id}: written past the program, it was never sealed"]
    found = []
    if link.position != place:
        found.append(f"entry {link.id}: stands at place {link.position}, where {place} was due: entries are missing")
    elif link.previous != last:
        found.append(f"entry {link.id}: does not follow the entry before it")
    if seal(link.entry, position=link.position, previous=link.previous) != link.hash:
        found.append(f"entry {link.id}: was changed ({link.entry.action}, {link.entry.at.isoformat()})")
    known: dict[Part, bytes] = {"what": link.entry.what_hash, "where": link.entry.where_hash}
    for part, stored in link.parts.items():
        if stored is None and part not in link.erased:
            found.append(f"entry {link.id}: its part {part!r} is gone, and no erasure tells why")
        elif stored is not None and stored != known[part]:
            found.append(f"entry {link.id}: its part {part!r} was changed")
    return found
