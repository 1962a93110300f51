"""What stands on a page on which those who are hit are decided about, and what it sends back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from innovation_station.bookings.choice import place_title
from innovation_station.bookings.ripple import MOVE, Hit, Ripple
from innovation_station.i18n import day_short, ngettext, sentence, span_text
from innovation_station.members.rules import short_name

TOKEN_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Sent:
    """What such a page sends: the token of what was shown, and what becomes of whom."""

    token: str
    choices: Mapping[int, str]

    @classmethod
    def read(cls) -> Sent:
        """Read it from the form."""
        found = {
            int(name[4:]): value
            for name, value in request.form.items()
            if name.startswith("hit-") and name[4:].isdecimal() and len(name) < 20
        }
        return cls(request.form.get("token", "")[:TOKEN_LONGEST], found)


def shown(met: Ripple, chosen: Mapping[int, str], otherwise: str = "") -> dict[str, Any]:
    """Give what the page shows of a ripple: see templates/_hits.html. `otherwise` is chosen where no place is free."""
    return {
        "hits": rows(met.hits, chosen, otherwise), "walls": [sentence(wall) for wall in met.walls],
        "kept": ngettext(
            "%(num)d place is kept for somebody who waits, and will not be.",
            "%(num)d places are kept for those who wait, and will not be.", met.kept_for,
        ) if met.kept_for else None,
    }  # fmt: skip


def rows(hits: Iterable[Hit], chosen: Mapping[int, str], otherwise: str = "") -> list[dict[str, Any]]:
    """Give a line for each that is hit."""
    return [_row(hit, chosen, otherwise) for hit in hits]


def _row(hit: Hit, chosen: Mapping[int, str], otherwise: str) -> dict[str, Any]:
    who = short_name(hit.who)
    return {
        "id": hit.booking_id, "place": place_title(hit.place),
        "when": f"{day_short(hit.span.start)} {span_text(hit.span)}",
        "who": f"{who}: {hit.title}" if hit.title else who,
        "instead": place_title(hit.instead) if hit.instead else None,
        "chosen": chosen.get(hit.booking_id, MOVE if hit.instead else otherwise),
        "href": url_for("bookings.show", booking_id=hit.booking_id),
    }  # fmt: skip
