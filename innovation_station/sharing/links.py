"""The link of a guest: signed, for one visit, good for nothing else.

As those of `deeds`, but a guest is no member: it opens the page of the visit, whose button says that one cannot come.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from innovation_station.sharing.models import Guest

PATH = "/visit/"
LONGEST = 200


@lru_cache(maxsize=4)
def _signer_of(secret_key: str) -> URLSafeSerializer:
    strong = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(secret_key, salt="sharing.visit", signer_kwargs=strong)


def token(guest: Guest) -> str:
    """Give the token of a guest's link; it names the row by number and by what no later row has."""
    return str(_signer_of(current_app.config["SECRET_KEY"]).dumps([guest.id, guest.uid]))


def path(guest: Guest) -> str:
    """Give the path of a guest's page."""
    return PATH + token(guest)


def read(given: str) -> tuple[int, str] | None:
    """Give number and UID of the guest that a token is for; None for one that is not ours."""
    if len(given) > LONGEST:
        return None
    try:
        found = _signer_of(current_app.config["SECRET_KEY"]).loads(given)
    except BadSignature:
        return None
    match found:
        case [int(guest_id), str(uid)]:
            return guest_id, uid
    return None
