"""The public page about privacy, made of the data classes."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from innovation_station import personal
from innovation_station.privacy.words import basis_name, end_name

pages = Blueprint("privacy", __name__)


@pages.get("/privacy")
def about() -> ResponseReturnValue:
    """Say what the house knows of people, why, for how long, and what they can ask for."""
    classes = [
        {
            "name": data.name, "title": data.title, "holds": data.holds, "purpose": data.purpose,
            "basis": basis_name(data.basis), "retention": data.retention, "end": end_name(data.ends),
        }
        for data in personal.known(current_app).in_reading_order
    ]  # fmt: skip
    return render_template("privacy/about.html", classes=classes)
