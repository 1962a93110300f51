"""What jobs know of people: nothing, their results are counts."""

from __future__ import annotations

from innovation_station.personal import Personal

personal = Personal()
personal.impersonal("job")
