"""The shared Flask code: who asks, what every answer carries, safe redirects and error pages."""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog import get_logger
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from innovation_station import clock, visits
from innovation_station.db import db, transaction, unavailable
from innovation_station.errors import Conflict, DomainError, NotAllowed, Outdated, Refusal, TooMany, Unavailable
from innovation_station.i18n import COOKIE, hours_summary, sentence
from innovation_station.members import service as member_service
from innovation_station.members import viewing
from innovation_station.members.models import Member
from innovation_station.members.rules import Person
from innovation_station.members.viewing import Viewing
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.queries import revisions as read_revisions
from innovation_station.spaces.rules import House

log = get_logger(__name__)
csrf = CSRFProtect()
login = LoginManager()
LARGEST_ID = 2**31 - 1
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
RETRY_SECONDS = 3
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "Cache-Control": "no-store",
}
UNFRAMED = frozenset({"X-Frame-Options", "Cross-Origin-Opener-Policy"})
HEADERS_HTTPS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
_SAFE_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\x7f-\xa0\\]*")
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(eq=False)
class SignedIn(UserMixin):
    """Who asks, and the login session that the cookie stands for; Flask-Login's user."""

    person: Person
    token: str
    revisions: tuple[int, int] | None = None
    booked: int | None = None
    """The revision of what the person has booked, as it was when this request began; None where it is not known."""
    unread: int = 0
    needs: frozenset[str] = field(default=frozenset(), repr=False)
    view: Viewing | None = None
    """Whom somebody of the staff sees the house as: `person` is that member then, and what is for that member alone,
    unread notices and needs, is not there."""

    def __post_init__(self) -> None:
        self.id = self.person.id
        self.name = self.person.name
        self.email = self.person.email

    @property
    def initials(self) -> str:
        """Give the capitals for the avatar."""
        return self.person.initials

    def get_id(self) -> str:
        """Give what the cookie carries: the token, not the member, so that the server can end it."""
        return self.token


class CookieSession(SecureCookieSessionInterface):
    """Flask's session, kept out of files and feeds: Flask-Login looks into it on every answer, and a look is enough
    to make an answer vary by cookie, which no cache can keep."""

    _signer: tuple[object, URLSafeTimedSerializer | None] = (None, None)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Give the signer of cookies, made once and not twice a request."""
        if self._signer[0] != app.secret_key:
            self._signer = app.secret_key, super().get_signing_serializer(app)
        return self._signer[1]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie. Of one that has been read before it is known what it holds, not whether it still counts."""
        signer, value = self.get_signing_serializer(app), request.cookies.get(self.get_cookie_name(app))
        if signer is None or not value:
            return super().open_session(app, request)
        try:
            held, signed, flat = _unsealed(signer, value)
        except BadSignature:
            return self.session_class()
        if not 0 <= int(time.time()) - signed <= app.permanent_session_lifetime.total_seconds():
            return self.session_class()
        return self.session_class(held if flat else deepcopy(held))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Leave answers of views marked `sessionless` alone; their error pages are pages like all others."""
        view = app.view_functions.get(request.endpoint or "")
        if getattr(view, "sessionless", False) and response.mimetype != "text/html":
            return
        if getattr(view, "cookieless", False) and response.status_code == 200:
            return
        if session.modified or session.permanent:
            super().save_session(app, session, response)
        elif session.accessed and "Cookie" not in response.headers.get("Vary", ""):
            response.vary.add("Cookie")


@lru_cache(maxsize=1024)
def _unsealed(signer: URLSafeTimedSerializer, value: str) -> tuple[dict[str, Any], int, bool]:
    """Give what a cookie holds, when it was signed, and whether nothing in it can be changed. Raises BadSignature."""
    held, signed = signer.loads(value, return_timestamp=True)
    return held, int(signed.timestamp()), not any(isinstance(each, list | dict) for each in held.values())


def sessionless(view: View) -> View:
    """Mark a view whose answers carry no cookie and vary by none."""
    view.sessionless = True  # type: ignore[attr-defined]
    return view


def cookieless(view: View) -> View:
    """Mark a view whose page stands in others' pages: it carries no cookie; its error pages are like all others."""
    view.cookieless = True  # type: ignore[attr-defined]
    return view


def takes_up_to(size: int) -> Callable[[View], View]:
    """Mark a view whose requests may be of so many bytes: one that takes a file."""

    def mark(view: View) -> View:
        view.largest_body = size  # type: ignore[attr-defined]
        return view

    return mark


class IdConverter(IntegerConverter):
    """A row's id in an address, in plain figures; what no database could hold is no such page."""

    regex = "[0-9]+"

    def __init__(self, url_map: Any) -> None:
        super().__init__(url_map, min=1, max=LARGEST_ID)


def init_app(app: Flask) -> None:
    """Prepare an app: converters, sign-in, guards, headers, error pages."""
    app.url_map.converters["id"] = IdConverter
    app.session_interface = CookieSession()
    sessionless(app.view_functions["static"])
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the guard does it, for requests that need it
    csrf.init_app(app)
    login.init_app(app)
    login.session_protection = None  # a phone changes its address all day
    login._session_identifier_generator = str  # its fingerprint of the browser, hashed for every request all the same
    login.user_loader(_load)
    login.unauthorized_handler(to_login)
    app.before_request(_guard)
    app.after_request(seal)
    app.context_processor(_page_context)
    app.register_error_handler(Outdated, read_again)
    app.register_error_handler(DomainError, show_refusal)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(SQLAlchemyError, show_database_error)
    app.register_error_handler(InternalServerError, show_http_error)
    app.register_blueprint(_language_pages)


# -- who asks ---------------------------------------------------------------------------------------------------------


def _load(token: str) -> SignedIn | None:
    if g.get("without_database"):
        return None
    visit = visits.found(request.environ, token) or visits.find(token, clock.now())
    if visit is None:
        return None
    if visit.viewed is not None and (view := viewing.current(token, visit.person, clock.now())):
        _only_look(view)
        return SignedIn(view.member, token, visit.revisions, view=view)
    return SignedIn(visit.person, token, visit.revisions, visit.booked, visit.unread, visit.needs)


def _only_look(view: Viewing) -> None:
    """Refuse what somebody may not do who sees the house as a member: change anything, or see what is secret.

    The one place where this is decided: whatever is shown to the member alone asks who is signed in, and `_guard` asks
    for whatever changes something. A page that says no, or what is wrong, may ask. Raises NotAllowed.
    """
    if g.get("says_no") or request.endpoint is None:
        return
    safe = request.method in SAFE_METHODS
    if request.endpoint not in (viewing.PAGES if safe else viewing.ENDINGS):
        g.says_no = True
        raise NotAllowed([Refusal("view-secret" if safe else "view-changes", None, {"name": view.member.name})])


def visitor() -> SignedIn | None:
    """Give who is signed in, None where nobody is; looked up once a request."""
    found = g.get("_login_user")
    if found is None:
        found = current_user._get_current_object()
    return found if isinstance(found, SignedIn) else None


def actor() -> Person:
    """Give the member who asks; only for views behind `signed_in`."""
    return cast(SignedIn, visitor()).person


def own_needs() -> frozenset[str]:
    """Give what the member who asks needs of a place; for what is shown to this member alone, see `members.needs`."""
    known = visitor()
    return known.needs if known else frozenset()


def revisions() -> tuple[int, int]:
    """Give the revisions of the house and of all its spaces as they were when this request began."""
    known = visitor()
    return known.revisions if known and known.revisions else read_revisions()


def booked_revision() -> int | None:
    """Give the revision of what the member who asks has booked, as it was when this request began."""
    known = visitor()
    return known.booked if known else None


def signed_in(view: View) -> View:
    """Let members only through; others go to the log-in page and come back after it."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if visitor() is None:
            return to_login()
        return view(*args, **kwargs)

    return cast(View, guarded)


def guard(pages: Blueprint, may: Callable[[Person], bool] | None = None) -> None:
    """Open all pages of a blueprint to members only, or to those of them whom a rule lets in; others get 403."""

    @pages.before_request
    def check() -> ResponseReturnValue | None:
        known = visitor()
        if known is None:
            return to_login()
        if may is not None and not may(known.person):
            abort(403)
        return None


def _page_context() -> dict[str, Any]:
    house = current_house()
    return {
        "house": house, "house_name": house.name, "house_organisation": house.organisation,
        "house_hours": hours_summary(house.hours), "debug_style_page": current_app.debug,
    }  # fmt: skip


def to_login() -> ResponseReturnValue:
    """Send whoever is not logged in to the log-in page, from where they come back."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    if "X-Part" in request.headers:
        abort(401)
    return redirect(url_for("members.login", next=back if back != "/" else None), 303)


def sign_in(token: str, member: Member, *, remember: bool) -> None:
    """Start the browser's session anew: form tokens and whatever a visitor left in the old one are dropped."""
    session.clear()
    person = Person(member.id, member.role, member.name, member.email, member.visible)
    login_user(SignedIn(person, token), remember=remember)


def sign_out() -> None:
    """End the login session on the server and forget it in the browser."""
    if known := visitor():
        with transaction():
            member_service.log_out(known.token)
    logout_user()
    remembered = session.get("_remember")
    session.clear()
    if remembered:
        session["_remember"] = remembered  # Flask-Login's order to delete its cookie travels in the session


# -- every request and every answer -----------------------------------------------------------------------------------


def _guard() -> None:
    # a load balancer asks by address whether we live, and learns nothing else
    if not trusted_host(request.host) and request.blueprint != "health":
        abort(400, "host")
    if "\0" in request.path or "%00" in request.query_string.decode("latin-1"):
        abort(400)
    if request.method in SAFE_METHODS:
        return
    if largest := getattr(current_app.view_functions.get(request.endpoint or ""), "largest_body", None):
        request.max_content_length = largest  # before the form is read, which the check of its token does
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(400, "origin")
    origin = request.headers.get("Origin")
    if origin and origin != "null" and origin.partition("://")[2] != request.host:
        abort(400, "origin")
    csrf.protect(apply_exemptions=True)
    if not getattr(current_app.view_functions.get(request.endpoint or ""), "sessionless", False):
        visitor()  # also where the view does not ask: see _only_look


def trusted_host(host: str) -> bool:
    """Tell whether a Host header names this installation.

    With a base URL: its host and loopback. Without one, an address in figures is fine too: to point a victim's
    browser at us under another name (DNS rebinding) an attacker needs a name.
    """
    return _trusted_host(host, current_app.config["STATION"].base_url)


@lru_cache(maxsize=64)
def _trusted_host(host: str, base: str | None) -> bool:
    name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    if name in ("localhost", "127.0.0.1", "::1"):
        return True
    if base:
        return name == urlsplit(base).hostname
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name == socket.gethostname().lower()
    return True


def trust_proxies(app: Flask, hops: int) -> None:
    """Believe exactly `hops` reverse proxies about address and scheme; believe nobody when 0.

    Not about the host: many proxies hand a client's own X-Forwarded-Host on. They are to pass Host as it came.
    """
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_port=0, x_prefix=0)  # type: ignore[method-assign]


def base_url() -> str:
    """Give the address that links handed to other programs start with, without a final slash."""
    return current_app.config["STATION"].base_url or request.host_url.rstrip("/")


def seal(response: Response) -> Response:
    """Give an answer the headers that all answers have."""
    headers = response.headers
    wanted = HEADERS
    if (current_app.config["STATION"].base_url or "").startswith("https:"):
        wanted = HEADERS | HEADERS_HTTPS
    if response.status_code == 503:
        wanted = wanted | {"Retry-After": str(RETRY_SECONDS)}
    if g.get("framed"):  # made to stand in others' pages; its own policy says in whose
        wanted = {name: value for name, value in wanted.items() if name not in UNFRAMED}
    given = {name.lower() for name, _value in headers}  # asking the headers for each costs ten times as much
    for name, value in wanted.items():
        if name.lower() not in given:
            headers.add(name, value)
    if response.mimetype == "text/html":
        vary = headers.get("Vary", "")
        missing = [name for name in ("Cookie", "Accept-Language") if name.lower() not in vary.lower()]
        headers["Vary"] = ", ".join([vary, *missing] if vary else missing)
    return response


def current_house() -> House:
    """Give the house as this request sees it; read once."""
    if "house" not in g:
        if g.get("without_database"):
            g.house = House.unknown()
        else:
            known = g.get("_login_user")  # an answer that is the same for all must not ask who asks
            g.house = read_house(known.revisions[0] if isinstance(known, SignedIn) and known.revisions else None)
    return cast(House, g.house)


def safe_next(target: str | None, fallback: str) -> str:
    """Give `target` where it is a path of ours, else `fallback`.

    Both tests are needed: «////evil» has no netloc, and «/<TAB>/evil» does not start with two slashes.
    """
    if not target or len(target) > 2000 or not _SAFE_PATH.fullmatch(target):
        return fallback
    parts = urlsplit(target)
    return fallback if parts.scheme or parts.netloc else target


def wants_part() -> str | None:
    """Name the part of the page that a script of ours asks for, None for a whole page."""
    return request.headers.get("X-Part")


# -- errors -----------------------------------------------------------------------------------------------------------


# What to do about a refusal that is settled on a page of its own: where, and what its link says.
WAYS: dict[str, tuple[str, Any]] = {"rules-new": ("members.accept", _l("Read and accept them"))}


def way_on(refusal: Refusal, following: str | None = None) -> dict[str, str] | None:
    """Give the link (href, text) to where a refusal is settled, and from there to `following`; None without one."""
    if refusal.code not in WAYS:
        return None
    endpoint, text = WAYS[refusal.code]
    return {"href": url_for(endpoint, next=following), "text": str(text)}


def reason(refusal: Refusal, following: str | None = None) -> str | dict[str, Any]:
    """Say a refusal as the macro `refusals` takes it: in a sentence, with the way on where there is one."""
    way = way_on(refusal, following)
    return {"text": sentence(refusal), "way": way} if way else sentence(refusal)


def show_refusal(error: DomainError) -> ResponseReturnValue:
    """Show a refusal that no view has turned into its own page."""
    ways = [way for refusal in error.refusals if (way := way_on(refusal))]
    page = error_page(error.status, [sentence(refusal) for refusal in error.refusals], ways=ways)
    if isinstance(error, TooMany):
        page.headers["Retry-After"] = str(error.retry_after)
    return page


def read_again(error: Outdated) -> ResponseReturnValue:
    """Make a page anew, once, whose rows are newer than the house that it was begun with.

    The house is read when a request begins, bookings after it: a space may be added and booked in between. What changes
    something reads the house behind its locks; where the page after it does not know it, it says so.
    """
    if request.method not in SAFE_METHODS or g.get("reads_again"):
        log.warning("outdated", missing=str(error))
        return show_refusal(Conflict([Refusal("house-changed")]))
    g.reads_again = True
    db.session.rollback()
    g.pop("house", None)
    if known := visitor():
        known.revisions = read_revisions()
    try:
        return current_app.dispatch_request()
    except Exception as found:  # noqa: BLE001  who handles errors is not asked about those of its handlers
        return current_app.handle_user_exception(found)


def show_http_error(error: HTTPException) -> ResponseReturnValue:
    """Show any HTTP error in the reader's language."""
    if error.code is None or error.code < 400:
        return error.get_response()
    if isinstance(error, CSRFError):
        return error_page(400, reason="csrf")
    if error.code >= 500:
        g.without_database = True
        db.session.rollback()
    page = error_page(error.code, reason=error.description if error.code == 400 else None)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            page.headers[name] = value
    return page


def show_database_error(error: SQLAlchemyError) -> ResponseReturnValue:
    """Tell a database that is away or busy (503) from a fault of ours (500); never show the driver's words."""
    g.without_database = True
    db.session.rollback()
    reason = unavailable(error) if isinstance(error, DBAPIError) else None
    if isinstance(error, PoolTimeout):  # every connection is in use: as busy as a locked database
        reason = Unavailable([Refusal("database-busy")])
    if reason is None:
        log.error("database error", exc_info=error)
        return error_page(500)
    log.warning("database unavailable", reason=reason.refusals[0].code)
    return show_refusal(reason)


def error_page(
    status: int, sentences: list[str] | None = None, reason: str | None = None, ways: Sequence[dict[str, str]] = ()
) -> Response:  # fmt: skip
    """Make the page of an error, in full or as the part a script asked for; `ways` are links (href, text) out of it."""
    g.says_no = True
    if status >= 500:
        g.without_database = True
    try:
        page = render_template("errors/error.html", status=status, sentences=sentences or [], reason=reason, ways=ways)
    except SQLAlchemyError as error:
        if g.get("without_database"):
            raise
        return make_response(show_database_error(error))  # below 500 the page reads the house and who asks
    return Response(page, status)


# -- language ---------------------------------------------------------------------------------------------------------

_language_pages = Blueprint("language", __name__)


@_language_pages.post("/lang/<any(sv, en):chosen>")
def choose(chosen: str) -> ResponseReturnValue:
    """Remember the language and go back to the page one was on."""
    answer = redirect(safe_next(request.form.get("next"), "/"), 303)
    answer.set_cookie(
        COOKIE,
        chosen,
        max_age=365 * 24 * 3600,
        samesite="Lax",
        httponly=True,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return answer
