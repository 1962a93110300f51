"""The house as administrators arrange it: its floors, the plan of each, its places, and the whole of it as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, pictures
from innovation_station.bookings import hits
from innovation_station.bookings.hits import Sent
from innovation_station.bookings.ripple import CANCEL
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refusal, Refused
from innovation_station.forms import parse_id
from innovation_station.housing import arranging, carried, files, pictured, rules, sketch, words
from innovation_station.housing.arranging import Looked
from innovation_station.housing.forms import FileForm, FloorForm, SpaceForm, space_form
from innovation_station.housing.rules import FloorDoc, HouseDoc
from innovation_station.housing.sketch import Sketch
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, sentence, zone
from innovation_station.members.rules import is_admin
from innovation_station.policies import queries as policies
from innovation_station.spaces.models import FloorPicture
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Place, Storey
from innovation_station.web import actor, current_house, guard, takes_up_to

pages = Blueprint("staff_house", __name__, url_prefix="/staff/house")
guard(pages, is_admin)
PICTURE_BODY = pictures.LARGEST_UPLOAD + 64 * 1024
LAY = ("prefix", "count", "across", "x", "y", "w", "h", "zone")  # what says how several desks are laid out
CARRIED = 150_000  # characters of a file that a page takes along; a larger one is chosen once more


@pages.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """Show the floors and what is archived; add a floor."""
    form = FloorForm(data={"width": 960, "height": 500})
    if request.method == "GET":
        return _index(form)
    if not form.validate():
        return _index(form), 422
    names = form.name_sv.data or "", form.name_en.data or form.name_sv.data or ""
    doc = FloorDoc(names, form.width.data or 0, form.height.data or 0)
    try:
        with transaction():
            arranging.save(actor(), HouseDoc((doc,)), now=clock.now(), zone=zone())
            made = max(read_house().floors)
    except DomainError as error:
        form.blame(error.refusals)
        return _index(form), error.status
    flash(_("The floor is there. Draw it now."))
    return redirect(url_for("staff_house.floor", floor_id=made), 303)


def _index(form: FloorForm) -> str:
    return render_template("housing/index.html", form=form, page=words.index_page(current_house()))


# -- a floor -----------------------------------------------------------------------------------------------------------


@pages.route("/floors/<id:floor_id>", methods=["GET", "POST"])
def floor(floor_id: int) -> ResponseReturnValue:
    """Show the plan of a floor to be arranged; save it whole, or lay out several desks (`act=lay`) without saving."""
    house, storey = current_house(), _floor(floor_id)
    before = rules.floor_of(house, floor_id)
    if request.method == "GET":
        return _plan_page(storey, sketch.drawn(before), rules.digest(before))
    base, sent = request.form.get("base", "")[:64], Sent.read()
    drawn = sketch.typed(request.form.items())
    try:
        if request.form.get("act") == "lay":
            given = {name: request.form.get(f"lay_{name}", "") for name in LAY}
            drawn = sketch.laid(drawn, given, {place.name for place in house.places.values()})
            return _plan_page(storey, drawn, base, unsaved=True)
        doc = HouseDoc((sketch.document(drawn, floor_id, before),))
        with transaction():
            arranging.save(
                actor(), doc, now=clock.now(), zone=zone(), base=base, overlaps="overlaps" in request.form,
                choices=sent.choices, shown=sent.token,
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _not_saved(storey, drawn, base, sent, error), error.status
    flash(_("Saved. Members see it at once."))
    return redirect(url_for("staff_house.floor", floor_id=floor_id), 303)


def _not_saved(storey: Storey, drawn: Sketch, base: str, sent: Sent, error: DomainError) -> str:
    """Show the form as it was typed, with why it is not saved: what is wrong, whom it hits, or who was before."""
    house = read_house()
    codes = {one.code for one in error.refusals}
    reasons = [sentence(one) for one in error.refusals]
    if "floor-changed" in codes:
        now = rules.floor_of(house, storey.id)
        drawn = sketch.joined(drawn, now)
        change = rules.change(HouseDoc((sketch.document(drawn, storey.id, now),)), house, policies.hours())
        theirs = words.change_lines(change, house)
        return _plan_page(storey, drawn, rules.digest(now), reasons=reasons, theirs=theirs, unsaved=True)
    ripple = None
    if isinstance(error, Conflict):
        doc = HouseDoc((sketch.document(drawn, storey.id, rules.floor_of(house, storey.id)),))
        overlaps = "overlaps" in request.form
        looked = arranging.look(actor(), doc, now=clock.now(), zone=zone(), base=base, overlaps=overlaps)
        ripple = _ripple(looked, sent)
        reasons = reasons if sent.token else []
    return _plan_page(storey, drawn, base, reasons=reasons, ripple=ripple, unsaved=True)


def _ripple(looked: Looked, sent: Sent) -> dict[str, Any]:
    return hits.shown(looked.met, sent.choices, CANCEL) | {"token": looked.token}


def _plan_page(storey: Storey, drawn: Sketch, base: str, **more: Any) -> str:
    house = current_house()
    shown = {"reasons": [], "ripple": None, "theirs": None, "unsaved": False} | more
    picture = db.session.get(FloorPicture, storey.id)
    return render_template(
        "housing/floor.html", floor=storey, sketch=drawn, base=base, name=storey.names[language()],
        revision=house.revision, picture=picture.revision if picture else None, overlaps="overlaps" in request.form,
        options=words.plan_options(drawn), saved=words.saved_plan(storey, house), **shown,
    )  # fmt: skip


def _floor(floor_id: int) -> Storey:
    found = current_house().floors.get(floor_id)
    if found is None or found.archived:
        raise NotFound
    return found


@pages.post("/floors/<id:floor_id>/order")
def order(floor_id: int) -> ResponseReturnValue:
    """Show a floor before or after the others: `to` is `up` or `down`."""
    _floor(floor_id)
    with transaction():
        arranging.order_floor(actor(), floor_id, up=request.form.get("to") == "up", now=clock.now())
    return redirect(url_for("staff_house.index"), 303)


@pages.route("/floors/<id:floor_id>/archive", methods=["GET", "POST"])
def archive_floor(floor_id: int) -> ResponseReturnValue:
    """Show whom it hits that a floor goes, with all that is on it; let it go."""
    storey = _floor(floor_id)
    return _going(HouseDoc((), gone=(floor_id,)), storey.names[language()], url_for("staff_house.index"))


@pages.post("/floors/<id:floor_id>/restore")
def restore_floor(floor_id: int) -> ResponseReturnValue:
    """Have an archived floor again, with the places that went with it."""
    with transaction():
        arranging.restore_floor(actor(), floor_id, now=clock.now(), zone=zone())
    flash(_("It is there again."))
    return redirect(url_for("staff_house.index"), 303)


@pages.get("/floors/<id:floor_id>/picture")
def picture(floor_id: int) -> Response:
    """Give the plan that a floor is drawn over."""
    row = db.session.get(FloorPicture, floor_id)
    if row is None:
        raise NotFound
    answer = Response(row.body, mimetype=pictures.TYPE)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@pages.post("/floors/<id:floor_id>/picture")
@takes_up_to(PICTURE_BODY)
def trace(floor_id: int) -> ResponseReturnValue:
    """Store a plan to be drawn over, or take it away (`remove`)."""
    storey = _floor(floor_id)
    try:
        with transaction():
            pictured.trace(actor(), floor_id, _uploaded("plan"), now=clock.now())
    except Refused as error:
        before = rules.floor_of(current_house(), floor_id)
        reasons = [sentence(one) for one in error.refusals]
        return _plan_page(storey, sketch.drawn(before), rules.digest(before), reasons=reasons), error.status
    flash(_("Saved."))
    return redirect(url_for("staff_house.floor", floor_id=floor_id), 303)


def _uploaded(name: str) -> bytes | None:
    """Give the picture of a form, None where it is to be taken away. Raises Refused without any."""
    file = request.files.get(name)
    if file is not None and file.filename:
        return file.stream.read(pictures.LARGEST_UPLOAD + 1)
    if "remove" not in request.form:
        raise Refused([Refusal("picture-none", name)])
    return None


# -- a place -----------------------------------------------------------------------------------------------------------


@pages.route("/spaces/<id:space_id>", methods=["GET", "POST"])
def space(space_id: int) -> ResponseReturnValue:
    """Show what is said of a place; say something else."""
    place = _place(space_id)
    form = space_form(place, current_house())
    if request.method == "GET":
        return _space_page(place, form)
    if not form.validate():
        return _space_page(place, form), 422
    try:
        with transaction():
            base = _base(place.floor_id)
            doc = _said(form, place, current_house())
            arranging.save(actor(), doc, now=clock.now(), zone=zone(), base=base, overlaps=True)
            arranging.say_pictured(actor(), space_id, form.texts(), now=clock.now())
    except NotFound:
        raise
    except DomainError as error:
        form.blame([replace(one, field={"space-seats": "capacity"}.get(one.code, "name")) for one in error.refusals])
        return _space_page(place, form), error.status
    flash(_("Saved."))
    return redirect(url_for("staff_house.space", space_id=space_id), 303)


def _said(form: SpaceForm, place: Place, house: House) -> HouseDoc:
    doc = rules.floor_of(house, place.floor_id)
    zones = [zone.id for zone in doc.zones]
    number = zones.index(form.zone.data) if form.zone.data in zones else None
    changed = tuple(
        replace(
            one, name=form.name.data or "", kind=form.kind.data, capacity=form.capacity.data or 0, zone=number,
            amenities=frozenset(form.amenities.data or ()), bookable=bool(form.bookable.data),
        ) if one.id == place.id else one
        for one in doc.spaces
    )  # fmt: skip
    return HouseDoc((replace(doc, spaces=changed),))


def _base(floor_id: int) -> str:
    """Name the floor as this request has read it: whatever is saved on it meanwhile refuses what is made from it."""
    return rules.digest(rules.floor_of(current_house(), floor_id))


def _place(space_id: int) -> Place:
    place = current_house().places.get(space_id)
    if place is None:
        raise NotFound("space-unknown")
    return place


def _space_page(place: Place, form: SpaceForm, reasons: Sequence[str] = ()) -> str:
    return render_template(
        "housing/space.html", form=form, place=words.space_page(place, current_house()), reasons=list(reasons)
    )


@pages.post("/spaces/<id:space_id>/photo")
@takes_up_to(PICTURE_BODY)
def photo(space_id: int) -> ResponseReturnValue:
    """Store the photograph of a place, or take it away (`remove`)."""
    place = _place(space_id)
    try:
        with transaction():
            pictured.photograph(actor(), space_id, _uploaded("photo"), now=clock.now())
    except Refused as error:
        form = space_form(place, current_house(), fresh=True)
        return _space_page(place, form, [sentence(one) for one in error.refusals]), error.status
    flash(_("Saved."))
    return redirect(url_for("staff_house.space", space_id=space_id), 303)


@pages.route("/spaces/<id:space_id>/archive", methods=["GET", "POST"])
def archive(space_id: int) -> ResponseReturnValue:
    """Show whom it hits that a place goes; let it go."""
    doc = arranging.without_space(current_house(), space_id)
    place = _place(space_id)
    back = url_for("staff_house.space", space_id=space_id)
    return _going(doc, words.title(place), back, _base(place.floor_id))


@pages.post("/spaces/<id:space_id>/restore")
def restore(space_id: int) -> ResponseReturnValue:
    """Have an archived place again where it lay; what has been drawn there since is for the editor to sort out."""
    doc = arranging.with_space(current_house(), space_id)
    with transaction():
        base = _base(_place(space_id).floor_id)
        arranging.save(actor(), doc, now=clock.now(), zone=zone(), base=base, overlaps=True)
    flash(_("It is there again."))
    return redirect(url_for("staff_house.space", space_id=space_id), 303)


def _going(doc: HouseDoc, name: str, back: str, base: str = "") -> ResponseReturnValue:
    """Show whom it hits, and carry it out once everybody is decided about."""
    sent, now, reasons, status = Sent.read(), clock.now(), [], 200
    if request.method == "POST":
        try:
            with transaction():
                arranging.save(
                    actor(), doc, now=now, zone=zone(), base=base, overlaps=True, choices=sent.choices,
                    shown=sent.token,
                )  # fmt: skip
        except Conflict as error:
            reasons, status = [sentence(one) for one in error.refusals], error.status
        else:
            flash(_("It is archived. What was booked in it still names it."))
            return redirect(url_for("staff_house.index"), 303)
    looked = arranging.look(actor(), doc, now=now, zone=zone(), overlaps=True)
    walls = {sentence(one) for one in looked.met.walls}
    return render_template(
        "housing/going.html", name=name, back=back, ripple=_ripple(looked, sent),
        reasons=[one for one in reasons if one not in walls],
    ), status  # fmt: skip


# -- as a file ---------------------------------------------------------------------------------------------------------


@pages.get("/house.json")
def export() -> Response:
    """Give the whole house as a file, or one `floor`."""
    house, hours = current_house(), policies.hours()
    chosen = request.args.get("floor")
    if chosen is None:
        return file_of(rules.house_of(house, hours))
    return file_of(HouseDoc((rules.floor_of(house, _floor(parse_id(chosen) or 0).id, hours),)))


def file_of(doc: HouseDoc) -> Response:
    """Answer with a document as a file."""
    answer = Response(carried.text_of(doc), mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="house.json"'
    return answer


@pages.route("/import", methods=["GET", "POST"])
@takes_up_to(files.LARGEST_FILE + 256 * 1024)
def bring_in() -> ResponseReturnValue:
    """Show what a house file would change and whom it hits; with `act=take` change it, all or nothing."""
    form = FileForm()
    if request.method == "GET":
        return render_template("housing/import.html", form=form, page=None)
    sent, now = Sent.read(), clock.now()
    try:
        if not form.validate():
            raise Refused([Refusal("file-missing", "file")])
        data = _file()
        doc = rules.resolved(files.read(data), read_house())
        if request.form.get("act") != "take":
            looked = arranging.look(actor(), doc, now=now, zone=zone(), overlaps=True)
            return render_template("housing/import.html", form=form, page=_file_page(data, looked, sent))
        return _take(form, data, doc, sent)
    except DomainError as error:
        form.blame(error.refusals)
        return render_template("housing/import.html", form=form, page=None), error.status


def _take(form: FileForm, data: bytes, doc: HouseDoc, sent: Sent) -> ResponseReturnValue:
    now = clock.now()
    try:
        with transaction():
            arranging.save(
                actor(), doc, now=now, zone=zone(), overlaps=True, choices=sent.choices, shown=sent.token
            )  # fmt: skip
    except Conflict as error:
        looked = arranging.look(actor(), doc, now=now, zone=zone(), overlaps=True)
        page = _file_page(data, looked, sent) | {"reasons": [sentence(one) for one in error.refusals]}
        return render_template("housing/import.html", form=form, page=page), error.status
    flash(_("The house is as the file says."))
    return redirect(url_for("staff_house.index"), 303)


def _file() -> bytes:
    """Give the file that was chosen, or the text of one that was shown. Raises Refused."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.stream.read(files.LARGEST_FILE + 1)
    if not (text := request.form.get("text", "")):
        raise Refused([Refusal("file-missing", "file")])
    return text.encode("utf-8", "replace")


def _file_page(data: bytes, looked: Looked, sent: Sent) -> dict[str, Any]:
    text = data.decode("utf-8-sig")
    return {
        "lines": words.change_lines(looked.change, read_house()), "ripple": _ripple(looked, sent), "reasons": [],
        "text": text if len(text) <= CARRIED else "", "nothing": looked.change.nothing,
    }  # fmt: skip
