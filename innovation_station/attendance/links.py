"""The address of a ticket; see `deeds.bearer`."""

from __future__ import annotations

from innovation_station.deeds.bearer import Bearer

PATH = "/tickets/"
_links = Bearer("ticket", PATH)
token, path, read = _links.token, _links.path, _links.read
