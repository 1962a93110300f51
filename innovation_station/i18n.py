"""Language: which one, how dates and times are written, and the sentence of every refusal.

Swedish and English, always both. Instants come in as aware UTC and are shown in the house's zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_app_context, has_request_context, request
from flask_babel import Babel, Domain, force_locale
from flask_babel.speaklater import LazyString
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from werkzeug.wrappers import Request
from wtforms.i18n import messages_path

from innovation_station.daynames import written
from innovation_station.errors import Refusal
from innovation_station.spaces.rules import Hours, Language
from innovation_station.timespan import Span

LANGUAGES: tuple[Language, ...] = ("sv", "en")
COOKIE = "lang"
NAMES: Mapping[Language, str] = {"sv": "Svenska", "en": "English"}
CATALOGUES = Path(__file__).parent / "translations"
babel = Babel()
# A page asks for its language and its zone hundreds of times: a proxy's attribute costs three times its object.
_app, _context = current_app._get_current_object, g._get_current_object  # type: ignore[attr-defined]


def init_app(app: Flask) -> None:
    """Choose the language per request and offer the formats to templates."""
    babel.init_app(
        app, default_locale=app.config["STATION"].locale, default_timezone=app.config["STATION"].timezone,
        default_translation_directories="translations", locale_selector=language,
    )  # fmt: skip
    babel.domain_instance = _Catalogues()
    install = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]  # of the i18n extension
    install(gettext, _counted, newstyle=True)
    app.jinja_env.globals["_"] = _in_template
    app.add_template_global(language, "language")
    app.add_template_filter(clock)
    app.add_template_filter(day_short)
    app.add_template_filter(day_long)
    app.add_template_filter(span_short)
    app.add_template_filter(span_text)
    app.add_template_filter(sentence)


def choose_language(asked: Request) -> Language:
    """Follow ?lang= (for links), then the choice made before, then the browser, then the house."""
    for wish in (asked.args.get("lang"), asked.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    default = current_app.config["STATION"].locale
    return asked.accept_languages.best_match(LANGUAGES, default) if asked.accept_languages else default  # type: ignore[return-value]


def language() -> Language:
    """Give the language of the page that is being made; outside a request the house's, or the one that is forced."""
    try:
        kept: Language | None = _context().get("language")
    except RuntimeError:
        return "sv"
    if kept is None:
        kept = g.language = choose_language(request) if has_request_context() else current_app.config["STATION"].locale
    return kept


@contextmanager
def speaking(chosen: Language) -> Iterator[None]:
    """Speak a language for a while, whoever asks."""
    if not has_app_context():
        yield
        return
    before = language()
    g.language = chosen
    try:
        with force_locale(chosen):
            yield
    finally:
        g.language = before


@lru_cache(maxsize=8)
def catalogue(language: Language, domain: str = "messages") -> NullTranslations:
    """Read a catalogue once a process: ours, or the words of the form library (`wtforms`)."""
    return Translations.load(CATALOGUES if domain == "messages" else messages_path(), [language], domain)


class _Catalogues(Domain):  # type: ignore[misc]
    """Where the library's own lazy texts look: in the catalogues that are read already, instead of in its copies."""

    def get_translations(self) -> NullTranslations:
        return catalogue(language()) if has_app_context() else NullTranslations()


class _Texts(dict[str, str]):
    """The texts of one language: a page asks for hundreds, each is looked up once a process."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __missing__(self, message: str) -> str:
        text = self[message] = str(catalogue(self.language).ugettext(message))
        return text


_texts: Mapping[Language, _Texts] = {name: _Texts(name) for name in LANGUAGES}
Gettext = Callable[..., str]


def gettext(message: str, **values: object) -> str:
    """Translate into the language of the page."""
    text = _texts[language()][message]
    return text % values if values else text


class _Markups(_Texts):
    """The same as markup, for templates."""

    def __missing__(self, message: str) -> Markup:
        text = self[message] = Markup(_texts[self.language][message])  # noqa: S704  ours
        return text


_markups: Mapping[Language, _Markups] = {name: _Markups(name) for name in LANGUAGES}


@pass_eval_context
def _in_template(context: EvalContext, message: str, /, **values: object) -> str:
    """Translate in a template, as its extension does; that goes through three calls, and a page has seventy texts."""
    text = (_markups if context.autoescape else _texts)[language()][message]
    return text % values if values or "%" in text else text


def translator(language: Language) -> Gettext:
    """Give the gettext of one language, for code that asks hundreds of times; bind it as `_` to have texts found."""
    texts = _texts[language]

    def translate(message: str, **values: object) -> str:
        text = texts[message]
        return text % values if values else text

    return translate


def lazy_gettext(message: str, **values: object) -> LazyString:
    """Give a text that is translated each time it is shown, for what is said once a process.

    That of the library looks up its own translations each time, which costs three times as much.
    """
    return LazyString(gettext, message, **values)


_l = lazy_gettext


@lru_cache(maxsize=512)
def _counted_in(language: Language, one: str, many: str, num: int) -> str:
    return str(catalogue(language).ungettext(one, many, num))


def _counted(one: str, many: str, num: int) -> str:
    """Find the form for a number, placeholders still open: both languages have one for one and one for the rest."""
    return _counted_in(language(), one, many, 1 if num == 1 else 2)


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Translate with a number, `%(num)d`, and what else the text names."""
    return _counted(one, many, num) % {"num": num, **values}


def zone() -> ZoneInfo:
    """Give the house's time zone."""
    return _app().config["ZONE"]


def local(instant: datetime) -> datetime:
    """Give an instant as the house's wall clock shows it."""
    return instant.astimezone(zone())


def clock(instant: datetime | time) -> str:
    """Write a time of day: 08.30 in Swedish, 08:30 in English."""
    return minute_long(_minute(instant))


def clock_short(instant: datetime) -> str:
    """Write a time of day for a label: 08, or 08.30 where there are minutes."""
    return minute_short(_minute(instant))


def _minute(instant: datetime | time) -> int:
    shown = local(instant) if isinstance(instant, datetime) else instant
    return shown.hour * 60 + shown.minute


def span_short(span: Span) -> str:
    """Write a span for a label: 13–17, 08.30–12."""
    return hours_short(_minute(span.start), _minute(span.end) or 24 * 60)


def span_text(span: Span) -> str:
    """Write a span for a sentence: 08.00–12.30 in Swedish, 08:00–12:30 in English."""
    return f"{clock(span.start)}–{minute_long(_minute(span.end) or 24 * 60)}"


def _day(value: date | datetime) -> date:
    return local(value).date() if isinstance(value, datetime) else value


def day_short(value: date | datetime) -> str:
    """Write a day shortly: tis 22 aug, Tue 22 Aug."""
    return f"{weekday_short(value)} {_formatted(value, 'd MMM')}"


def day_long(value: date | datetime) -> str:
    """Write a day out: tisdag 22 augusti, Tuesday 22 August."""
    return _formatted(value, "EEEE d MMMM")


def day_full(value: date | datetime) -> str:
    """Write a day with its year: tisdag 22 augusti 2026."""
    return _formatted(value, "EEEE d MMMM y")


def month_name(value: date | datetime) -> str:
    """Write a month with its year: november 2026, November 2026."""
    return _formatted(value, "MMMM y")


def tenths(value: float) -> str:
    """Write a number with one decimal: 1 137,5 in Swedish, 1,137.5 in English."""
    text = f"{value:,.1f}"
    return text.translate({ord(","): "\N{NO-BREAK SPACE}", ord("."): ","}) if language() == "sv" else text


def hours_short(start: int, end: int) -> str:
    """Write minutes of a day for a label: 08–12, 08.30–12 (08:30–12 in English)."""
    return hours_in(language(), start, end)


@lru_cache(maxsize=4096)
def hours_in(language: Language, start: int, end: int) -> str:
    """Write `hours_short` in one language, for code that asks often."""
    return f"{_minute_short(language, start)}–{_minute_short(language, end)}"


def minute_short(minute: int) -> str:
    """Write one minute of a day for a label: 08, 08.30."""
    return _minute_short(language(), minute)


def _minute_short(language: Language, minute: int) -> str:
    return f"{minute // 60:02}" if minute % 60 == 0 else _minute_long(language, minute)


def minute_long(minute: int) -> str:
    """Write one minute of a day in full: 08.00 in Swedish, 08:00 in English."""
    return _minute_long(language(), minute)


def _minute_long(language: Language, minute: int) -> str:
    return f"{minute // 60:02}{'.' if language == 'sv' else ':'}{minute % 60:02}"


def hours_summary(hours: Hours) -> str:
    """Say when the house is open in a week: «Open weekdays 08.00–18.00», «Open Mon–Thu 08–20, Fri 08–16»."""
    return _hours_summary(language(), tuple(sorted(hours.items())))


@lru_cache(maxsize=64)
def _hours_summary(language: Language, hours: Sequence[tuple[int, tuple[int, int]]]) -> str:
    runs: list[tuple[int, int, tuple[int, int]]] = []
    for weekday, minutes in hours:
        if runs and runs[-1][1] == weekday - 1 and runs[-1][2] == minutes:
            runs[-1] = (runs[-1][0], weekday, minutes)
        else:
            runs.append((weekday, weekday, minutes))
    if not runs:
        return ""
    _ = translator(language)
    # 2024 is a year that began on a Monday
    names = [_dated(language, date(2024, 1, 1 + weekday), "EEE") for weekday in range(7)]
    parts = []
    for first, last, minutes in runs:
        days = "–".join(dict.fromkeys((names[first], names[last])))
        days = _("weekdays") if (first, last) == (0, 4) else days
        parts.append(f"{days} {_minute_long(language, minutes[0])}–{_minute_long(language, minutes[1])}")
    return _("Open %(hours)s", hours=", ".join(parts))


def weekday_short(value: date | datetime) -> str:
    """Write a weekday shortly: tis, Tue."""
    return _formatted(value, "EEE")


def weekday_definite(value: date) -> str:
    """Write «Tuesday» as it stands after «same as last»: tisdagen in Swedish."""
    name = _formatted(value, "EEEE")
    return name + "en" if language() == "sv" else name


def day_long_in(language: Language, day: date) -> str:
    """Write `day_long` in one language, for code that asks often."""
    return _dated(language, day, "EEEE d MMMM")


def _formatted(value: date | datetime, pattern: str) -> str:
    return _dated(language(), _day(value), pattern)


@lru_cache(maxsize=1024)
def _dated(language: Language, day: date, pattern: str) -> str:
    return written(day, pattern, language)


def capital(text: str) -> str:
    """Begin with a capital and leave the rest: in English days and months have theirs."""
    return text[:1].upper() + text[1:]


def duration(minutes: int) -> str:
    """Write a length: 30 minutes, 2 hours, 1 hour 30 minutes."""
    hours, rest = divmod(minutes, 60)
    parts: list[str] = []
    if hours:
        parts.append(ngettext("%(num)d hour", "%(num)d hours", hours))
    if rest or not hours:
        parts.append(ngettext("%(num)d minute", "%(num)d minutes", rest))
    return " ".join(parts)


def money(amount: int) -> str:
    """Write an amount of öre: 1 234,50 kr in Swedish, SEK 1,234.50 in English; without öre where there are none."""
    crowns, rest = divmod(abs(amount), 100)
    swedish = language() == "sv"
    text = f"{crowns:,}".replace(",", "\N{NO-BREAK SPACE}") if swedish else f"{crowns:,}"
    text += f"{',' if swedish else '.'}{rest:02}" if rest else ""
    text = ("\N{MINUS SIGN}" if amount < 0 else "") + text
    return f"{text}\N{NO-BREAK SPACE}kr" if swedish else f"SEK\N{NO-BREAK SPACE}{text}"


# One sentence a code, in the reader's language through the catalogue. What a value is called in the sentence and how
# it is written stands in WRITTEN.
REFUSALS: Mapping[str, Any] = {
    "taken": _l("%(space)s is booked %(span)s."),
    "house-changed": _l("The house has just been changed. Open the page again."),
    "closed-space": _l("%(space)s is closed then."),
    "event-has-it": _l("%(space)s is used by %(event)s %(span)s."),
    "held": _l("%(space)s is kept for somebody who waited for it."),
    "busy-elsewhere": _l("%(space)s is used for something else %(span)s."),
    "too-close": _l("%(space)s needs %(minutes)s before or after another booking, to set up or to clear."),
    "whole-days": _l("This place is booked by whole days, %(span)s."),
    "too-small": _l("%(space)s seats %(seats)s. Choose a larger place, or another layout."),
    "layout-unknown": _l("The place cannot be furnished like that. Choose another layout."),
    "none-free": _l("Nothing of that is free then."),
    "none-such": _l("There is no such place. Choose another kind, or another zone."),
    "own-desk": _l("You already have %(other)s %(span)s. One desk at a time is enough."),
    "member-desk": _l("%(name)s already has %(other)s %(span)s. One desk at a time is enough."),
    "too-many-at-once": _l("You have %(count)s of this kind at that time already, and may have no more at once."),
    "not-your-role": _l("%(space)s is booked by %(who)s only. Ask them."),
    "not-bookable": _l("%(space)s cannot be booked at the moment."),
    "passing-staff": _l("Only staff may pass the rules."),
    "passing-reason": _l("Say why the rules are passed."),
    "passing-long": _l("The reason has at most %(most)s characters."),
    "act-unknown": _l("There is no such step of yours."),
    "act-undone": _l("That was taken back already; there is nothing more to do."),
    "act-late": _l("That can be taken back for %(minutes)s only. Change it by hand."),
    "act-changed": _l("It has been changed since. Look at it as it is now."),
    "holder-several": _l("Several people are called so. Choose one of them."),
    "closure-unknown": _l("The place is open already."),
    "closure-house": _l("The whole house is closed then. Ask an administrator to open it."),
    "closure-fault": _l("It is closed for a fault. It opens when that is mended, under Faults."),
    "closing-reason": _l("Say why it is closed: members read it."),
    "closing-reason-long": _l("Say why it is closed in at most %(most)s characters."),
    "past": _l("That time has passed. Choose a later one."),
    "too-soon": _l("This must be booked at least %(minutes)s ahead."),
    "too-far": _l("You can book %(days)s days ahead, until %(last)s."),
    "off-grid": _l("Times go in steps of %(minutes)s. Choose the nearest one."),
    "too-short": _l("The shortest booking here is %(minutes)s."),
    "too-long": _l("The longest booking here is %(minutes)s."),
    "holiday": _l("The house is closed on %(day)s, %(holiday)s."),
    "closed-day": _l("The house is closed on %(day)s."),
    "closed-hours": _l("It is open %(span)s that day. Choose a time within that."),
    "outside-rule": _l("%(space)s may be booked %(span)s that day."),
    "day-outside-rule": _l("%(space)s may not be booked on %(day)s."),
    "no-consent": _l("That member does not let you book for them. They choose who may, under My account."),
    "consent-many": _l("Name at most %(most)s people."),
    "team-size": _l("Choose two people at least and %(most)s at most."),
    "team-full": _l("There are not enough free desks that all of them may have. Nothing is booked."),
    "holder-away": _l("%(name)s is away then."),
    "holder-desk": _l("%(name)s has another desk then. Choose another time."),
    "holder-membership": _l("%(name)s may not have it by their membership or the house rules. Choose something else."),
    "holder-reads": _l("%(name)s would read: %(text)s."),
    "holder-has-it": _l("They have %(space)s %(span)s already."),
    "booking-handed": _l("The booking was just handed over. Open it again."),
    "guests-many": _l("%(space)s has room for you and %(most)s guests."),
    "guests-none": _l("%(space)s has room for one. Book a room to have guests."),
    "guests-day": _l("You have invited %(most)s guests within a day. Wait until tomorrow."),
    "guests-same": _l("You have invited this address %(most)s times within a day. Wait until tomorrow."),
    "guest-unknown": _l("There is no such guest of this booking."),
    "visit-over": _l("This visit is over, has been cancelled, or you are no longer expected. Ask who invited you."),
    "guest-full": _l("There is no room left. Ask your host."),
    "guest-day": _l("This visit is on %(day)s."),
    "offer-open": _l("It is offered to somebody already. Take that back first."),
    "offer-self": _l("That is who has it."),
    "offers-many": _l("You have offered %(most)s bookings within a day. Wait until tomorrow."),
    "offer-unknown": _l("There is no such offer to you."),
    "offer-closed": _l("This offer is over: it was taken back, answered, or the booking has changed."),
    "already-begun": _l("This booking has begun. It can no longer be handed over."),
    "absence-past": _l("Choose a day from today on."),
    "away": _l("Nothing new is booked on %(day)s: that falls in an absence."),
    "absence-twice": _l("You have said that you are away then. End that absence first."),
    "absences-many": _l("You have said %(most)s times already when you are away. End one first."),
    "absence-unknown": _l("There is no such absence."),
    "absence-order": _l("You would be back before you leave. Choose a later last day."),
    "absence-long": _l("You can be away for a year at most. Choose an earlier last day."),
    "already-over": _l("This booking is over and stays as it was."),
    "cancel-late": _l("It may be cancelled until %(minutes)s before it begins. Ask the staff."),
    "parts-circular": _l("A place cannot be a part of itself."),
    "part-elsewhere": _l("A part lies on the same floor as the whole, and belongs to one whole only."),
    "parts-count": _l("Divide it into two to %(most)s parts, or into none."),
    "parts-hit": _l("%(one)s and %(other)s are both taken on %(day)s, %(span)s. Move one of them first."),
    "part-booked": _l("%(space)s is booked on %(day)s, %(span)s. Move that first."),
    "part-divided": _l("%(space)s is divided itself. Make it whole first."),
    "link-inside": _l("A place and its own parts are never booked together anyway."),
    "layout-numbers": _l("A layout seats 1 to %(seats)s and takes 0 to %(minutes)s to change over."),
    "space-name": _l("A place needs a name of at most %(longest)s characters."),
    "space-name-taken": _l("There is a place named %(space)s already."),
    "answer-confirmed": _l("This booking is confirmed already."),
    "answer-declined": _l("This request has been declined already."),
    "answer-late": _l("This request was not answered in time. The place is free again."),
    "wait-unknown": _l("There is no such place in line among yours."),
    "wait-free": _l("%(space)s is free then. Book it instead of waiting."),
    "wait-yours": _l("You have %(space)s then already."),
    "wait-late": _l("It begins too soon to wait for it."),
    "wait-many": _l("You stand in %(most)s lines already. Leave one to join another."),
    "offer-over": _l("This offer is over. The next in line has been asked."),
    "reason-malformed": _l("Write the reason in one line of at most %(longest)s characters."),
    "already-cancelled": _l("This booking is cancelled."),
    "released": _l("This place was released because nobody had checked in. Take it back first, if it is still free."),
    "checked-in": _l("Somebody has checked in, so this booking cannot be cancelled. End it instead."),
    "check-in-early": _l("It is too early. You can check in from %(at)s."),
    "not-answered": _l("This booking is not granted yet. Wait for the answer."),
    "has-come": _l("Somebody has checked in: %(at)s. End the booking instead."),
    "not-begun": _l("This booking has not begun yet. Cancel it instead."),
    "not-longer": _l("The new end must come after the present one."),
    "extend-asks": _l("Here staff answer each wish. Ask them for more time."),
    "not-released": _l("This place was not released."),
    "not-cancelled": _l("This booking is not cancelled."),
    "hits-undecided": _l("It would hit bookings: %(count)s. Choose what becomes of each."),
    "hits-many": _l("It would hit more than %(most)s bookings. Do it in parts, or for a shorter time."),
    "floor-changed": _l("Somebody else has saved this floor since you opened it. Look at both before you save."),
    "floor-name": _l("A floor needs a name of at most %(longest)s characters in both languages."),
    "floor-twice": _l("Two floors are named %(floor)s. Give each a name of its own."),
    "zone-name": _l("A zone needs a name of at most %(longest)s characters in both languages."),
    "space-seats": _l("%(space)s must have room for 1 to %(most)s people."),
    "space-unnamed": _l("The file names a place %(space)s that is not in it."),
    "drawing-size": _l("A drawing is from %(least)s to %(most)s units wide and high."),
    "drawing-many": _l("That is more than the %(most)s that fit. Make another floor of it."),
    "drawing-small": _l("%(space)s is too small: make each side at least %(least)s units."),
    "drawing-outside": _l("%(space)s lies outside the floor. Move it in."),
    "drawing-overlap": _l("%(one)s lies over %(other)s. Move one of them, or allow that places lie over each other."),
    "archive-divided": _l("%(space)s is divided or a part. Make the hall whole first."),
    "archive-own": _l("%(space)s is somebody's own place. Give it back first."),
    "house-file": _l("The file cannot be read here: %(where)s."),
    "house-file-large": _l("A house file is at most %(megabytes)s MB."),
    "house-file-version": _l("The file is of another version than the %(version)s that is read here."),
    "closure-over": _l("That time is over. Choose an end that is yet to come."),
    "closure-long": _l("Something is closed for %(days)s days at most. Take it out of booking instead."),
    "closure-reason": _l("Write why it is closed, in one language at least."),
    "closure-hits": _l("Bookings stand in the way: %(count)s. Move them first."),
    "title-long": _l("The title may hold %(longest)s characters. Shorten it."),
    "title-characters": _l("The title holds characters that cannot be shown. Type it again."),
    "space-unknown": _l("There is no such place. It may have been taken away."),
    "booking-unknown": _l("There is no such booking among yours."),
    "not-found": _l("There is nothing here."),
    "date-malformed": _l("Write the date as year-month-day, for example 2026-11-24."),
    "time-malformed": _l("Write times as hours and minutes, for example 09:30."),
    "end-before-start": _l("The end must come after the start."),
    "time-skipped": _l("%(time)s does not exist on %(day)s: the clocks go forward. Choose a time before or after."),
    "time-doubled": _l("%(time)s happens twice on %(day)s: the clocks go back. Choose a time before or after."),
    "preset-unknown": _l("Choose one of the times, or your own."),
    "no-plan": _l("Booking takes a membership plan, and you have none. Ask the host for one."),
    "plan-begins": _l("Your membership %(plan)s begins on %(day)s."),
    "plan-ended": _l("Your membership %(plan)s holds until %(last)s. Choose a day before that, or ask the host."),
    "plan-paused": _l("Your membership %(plan)s is paused until %(last)s."),
    "plan-resting": _l("Your membership %(plan)s is paused. Ask the host to open it again."),
    "not-in-plan": _l("%(space)s is not part of your membership %(plan)s."),
    "dedicated": _l("%(space)s is one member's own place."),
    "quota-hours": _l("%(plan)s holds %(allowed)s of %(of)s %(per)s; left: %(left)s."),
    "quota-bookings": _l("%(plan)s holds %(count)s bookings of %(of)s %(per)s, and all are used."),
    "shared-hours": _l("Your organisation shares %(allowed)s of %(of)s %(per)s; left: %(left)s."),
    "shared-bookings": _l("Your organisation shares %(count)s bookings of %(of)s %(per)s, and all are used."),
    "limit-hours": _l("One member may book %(allowed)s of %(of)s %(per)s; left: %(left)s."),
    "limit-bookings": _l("One member may have %(count)s bookings of %(of)s %(per)s, and all are used."),
    "limit-shared-hours": _l("One organisation may book %(allowed)s of %(of)s %(per)s; left: %(left)s."),
    "limit-shared-bookings": _l("One organisation may have %(count)s bookings of %(of)s %(per)s, and all are used."),
    "plan-nameless": _l("The plan needs a name in Swedish and in English."),
    "plan-admin": _l("Only administrators change plans and what organisations share."),
    "plan-taken": _l("There is a plan with this name already."),
    "plan-price": _l("A price lies between 0 and 1,000,000 kronor, and VAT between 0 and 100 percent."),
    "quota-amount": _l("A quota lies between 0 and 16,000 hours, or a million bookings."),
    "trial-none": _l("This plan cannot be tried: it says for how many days only where it has a trial."),
    "pause-beginless": _l("Say from which day the membership rests."),
    "desk-taken": _l("That place is somebody's own at that time."),
    "organisation-nameless": _l("The organisation needs a name in Swedish and in English."),
    "organisation-kind": _l("Choose what kind of organisation it is."),
    "organisation-taken": _l("There is an organisation with this name already."),
    "organisation-unknown": _l("There is no such organisation."),
    "website-malformed": _l("Write the whole address, for example https://www.example.org."),
    "partner-period": _l("The last day of the partnership must come after its first."),
    "grant-admin": _l("Only administrators give or take back what goes beyond a role."),
    "grant-unknown": _l("That cannot be given to anybody."),
    "address-unknown": _l("No member has this address."),
    "shares-whole": _l("Shares are more than 0 percent each and 100 percent together at most."),
    "export-admin": _l("Only administrators take the ledger out of the house."),
    "money-malformed": _l("Write an amount of kronor, for example 1200 or 99,50."),
    "length-malformed": _l("Write a length, for example 45 min, 2 h or 3 d."),
    "rule-admin": _l("Only administrators change rules."),
    "rule-scope": _l("The default is what holds where no rule says anything. Make a rule for a kind or a place."),
    "rule-range": _l("Write a number from %(least)s to %(most)s."),
    "rule-step": _l("The steps have to divide the day evenly."),
    "rule-lengths": _l("Nothing could be booked in %(space)s: the longest is less than one step or the shortest."),
    "hours-order": _l("%(weekday)s: it would close before it opens. Change one of the times."),
    "hours-short": _l("Nothing could be booked in %(space)s: no day is open for as long as its rules ask for."),
    "rule-hours": _l("Nothing could be booked in %(space)s: it would close before it opens."),
    "number-malformed": _l("Write a whole number, 99999 at most."),
    "database-busy": _l("A lot is happening right now and this did not get through. Try again in a few seconds."),
    "database-read-only": _l("Bookings cannot be changed at the moment. What is booked stands."),
    "database-away": _l("The station's records cannot be reached at the moment. Try again shortly."),
    "email-malformed": _l("The address is not complete. It looks like name@example.org."),
    "email-taken": _l("There is an account with this address already."),
    "name-malformed": _l("Write a name of at most %(longest)s characters."),
    "member-unknown": _l("There is no such member."),
    "role-unknown": _l("The role is member, host or admin."),
    "password-short": _l("The password needs at least %(shortest)s characters."),
    "password-long": _l("The password may hold at most %(longest)s characters."),
    "password-common": _l("That password is among the first others try. Take some words that do not belong together."),
    "login-wrong": _l("The address or the password is not right. Check both and try again."),
    "login-wait": _l("There have been too many tries to log in. Wait %(minutes)s and try again."),
    "invited-count": _l("Write between one and %(most)s addresses."),
    "people-none": _l("Choose at least one member."),
    "people-many": _l("At most %(most)s members are changed at once. Narrow the list down."),
    "people-changed": _l(
        "Somebody has changed one of them in between, and nothing was done. Look at it as it is now, and say it again."
    ),
    "edit-unknown": _l("Choose what is to be done."),
    "edit-not-yours": _l("Somebody who works for the house: ask an administrator."),
    "edit-gone": _l("That can be taken back no longer. Change it as anything else."),
    "line-twice": _l("The address stands in the file before. Keep one of the lines."),
    "plan-emptied": _l("A plan is not ended by an empty cell. End it with a day, for one or several at once."),
    "plan-unnamed": _l("There is no plan named %(name)s. Write it as in the list of plans."),
    "organisation-unnamed": _l("There is no organisation named %(name)s. Write it as in the list, or add it first."),
    "member-applied": _l("Has applied and waits for an answer. Let them in first."),
    "member-closed": _l("The account is not open. Open it again first."),
    "member-not-invited": _l("Has no open invitation; invite people by their address instead."),
    "plan-later": _l("Another plan begins then or later. Look at the member's plans first."),
    "plan-none-own": _l("Has no plan of their own that could end. See what the organisation has."),
    "view-reason": _l("Say in a few words why, at most %(most)s characters: the member reads it."),
    "view-not-yours": _l(
        "Hosts may see the house as members do. For others ask an administrator; nobody sees it as themselves."
    ),
    "view-changes": _l("You see the house as %(name)s, and nothing can be changed. End it first."),
    "view-secret": _l("You see the house as %(name)s. This page may show what is for the member alone. End it first."),
    "member-elsewhere": _l("Somebody has decided this already. Look at the account again."),
    "role-not-yours": _l("Only an administrator may do this, and nobody to their own account."),
    "domain-malformed": _l("%(domain)s is no domain. It looks like example.org."),
    "factor-needed": _l("The house asks for a second factor from you. It stays on."),
    "text-malformed": _l("Write the text in both languages, each of at most %(longest)s characters."),
    "file-missing": _l("Choose a file."),
    "file-columns": _l("The first line has to name the columns, and one of them has to be email."),
    "file-long": _l("The file has more than %(most)s lines. Divide it."),
    "line-long": _l("The line is too long to be a member."),
    "line-broken": _l("The line cannot be divided into columns."),
    "language-unknown": _l("The language is sv or en."),
    "mail-wait": _l("There have been too many mails to this address. Wait %(minutes)s and try again."),
    "rules-new": _l("The house has new rules. Accept them before you book."),
    "file-gone": _l("The file is no longer kept. Choose it again."),
    "offer-gone": _l("That is offered no longer. Choose another, or decide later."),
    "link-over": _l("This link has been used or is too old. Ask for a new one."),
    "email-same": _l("That is your address already."),
    "password-wrong": _l("That is not your password. Check it and try again."),
    "password-leans": _l("Your password is short and leans on the second factor. Choose one of %(shortest)s first."),
    "code-wrong": _l("That code is not right, or it has been used. Wait for the next one and try again."),
    "factor-on": _l("The second factor is on already."),
    "factor-unknown": _l("There is no second factor to look after here."),
    "session-unknown": _l("That browser is logged out already."),
    "login-busy": _l("Many are logging in at this moment. Try again in a few seconds."),
    "feed-not-there": _l("There is no such calendar, or it is not for you."),
    "feed-remind": _l("Only your own bookings remind, and not as busy times. Choose no reminder here."),
    "feed-detail": _l("A calendar of events says what their pages say. Choose titles."),
    "feed-admin": _l("Calendars of hosts and administrators are ended by administrators."),
    "feed-limit": _l("You have %(most)s calendars already. Revoke one to make another."),
    "kind-unknown": _l("That is no kind of space."),
    "amenity-unknown": _l("%(amenity)s is not among the things a space can have."),
    "fault-long": _l("Write at most %(longest)s characters."),
    "plate-unknown": _l(
        "This code is not one of ours, or it has been replaced. Look for a newer picture, or ask the host."
    ),
    "fault-sort": _l("Choose what is wrong."),
    "fault-days": _l("A place is closed from today for at most %(days)s days. Choose a day within them."),
    "fault-unknown": _l("There is no such report."),
    "fault-done": _l("That is ended already. Report it again if it is broken still."),
    "mail-reason": _l("Say why the mail is given up."),
    "mail-reason-long": _l("Say why it is given up on one line of at most %(longest)s characters."),
    "job-unknown": _l("There is no such job."),
    "fault-assignee": _l("Choose somebody who works here."),
    "fault-note": _l("Write something."),
    "fault-notes": _l("There are %(most)s notes on this report already."),
    "fault-reason": _l("Say why on one line of at most %(longest)s characters."),
    "fault-act": _l("Choose what to do about the report."),
    "display-unknown": _l("There is no such screen. It may have been taken down."),
    "display-staff": _l("Only the staff put up screens. Ask them."),
    "display-where": _l("Choose the room, or the foyer."),
    "displays-many": _l("There are %(most)s screens already. Take one down first."),
    "displays-new": _l("Many screens were set up from here within an hour. Wait a while."),
    "display-codes": _l("You have typed many codes that no screen shows. Wait ten minutes."),
    "display-code": _l("No screen shows this code now. Read it again: it changes after ten minutes."),
    "display-name": _l("The name of a screen has at most %(longest)s characters."),
    "door-asks": _l("The staff grant bookings of %(space)s. Scan the code to ask them."),
    "door-length": _l("Choose one of the lengths that are offered."),
    "door-many": _l("%(most)s bookings were made at this door within an hour. Scan the code with your phone instead."),
    "door-not-here": _l("Nobody has checked in to it. Its member can end it on a phone."),
    "door-undo": _l("That can no longer be taken back. Take the room anew."),
    "door-looks": _l("This screen is to look at only. Scan the code with your phone."),
    "door-act": _l("Choose what to do at the door."),
    "note-unknown": _l("There is no such note."),
    "note-empty": _l("Write what the next host is to know."),
    "note-long": _l("A note has at most %(most)s characters. Say it shorter."),
    "member-note-empty": _l("Write what is to be known about the member."),
    "member-note-long": _l("A note about a member has at most %(most)s characters, and none that cannot be shown."),
    "note-past": _l("That day is over. Choose today or a day ahead."),
    "faults-many": _l("You have reported %(most)s faults within an hour. Tell the host the rest."),
    "fault-characters": _l("What you wrote holds characters that cannot be shown. Type it again."),
    "mail-unknown": _l("There is no such mail that waits for you. It may have been taken care of."),
    "notice-unknown": _l("There is no such notification among yours. It may have been too old to keep."),
    "notice-link-unknown": _l("This link ends nothing. Log in and choose under My account what you want to be told."),
    "deed-over": _l(
        "This link has been used, is too old, or what it was for has changed. Log in to see how it stands."
    ),
    "quiet-half": _l("Quiet hours need a beginning and an end. Fill in both, or neither."),
    "quiet-all-day": _l("Quiet hours cannot end when they begin. Choose another end."),
    "profile-unknown": _l("There is nobody here who shows a profile to you."),
    "asks-many": _l("You have asked %(most)s members already. Wait for some answers."),
    "profile-text": _l("Write at most %(longest)s characters that can be shown."),
    "audience-unknown": _l("A field is shown to nobody, to members or to everybody."),
    "picture-none": _l("Choose a picture first."),
    "picture-unknown": _l("That is no picture that can be read. Take one in JPEG, PNG or WebP."),
    "picture-large": _l("The picture is too large. Take one of at most %(megabytes)s MB."),
    "picture-small": _l("The picture is too small. It needs at least %(pixels)s pixels a side."),
    "erasure-admins": _l("Only an administrator can do this."),
    "erasure-unknown": _l("No erasure is waiting."),
    "leave-kind": _l("Choose to pause or to end."),
    "leave-last-admin": _l("This is the only administrator. Make somebody else one first."),
    "pause-until": _l("Choose the day of your return."),
    "pause-span": _l("Choose a day after today, at the latest %(last)s."),
    "shape-unknown": _l("The drawing holds a shape that cannot be shown."),
    "series-dates": _l("%(count)s of the dates cannot be had. Choose what to do with them; nothing is booked yet."),
    "series-unknown": _l("There is no such series among yours."),
    "series-interval": _l("Repeat every 1 to %(most)s days, weeks or months."),
    "series-weekdays": _l("Choose at least one weekday."),
    "series-month-day": _l("Choose a date of the month or a weekday of it: one of the two."),
    "series-endless": _l("Say until which day it repeats, or how many times."),
    "series-two-ends": _l("Say either until which day it repeats or how many times, not both."),
    "series-count": _l("A series needs at least one date. Write how many times it repeats."),
    "series-ends-early": _l("The last day comes before the first. Choose a later one."),
    "series-far": _l("A series lasts %(years)s years at most. Let it end earlier, or make another one then."),
    "series-too-long": _l("A series holds %(limit)s dates at most, and this would make more. Let it end earlier."),
    "series-empty": _l("No dates come of this. Choose other days, or a later end."),
    "rrule-unknown": _l("A series cannot repeat by %(part)s."),
    "series-over": _l("Nothing of this series is left to change."),
    "series-rule-alone": _l("One date cannot repeat otherwise. Choose the following ones, or all."),
    "series-day-alone": _l("Only one date by itself moves to another day. Change how the series repeats instead."),
    "series-twice": _l("Another date of the series has this place then: %(day)s."),
    "date-unknown": _l("The series has no such date."),
    "external-name": _l("Give the calendar a name of at most %(longest)s characters."),
    "external-zone": _l("Choose one of the time zones."),
    "external-zone-asked": _l("The calendar names a time zone that is not known (%(names)s). Choose which one it is."),
    "external-limit": _l("There are %(most)s calendars already. Remove one first."),
    "external-looks": _l("You have looked at %(most)s calendars within an hour. Wait a while."),
    "external-draft-gone": _l("What you were looking at is kept no longer. Add the calendar again."),
    "external-unknown": _l("There is no such calendar. It may have been removed."),
    "external-act": _l("Choose what to do with the calendar."),
    "external-source": _l("Give an address or choose a file: one of the two."),
    "address-lost": _l(
        "The address cannot be read any more: the house has another secret key. Add the calendar again."
    ),
    "event-nameless": _l("Write a title in Swedish or in English."),
    "event-text-long": _l("Write at most %(longest)s characters here."),
    "event-choice": _l("Choose one of what is offered."),
    "event-long": _l("An event lasts %(days)s days at most."),
    "event-full": _l("An event holds %(most)s of these at most. Choose which to leave out."),
    "event-over": _l("What is over stays as it was. Choose a later time."),
    "event-state": _l("That cannot be done with this event as it stands. Open its page again."),
    "event-seen": _l("Others have seen this event. Cancel it instead of deleting it."),
    "event-staff": _l("Only the staff plan events. Ask them."),
    "announcement-staff": _l("Only the staff announce something. Ask them."),
    "announcement-empty": _l("Write what is announced in Swedish or in English."),
    "announcement-long": _l("Choose an earlier end: %(days)s days are the most."),
    "announcement-timeless": _l("Say when it happens: calendars take nothing without a time."),
    "announcement-nowhere": _l("Choose where it stands."),
    "announcement-gone": _l("This announcement is withdrawn. Put up another one."),
    "announcement-important": _l("This is important. Leave it up until it is over."),
    "mailing-staff": _l("Only the staff write to groups. Ask them."),
    "mailing-empty": _l("Write a subject and a text in Swedish or in English."),
    "mailing-days": _l("Say on which days they have booked there."),
    "mailing-long": _l("Choose an earlier last day: %(days)s days are the most."),
    "mailing-whose": _l("Choose on which days they have booked, or an event: else it is news."),
    "mailing-sent": _l("This is sent already and stays as it is. Write another one."),
    "mailing-left": _l("It has begun to leave. Write another one to put it right."),
    "mailing-nobody": _l("Nobody is in this group now. Choose another one."),
    "mailing-count": _l("It reaches %(count)s people now. Look at them again, and write that number."),
    "news-staff": _l("Only the staff tell news. Ask them."),
    "news-empty": _l("Write a title and a text in Swedish or in English first."),
    "news-alt": _l("Say what the picture shows, for those who do not see it."),
    "news-far": _l("Choose a day within a year."),
    "news-address": _l("The address takes small letters a to z, figures and hyphens, %(longest)s at most."),
    "news-address-taken": _l("Another news item has or had that address. Choose another one."),
    "news-unseen": _l("Nobody has seen this yet. Delete it instead."),
    "news-seen": _l("Others have seen this. Archive it instead of deleting it."),
    "fire-limit": _l("Write how many people the floor may hold, from 1 to %(most)s, or nothing for no limit."),
    "registration-none": _l("Nobody registers for this event just now. Look at the others that are to come."),
    "registration-early": _l("Registration opens %(at)s. Come back then."),
    "registration-closed": _l("Registration closed %(at)s. Ask whoever arranges it, or look at the other events."),
    "registration-members": _l("Only members register for this event. Log in, or look at the other events."),
    "registration-unknown": _l("There is no such registration. Open the event and register anew."),
    "registration-over": _l("This link is over. Open the event and register anew."),
    "registration-capacity": _l("Write how many places there are, from 1 to %(most)s, or nothing for as many as come."),
    "registration-below": _l("%(count)s places are taken already. Write at least as many."),
    "registration-order": _l("Registration closes after it has opened. Choose a later time."),
    "registration-late": _l("Registration closes before the event ends. Choose an earlier time."),
    "registration-hours": _l("Let an offer stand for 1 to %(most)s hours."),
    "registration-days": _l("Keep what people eat for 0 to %(most)s days after the event."),
    "question-many": _l("An event asks %(most)s questions at most: take one away first."),
    "question-malformed": _l("Write the question in Swedish or in English, with at most %(longest)s characters."),
    "question-choices": _l("Give 2 to %(most)s answers to choose among, one on each line."),
    "answer-missing": _l("Answer this question."),
    "answer-malformed": _l("Write at most %(longest)s characters, on one line."),
    "event-session-unknown": _l("That session is not to be chosen. Open the page again."),
    "session-full": _l("All places of %(event)s are taken. Choose another session, or leave it out."),
    "event-taken": _l("All %(count)s places are taken. Look at the other events that are to come."),
    "event-taken-staff": _l("All %(count)s places are taken. Write why somebody comes all the same."),
    "floor-full": _l("No more than %(most)s people may be on that floor then, by its fire limit. Choose another time."),
    "house-full": _l("No more people may be on the floor then, by its fire limit. Look at the other events."),
    "here-already": _l("Checked in already %(at)s, by %(name)s. Nothing more is to be done."),
    "door-shut": _l("The event is %(at)s. People are checked in from 12 hours before it until 12 hours after it."),
    "ticket-none": _l("This registration has no place. Look for the name at the door, or add the person there."),
    "feedback-over": _l("This link is over, or you have answered already. Look at the events that are to come."),
    "feedback-empty": _l("Choose a mark, or write something."),
    "feedback-questions": _l("Write at most %(most)s questions, each of at most %(longest)s characters."),
    "ticket-over": _l("This ticket is over. Look at the events that are to come."),
    "link-malformed": _l("Write who the link is for, and from 1 to %(most)s places."),
    "link-many": _l("An event has %(most)s links at most: end one first."),
    "link-large": _l("%(count)s places are left to set aside. Choose fewer, or raise how many there are."),
    "event-copies": _l("A series is made of 1 to %(most)s copies at a time."),
    "event-hits": _l("Bookings stand in the way: %(count)s. Choose what becomes of each."),
    "plan-changed": _l("Something has changed since this was shown. Look at it again."),
    "piece-long": _l("A session or a room lasts a day at most, and 12 hours before and after it."),
    "piece-away": _l("A session or a room lies within %(days)s days of its event."),
    "materials-malformed": _l("Write at most %(most)s links, each with its whole address at the end of the line."),
    "programme-columns": _l("The first line has to name the columns date, start and end, and title_sv or title_en."),
    "speaker-nameless": _l("Write the name of the person."),
    "address-unreadable": _l("That is no address. Copy it whole, from https:// to its end."),
    "address-scheme": _l("The address has to begin with https://, http:// or webcal://."),
    "address-password": _l(
        "The address holds a name or a password. Ask its owner for a calendar address with a key instead."
    ),
    "address-host": _l("The host of the address is not written as hosts are."),
    "address-port": _l("Calendars are not fetched from port %(port)s. Ask the operator to allow it."),
    "address-nowhere": _l("There is no server by the name in the address. Check it."),
    "address-private": _l("The address leads into a private network, and there nothing is fetched."),
    "address-redirects": _l("The address sends on more than %(most)s times."),
    "address-downgrade": _l("The address sends on from https to http, and is not followed there."),
    "fetch-failed": _l("The calendar could not be fetched: the server broke off or answered what cannot be read."),
    "fetch-status": _l("The calendar could not be fetched: its server answered with error %(status)s."),
    "fetch-slow": _l("The calendar could not be fetched: its server took too long."),
    "fetch-large": _l("The calendar is larger than the %(mb)s MB that are read."),
    "fetch-certificate": _l(
        "The server could not prove that it is the one in the address: its certificate is not valid."
    ),
    "calendar-html": _l("That is a web page, not a calendar. Look for an address or a file that ends with .ics."),
    "calendar-none": _l("That is no calendar in the iCalendar format (.ics)."),
    "calendar-long": _l("The calendar has more than %(most)s lines."),
    "calendar-nested": _l("The calendar has parts within parts too deep to be one."),
    "calendar-truncated": _l(
        "The calendar breaks off before its end. What is missing would be taken for free, so nothing of it was read."
    ),
    "calendar-costly": _l("Reading the calendar took more time or memory than it may, so nothing of it was read."),
}

WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "span": span_text,
    "day": day_long,
    "last": day_long,
    "minutes": duration,
    "at": lambda instant: f"{day_short(instant)} {clock(instant)}",
    "holiday": lambda names: names[language()],
    "plan": lambda names: names[language()],
    "allowed": duration,
    "left": duration,
    "of": lambda of: of[language()] if isinstance(of, Mapping) else gettext(_KINDS[of]),
    "per": lambda per: {"day": gettext("a day"), "week": gettext("a week"), "month": gettext("a month")}[per],
    "event": lambda names: f"«{names[language()]}»" if names[language()] else gettext("an event"),
    "who": lambda role: {"host": gettext("the staff"), "admin": gettext("administrators")}[role],
}
_KINDS: Mapping[str | None, str] = {
    "desk": "desks", "room": "meeting rooms", "booth": "phone booths", "hall": "the stage", None: "everything",
}  # fmt: skip


def sentence(refusal: Refusal) -> str:
    """Say a refusal in the reader's language, naming the rule and its numbers."""
    values = {name: WRITTEN[name](value) if name in WRITTEN else str(value) for name, value in refusal.values.items()}
    return str(REFUSALS[refusal.code]) % values if values else str(REFUSALS[refusal.code])
