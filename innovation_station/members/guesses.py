"""How soon a password is guessed by who tries the likely ones first, as the package zxcvbn estimates it.

Its lists hold the thirty thousand commonest passwords, English words, names and patterns of keyboards and dates, and
it knows them also turned round, capitalised or with figures for letters. (2026-11: a bare list of passwords finds
none of these variants; a service that knows leaked passwords would have to be asked over the network.)
"""

from __future__ import annotations

from collections.abc import Iterable

FEWEST_GUESSES = 10**8  # what a machine that has our hashes tries in a year, at six a second
_LONGEST = 72  # its work grows with the square of the length, and what is longer is hardly guessed


def is_guessed(password: str, *, of: Iterable[str]) -> bool:
    """Tell whether a password would fall early; `of` are texts about its owner, which are tried first."""
    from zxcvbn import zxcvbn  # its lists take 15 MB and a tenth of a second: only for who sets a password

    told = zxcvbn(password[:_LONGEST], user_inputs=[word for text in of for word in (text, *text.split())])
    return bool(told["guesses"] < FEWEST_GUESSES)
