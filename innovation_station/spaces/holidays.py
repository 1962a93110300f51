"""Public holidays of a country, named in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from innovation_station.spaces.rules import Language

# Midsummer's, Christmas and New Year's eves are no public holidays by law, but every Swedish house is shut.
CATEGORIES: Mapping[str, tuple[str, ...]] = {"SE": ("public", "de_facto")}
LOCALES: Mapping[Language, str] = {"sv": "sv", "en": "en_US"}
Named = Mapping[date, Mapping[Language, str]]


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
        """Work out the years of some days now: it may take a tenth of a second, for which no lock should be held."""
        for day in days:
            _year(self.country, day.year)

    def known(self, *years: int) -> dict[int, Named]:
        """Work out years, to be told to another process: it has not to load the package then."""
        return {year: _year(self.country, year) for year in years}

    def tell(self, known: Mapping[int, Named]) -> None:
        """Keep what another process has worked out."""
        _told.update({(self.country, year): named for year, named in known.items()})


_told: dict[tuple[str | None, int], Named] = {}


def _year(country: str | None, year: int) -> Named:
    told = _told.get((country, year))
    return _worked_out(country, year) if told is None else told


@lru_cache(maxsize=256)
def _worked_out(country: str | None, year: int) -> Named:
    if country is None:
        return {}
    categories = CATEGORIES.get(country, ("public",))
    law = _law(country)
    named = {language: law(years=year, language=locale, categories=categories) for language, locale in LOCALES.items()}
    return {day: {language: named[language][day] for language in LOCALES} for day in named["sv"]}


@lru_cache(maxsize=16)
def _law(country: str) -> Any:
    """Give the class of a country's holidays, from its own file. Raises NotImplementedError where there is none.

    Asked by its name, the package imports all 250 countries: half a second, and 10 MiB in each process.
    """
    import holidays  # a tenth of a second: only a process that needs a calendar pays
    from holidays.registry import COUNTRIES

    for module, names in COUNTRIES.items():
        if country in names:
            file = Path(holidays.__file__).parent / "countries" / f"{module}.py"
            spec = spec_from_file_location(f"holidays.countries.{module}", file)
            if spec and spec.loader:
                loaded = module_from_spec(spec)
                spec.loader.exec_module(loaded)
                return getattr(loaded, names[0])
    raise NotImplementedError(f"No holidays are known of {country!r}.")
