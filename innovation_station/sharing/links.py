"""The link of a guest: it opens the page of the visit, whose button says that one cannot come; see `deeds.bearer`."""

from __future__ import annotations

from innovation_station.deeds.bearer import LONGEST, Bearer

__all__ = ["LONGEST", "PATH", "path", "read", "token"]
PATH = "/visit/"
_visits = Bearer("sharing.visit", PATH)
token, path, read = _visits.token, _visits.path, _visits.read
