"""What operating knows of people: nothing."""

from __future__ import annotations

from innovation_station.personal import Personal

personal = Personal()
personal.impersonal("backup")
