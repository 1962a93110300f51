"""Logs: one line a request, with its id, without secrets, and not to be forged."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask, g, request, session
from sqlalchemy.exc import IntegrityError

from innovation_station import logs, settings

TOKEN = "feed-token-0123456789abcdef"
PASSWORD = "plats-for-nasta-ide"
COOKIE = "cookie-value-0123456789"
CSRF = "csrf-value-0123456789"
BEARER = "Bearer bearer-0123456789"
SECRETS = (TOKEN, PASSWORD, COOKIE, CSRF, "bearer-0123456789")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., tuple[Flask, Callable[[], list[str]]]]]:
    """Give a function that makes a small app and what reads its log lines."""

    def build(log_format: str = "json", **environ: str) -> tuple[Flask, Callable[[], list[str]]]:
        stream = io.StringIO()
        app = Flask("small")
        app.secret_key = "k" * 40
        app.config["STATION"] = settings.load(
            {f"STATION_{name}": value for name, value in {"LOG_FORMAT": log_format, **environ}.items()},
            tmp_path,
        )
        logs.init_app(app)
        logs.configure(log_format, app.config["STATION"].log_level, stream)
        add_views(app)
        return app, lambda: stream.getvalue().splitlines()

    root = logging.getLogger()
    before = root.level
    structlog.contextvars.clear_contextvars()
    yield build
    structlog.contextvars.clear_contextvars()
    root.setLevel(before)
    for handler in [handler for handler in root.handlers if isinstance(handler, logs._Handler)]:
        root.removeHandler(handler)
    structlog.reset_defaults()


def add_views(app: Flask) -> None:
    """Add views that answer, fail and log in the ways that matter."""

    class SignedIn:
        def __init__(self) -> None:
            self.id = 17

    @app.get("/feeds/<token>.ics")
    def feed(token: str) -> str:
        g._login_user = SignedIn()
        return "calendar"

    @app.route("/fails/<token>", methods=["GET", "POST"])
    def fails(token: str) -> str:
        session["x"] = 1
        parts = [token, request.form.get("password"), request.form.get("csrf_token"), dict(request.cookies)]
        raise RuntimeError(f"{parts} {request.headers.get('Authorization')} {request.full_path}")

    @app.get("/says")
    def says() -> str:
        log = structlog.get_logger("x")
        log.warning(request.args["event"], note=request.args["event"], password=PASSWORD, nested={"token": TOKEN})
        logging.getLogger("library").warning("%s", request.args["event"])
        return ""

    @app.get("/database")
    def database() -> str:
        error = Exception("UNIQUE constraint failed")
        raise IntegrityError("INSERT INTO feed VALUES (?)", [(TOKEN, "]\n"), {"a": "]"}], error)

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"


def test_a_request_is_one_line_with_its_id(make: Callable) -> None:
    app, lines = make()
    answer = app.test_client().get(f"/feeds/{TOKEN}.ics?x=1")
    (line,) = map(json.loads, lines())
    assert line.pop("timestamp").endswith("+00:00")
    assert line.pop("ms") >= 0
    assert line == {
        "level": "info",
        "event": "request",
        "method": "GET",
        "rule": "/feeds/<token>.ics",
        "status": 200,
        "member": 17,
        "request_id": answer.headers["X-Request-Id"],
    }


@pytest.mark.parametrize("path", [f"/feeds/{TOKEN}", f"/feeds/{TOKEN}.ics/", f"/door/{TOKEN}", f"//feeds/{TOKEN}"])
def test_address_without_a_rule_is_not_logged(make: Callable, path: str) -> None:
    app, lines = make()
    assert app.test_client().get(path).status_code == 404
    assert not any(secret in "".join(lines()) for secret in SECRETS)
    assert len(lines()) == 1
    assert json.loads(lines()[0])["status"] == 404


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_secret_in_the_log_of_a_failing_request(make: Callable, log_format: str) -> None:
    app, lines = make(log_format)
    client = app.test_client()
    client.set_cookie("session", COOKIE)
    answer = client.post(
        f"/fails/{TOKEN}?reset_token={CSRF}",
        data={"password": PASSWORD, "csrf_token": CSRF},
        headers={"Authorization": BEARER},
    )
    assert answer.status_code == 500
    written = "\n".join(lines())
    assert "RuntimeError" in written
    assert "Traceback" in written
    assert logs.HIDDEN in written
    assert not [secret for secret in SECRETS if secret in written]
    assert answer.headers["X-Request-Id"] in written


def test_no_secret_in_the_log_of_a_database_error(make: Callable) -> None:
    app, lines = make()
    assert app.test_client().get("/database").status_code == 500
    written = "\n".join(lines())
    assert "UNIQUE constraint failed" in written
    assert TOKEN not in written


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_fields_named_like_secrets_are_hidden(make: Callable, log_format: str) -> None:
    app, lines = make(log_format)
    app.test_client().get("/says?event=hello")
    assert not [secret for secret in SECRETS if secret in "".join(lines())]
    assert "hello" in "".join(lines())


FORGED = 'ok\n{"event": "request"}\r\x1b[2J\x00\x7f\u2028\u202e\x9b\ud800 end'


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_control_characters_cannot_forge_a_line(make: Callable, log_format: str) -> None:
    app, lines = make(log_format)
    app.test_client().get("/says", query_string={"event": FORGED.encode("utf-8", "surrogatepass")})
    assert len(lines()) == 3
    assert all(line.isprintable() for line in lines())
    assert logs.escaped(FORGED).isprintable()
    if log_format == "json":
        assert json.loads(lines()[0])["note"].startswith('ok\n{"event"')


def test_traceback_in_text_is_indented(make: Callable) -> None:
    app, lines = make("text")
    app.test_client().get("/fails/%0A12:00:00%20info%20forged")
    assert [line for line in lines() if line.startswith("  | Traceback")]
    starts = [line for line in lines() if not line.startswith("  | ")]
    assert len(starts) == 2


@pytest.mark.parametrize("proxies", [0, 1])
@pytest.mark.parametrize(
    ("given", "fit"),
    [
        ("abc-DEF-123", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("short", False),
        ("a b c d e f g", False),
        ("aaaaaaaaä", False),
    ],
)
def test_request_id_is_taken_over_from_a_proxy_only(make: Callable, proxies: int, given: str, fit: bool) -> None:
    app, lines = make(TRUSTED_PROXIES=str(proxies))
    answer = app.test_client().get("/feeds/x.ics", headers={"X-Request-Id": given})
    taken = answer.headers["X-Request-Id"]
    assert (taken == given) == bool(proxies and fit)
    assert logs._REQUEST_ID.fullmatch(taken)
    assert json.loads(lines()[0])["request_id"] == taken


def test_requests_do_not_share_their_context(make: Callable) -> None:
    app, _ = make()
    client = app.test_client()
    ids = {client.get("/feeds/x.ics").headers["X-Request-Id"] for _ in range(5)}
    assert len(ids) == 5


def test_levels(make: Callable) -> None:
    app, lines = make(LOG_LEVEL="warning")
    client = app.test_client()
    client.get("/feeds/x.ics")
    client.get("/healthz")
    assert lines() == []
    client.get("/fails/x")
    assert {json.loads(line)["level"] for line in lines()} == {"error"}


def test_health_checks_are_quiet(make: Callable) -> None:
    app, lines = make()
    app.test_client().get("/healthz")
    assert lines() == []


def test_format_follows_the_terminal(capsys: pytest.CaptureFixture[str], make: Callable) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    make()
    logs.configure("auto", "info", terminal)
    structlog.get_logger("x").info("hello", number=1)
    assert terminal.getvalue().endswith("info    hello number=1\n")
    logs.configure("auto", "info")
    structlog.get_logger("x").info("hello")
    assert json.loads(capsys.readouterr().err)["event"] == "hello"


@pytest.mark.parametrize("value", [None, 1, 1.5, True, [1], {"a": 1}, object(), ValueError("x"), b"bytes", ("a",)])
def test_anything_can_be_logged(make: Callable, value: Any) -> None:
    _, lines = make()
    structlog.get_logger("x").info("event", value=value)
    assert json.loads(lines()[0])["event"] == "event"
