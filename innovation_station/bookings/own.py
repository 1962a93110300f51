"""A member's own bookings: the list, one of them, changing it, cancelling it and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import allowances, beside, extras, own_pages, presence, queries, rules, service
from innovation_station.bookings.choice import next_open_days
from innovation_station.bookings.models import Booking
from innovation_station.bookings.offers import alternatives_for
from innovation_station.bookings.own_forms import EditForm
from innovation_station.bookings.rules import Furnished, Moment, Wish, local_span
from innovation_station.bookings.sheets import offer
from innovation_station.bookings.views import pages
from innovation_station.db import transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refusal, Refused
from innovation_station.forms import parse_date
from innovation_station.i18n import local, sentence, zone
from innovation_station.organisations.queries import managed_spaces
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span
from innovation_station.web import actor, current_house, own_needs, safe_next, signed_in, wants_part


@pages.get("/bookings")
@signed_in
def mine() -> ResponseReturnValue:
    """List what is coming, by day, and page through what has been."""
    now, house, before = clock.now(), current_house(), parse_date(request.args.get("before"))
    upcoming = [] if before else queries.upcoming(actor().id, now)
    past, older = own_pages.past_page(actor(), house, now, zone(), before)
    offer = None
    if not upcoming and not before:
        offer = _first_offer(house, service.moment(now, zone(), house))
    page = {
        "upcoming": own_pages.by_day(upcoming, house, now),
        "past": past,
        "older": older,
        "before": before,
        "offer": offer,
        "parts": [] if before else beside.member_parts(actor(), now),
    }
    return render_template("bookings/mine.html", page=page)


@pages.get("/bookings/<id:booking_id>")
@signed_in
def show(booking_id: int) -> ResponseReturnValue:
    """Show a booking; to a script that has just booked or cancelled it, the receipt alone."""
    booking = seen(booking_id)
    if wants_part() == "sheet":
        receipt = own_pages.receipt(booking, current_house(), actor())
        if not booking.cancelled and "why" in request.args:
            receipt = own_pages.explained(receipt, booking, request.args["why"])
        return render_template("bookings/_receipt.html", receipt=receipt)
    now = clock.now()
    page = own_pages.shown(booking, current_house(), actor(), now)
    if page["receipt"] and "why" in request.args:
        page["receipt"] = own_pages.explained(page["receipt"], booking, request.args["why"])
    return render_template("bookings/show.html", page=page, parts=beside.booking_parts(booking, actor(), now))


@pages.route("/bookings/<id:booking_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(booking_id: int) -> ResponseReturnValue:
    """Change place, time, title or visibility; refused, the form again with the reasons and three ways on.

    A form without a title moves the booking and leaves its words and who sees them. A script gets the receipt, or what
    is to be said instead of it.
    """
    booking, now = seen(booking_id), clock.now()
    if not _may_change(booking):
        raise NotFound("booking-unknown")
    if found := rules.change_refusals(booking, now):
        if wants_part():
            return _not_moved([sentence(refusal) for refusal in found]), 422
        raise Refused(found)
    form = EditForm(data=own_pages.edit_values(booking))
    form.space.choices = own_pages.choices(current_house(), booking.space_id)
    form.layout.choices = own_pages.layouts(current_house(), booking)
    form.start.choices = form.end.choices = own_pages.clocks(current_house(), form.start.data, form.end.data)
    if not form.validate_on_submit():
        return _form(form, booking), 422 if form.is_submitted() else 200
    before, whose = _before(booking), own_pages.owner(booking, actor())
    wish, (title, public) = None, _words(form, booking)
    try:
        wish = _wish(form, booking)
        Calendar(current_house().holidays).learn(local(wish.span.start), local(wish.span.end))
        with transaction():
            service.move(
                actor(), booking_id, space_id=wish.place.id, span=wish.span, now=now, zone=zone(),
                title=title, public=public, furnished=Furnished(wish.people, wish.layout),
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _refused(form, seen(booking_id), error, wish), error.status
    receipt = own_pages.moved_receipt(booking, wish.place, whose, before)
    if wants_part():
        return render_template("bookings/_receipt.html", receipt=receipt)
    flash(receipt, "toast")  # type: ignore[arg-type]
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


@pages.post("/bookings/<id:booking_id>/cancel")
@signed_in
def cancel(booking_id: int) -> ResponseReturnValue:
    """Give the time back, and offer the way back.

    The undo of a booking returns to the day it was made on, staff to the booking of another member.
    """
    house, whose = current_house(), owner_of(booking_id)  # read before: after the commit nothing may fail any more
    with transaction():
        booking = service.cancel(actor(), booking_id, now=clock.now())
    if wants_part():
        return redirect(url_for("bookings.show", booking_id=booking_id), 303)
    flash(own_pages.cancelled_receipt(booking, house.places[booking.space_id], whose), "toast")  # type: ignore[arg-type]
    if whose is not None:
        return redirect(url_for("bookings.show", booking_id=booking_id), 303)
    if "undo" in request.form:
        return redirect(url_for("bookings.book", date=local(booking.start).date().isoformat()), 303)
    return redirect(url_for("bookings.mine"), 303)


@pages.post("/bookings/<id:booking_id>/restore")
@signed_in
def restore(booking_id: int) -> ResponseReturnValue:
    """Take a cancellation back, or a place that was released; where the time is gone, say so and offer three others."""
    house, had = current_house(), seen(booking_id)
    whose, now = own_pages.owner(had, actor()), clock.now()
    Calendar(house.holidays).learn(local(now))
    take_back = presence.reclaim if had.state == "no-show" else service.restore
    try:
        with transaction():
            booking = take_back(actor(), booking_id, now=now, zone=zone())
    except NotFound:
        raise
    except DomainError as error:
        return _lost(seen(booking_id), error), error.status
    if not wants_part():
        flash(own_pages.booked_receipt(booking, house.places[booking.space_id], whose), "toast")  # type: ignore[arg-type]
    return redirect(safe_next(request.form.get("next"), url_for("bookings.show", booking_id=booking_id)), 303)


def _first_offer(house: House, moment: Moment) -> dict[str, object] | None:
    who, tomorrow = actor(), local(moment.now).date() + timedelta(days=1)
    day = next(iter(next_open_days(house, tomorrow, moment, 1)), None)
    if day is None:
        return None
    measured = allowances.measured(moment, house, who, who.access, day)
    ruled = measured.allowance.house_on(house, day)
    return own_pages.first_offer(who, ruled, measured, day, tomorrow=day == tomorrow)


# -- parts -------------------------------------------------------------------------------------------------


def seen(booking_id: int) -> Booking:
    """Find a booking that the member may see; another's is as unknown as one that never was."""
    booking = queries.get(booking_id)
    if booking is None or not _may_see(booking):
        raise NotFound("booking-unknown")
    return booking


def _may_see(booking: Booking) -> bool:
    """Tell whether the reader may open a booking: who has made it for its member, as long as they may book for them."""
    who = actor()
    if _may_change(booking):
        return True
    return rules.may_see(who, booking) and extras.holder(who, booking.member_id) is not None


def _may_change(booking: Booking) -> bool:
    who = actor()
    return rules.may_change(who, booking) or rules.may_change(who, booking, managed_spaces(who.id))


def owner_of(booking_id: int) -> str | None:
    """Name the member a booking belongs to, None where it is the reader's own or not the reader's to see."""
    return own_pages.owner(seen(booking_id), actor())


def _needs(booking: Booking) -> frozenset[str]:
    """Give what the reader needs of a place, for the reader's own booking: staff are never led to see a member's."""
    return own_needs() if booking.member_id == actor().id else frozenset()


def _moment() -> Moment:
    return service.moment(clock.now(), zone(), current_house())


def _before(booking: Booking) -> dict[str, object]:
    wish = Wish(current_house().places[booking.space_id], booking.span)
    fields = own_pages.edit_fields(wish, title=booking.title, public=booking.public)
    return fields | {"people": booking.people or "", "layout": booking.layout or ""}


def _wish(form: EditForm, booking: Booking) -> Wish:
    """Read what is asked for; a time left as it was stays so, also in a doubled hour. Raises Refused."""
    place = current_house().places.get(form.space.data or 0)
    if place is None:
        raise Refused([Refusal("space-unknown", "space")])
    had = own_pages.edit_values(booking)
    people = (form.people.data or None) if "people" in request.form else booking.people
    layout = (form.layout.data or None) if "layout" in request.form else booking.layout
    if all(form[name].data == had[name] for name in ("date", "start", "end")):
        return Wish(place, booking.span, people, layout)
    day = cast(date, form.date.data)  # the form has asked for it
    return Wish(place, local_span(day, form.start.data, form.end.data, zone()), people, layout)


def _words(form: EditForm, booking: Booking) -> tuple[str, bool]:
    if "title" not in request.form:
        return booking.title, booking.public
    return form.title.data or "", bool(form.visible.data)


def _not_moved(sentences: list[str], offers: list[dict[str, object]] | None = None) -> str:
    return render_template("bookings/_not_moved.html", sentences=sentences, offers=offers or [])


def _form(form: EditForm, booking: Booking, offers: list[dict[str, object]] | None = None) -> str:
    if wants_part():
        return _not_moved([str(said) for errors in form.errors.values() for said in errors], offers)
    item = own_pages.item(booking, current_house(), clock.now())
    return render_template("bookings/edit.html", form=form, item=item, offers=offers or [])


def _refused(form: EditForm, booking: Booking, error: DomainError, wish: Wish | None) -> str:
    form.blame(own_pages.named(error.refusals, current_house(), own_pages.owner(booking, actor())))
    offers = []
    if wish:
        found = alternatives_for(
            current_house(), actor(), booking.member_id, wish, _moment(), without=booking.id, needs=_needs(booking)
        )
        title, public = _words(form, booking)
        offers = own_pages.edit_offers(booking.id, wish, found, title=title, public=public)
    return _form(form, booking, offers)


def _lost(booking: Booking, error: DomainError) -> str:
    house, moment = current_house(), _moment()
    page = own_pages.shown(booking, house, actor(), moment.now)
    place = house.places[booking.space_id]
    begins = max(booking.start, rules.earliest_start(place.policy, moment))
    wish = Wish(place, Span(begins, booking.end) if begins < booking.end else booking.span)
    mine = page["owner"] is None  # an offer books for whoever takes it
    found = (
        alternatives_for(house, actor(), booking.member_id, wish, moment, needs=_needs(booking))
        if mine and not page["over"]
        else []
    )
    offers = [offer(way, wish) for way in found]
    if isinstance(error, Conflict):
        page["heading"] = own_pages.lost(wish.place)
    why: Sequence[Refusal] = error.refusals
    if page["owner"] is not None and not _may_change(booking):
        why = own_pages.for_holder(why, page["owner"], staff=False)
    reasons = own_pages.reasons(why, house, page["owner"])
    return render_template("bookings/show.html", page=page, reasons=reasons, offers=offers)
