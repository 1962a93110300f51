"""Codes of authenticator apps (RFC 6238: SHA-1, six figures, thirty seconds, as all apps know them), and how their
secrets are kept. Knows neither database nor clock."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
DRIFT = 1  # steps that a phone's clock may be ahead or behind
SECRET_BYTES = 20  # as long as the hash, RFC 4226 section 4
RECOVERY_CODES = 10
_RECOVERY_BYTES = 15  # 120 bits: as hard to guess as a key, so that a fast hash of it may be stored
_NONCE_BYTES = 12


def new_secret() -> bytes:
    """Make a secret for one member."""
    return secrets.token_bytes(SECRET_BYTES)


def readable(secret: bytes) -> str:
    """Write a secret as it is typed into an app: base32 in groups of four."""
    return _in_fours(base64.b32encode(secret).decode().rstrip("="))


def address(secret: bytes, *, email: str, house: str) -> str:
    """Give the otpauth address that the app reads from the picture."""
    name = quote(f"{house}:{email}", safe="")
    parts = {"secret": base64.b32encode(secret).decode().rstrip("="), "issuer": house}
    return f"otpauth://totp/{name}?{urlencode(parts, quote_via=quote)}"


def step_of(now: datetime) -> int:
    """Give the number of the time step an instant lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """Give the code of a time step (RFC 4226 section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(secret: bytes, typed: str, now: datetime, *, after: int) -> int | None:
    """Find the step whose code was typed, a step early or late at most and later than `after`; None for none."""
    code = "".join(typed.split())
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    middle = step_of(now)
    steps = range(max(middle - DRIFT, after + 1), middle + DRIFT + 1)
    found = [step for step in steps if hmac.compare_digest(code_at(secret, step), code)]
    return found[0] if found else None


def new_recovery_codes() -> list[str]:
    """Make codes for the day the phone is gone, as they are shown: small letters and figures in groups of four."""
    made = (base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES))
    return [_in_fours(code, "-") for code in made]


def plain_recovery_code(typed: str) -> str:
    """Give a recovery code as it is hashed, however it was typed."""
    return "".join(letter for letter in typed.lower() if letter.isalnum())[:100]


def locked(secret: bytes, *, key: str, member_id: int) -> bytes:
    """Encrypt a secret with the house's key, for this member alone (AES-256-GCM, a fresh nonce before it)."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, secret, _whose(member_id))


def unlocked(stored: bytes, *, key: str, member_id: int) -> bytes | None:
    """Decrypt a secret; None where it is not this member's, was changed, or the house has got another key."""
    from cryptography.exceptions import InvalidTag

    try:
        return bytes(_cipher(key).decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], _whose(member_id)))
    except InvalidTag:
        return None


def _cipher(key: str):  # type: ignore[no-untyped-def]  # its type is of the package that is imported late
    # 9 MB and a tenth of a second, which only who uses a second factor is to cost
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hmac.digest(key.encode(), b"second factor", "sha256"))


def _whose(member_id: int) -> bytes:
    return f"member {member_id}".encode()


def _in_fours(text: str, between: str = " ") -> str:
    return between.join(text[at : at + 4] for at in range(0, len(text), 4))
