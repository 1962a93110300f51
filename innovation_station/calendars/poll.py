"""Feeds are answered before a page's machinery begins.

A calendar program asks some times an hour, for years, whether its feed is still the same. One statement tells, and what
a page needs beside it (route, session, language, hooks) costs several times as much. So this layer stands before the
framework and answers what programs ask. Whatever is out of the ordinary goes on to the view, by the rules of all
pages: another method, a query, an address that cannot be one, a host that is not ours, a house that has no address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger
from werkzeug.wrappers import Request

from innovation_station import logs
from innovation_station.calendars import document, feed_views, queries, rules, scopes
from innovation_station.calendars.installation import today
from innovation_station.web import seal, trusted_host

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = get_logger(__name__)
PREFIXES = ("/feeds/", "/calendar/spaces/")
_ADDRESS = re.compile(r"/feeds/([A-Za-z0-9_-]{43})\.ics")
_SPACE = re.compile(r"/calendar/spaces/([1-9][0-9]{0,8})\.ics")
Headers = list[tuple[str, str]]


def init_app(app: Flask) -> None:
    """Put the layer around an app; before `logs.init_app`, so that these answers have an id and a line too."""
    app.wsgi_app = Feeds(app, app.wsgi_app)  # type: ignore[method-assign]


class Feeds:
    """WSGI layer that answers for feeds, and hands on what is for others."""

    def __init__(self, app: Flask, application: WSGIApplication) -> None:
        self.app, self.application = app, application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or hand on."""
        made = None
        if environ["PATH_INFO"].startswith(PREFIXES):
            try:
                with self.app.app_context():
                    made = _made(environ)
            except Exception as error:  # noqa: BLE001  the view is asked once more, and says in words what it cannot
                log.warning("feed handed on", reason=repr(error))
                made = None
        return (made or self.application)(environ, start_response)


def _made(environ: WSGIEnvironment) -> WSGIApplication | None:
    if not _is_ordinary(environ):
        return None
    if space := _SPACE.fullmatch(environ["PATH_INFO"]):
        answer = seal(feed_views.answer_public(Request(environ), int(space[1])))
        answer.headers.extend(logs.finish(environ, rule=feed_views.SPACE_RULE, status=answer.status_code))
        return answer
    found = _ADDRESS.fullmatch(environ["PATH_INFO"])
    if found is None:
        return None
    token = found[1]
    if headers := _unchanged(environ, token):
        headers += logs.finish(environ, rule=feed_views.RULE, status=304)
        return partial(_not_modified, headers)
    answer = seal(feed_views.answer(Request(environ), token))
    answer.headers.extend(logs.finish(environ, rule=feed_views.RULE, status=answer.status_code))
    return answer


def _not_modified(headers: Headers, _environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("304 NOT MODIFIED", headers)
    return ()


def _is_ordinary(environ: WSGIEnvironment) -> bool:
    """Tell whether something is asked for in the ordinary way, of a house that knows its address."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("QUERY_STRING"):
        return False
    return bool(today().shared.base_url) and trusted_host(environ.get("HTTP_HOST", ""))


def _unchanged(environ: WSGIEnvironment, token: str) -> Headers | None:
    """Give the headers of a 304, by far the commonest answer; None where it takes more to tell.

    What was found on the way is left in the environment, also that nothing was.
    """
    asked = environ.get("HTTP_IF_NONE_MATCH")
    if asked is None:
        return None
    try:
        address = scopes.admitted(queries.by_hash(rules.token_hash(token)))
    except SQLAlchemyError:
        return None
    now = today()
    environ[feed_views.ADDRESS] = address
    if address is None:
        return None
    zipped = feed_views.wants_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""), environ.get("HTTP_USER_AGENT", ""))
    known = document.etag(address, now)
    if known is None or feed_views.is_to_be_noted(address, now.now, known):
        return None
    name = feed_views.tag(known, zipped)
    return feed_views.sealed(name, address) if asked.removeprefix("W/") == f'"{name}"' else None
