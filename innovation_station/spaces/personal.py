"""What the house and its places know of people: nothing."""

from __future__ import annotations

from innovation_station.personal import Personal

personal = Personal()
personal.impersonal("house", "floor", "zone", "space", "space_part", "space_link", "space_layout", "space_code")
personal.impersonal("space_picture", "floor_picture")
personal.impersonal("opening_hours", "policy", "closure")
