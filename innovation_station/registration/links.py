"""The link of a registration: confirm it, change it, answer an offer, cancel it; see `deeds.bearer`."""

from __future__ import annotations

from innovation_station.deeds.bearer import Bearer

PATH = "/registrations/"
_links = Bearer("registration", PATH)
token, path, read = _links.token, _links.path, _links.read
