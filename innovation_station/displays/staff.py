"""The screens as staff look after them: which there are, what they show, put up, changed, taken down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.delivery import shows_secret
from innovation_station.displays import queries, rules, service
from innovation_station.displays.forms import DisplayForm, NewForm
from innovation_station.displays.models import Display
from innovation_station.errors import DomainError, NotFound
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import day_short, local
from innovation_station.i18n import gettext as _
from innovation_station.plates.staff import picture
from innovation_station.spaces.rules import House
from innovation_station.web import actor, base_url, current_house, guard

pages = Blueprint("staff_displays", __name__, url_prefix="/staff/displays")
guard(pages, rules.may_manage)


@pages.get("")
def index() -> ResponseReturnValue:
    """List the screens, and offer to put up another."""
    return _listed(NewForm(current_house(), formdata=None))


def _listed(form: NewForm, status: int = 200) -> ResponseReturnValue:
    house, now = current_house(), clock.now()
    rows = [_row(one, house, now) for one in queries.put_up()]
    begin = f"{base_url()}{url_for('displays.begin')}"
    return render_template("displays/index.html", rows=rows, form=form, begin=begin), status


@pages.post("")
def add() -> ResponseReturnValue:
    """Put up the screen that shows a code; without one, make an address for a screen."""
    form, now = NewForm(current_house()), clock.now()
    if not form.validate():
        return _listed(form, 422)
    try:
        with transaction():
            if form.code.data:
                row = service.pair(actor(), form.code.data, form.settings(), now=now)
            else:
                row = service.add(actor(), form.settings(), secret_key=_key(), now=now)
    except DomainError as error:
        if any(one.code == "display-code" for one in error.refusals):
            with transaction():
                service.mistyped(actor(), now=now)
        form.blame(error.refusals)
        return _listed(form, error.status)
    if form.code.data:
        flash(_("The screen is put up: %(name)s. It shows it within a few seconds.", name=_name(row)))
        return redirect(url_for("staff_displays.index"), 303)
    flash(_("Open this address on the screen."))
    return redirect(url_for("staff_displays.show", display_id=row.id), 303)


@pages.get("/<id:display_id>")
@shows_secret
def show(display_id: int) -> ResponseReturnValue:
    """Show one screen: its address, what it shows, and the form that changes it."""
    row = _found(display_id)
    return _one(row, DisplayForm(current_house(), row, formdata=None))


@pages.post("/<id:display_id>")
@shows_secret
def change(display_id: int) -> ResponseReturnValue:
    """Hang it elsewhere, or let it speak otherwise."""
    row = _found(display_id)
    form = DisplayForm(current_house(), row)
    if not form.validate():
        return _one(row, form, 422)
    try:
        with transaction():
            row = service.change(actor(), display_id, form.settings(), now=clock.now())
    except NotFound:
        raise
    except DomainError as error:
        form.blame(error.refusals)
        return _one(row, form, error.status)
    flash(_("Saved. The screen shows it within a minute."))
    return redirect(url_for("staff_displays.show", display_id=display_id), 303)


@pages.post("/<id:display_id>/take-down")
def take_down(display_id: int) -> ResponseReturnValue:
    """Take its address back: it shows nothing of the house any more, but the way to another address."""
    row = _found(display_id)
    name = _name(row)
    with transaction():
        service.take_down(actor(), display_id, now=clock.now())
    flash(_("%(name)s is taken down. The screen says so, and how it is put up again.", name=name))
    return redirect(url_for("staff_displays.index"), 303)


def _found(display_id: int) -> Display:
    row = queries.hanging(display_id)
    if row is None:
        raise NotFound("display-unknown")
    return row


def _one(row: Display, form: DisplayForm, status: int = 200) -> ResponseReturnValue:
    address = f"{base_url()}{url_for('displays.show', token=rules.display_token(_key(), row.nonce))}"
    lost = rules.token_hash(rules.display_token(_key(), row.nonce)) != row.token_hash  # the house has another key
    shown = _row(row, current_house(), clock.now()) | {
        "address": None if lost else address, "picture": None if lost else picture(address),
    }  # fmt: skip
    return render_template("displays/one.html", display=shown, form=form), status


def _row(row: Display, house: House, now: datetime) -> dict[str, Any]:
    spoken = {"sv": "Svenska", "en": "English", "both": _("Swedish and English")}[row.language]
    place = house.places[row.space_id] if row.space_id else None
    if row.last_seen_at is None:
        state, seen = (_("Not opened yet"), "wait", "clock"), None
    elif rules.is_silent(row.last_seen_at, now):
        state, seen = (_("Out of touch"), "no", "alarm"), _since(row.last_seen_at, now)
    else:
        state, seen = (_("In touch"), "ok", "check"), _since(row.last_seen_at, now)
    more = [spoken, _("Electronic paper") if row.ink else "", "" if row.touch else _("To look at only")]
    return {
        "id": row.id, "name": _name(row), "where": place.name if place else _("The foyer"), "state": state,
        "seen": seen, "shows": row.shows[:8], "about": [one for one in more if one],
        "href": url_for("staff_displays.show", display_id=row.id),
    }  # fmt: skip


def _since(at: datetime, now: datetime) -> str:
    if local(at).date() == local(now).date():
        return _("Last seen %(when)s", when=clock_text(at))
    return _("Last seen %(when)s", when=f"{day_short(at)} {clock_text(at)}")


def _name(row: Display) -> str:
    return row.name or _("The foyer")


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])
