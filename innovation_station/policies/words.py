"""Rules in the reader's language: what each field means, what it says, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from innovation_station.audit.queries import Told
from innovation_station.daynames import written
from innovation_station.i18n import clock, day_short, duration, language, minute_long, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.plans.rules import Limit, Quota
from innovation_station.plans.words import kind_names, quota_text
from innovation_station.policies.rules import DEFAULT, Days, Effective, Ruling
from innovation_station.spaces.rules import BOOKERS, DAY_MINUTES, POLICY_FIELDS, Rule, Scope

STEPS = (5, 10, 15, 20, 30, 60, 120, DAY_MINUTES)


def field_names() -> dict[str, str]:
    """Name each field of the rules."""
    return {
        "granularity": _("Steps"), "shortest": _("Shortest"), "longest": _("Longest"), "notice": _("Notice"),
        "horizon": _("Days ahead"), "setup": _("Set-up before"), "clearing": _("Clearing up after"),
        "approval": _("Approval within"), "check_in": _("Check-in within"), "cancel_by": _("Cancel until"),
        "at_once": _("At the same time"), "booked_by": _("Who may book"), "opens": _("Not before"),
        "closes": _("Not after"),
    }  # fmt: skip


def meanings() -> dict[str, str]:
    """Say in one sentence what each field does."""
    return {
        "granularity": _("Bookings begin and end on these steps of the clock; by whole days one books the whole day."),
        "shortest": _("A booking lasts at least so long."),
        "longest": _("A booking lasts so long at most."),
        "notice": _("One books at least so long before it begins; without notice also a time that has just begun."),
        "horizon": _("One books so many days ahead at most; 0 is today only."),
        "setup": _("So long before each booking the place is kept free, to be set up."),
        "clearing": _("So long after each booking the place is kept free, to be cleared and cleaned."),
        "approval": _("A booking is a request that staff answer within this time; 0 asks nobody."),
        "check_in": _("Who has not checked in so long after the start loses the place; 0 asks for no check-in."),
        "cancel_by": _("Later than this before the start, only staff cancel; 0 lets everybody cancel until the end."),
        "at_once": _("A member has at most so many places of this kind at the same time; 0 is any number."),
        "booked_by": _("The lowest role that may book; whom a plan lets book is said in the plan."),
        "opens": _("Bookings begin at this time or later, also where it opens earlier."),
        "closes": _("Bookings end at this time or earlier, also where it closes later."),
    }


def value_text(name: str, value: int | str) -> str:
    """Write the value of a field: 2 hours, whole days, nobody is asked."""
    if isinstance(value, str):
        return booker_names()[value]
    zero = {
        "notice": _("none"), "setup": _("none"), "clearing": _("none"), "approval": _("nobody is asked"),
        "check_in": _("none needed"), "cancel_by": _("until the end"), "at_once": _("any number"),
        "opens": _("when it opens"),
    }  # fmt: skip
    if value == 0 and name in zero:
        return zero[name]
    if name == "horizon":
        return ngettext("%(num)d day", "%(num)d days", value)
    if name == "at_once":
        return str(value)
    if name in ("opens", "closes"):
        return _("when it closes") if value >= DAY_MINUTES else minute_long(value)
    if name == "granularity" and value >= DAY_MINUTES:
        return _("whole days")
    return duration(value)


def booker_names() -> dict[str, str]:
    """Name who may book, by the lowest role."""
    names = (_("Members and staff"), _("Staff only"), _("Administrators only"))
    return dict(zip(BOOKERS, names, strict=True))


def step_names() -> dict[str, str]:
    """Name the steps that are offered."""
    return {str(step): value_text("granularity", step) for step in STEPS}


def capital(text: str) -> str:
    """Write the first letter large."""
    return text[:1].upper() + text[1:]


def scope_name(scope: Scope, ruling: Ruling) -> str:
    """Name for what a rule is made: Meeting rooms; Scenen; Medlem, in Scenen."""
    kinds = kind_names()
    where = ""
    if scope.space is not None:
        where = ruling.house.places[scope.space].name
    elif scope.kind is not None:
        where = kinds[scope.kind]
    if scope.plan is None:
        return capital(where) or _("The default")
    plan = ruling.catalogue.plans[scope.plan].names[language()]
    return _("%(plan)s, %(where)s", plan=plan, where=where) if where else plan


def source_text(scope: Scope, ruling: Ruling) -> str:
    """Say where a rule comes from."""
    name = scope_name(scope, ruling)
    if scope == DEFAULT:
        return _("the default")
    if scope.plan is not None:
        return _("the plan %(name)s", name=name)
    return _("the place %(name)s", name=name) if scope.space is not None else _("the kind: %(name)s", name=name.lower())


def rule_text(rule: Rule) -> str:
    """Say in one line what a scope says: «Longest 2 hours, At the same time 1»."""
    names = field_names()
    return ", ".join(f"{names[name]} {value_text(name, rule[name])}" for name in POLICY_FIELDS if name in rule)


def limit_text(limit: Limit) -> str:
    """Say a quota for all: each member, or all members of one organisation together."""
    text = quota_text(limit.quota)
    if limit.shared:
        return _("%(quota)s, by all members of one organisation together", quota=text)
    return _("%(quota)s, by each member", quota=text)


def quota_of(scope: Scope, ruling: Ruling, limit: Mapping[str, Any]) -> Quota:
    """Make a quota of a scope of what a form holds."""
    name = ruling.house.places[scope.space].name if scope.space is not None else ""
    factor = 60 if limit["unit"] == "hours" else 1
    return Quota(scope.kind, limit["per"], limit["unit"], limit["amount"] * factor, scope.space, name)


def weekday_names() -> list[str]:
    """Name the weekdays, Monday first."""
    return [capital(written(date(2024, 1, 1 + weekday), "EEEE", language())) for weekday in range(7)]


def week_text(days: Days, *, house: bool) -> list[str]:
    """Say when something is open, a line a weekday."""
    rest = _("shut") if house else _("as the house")
    lines = []
    for weekday, name in enumerate(weekday_names()):
        minutes = days.get(weekday)
        said = _("shut") if weekday in days else rest
        lines.append(f"{name}: {hours_text(minutes) if minutes else said}")
    return lines


def own_days(days: Days) -> list[str]:
    """Say on which weekdays a place differs from the house, and how."""
    names = [written(date(2024, 1, 1 + weekday), "EEEE", language()) for weekday in range(7)]
    said = {weekday: hours_text(minutes) if minutes else _("shut") for weekday, minutes in sorted(days.items())}
    return [f"{names[weekday]} {text}" for weekday, text in said.items()]


def hours_text(minutes: Sequence[int]) -> str:
    """Write hours of a day: 08.00–18.00."""
    return f"{minute_long(minutes[0])}–{minute_long(minutes[1])}"


def effective_row(found: Effective, ruling: Ruling) -> dict[str, Any]:
    """Give one line of the page that explains: field, value, where it comes from, and what it goes before."""
    return {
        "name": field_names()[found.name], "meaning": meanings()[found.name],
        "value": value_text(found.name, found.value), "source": source_text(found.scope, ruling),
        "default": found.scope == DEFAULT,
        "others": [
            _("%(value)s by %(source)s", value=value_text(found.name, value), source=source_text(scope, ruling))
            for scope, value in found.others
        ],
    }  # fmt: skip


def history(told: Iterable[Told], reader_id: int) -> Iterator[dict[str, Any]]:
    """Give each change as when, what and who."""
    names = field_names()
    for entry in told:
        who = _("You") if entry.actor_id == reader_id else _("Staff") if entry.actor_id else _("The station")
        shown = []
        for name, label in names.items():
            if name in entry.before or name in entry.after:
                old, new = (_said(name, side.get(name)) for side in (entry.before, entry.after))
                shown.append(f"{label} {old} → {new}")
        if entry.before.get("limits") or entry.after.get("limits"):
            shown.append(_("quotas changed"))
        shown += _days_changed(entry)
        yield {
            "datetime": entry.at.isoformat(timespec="seconds"), "at": f"{day_short(entry.at)} {clock(entry.at)}",
            "what": _happened(entry), "who": who,
            "details": ", ".join(shown),
        }  # fmt: skip


def _happened(entry: Told) -> str:
    if entry.action == "hours.changed":
        return _("Opening hours changed")
    where = entry.after.get("kind") or entry.after.get("space")
    return _("Rules changed") if where is None else _("Rules changed for one kind or place")


def _days_changed(entry: Told) -> list[str]:
    """Say which weekdays are open otherwise."""
    found = []
    for weekday, label in enumerate(weekday_names()):
        sides = [side.get(f"day-{weekday}") for side in (entry.before, entry.after)]
        if any(side is not None for side in sides):
            old, new = (hours_text(one) if isinstance(one, list) else _("shut") if one else "–" for one in sides)
            found.append(f"{label} {old} → {new}")
    return found


def _said(name: str, value: int | str | None) -> str:
    return "–" if value is None else value_text(name, value)


def listed(rules: Mapping[Scope, Rule], ruling: Ruling) -> Sequence[dict[str, Any]]:
    """List rules by name with what they say."""
    rows = [
        {"name": scope_name(scope, ruling), "text": rule_text(rule), "scope": scope} for scope, rule in rules.items()
    ]
    return sorted(rows, key=lambda row: str(row["name"]))
