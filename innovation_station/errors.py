"""What can go wrong, said once: services raise these, one handler turns them into a page.

A Refusal is one reason as a stable kebab-case code with the values its sentence needs. A DomainError carries
all reasons. The sentences stand in `i18n.REFUSALS`, in both languages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """One reason: `code` is stable and kebab-case, `field` names the input it belongs to (or is None)."""

    code: str
    field: str | None = None
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


class Outdated(KeyError):
    """What was read names something that has come after the rest of it: all is to be read again."""


class DomainError(Exception):
    """A refusal by the product, not a fault of the program; nothing was changed."""

    status = 422

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(", ".join(refusal.code for refusal in refusals))
        self.refusals = tuple(refusals)


class Refused(DomainError):
    """The rules say no (422)."""


class Conflict(DomainError):
    """Somebody else has it (409)."""

    status = 409


class NotAllowed(DomainError):
    """Not this person (403)."""

    status = 403


class NotFound(DomainError):
    """There is no such thing, or it is not yours to know of (404)."""

    status = 404

    def __init__(self, code: str = "not-found") -> None:
        super().__init__([Refusal(code)])


class TooMany(DomainError):
    """Too much of it in a short time (429); worth another try after `retry_after` seconds."""

    status = 429

    def __init__(self, refusal: Refusal, *, retry_after: int) -> None:
        super().__init__([refusal])
        self.retry_after = retry_after


class Unavailable(DomainError):
    """The database cannot be written just now (503): locked, read-only, full or away."""

    status = 503
