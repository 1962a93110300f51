"""Organisations in the reader's language."""

from __future__ import annotations

from datetime import date
from typing import Any

from innovation_station.i18n import day_short, language
from innovation_station.i18n import gettext as _
from innovation_station.members.models import Organisation
from innovation_station.organisations.rules import is_partner


def kind_names() -> dict[str, str]:
    """Name the kinds of organisation."""
    return {
        "university": _("University"), "municipality": _("Municipality"), "company": _("Company"),
        "association": _("Association"), "foundation": _("Foundation"),
    }  # fmt: skip


def name_of(row: Organisation) -> str:
    """Name an organisation."""
    return row.name_sv if language() == "sv" else row.name_en


def shown(row: Organisation, today: date) -> dict[str, Any]:
    """Give what everybody sees of an organisation."""
    swedish = language() == "sv"
    return {
        "id": row.id, "name": name_of(row), "slug": row.slug, "kind": kind_names()[row.kind],
        "about": row.about_sv if swedish else row.about_en, "website": row.website, "contact": row.contact,
        "partner": is_partner(row, today), "since": row.partner_from, "logo": row.logo_revision,
    }  # fmt: skip


def period_text(first: date | None, last: date | None) -> str:
    """Write a partner's period."""
    if first is None:
        return _("Not a partner")
    begin = f"{day_short(first)} {first.year}"
    return _("%(first)s – %(last)s", first=begin, last=f"{day_short(last)} {last.year}") if last else begin + " –"
