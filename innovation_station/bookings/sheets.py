"""What the sheet of one place shows: to book it, to change what is yours, or why it cannot be had."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from innovation_station.bookings import presence_pages, rules
from innovation_station.bookings.choice import (
    SIGNS,
    Choice,
    amenities,
    clock_of,
    layout_names,
    layout_text,
    place_title,
    preset_name,
    presets,
)
from innovation_station.bookings.day import MIDNIGHT, Day
from innovation_station.bookings.models import TITLE_LONGEST, Booking
from innovation_station.bookings.offers import booking_fields, find_around, fitted
from innovation_station.bookings.queries import Taken
from innovation_station.bookings.rules import Alternative, Held, Wish
from innovation_station.errors import DomainError, Refusal
from innovation_station.i18n import (
    day_long,
    hours_short,
    language,
    local,
    minute_long,
    minute_short,
    sentence,
    span_short,
)
from innovation_station.i18n import gettext as _
from innovation_station.i18n import lazy_gettext as _l
from innovation_station.plans.words import left_sentence
from innovation_station.spaces.rules import Language, Place, at_minute
from innovation_station.timespan import Span

ROOM_LENGTHS = (30, 60, 120)
GREY = frozenset({"taken", "event", "closed", "not-for-me"})
SAID = frozenset({"taken", "held", "event-has-it", "closed-space", "busy-elsewhere"})  # the line about the day says it

SHORTLY = {
    "taken": _l("taken"), "held": _l("taken"), "too-close": _l("taken"), "busy-elsewhere": _l("taken"),
    "event-has-it": _l("taken"), "closed-space": _l("closed"), "closed-hours": _l("closed"),
    "outside-rule": _l("closed"), "day-outside-rule": _l("closed"), "past": _l("is over"), "too-long": _l("too long"),
    "too-short": _l("too short"), "whole-days": _l("whole days only"), "too-many-at-once": _l("too many at once"),
    "limit-hours": _l("more than is left"), "limit-shared-hours": _l("more than is left"),
    "limit-bookings": _l("more than is left"), "limit-shared-bookings": _l("more than is left"),
    "quota-hours": _l("more than is left"), "shared-hours": _l("more than is left"),
    "quota-bookings": _l("more than is left"), "shared-bookings": _l("more than is left"),
}  # fmt: skip
"""Why a time of the sheet cannot be had, in a word or two; of the rest the sentence."""


class Sheet:
    """Composes templates/_sheet.html for one place of a Day."""

    def __init__(
        self,
        day: Day,
        choice: Choice,
        place: Place,
        own: Iterable[tuple[Held, str]],
        *,
        visible: bool,
        needs: frozenset[str] = frozenset(),
    ):
        self.day, self.choice, self.place, self.own, self.visible = day, choice, place, own, visible
        self.suits = bool(needs) and needs <= place.amenities
        self.free = day.free(place)
        self.rows = day.taken.get(place.id, ())

    def compose(self, typed: dict[str, Any] | None = None) -> dict[str, Any]:
        """Give the sheet; `typed` is what a refused form held."""
        mine = [row for row in self.rows if self._is_mine(row)]
        if typed is not None:
            mode = "book"
        elif any(row.span.overlaps(self.day.chosen) for row in mine):
            mode = "mine"
        elif not self.free:
            out = self.place.id in self.day.barred and self.day.left(self.place)
            mode = "closed" if out or all(row.closure for row in self.rows) else "taken"
        else:
            mode = "book"
        first, last = self.day.window
        sheet = {
            "mode": mode, "space_id": self.place.id, "name": self.place.name, "title": place_title(self.place),
            "icon": SIGNS.get(self.place.kind),
            "subtitle": f"{self.day.house.zone_name(self.place, language())}, {day_long(self.choice.day)}",
            "close_href": "/book?" + self.choice.query(), "amenities": amenities(self.place),
            "suits": self.suits, "opening": first,
            "closing": last, "now_quarter": self.day.now_quarter, "bar": self._bar(), "refusals": [], "headline": None,
            "alternatives": [], "text": None, "reasons": [], "photo": self.place.photo,
            "photo_text": self.place.photo_texts[0 if language() == "sv" else 1],
            "lost": _("%(name)s was just taken.", name=self.place.name),
        }  # fmt: skip
        if mode == "mine":
            return sheet | self._mine(mine)
        grey = mode != "book" or self.day.state(self.place) in GREY
        why = self._why(said=mode != "book") if grey and typed is None else {}
        return sheet | why | (self._book(typed) if mode == "book" else {})

    def _is_mine(self, row: Taken) -> bool:
        """Tell whether a row is the member's own booking of this very place, and not over."""
        booked = row.booking_id is not None and row.booked_id == self.place.id and row.booked is not None
        return booked and row.member_id == self.day.member_id and row.span.end > self.day.moment.now

    def _bar(self) -> list[dict[str, Any]]:
        first, last = self.day.window
        return [
            {
                "s": max(stretch.start // 15, first),
                "e": min(-(-stretch.end // 15), last),
                "state": stretch.state,
                "text": stretch.who,
            }
            for stretch in self.day.of(self.place)
        ]  # fmt: skip

    def _why(self, *, said: bool) -> dict[str, Any]:
        """Give every reason that the rules have against the chosen time; who has the day is `said` in one line."""
        taken = ", ".join(f"{span_short(row.booked or row.span)} {self.day.who(row)}" for row in self.rows)
        lead = _("%(name)s is taken: %(who)s.", name=self.place.name, who=taken) if taken and said else None
        wish = self._looked_at()
        found = rules.refusals(wish, self.day.moment, [row.held for row in self.rows], self.own)
        reasons = [sentence(refusal) for refusal in found if not (lead and refusal.code in SAID)]
        if not lead and not reasons:
            lead = _("There is nothing left to book this day.")
        return {"text": lead, "reasons": reasons}

    def _looked_at(self) -> Wish:
        """Give what the plan judges the place by: of a desk the chosen time, of a room some of it."""
        day, place, policy = self.day, self.place, self.place.policy
        opened, chosen = day.opened(place), day.looked_at(place)
        if opened is None or chosen is None:
            return Wish(place, day.chosen)
        if policy.granularity >= MIDNIGHT:
            return Wish(place, day.span(opened))
        start, end = chosen
        if place.kind != "desk":
            start = day.judged_at(chosen)
            start = max(opened[0], start - start % policy.granularity)
            end = min(opened[1], start + max(policy.shortest, ROOM_LENGTHS[0]))
        first = day.minute(rules.earliest_start(policy, day.moment))
        start = first if start < first < end else start
        minutes = (start, min(end, start + policy.longest))
        begin, stop = (at_minute(day.date, minute, day.moment.zone) for minute in minutes)
        return Wish(
            place, Span(begin, stop) if begin < stop else day.whole
        )  # of an hour that is skipped nothing is left

    # -- to book ------------------------------------------------------------------------------------------------------

    def _book(self, typed: dict[str, Any] | None) -> dict[str, Any]:
        typed = typed or {}
        options = self._desk_options() if self.place.kind == "desk" else self._room_options()
        wanted = typed.get("preset") or self._wanted(options)
        for option in options:
            option["checked"] = option["value"] == wanted and not option["disabled"]
        own = self._own(typed, checked=not any(option["checked"] for option in options))
        return {
            "action": "/bookings", "presets": options, "own": own,
            "fields": {"space": self.place.id, "date": self.choice.day.isoformat(),
                       "key": typed.get("key") or secrets.token_urlsafe(12)},
            "submit_text": _("Book %(what)s", what=self.place.name),
            "title_value": typed.get("title", ""), "title_max": TITLE_LONGEST, "title_error": typed.get("title_error"),
            "visible": typed.get("visible", self.visible),
            "visible_label": _("Show my name and the title to other members"),
            "furnish": self._furnish(typed), "note": self._note(), "repeat_href": self._repeat_href(options),
        }  # fmt: skip

    def _furnish(self, typed: dict[str, Any]) -> dict[str, Any] | None:
        """Ask for how many it is and how to furnish the place, where that makes a difference."""
        if not self.place.layouts:
            return {"people": typed["people"], "layouts": [], "open": True} if typed.get("people") else None
        names, chosen = layout_names(), typed.get("layout") or ""
        as_it_is = {"value": "", "label": _("As it stands"), "hint": "", "checked": not self.place.layout(chosen)}
        return {
            "people": typed.get("people", ""), "open": bool(chosen or typed.get("people")),
            "layouts": [as_it_is] + [
                {"value": layout.name, "label": names[layout.name], "hint": layout_text(layout),
                 "checked": layout.name == chosen}
                for layout in self.place.layouts
            ],
        }  # fmt: skip

    def _repeat_href(self, options: Sequence[dict[str, Any]]) -> str:
        """Lead to a series that begins with what is chosen."""
        chosen = next((option["minutes"] for option in options if option["checked"]), None)
        start, end = chosen or self._prefilled(*(self.day.opened(self.place) or self.day.asked))
        query = f"space={self.place.id}&date={self.choice.day.isoformat()}"
        return f"/series/new?{query}&start={clock_of(start)}&end={clock_of(end)}"

    def _wanted(self, options: Sequence[dict[str, Any]]) -> str | None:
        """Choose the option that is the chosen stretch; for a part of the day, what of it can be had.

        None leaves it to the member's own time, filled with the stretch that was chosen.
        """
        usable = [option for option in options if not option["disabled"]]
        chosen = (self.choice.start, self.choice.end)
        for option in usable:
            if chosen in (option["minutes"], option["asked"]):
                return str(option["value"])
        parts = presets(self.choice, self.day.house)
        if not usable or chosen not in (*parts.values(), (None, None)):
            return None
        if self.place.kind == "desk":
            return str(usable[0]["value"])
        return str(usable[min(1, len(usable) - 1)]["value"])  # an hour, where there is one

    def _option(self, value: str, label: str, asked: tuple[int, int], span: Span | None) -> dict[str, Any]:
        """Make one choice of time; `span` is what of it can be had by the clock, None where it is over."""
        refused = self._refused(span) if span else None
        minutes = self._minutes(span) if span else asked
        hint = hours_short(*minutes)
        return {
            "value": value, "label": label, "hint": hint, "minutes": minutes, "asked": asked,
            "s": minutes[0] // 15, "e": -(-minutes[1] // 15), "disabled": bool(refused) or span is None,
            "reason": self._short_reason(refused[0]) if refused else _("is over"),
            "button": _("Book %(hours)s", hours=hint),
        }  # fmt: skip

    def _refused(self, span: Span) -> list[Refusal]:
        """Ask the rules; that one already sits elsewhere shuts no choice, since the answer to it offers a way."""
        own = self.own if self.place.kind not in rules.SEATS else ()
        return rules.refusals(Wish(self.place, span), self.day.moment, [row.held for row in self.rows], own)

    def _short_reason(self, refusal: Refusal) -> str:
        """Say in a word or two why a choice cannot be had; the day bar beside it shows the rest."""
        return str(SHORTLY[refusal.code]) if refusal.code in SHORTLY else sentence(refusal)

    def _minutes(self, span: Span) -> tuple[int, int]:
        return self.day.minute(span.start), self.day.minute(span.end)

    def _desk_options(self) -> list[dict[str, Any]]:
        parts = presets(self.choice, self.day.house)
        return [
            self._option(name, preset_name(name), parts[name],
                         rules.preset_span(name, self.place, self.choice.day, self.day.moment))
            for name in ("morning", "afternoon", "day")
        ]  # fmt: skip

    def _room_options(self) -> list[dict[str, Any]]:
        """Offer 30 minutes, one and two hours and the rest of the free stretch that holds the chosen start."""
        wanted = self.choice.start or 0
        stretch = next((minutes for minutes in self.free if minutes[1] > wanted), None)
        if stretch is None:
            return []
        free = self.day.span(stretch)
        begin = max(free.start, at_minute(self.choice.day, wanted, self.day.moment.zone))
        lengths = [timedelta(minutes=minutes) for minutes in ROOM_LENGTHS]
        longest = timedelta(minutes=self.place.policy.longest)
        names = [_("30 min"), _("1 hour"), _("2 hours"), _("The rest")]
        ends = [begin + length for length in lengths] + [min(free.end, begin + longest)]
        options: list[dict[str, Any]] = []
        for name, end in zip(names, ends, strict=True):
            minutes = self._minutes(Span(begin, end))
            value = "-".join(clock_of(minute) for minute in minutes)
            if value not in {option["value"] for option in options}:
                options.append(self._option(value, name, minutes, Span(begin, end)))
        return options

    def _own(self, typed: dict[str, Any], *, checked: bool) -> dict[str, Any]:
        policy = self.place.policy
        first, last = self.day.opened(self.place) or self.day.asked
        start, end = self._prefilled(first, last)
        clocks = range(first, last + 1, min(policy.granularity, last - first))
        return {
            "label": _("Other time"), "checked": checked, "button": _("Book {from}–{to}"),
            "starts": selected(_options(language(), clocks[:-1]), typed.get("start") or clock_of(start)),
            "ends": selected(_options(language(), clocks[1:]), typed.get("end") or clock_of(end)),
        }  # fmt: skip

    def _prefilled(self, first: int, last: int) -> tuple[int, int]:
        """Give the stretch the member's own time starts from: the chosen one, or the free part nearest to it."""
        start, end = self.choice.start or first, self.choice.end or last
        if any(a <= start and end <= b for a, b in self.free) or not self.free:
            return max(start, first), min(end, last)
        a, b = max(self.free, key=lambda stretch: min(stretch[1], end) - max(stretch[0], start))
        return (max(a, start), min(b, end)) if min(b, end) > max(a, start) else (a, b)

    def _note(self) -> str | None:
        """Say what else the member has this day."""
        own = (held for held, _kind in self.own if held.span.end > self.day.moment.now)
        said = ", ".join(f"{held.space} {span_short(held.span)}" for held in own)
        note = _("The booking shows in your calendar.")
        if said:
            note = _("You have %(what)s. The booking shows in your calendar.", what=said)
        return " ".join([note, *self._left()])

    def _left(self) -> list[str]:
        """Say what is left of each quota that a booking here takes from."""
        states = self.day.moment.allowance.left(self.choice.day)
        return [left_sentence(state) for state in states if state.quota.counts(self.place.kind, self.place.id)]

    # -- what is yours ------------------------------------------------------------------------------------------------

    def _mine(self, mine: Iterable[Any]) -> dict[str, Any]:
        return {
            "bookings": [
                {
                    "id": row.booking_id, "when": span_short(row.booked or row.span), "title": row.title,
                    "show_href": f"/bookings/{row.booking_id}", "edit_href": f"/bookings/{row.booking_id}/edit",
                    "cancel": {"action": f"/bookings/{row.booking_id}/cancel", "fields": {}},
                }
                for row in mine
            ],
            "book_href": f"/book/{self.place.id}?{self._next_free_query()}" if self.free else None,
        }  # fmt: skip

    def _next_free_query(self) -> str:
        start, end = self.free[0]
        return self.choice.query(start=start, end=end)


@lru_cache(maxsize=64)
def _options(_language: Language, minutes: range) -> str:
    """Draw the times of a day to choose from, once a process: there are eighty in a sheet, the same in nearly all."""
    return "".join(
        f'<option value="{clock_of(minute)}" data-short="{minute_short(minute)}">{minute_long(minute)}</option>'
        for minute in minutes
    )


def selected(options: str, value: str) -> Markup:
    """Choose one of some options that are drawn."""
    mark = f'value="{escape(value)}"'
    return Markup(options.replace(mark, f"{mark} selected", 1))  # noqa: S704  figures of ours; the value is escaped


def refused(
    sheet: dict[str, Any],
    error: DomainError,
    wish: Wish | None,
    offers: Iterable[Alternative],
    *,
    just_taken: bool,
) -> dict[str, Any]:
    """Put the reasons and the ways forward on a sheet whose form was refused."""
    sheet["headline"] = _("%(name)s was just taken.", name=sheet["name"]) if just_taken else None
    sheet["refusals"] = [{"text": sentence(refusal), "field": None} for refusal in error.refusals]
    sheet["alternatives"] = [offer(alternative, wish) for alternative in offers] if wish else []
    sheet["find_href"] = find_around(wish) if wish else None
    return sheet


def come(sheet: dict[str, Any], bookings: Mapping[int, Booking], place: Place, now: datetime) -> None:
    """Put on the sheet of one's own place who has come, and the buttons for it."""
    for shown in sheet["bookings"]:
        if booking := bookings.get(shown["id"]):
            shown["mark"] = presence_pages.mark(booking, place, now)
            shown["buttons"] = presence_pages.buttons(booking, place, now)
            if booking.checked_in_at is not None and now - booking.created_at > rules.REGRET:
                shown["cancel"] = None


def offer(alternative: Alternative, wish: Wish) -> dict[str, Any]:
    """Make the one-tap form of an alternative."""
    span, place = alternative.span, alternative.place
    same_day = local(span.start).date() == local(wish.span.start).date()
    when = span_short(span) if same_day else f"{day_long(span.start)} {span_short(span)}"
    near = (
        not alternative.same_space and place.zone_id == wish.place.zone_id and place.box.distance(wish.place.box) < 80
    )
    return {
        "action": "/bookings", "text": _("Book %(what)s", what=f"{place.name}, {when}"),
        "note": _("next to it") if near else None,
        "fields": booking_fields(fitted(wish, place, span)),
    }  # fmt: skip
