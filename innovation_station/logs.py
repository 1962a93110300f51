"""Logs: one line for each thing that happened, JSON for machines, readable on a terminal, without secrets.

Every line of a request carries its id, which the answer returns as X-Request-Id. Addresses are logged as the
rule that matched (``/feeds/<token>.ics``), never as they were asked for. Two walls keep secrets out: nothing
that may hold one is passed to the log, and every text that is written is searched for the secrets of the
request it belongs to.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import unicodedata
from collections.abc import Iterable, MutableMapping
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, has_request_context, request
from flask.logging import default_handler
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from innovation_station.settings import Settings

Event = MutableMapping[str, Any]
HIDDEN = "[hidden]"
QUIET = ("/healthz", "/readyz")  # asked every few seconds by machines
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_SECRET_NAME = re.compile(r"(?i)pass(?!ed)|token|secret|cookie|csrf|authorization|session|api_?key")
_SECRET_PATHS = re.compile(
    r"(?i)(/(?:feeds|door|password|email|join|invite|invitation|reset|cancel|offer|do|notifications/end)/)"
    r"[^\s/?#'\"\]]+"
)
_SQL_PARAMETERS = re.compile(r"\[parameters: .*?(?=\n\(Background on|\Z)", re.DOTALL)
access = logging.getLogger("innovation_station.access")


def init_app(app: Flask) -> None:
    """Configure logging for the process and give every request of ``app`` its id and its line."""
    settings: Settings = app.config["STATION"]
    configure(settings.log_format, settings.log_level)
    app.wsgi_app = RequestIds(app.wsgi_app, trust=settings.trusted_proxies > 0)  # type: ignore[method-assign]
    app.after_request(_finish)
    app.logger.removeHandler(default_handler)


def configure(log_format: str = "auto", level: str = "info", stream: IO[str] | None = None) -> None:
    """Send all log lines, ours and those of libraries, to one stream (stderr), each in a single write."""
    as_json = log_format == "json" or (log_format == "auto" and not (stream or sys.stderr).isatty())
    shared: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
        hide_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Handler(stream)
    handler.setFormatter(_Formatter(shared, as_json_line if as_json else as_text_line))
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # no line names them
    for chatty in ("alembic", "sqlalchemy", "werkzeug", "waitress.queue", "fontTools"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Render structlog's and the libraries' records through the processors, access records by the short way.

    An access line holds rules, numbers and ids only, so there is nothing to clean; the long way costs as much
    as a small page.
    """

    def __init__(self, shared: list[Any], renderer: Any) -> None:
        remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        super().__init__(foreign_pre_chain=shared, processors=[remove_meta, renderer])
        self.renderer = renderer

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, or several where there is a traceback."""
        access: Event | None = getattr(record, "access", None)
        if access is None:
            return super().format(record)
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        event = {"timestamp": moment, "level": record.levelname.lower(), "event": "request", **access}
        return str(self.renderer(None, "", event))


class _Handler(logging.StreamHandler[Any]):
    """Write to a stream, by default to what stderr is now and not what it was at configuration."""

    def __init__(self, stream: IO[str] | None) -> None:
        logging.Handler.__init__(self)
        self.given = stream

    @property
    def stream(self) -> IO[str]:
        return self.given or sys.stderr

    @stream.setter
    def stream(self, stream: IO[str]) -> None:
        self.given = stream


class RequestIds:
    """WSGI layer that opens the log context of a request before anything else runs."""

    def __init__(self, application: WSGIApplication, *, trust: bool) -> None:
        self.application = application
        self.trust = trust

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Take over the id of a trusted proxy if it is well formed, else make one."""
        given = environ.get("HTTP_X_REQUEST_ID", "") if self.trust else ""
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        environ["station.request_id"] = request_id
        environ["station.started"] = time.perf_counter()
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        return self.application(environ, start_response)


def request_id() -> str | None:
    """Return the id of the running request, or None outside one."""
    return request.environ.get("station.request_id") if has_request_context() else None


def _finish(response: Response) -> Response:
    rule = request.url_rule.rule if request.url_rule else None
    for name, value in finish(request.environ, rule=rule, status=response.status_code, member=_member_id()):
        response.headers.add(name, value)
    return response


def finish(
    environ: WSGIEnvironment, *, rule: str | None, status: int, member: int | None = None
) -> list[tuple[str, str]]:
    """Write the line of a request and give the headers that say its id."""
    given = environ.get("station.request_id")
    level = logging.INFO
    if status >= 500:
        level = logging.ERROR
    elif rule in QUIET:
        level = logging.DEBUG
    if access.isEnabledFor(level):
        started = environ.get("station.started")
        record = logging.LogRecord(access.name, level, "", 0, "request", (), None)
        record.access = {
            "method": environ["REQUEST_METHOD"][:16],
            "rule": rule,
            "status": status,
            "ms": round((time.perf_counter() - started) * 1000, 1) if started else None,
            "member": member,
            "request_id": given,
        }
        access.handle(record)
    return [("X-Request-Id", given)] if given else []


def _member_id() -> int | None:
    """Return the id of who is signed in if that was asked before; never asks the database itself."""
    known = vars(g.get("_login_user") or object)
    found = known["view"].by.id if known.get("view") else known.get("id")  # who looks, and not as whom
    return found if isinstance(found, int) else None


def hide_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """Replace what is named like a secret, and every text of this request that is one."""
    secrets = _request_secrets() if event.get("level") not in ("info", "debug") else ()
    for key, value in list(event.items()):
        if key.startswith("_"):
            continue  # structlog's own
        if _SECRET_NAME.search(key):
            event[key] = HIDDEN
        else:
            event[key] = _clean(value, secrets)
    return event


def _clean(value: Any, secrets: Iterable[str]) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {
            _clean(str(key), secrets): HIDDEN if _SECRET_NAME.search(str(key)) else _clean(inner, secrets)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple, set)):
        return [_clean(inner, secrets) for inner in value]
    text = value if isinstance(value, str) else repr(value)
    text = _SECRET_PATHS.sub(rf"\1{HIDDEN}", text)
    if "[parameters:" in text:
        text = _SQL_PARAMETERS.sub(f"[parameters: {HIDDEN}]", text)
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _request_secrets() -> list[str]:
    """Return the secret texts of the running request, longest first, so that none is left in half."""
    if not has_request_context():
        return []
    found = set(request.cookies.values())
    found.update(str(value) for name, value in (request.view_args or {}).items() if _SECRET_NAME.search(name))
    found.update(value for name, value in request.headers.items() if name in ("Authorization", "Cookie", "X-Csrftoken"))
    # only a form that has been read already: reading it now could fail again
    for source in (request.__dict__.get("form"), request.args):
        if source is not None:
            found.update(value for name, value in source.items(multi=True) if _SECRET_NAME.search(name))
    return sorted((text for text in found if len(text) >= 4), key=len, reverse=True)


def as_json_line(_logger: Any, _method: str, event: Event) -> str:
    """Render one JSON object in ASCII: control characters arrive escaped."""
    first = {key: event.pop(key) for key in ("timestamp", "level", "event") if key in event}
    return json.dumps({**first, **{key: value for key, value in event.items() if value is not None}}, default=repr)


def as_text_line(_logger: Any, _method: str, event: Event) -> str:
    """Render a line for a person; a traceback follows indented, so nothing in it can pass for a line."""
    moment, level = str(event.pop("timestamp", ""))[11:19], event.pop("level", "")
    head = f"{moment} {level:7} {escaped(str(event.pop('event', '')))}"
    exception = event.pop("exception", None)
    event.pop("logger", None)
    pairs = (f"{key}={escaped(str(value))}" for key, value in event.items() if value is not None)
    line = " ".join([head, *pairs])
    if exception:
        line += "".join("\n  | " + escaped(part) for part in str(exception).split("\n"))
    return line


def escaped(text: str) -> str:
    """Write out every character that could move the cursor, break the line or turn its direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs")
        else character
        for character in text
    )
