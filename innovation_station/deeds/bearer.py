"""Links of people without an account: signed, for one row, good for nothing else.

The token names a row by its number and by what no later row has. Who has it may do what its page offers; opening it
changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

LONGEST = 200


class Named(Protocol):
    """A row that has a link."""

    @property
    def id(self) -> int: ...
    @property
    def uid(self) -> str: ...


@lru_cache(maxsize=16)
def _signer_of(secret_key: str, salt: str) -> URLSafeSerializer:
    strong = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(secret_key, salt=salt, signer_kwargs=strong)


@dataclass(frozen=True, slots=True)
class Bearer:
    """The links of one kind: what they are signed with besides the secret, and the path before the token."""

    salt: str
    prefix: str

    def _signer(self) -> URLSafeSerializer:
        return _signer_of(current_app.config["SECRET_KEY"], self.salt)

    def token(self, row: Named) -> str:
        """Give the token of a row's link."""
        return str(self._signer().dumps([row.id, row.uid]))

    def path(self, row: Named) -> str:
        """Give the path of a row's page."""
        return self.prefix + self.token(row)

    def read(self, given: str) -> tuple[int, str] | None:
        """Give number and UID of the row that a token is for; None for one that is not ours."""
        if len(given) > LONGEST:
            return None
        try:
            found = self._signer().loads(given)
        except BadSignature:
            return None
        match found:
            case [int(row_id), str(uid)]:
                return row_id, uid
        return None
