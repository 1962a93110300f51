"""One app for a worker and a kind of database, given to one test after the other.

To make an app takes as long as to serve a page, and on PostgreSQL so do a first connection and all that an engine
learns at it. What a test changes of its app is seen at its end: settings, views and hooks are put back; where it is
something else (layers, listeners, templates), such an app is not given to another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event

from innovation_station import db as database
from innovation_station import settings

CONFIGURED = {"STATION_SECRET_KEY": "test-" * 10, "STATION_LOG_LEVEL": "error"}


@dataclass
class Standing:
    """The app for whoever asks next; `make` gives a new one, `address` lets it stand on another database."""

    make: Callable[[str, Path], Flask]
    address: Callable[[Flask, str], None]
    app: Flask | None = None
    url: str = ""
    marks: Any = None
    put_back: Callable[[], None] = lambda: None
    backends: set[int] = field(default_factory=set)
    """The processes of PostgreSQL that serve its connections."""

    def fresh(self, url: str, instance: Path) -> Flask:
        """Give the app, as it was made but for its folder; a new one where that cannot be had."""
        if self.app is None:
            self.app = self.make(url, instance)
            self._note_backends()
        elif self.url != url:
            self.address(self.app, url)
        self.url = url
        instance.mkdir(exist_ok=True)
        self.app.instance_path = str(instance)
        self.app.config["STATION"] = settings.load({"STATION_DATABASE_URL": url, **CONFIGURED}, instance)
        self.marks, self.put_back = marks(self.app), remembered(self.app)
        return self.app

    def take_back(self) -> None:
        """Close what the test has left open; forget the app if it is not as it was given."""
        assert self.app
        self.put_back()
        with self.app.app_context():
            database.db.session.remove()
            engine = database.db.engine
        same = marks(self.app) == self.marks
        if not same or engine.dialect.name == "sqlite" or engine.pool.checkedout():  # type: ignore[attr-defined]
            engine.dispose()
        if not same:
            self.app = None

    def _note_backends(self) -> None:
        assert self.app
        with self.app.app_context():
            engine = database.db.engine
        if engine.dialect.name == "postgresql":
            event.listen(engine, "connect", lambda opened, _record: self.backends.add(opened.info.backend_pid))
            event.listen(engine, "close", lambda opened, _record: self.backends.discard(opened.info.backend_pid))


def remembered(app: Flask) -> Callable[[], None]:
    """Give what puts back the settings, views and hooks that an app has now."""
    hooks = (
        app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs, app.template_context_processors,
        app.url_value_preprocessors, app.url_default_functions,
    )  # fmt: skip
    tables: list[tuple[dict[Any, Any], dict[Any, Any]]] = [
        (known, dict(known)) for known in (app.config, app.extensions, app.view_functions)
    ]
    tables += [(known, {scope: list(kept) for scope, kept in known.items()}) for known in hooks]

    def put_back() -> None:
        for table, then in tables:
            table.clear()
            table.update(then)

    return put_back


def marks(app: Flask) -> list[Any]:
    """Tell apart whatever a test may change of an app and `remembered` does not put back."""
    with app.app_context():
        engine = database.db.engine
    # that somebody looked for a handler where none is leaves an empty table
    handlers = sum(len(known) for codes in app.error_handler_spec.values() for known in codes.values())
    return [
        handlers, id(app.wsgi_app), id(app.session_interface), id(app.jinja_env.loader),
        sorted(app.jinja_env.globals), sorted(app.jinja_env.filters), app.instance_path,
        id(engine), [listeners(one) for one in (engine, engine.pool, engine.dialect)],
    ]  # fmt: skip


def listeners(target: Any) -> dict[str, int]:
    """Count those who listen to what a part of an engine does."""
    return {name: len(list(getattr(target.dispatch, name))) for name in target.dispatch._event_names}
