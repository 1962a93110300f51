"""Pages about feeds, and the feeds themselves."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings.models import Booking
from innovation_station.calendars import queries, rules, service
from innovation_station.calendars.feed_views import ALL_METHODS, RULE, SPACE_RULE, feed, of_space
from innovation_station.calendars.forms import FeedForm, NameForm
from innovation_station.calendars.installation import today as read_today
from innovation_station.calendars.models import Feed
from innovation_station.calendars.rules import Today
from innovation_station.db import transaction
from innovation_station.delivery import shows_secret
from innovation_station.errors import Refused
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import day_short, language, local, span_short, weekday_short
from innovation_station.i18n import gettext as _
from innovation_station.spaces.rules import Language
from innovation_station.web import actor, base_url, current_house, signed_in

pages = Blueprint("calendars", __name__)


@pages.route("/calendars", methods=["GET", "POST"])
@signed_in
@shows_secret
def index() -> ResponseReturnValue:
    """List the member's feeds, and make one."""
    form = FeedForm(name=rules.WORDS[language()]["feed"], language=language())
    if request.method == "GET":
        return _page(form)
    if not form.validate_on_submit():
        return _page(form), 422
    chosen: Language = "en" if form.language.data == "en" else "sv"
    try:
        with transaction():
            feed = service.create_feed(
                actor(), name=form.name.data or "", language=chosen, secret_key=_key(), today=read_today()
            )
    except Refused as refused:
        form.blame(refused.refusals)
        return _page(form), refused.status
    flash(_("%(name)s has an address now. Copy it into your calendar program.", name=feed.name), "ok")
    return _back(feed.id)


@pages.post("/calendars/<id:feed_id>/name")
@signed_in
def rename(feed_id: int) -> ResponseReturnValue:
    """Give a feed another name."""
    form = NameForm()
    try:
        if not form.validate_on_submit():
            return _page(_new_form(), renaming=(feed_id, form)), 422
        with transaction():
            service.rename_feed(actor(), feed_id, name=form.name.data or "", now=clock.now())
    except Refused as refused:
        form.blame(refused.refusals)
        return _page(_new_form(), renaming=(feed_id, form)), refused.status
    flash(_("The name is changed. Calendar programs that have it already may keep the old one."), "ok")
    return _back(feed_id)


@pages.post("/calendars/<id:feed_id>/renew")
@signed_in
def renew(feed_id: int) -> ResponseReturnValue:
    """Give a feed a new secret address."""
    with transaction():
        feed = service.renew_feed(actor(), feed_id, secret_key=_key())
    flash(_("%(name)s has a new address. The old one no longer works.", name=feed.name), "ok")
    return _back(feed_id)


@pages.post("/calendars/<id:feed_id>/revoke")
@signed_in
def revoke(feed_id: int) -> ResponseReturnValue:
    """End a feed."""
    with transaction():
        service.revoke_feed(actor(), feed_id, now=clock.now())
    flash(_("The address no longer works."), "ok")
    return redirect(url_for("calendars.index"), 303)


def _back(feed_id: int) -> ResponseReturnValue:
    return redirect(url_for("calendars.index", _anchor=f"feed-{feed_id}"), 303)


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])


def _new_form() -> FeedForm:
    return FeedForm(formdata=None, name=rules.WORDS[language()]["feed"], language=language())


def _page(form: FeedForm, renaming: tuple[int, NameForm] | None = None) -> str:
    today = read_today()
    feeds = [_shown(feed, today, renaming) for feed in queries.of_member(actor().id)]
    coming = queries.soon(actor().id, today.now, today.window.cancelled)
    return render_template(
        "calendars/index.html",
        form=form,
        feeds=feeds,
        full=len(feeds) >= rules.FEEDS_MOST,
        preview=[_previewed(booking) for booking in coming],
        only_here=current_app.config["STATION"].base_url is None,
        months=current_app.config["STATION"].feed_past_months,
    )


def _shown(feed: Feed, today: Today, renaming: tuple[int, NameForm] | None) -> dict[str, object]:
    """Give what the page says of a feed; no address where the secret key has changed since it was made."""
    token = rules.feed_token(_key(), feed.member_id, feed.nonce)
    url = None
    if rules.token_hash(token) == feed.token_hash:
        url = base_url() + url_for("calendars.feed", rest=f"{token}.ics")
    given = renaming[1] if renaming and renaming[0] == feed.id else None
    return {
        "id": feed.id,
        "name": feed.name,
        "language": feed.language,
        "url": url,
        "webcal": url and "webcal" + url[url.index(":") :],
        "fetched": feed.last_fetched_at and _fetched(feed.last_fetched_at, feed.last_client, today),
        "typed": (given.name.data or "") if given else feed.name,
        "errors": given.name.errors if given else [],
    }


def _fetched(at: datetime, program: str, today: Today) -> str:
    """Say when and by what a feed was fetched last."""
    who = program if program not in ("", "a browser") else _("a browser") if program else _("a program")
    days = (today.date - local(at).date()).days
    if days <= 0:
        return _("Fetched by %(program)s today %(time)s", program=who, time=clock_text(at))
    if days == 1:
        return _("Fetched by %(program)s yesterday %(time)s", program=who, time=clock_text(at))
    return _("Fetched by %(program)s %(day)s %(time)s", program=who, day=day_short(at), time=clock_text(at))


def _previewed(booking: Booking) -> dict[str, object]:
    house = current_house()
    how = rules.wording(house.places[booking.space_id], house, language())
    return {
        "day": f"{weekday_short(booking.start)} {local(booking.start).day}",
        "span": span_short(booking.span),
        "title": booking.title or how.label,
        "place": how.label if booking.title else house.zone_name(house.places[booking.space_id], language()),
        "cancelled": booking.cancelled,
    }


pages.add_url_rule(RULE, "feed", feed, methods=list(ALL_METHODS), provide_automatic_options=False)
pages.add_url_rule(SPACE_RULE, "of_space", of_space, methods=["GET"], provide_automatic_options=False)
