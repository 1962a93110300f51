"""What machines ask: is the process alive, and may it be given requests."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from innovation_station import clock
from innovation_station.db import db
from innovation_station.jobs.queries import late_since
from innovation_station.schema import current_revision, is_current

pages = Blueprint("health", __name__)
_READY_AT = "station-ready-at"


@pages.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Say that this process answers; touches nothing else."""
    return "ok", 200, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


@pages.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Say whether bookings can be served: 200, or 503 with the reasons as codes; and what else to look at."""
    found = reasons(current_app)
    answer = jsonify(ready=not found, reasons=found, warnings=[] if found else warnings())
    answer.headers["Cache-Control"] = "no-store"
    return answer, 503 if found else 200


def warnings() -> list[str]:
    """Return what keeps nobody from booking and is wrong all the same, as codes: `jobs-late` where no worker runs."""
    try:
        return ["jobs-late"] if late_since(clock.now()) else []
    except SQLAlchemyError:
        return []
    finally:
        db.session.rollback()


def reasons(app: Flask) -> list[str]:
    """Return why this process should get no requests, as codes; empty when it should. One query."""
    try:
        revision = current_revision(app)
        # reading the migrations' files is the expensive half: done until they agree, then the number alone
        if revision is None or (revision != app.extensions.get(_READY_AT) and not is_current(app)):
            return ["migrations-pending"]
    except SQLAlchemyError:
        return ["database-unreachable"]
    app.extensions[_READY_AT] = revision
    return []
