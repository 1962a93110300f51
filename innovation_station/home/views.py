"""The start, today, and the pages every house has."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr

from flask import Blueprint, Response, abort, current_app, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from innovation_station import clock
from innovation_station.announcements.views import shown as announced
from innovation_station.bookings.allowances import measured
from innovation_station.bookings.day import Stretch
from innovation_station.bookings.rows import Line, Pen
from innovation_station.bookings.service import moment as moment_of
from innovation_station.delivery import static_url
from innovation_station.home import start as front
from innovation_station.home.rules import DAYS_AHEAD
from innovation_station.home.today import Today
from innovation_station.i18n import language, local, zone
from innovation_station.web import actor, base_url, current_house, own_needs

pages = Blueprint("home", __name__)
# Programs that fetch feeds keep to this file: nothing under /feeds and /calendar may ever be listed here.
ROBOTS = "User-agent: *\nDisallow: /bookings\nDisallow: /account\nDisallow: /calendars\n"
MAP = "Sitemap: {base}/sitemap.xml\n"


@pages.get("/")
def start() -> ResponseReturnValue:
    """Show a visitor the house, and a member the day."""
    house, now = current_house(), clock.now()
    moment = moment_of(now, zone(), house)
    if current_user.is_authenticated:
        who, today = actor(), local(now).date()
        moment = measured(moment, house, who, who.access, today, today + timedelta(days=DAYS_AHEAD))
        page = Today(who, house, moment, own_needs()).page()
        page["announced"] = announced("today", house, now, who, "/")
        return render_template("home/today.html", page=page)
    return render_template("home/start.html", page=front.page(house, moment))


@pages.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    """Say how accessible the pages are, what is not, and how to tell us; the law asks for it."""
    station = current_app.config["STATION"]
    named = station.sources.get("mail_from", "default") != "default"
    return render_template("home/accessibility.html", mail=parseaddr(station.mail_from)[1] if named else None)


@pages.get("/style")
def style() -> ResponseReturnValue:
    """Show every component, while developing only."""
    if not current_app.debug:
        abort(404)
    return render_template("style.html", pen=Pen(language(), "", "", (32, 72)), line=_sample, stretch=Stretch)


def _sample(number: int, kind: str, name: str) -> Line:
    return Line(number, kind, kind == "room", name, name, "Perrongen", "8 seats", "Perrongen, extra screen")


@pages.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """Send browsers that ask without reading the page to the picture."""
    answer = redirect(static_url("favicon.svg"), 301)
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@pages.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """Keep search engines to what is public."""
    answer = Response(ROBOTS + MAP.format(base=base_url()), mimetype="text/plain")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
