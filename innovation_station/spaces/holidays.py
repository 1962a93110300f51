"""Public holidays of a country, named in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from innovation_station.spaces.rules import Language

# Midsummer's, Christmas and New Year's eves are no public holidays by law, but every Swedish house is shut.
CATEGORIES: Mapping[str, tuple[str, ...]] = {"SE": ("public", "de_facto")}
LOCALES: Mapping[Language, str] = {"sv": "sv", "en": "en_US"}


class Calendar:
    """All holidays of a country, years being worked out when they are asked for; empty without a country.

    `day in calendar`, and `calendar[day]` for its names by language; KeyError for a day that is none.
    """

    def __init__(self, country: str | None):
        self.country = country

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _year(self.country, day.year)

    def __getitem__(self, day: date) -> Mapping[Language, str]:
        return _year(self.country, day.year)[day]

    def learn(self, *days: date) -> None:
        """Work out the years of some days now: most of a second in a new process, for which no lock should be held."""
        for day in days:
            _year(self.country, day.year)


@lru_cache(maxsize=256)
def _year(country: str | None, year: int) -> Mapping[date, Mapping[Language, str]]:
    if country is None:
        return {}
    import holidays  # half a second: only a process that needs a calendar pays

    categories = CATEGORIES.get(country, ("public",))
    named = {
        language: holidays.country_holidays(country, years=year, language=locale, categories=categories)
        for language, locale in LOCALES.items()
    }
    return {day: {language: named[language][day] for language in LOCALES} for day in named["sv"]}
