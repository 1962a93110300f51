"""The answer that programs get nearly always: nothing has changed. It is given before a page's machinery begins.

A calendar program asks some times an hour, for years, whether its feed is still the same. One statement tells, and
what a page needs beside it (route, session, language, hooks) costs three times as much. So this layer answers exactly
that question. Whatever is not quite that goes on to `feed_views`, which knows all cases: another method, no tag or
several, a changed feed, an address that is none, a fetch to be noted, a database that is away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from innovation_station import logs
from innovation_station.calendars import document, feed_views, queries, rules
from innovation_station.calendars.installation import today
from innovation_station.web import trusted_host

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX, ENDING = "/feeds/", ".ics"


def init_app(app: Flask) -> None:
    """Put the layer around an app; before `logs.init_app`, so that these answers have an id and a line too."""
    app.wsgi_app = Unchanged(app, app.wsgi_app)  # type: ignore[method-assign]


class Unchanged:
    """WSGI layer that answers 304 to a program whose feed is as it has it."""

    def __init__(self, app: Flask, application: WSGIApplication) -> None:
        self.app, self.application = app, application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or hand on."""
        if "HTTP_IF_NONE_MATCH" in environ and environ["PATH_INFO"].startswith(PREFIX):
            with self.app.app_context():
                headers = _unchanged(environ)
            if headers is not None:
                headers += logs.finish(environ, rule=feed_views.RULE, status=304)
                start_response("304 NOT MODIFIED", headers)
                return ()
        return self.application(environ, start_response)


def _unchanged(environ: WSGIEnvironment) -> list[tuple[str, str]] | None:
    path = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("QUERY_STRING") or not path.endswith(ENDING):
        return None
    now = today()
    if not now.shared.base_url or not trusted_host(environ.get("HTTP_HOST", "")):
        return None
    try:
        address = queries.by_hash(rules.token_hash(path[len(PREFIX) : -len(ENDING)]))
    except SQLAlchemyError:
        return None
    if address is None or feed_views.is_to_be_noted(address, now.now):
        return None
    zipped = feed_views.wants_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""), environ.get("HTTP_USER_AGENT", ""))
    tag = feed_views.tag(document.etag(address, now), zipped)
    asked = environ["HTTP_IF_NONE_MATCH"]
    if asked.removeprefix("W/") == f'"{tag}"':
        return feed_views.sealed(tag)
    environ[feed_views.ADDRESS] = address
    return None
