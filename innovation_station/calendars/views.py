"""Pages about feeds, and the feeds themselves."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms.fields.choices import SelectChoice

from innovation_station import clock
from innovation_station.bookings import beside
from innovation_station.bookings.beside import Looked, Part
from innovation_station.bookings.choice import filtered
from innovation_station.bookings.models import Booking
from innovation_station.calendars import queries, rules, scopes, service, shown, words
from innovation_station.calendars.feed_views import ALL_METHODS, RULE, SPACE_RULE, feed, of_space
from innovation_station.calendars.forms import FeedForm, NameForm
from innovation_station.calendars.installation import today as read_today
from innovation_station.calendars.models import Feed
from innovation_station.calendars.rules import EVENTS, OWN
from innovation_station.calendars.scopes import Reader
from innovation_station.db import transaction
from innovation_station.delivery import shows_secret
from innovation_station.errors import NotFound, Refused
from innovation_station.events.rules import Filter
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, local, span_short, weekday_short
from innovation_station.plates.staff import picture
from innovation_station.spaces.rules import Language
from innovation_station.web import actor, base_url, current_house, signed_in

pages = Blueprint("calendars", __name__)


@pages.route("/calendars", methods=["GET", "POST"])
@signed_in
@shows_secret
def index() -> ResponseReturnValue:
    """List the member's feeds, and make one; the query says of what, where one comes from a page with filters."""
    reader = service.reader(actor())
    if request.method == "GET":
        return _page(_new_form(reader, request.args), reader)
    form = _offered(FeedForm(name=rules.WORDS[language()]["feed"], language=language()), reader)
    if not form.validate_on_submit():
        return _page(form, reader), 422
    chosen: Language = "en" if form.language.data == "en" else "sv"
    try:
        with transaction():
            feed = service.create_feed(
                actor(), name=form.name.data or "", language=chosen, secret_key=_key(), today=read_today(),
                chosen=scopes.most(reader, form.chosen, current_house()),
            )  # fmt: skip
    except Refused as refused:
        form.blame(refused.refusals)
        return _page(form, reader), refused.status
    flash(_("%(name)s has an address now. Copy it into your calendar program.", name=feed.name), "ok")
    return _back(feed.id)


@pages.get("/calendars/<id:feed_id>/phone")
@signed_in
@shows_secret
def phone(feed_id: int) -> ResponseReturnValue:
    """Show the address of a feed as a QR code, for a phone's camera."""
    row = queries.living(actor().id, feed_id)
    url = url_of(row) if row else None
    if row is None or url is None:
        raise NotFound
    steps = [one for one in words.help_steps() if one["id"] in ("iphone", "android")]
    return render_template(
        "calendars/phone.html", name=row.name, url=url, picture=picture(webcal(url)), webcal=webcal(url), steps=steps
    )


@pages.post("/calendars/<id:feed_id>/name")
@signed_in
def rename(feed_id: int) -> ResponseReturnValue:
    """Give a feed another name."""
    form = NameForm()
    try:
        if not form.validate_on_submit():
            return _page(_new_form(reader := service.reader(actor())), reader, renaming=(feed_id, form)), 422
        with transaction():
            service.rename_feed(actor(), feed_id, name=form.name.data or "", now=clock.now())
    except Refused as refused:
        form.blame(refused.refusals)
        return _page(_new_form(reader := service.reader(actor())), reader, renaming=(feed_id, form)), refused.status
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


def _new_form(reader: Reader, asked: MultiDict[str, str] | None = None) -> FeedForm:
    """Begin a form for what an address asks for, the own bookings where it asks for nothing that can be had."""
    asked = asked if asked is not None else MultiDict()
    wanted = asked.get("of", "")
    query = filtered(read_today().date, asked).filters if wanted == "view" else ""
    if wanted == EVENTS:
        query = Filter.of(asked).query
    form = _offered(FeedForm(formdata=None, of=wanted, query=query, language=language()), reader)
    if wanted not in _offers_of(form):
        form.of.data = OWN
    form.name.data = rules.WORDS[language()]["feed"]
    if form.of.data != OWN:
        names = shown.organisation_names(reader) | shown.named_in(query)
        form.name.data = words.title(form.chosen, current_house(), names)[: rules.NAME_LONGEST]
    return form


def _offered(form: FeedForm, reader: Reader) -> FeedForm:
    form.of.choices = shown.offers(reader, current_house(), form.query.data or "", form.of.data or "")
    names = words.reminder_names()
    form.remind.choices = [SelectChoice(str(minutes), names[minutes]) for minutes in rules.REMINDERS]
    return form


def _offers_of(form: FeedForm) -> set[str]:
    return {offer.value for offer in form.of.choices}


def _page(form: FeedForm, reader: Reader, renaming: tuple[int, NameForm] | None = None) -> str:
    today, house = read_today(), current_house()
    rows = queries.of_member(actor().id)
    told = shown.Told.of(rows, {reader.id: reader}, house, today.now)
    feeds = [_shown(row, told, renaming) for row in rows]
    coming = queries.soon(actor().id, today.now, today.window.cancelled)
    return render_template(
        "calendars/index.html",
        form=form,
        feeds=feeds,
        full=len(feeds) >= rules.FEEDS_MOST,
        preview=[_previewed(booking) for booking in coming],
        only_here=current_app.config["STATION"].base_url is None,
        months=current_app.config["STATION"].feed_past_months,
        steps=words.help_steps(),
        public=_public_url(form),
    )


def _public_url(form: FeedForm) -> str | None:
    """Give the address at which everybody reads when the place is taken that a form is about, None without one."""
    chosen = form.chosen
    if chosen.scope != "space" or not scopes.may_be_public(current_house(), chosen.subject_id or 0):
        return None
    return base_url() + url_for("calendars.of_space", space_id=chosen.subject_id)


def url_of(row: Feed) -> str | None:
    """Give the address of a feed, None where the secret key has changed since it was made."""
    token = rules.feed_token(_key(), row.member_id, row.nonce)
    if rules.token_hash(token) != row.token_hash:
        return None
    return base_url() + url_for("calendars.feed", rest=f"{token}.ics")


def webcal(url: str) -> str:
    """Give an address as programs open it as a subscription."""
    return "webcal" + url[url.index(":") :]


def _shown(row: Feed, told: shown.Told, renaming: tuple[int, NameForm] | None) -> dict[str, Any]:
    """Give what the page says of a feed."""
    given = renaming[1] if renaming and renaming[0] == row.id else None
    hidden = actor().looked_at
    url = None if hidden else url_of(row)
    return told.line(row) | {
        "hidden": hidden,
        "url": url,
        "webcal": url and webcal(url),
        "typed": (given.name.data or "") if given else row.name,
        "errors": given.name.errors if given else [],
    }


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


@beside.of_sheet
def on_sheet(looked: Looked) -> Part | None:
    """Lead from the sheet of a place to a calendar of it; not where a form on it was refused."""
    if looked.refused:
        return None
    href = url_for("calendars.index", of=f"space:{looked.place.id}", _anchor="new")
    return Part("calendars/_of_sheet.html", {"href": href}, last=True)


pages.add_url_rule(RULE, "feed", feed, methods=list(ALL_METHODS), provide_automatic_options=False)
pages.add_url_rule(SPACE_RULE, "of_space", of_space, methods=["GET"], provide_automatic_options=False)
