"""The feeds themselves: no cookie, no session, no log-in, the same bytes for every program.

The answers are made here to the last header, from the request's own headers and nothing else: what other pages need
(language, account, error pages) must not touch an address whose only key is itself. So `poll` can have them made
before the framework has begun; the view is for all that it hands on.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from structlog import get_logger
from werkzeug.datastructures import Accept
from werkzeug.http import http_date, parse_accept_header
from werkzeug.wrappers import Request

from innovation_station import clock
from innovation_station.calendars import document, queries, rules, scopes, service
from innovation_station.calendars.installation import today as read_today
from innovation_station.calendars.queries import Address, Contents
from innovation_station.calendars.rules import Today
from innovation_station.db import db, others_write, transaction, unavailable
from innovation_station.delivery import shows_secret
from innovation_station.errors import DomainError
from innovation_station.i18n import LANGUAGES
from innovation_station.packed import packed
from innovation_station.spaces.rules import Language
from innovation_station.web import csrf, sessionless

log = get_logger(__name__)
SETTLED = timedelta(seconds=2)
RETRY_SECONDS = 30
CALENDAR = "text/calendar; charset=utf-8"
ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
RULE = "/feeds/<path:rest>"
SPACE_RULE = "/calendar/spaces/<id:space_id>.ics"
ADDRESS = "station.feed"
"""Where in a request's environment `poll` leaves the feed that it has found, or None where there is none."""
SEALED = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Robots-Tag", "noindex"),
    ("Referrer-Policy", "no-referrer"),
]
_tried: dict[int, tuple[str, float]] = {}


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
        made, entries, name = _answer(asked, address, found, read_today())
        _note(asked, address, entries, name)
    except SQLAlchemyError as error:
        return _away(error)
    return made


def _found(asked: Request, token_hash: bytes) -> tuple[Address | None, Contents | None]:
    """Find a feed, and its contents with it where they will be asked for."""
    if "If-None-Match" in asked.headers:
        if ADDRESS in asked.environ:
            return asked.environ[ADDRESS], None
        return scopes.admitted(queries.by_hash(token_hash)), None
    address, found = queries.with_contents(token_hash) or (None, None)
    return scopes.admitted(address), found


@csrf.exempt  # type: ignore[untyped-decorator]
@sessionless
def of_space(space_id: int) -> ResponseReturnValue:
    """Tell everybody when a space is taken, in the house's language or the one that is asked for."""
    return answer_public(request, space_id, request.args.get("lang") or request.args.get("language"))


def answer_public(asked: Request, space_id: int, chosen: str | None = None) -> Response:
    """Answer a GET or HEAD of a space's public feed, within an app's context; 404 where it is not for everybody."""
    chosen = chosen if chosen in LANGUAGES else current_app.config["STATION"].locale
    try:
        address = scopes.admitted(queries.public(space_id, "en" if chosen == "en" else "sv"))
        if address is None:
            return _plain(404, "Not found\n", {})
        return _answer(asked, address, None, read_today())[0]
    except SQLAlchemyError as error:
        return _away(error)


def answer_events(asked: Request, query: str, language: Language, name: str = "") -> Response:
    """Answer a GET or HEAD of the calendar of public events, by the filters of their list; it has a `name` of its own
    where these do not tell it."""
    try:
        address = scopes.admitted(queries.public_events(query, language, name))
        assert address is not None, "everybody may have it"  # noqa: S101
        return _answer(asked, address, None, read_today())[0]
    except SQLAlchemyError as error:
        return _away(error)


def answer_file(asked: Request, body: bytes, modified: int | None, filename: str) -> Response:
    """Answer a GET or HEAD of a calendar that everybody may have, made of `body`, as feeds are."""
    made = document.Document([packed(body)], 0, modified)
    return _conditional(asked, rules.digest(body), made, "public, max-age=300", filename)


def _conditional(
    asked: Request, name: str, made: document.Document, kept: str, filename: str = "innovation-station"
) -> Response:  # fmt: skip
    """Answer with bytes that have a name, or say that they are known."""
    zipped = wants_gzip(asked.headers.get("Accept-Encoding", ""), asked.headers.get("User-Agent", ""))
    now = clock.now()
    if "If-None-Match" in asked.headers:
        unchanged = _matches(asked, tag(name, zipped))
    else:
        unchanged = made.modified is not None and _is_since(asked, made.modified, now)
    if unchanged:
        return Response(status=304, headers=_sealed(tag(name, zipped), kept), content_type=CALENDAR)
    return _whole(name, made, zipped, now, kept, filename)


def _away(error: SQLAlchemyError) -> Response:
    db.session.rollback()
    if not isinstance(error, DBAPIError) or unavailable(error) is None:
        raise error
    return _plain(503, "Try again shortly\n", {"Retry-After": str(RETRY_SECONDS)})


def _answer(
    asked: Request, address: Address, found: Contents | None, today: Today
) -> tuple[Response, int | None, str]:  # fmt: skip
    """Make the answer; tell how many entries it has, None where it has none to tell of, and its bytes' name."""
    zipped = wants_gzip(asked.headers.get("Accept-Encoding", ""), asked.headers.get("User-Agent", ""))
    known = document.etag(address, today) if "If-None-Match" in asked.headers else None
    if known is not None and _matches(asked, tag(known, zipped)):
        # The type is not sent with a 304; it only tells the hooks of pages that this is none.
        return Response(status=304, headers=sealed(tag(known, zipped), address), content_type=CALENDAR), None, known
    name, made = document.document(address, today, found)
    answered = _conditional(asked, name, made, _kept(address))
    return answered, made.entries if answered.status_code == 200 else None, name


def _whole(
    name: str, found: document.Document, zipped: bool, now: datetime, kept: str, filename: str
) -> Response:  # fmt: skip
    headers = _sealed(tag(name, zipped), kept)
    headers.append(("Content-Disposition", f'inline; filename="{filename}.ics"'))
    if zipped:
        headers.append(("Content-Encoding", "gzip"))
    if found.modified is not None and _is_settled(found.modified, now):
        headers.append(("Last-Modified", http_date(found.modified)))
    return Response(found.gzipped if zipped else found.plain, headers=headers, content_type=CALENDAR)


def sealed(name: str, address: Address) -> list[tuple[str, str]]:
    """Give the headers of every answer that knows the feed, by the name of its bytes."""
    return _sealed(name, _kept(address))


def _kept(address: Address) -> str:
    return "public, max-age=300" if address.is_public else "private, no-cache"


def _sealed(name: str, kept: str) -> list[tuple[str, str]]:
    return [("ETag", f'"{name}"'), ("Cache-Control", kept), ("Vary", "Accept-Encoding"), *SEALED]


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


def _is_since(asked: Request, modified: int, now: datetime) -> bool:
    since = asked.if_modified_since
    return since is not None and _is_settled(modified, now) and since.timestamp() >= modified


def _is_settled(modified: int, now: datetime) -> bool:
    """Tell whether the second of the last change is over; within it two versions would share their date."""
    return datetime.fromtimestamp(modified, UTC) <= now - SETTLED


@lru_cache(maxsize=64)  # a house meets a handful of programs
def wants_gzip(accepted: str, agent: str) -> bool:
    """Tell from the headers of a request whether its program gets the bytes compressed."""
    asked = parse_accept_header(accepted, Accept)
    return any(name.lower() == "gzip" and quality > 0 for name, quality in asked) and not rules.wants_identity(agent)


def is_to_be_noted(address: Address, now: datetime, name: str) -> bool:
    """Tell whether a fetch is to be written down: of other bytes than the last one each, else at most once in ten
    minutes for each feed; tried in vain or not."""
    known, tried = _tried.get(address.feed_id, ("", -1e9))
    if known == name and time.monotonic() - tried < rules.FETCH_NOTED.total_seconds():
        return False
    noted = address.last_fetched_at
    return address.last_etag != name or noted is None or now - noted >= rules.FETCH_NOTED


def _note(asked: Request, address: Address, entries: int | None, name: str) -> None:
    """Write down the fetch, never at the cost of the answer: while somebody has SQLite's one lock it is left to the
    next one."""
    now = clock.now()
    if not is_to_be_noted(address, now, name) or (others_write() and db.engine.dialect.name == "sqlite"):
        return
    try:
        with transaction():
            service.note_fetch(
                address.feed_id, program=rules.program(asked.headers.get("User-Agent", "")), now=now, entries=entries,
                interval=rules.usual_interval(address.usual_interval, address.last_fetched_at, now), etag=name,
            )  # fmt: skip
    except (DomainError, SQLAlchemyError) as error:
        if len(_tried) > 10_000:
            _tried.clear()
        _tried[address.feed_id] = name, time.monotonic()
        log.info("fetch not noted", reason=type(error).__name__)
