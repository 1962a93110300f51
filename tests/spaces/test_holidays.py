"""Public holidays, as the library has them, without loading the whole world."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import holidays
import pytest

from innovation_station.spaces.holidays import CATEGORIES, LOCALES, Calendar

LOADED = """
import sys
from datetime import date
from innovation_station.spaces.holidays import Calendar
assert "holidays" not in sys.modules
assert Calendar("SE")[date(2026, 12, 25)] == {"sv": "Juldagen", "en": "Christmas Day"}
print(len([name for name in sys.modules if name.startswith("holidays.countries")]))
"""


@pytest.mark.parametrize("country", ["SE", "NO", "DK", "FI", "AX", "DE", "GB", "US", "IN"])
def test_calendar_is_that_of_the_library(country: str) -> None:
    categories = CATEGORIES.get(country, ("public",))
    named = {
        language: holidays.country_holidays(country, years=2027, language=locale, categories=categories)
        for language, locale in LOCALES.items()
    }
    calendar = Calendar(country)
    days = [date.fromordinal(number) for number in range(date(2027, 1, 1).toordinal(), date(2028, 1, 1).toordinal())]
    assert {day: dict(calendar[day]) for day in days if day in calendar} == {
        day: {language: named[language][day] for language in LOCALES} for day in named["sv"]
    }


def test_house_without_a_country_has_none_and_an_unknown_one_is_named() -> None:
    assert date(2026, 12, 25) not in Calendar(None)
    with pytest.raises(NotImplementedError, match="Atlantis"):
        Calendar("Atlantis").learn(date(2026, 1, 1))


def test_only_the_country_asked_for_is_loaded() -> None:
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "0"  # it is run from its own file and stands under no name
