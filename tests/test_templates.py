"""What holds for all templates."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import Environment, FileSystemLoader
from jinja2.runtime import Context

from innovation_station.delivery import kept
from tests.conftest import Small

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def test_macros_stand_in_templates_that_are_only_imported() -> None:
    """A macro holds the page that defines it, and the page the macro: each page would stay in memory for a while."""
    pages = {name for file in TEMPLATES for name in re.findall(r'{%-? (?:include|extends) "([^"]+)"', file.read_text())}
    for file in (ROOT / "innovation_station").rglob("*.py"):
        pages.update(re.findall(r'"([\w/]+\.html)"', file.read_text()))
    with_macros = {
        file.relative_to(ROOT / "templates").as_posix() for file in TEMPLATES if "{% macro" in file.read_text()
    }
    assert len(pages) > 10 and len(with_macros) > 5
    assert pages & with_macros == set()


def test_frame_takes_no_name_from_pages() -> None:
    """What the frame sets or imports, blocks of the page find in place of what the page itself has by that name."""
    frame = (ROOT / "templates" / "base.html").read_text()
    imported = re.findall(r'{% from "_macros.html" import (.*) %}', frame)[0].split(", ")
    taken = re.findall(r"{%-? *(?:set|import \S+ as) (\w+)", frame)
    assert len(taken) > 3 and len(frame.split("{% from ")) == 2
    own = [name for name in taken if not name.startswith("_")] + imported
    assert set(own) == {"member", "current", "other", "messages", "icon", "note", "tag", "toast"}


@pytest.mark.parametrize("path", ["/", "/book", "/bookings", "/calendars"])
def test_page_is_gone_when_it_is_sent(path: str, small: Small, alva: FlaskClient) -> None:
    with alva.get(path) as answer:
        assert answer.status_code == 200
    del answer
    gc.collect()
    gc.disable()
    try:
        alva.get(path).close()
        alva.get("/healthz").close()  # the client holds on to the last
        left = [thing for thing in gc.get_objects() if isinstance(thing, Context)]
    finally:
        gc.enable()
    assert [context.name for context in left if not context.name.rpartition("/")[2].startswith("_")] == []


def test_what_is_kept_of_a_macro_is_of_that_macro(app: Flask, tmp_path: Path) -> None:
    pages = {"a": "{% macro tabs(n) %}a{{ n }}{% endmacro %}{% macro foot(n) %}f{{ n }}{% endmacro %}",
             "b": "{% macro tabs(n) %}b{{ n }}{% endmacro %}"}  # fmt: skip
    for name, text in pages.items():
        (tmp_path / name).write_text(text)
    env = Environment(loader=FileSystemLoader(tmp_path), autoescape=True)
    a, b = (env.get_template(name).module for name in pages)
    with app.test_request_context():
        for _again in range(2):
            assert [kept(macro, 1) for macro in (a.tabs, a.foot, b.tabs)] == ["a1", "f1", "b1"]  # type: ignore[attr-defined]


def test_addresses_that_are_written_out_lead_where_they_say(app: Flask) -> None:
    """Where many stand on a page, or each page has one, they are not looked up among the routes."""
    routes = app.url_map.bind("localhost")
    for path, method, endpoint in (
        ("/logout", "POST", "members.logout"), ("/waits", "POST", "waits.join"), ("/series/new", "GET", "series.new"),
        ("/book/1/favourite", "POST", "bookings.favourite"), ("/spaces/1/fault", "GET", "faults.report"),
        ("/book/1", "GET", "bookings.place"), ("/bookings/1", "GET", "bookings.show"),
    ):  # fmt: skip
        assert routes.match(path, method)[0] == endpoint, path
