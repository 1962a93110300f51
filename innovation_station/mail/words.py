"""What kinds of mail and what went wrong are called, in the reader's language."""

from __future__ import annotations

from datetime import timedelta

from innovation_station.i18n import clock, ngettext
from innovation_station.i18n import gettext as _
from innovation_station.jobs.rules import Schedule


def kind_name(kind: str) -> str:
    """Name a kind of mail; one that has no name here is called what the code calls it."""
    names = {
        "account": _("Account"), "operations": _("Operations"), "guest": _("Guests"), "registration": _("Events"),
        "house": _("The house"),
    }  # fmt: skip
    return names.get(kind, kind)


def problem_text(problem: str | None) -> str:
    """Say why a mail was parked."""
    return {
        "refused": _("The receiver's mail server does not take it."),
        "unreachable": _("The mail server could not be reached for three days."),
        "unreadable": _("The mail could not be written. The log says why."),
        "interrupted": _("Sending it broke off three times."),
    }.get(problem or "", "")


def schedule_text(schedule: Schedule) -> str:
    """Say how often a job runs."""
    if schedule.daily is not None:
        return _("daily %(time)s", time=clock(schedule.daily))
    minutes, seconds = divmod(round((schedule.every or timedelta()).total_seconds()), 60)
    if seconds:
        return ngettext("every second", "every %(num)d seconds", minutes * 60 + seconds)
    if minutes % 60 == 0:
        return ngettext("every hour", "every %(num)d hours", minutes // 60)
    return ngettext("every minute", "every %(num)d minutes", minutes)


def lasted(span: timedelta) -> str:
    """Say how long a run took."""
    seconds = round(span.total_seconds())
    if seconds < 1:
        return _("under a second")
    return ngettext("%(num)d second", "%(num)d seconds", seconds) if seconds < 120 else ngettext(
        "%(num)d minute", "%(num)d minutes", round(seconds / 60)
    )  # fmt: skip
