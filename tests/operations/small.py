"""A small application behind the production server, as a process that is forked when a test asks for it."""

from __future__ import annotations

import os
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from flask import Flask, request

from innovation_station import serve, web


def work(workers: int, limits: dict[str, Any], mark: str, errors: str, hops: int, told: Connection) -> None:
    """Serve until told to stop; says its port when it can be asked."""
    with Path(errors).open("w") as file:
        os.dup2(file.fileno(), 2)
    app = Flask("small")
    app.add_url_rule("/pid", "pid", lambda: str(os.getpid()))
    app.add_url_rule("/wait", "wait", lambda: wait(mark))
    app.add_url_rule("/echo", "echo", lambda: request.get_data(), methods=["POST"])
    app.add_url_rule("/seen", "seen", seen)
    app.add_url_rule("/unchanged", "unchanged", lambda: ("", int(request.args["status"])))
    web.trust_proxies(app, hops)
    listener = serve.bind("127.0.0.1", 0)
    told.send(listener.getsockname()[1])
    asked = serve.Limits(**{"body": 2000, **limits})
    sys.exit(serve.serve(app, listener, workers=workers, limits=asked, clear_proxy_headers=not hops))


def wait(mark: str) -> str:
    """Show that the request has begun, and take a while."""
    Path(mark).touch()
    time.sleep(float(request.args["s"]))
    return "done"


def seen() -> dict[str, Any]:
    """Tell how the request looks from within."""
    return {
        "address": request.remote_addr, "scheme": request.scheme, "host": request.host,
        "header": request.headers.get("X-Forwarded-For"),
    }  # fmt: skip
