"""The screens themselves: `/door` sets one up, `/door/TOKEN` is what it shows.

A screen has no cookie and no log-in: its address is its key. Whatever is pressed there is decided by that alone, so its
forms carry no token of a session; no other page can know where to send them.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from innovation_station import clock
from innovation_station.db import db, others_write, transaction
from innovation_station.delivery import shows_secret
from innovation_station.displays import queries, rules, service
from innovation_station.displays.board import Board
from innovation_station.displays.door import Door, languages
from innovation_station.displays.models import Display
from innovation_station.displays.queries import Seen
from innovation_station.errors import DomainError, NotFound, Refusal, Refused, TooMany
from innovation_station.forms import parse_id
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import local, sentence, speaking, zone
from innovation_station.plates.staff import picture
from innovation_station.spaces.queries import house as read_house
from innovation_station.web import base_url, cookieless, csrf

log = get_logger(__name__)
pages = Blueprint("displays", __name__)
POLL, POLL_INK, POLL_NEW = 15, 60, 5  # seconds between two looks of a screen
MARKED, LOST = 90, 180  # seconds without the server after which a screen says so, and claims nothing any more
KNOWN_MOST = 1000
_NUMBER = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class _Known:
    """What a screen has been shown: the name of it, what that was made of, until when it need not be made anew, and
    until when the room stands so by itself."""

    etag: str
    stamp: tuple[int, int, int, int]
    until: datetime
    holds: datetime


_kept: WeakKeyDictionary[Engine, dict[tuple[bytes, str], _Known]] = WeakKeyDictionary()


@pages.get("/door")
def begin() -> str:
    """Say how a screen is put up, with the button that gives it a code."""
    return render_template("displays/begin.html")


@pages.post("/door")
def set_up() -> ResponseReturnValue:
    """Give this screen an address of its own, and go there."""
    with transaction():
        token = service.set_up(address=request.remote_addr, secret_key=_key(), now=clock.now())
    return _sealed(make_response(redirect(url_for("displays.show", token=token), 303)))


@pages.get("/door/<token>")
@cookieless
@shows_secret
def show(token: str) -> ResponseReturnValue:
    """Show a room, the foyer, or the code of a screen that is new; with `X-Part: door` what changes, 304 if nothing."""
    return _shown(token)


@csrf.exempt  # type: ignore[untyped-decorator]
@pages.post("/door/<token>")
@cookieless
@shows_secret
def act(token: str) -> ResponseReturnValue:
    """Do what was pressed (`act`: `take`, `check-in`, `end`, `undo`, `code`), or say why not."""
    seen, now = _seen(token), clock.now()
    try:
        with transaction():
            _do(seen.display.id, now)
    except NotFound:
        raise
    except DomainError as error:
        answer = _shown(token, error)
        if isinstance(error, TooMany):
            answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    return _sealed(make_response(redirect(url_for("displays.show", token=token), 303)))


def _do(display_id: int, now: datetime) -> None:
    """Do it, in the caller's transaction."""
    wanted, given = request.form.get("act"), parse_id(request.form.get("id"))
    if wanted == "take":
        service.take(display_id, parse_id(request.form.get("minutes")) or 0, now=now, zone=zone())
    elif wanted == "check-in" and given:
        service.check_in(display_id, given, now=now)
    elif wanted == "end" and given:
        service.end(display_id, request.form.get("kind", ""), given, now=now, zone=zone())
    elif wanted == "undo":
        service.undo(display_id, now=now, zone=zone())
    elif wanted == "code":
        service.renew_code(display_id, now=now)
    else:
        raise Refused([Refusal("door-act")])


def _seen(token: str) -> Seen:
    digest = rules.token_hash(token)
    seen = queries.by_hash(digest, clock.now()) if digest else None
    if seen is None:
        raise NotFound("display-unknown")
    return seen


def _shown(token: str, error: DomainError | None = None) -> Response:
    """Make the page, or its part; a screen that hangs nowhere has none but its code, and is not found."""
    seen, now = _seen(token), clock.now()
    display = seen.display
    part = request.headers.get("X-Part") == "door"
    if display.kind == "new":
        return _sealed(_code(display, token, now, part))
    asks = request.args.get("ask") == "end"
    key = (display.token_hash, "ask" if asks else "")
    stamp = (display.revision, seen.house, seen.spaces, seen.told)
    kept = _kept.setdefault(db.engine, {})
    known = kept.get(key)
    fresh = part and error is None and known is not None and known.stamp == stamp and now < known.until
    if fresh and known and request.if_none_match.contains_weak(known.etag):
        _note(display, known.etag, now)
        return _sealed(Response(status=304), known.etag, known.holds)
    with speaking(languages(display)[0]):
        made = _made(seen, now, asks, error)
        page = made.page([sentence(one) for one in error.refusals] if error else ())
        page["offset"] = _offset(now)
        etag = hashlib.sha256(json.dumps(page, default=str).encode()).hexdigest()[:24]
        if error is None:
            if len(kept) > KNOWN_MOST:
                kept.clear()
            kept[key] = _Known(etag, stamp, made.looks_again(), made.holds_until())
            _note(display, etag, now)
        page |= {"until_ms": _ms(made.holds_until()), "etag": f'W/"{etag}"' if error is None else ""}
        answer = _drawn(display, token, page, now, part)
    answer.status_code = error.status if error else 200
    _sealed(answer, None if error else etag, made.holds_until())
    return answer if error else answer.make_conditional(request)  # type: ignore[return-value]


def _made(seen: Seen, now: datetime, asks: bool, error: DomainError | None) -> Door | Board:
    house = read_house(seen.house if error is None else None)
    if seen.display.kind == "foyer":
        return Board(seen.display, house, now)
    return Door(seen.display, house, now, asks=asks)


def _drawn(display: Display, token: str, page: dict[str, Any], now: datetime, part: bool) -> Response:
    if code := page.get("code"):
        page["picture"] = picture(f"{base_url()}/q/{code}")
    poll = POLL_INK if display.ink else POLL
    page |= {
        "action": url_for("displays.show", token=token), "clock": clock_text(now), "now_ms": _ms(now),
        "poll": POLL_NEW if display.kind == "new" else poll,
        "marked": MARKED + poll - POLL, "lost": LOST + poll - POLL, "spoken": languages(display),
    }  # fmt: skip
    name = "displays/_part.html" if part else "displays/door.html"
    return make_response(render_template(name, page=page))


def _code(display: Display, token: str, now: datetime, part: bool) -> Response:
    """Show the code by which staff put the screen up, as long as it is good; of one that was taken down that
    it was, and the way to another address. 404, for nothing hangs here."""
    _note(display, "", now)  # who waits is not forgotten
    good = display.code is not None and display.code_until is not None and now < display.code_until
    page: dict[str, Any] = {
        "kind": "new", "state": "new", "shown": rules.shown_code(display.code or "") if good else None,
        "until": display.code_until if good else None, "revoked": display.revoked_at is not None,
    }  # fmt: skip
    until = display.code_until if good and display.code_until else now + rules.CODE_LIVES
    page |= {"until_ms": _ms(until), "offset": _offset(now), "etag": ""}
    answer = _drawn(display, token, page, now, part)
    answer.status_code = 404
    return answer


def _note(display: Display, etag: str, now: datetime) -> None:
    """Write down that the screen has asked, once a minute and never at the cost of the answer."""
    last = display.last_seen_at
    if last is not None and now - last < rules.SEEN_EVERY:
        return
    if others_write() and db.engine.dialect.name == "sqlite":
        return
    try:
        with transaction():
            service.note_seen(display.id, shows=etag, now=now)
    except (DomainError, SQLAlchemyError) as error:
        log.info("look not noted", reason=type(error).__name__)


def _sealed(answer: Response, etag: str | None = None, holds: datetime | None = None) -> Response:
    """Give an answer what keeps its address to itself, and by what the screen knows its age: the server's time, and
    until when it holds, which moves on though nothing is drawn anew."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["X-Now"] = str(_ms(clock.now()))
    if _NUMBER.fullmatch(asked := request.headers.get("X-Ask", "")):
        answer.headers["X-Asked"] = asked
    if holds:
        answer.headers["X-Until"] = str(_ms(holds))
    if etag:
        answer.set_etag(etag, weak=True)
    return answer


def _offset(now: datetime) -> int:
    """Give how many minutes the house's clocks are ahead of UTC, by which a screen writes a time of its own."""
    return int((local(now).utcoffset() or timedelta()).total_seconds()) // 60


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])
