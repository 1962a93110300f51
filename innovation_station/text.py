"""What may stand in a line of text that people write and others read. Pure."""

from __future__ import annotations

import re

# Control characters break feeds and logs, lone surrogates cannot be sent at all, and the marks that turn the direction
# of writing make a title read as something it is not. Joiners and hard spaces stay: emoji and names need them.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def fits_a_line(text: str) -> bool:
    """Tell whether a text can be shown in one line anywhere, as what it says."""
    return not _UNFIT.search(text)
