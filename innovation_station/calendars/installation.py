"""What entries share in this installation, from its settings."""

from __future__ import annotations

from flask import current_app, has_request_context, request

from innovation_station import clock
from innovation_station.calendars.rules import Setting, Today


def setting() -> Setting:
    """Give zone and address of the house.

    Where no base URL is set, as on a developer's machine, the address is the one that is being asked, which the
    guard has checked to be this machine; outside of a request there is none and entries carry no link.
    """
    base = current_app.config["STATION"].base_url
    if not base:
        base = request.host_url.rstrip("/") if has_request_context() else ""
    return Setting(current_app.config["ZONE"], base)


def today() -> Today:
    """Give today in the house, and the window that feeds cover on it."""
    return Today.at(clock.now(), setting(), current_app.config["STATION"].feed_past_months)
