"""One server under measurement, as a process of its own: ``python -m bench.serving KIND PORT WORKERS [URL FOLDER]``.

KIND is ``station`` (the command `serve` itself, its clock standing at moment.NOW so that every run sees the same day),
``hello`` (Flask and nothing else) or ``bare`` (Flask and SQLAlchemy's ORM with one row to read). All are served by the
same server, loaded once and then forked. Each loads only its own: ``hello`` no SQLAlchemy, ``bare`` nothing of ours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from bench import moment
from innovation_station import serve

HOST = "127.0.0.1"
# The tests' tools bring them. Where they are, structlog and SQLAlchemy load them; no installation has them.
NOT_INSTALLED = ("rich", "greenlet")


def hello(port: int, workers: int) -> int:
    """Answer as little as Flask can."""
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "hello")
    return serve.serve(app, serve.bind(HOST, port), workers=workers)


def bare(port: int, workers: int, url: str) -> int:
    """Read one row through the ORM and say its name."""
    from sqlalchemy import create_engine

    from bench.bare import make_app

    engine = create_engine(url)
    return serve.serve(make_app(engine), serve.bind(HOST, port), workers=workers, before_fork=engine.dispose)


def station(port: int, workers: int, url: str, instance: str) -> None:
    """Run the command; it ends the process."""
    os.environ["STATION_DATABASE_URL"] = url
    os.environ["STATION_INSTANCE"] = instance
    os.environ["STATION_SECRET_KEY"] = moment.SECRET
    Path(instance).mkdir(parents=True, exist_ok=True)
    from innovation_station import cli, clock

    clock.now = lambda: moment.NOW
    cli.cli.main(["serve", "--host", HOST, "--port", str(port), "--workers", str(workers)])


def main() -> None:
    """Serve until told to stop."""
    for name in NOT_INSTALLED:
        sys.modules[name] = None  # type: ignore[assignment]
    kind, port, workers, *rest = sys.argv[1:]
    run: dict[str, Callable[..., int | None]] = {
        "hello": lambda *given: hello(*given[:2]), "bare": lambda *given: bare(*given[:3]), "station": station,
    }  # fmt: skip
    sys.exit(run[kind](int(port), int(workers), *rest))


if __name__ == "__main__":
    main()
