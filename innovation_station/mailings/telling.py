"""News of the house as a kind of notice: each member chooses whether they come, and how."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from innovation_station.events.rules import in_language
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values


def _say(values: Values, _names: Names) -> Said:
    titles: dict[str, Any] = values["titles"]
    title = in_language((titles["sv"], titles["en"]), language())[0]
    return Said(title, action=_("Read it"), endpoint="mailings.show", parts={"mailing_id": values["mailing"]})


NEWS = Kind(
    "house-news", _l("News from the house"), _l("What the house tells everybody, or a group that you are in."), _say,
    mail="off", template="news-mailing",
)  # fmt: skip
KINDS = (NEWS,)
