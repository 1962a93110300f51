"""What members are told of their feeds: that somebody of the house has ended one."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from innovation_station.calendars.models import Feed
from innovation_station.i18n import gettext as _
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values


def _revoked(values: Values, _names: Names) -> Said:
    text = _("Its address answers nothing any more, and your calendar program will soon stop showing it. You can make"
             " another under Calendars.")  # fmt: skip
    return Said(_("The calendar %(name)s was ended", name=values["name"]), text, _("Calendars"),
                "calendars.index", {})  # fmt: skip


REVOKED = Kind(
    "feed-revoked", _l("A calendar of yours was ended"), _l("When the house ends a calendar that you subscribe to."),
    _revoked,
)  # fmt: skip
KINDS = (REVOKED,)


def revoked(feed: Feed, now: datetime) -> None:
    """Tell whose it was."""
    notices.notify(REVOKED, feed.member_id, {"name": feed.name}, now=now, subject=f"feed-{feed.id}")
