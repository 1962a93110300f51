"""The refresh of a day is answered before a page's machinery begins, where nothing has happened.

Each page that is open asks every few seconds whether its day is still the same, and nearly always it is. One statement
tells, and what a page needs beside it (route, hooks, sign-in) costs as much again. So this layer answers exactly that
question. Whatever is not quite that goes on to `views`, which knows all cases: a day that has changed, a session that
has ended, a browser that is remembered, a database that is away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Flask, Response

from innovation_station import clock, logs, visits
from innovation_station.i18n import choose_language
from innovation_station.members.rules import Person
from innovation_station.spaces.rules import Language
from innovation_station.web import seal, trusted_host

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/book"
VERSION = "4"  # part of every ETag: raise it when the same data renders otherwise


def init_app(app: Flask) -> None:
    """Put the layer around an app; before `logs.init_app`, so that these answers have an id and a line too."""
    app.wsgi_app = Unchanged(app, app.wsgi_app)  # type: ignore[method-assign]


def tag(
    stamp: tuple[int, int], reader: Person, needs: frozenset[str], language: Language, now: datetime, query: str
) -> str:  # fmt: skip
    """Name the state of the day for a member: the data, the address, the language and the running quarter."""
    quarter = int(now.timestamp()) // 900
    who = f"{reader.id}|{reader.role}|{reader.access}|{sorted(needs)}"
    text = f"{VERSION}|{stamp}|{who}|{language}|{quarter}|{query}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


class Unchanged:
    """WSGI layer that answers 304 to a page whose day is as it shows it."""

    def __init__(self, app: Flask, application: WSGIApplication) -> None:
        self.app, self.application = app, application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or hand on."""
        made = None
        if "HTTP_IF_NONE_MATCH" in environ and environ.get("HTTP_X_PART") == "day" and environ["PATH_INFO"] == PATH:
            try:
                with self.app.app_context():
                    made = _unchanged(self.app, environ)
            except Exception:  # noqa: BLE001  what fails here fails there too, where it is logged and said in words
                made = None
        return (made or self.application)(environ, start_response)


def _unchanged(app: Flask, environ: WSGIEnvironment) -> Response | None:
    query = environ.get("QUERY_STRING", "")
    ordinary = environ["REQUEST_METHOD"] == "GET" and "%00" not in query
    if not ordinary or not trusted_host(environ.get("HTTP_HOST", "")):
        return None
    asked, now = app.request_class(environ), clock.now()
    session = app.session_interface.open_session(app, asked)
    token = session.get("_user_id") if session else None
    visit = visits.find(token, now) if token else None
    if token is None or visit is None:
        return None
    visits.keep(environ, token, visit)
    if visit.viewed is not None:
        return None
    name = tag(visit.revisions, visit.person, visit.needs, choose_language(asked), now, query)
    if not asked.if_none_match.contains_weak(name):
        return None
    answer = Response(status=304)
    answer.set_etag(name, weak=True)
    seal(answer).headers.extend(logs.finish(environ, rule=PATH, status=304, member=visit.person.id))
    return answer
