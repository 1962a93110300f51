"""The dates of a preview as ready markup: what stands in the way of each, and what may be answered.

Two hundred dates write thousands of texts into one page. In a template each costs a look-up and a call to escape it,
half of what drawing the page cost (see `bookings.rows`); here what people wrote is escaped once, where it is read, and
the rest are numbers and words of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape

from innovation_station.i18n import gettext as _

STEP = 900  # seconds, of a time that is typed


class Pen:
    """Draws the dates of one page; `free` and `out` are how a date is marked, `alarm` the sign before a reason."""

    def __init__(self, free: Markup, out: Markup, alarm: Markup) -> None:
        self.free, self.out, self.alarm = f'<span class="acts">{free}</span>', f'<span class="acts">{out}</span>', alarm
        said = {
            "skipped": _("skipped"), "cancelled": _("cancelled"), "dropped": _("dropped"), "moved": _("changed"),
        }  # fmt: skip
        self.notes = {state: f", {escape(text)}" for state, text in said.items()}
        self.start, self.end, self.other = escape(_("From")), escape(_("To")), escape(_("Another time"))

    def dates(self, items: Iterable[Mapping[str, Any]]) -> Markup:
        """Draw them all (`words.Dates.item`, `words.verdict_item`)."""
        return Markup("\n".join([self._date(item) for item in items]))  # noqa: S704  what people wrote is escaped

    def _date(self, item: Mapping[str, Any]) -> str:
        state, day = item["state"], escape(item["day"])
        note = self.notes.get(state) or (self.notes["moved"] if item["moved"] else "")
        hours = f", {escape(item['hours'])}" if item["hours"] else ""
        head = f'<span><b>{day}</b>{hours}<br><span class="muted small">{escape(item["place"])}{note}</span></span>'
        if item["refusals"]:
            return f'<li class="is-open">\n{head}\n{self._answers(item)}\n</li>'
        mark = self.free if state == "confirmed" else self.out
        return f"<li>\n{head}\n{mark}\n{self._answered(item)}</li>"

    def _answered(self, item: Mapping[str, Any]) -> str:
        """Send along what was answered before, of a date that may be had with it."""
        if not item["answer"]:
            return ""
        given = {"answer": item["answer"], "from": item["typed"][0], "to": item["typed"][1]}
        return "".join(
            f'<input type="hidden" name="{name}-{item["original"]}" value="{escape(value)}">'
            for name, value in given.items()
        )

    def _answers(self, item: Mapping[str, Any]) -> str:
        day, own, asked = item["original"], item["own"], _("What to do on %(day)s", day=item["day"])
        reasons = "".join([f'<p class="err">{self.alarm}{escape(text)}</p>' for text in item["refusals"]])
        options = "".join(
            [
                self._option(day, number, escape(option["value"]), escape(option["label"]), option["checked"])
                for number, option in enumerate(item["options"], 1)
            ]
        )
        options += self._option(day, "own", "own", self.other, own["checked"])
        times = self._time("from", day, self.start, own["start"]) + self._time("to", day, self.end, own["end"])
        return (
            f'<fieldset class="answers"><legend class="vh">{escape(asked)}</legend>\n{reasons}{options}\n'
            f'<div class="pair">{times}</div>\n</fieldset>'
        )

    def _option(self, day: str, number: int | str, value: str, label: str, checked: bool) -> str:
        named, mark = f"a-{day}-{number}", " checked" if checked else ""
        box = f'<input type="radio" id="{named}" name="answer-{day}" value="{value}"{mark}>'
        return f'<div class="check">{box}<label for="{named}">{label}</label></div>'

    def _time(self, side: str, day: str, label: str, typed: str) -> str:
        named = f"{side[0]}-{day}"
        box = f'<input type="time" id="{named}" name="{side}-{day}" value="{escape(typed)}" step="{STEP}">'
        return f'<div class="field"><label for="{named}">{label}</label>{box}</div>'


def drawn(items: Iterable[Mapping[str, Any]], free: Markup, out: Markup, alarm: Markup) -> Markup:
    """Draw the dates of a preview for its list."""
    return Pen(free, out, alarm).dates(items)
