"""What pages say of feeds: what one is of, how it fares, and how to subscribe, program by program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from innovation_station.bookings.choice import Choice, filter_names, place_title
from innovation_station.calendars.event_entries import filter_of
from innovation_station.calendars.health import Health
from innovation_station.calendars.rules import EVENTS, OWN
from innovation_station.calendars.scopes import Wanted, choice_of
from innovation_station.events import words as event_words
from innovation_station.events.rules import Filter
from innovation_station.i18n import clock, day_full, day_short, language, local, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import AMENITIES, House


def view_text(choice: Choice, house: House) -> str:
    """Say which places a view shows."""
    kinds = {"desk": _("Desks"), "room": _("Rooms"), "booth": _("Phone booths"), "hall": _("Stages")}
    said = [kinds[choice.kind]]
    if choice.zone is not None and choice.zone in house.zones:
        said.append(house.zones[choice.zone].names[language()])
    if choice.seats:
        said.append(_("At least %(seats)d seats", seats=choice.seats).lower())
    names = filter_names()
    said += [names[name][0].lower() + names[name][1:] for name in AMENITIES if name in choice.amenities]
    return ", ".join(said)


def events_text(chosen: Filter, organisations: Mapping[int, str]) -> str:
    """Say which events a calendar holds."""
    return _("Events: %(what)s", what=kinds_text(chosen, organisations)) if chosen.query else _("Events")


def kinds_text(chosen: Filter, organisations: Mapping[int, str]) -> str:
    """Name what events are filtered by."""
    names = event_words.category_names() | event_words.format_names()
    kinds = [names[one] for one in (chosen.category, chosen.format) if one]
    return ", ".join(filter(None, (*kinds, organisations.get(chosen.organisation or 0, ""))))


def title(wanted: Wanted, house: House, organisations: Mapping[int, str]) -> str:
    """Name what a feed is of, also as the name to begin with; "" where it is not there."""
    subject = wanted.subject_id or 0
    if wanted.scope == "space":
        return place_title(house.places[subject]) if subject in house.places else ""
    if wanted.scope == "zone":
        return house.zones[subject].names[language()] if subject in house.zones else ""
    if wanted.scope == "organisation":
        return organisations.get(subject, "")
    if wanted.scope == EVENTS:
        return events_text(filter_of(wanted.query), organisations)
    if wanted.scope == "view":
        return view_text(choice_of(wanted.query), house)
    return _("All places") if wanted.scope == "staff" else _("My bookings")


def about(wanted: Wanted, house: House, organisations: Mapping[int, str]) -> str:
    """Say what is in a feed."""
    busy, name = wanted.level == "busy", title(wanted, house, organisations)
    if wanted.scope == OWN:
        if busy:
            return _("When you are busy, and nothing else: to share with others.")
        return _("Your desks and rooms. Changes and cancellations come along.")
    if wanted.scope == "staff":
        return _("When all places are taken.") if busy else _("All that is booked in the house, and by whom.")
    if wanted.scope == EVENTS:
        chosen = filter_of(wanted.query)
        if chosen.query:
            return _(
                "Events that you may see: %(what)s. Changes come along, and cancelled ones are marked.",
                what=kinds_text(chosen, organisations),
            )
        return _("All events that you may see. Changes come along, and cancelled ones are marked.")
    if wanted.scope == "organisation":
        if busy:
            return _("When %(name)s has booked something.", name=name)
        return _("What %(name)s has booked, and who has.", name=name)
    if busy:
        return _("When this is taken: %(what)s.", what=name)
    if wanted.level == "full":
        return _("What this is booked for, and by whom: %(what)s.", what=name)
    return _("What this is booked for, as far as it is shown to members: %(what)s.", what=name)


def mark(wanted: Wanted) -> tuple[str, str | None, str]:
    """Give the tag that tells how much a feed says: its words, kind and sign."""
    if wanted.level == "busy":
        return _("Busy times only"), None, "clock"
    if wanted.scope == OWN:
        return _("Only for you"), "wait", "key"
    if wanted.scope == EVENTS:
        return _("What members see"), None, "people"
    if wanted.level == "full":
        return _("With names"), "wait", "key"
    return _("What members see"), None, "people"


def reminder_names() -> dict[int, str]:
    """Name the times before it begins at which an entry can remind of itself."""
    return {
        0: _("Not at all"), 5: _("5 minutes before"), 10: _("10 minutes before"), 15: _("15 minutes before"),
        30: _("30 minutes before"), 60: _("An hour before"), 120: _("Two hours before"), 1440: _("A day before"),
    }  # fmt: skip


def program_name(program: str) -> str:
    """Name the program that fetches."""
    names = {"": _("a program"), "a browser": _("a browser"), "Apple Calendar": _("Apple Calendar")}
    return names.get(program, program)


def made(at: datetime, now: datetime) -> str:
    """Say since when there is a feed."""
    return _("Made today") if local(at).date() == local(now).date() else _("Made %(day)s", day=day_full(at))


def fetched(at: datetime, program: str, now: datetime) -> str:
    """Say when and by what a feed was fetched last."""
    who = program_name(program)
    days = (local(now).date() - local(at).date()).days
    if days <= 0:
        return _("Fetched by %(program)s today %(time)s", program=who, time=clock(at))
    if days == 1:
        return _("Fetched by %(program)s yesterday %(time)s", program=who, time=clock(at))
    return _("Fetched by %(program)s %(day)s %(time)s", program=who, day=day_short(at), time=clock(at))


def roughly(length: timedelta) -> str:
    """Say a length of time as people do: in minutes, in hours, in days."""
    minutes = round(length.total_seconds() / 60)
    if minutes < 55:
        return ngettext("%(num)d minute", "%(num)d minutes", max(1, minutes))
    hours = round(length.total_seconds() / 3600)
    if hours < 36:
        return ngettext("%(num)d hour", "%(num)d hours", hours)
    return ngettext("%(num)d day", "%(num)d days", round(hours / 24))


def pace(found: Health) -> str:
    """Say how often a program comes, "" as long as that is not known."""
    if found.every is None:
        return ""
    if timedelta(hours=20) <= found.every <= timedelta(hours=28):
        return _("mostly once a day")
    return _("mostly every %(time)s", time=roughly(found.every))


def behind(found: Health) -> str:
    """Say that the newest change was not fetched yet, "" where it was."""
    if found.waits is None:
        return ""
    return _("The newest change, %(time)s old, has not been fetched yet.", time=roughly(found.waits))


def advice(found: Health, program: str, *, own: bool) -> str:
    """Say what to do, or what to expect; `own` tells that its changes reach the member by mail too."""
    if found.state == "new":
        return _("Most programs fetch within an hour of getting the address, Google within a day.")
    if found.state == "never":
        return _(
            "Nobody has fetched it. Look whether the whole address was pasted, and as a subscription: a file that was"
            " imported does not follow changes."
        )
    if found.state == "stopped":
        return _(
            "It is not fetched any more. The calendar may have been taken away or switched off there: look in the"
            " program, or subscribe once more."
        )
    said = _pace_of(program)
    if own and found.state == "behind" and said:
        return said + " " + _("Changes reach you by mail meanwhile.")
    return said


def _pace_of(program: str) -> str:
    return {
        "Google Calendar": _("Google fetches about once a day, and cannot be told to do it sooner."),
        "Outlook": _("Outlook on the web fetches about every three hours, Outlook for Windows whenever it sends and"
                     " receives."),
        "Apple Calendar": _("Apple Calendar fetches as often as you let it: on a Mac under Get Info, on an iPhone"
                            " under Settings, Fetch New Data."),
        "Thunderbird": _("Thunderbird fetches every half hour, or as the properties of the calendar say."),
        "ICSx⁵": _("ICSx⁵ fetches once a day, or as its settings say."),
    }.get(program, "")  # fmt: skip


def help_steps() -> list[dict[str, Any]]:
    """Give for each program its name, a link to begin with (None without one) and the steps."""
    paste = _("Paste the address that you have copied here.")
    return [
        {"id": "google", "name": "Google Calendar",
         "href": "https://calendar.google.com/calendar/r/settings/addbyurl", "link": _("Open Google Calendar"),
         "steps": [_("Open Google Calendar on a computer: its app cannot do this, and shows it afterwards."),
                   _("Beside Other calendars, press the plus, then From URL."), paste, _("Press Add calendar.")]},
        {"id": "outlook-web", "name": _("Outlook on the web, and the new Outlook"),
         "href": "https://outlook.office.com/calendar/addcalendar", "link": _("Open Outlook"),
         "steps": [_("In the calendar, press Add calendar."), _("Choose Subscribe from web."), paste,
                   _("Give it a name and press Import.")]},
        {"id": "outlook", "name": _("Outlook for Windows (classic)"), "href": None, "link": "",
         "steps": [_("Press Open in a calendar program under the feed, and let Outlook open it."),
                   _("Or: in the calendar, Add calendar, From Internet."), paste,
                   _("Answer Yes to the question whether to subscribe.")]},
        {"id": "iphone", "name": "iPhone, iPad", "href": None, "link": "",
         "steps": [_("Press Open in a calendar program, or scan the QR code with the camera."),
                   _("Press Subscribe, then Add."),
                   _("Or: Calendar, Calendars, Add Calendar, Add Subscription Calendar, and paste the address.")]},
        {"id": "mac", "name": "Mac", "href": None, "link": "",
         "steps": [_("Press Open in a calendar program. Calendar asks; press Subscribe."),
                   _("Beside Auto-refresh, choose how often it fetches."),
                   _("Choose iCloud as the place, and your phone shows it too.")]},
        {"id": "thunderbird", "name": "Thunderbird", "href": None, "link": "",
         "steps": [_("Right-click in the list of calendars and choose New Calendar."),
                   _("Choose On the Network, leave the user name empty."), paste,
                   _("Press Find Calendars, then Subscribe.")]},
        {"id": "android", "name": _("Android, with ICSx⁵"), "href": None, "link": "",
         "steps": [_("Install ICSx⁵ from F-Droid or the Play Store: Android has no way of its own."),
                   _("Press Open in a calendar program here, or the plus in the app."), paste,
                   _("Choose how often it fetches, and in which colour it is shown.")]},
    ]  # fmt: skip


def state_name(state: str) -> tuple[str, str | None, str]:
    """Give the tag of how a subscription fares: its words, kind and sign."""
    return {
        "new": (_("Not fetched yet"), None, "info"), "never": (_("Never fetched"), "wait", "alarm"),
        "stopped": (_("No longer fetched"), "wait", "alarm"), "behind": (_("Change not fetched"), None, "clock"),
        "well": (_("Fetched"), "ok", "check"),
    }[state]  # fmt: skip


def entries_text(count: int | None) -> str:
    """Say how many entries the last whole fetch got, "" where there was none."""
    return "" if count is None else ngettext("%(num)d entry", "%(num)d entries", count)
