"""From where something is done, as the running request tells it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import g, has_request_context, request
from structlog.contextvars import get_contextvars

from innovation_station.audit.rules import Origin, shortened

MAIL_LINK = "mail-link"
_way: ContextVar[str] = ContextVar("station_audit_way", default="")


def current() -> Origin:
    """Give session, shortened address and id of the running request; outside of one, program or job."""
    if not has_request_context():
        return Origin(_way.get() or "program", request_id=str(get_contextvars().get("request_id", "")))
    given = request.environ.get("station.request_id", "")
    return Origin(_way.get() or "web", _session(), shortened(request.remote_addr), given)


def by_mail_link() -> bool:
    """Tell whether what runs now was asked for by a link in a mail, without a login."""
    return _way.get() == MAIL_LINK


def _session() -> str:
    """Name the login session by the start of its token's hash: enough to tell two apart, no use to a thief."""
    token = vars(g.get("_login_user") or object).get("token")
    return session_name(hashlib.sha256(token.encode()).digest()) if isinstance(token, str) else ""


def session_name(token_hash: bytes) -> str:
    """Give the short name of a login session from what its row keeps of the token."""
    return token_hash.hex()[:10]


@contextmanager
def way(name: str) -> Iterator[None]:
    """Say that what runs inside is done by a job and not by a person at a terminal, or by a link in a mail."""
    before = _way.set(name)
    try:
        yield
    finally:
        _way.reset(before)
