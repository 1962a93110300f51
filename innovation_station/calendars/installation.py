"""What entries share in this installation, from its settings."""

from __future__ import annotations

from flask import current_app

from innovation_station.calendars.rules import Setting


def setting(base_url: str | None = None) -> Setting:
    """Give zone and address of the house; `base_url` stands in where none is set."""
    return Setting(current_app.config["ZONE"], current_app.config["STATION"].base_url or base_url or "")
