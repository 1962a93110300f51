"""What a browser needs to draw the house: positions on the plan, and photographs."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from flask import Blueprint, Response, abort, current_app, send_from_directory

from innovation_station import pictures
from innovation_station.db import db
from innovation_station.delivery import A_YEAR
from innovation_station.spaces.drawing import plan_css as positions
from innovation_station.spaces.drawing import svg_shapes
from innovation_station.spaces.models import STORED, SpacePicture
from innovation_station.spaces.queries import house
from innovation_station.web import sessionless

pages = Blueprint("spaces", __name__)
pages.add_app_template_global(svg_shapes)
PHOTOS = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".avif": "image/avif",
}


@pages.get("/floors/plan-<int:revision>.css")
@sessionless
def plan_css(revision: int) -> Response:
    """Give the positions of everything on the plans; kept for ever under the revision they are made from."""
    now = house()
    answer = Response(positions(now), mimetype="text/css")
    # an older page's sheet must not stand under the new one's address, nor the other way round
    answer.headers["Cache-Control"] = A_YEAR if now.revision == revision else "public, max-age=10"
    return answer


@pages.get("/spaces/<id:space_id>/photo")
@sessionless
def photo(space_id: int) -> Response:
    """Give a space's photograph; pictures only, from the photo directory only."""
    place = house().places.get(space_id)
    name = place.photo if place else None
    if name is not None and name.startswith(STORED):
        return _stored(space_id)
    kind = PHOTOS.get(PurePosixPath(name).suffix.lower()) if name else None
    if name is None or kind is None:
        abort(404)
    directory = Path(current_app.config["STATION"].instance) / "photos"
    answer = send_from_directory(directory, name, mimetype=kind, max_age=3600)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _stored(space_id: int) -> Response:
    row = db.session.get(SpacePicture, space_id)
    if row is None:
        abort(404)
    answer = Response(row.body, mimetype=pictures.TYPE)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
