"""What news know of people: nothing. Who wrote them stands in the audit trail."""

from __future__ import annotations

from innovation_station.personal import Personal

personal = Personal()
personal.impersonal("news_item", "news_picture", "news_address")
