"""The feeds themselves: no cookie, no session, no log-in, the same bytes for every program.

The answers are made here to the last header, from the request's own headers and nothing else: what other pages need
(language, account, error pages) must not touch an address whose only key is itself. So `poll` can have them made
before the framework has begun; the view is for all that it hands on.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from flask import Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from structlog import get_logger
from werkzeug.datastructures import Accept
from werkzeug.http import http_date, parse_accept_header
from werkzeug.wrappers import Request

from innovation_station import clock
from innovation_station.calendars import document, queries, rules, service
from innovation_station.calendars.installation import today as read_today
from innovation_station.calendars.queries import Address, Contents
from innovation_station.calendars.rules import Today
from innovation_station.db import db, transaction, unavailable
from innovation_station.delivery import shows_secret
from innovation_station.errors import DomainError
from innovation_station.web import csrf, sessionless

log = get_logger(__name__)
SETTLED = timedelta(seconds=2)
RETRY_SECONDS = 30
CALENDAR = "text/calendar; charset=utf-8"
ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
RULE = "/feeds/<path:rest>"
ADDRESS = "station.feed"
"""Where in a request's environment `poll` leaves the feed that it has found."""
SEALED = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Robots-Tag", "noindex"),
    ("Referrer-Policy", "no-referrer"),
]
_tried: dict[int, float] = {}


@csrf.exempt  # type: ignore[untyped-decorator]
@sessionless
@shows_secret
def feed(rest: str) -> ResponseReturnValue:
    """Answer a program that polls: 200, 304, the one 404 for every address that is none, 405, 503."""
    if request.method not in ("GET", "HEAD"):
        return _plain(405, "Method not allowed\n", {"Allow": "GET, HEAD"})
    return answer(request, rest.removesuffix(".ics") if rest.endswith(".ics") else "")


def answer(asked: Request, token: str) -> Response:
    """Answer a GET or HEAD of a feed, within an app's context."""
    try:
        address, found = _found(asked, rules.token_hash(token))
        if address is None:
            return _plain(404, "Not found\n", {})
        made = _answer(asked, address, found, read_today())
        _note(asked, address)
    except SQLAlchemyError as error:
        db.session.rollback()
        if not isinstance(error, DBAPIError) or unavailable(error) is None:
            raise
        return _plain(503, "Try again shortly\n", {"Retry-After": str(RETRY_SECONDS)})
    return made


def _found(asked: Request, token_hash: bytes) -> tuple[Address | None, Contents | None]:
    """Find a feed, and its contents with it where they will be asked for."""
    if "If-None-Match" in asked.headers:
        return asked.environ.get(ADDRESS) or queries.by_hash(token_hash), None
    return queries.with_contents(token_hash) or (None, None)


def _answer(asked: Request, address: Address, found: Contents | None, today: Today) -> Response:
    zipped = wants_gzip(asked.headers.get("Accept-Encoding", ""), asked.headers.get("User-Agent", ""))
    if "If-None-Match" in asked.headers:
        known = tag(document.etag(address, today), zipped)
        if _matches(asked, known):
            return _unchanged(known)
        return _whole(*document.document(address, today), zipped, today.now)
    name, made = document.document(address, today, found)
    since = asked.if_modified_since
    if since is not None and _is_settled(made.modified, today.now) and since.timestamp() >= made.modified:
        return _unchanged(tag(name, zipped))
    return _whole(name, made, zipped, today.now)


def _unchanged(name: str) -> Response:
    # The type is not sent with a 304; it only tells the hooks of pages that this is none.
    return Response(status=304, headers=sealed(name), content_type=CALENDAR)


def _whole(name: str, found: document.Document, zipped: bool, now: datetime) -> Response:
    headers = sealed(tag(name, zipped))
    headers.append(("Content-Disposition", 'inline; filename="innovation-station.ics"'))
    if zipped:
        headers.append(("Content-Encoding", "gzip"))
    if _is_settled(found.modified, now):
        headers.append(("Last-Modified", http_date(found.modified)))
    return Response(found.gzipped if zipped else found.plain, headers=headers, content_type=CALENDAR)


def sealed(name: str) -> list[tuple[str, str]]:
    """Give the headers of every answer that knows the feed, by the name of its bytes."""
    return [("ETag", f'"{name}"'), ("Cache-Control", "private, no-cache"), ("Vary", "Accept-Encoding"), *SEALED]


def _plain(status: int, text: str, headers: dict[str, str]) -> Response:
    said = [*SEALED, ("Cache-Control", "no-store"), *headers.items()]
    return Response(text, status, headers=said, content_type="text/plain; charset=utf-8")


def tag(name: str, zipped: bool) -> str:
    """Name the bytes of a feed as they are sent, plain or compressed."""
    return name + "-gz" if zipped else name


def _matches(asked: Request, name: str) -> bool:
    """Compare weakly, as RFC 9110 13.1.2 has it for If-None-Match: a list, W/ and * all count."""
    known = asked.if_none_match
    return known.star_tag or known.contains_weak(name)


def _is_settled(modified: int, now: datetime) -> bool:
    """Tell whether the second of the last change is over; within it two versions would share their date."""
    return datetime.fromtimestamp(modified, UTC) <= now - SETTLED


@lru_cache(maxsize=64)  # a house meets a handful of programs
def wants_gzip(accepted: str, agent: str) -> bool:
    """Tell from the headers of a request whether its program gets the bytes compressed."""
    asked = parse_accept_header(accepted, Accept)
    return any(name.lower() == "gzip" and quality > 0 for name, quality in asked) and not rules.wants_identity(agent)


def is_to_be_noted(address: Address, now: datetime) -> bool:
    """Tell whether a fetch is to be written down: at most once in ten minutes for each feed, tried in vain or not."""
    if address.last_fetched_at and now - address.last_fetched_at < rules.FETCH_NOTED:
        return False
    return time.monotonic() - _tried.get(address.feed_id, -1e9) >= rules.FETCH_NOTED.total_seconds()


def _note(asked: Request, address: Address) -> None:
    """Write down the fetch, never at the cost of the answer."""
    now = clock.now()
    if not is_to_be_noted(address, now):
        return
    try:
        with transaction():
            service.note_fetch(address.feed_id, program=rules.program(asked.headers.get("User-Agent", "")), now=now)
    except (DomainError, SQLAlchemyError) as error:
        if len(_tried) > 10_000:
            _tried.clear()
        _tried[address.feed_id] = time.monotonic()
        log.info("fetch not noted", reason=type(error).__name__)
