"""The link in a mail that ends mails of its kind: signed, for one member and one kind, good for nothing else."""

from __future__ import annotations

from functools import lru_cache

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

PATH = "/notifications/end/"
LONGEST = 300


@lru_cache(maxsize=4)
def _signer_of(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="notices.end-mail")


def _signer() -> URLSafeSerializer:
    return _signer_of(current_app.config["SECRET_KEY"])


def end_path(member_id: int, kind: str) -> str:
    """Give the path that ends a member's mails of a kind. It has no end of its own: mails lie about for years."""
    return _end_path(current_app.config["SECRET_KEY"], member_id, kind)


@lru_cache(maxsize=1024)
def _end_path(secret_key: str, member_id: int, kind: str) -> str:
    return PATH + str(_signer_of(secret_key).dumps([member_id, kind]))


def read(token: str) -> tuple[int, str] | None:
    """Give whose mails of which kind a token ends, None for one that is not ours."""
    if len(token) > LONGEST:
        return None
    try:
        found = _signer().loads(token)
    except BadSignature:
        return None
    match found:
        case [int(member_id), str(kind)]:
            return member_id, kind
    return None
