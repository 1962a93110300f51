"""News as everybody reads them and staff write them: pages, languages, addresses, pictures, the feed, what machines read."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.members.models import Member
from innovation_station.news import queries, service
from innovation_station.news.models import NewsItem
from innovation_station.news.rules import Facts
from tests.conftest import NOW, Clock, Small, browser, log_in, post, statements
from tests.events.test_event_types import faults
from tests.news.conftest import FACTS, Tell

ATOM = {"a": "http://www.w3.org/2005/Atom"}
LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>')


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (800, 500), "green").save(file, "PNG")
    return file.getvalue()


def entries(client: FlaskClient, lang: str = "sv") -> list[ElementTree.Element]:
    root = ElementTree.fromstring(client.get(f"/news.atom?lang={lang}").data)
    return root.findall("a:entry", ATOM)


def test_a_news_item_is_told_in_both_languages(app: Flask, client: FlaskClient, tell: Tell) -> None:
    item = tell()
    page = client.get(f"/news/{item.slug}").text
    assert (
        "<h1" in page
        and "Nytt kök" in page
        and "<strong>finns</strong>" in page
        and "måndag 23 november 2026" in page.lower()
    )
    assert '<meta property="og:type" content="article">' in page and 'hreflang="en"' in page
    english = browser(app, "en").get(f"/news/{item.slug}").text
    assert "New kitchen" in english and "There <strong>is</strong>" in english and "Nytt kök" not in english
    only = tell(Facts(("Bara svenska", ""), bodies=("Så är det.", "")))
    told = browser(app, "en").get(f"/news/{only.slug}").text
    assert "This is told in Swedish only." in told and '<h1 class="said" lang="sv">' in told
    assert "finns bara" not in client.get(f"/news/{only.slug}").text
    nasty = tell(Facts(("<b>x</b>", ""), bodies=("<script>x</script> [a](javascript:x)", "")))
    shown = client.get(f"/news/{nasty.slug}").text
    assert "<script>x" not in shown and "javascript:x" not in re.findall(r'href="([^"]*)"', shown)
    for path in ("/", "/news"):
        listed = client.get(path).text
        assert "Nytt kök" in listed and f'href="/news/{item.slug}"' in listed and "/news.atom?lang=sv" in listed
    assert f"/news/{item.slug}</loc>" in client.get("/sitemap.xml").text


def test_machines_read_a_news_article(client: FlaskClient, tell: Tell, app: Flask, small: Small) -> None:
    item = tell(publish=False)
    assert not LD.search(log_in(browser(app), "host").get(f"/news/{item.slug}").text)
    with app.app_context(), transaction():
        host = db.session.get_one(Member, small.people["host"])
        service.set_picture(host, item.id, picture(), now=NOW)
        service.publish(host, item.id, now=NOW)
    (found,) = LD.findall(client.get(f"/news/{item.slug}").text)
    data: dict[str, Any] = json.loads(found)
    assert list(faults(data)) == []
    assert data["@type"] == "NewsArticle" and data["headline"] == "Nytt kök" and data["inLanguage"] == ["sv", "en"]
    assert data["datePublished"] == "2026-11-23T08:10:00+01:00" and data["image"][0].endswith("?v=1")


def test_nobody_reads_what_is_not_shown_yet(
    app: Flask, client: FlaskClient, tell: Tell, small: Small, clock: Clock
) -> None:  # fmt: skip
    draft, ahead = tell(publish=False), tell(at=NOW + timedelta(hours=2))
    host, alva = log_in(browser(app), "host"), log_in(browser(app), "alva")
    for item in (draft, ahead):
        for reader in (client, alva):
            assert reader.get(f"/news/{item.slug}").status_code == 404
        assert host.get(f"/news/{item.slug}").status_code == 200
    assert "Den visas från" in host.get(f"/news/{ahead.slug}").text
    assert "noindex" in host.get(f"/news/{draft.slug}").text
    for path in ("/", "/news", "/news.atom", "/sitemap.xml"):
        found = client.get(path).text
        assert "Nytt kök" not in found and draft.slug not in found and ahead.slug not in found, path
    clock.now = NOW + timedelta(hours=2)  # nothing but the clock publishes
    assert client.get(f"/news/{ahead.slug}").status_code == 200
    assert len(entries(client)) == 1
    with app.app_context(), transaction():
        service.archive(db.session.get_one(Member, small.people["host"]), ahead.id, now=clock.now)
    assert "Det här är gammalt." in client.get(f"/news/{ahead.slug}").text and entries(client) == []
    assert ahead.slug not in client.get("/news").text


def test_an_address_that_was_shown_leads_on(app: Flask, client: FlaskClient, tell: Tell, small: Small) -> None:
    item, other = tell(), tell(Facts(("Annat", ""), bodies=("Text", "")))
    host = log_in(browser(app), "host")
    said = {f"{name}_{language}": text for name, texts in (("title", FACTS.titles), ("body", FACTS.bodies)) for language, text in zip(("sv", "en"), texts, strict=True)}  # fmt: skip

    def save(slug: str) -> int:
        return post(host, f"/staff/news/{item.id}", {**said, "slug": slug}).status_code

    assert save("koket") == 303
    answer = client.get("/news/nytt-kok?lang=en")
    assert answer.status_code == 301 and answer.location == "/news/koket?lang=en"
    assert client.get("/news/koket").status_code == 200
    assert [save(slug) for slug in (other.slug, "Stora", "a b", "x" * 81)] == [422] * 4
    assert save("nytt-kok") == 303 and client.get("/news/koket").location == "/news/nytt-kok"
    with app.app_context(), transaction():  # what was is nobody else's
        again = service.write(db.session.get_one(Member, small.people["host"]), Facts(("Köket", "")), now=NOW)
        assert again.slug == "koket-2"


def test_a_picture_is_made_anew_and_has_words(app: Flask, client: FlaskClient, tell: Tell, small: Small) -> None:
    item = tell(Facts(("Bild", ""), bodies=("Text", "")), publish=False)
    host, to = log_in(browser(app), "host"), f"/staff/news/{item.id}"

    def send(**data: Any) -> int:
        return host.post(
            f"{to}/picture", data={"csrf_token": _token(host), **data}, content_type="multipart/form-data"
        ).status_code

    assert send() == 422 and send(picture=(io.BytesIO(b"<svg/>"), "x.png")) == 422
    assert send(picture=(io.BytesIO(picture()), "x.png")) == 303
    assert client.get(f"/news/{item.slug}/picture").status_code == 404
    assert client.get(f"/news/{item.slug}/picture?v=1").status_code == 404, "a counter is no secret"
    draft = host.get(f"/news/{item.slug}/picture?v=1")
    assert draft.status_code == 200 and draft.headers["Cache-Control"] == "private, no-cache"
    refused = post(host, f"{to}/state", {"act": "publish"})
    assert refused.status_code == 422 and "Berätta vad bilden visar" in refused.text
    texts = {"title_sv": "Bild", "body_sv": "Text", "alt_sv": "En grön yta"}
    assert post(host, to, texts).status_code == 303 and post(host, f"{to}/state", {"act": "publish"}).status_code == 303
    assert 'alt="En grön yta"' in client.get(f"/news/{item.slug}").text
    stored = client.get(f"/news/{item.slug}/picture?v=1")
    assert stored.mimetype == "image/webp" and "immutable" in stored.headers["Cache-Control"]
    assert "Set-Cookie" not in stored.headers
    assert post(host, f"{to}/state", {"act": "withdraw"}).status_code == 303
    assert client.get(f"/news/{item.slug}/picture?v=1").status_code == 404


def _token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/staff/news").text)
    assert found
    return found[1]


def test_the_feed_is_atom_and_says_when_nothing_changed(
    app: Flask, client: FlaskClient, tell: Tell, small: Small, clock: Clock
) -> None:  # fmt: skip
    item = tell()
    tell(Facts(("Å & <b>\x0b\N{NO-BREAK SPACE}\N{ROCKET}", ""), bodies=("x & y", "")))
    answer = client.get("/news.atom?lang=en")
    assert answer.content_type == "application/atom+xml; charset=utf-8" and "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "") and answer.headers["Cache-Control"] == "public, max-age=300"
    root = ElementTree.fromstring(answer.data)
    for name in ("id", "title", "updated", "author/a:name"):
        assert root.findtext(f"a:{name}", namespaces=ATOM), name
    assert {link.get("rel") for link in root.findall("a:link", ATOM)} == {"self", "alternate"}
    nasty, first = entries(client, "en")
    assert first.findtext("a:id", namespaces=ATOM) == f"urn:uuid:{item.uid}"
    assert first.findtext("a:title", namespaces=ATOM) == "New kitchen"
    assert "<strong>is</strong>" in (first.findtext("a:content", namespaces=ATOM) or "")
    assert nasty.findtext("a:title", namespaces=ATOM) == "Å & <b>\N{NO-BREAK SPACE}\N{ROCKET}"
    assert nasty.get("{http://www.w3.org/XML/1998/namespace}lang") == "sv"
    tag = answer.headers["ETag"]
    assert client.get("/news.atom?lang=en", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/news.atom?lang=sv", headers={"If-None-Match": tag}).status_code == 200
    clock.now = NOW + timedelta(hours=1)
    with app.app_context(), transaction():
        host = db.session.get_one(Member, small.people["host"])
        service.say(host, item.id, FACTS, slug="annat", now=clock.now)
    assert client.get("/news.atom?lang=en", headers={"If-None-Match": tag}).status_code == 200
    changed = entries(client)[1]
    assert changed.findtext("a:id", namespaces=ATOM) == f"urn:uuid:{item.uid}"
    assert changed.findtext("a:updated", namespaces=ATOM) == "2026-11-23T08:10:00Z"
    assert changed.findtext("a:published", namespaces=ATOM) == "2026-11-23T07:10:00Z"


def test_staff_write_publish_copy_and_archive(app: Flask, client: FlaskClient, small: Small) -> None:
    host = log_in(browser(app), "host")
    assert post(host, "/staff/news", {"title_sv": ""}).status_code == 422
    to = post(host, "/staff/news", {"title_sv": "Ny ordning"}).location
    empty = post(host, f"{to}/state", {"act": "publish"})
    assert empty.status_code == 422 and "Skriv en titel och en text" in empty.text
    assert post(host, to, {"title_sv": "Ny ordning", "body_sv": "Så här."}).status_code == 303
    assert "Inget på engelska." in host.get(to).text
    far = {"act": "publish", "date": "2030-01-01", "time": "09:00"}
    assert post(host, f"{to}/state", far).status_code == 422
    assert post(host, f"{to}/state", {"act": "publish", "date": "2027-03-28", "time": "02:30"}).status_code == 422
    assert post(host, f"{to}/state", {"act": "publish", "date": "x"}).status_code == 422
    assert post(host, f"{to}/state", {"act": "publish", "date": "2026-11-24", "time": "09:00"}).status_code == 303
    with app.app_context():
        (item,) = queries.for_staff()
        assert item.shown_from and item.shown_from.isoformat() == "2026-11-24T08:00:00+00:00"
    assert 'value="2026-11-24"' in host.get(to).text
    assert post(host, f"{to}/state", {"act": "archive"}).status_code == 422  # nobody has seen it
    assert (
        post(host, f"{to}/state", {"act": "publish"}).status_code == 303
        and client.get("/news/ny-ordning").status_code == 200
    )
    assert post(host, f"{to}/state", {"act": "discard"}).status_code == 422
    copied = post(host, f"{to}/state", {"act": "copy"}).location
    assert copied != to and client.get("/news/ny-ordning-2").status_code == 404
    assert post(host, f"{copied}/state", {"act": "discard"}).location == "/staff/news"
    assert (
        post(host, f"{to}/state", {"act": "withdraw"}).status_code == 303
        and client.get("/news/ny-ordning").status_code == 404
    )
    assert post(host, f"{to}/state", {"act": "publish"}).status_code == 303
    assert post(host, f"{to}/state", {"act": "archive"}).status_code == 303
    with app.app_context():
        said = [action for (action,) in db.session.execute(db.text("select action from audit_entry order by id"))]
    assert [one for one in said if one.startswith("news.")] == [
        "news.created", "news.edited", "news.published", "news.published", "news.copied", "news.discarded",
        "news.withdrawn", "news.published", "news.archived",
    ]  # fmt: skip


def test_what_cannot_be_done_says_why(app: Flask, tell: Tell, small: Small) -> None:
    with app.app_context():
        host, alva = (db.session.get_one(Member, small.people[who]) for who in ("host", "alva"))
    shown, draft = tell(), tell(publish=False)

    def refused(act: Callable[[], Any]) -> str:
        with app.app_context(), pytest.raises(DomainError) as found, transaction():
            act()
        return found.value.refusals[0].code

    for act, code in (
        (lambda: service.write(alva, FACTS, now=NOW), "news-staff"),
        (lambda: service.discard(host, shown.id, now=NOW), "news-seen"),
        (lambda: service.archive(host, draft.id, now=NOW), "news-unseen"),
        (lambda: service.say(host, draft.id, FACTS, slug=shown.slug, now=NOW), "news-address-taken"),
        (lambda: service.say(host, draft.id, FACTS, slug="-", now=NOW), "news-address"),
        (lambda: service.say(host, shown.id, Facts(("x", "")), now=NOW), "news-empty"),
        (lambda: service.publish(host, draft.id, at=NOW + timedelta(days=400), now=NOW), "news-far"),
        (lambda: service.write(host, Facts(("", " ")), now=NOW), "event-nameless"),
        (lambda: service.publish(host, 99999, now=NOW), "not-found"),
    ):
        assert refused(act) == code


def test_lists_cost_the_same_however_long(app: Flask, client: FlaskClient, tell: Tell) -> None:
    def cost(path: str, reader: FlaskClient) -> int:
        reader.get(path)
        with statements(app) as asked:
            assert reader.get(path).status_code == 200
        return len(asked)

    host = log_in(browser(app), "host")
    asked = (("/news", client), ("/", client), ("/news.atom", client), ("/staff/news", host))
    tell()
    one = [cost(*which) for which in asked]
    for number in range(25):
        tell(Facts((f"Nummer {number}", ""), bodies=("Text", "")))
    assert [cost(*which) for which in asked] == one
    first = client.get("/news").text
    assert first.count("<article>") == 20 and "/news?page=2" in first
    assert client.get("/news?page=2").text.count("<article>") == 6
    assert client.get("/news?page=99999999").status_code == client.get("/news?page=%C2%B2").status_code == 200
    with app.app_context():
        assert db.session.query(NewsItem).count() == 26
