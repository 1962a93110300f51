"""What displays know of people: nothing. A walk-up is nobody's, and a network is kept as a hash for an hour's count."""

from __future__ import annotations

from innovation_station.personal import Personal

personal = Personal()
personal.impersonal("display", "walk_up")
