"""Days in words, in both languages.

The words are those of the Unicode locale data, without the stops. That data itself, through Babel, would be 5 MiB in a
server's memory for these 38 words.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

WEEKDAYS: Mapping[str, tuple[str, ...]] = {
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS: Mapping[str, tuple[str, ...]] = {
    "sv": (
        "januari", "februari", "mars", "april", "maj", "juni",
        "juli", "augusti", "september", "oktober", "november", "december",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
WHOLE = 4  # letters: Swedish shortens no month that is not longer


def written(day: date, pattern: str, language: str) -> str:
    """Write a day by a pattern of the Unicode standard: EEEE, EEE, MMMM, MMM, d, y, with spaces between."""
    weekday, month = WEEKDAYS[language][day.weekday()], MONTHS[language][day.month - 1]
    short = month if language == "sv" and len(month) <= WHOLE else month[:3]
    words = {
        "EEEE": weekday, "EEE": weekday[:3], "MMMM": month, "MMM": short, "d": str(day.day), "y": str(day.year),
    }  # fmt: skip
    return " ".join(words[field] for field in pattern.split())
