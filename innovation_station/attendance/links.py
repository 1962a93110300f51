"""The addresses of a ticket, and of the form after the event; see `deeds.bearer`."""

from __future__ import annotations

from innovation_station.deeds.bearer import Bearer

PATH = "/tickets/"
_links = Bearer("ticket", PATH)
token, path, read = _links.token, _links.path, _links.read

FEEDBACK_PATH = "/feedback/"
feedback = Bearer("feedback", FEEDBACK_PATH)
