"""What every process needs for its first pages, made once before the fork: they share it, and no visitor waits."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import jinja2
from flask import Flask, g
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers
from structlog import get_logger

from innovation_station import clock, heap, i18n
from innovation_station.logs import access
from innovation_station.members.rules import Person
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.queries import house
from innovation_station.web import SignedIn

log = get_logger(__name__)
NOBODY = SignedIn(Person(id=0, role="member", name="", email="", visible=False), "")
OPEN, MEMBERS = ("/", "/login"), ("/", "/book", "/bookings")


class Compiled(FileSystemBytecodeCache):
    """Templates as the last start compiled them: that takes a second, and reading them a tenth of it.

    They lie beside the database and the secret key, and are as safe as these. One whose source has changed is compiled
    again, all are with another Jinja or other code of ours, since what filters make of constants is compiled in. Where
    nothing can be written they are compiled at each start.
    """

    @classmethod
    def beside(cls, instance: Path) -> Compiled | None:
        """Make the folder in an instance directory, and throw away those of other versions; None where that fails."""
        code = Path(__file__).parent
        newest = max(file.stat().st_mtime_ns for file in code.rglob("*.py"))
        folder = instance / "compiled" / f"{sys.implementation.cache_tag}-{jinja2.__version__}-{newest:x}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for other in folder.parent.iterdir():
                if other != folder:
                    shutil.rmtree(other, ignore_errors=True)
        except OSError:
            return None
        return cls(str(folder))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one for the next start."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def preload(app: Flask) -> None:
    """Have templates compiled, read both catalogues, work out the holidays around today, make some pages for nobody.

    Writes nothing to the database; one that cannot be reached is no hindrance. Connections may be open afterwards.
    """
    if app.jinja_env.bytecode_cache is None:
        app.jinja_env.bytecode_cache = Compiled.beside(app.config["STATION"].instance)
    compiled = heap.apart(lambda: _compile(app)) if app.jinja_env.bytecode_cache else lambda: _compile(app)
    configure_mappers()
    learn = _learning(app)
    with app.app_context():
        for language in i18n.LANGUAGES:
            i18n.catalogue(language)
    compiled()
    if learn is not None:
        learn()
        rehearse(app)


def _compile(app: Flask) -> None:
    """Have every template compiled. Those of the pages that are rehearsed stay loaded; of the others a process reads
    what it uses, half a millisecond each: of what is loaded before the fork it would copy the most, and all keep the
    rest.
    """
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


def _learning(app: Flask) -> Callable[[], None] | None:
    """Begin to work out the holidays of five years, and give what ends it; None without a database.

    It takes a tenth of a second and a package of 5 MiB, which only who works them out has to load.
    """
    with app.app_context():
        year = i18n.local(clock.now()).year
        try:
            calendar = Calendar(house().holidays)
        except SQLAlchemyError:
            return None
    known = heap.apart(lambda: calendar.known(*range(year - 1, year + 4)))
    return lambda: calendar.tell(known())


def rehearse(app: Flask) -> None:
    """Make some pages for nobody: what statements, forms and the interpreter keep of the first time is then shared."""
    access.disabled = True
    try:
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = "nobody"
        for language in i18n.LANGUAGES:
            asked = {"Accept-Language": language}
            for path in OPEN:
                client.get(path, headers=asked)
            for path in MEMBERS:
                with app.test_request_context(path, headers=asked):
                    g._login_user = NOBODY
                    app.full_dispatch_request()
    except Exception:
        log.warning("page not rehearsed", exc_info=True)
    finally:
        access.disabled = False
