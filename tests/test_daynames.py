"""Days in words are written as everywhere else."""

from __future__ import annotations

from datetime import date

import pytest
from babel.dates import format_date

from innovation_station.daynames import written
from innovation_station.i18n import LANGUAGES
from innovation_station.spaces.rules import Language

DAYS = [date.fromordinal(number) for number in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pattern", ["EEEE", "EEEE d MMMM", "EEEE d MMMM y", "d MMM"])
def test_words_are_those_of_the_unicode_locale_data(language: Language, pattern: str) -> None:
    for day in DAYS:
        assert written(day, pattern, language) == format_date(day, pattern, locale=language).replace(".", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_short_weekdays_have_three_letters(language: Language) -> None:
    for day in DAYS[:7]:
        assert written(day, "EEE", language) == format_date(day, "EEE", locale=language)[:3]
