"""Becoming a member: by application, by invitation, from a file; let in by staff, by domain, or not."""

from __future__ import annotations

import io
import re
import time
import tracemalloc
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from innovation_station import personal
from innovation_station.audit.models import AuditEntry
from innovation_station.cli import cli
from innovation_station.db import db, transaction
from innovation_station.errors import Refused
from innovation_station.mail.models import Mail
from innovation_station.members import csv_lines, joining, queries, rules, totp
from innovation_station.members.bringing import Import
from innovation_station.members.models import Acceptance, ImportFile, Member
from innovation_station.personal import Subject
from tests.conftest import NOW, PASSWORD, Clock, Small, browser, log_in, token_in
from tests.members.conftest import Post, fill, press
from tests.privacy.conftest import run

IMPORT = "/staff/members/import"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEW, NAME, SECRET = "nils.ek@example.com", "Nils Ek", "hav-skylt-lampa-tre"


def state(app: Flask, email: str = NEW) -> str | None:
    with app.app_context():
        found = db.session.scalar(select(Member.state).where(Member.email == email))
        db.session.remove()
    return found


def number(app: Flask, email: str = NEW) -> int:
    with app.app_context():
        found = queries.by_email(email)
        assert found
        db.session.remove()
        return found.id


def apply(app: Flask, outbox: Post, email: str = NEW) -> str:
    """Apply, and give the link that the mail holds."""
    assert fill(browser(app), "/join", name=NAME, email=email).status_code == 200
    return f"/join/{outbox.token('join-verify', email)}"


def is_in(client: FlaskClient) -> bool:
    return client.get("/bookings").status_code == 200


def settle(app: Flask, small: Small, domains: str = "", second_factor: str = "nobody") -> None:
    with app.app_context(), transaction():
        admin = db.session.get_one(Member, small.people["admin"])
        joining.settle_admission(domains, second_factor, actor=admin, now=NOW)


# -- applications -----------------------------------------------------------------------------------------------------


def test_application_is_confirmed_then_approved(app: Flask, outbox: Post) -> None:
    link = apply(app, outbox)
    assert state(app) is None
    client = browser(app)
    for _ in range(2):  # a scanner looks
        assert NAME in client.get(link).text
    assert state(app) is None
    assert fill(client, link, name=NAME, password="kort").status_code == 422
    assert fill(client, link, name=NAME, password=SECRET).location == "/"
    assert state(app) == "applied" and not is_in(client)
    assert fill(browser(app), "/login", email=NEW, password=SECRET).status_code == 403
    assert client.get(link).status_code == 404
    host = log_in(browser(app), "host")
    assert "1 person väntar" in host.get("/staff").text
    page = f"/staff/members/{number(app)}"
    assert NAME in host.get("/staff/people?state=applied").text
    assert press(host, page, page, act="approve").status_code == 303
    assert press(host, page, page, act="approve").status_code == 409
    assert fill(client, "/login", email=NEW, password=SECRET).location == "/welcome/1"
    assert outbox.templates(NEW) == ["join-verify", "join-waiting", "join-approved"]
    with app.app_context():
        trail = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert list(trail) == ["member.join", "member.approve"]


@on_sqlite
def test_declined_application_leaves_nothing(app: Flask, outbox: Post) -> None:
    fill(browser(app), apply(app, outbox), name=NAME, password=SECRET)
    host = log_in(browser(app), "host")
    page = f"/staff/members/{number(app)}"
    assert press(host, page, page, act="decline").location == "/staff/people?state=applied"
    assert state(app) is None and outbox.templates(NEW)[-1] == "join-declined"


@on_sqlite
@pytest.mark.parametrize(
    ("email", "found"),
    [("eva@sh.se", "active"), ("eva@SH.SE", "active"), ("eva@evil-sh.se", "applied"), ("eva@sub.sh.se", "applied"),
     ("eva@sh.se.example", "applied")],
)  # fmt: skip
def test_domain_lets_in_its_own_people_only(app: Flask, small: Small, outbox: Post, email: str, found: str) -> None:
    settle(app, small, "@sh.se\nhuddinge.se")
    client = browser(app)
    answer = fill(client, apply(app, outbox, email.lower()), name=NAME, password=SECRET)
    assert state(app, email.lower()) == found
    assert is_in(client) == (found == "active") and answer.location == ("/welcome/1" if found == "active" else "/")


@on_sqlite
def test_application_of_a_known_address_goes_to_its_mailbox(app: Flask, outbox: Post) -> None:
    fill(browser(app), "/join", name="Ond Annan", email="alva@example.org")
    assert outbox.templates("alva@example.org") == ["join-known"]
    assert outbox.mails("alva@example.org")[0][2] == {}


@on_sqlite
def test_links_end(app: Flask, clock: Clock, outbox: Post) -> None:
    first, second = apply(app, outbox), apply(app, outbox)
    client = browser(app)
    assert [client.get(link).status_code for link in (first, second)] == [404, 200]
    clock.now += timedelta(hours=48)
    assert client.get(second).status_code == 404


@on_sqlite
@pytest.mark.parametrize("name", ["", " ", "x" * 101, "rad\nbrott"])
def test_names_are_one_line(app: Flask, outbox: Post, name: str) -> None:
    assert fill(browser(app), "/join", name=name, email=NEW).status_code == 422
    assert outbox.mails() == []


# -- invitations ------------------------------------------------------------------------------------------------------


def test_invitation_is_taken_once(app: Flask, outbox: Post) -> None:
    host = log_in(browser(app), "host")
    people = f"{NAME} <{NEW}>\nfel@\nalva@example.org, maja@example.com"
    page = fill(host, "/staff/invitations", people=people)
    assert page.status_code == 200 and page.text.count("Inbjuden<") == 2 and "Har ett konto" in page.text
    assert "fel@</textarea>" in page.text and f"{NEW}</textarea>" not in page.text
    assert outbox.templates("alva@example.org") == [] and state(app) == "invited"
    link, client = f"/invitation/{outbox.token('invitation', NEW)}", browser(app)
    assert NAME in client.get(link).text
    assert fill(browser(app), "/login", email=NEW, password="").status_code == 422
    assert fill(client, link, name="Nils P. Ek", password=SECRET).location == "/welcome/1"
    assert is_in(client) and state(app) == "active"
    assert browser(app).get(link).status_code == 404


@on_sqlite
def test_invitation_to_an_existing_member_never_sets_a_password(app: Flask, small: Small, outbox: Post) -> None:
    with app.app_context(), transaction():
        alva = db.session.get_one(Member, small.people["alva"])
        found = joining.invite([("alva@example.org", "")], actor=alva, now=NOW, language="sv")
    assert [one.outcome for one in found] == ["known"] and outbox.mails() == []


@on_sqlite
def test_invited_again_the_older_link_ends_and_it_can_be_taken_back(app: Flask, outbox: Post) -> None:
    host = log_in(browser(app), "host")
    fill(host, "/staff/invitations", people=NEW)
    first = outbox.token("invitation", NEW)
    page = f"/staff/members/{number(app)}"
    press(host, page, page, act="invite")
    fill(browser(app), "/join", name="Nils", email=NEW)  # who applies instead gets the invitation
    assert outbox.templates(NEW) == ["invitation"] * 3
    newest, client = outbox.token("invitation", NEW), browser(app)
    assert client.get(f"/invitation/{first}").status_code == 404
    assert client.get(f"/invitation/{newest}").status_code == 200
    assert press(host, page, page, act="uninvite").status_code == 303 and state(app) is None
    assert client.get(f"/invitation/{newest}").status_code == 404


# -- roles ------------------------------------------------------------------------------------------------------------


def test_only_administrators_give_roles_and_not_to_themselves(app: Flask, small: Small) -> None:
    host, admin = log_in(browser(app), "host"), log_in(browser(app), "admin")
    page = f"/staff/members/{small.people['bo']}"
    for role in ("admin", "host"):
        assert press(host, page, page, act="role", role=role).status_code == 403
    assert 'name="role"' not in host.get(page).text
    assert press(admin, page, page, act="role", role="host").status_code == 303
    assert press(admin, page, page, act="role", role="king").status_code == 422
    own = f"/staff/members/{small.people['admin']}"
    assert press(admin, own, own, act="role", role="member").status_code == 403
    with app.app_context():
        assert db.session.get_one(Member, small.people["bo"]).role == "host"
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "member.role")).one()
        assert (entry.actor_id, entry.member_id) == (small.people["admin"], small.people["bo"])


# -- a second factor that the house asks for --------------------------------------------------------------------------


def test_staff_set_a_second_factor_up_where_the_house_asks(app: Flask, small: Small, clock: Clock) -> None:
    alva, host = log_in(browser(app)), log_in(browser(app), "host")
    settle(app, small, second_factor="staff")
    assert is_in(alva) and not is_in(host)
    answer = fill(host, "/login", email="host@example.org", password=PASSWORD, next="/staff")
    assert answer.location == "/login/second-factor" and not is_in(host)
    assert host.get("/staff").location.startswith("/login")
    page = "/login/second-factor"
    assert press(host, page, page, begin="1").location == page
    assert press(host, page, page, code="000000").status_code == 422
    with app.app_context():
        factor = queries.second_factor_of(small.people["host"])
        assert factor
        secret = totp.unlocked(factor.secret, key=str(app.secret_key), member_id=factor.member_id)
        assert secret
    done = press(host, page, page, code=totp.code_at(secret, totp.step_of(clock.now)))
    assert done.status_code == 200 and "/staff" in done.text and host.get("/staff").status_code == 200
    off = "/account/security/second-factor"
    refused = press(host, off, f"{off}/end", password=PASSWORD)
    assert refused.status_code == 422 and "kräver en andra faktor" in refused.text
    again = browser(app)
    assert fill(again, "/login", email="host@example.org", password=PASSWORD).location == "/login/code"


@on_sqlite
def test_new_host_without_second_factor_is_logged_out(app: Flask, small: Small) -> None:
    settle(app, small, second_factor="staff")
    bo = log_in(browser(app), "bo")
    with app.app_context(), transaction():
        admin = db.session.get_one(Member, small.people["admin"])
        joining.change_role(db.session.get_one(Member, small.people["bo"]), "host", actor=admin, now=NOW)
    assert not is_in(bo)


@on_sqlite
def test_admission_page(app: Flask, small: Small) -> None:
    admin, page = log_in(browser(app), "admin"), "/staff/admission"
    assert fill(admin, page, domains="sh.se, inte en domän!", second_factor="nobody").status_code == 422
    assert fill(admin, page, domains=" @SH.se , huddinge.se", second_factor="nobody").status_code == 303
    assert "sh.se\nhuddinge.se" in admin.get(page).text


# -- texts and tour ---------------------------------------------------------------------------------------------------


def publish(app: Flask, words: str, kind: str = "rules") -> None:
    with app.app_context(), transaction():
        joining.publish_text(kind, f"# Rubrik\n\n{words}\n\n- ett\n- två", "English", actor=None, now=NOW)


def test_house_rules_are_versioned_and_accepted(app: Flask, small: Small) -> None:
    publish(app, "Var snäll.")
    client = browser(app)
    assert "Var snäll." in client.get("/rules").text and "English" in browser(app, "en").get("/rules").text
    answer = fill(client, "/login", email="alva@example.org", password=PASSWORD, next="/calendars")
    assert answer.location == "/rules/accept?next=/calendars"
    assert fill(client, answer.location).status_code == 422
    assert fill(client, answer.location, accept="y", next="/calendars").location == "/calendars"
    again = browser(app)
    assert fill(again, "/login", email="alva@example.org", password=PASSWORD).location == "/"
    publish(app, "Var tyst.")
    third = browser(app)
    assert fill(third, "/login", email="alva@example.org", password=PASSWORD).location == "/rules/accept?next=/"
    page = third.get("/rules/accept").text
    assert "Var tyst." in page and "Var snäll." not in page
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Acceptance)) == 1


@on_sqlite
def test_nobody_joins_without_accepting(app: Flask, small: Small, outbox: Post) -> None:
    publish(app, "Var snäll.")
    settle(app, small, "example.com")
    link, client = apply(app, outbox), browser(app)
    refused = fill(client, link, name=NAME, password=SECRET)
    assert refused.status_code == 422 and "Kryssa för det här" in refused.text and state(app) is None
    assert fill(client, link, name=NAME, password=SECRET, accept="y").location == "/welcome/1"
    with app.app_context():
        assert queries.texts_to_accept(number(app)) == {}


@on_sqlite
def test_texts_page_makes_a_new_version(app: Flask) -> None:
    admin, page = log_in(browser(app), "admin"), "/staff/texts/rules"
    assert fill(admin, page, body_sv="Bara svenska", body_en=" ").status_code == 422
    for words in ("Först", "Sedan <b>"):
        assert fill(admin, page, body_sv=words, body_en=words).location == "/staff/texts"
    assert "Version 2" in admin.get("/staff/texts").text
    assert "Sedan &lt;b&gt;" in browser(app).get("/rules").text
    assert browser(app).get("/staff/texts/none").status_code == 404


@on_sqlite
def test_tour_has_three_steps_and_ends_when_it_is_skipped(app: Flask, small: Small) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Member, small.people["alva"]).tour_due = True
    client = browser(app)
    assert fill(client, "/login", email="alva@example.org", password=PASSWORD).location == "/welcome/1"
    headings = [re.search(r"<h1>(.*?)</h1>", client.get(f"/welcome/{step}").text) for step in (1, 2, 3)]
    assert len({found[1] for found in headings if found}) == 3
    assert client.get("/welcome/4").location == "/welcome/1"
    other = browser(app)
    assert (
        fill(other, "/login", email="alva@example.org", password=PASSWORD, next="/calendars").location == "/calendars"
    )
    assert press(client, "/welcome/2", "/welcome", next="https://evil.example").location == "/"
    assert fill(browser(app), "/login", email="alva@example.org", password=PASSWORD).location == "/"


# -- files ------------------------------------------------------------------------------------------------------------


def read(content: bytes) -> list[csv_lines.Row]:
    return [row for batch in csv_lines.batches(io.BytesIO(content)) for row in batch]


TEXT = "Namn;E-post;Språk\r\nÅsa Öberg;asa@example.org;sv\r\nZoë Ek;zoe@example.org;\r\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(), b"\xef\xbb\xbf" + TEXT.encode(), TEXT.encode("cp1252"), TEXT.encode("utf-16"),
        TEXT.replace("\r\n", "\n").encode(), TEXT.replace("\r\n", "\r").encode(), TEXT.replace(";", ",").encode(),
        TEXT.replace(";", "\t").encode(), unicodedata.normalize("NFD", TEXT).encode(), b"\n;;\n" + TEXT.encode(),
    ],
)  # fmt: skip
def test_files_as_spreadsheets_write_them(content: bytes) -> None:
    rows = read(content)
    assert [(row.email, row.name, row.language, row.refusal) for row in rows] == [
        ("asa@example.org", "Åsa Öberg", "sv", None), ("zoe@example.org", "Zoë Ek", None, None),
    ]  # fmt: skip


def test_wrong_lines_stop_no_other() -> None:
    lines = ["email,name", "a@example.org,A", '"b@example.org,"B', "c", "d@example.org," + "x" * 9000, "e@example.org,E\x07",
             "f@example.org,F,sv,more", '"g@example.org","Gun ""G"" Ek"', "h@example.org\x00,H", "i@example.org,I"]  # fmt: skip
    rows = read("\n".join(lines).encode())
    assert [row.number for row in rows] == list(range(2, 11))
    codes = [row.refusal.code if row.refusal else None for row in rows]
    assert codes == [
        None,
        "line-broken",
        "email-malformed",
        "line-long",
        "name-malformed",
        None,
        None,
        "email-malformed",
        None,
    ]
    assert rows[6].name == 'Gun "G" Ek'


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"name\nA", b"email,e-post\na@b.se,c@d.se", b"\x89PNG\r\n\x1a\n\x00\x00"]
)
def test_files_without_addresses_are_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        read(content)


class Endless(io.RawIOBase):
    """A file of so many lines, made while it is read: no test holds it in memory."""

    def __init__(self, lines: int) -> None:
        self.lines, self.at = lines, 0
        self.made: Iterator[bytes] = iter(())
        self.rest = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.made, self.rest = self._make(), b""
        return 0

    def _make(self) -> Iterator[bytes]:
        yield b"email;name\r\n"
        for n in range(self.lines):
            wrong = n % 100 == 7
            yield f"{'inte en adress' if wrong else f'person{n}@example.com'};Person {n} Åberg\r\n".encode()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while len(self.rest) < len(buffer):
            line = next(self.made, None)
            if line is None:
                break
            self.rest += line
        given, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


def bring_in(lines: int, **options: bool) -> Import:
    run = Import(None, "sv", **{"only_try": False, **options})
    file = io.BufferedReader(Endless(lines))
    file.seek(0)
    for batch in csv_lines.batches(file):
        with transaction():
            run.take(batch, now=NOW)
        db.session.expunge_all()
    return run


@on_sqlite
def test_ten_thousand_members_in_bounded_memory_and_twice_makes_no_duplicates(context: Flask) -> None:
    begun = time.process_time()
    tried = bring_in(10_000, only_try=True)
    assert tried.counts == {"new": 9900, "refused": 100}
    assert db.session.scalar(select(func.count()).select_from(Member)) == 4
    bring_in(500)
    tracemalloc.start()
    done = bring_in(10_000)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.counts == {"new": 9405, "known": 495, "refused": 100}
    assert peak < 12 * 2**20, f"{peak / 2**20:.1f} MiB"
    again = bring_in(10_000)
    assert again.counts == {"known": 9900, "refused": 100}
    assert db.session.scalar(select(func.count()).select_from(Member)) == 9904
    assert time.process_time() - begun < 30  # seconds of this process; a few in truth, tracing memory costs most


def test_invitations_go_to_the_new_alone(app: Flask, outbox: Post) -> None:
    with app.app_context():
        assert bring_in(20, invite=True).counts == {"new": 19, "refused": 1}
        bring_in(25, invite=True)
        assert db.session.scalar(select(func.count()).select_from(Mail)) == 24
    link = f"/invitation/{outbox.token('invitation', 'person3@example.com')}"
    client = browser(app)
    assert fill(client, link, name="Person Tre", password=SECRET).location == "/welcome/1" and is_in(client)


@on_sqlite
def test_import_page_tries_first(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    host, page = log_in(browser(app), "host"), "/staff/members/import"

    def send(**more: str) -> str:
        file = (
            io.BytesIO(b"email;namn\nny@example.com;Ny\nalva@example.org;Alva\nny@example.com;Ny\nfel;Fel\n"),
            "m.csv",
        )
        token = token_in(host.get(page).text)
        answer = host.post(page, data={"csrf_token": token, "file": file, **more}, content_type="multipart/form-data")
        assert answer.status_code == 200
        return answer.text

    tried = send(only_try="y")
    assert "Ingenting sparades" in tried and state(app, "ny@example.com") is None
    assert re.findall(r"<dd>(\d+)</dd>", tried) == ["1", "1", "1", "1"] and "Rad 5" in tried
    assert "Det här gjordes" in send() and state(app, "ny@example.com") == "invited"
    assert re.findall(r"<dd>(\d+)</dd>", send()) == ["0", "2", "1", "1"]
    assert fill(host, page).status_code == 422
    monkeypatch.setattr(app.view_functions["staff.bring_in"], "largest_body", 2000)
    large = {"csrf_token": token_in(host.get(page).text), "file": (io.BytesIO(b"x" * 3000), "m.csv")}
    assert host.post(page, data=large, content_type="multipart/form-data").status_code == 413


def upload(client: FlaskClient, body: bytes, **more: str) -> TestResponse:
    token = token_in(client.get(IMPORT).text)
    data = {"csrf_token": token, "file": (io.BytesIO(body), "m.csv"), **more}
    return client.post(IMPORT, data=data, content_type="multipart/form-data")


def kept(app: Flask) -> list[int]:
    with app.app_context():
        found = list(db.session.scalars(select(ImportFile.member_id).order_by(ImportFile.member_id)))
        db.session.remove()
    return found


def test_file_that_was_tried_is_read_in_earnest_without_being_chosen_again(
    app: Flask, small: Small, clock: Clock, outbox: Post
) -> None:
    host, admin = log_in(browser(app), "host"), log_in(browser(app), "admin")
    tried = upload(host, "e-post;namn\nåsa@example.com;Åsa Öst\nfel;Fel\n".encode("cp1252"), only_try="y", invite="y")
    assert 'name="kept"' in tried.text and "Gör 1 medlem" in tried.text and state(app, "åsa@example.com") is None
    assert re.search(r'id="kept-invite" name="invite" value="y" checked', tried.text)
    assert kept(app) == [small.people["host"]]
    other = press(admin, IMPORT, IMPORT, kept="y")  # somebody else has not tried it
    assert other.status_code == 422 and "Filen finns inte kvar" in other.text
    done = press(host, IMPORT, IMPORT, kept="y", invite="y")
    assert "Det här gjordes" in done.text and re.findall(r"<dd>(\d+)</dd>", done.text) == ["1", "0", "0", "1"]
    assert state(app, "åsa@example.com") == "invited" and outbox.templates("åsa@example.com") == ["invitation"]
    assert kept(app) == [] and press(host, IMPORT, IMPORT, kept="y").status_code == 422
    upload(host, b"email\nbo2@example.com\n", only_try="y")
    upload(host, b"email\nbo3@example.com\n", only_try="y")
    clock.now += timedelta(days=1)
    assert press(log_in(browser(app), "host"), IMPORT, IMPORT, kept="y").status_code == 422
    assert run(app, "data-retention") and kept(app) == []
    assert state(app, "bo2@example.com") is state(app, "bo3@example.com") is None


@on_sqlite
def test_file_is_not_kept_where_it_cannot_be_read_or_was_read_in_earnest(app: Flask) -> None:
    host = log_in(browser(app), "host")
    assert upload(host, b"namn\nAsa\n", only_try="y").status_code == 422 and kept(app) == []
    assert upload(host, b"email\nny@example.com\n", only_try="y").status_code == 200 and kept(app)
    assert upload(host, b"email\nny@example.com\n").status_code == 200 and kept(app) == []


def test_file_that_names_somebody_goes_with_them(app: Flask, small: Small) -> None:
    host, admin = log_in(browser(app), "host"), log_in(browser(app), "admin")
    upload(host, "email;namn\nkim@example.com;ALVA LINDQVIST\n".encode("utf-16"), only_try="y")
    upload(admin, b"email\nalma@example.org\n", only_try="y")
    classes = {data.name: data for data in personal.known(app).classes}
    with app.app_context(), transaction():
        alva = Subject(small.people["alva"], "alva@example.org", "Alva Lindqvist")
        assert len(classes["imports"].records(small.people["host"])) == 1
        assert classes["imports"].erase(alva, NOW) == 1
    assert kept(app) == [small.people["admin"]]


@on_sqlite
def test_ten_thousand_lines_are_kept_and_read_in_bounded_memory(app: Flask) -> None:
    host = log_in(browser(app), "host")
    file = io.BufferedReader(Endless(10_000))
    file.seek(0)
    body = file.read()
    assert 400_000 < len(body) < 1_000_000
    tracemalloc.start()
    tried = upload(host, body, only_try="y")
    _now, trial = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    done = press(host, IMPORT, IMPORT, kept="y")
    _now, earnest = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for answer in (tried, done):
        assert re.findall(r"<dd>(\d+)</dd>", answer.text) == ["9900", "0", "0", "100"]
    assert max(trial, earnest) < 14 * 2**20, (trial / 2**20, earnest / 2**20)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Member)) == 9904


@on_sqlite
def test_import_command(app: Flask, tmp_path: Path) -> None:
    file, report = tmp_path / "m.csv", tmp_path / "report.csv"
    file.write_text("email,name\nny@example.com,Ny\nfel,Fel\n", "utf-8")
    runner = app.test_cli_runner()
    arguments = ["import", "members", str(file), "--report", str(report)]
    tried = runner.invoke(cli, [*arguments, "--dry-run"], obj=_info(app))
    assert tried.exit_code == 0 and "Would make 1; known 0; twice in the file 0; not readable 1." in tried.output
    done = runner.invoke(cli, arguments, obj=_info(app))
    assert "Made 1;" in done.output and "Line 3: The address is not complete." in done.output
    assert report.read_text("utf-8").splitlines()[0] == '2,new,""'
    assert state(app, "ny@example.com") == "invited"


def _info(app: Flask):  # type: ignore[no-untyped-def]
    from flask.cli import ScriptInfo

    return ScriptInfo(create_app=lambda: app)


@pytest.mark.parametrize(
    ("text", "found"),
    [("a@b.se", [("a@b.se", "")]), ('"Ek, Nils" <N@b.se>', [('"ek', ""), ("n@b.se", "Nils")]),
     ("Åsa <a@b.se>\n\n a@b.se ;c@d.se", [("a@b.se", ""), ("c@d.se", "")])],
)  # fmt: skip
def test_invitations_are_read_as_they_are_pasted(text: str, found: list[tuple[str, str]]) -> None:
    assert rules.read_invitations(text) == found
