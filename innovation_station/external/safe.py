"""How addresses and files are kept: an address is a key to somebody's calendar, so the database alone opens none.

A backup or a reader of the database sees neither; the house's secret key is needed too.
"""

from __future__ import annotations

import hmac
import secrets
import zlib

_NONCE_BYTES = 12
_FOR = b"external calendar"
LARGEST_FILE = 60_000_000  # unpacked: no setting lets more in


def locked(address: str, key: str) -> bytes:
    """Encrypt an address with the house's key (AES-256-GCM, a fresh nonce before it)."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, address.encode(), _FOR)


def unlocked(stored: bytes, key: str) -> str | None:
    """Decrypt an address; None where it was changed, or the house has got another key."""
    from cryptography.exceptions import InvalidTag  # late, as below

    try:
        return bytes(_cipher(key).decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], _FOR)).decode()
    except InvalidTag:
        return None


def _cipher(key: str):  # type: ignore[no-untyped-def]  # its type is of the package that is imported late
    # 9 MB and a tenth of a second, which only who uses external calendars is to cost
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hmac.digest(key.encode(), _FOR, "sha256"))


def packed(data: bytes) -> bytes:
    """Pack a file."""
    return zlib.compress(data, 6)


def unpacked(stored: bytes) -> bytes:
    """Unpack a file."""
    return zlib.decompressobj().decompress(stored, LARGEST_FILE)
