"""Signed links: made, and read."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import lru_cache

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from innovation_station.deeds.registry import Deed

PATH = "/do/"
LONGEST = 500


@lru_cache(maxsize=4)
def _signer_of(secret_key: str) -> URLSafeSerializer:
    strong = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(secret_key, salt="deeds", signer_kwargs=strong)


def _signer() -> URLSafeSerializer:
    return _signer_of(current_app.config["SECRET_KEY"])


def path(deed: Deed) -> str:
    """Give the path that asks whether to do a deed, and does it."""
    until = int(deed.until.timestamp())
    return PATH + str(_signer().dumps([deed.action, deed.member_id, deed.subject, deed.stamp, until]))


def read(token: str, *, now: datetime) -> Deed | None:
    """Give the deed of a token; None for one that is not ours, and for one that is too old."""
    if len(token) > LONGEST:
        return None
    try:
        found = _signer().loads(token)
    except BadSignature:
        return None
    match found:
        case [str(action), int(member_id), int(subject), str(stamp), int(until)] if until > now.timestamp():
            return Deed(action, member_id, subject, stamp, datetime.fromtimestamp(until, UTC))
    return None
