"""The directory, profiles, pictures and colleagues."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.directory import queries, rules, service
from innovation_station.directory.forms import PhotoForm, ProfileForm
from innovation_station.directory.rules import Reader
from innovation_station.errors import DomainError, NotFound, Refusal
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local, zone
from innovation_station.pictures import LARGEST_UPLOAD, TYPE, squares
from innovation_station.timespan import local_day
from innovation_station.web import actor, safe_next, signed_in, takes_up_to, to_login, visitor

pages = Blueprint("directory", __name__)
_PHOTO = re.compile(r"([0-9a-f]{32})-(small|large)\.webp")
FORM_BESIDE = 64 * 1024  # what a form may hold beside its file


@pages.get("/members")
@signed_in
def index() -> ResponseReturnValue:
    """List those who want to be found, all or by the beginnings of words."""
    query = " ".join(request.args.get("q", "")[: rules.QUERY_LONGEST].split())
    number = min(parse_id(request.args.get("page")) or 1, rules.LAST_PAGE)
    words = rules.asked_for(query)
    nothing = bool(query) and not words
    total = 0 if nothing else queries.count(words)
    people = queries.page(words, number=number) if total else []
    mine = queries.company(actor().id, [person.id for person in people]).colleagues if people else frozenset()
    return render_template(
        "directory/index.html", people=people, query=query, total=total, colleagues=mine,
        pages=_pages(query, number, total),
    )  # fmt: skip


def _pages(query: str, number: int, total: int) -> dict[str, Any]:
    first, last = (number - 1) * rules.PAGE + 1, min(number * rules.PAGE, total)

    def href(page: int) -> str:
        return url_for("directory.index", q=query or None, page=page if page > 1 else None)

    return {
        "previous_href": href(number - 1) if number > 1 else None,
        "next_href": href(number + 1) if last < total and number < rules.LAST_PAGE else None,
        "text": _("%(first)d–%(last)d of %(total)d", first=first, last=last, total=total) if first <= last else "",
    }


@pages.get("/members/<id:member_id>")
def show(member_id: int) -> ResponseReturnValue:
    """Show what a member shows to whoever asks; visitors learn nothing of who there is."""
    known = visitor()
    if known is None:
        person = queries.seen(member_id, "visitor")
        return _profile(person, "visitor") if person else to_login()
    if member_id == known.person.id:
        return _own(member_id)
    person = queries.seen(member_id, "member")
    if person is None:
        raise NotFound("profile-unknown")
    row = queries.between(known.person.id, member_id)
    relation = rules.relation(row.state, row.asked_by, known.person.id) if row else "none"
    today = local_day(local(clock.now()).date(), zone())
    is_in = relation == "colleagues" and queries.is_in(member_id, today)
    return _profile(person, "member", relation=relation, is_in=is_in)


def _own(member_id: int) -> Response:
    """Show one's own profile with the eyes of members or of visitors."""
    reader: Reader = "visitor" if request.args.get("as") == "visitor" else "member"
    return _profile(queries.seen(member_id, reader), reader, own=True)


def _profile(person: queries.Seen | None, reader: Reader, **more: Any) -> Response:
    answer = make_response(render_template("directory/show.html", person=person, reader=reader, **more))
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@pages.get("/photos/<name>")
def photo(name: str) -> ResponseReturnValue:
    """Send a picture to those who may see it; others learn nothing of it."""
    known = visitor()
    named = _PHOTO.fullmatch(name)
    me = known.person.id if known else None
    data = queries.photo(named[1], named[2], "member" if known else "visitor", me) if named else None
    if data is None:
        abort(404)
    answer = Response(data, mimetype=TYPE)
    answer.headers["Content-Disposition"] = 'inline; filename="photo.webp"'
    # in the reader's own browser, and not for long: it may be taken back
    answer.headers["Cache-Control"] = "private, max-age=600"
    answer.vary.add("Cookie")
    answer.set_etag(name)
    return answer.make_conditional(request)


# -- my own -----------------------------------------------------------------------------------------------------------


@pages.route("/account/profile", methods=["GET", "POST"])
@signed_in
def profile() -> ResponseReturnValue:
    """Say what I want to say of myself, and to whom."""
    form = ProfileForm.of(queries.own(actor().id))
    if not form.validate_on_submit():
        return _edit(form, PhotoForm()), 422 if form.is_submitted() else 200
    try:
        with transaction():
            service.write(actor(), form.texts, form.shown, visible=bool(form.visible.data), now=clock.now())
    except DomainError as error:
        form.blame(error.refusals)
        return _edit(form, PhotoForm()), error.status
    flash(_("Saved. Others see what you chose."))
    return redirect(url_for("directory.profile"), 303)


def _edit(form: ProfileForm, photo_form: PhotoForm) -> str:
    own = queries.own(actor().id)
    return render_template("directory/profile.html", form=form, photo_form=photo_form, own=own)


@pages.post("/account/profile/photo")
@signed_in
@takes_up_to(LARGEST_UPLOAD + FORM_BESIDE)
def upload() -> ResponseReturnValue:
    """Take a picture, make it anew and keep it; it is shown to nobody until the member says so."""
    form, file = PhotoForm(), request.files.get("photo")
    try:
        pictures = squares(file.read(LARGEST_UPLOAD + 1) if file else b"", rules.PHOTO_SIZES)
    except DomainError as error:
        form.blame(error.refusals if file and file.filename else [Refusal("picture-none", "photo")])
        return _edit(ProfileForm.of(queries.own(actor().id)), form), error.status
    with transaction():
        service.show_photo(actor().id, pictures, now=clock.now())
    flash(_("The picture is kept. Choose below to whom it is shown."))
    return redirect(url_for("directory.profile"), 303)


@pages.post("/account/profile/photo/remove")
@signed_in
def remove_photo() -> ResponseReturnValue:
    """Take the picture away, for good."""
    with transaction():
        service.remove_photo(actor().id)
    flash(_("The picture is gone."))
    return redirect(url_for("directory.profile"), 303)


@pages.get("/account/colleagues")
@signed_in
def colleagues() -> ResponseReturnValue:
    """List who asks, who is a colleague, and whom I have asked."""
    found = queries.colleagues(actor().id)
    groups = {name: [item for item in found if item.relation == name] for name in ("asks", "colleagues", "asked")}
    return render_template("directory/colleagues.html", groups=groups)


@pages.post("/members/<id:member_id>/follow")
@signed_in
def follow(member_id: int) -> ResponseReturnValue:
    """Ask to be colleagues, or say yes."""
    with transaction():
        service.ask(actor(), member_id, now=clock.now())
    return redirect(_back(member_id), 303)


@pages.post("/members/<id:member_id>/unfollow")
@signed_in
def unfollow(member_id: int) -> ResponseReturnValue:
    """Say no, take the question back, or stop being colleagues."""
    with transaction():
        service.leave(actor(), member_id, now=clock.now())
    return redirect(_back(member_id), 303)


def _back(member_id: int) -> str:
    profile = url_for("directory.show", member_id=member_id)
    return safe_next(request.form.get("next"), profile if queries.seen(member_id, "member") else "/account/colleagues")
