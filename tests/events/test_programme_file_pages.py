"""A programme from a file: written, read, shown line by line, taken in as one change; and people who are changed."""

from __future__ import annotations

import html
import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.audit.models import AuditEntry
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import Refused
from innovation_station.events import queries, service, sheet
from innovation_station.events.models import Event
from innovation_station.members.models import Member
from innovation_station.spaces.queries import house
from tests.conftest import NOW, TUESDAY, ZONE, at, browser, log_in, post
from tests.events.conftest import WEDNESDAY, Stage, talk
from tests.events.test_event_pages import each_request_by_itself, main

assert each_request_by_itself
HEAD = "Datum;Från;Till;Titel;Title;Typ;Lokal;Antal;Medverkande"
GOOD = f"""{HEAD}
{TUESDAY};08:30;09:00;Kaffe;Coffee;Mingel;;;
{TUESDAY};9.00;12:00;Huvudtal;Keynote;keynote;scenen;40;"Ida Alm, Professor, Skolan; Bo Ström, Kommunen (moderator)"
{WEDNESDAY};12:00;13:00;Samtal;"Talks; more";Panel;Alby;;Ida Alm
"""


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


def send(client: FlaskClient, event: Event, text: str | bytes, **more: str):  # type: ignore[no-untyped-def]
    data = text.encode() if isinstance(text, str) else text
    path = f"/staff/events/{event.id}/programme/file"
    return post(client, path, {"file": (BytesIO(data), "p.csv"), **more}, content_type="multipart/form-data")


def take(client: FlaskClient, event: Event, text: str, **more: str):  # type: ignore[no-untyped-def]
    return post(client, f"/staff/events/{event.id}/programme/file", {"text": text, "take": "1", **more})


def test_a_file_is_shown_first_and_then_taken_in_as_one(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    before = two_days.revision
    page = send(host, two_days, GOOD)
    text = main(page.text)
    assert page.status_code == 200 and "Nya: 2, ändrade: 1, som de är: 0." in text, text
    assert "Scenen" in text and "tis 24 nov 09.00–12.00" in text and "Talks; more" not in text
    assert stage.whole(two_days).event.revision == before, "nothing is written yet"
    kept = html.unescape(re.search(r'name="text" value="([^"]*)"', page.text)[1])  # type: ignore[index]
    assert kept == GOOD
    assert take(host, two_days, kept).status_code == 303
    whole = stage.whole(two_days)
    rows = {row.title_sv: row for row in whole.sessions}
    assert len(whole.sessions) == 8 and rows["Kaffe"].kind == "mingle" and rows["Samtal"].title_en == "Talks; more"
    assert rows["Huvudtal"].people == 40 and rows["Huvudtal"].kind == "keynote"
    people = {row.name: (row.title, row.affiliation) for row in whole.speakers.values()}
    assert people == {"Ida Alm": ("Professor", "Skolan"), "Bo Ström": ("", "Kommunen")}
    roles = {whole.speakers[part.speaker_id].name: part.role for part in whole.parts[rows["Huvudtal"].id]}
    assert roles == {"Ida Alm": "speaker", "Bo Ström": "moderator"}
    assert at(WEDNESDAY, "12:00", "13:00") in stage.held(two_days)[stage.rooms["Alby"]]

    entries = db.session.scalar(db.select(db.func.count()).select_from(AuditEntry))
    again = take(host, two_days, kept)
    assert again.status_code == 303
    assert stage.whole(two_days).event.revision == whole.event.revision, "the same file twice changes nothing"
    assert db.session.scalar(db.select(db.func.count()).select_from(AuditEntry)) == entries
    assert "Nya: 0, ändrade: 0, som de är: 3." in main(send(host, two_days, GOOD).text)


def test_what_is_written_is_read_as_the_same(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    take(host, two_days, GOOD)
    stage.add(two_days, talk(TUESDAY, "17:00", "18:00", titles=("=SUM(1)", "-2+3")))
    answer = host.get(f"/staff/events/{two_days.id}/programme.csv")
    assert answer.mimetype == "text/csv" and "samverkansdagarna.csv" in answer.headers["Content-Disposition"]
    assert ";'=SUM(1);'-2+3;" in answer.text
    whole = stage.whole(two_days)
    pieces = sheet.compared(sheet.read(answer.data, ZONE, house().places), whole, ZONE)
    assert len(pieces) == len(whole.sessions) and all(piece.same for piece in pieces), [
        p.line for p in pieces if not p.same
    ]
    moved = answer.text.replace("09:00;12:00;Huvudtal", "09:30;12:00;Öppning")
    assert take(host, two_days, moved).status_code == 303
    rows = {row.title_sv: row for row in stage.whole(two_days).sessions}
    assert "Huvudtal" not in rows and rows["Öppning"].span == at(TUESDAY, "09:30", "12:00"), "known by its number"
    with pytest.raises(Refused) as refused:
        sheet.read(b"name\n1", ZONE, {})
    assert [one.code for one in refused.value.refusals] == ["programme-columns"]
    empty = stage.event(at(TUESDAY, "08:00", "10:00"))
    lines = sheet.read(host.get(f"/staff/events/{empty.id}/programme.csv").data, ZONE, house().places)
    assert [(line.refusals, line.said["title_sv"]) for line in lines] == [((), "Välkommen")]


def test_every_line_that_is_wrong_says_why_and_nothing_is_taken_in(
    host: FlaskClient, stage: Stage, two_days: Event
) -> None:  # fmt: skip
    wrong = "\n".join((
        HEAD, f"{TUESDAY};08:00;09:00;Bra;;;;;", "24/11;08:00;09:00;A;;;;;", f"{TUESDAY};8;9;B;;;;;",
        f"{TUESDAY};10:00;09:00;C;;;;;", f"{TUESDAY};10:00;11:00;;;;;;", f"{TUESDAY};10:00;11:00;D;;kalas;;;",
        f"{TUESDAY};10:00;11:00;E;;;Månen;;", f"{TUESDAY};10:00;11:00;F;;;;många;", "2027-11-24;10:00;11:00;G;;;;;",
        f"{TUESDAY};10:00;11:00;H;;;;;(moderator)", f"{TUESDAY};10:00;11:00;{'x' * 200};;;;;",
    ))  # fmt: skip
    page = send(host, two_days, wrong)
    text = main(page.text)
    assert page.status_code == 422 and "10 rader går inte att läsa." in text, text
    for said in ("år-månad-dag", "timmar och minuter", "Skriv en titel", "Välj något av det", "Platsen finns inte", "namn",
                 "ett heltal", "högst 150 tecken", "2 dagar"):  # fmt: skip
        assert said.casefold() in text.casefold(), said
    assert 'name="take"' not in page.text
    assert take(host, two_days, wrong).status_code == 422
    assert len(stage.whole(two_days).sessions) == 6
    for data, said in ((b"", "Första raden"), (b"a;b\n1;2", "Första raden"), (b'date,start,end,title\n"', ""),
                       (b"x" * 70_000, "mer än 200"), (b"\xff\xfe\x00", "Första raden")):  # fmt: skip
        answer = send(host, two_days, data)
        assert answer.status_code in (200, 422) and said in html.unescape(answer.text), (data[:20], answer.text)
    latin = f"date,start,end,title_sv\r\n{TUESDAY},12:00,13:00,Räksmörgås\r\n".encode("cp1252")
    assert "Räksmörgås" in main(send(host, two_days, latin).text)


def test_a_file_that_hits_a_booking_asks_what_becomes_of_it(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    booked = stage.book("alva", stage.rooms["Alby"], at(WEDNESDAY, "12:00", "13:00"))
    assert "En bokning drabbas" in main(send(host, two_days, GOOD).text)
    page = take(host, two_days, GOOD)
    assert page.status_code == 409 and "En bokning drabbas" in page.text
    assert len(stage.whole(two_days).sessions) == 6 and not stage.whole(two_days).speakers, "nothing is half done"
    token = re.search(r'name="token" value="(\w+)"', page.text)[1]  # type: ignore[index]
    assert take(host, two_days, GOOD, token=token, **{f"hit-{booked.id}": "cancel"}).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Booking, booked.id).cancelled
    assert len(stage.whole(two_days).sessions) == 8


def test_people_of_an_event_are_changed_where_they_stand(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    with transaction():
        speaker = service.add_speaker(stage.who(), two_days.id, name="Ida", title="", affiliation="", now=NOW)
    path, back = f"/staff/events/{two_days.id}/speakers/{speaker.id}", f"/staff/events/{two_days.id}/programme#people"
    assert path in host.get(f"/staff/events/{two_days.id}/programme").text
    sent = {"name": "Ida Alm", "title": "Docent", "affiliation": "Skolan", "email": "alva@example.org"}
    answer = post(host, path, sent)
    assert answer.status_code == 303 and answer.location.endswith(back)
    row = queries.whole(stage.whole(two_days).event).speakers[speaker.id]
    alva = db.session.scalars(db.select(Member.id).where(Member.email == "alva@example.org")).one()
    assert (row.name, row.title, row.affiliation, row.member_id) == ("Ida Alm", "Docent", "Skolan", alva)
    assert 'value="Docent"' in host.get(path).text
    assert post(host, path, {"name": ""}).status_code == 422
    assert post(host, path, {"name": "Ida", "email": "nobody@example.org"}).status_code == 422
    assert post(host, path, {"name": "Ida", "unlink": "1"}).status_code == 303
    db.session.expire_all()
    assert queries.whole(stage.whole(two_days).event).speakers[speaker.id].member_id is None
    assert host.get(f"/staff/events/{two_days.id}/speakers/99999").status_code == 404
