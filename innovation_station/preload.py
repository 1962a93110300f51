"""What every process needs for its first pages, made once before the fork: they share it, and no visitor waits."""

from __future__ import annotations

from datetime import date

from flask import Flask, g
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers
from structlog import get_logger

from innovation_station import clock, i18n
from innovation_station.logs import access
from innovation_station.members.rules import Person
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.queries import house
from innovation_station.web import SignedIn

log = get_logger(__name__)
NOBODY = SignedIn(Person(id=0, role="member", name="", email="", visible=False), "")
OPEN, MEMBERS = ("/", "/login"), ("/", "/book", "/bookings")


def preload(app: Flask) -> None:
    """Compile the templates, read both catalogues, work out the holidays around today, make some pages for nobody.

    Writes nothing; a database that cannot be reached is no hindrance. Connections may be open afterwards.
    """
    configure_mappers()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    with app.app_context():
        for language in i18n.LANGUAGES:
            i18n.catalogue(language)
        year = i18n.local(clock.now()).year
        try:
            calendar = Calendar(house().holidays)
        except SQLAlchemyError:
            return
        calendar.learn(*(date(year + more, 1, 1) for more in (-1, 0, 1)))
    rehearse(app)


def rehearse(app: Flask) -> None:
    """Make some pages for nobody: what statements, forms and the interpreter keep of the first time is then shared."""
    access.disabled = True
    try:
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = "nobody"
        for language in i18n.LANGUAGES:
            asked = {"Accept-Language": language}
            for path in OPEN:
                client.get(path, headers=asked)
            for path in MEMBERS:
                with app.test_request_context(path, headers=asked):
                    g._login_user = NOBODY
                    app.full_dispatch_request()
    except Exception:
        log.warning("page not rehearsed", exc_info=True)
    finally:
        access.disabled = False
