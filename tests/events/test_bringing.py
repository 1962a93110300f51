"""Events from calendar files: what is made of one, that the same twice makes nothing, and that nothing is half done."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import func, select

from innovation_station import personal
from innovation_station.cli import cli
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, NotAllowed, Refused
from innovation_station.events import bringing, intake, queries, service
from innovation_station.events.intake import Row, match_place
from innovation_station.events.models import Event, EventFile, Source
from innovation_station.events.rules import Facts, Item
from innovation_station.external import apart, reading
from innovation_station.personal import Subject
from innovation_station.spaces.queries import house as read_house
from tests.conftest import NOW, TUESDAY, ZONE, Clock, at, browser, log_in, post, statements
from tests.events.conftest import Stage
from tests.external.calendars import calendar, event
from tests.external.conftest import apart_at_once, children  # noqa: F401  fixtures
from tests.external.test_hostile import EVENTS, GOOD, RULES, START, _noise

TALK = (
    "SUMMARY:Frukostföreläsning\\, öppen\nDTSTART;TZID=Europe/Stockholm:20261124T080000\n"
    "DTEND;TZID=Europe/Stockholm:20261124T093000\nLOCATION:Flottsbro\\, Moas båge\n"
    "DESCRIPTION:Kaffe från 07.30.\\nVälkomna!\nURL:https://example.org/frukost\n"
    "ORGANIZER;CN=Karin Ek:mailto:karin@example.org\nATTENDEE:mailto:bo@example.org"
)
FAIR = "SUMMARY:Mässa\nDTSTART;VALUE=DATE:20261126\nDTEND;VALUE=DATE:20261128\nLOCATION:Hovet"
WEEKLY = "SUMMARY:Skrivstuga\nDTSTART:20261125T120000Z\nDTEND:20261125T130000Z\nRRULE:FREQ=WEEKLY;COUNT=3"
FILE = calendar(event(TALK, "talk"), event(FAIR, "fair"), event(WEEKLY, "weekly"))


@pytest.fixture(autouse=True)
def each_request_by_itself(app: Flask) -> None:
    def forget() -> None:
        for name in list(g):
            g.pop(name)

    app.before_request_funcs.setdefault(None, []).insert(0, forget)


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


def looked(data: bytes) -> list[Row]:
    found = reading.read(data, reading.Ask(intake.window(NOW), ZONE.key, None, texts=True))
    return bringing.rows(found, "sv", read_house(), now=NOW)


def take(stage: Stage, data: bytes, **more: Any) -> Any:
    found = bringing.read(data, None, now=NOW, zone=ZONE)
    with transaction():
        return bringing.take(more.pop("actor", stage.who()), found, "sv", now=NOW, **more)


def events() -> list[Event]:
    db.session.expire_all()
    return list(db.session.scalars(select(Event).order_by(Event.start)))


# -- what is made of a file --------------------------------------------------------------------------------------------


def test_a_file_becomes_drafts_that_hold_nothing(stage: Stage) -> None:
    told = take(stage, FILE)
    assert told["made"] == 5 and told["left"] == 0
    talk, first, fair, *rest = events()
    assert (talk.title_sv, talk.title_en, talk.state) == ("Frukostföreläsning, öppen", "", "draft")
    assert talk.span == at(TUESDAY, "08:00", "09:30")
    assert talk.body_sv == "Kaffe från 07.30.\nVälkomna!\n\n<https://example.org/frukost>"
    assert not talk.contact_name and not talk.contact_email
    source = db.session.get_one(Source, talk.id)
    assert (source.place, source.space_id) == ("Flottsbro, Moas båge", stage.rooms["Flottsbro"])
    assert not stage.held(talk) and not queries.whole(talk).sessions
    assert fair.end - fair.start == timedelta(days=2) and db.session.get_one(Source, fair.id).space_id is None
    assert {one.group_uid for one in (first, *rest)} == {first.group_uid} != {None} and talk.group_uid is None
    assert "karin" not in " ".join(str(vars(one)) for one in (talk, source)).casefold()


def test_the_same_file_twice_makes_nothing_new(stage: Stage) -> None:
    take(stage, FILE)
    before = [(one.id, one.revision, one.changed_at) for one in events()]
    again = take(stage, FILE)
    assert (again["made"], again["updated"], again["same"]) == (0, 0, 5)
    assert [(one.id, one.revision, one.changed_at) for one in events()] == before


def test_a_changed_file_shows_what_is_others_and_changes_untouched_drafts_alone(stage: Stage) -> None:
    take(stage, FILE)
    talk, first, fair, second, _third = events()
    with transaction():  # one is edited here, one gets a programme, one is published
        service.say(stage.who(), fair.id, Facts(("Stora mässan", "The fair")), now=NOW, zone=ZONE)
    stage.add(first, Item(0, "talk", ("Skrivande", ""), first.span))
    stage.publish(second)
    changed = FILE.replace(b"T080000", b"T083000").replace("Mässa".encode(), "Nya mässan".encode())
    changed = changed.replace(b"SUMMARY:Skriv", b"SUMMARY:Nya skriv")
    found = {row.found.title: row for row in looked(changed)}
    states = [(row.state, row.known.event_id if row.known else 0) for row in looked(changed)]
    assert states[:4] == [("changed", talk.id), ("planned", first.id), ("edited", fair.id), ("shown", second.id)]
    assert found["Frukostföreläsning, öppen"].differences == [
        ("time", at(TUESDAY, "08:00", "09:30"), at(TUESDAY, "08:30", "09:30"))
    ]
    assert [one[0] for one in found["Nya mässan"].differences] == ["title"]
    told = take(stage, changed)
    assert told["updated"] == 2 and told["made"] == 0  # the talk, and the third date of the series
    titles = {one.id: one.title_sv for one in events()}
    assert titles[fair.id] == "Stora mässan" and titles[second.id] == "Skrivstuga"
    assert db.session.get_one(Event, talk.id).span == at(TUESDAY, "08:30", "09:30")
    take(stage, changed, chosen=[found["Nya mässan"].found.key])  # somebody has said so
    fair = db.session.get_one(Event, fair.id)
    assert (fair.title_sv, fair.title_en) == ("Nya mässan", "The fair")
    assert [row.state for row in looked(changed)] == ["same", "planned", "same", "shown", "same"]


def test_a_series_that_moves_is_the_same_events(stage: Stage) -> None:
    """Its dates have other names then; of an event that becomes a series the first is the one that it was."""
    take(stage, FILE)
    ids = {one.id for one in events()}
    later = WEEKLY.replace("T12", "T14").replace("T13", "T15")
    for series, titles in (
        (later, 0), (later.replace("1125", "1126"), 0), (WEEKLY.replace("COUNT=3", "COUNT=4"), 1), (WEEKLY, 0),
    ):  # fmt: skip
        file = calendar(event(TALK, "talk"), event(FAIR, "fair"), event(series, "weekly"))
        told = take(stage, file)
        assert (told["made"], told["new"]) == (titles, titles), series
        assert take(stage, file)["same"] == len(looked(file)), series
    assert len(events()) == len(ids) + 1 and ids < {one.id for one in events()}
    assert [one.start.hour for one in events() if one.title_sv == "Skrivstuga"] == [12] * 4
    weekly = calendar(event(TALK + "\nRRULE:FREQ=WEEKLY;COUNT=2", "talk"))
    assert [row.state for row in looked(weekly)] == ["same", "new"]
    take(stage, weekly)
    assert [row.state for row in looked(weekly)] == ["same", "same"]


def test_what_is_cancelled_there_is_told_and_stands(stage: Stage) -> None:
    take(stage, FILE)
    gone = calendar(event(TALK + "\nSTATUS:CANCELLED\nSEQUENCE:1", "talk"))
    (row,) = looked(gone)
    assert row.state == "cancelled" and take(stage, gone)["cancelled"] == 1
    assert events()[0].state == "draft"


def test_a_discarded_draft_can_be_taken_in_again(stage: Stage) -> None:
    take(stage, calendar(event(TALK, "talk")))
    with transaction():
        service.discard(stage.who(), events()[0].id, now=NOW, zone=ZONE)
    assert take(stage, calendar(event(TALK, "talk")))["made"] == 1


@pytest.mark.parametrize(("said", "name"), [
    ("Alby", "Alby"), ("  alby ", "Alby"), ("Moas båge, Alby (plan 6)", "Alby"), ("Mötesrum Alby", "Alby"),
    ("Alby eller Flottsbro", None), ("Albyvägen 3", None), ("", None), ("https://meet.example/alby", "Alby"),
    ("x" * 3000, None), ("Scenen", "Scenen"),
])  # fmt: skip
def test_places_are_known_by_name(said: str, name: str | None) -> None:
    names = {"alby": 1, "flottsbro": 2, "scenen": 3}
    assert match_place(said, names) == ({"Alby": 1, "Scenen": 3}[name] if name else None)


def test_what_cannot_be_an_event_is_named_and_the_rest_is_taken(stage: Stage) -> None:
    data = calendar(
        event("DTSTART:20261124T080000Z\nDURATION:PT1H", "nameless"),
        event("SUMMARY:Månad\nDTSTART:20261124T080000Z\nDURATION:P40D", "long"),
        event("SUMMARY:Utan slut\nDTSTART:20261124T080000Z", "endless"),
        event("SUMMARY:Förbi\nDTSTART:20251124T080000Z\nDURATION:PT1H", "past"),
        event("SUMMARY:Nätmöte\nDTSTART:20261124T080000Z\nDURATION:PT1H\nLOCATION:https://meet.example/x", "online"),
        event(
            "SUMMARY:HTML\nDTSTART:20261124T090000Z\nDURATION:PT1H\nDESCRIPTION:<p>Ett</p><br><b>tv&aring;</b>", "html"
        ),
    )
    rows = {row.found.uid: row for row in looked(data)}
    codes = {uid: [one.code for one in row.refusals] for uid, row in rows.items() if row.refusals}
    assert codes == {"nameless": ["event-nameless"], "long": ["event-long"]} and "past" not in rows
    found = bringing.read(data, None, now=NOW, zone=ZONE)
    assert [problem.code for problem in found.problems] == ["no-length"]
    assert take(stage, data)["made"] == 2
    made = {one.title_sv: one for one in events()}
    assert (made["Nätmöte"].format, made["Nätmöte"].online_url) == ("online", "https://meet.example/x")
    assert made["HTML"].body_sv == "Ett\n\ntvå"


# -- all or nothing ----------------------------------------------------------------------------------------------------


def test_what_was_shown_is_what_is_taken(stage: Stage) -> None:
    shown = intake.token(looked(FILE))
    keys = [row.found.key for row in looked(FILE)]
    take(stage, FILE, chosen=keys[:1])
    for more in ({"chosen": keys[1:2], "shown": shown}, {"chosen": [*keys[1:], "x" * 64]}, {"chosen": keys}):
        with pytest.raises(Conflict, match="plan-changed"):
            take(stage, FILE, **more)
        assert len(events()) == 1, more
    with pytest.raises(NotAllowed):
        take(stage, FILE, actor=stage.who("alva"))


def test_a_fault_in_the_middle_leaves_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    draft = service.draft

    def broken(*given: Any, **more: Any) -> Event:
        made.append(1)
        if len(made) == 4:
            raise RuntimeError("power")
        return draft(*given, **more)

    monkeypatch.setattr(service, "draft", broken)
    with pytest.raises(RuntimeError):
        take(stage, FILE)
    assert not events() and not db.session.scalar(select(func.count()).select_from(Source))


def test_two_who_take_the_same_file_at_once_make_each_event_once(app: Flask, stage: Stage) -> None:
    found = bringing.read(FILE, None, now=NOW, zone=ZONE)
    db.session.rollback()

    def once(_number: int) -> int:
        with app.app_context(), transaction():
            return bringing.take(None, found, "sv", now=NOW)["made"]

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(once, range(4))) == [0, 0, 0, 5]
    assert len(events()) == 5


def test_many_are_taken_in_turns(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST", 3)
    assert [(told["made"], told["left"]) for told in (take(stage, FILE), take(stage, FILE))] == [(3, 2), (2, 0)]


def test_looking_costs_the_same_however_much_is_known(app: Flask, stage: Stage) -> None:
    take(stage, FILE)
    for data in (calendar(event(TALK, "talk")), FILE):
        looked(data)
        with statements(app) as seen:
            looked(data)
        assert len(seen) <= 2, seen  # and the house's revision


# -- hostile files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_hostile_files_are_told_or_harmless_and_what_stands_beside_them_is_taken(stage: Stage) -> None:
    """A hundred traps, the same that calendars from outside meet, in files of a dozen each."""
    traps = [
        *EVENTS,
        *(event(f"{START}SUMMARY:x\nRRULE:{rule}", f"rule-{number}") for number, rule in enumerate(RULES)),
    ]
    traps += [event("DTSTART:20261124T080000Z\nSUMMARY:" + word, f"t-{word}") for word in ("x", "y", "z")]
    assert len(traps) >= 100
    made = 0
    for first in range(0, len(traps), 12):
        good = event("DTSTART:20261123T080000Z\nDURATION:PT1H\nSUMMARY:good", f"good-{first}")
        data = calendar(good, *traps[first : first + 12])
        with suppress(Refused):  # as a whole, with a reason
            body = bringing.packed(data, 50_000_000)
            found = bringing.read(bringing.safe.unpacked(body), None, now=NOW - timedelta(days=1), zone=ZONE)
            assert len(found.entries) <= reading.MOST_TIMES, first
            rows = bringing.rows(found, "sv", read_house(), now=NOW)
            assert all(len(row.found.title) <= 150 and row.found.title.isprintable() for row in rows), first
            keys = [row.found.key for row in rows if row.found.uid == f"good-{first}"]
            assert len(keys) == 1, first
            with transaction():
                made += bringing.take(None, found, "sv", now=NOW, chosen=keys)["made"]
    assert made >= 8 and [one.title_sv for one in events()] == ["good"] * made


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_broken_file_is_refused_on_the_page_or_read(stage: Stage, host: FlaskClient) -> None:
    broken = (b"<html>", b"", b"\x00" * 100, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", calendar(GOOD)[:-20])
    for number, data in enumerate((*broken, *map(_noise, range(5)))):
        answer = send(host, data)
        assert answer.status_code == 422 if number < len(broken) else answer.status_code in (303, 422), number
        assert host.get("/staff/events/import").status_code == 200, number
    assert not events()


def test_texts_without_end_are_cut_and_the_server_stays_small() -> None:
    long = "DTSTART:20261124T080000Z\nDURATION:PT1H\nSUMMARY:x\nDESCRIPTION:" + "å" * 50_000
    data = calendar(*(event(long, f"n-{number}") for number in range(600)))
    found = apart.read(data, reading.Ask(intake.window(NOW), ZONE.key, None, texts=True))
    assert len(found.entries) == 600 and sum(len(one.about) for one in found.entries) <= reading.MOST_TEXT
    assert {problem.code for problem in found.problems} == {"text-left-out"}
    assert not any(one.about for one in apart.read(data, reading.Ask(intake.window(NOW), ZONE.key)).entries)


# -- pages and command -------------------------------------------------------------------------------------------------


def send(who: FlaskClient, data: bytes, **more: str) -> Any:
    file = {"act": "look", "language": "sv", "zone": "", **more, "file": (BytesIO(data), "höst.ics")}
    return post(who, "/staff/events/import", file)


def test_from_a_file_to_drafts_on_the_page(app: Flask, stage: Stage, host: FlaskClient, clock: Clock) -> None:
    assert send(host, FILE).status_code == 303
    page = host.get("/staff/events/import").text
    assert "Frukostföreläsning, öppen" in page and "tis 24 nov 08.00–09.30" in page
    assert "Plats: Flottsbro, Moas båge (Flottsbro här)" in page and "Plats: Hovet (ingen av våra)" in page
    assert page.count('name="take"') == page.count(" checked ") == 5 and "ett datum av flera" in page
    token = re.findall(r'name="token" value="(\w+)"', page)[0]
    keys = re.findall(r'name="take" value="(\w+)"', page)
    done = post(host, "/staff/events/import", {"act": "take", "token": token, "take": keys[:2]}, follow_redirects=True)
    assert "2 utkast är gjorda." in done.text and done.text.count('name="take"') == 3
    again = post(host, "/staff/events/import", {"act": "take", "token": token, "take": keys[2:]})
    assert (
        again.status_code == 409
        and "Något har ändrats sedan det här visades. Titta en gång till." in again.text
        and len(events()) == 2
    )
    talk = events()[0]
    for part in ("", "/programme", "/rooms"):
        assert "I filen det kom från är platsen: Flottsbro" in host.get(f"/staff/events/{talk.id}{part}").text, part
    assert post(host, "/staff/events/import", {"act": "drop"}).status_code == 303
    assert 'name="take"' not in host.get("/staff/events/import").text


def test_the_file_is_for_its_member_and_an_hour(app: Flask, stage: Stage, host: FlaskClient, clock: Clock) -> None:
    send(host, calendar(event(TALK, "talk")))
    admin = log_in(browser(app), "admin")
    assert "Frukost" not in admin.get("/staff/events/import").text
    known = Subject(0, "karin@example.org", "Karin Ek")
    assert not bringing.forget_naming(known)  # of who organizes it nothing is kept
    assert not personal_of(app, "event-files").expired(clock.now, ())
    clock.now += timedelta(hours=1, minutes=1)
    assert "Frukost" not in host.get("/staff/events/import").text
    gone = post(host, "/staff/events/import", {"act": "take", "take": "x"})
    assert gone.status_code == 422 and "Filen finns inte kvar" in gone.text
    with transaction():
        assert personal_of(app, "event-files").purge(clock.now, ()) == 1
    assert db.session.scalar(select(func.count()).select_from(EventFile)) == 0


def personal_of(app: Flask, name: str) -> Any:
    return next(one for one in personal.known(app).classes if one.name == name)


def test_times_without_a_zone_are_read_in_the_one_that_is_chosen(stage: Stage, host: FlaskClient) -> None:
    send(host, calendar(event("SUMMARY:Flytande\nDTSTART:20261124T080000\nDURATION:PT1H", "floating")))
    assert "08.00–09.00" in host.get("/staff/events/import").text
    assert post(host, "/staff/events/import", {"act": "zone", "zone": "Europe/Helsinki"}).status_code == 303
    assert "07.00–08.00" in host.get("/staff/events/import").text
    assert post(host, "/staff/events/import", {"act": "zone", "zone": "Mars"}).status_code == 422
    assert post(host, "/staff/events/import", {"act": "x"}).status_code == 422
    assert post(host, "/staff/events/import", {"act": "look", "language": "sv"}).status_code == 422


def test_the_command_takes_events_in_and_says_what_it_did(app: Flask, stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "host.ics"
    file.write_bytes(
        FILE.replace(b"END:VCALENDAR", b"BEGIN:VEVENT\r\nUID:bad\r\nDTSTART:x\r\nEND:VEVENT\r\nEND:VCALENDAR")
    )
    runner = app.test_cli_runner()

    def run(*more: str, path: Path = file) -> Any:
        return runner.invoke(cli, ["import", "events", str(path), *more])

    tried = run("--dry-run")
    assert tried.exit_code == 0 and "Would make 5 drafts" in tried.output and "Line " in tried.output, tried.output
    assert not events()
    assert "Made 5 drafts; brought 0 up to date; as they were 0; left alone 0" in run().output
    assert "Made 0 drafts; brought 0 up to date; as they were 5" in run("--language", "en").output
    for given, code in ((("--zone", "Mars"), 1), (("--language", "fr"), 2)):
        assert run(*given).exit_code == code, given
    file.write_bytes(b"<html>")
    wrong = run()
    assert wrong.exit_code == 1 and len(wrong.output.strip().splitlines()) == 1, wrong.output
    assert run(path=tmp_path / "none.ics").exit_code == 2
    assert len(events()) == 5


def test_what_a_file_says_is_text_on_every_page(stage: Stage, host: FlaskClient, client: FlaskClient) -> None:
    evil = "<script>alert(1)</script><x-evil onx=1>"
    file = calendar(
        event(
            f"SUMMARY:{evil}\nLOCATION:{evil}\nDESCRIPTION:{evil} [x](javascript:alert(1))\nURL:javascript:alert(1)\n"
            "DTSTART:20261124T080000Z\nDURATION:PT1H",
            evil,
        ),
        event(f"SUMMARY:{evil}\nDTSTART:{evil}", "bad"),
    )
    send(host, file)
    take(stage, file)
    stage.publish(events()[0])
    slug, number = events()[0].slug, events()[0].id
    for who, path in (
        (host, "/staff/events/import"), (host, f"/staff/events/{number}"), (host, f"/staff/events/{number}/rooms"),
        (client, f"/events/{slug}"), (client, "/events"), (client, f"/events/{slug}.ics"),
    ):  # fmt: skip
        answer = who.get(path)
        assert answer.status_code == 200, path
        if answer.mimetype == "text/html":
            assert "<script>alert" not in answer.text and "<x-evil" not in answer.text, path
            assert 'href="javascript:' not in answer.text, path
