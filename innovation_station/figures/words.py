"""Figures in the reader's language."""

from __future__ import annotations

from datetime import date, timedelta

from innovation_station.daynames import WEEKDAYS
from innovation_station.i18n import capital, day_short, language, month_name, ngettext, tenths
from innovation_station.i18n import gettext as _


def number(value: int) -> str:
    """Write a number: 12 345 in Swedish, 12,345 in English."""
    text = f"{value:,}"
    return text.replace(",", "\N{NO-BREAK SPACE}") if language() == "sv" else text


def percent(value: int) -> str:
    """Write a percentage: 57 % in Swedish, 57% in English."""
    return f"{value}\N{NO-BREAK SPACE}%" if language() == "sv" else f"{value}%"


def hours(seconds: int) -> str:
    """Write seconds as hours: with one decimal as long as there are few."""
    if seconds < 36_000:
        return _("%(hours)s h", hours=tenths(seconds / 3600))
    return _("%(hours)s h", hours=number(round(seconds / 3600)))


def day_words(value: date) -> str:
    """Write a day with its year."""
    return f"{day_short(value)} {value.year}"


def weekday_name(weekday: int) -> str:
    """Name a weekday at the beginning of a line, Monday is 0."""
    return capital(WEEKDAYS[language()][weekday])


def points(now: int | None, past: int | None) -> str:
    """Say by how many points a percentage has changed; nothing where there is nothing to compare."""
    if now is None or past is None:
        return ""
    sign = "+" if now > past else "\N{MINUS SIGN}" if now < past else "±"
    return ngettext("%(sign)s%(num)d point", "%(sign)s%(num)d points", abs(now - past), sign=sign)


def change(now: int, past: int) -> str:
    """Say by how much a number has changed."""
    sign = "+" if now > past else "\N{MINUS SIGN}" if now < past else "±"
    return f"{sign}{number(abs(now - past))}"


def kind_names() -> dict[str, str]:
    """Name the kinds of places, in the plural."""
    return {"desk": _("Desks"), "room": _("Rooms"), "booth": _("Phone booths"), "hall": _("Halls")}


def lead_names() -> tuple[str, ...]:
    """Name the times before its start in which a booking was made, the shortest first."""
    return (
        _("Less than an hour"), _("The same day, up to 24 hours"), _("One to two days"), _("Two days to a week"),
        _("One to two weeks"), _("Two to four weeks"), _("Four weeks or more"),
    )  # fmt: skip


def reason_names() -> dict[str, str]:
    """Name the reasons for which somebody found nothing."""
    return {
        "full": _("Taken"), "closed": _("Closed then"), "rules": _("Against the rules"),
        "plan": _("Not in the membership"), "size": _("Too small"),
    }  # fmt: skip


def period_name(kind: str, first: date, last: date) -> str:
    """Name a period as it stands within a sentence: its month, quarter or year, else its days."""
    if kind == "month":
        return month_name(first)
    if kind == "quarter":
        return _("Quarter %(number)s, %(year)s", number=(first.month + 2) // 3, year=first.year)
    if kind == "year":
        return str(first.year)
    if kind == "week":
        return _("Week %(number)s, %(year)s", number=first.isocalendar().week, year=(first + timedelta(days=3)).year)
    return f"{day_words(first)} – {day_words(last)}"
