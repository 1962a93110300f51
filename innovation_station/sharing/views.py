"""Pages of sharing for members: who may book for me, and whom I book for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings import beside, extras, own_pages
from innovation_station.bookings.beside import Part, of_member
from innovation_station.bookings.extras import Typed
from innovation_station.db import transaction
from innovation_station.errors import NotFound, Refused
from innovation_station.forms import parse_date, parse_id, parse_time
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import Person, is_staff
from innovation_station.organisations import queries as organisations
from innovation_station.organisations.words import name_of
from innovation_station.sharing import queries, rules, service
from innovation_station.sharing.forms import ConsentForm
from innovation_station.spaces.rules import Place
from innovation_station.web import actor, current_house, signed_in

pages = Blueprint("sharing", __name__)
LISTED = 25  # colleagues in a list to choose from; of more one is looked for
FOUND = 60
WORDS_LONGEST = 60


@pages.route("/account/sharing", methods=["GET", "POST"])
@signed_in
def consent() -> ResponseReturnValue:
    """Say who may book for me; nobody until I do."""
    me, known = actor(), queries.consent(actor().id)
    form = ConsentForm(obj=known, data={"people": "\n".join(queries.named(me.id))})
    if form.validate_on_submit():
        try:
            with transaction():
                service.allow(
                    me.id, organisation=bool(form.organisation.data), colleagues=bool(form.colleagues.data),
                    people=rules.read_addresses(form.people.data or ""), now=clock.now(),
                )  # fmt: skip
            flash(_("Saved. That is who may book for you from now on."))
            return redirect(url_for("sharing.consent"), 303)
        except Refused as error:
            form.blame(error.refusals)
    organisation = organisations.of_member(me.id)
    named = name_of(organisation) if organisation else None
    return render_template("sharing/consent.html", form=form, organisation=named), 422 if form.is_submitted() else 200


@pages.get("/book/for")
@signed_in
def choose() -> ResponseReturnValue:
    """Find somebody to book a place for, among those who let one."""
    space_id = parse_id(request.args.get("space"))
    place = current_house().places.get(space_id or 0)
    if place is None:
        raise NotFound("space-unknown")
    words = " ".join(request.args.get("q", "")[:WORDS_LONGEST].split())
    kept = _kept(request.args)
    people = queries.bookable_for(actor(), words, limit=FOUND + 1)
    shown = [
        {"name": one.name, "initials": one.initials, "note": one.email if is_staff(actor()) else "",
         "href": url_for("bookings.place", space_id=place.id, **{**kept, "for": one.id})}
        for one in people[:FOUND]
    ]  # fmt: skip
    return render_template(
        "sharing/choose.html", people=shown, more=len(people) > FOUND, query=words, place=place,
        fields={"space": place.id, **kept}, back=url_for("bookings.place", space_id=place.id, **kept),
    )  # fmt: skip


def _kept(typed: Typed) -> dict[str, Any]:
    """Give day and time as the address of the sheet has them."""
    found = {"date": typed.get("date", ""), "from": typed.get("from") or typed.get("start", ""),
             "to": typed.get("to") or typed.get("end", "")}  # fmt: skip
    readable = {"date": parse_date, "from": parse_time, "to": parse_time}
    return {name: text for name, text in found.items() if readable[name](text) is not None}


_LET = beside.hint("let", queries.LETTING)


@extras.in_sheet
def _for_whom(booker: Person, place: Place, typed: Typed, glance: Mapping[str, Any]) -> Part | None:
    """Let a booker choose somebody else in the sheet; who is let by nobody sees nothing of it."""
    if not glance[_LET] and not is_staff(booker):
        return None
    chosen = parse_id(typed.get("for"))
    people = [] if is_staff(booker) else queries.bookable_for(booker, limit=LISTED + 1)
    known = {one.id: one.name for one in people[:LISTED]}
    if chosen and chosen not in known:
        known |= {one.id: one.name for one in queries.bookable_for(booker, limit=1, among=[chosen])}
    if not known and not is_staff(booker):
        return None
    many = is_staff(booker) or len(people) > LISTED
    search = url_for("sharing.choose", space=place.id, **_kept(typed)) if many else None
    day = typed.get("date", "")
    several = url_for("sharing.team", date=day if parse_date(day) else None) if place.kind == "desk" else None
    chosen = chosen if chosen in known else None
    return Part("sharing/_for.html", {"people": known, "chosen": chosen, "search": search, "several": several})


@of_member
def _made_for_others(reader: Person, now: Any) -> Part | None:
    """List what one has booked for others."""
    found = queries.made_for_others(reader, now)
    house = current_house()
    items = [
        own_pages.item(booking, house, now) | {"owner": booking.member.name, "when": own_pages.when_short(booking.span)}
        for booking in found
    ]
    return Part("sharing/_made.html", {"items": items}) if items else None
