"""No text that people write, type or put into an address becomes markup or code, on any page and in any language."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from flask import Flask

from tests.trust.conftest import ATTACKED, Station, tour

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RAW = re.compile(r"</?x-\w+|&(?:amp;)+lt;|49&#|49</|[\"']onx=1")
EVALUATED = re.compile(r"&lt;x-\w+ [^<]{0,60}\b49\b")
SCRIPT_ADDRESS = re.compile(r"(?i)^\s*(javascript|data|vbscript):")
ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "poster", "srcset"}


class Page(HTMLParser):
    """Reads a page as a browser would and notes everything that could run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: list[str] = []
        self.scripts: list[str] = []
        self.is_data = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag.startswith("x-") or tag in ("style", "iframe", "object", "embed", "base", "applet", "foreignobject"):
            self.found.append(f"<{tag}>")
        if len(values) != len(attrs):
            self.found.append(f"<{tag}> has an attribute twice: {attrs}")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.found.append(f"<{tag} {name}={value!r}>")
            if name in ADDRESSES and SCRIPT_ADDRESS.match(value or ""):
                self.found.append(f"<{tag} {name}={value!r}>")
        self.is_data = tag == "script" and values.get("type") == "application/ld+json"  # which no browser executes
        if tag == "script" and not self.is_data:
            self.scripts.append(values.get("src") or "")
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a" and values.get("target") == "_blank" and "noopener" not in (values.get("rel") or ""):
            self.found.append(f"<a target=_blank> without noopener: {attrs}")
        if tag == "form" and (values.get("action") or "/").startswith(("http:", "https:", "//")):
            self.found.append(f"a form to elsewhere: {attrs}")

    def handle_data(self, data: str) -> None:
        if self.is_data and self.cdata_elem == "script":
            assert json.loads(data)["@context"] == "https://schema.org"
        elif self.cdata_elem == "script" and data.strip():
            self.found.append(f"inline script {data[:40]!r}")


SNIPPET = re.compile(r"&lt;iframe.*?&lt;/iframe&gt;", re.DOTALL)


@on_sqlite
def test_every_text_is_text_on_every_page(station: Station) -> None:
    visits = tour(station)
    shown = dict.fromkeys((*ATTACKED, "typed", "next"), 0)
    for visit in (visit for visit in visits if visit.is_page):
        text = re.sub(r'data-etag="[^"]*"', "", visit.answer.text)  # a hash may well end in 49
        text = SNIPPET.sub("", text)  # HTML that is shown is escaped twice; tests/events says that it is right
        assert not RAW.search(text), (str(visit), RAW.search(text))
        assert not EVALUATED.search(text), str(visit)
        page = Page(text)
        assert page.found == [], str(visit)
        assert all(source.startswith("/static/") for source in page.scripts), str(visit)
        assert len(page.ids) == len(set(page.ids)), (str(visit), sorted({x for x in page.ids if page.ids.count(x) > 1}))
        for name in shown:
            shown[name] += f"&lt;x-{name}" in text
    assert [name for name, times in shown.items() if not times] == []


@on_sqlite
def test_texts_that_are_no_pages_hold_no_markup_either(station: Station) -> None:
    for visit in tour(station):
        kind = visit.answer.mimetype
        if (
            kind in ("text/plain", "text/css", "text/javascript", "application/json")
            and visit.answer.status_code != 304
        ):
            assert "<x-" not in visit.answer.text or kind == "text/calendar", str(visit)
        for name, value in visit.answer.headers:
            assert "<x-" not in value or name == "Location", (str(visit), name)
            assert value.isprintable(), (str(visit), name)


@on_sqlite
def test_style_page_is_under_the_same_law(app: Flask, station: Station) -> None:
    app.debug = True
    page = station.visitor.get("/style")
    assert page.status_code == 200 and Page(page.text).found == []


def test_reader_of_pages_sees_what_could_run() -> None:
    for text in ('<p style="x">', "<p onclick=x>", "<script>x</script>", '<a href="javascript:x">', "<x-y>", "<style>"):
        assert Page(text).found, text
    assert Page('<a href="/x" class="y">z</a><script src="/static/a.js"></script>').found == []
