"""Plans and quotas in the reader's language."""

from __future__ import annotations

from datetime import date

from innovation_station.i18n import day_short, duration, language, money, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.plans.rules import Left, Plan, Quota, Term
from innovation_station.spaces.rules import KINDS, House


def kind_names() -> dict[str, str]:
    """Name the kinds of space, in the plural."""
    return {"desk": _("desks"), "room": _("meeting rooms"), "booth": _("phone booths"), "hall": _("the stage")}


def kind_name(kind: str | None) -> str:
    """Name a kind of space, or all of them."""
    return kind_names()[kind] if kind else _("everything")


def listed(words: list[str]) -> str:
    """Join words as a sentence does: desks, meeting rooms and phone booths."""
    return (
        _("%(first)s and %(last)s", first=", ".join(words[:-1]), last=words[-1]) if len(words) > 1 else "".join(words)
    )


def amount_text(quota: Quota, amount: int) -> str:
    """Write an amount in a quota's unit: 20 hours, 4 bookings."""
    if quota.unit == "hours":
        return duration(amount)
    return ngettext("%(num)d booking", "%(num)d bookings", amount)


def amount(quota: Quota) -> str:
    """Write how much a quota is."""
    return amount_text(quota, quota.amount)


def quota_text(quota: Quota) -> str:
    """Write a quota: «20 hours a week of desks»."""
    texts = {
        "day": _("%(amount)s a day of %(kinds)s"), "week": _("%(amount)s a week of %(kinds)s"),
        "month": _("%(amount)s a month of %(kinds)s"),
    }  # fmt: skip
    return texts[quota.per] % {"amount": amount(quota), "kinds": counted(quota)}


def counted(quota: Quota) -> str:
    """Name what counts towards a quota: a kind, one space, or everything."""
    return quota.name if quota.space is not None else kind_name(quota.kind)


def left_sentence(state: Left) -> str:
    """Say what is left of a quota in its period."""
    quota = state.quota
    left = amount_text(quota, state.left) if quota.unit == "hours" else str(state.left)
    values = {"left": left, "amount": amount(quota), "kinds": counted(quota)}
    if state.shared:
        texts = {
            "day": _("Your organisation has %(left)s of %(amount)s left that day for %(kinds)s."),
            "week": _("Your organisation has %(left)s of %(amount)s left that week for %(kinds)s."),
            "month": _("Your organisation has %(left)s of %(amount)s left that month for %(kinds)s."),
        }
    else:
        texts = {
            "day": _("You have %(left)s of %(amount)s left that day for %(kinds)s."),
            "week": _("You have %(left)s of %(amount)s left that week for %(kinds)s."),
            "month": _("You have %(left)s of %(amount)s left that month for %(kinds)s."),
        }
    return texts[quota.per] % values


def reach_text(plan: Plan, house: House) -> str:
    """Say what a plan lets one book: kinds, zones, and places by name."""
    names = kind_names()
    parts = [listed([names[kind] for kind in KINDS if kind in plan.kinds])] if plan.kinds else []
    zones = [zone.names[language()] for zone in house.zones.values() if zone.id in plan.zones]
    if zones and parts:
        parts = [_("%(kinds)s, in zones: %(zones)s", kinds=parts[0], zones=listed(zones))]
    parts += [house.places[space].name for space in sorted(plan.spaces) if space in house.places]
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] if text else _("Nothing")


def price_text(plan: Plan) -> str:
    """Write what a plan costs a month, without VAT."""
    return _("%(price)s a month", price=money(plan.price)) if plan.price else _("No charge")


def trial_text(plan: Plan) -> str:
    """Say how long one may try a plan, empty where one may not."""
    days = plan.trial_days
    return ngettext("%(num)d day on trial", "%(num)d days on trial", days) if days else ""


def rates_text(plan: Plan) -> str:
    """Write the prices of an hour by kind, empty where there are none."""
    names = kind_names()
    return ", ".join(
        _("%(kind)s %(price)s an hour", kind=names[kind], price=money(plan.rates[kind]))
        for kind in KINDS
        if plan.rates.get(kind)
    )


def term_text(term: Term, today: date) -> str:
    """Say from when until when a membership holds, and whether it rests."""
    if term.ends is not None:
        text = _("%(first)s – %(last)s", first=day_year(term.starts), last=day_year(term.ends))
    else:
        text = _("since %(first)s") if term.starts <= today else _("from %(first)s")
        text = text % {"first": day_year(term.starts)}
    if term.paused(today):
        rest = term.paused_until
        text += ", " + (_("paused until %(last)s", last=day_year(rest)) if rest else _("paused"))
    return text


def day_year(day: date) -> str:
    """Write a day with its year: tis 22 aug 2026."""
    return f"{day_short(day)} {day.year}"
