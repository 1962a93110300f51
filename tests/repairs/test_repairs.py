"""What is broken: reported, taken in hand, mended, and the place closed meanwhile; by the service and the pages."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from innovation_station.audit import queries as audit
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refused, TooMany
from innovation_station.members.models import Member
from innovation_station.notices.models import Notice
from innovation_station.personal import Subject
from innovation_station.repairs import personal, queries, service
from innovation_station.repairs.models import FaultNote, FaultPhoto, FaultReport
from innovation_station.repairs.rules import (
    MOST_NOTES,
    SORTS,
    TEXT_LONGEST,
    close_refusals,
    closing_refusals,
    note_refusals,
    report_refusals,
)
from innovation_station.spaces.models import Closure
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post, statements
from tests.home.test_pages import words

HOUR = timedelta(hours=1)
LATER = at(MONDAY, "12:00", "13:00")


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


def report(app: Flask, small: Small, text: str = "Den blinkar.", sort: str = "light", who: str = "alva", **more: Any) -> int:  # fmt: skip
    space, now = more.get("space", small.a1), more.get("now", NOW)
    with app.app_context(), transaction() as session:
        member = session.get_one(Member, small.people[who])
        return service.report(member, space, sort=sort, text=text, now=now).id


def act(app: Flask, small: Small, name: str, report_id: int, *given: Any, now: datetime = NOW, **more: Any) -> None:
    with app.app_context(), transaction() as session:
        host = session.get_one(Member, small.people["host"])
        getattr(service, name)(report_id, *given, actor=host, now=now, **more)


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [refusal.code for refusal in error.value.refusals]


def told(app: Flask, who: int) -> list[str]:
    with app.app_context():
        return [row.kind for row in db.session.scalars(db.select(Notice).where(Notice.member_id == who))]


def shut(app: Flask, space: int) -> list[tuple[datetime, datetime]]:
    """Give what is closed of a space, by its allocations."""
    with app.app_context():
        rows = db.session.execute(
            db.select(Allocation.start, Allocation.end)
            .where(Allocation.space_id == space, Allocation.closure_id.is_not(None))
            .order_by(Allocation.start)
        )
        return [(row.start, row.end) for row in rows]


# -- rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "text", "expected"),
    [
        ("light", "", []),
        ("other", "Två rader\nhär", []),
        ("roof", "", ["fault-sort"]),
        ("light", "x" * (TEXT_LONGEST + 1), ["fault-long"]),
        ("", "a\x00b", ["fault-sort", "fault-characters"]),
    ],
)
def test_every_reason_against_a_report(sort: str, text: str, expected: list[str]) -> None:
    assert [one.code for one in report_refusals(sort, text)] == expected


@pytest.mark.parametrize(("ahead", "expected"), [(-1, ["fault-days"]), (0, []), (60, []), (61, ["fault-days"])])
def test_places_are_closed_from_today_for_two_months_at_most(ahead: int, expected: list[str]) -> None:
    assert [one.code for one in close_refusals(MONDAY + timedelta(days=ahead), MONDAY)] == expected


def test_every_reason_against_a_note_and_a_closing() -> None:
    for given, expected in (
        (("", 0), ["fault-note"]), (("x" * 1001, 0), ["fault-long"]), (("x", MOST_NOTES), ["fault-notes"]),
        (("a\x00", 0), ["fault-characters"]), (("Ring\nigen", 3), []),
    ):  # fmt: skip
        assert [one.code for one in note_refusals(*given)] == expected
    later = NOW + HOUR
    assert [one.code for one in closing_refusals(later, NOW, "x" * 101)] == ["end-before-start", "fault-reason"]
    assert closing_refusals(NOW, later, "Takläcka") == []


# -- reporting --------------------------------------------------------------------------------------------------------


def test_same_report_twice_is_one_until_it_is_mended(app: Flask, small: Small) -> None:
    first = report(app, small)
    assert report(app, small, " Den blinkar.\r\n") == first
    assert report(app, small, sort="power") != first and report(app, small, who="bo") != first
    act(app, small, "mend", first)
    assert report(app, small) > first


def test_staff_are_told_once_and_the_reporter_when_it_is_mended(app: Flask, small: Small) -> None:
    made = report(app, small)
    report(app, small)
    assert told(app, small.people["host"]) == told(app, small.people["admin"]) == ["fault-reported"]
    assert told(app, small.people["alva"]) == []
    act(app, small, "take", made)
    assert told(app, small.people["alva"]) == []
    act(app, small, "mend", made)
    act(app, small, "mend", made)
    assert told(app, small.people["alva"]) == ["fault-mended"]
    with app.app_context():
        unread = db.session.scalars(db.select(Notice.kind).where(Notice.read_at.is_(None))).all()
        assert unread == ["fault-mended"]


def test_notices_say_it_in_both_languages(app: Flask, small: Small, host: FlaskClient) -> None:
    act(app, small, "mend", report(app, small))
    assert "Något är trasigt: A1" in words(host.get("/notifications").text)
    english = log_in(browser(app, "en")).get("/notifications").text
    assert "A1 is mended" in words(english) and "(light)" in english


def test_reports_without_end_are_slowed(app: Flask, small: Small) -> None:
    for number in range(5):
        report(app, small, f"Nummer {number}")
    with pytest.raises(TooMany) as error:
        report(app, small, "Ett till")
    assert codes(error) == ["faults-many"]
    assert report(app, small, "Nummer 1") and report(app, small, "Mitt", who="bo")
    assert report(app, small, "Ett till", now=NOW + HOUR)


def test_unknown_places_and_reports_are_not_found(app: Flask, small: Small) -> None:
    with pytest.raises(NotFound, match="space-unknown"):
        report(app, small, space=999)
    for name in ("take", "mend", "reopen"):
        with pytest.raises(NotFound, match="fault-unknown"):
            act(app, small, name, 999)


# -- seeing to it -----------------------------------------------------------------------------------------------------


def test_what_is_mended_is_neither_taken_nor_closed_for(app: Flask, small: Small) -> None:
    made = report(app, small)
    act(app, small, "mend", made)
    with pytest.raises(Refused, match="fault-done"):
        act(app, small, "take", made)
    with pytest.raises(Refused, match="fault-done"):
        act(app, small, "close", made, TUESDAY, zone=ZONE)


def test_each_step_stands_in_the_trail(app: Flask, small: Small) -> None:
    made = report(app, small)
    act(app, small, "take", made)
    act(app, small, "take", made)
    act(app, small, "mend", made)
    with app.app_context():
        steps = [(one.before["state"], one.after["state"]) for one in audit.about("fault", made, limit=9)]
    assert steps == [("hand", "done"), ("open", "hand")]


def test_place_is_closed_while_it_is_mended_and_free_again_after(app: Flask, small: Small) -> None:
    made = report(app, small)
    act(app, small, "close", made, TUESDAY, zone=ZONE)
    midnight = at(TUESDAY, "00:00", "01:00").start + timedelta(days=1)
    assert shut(app, small.a1)[0][0] == NOW.replace(second=0, microsecond=0) and shut(app, small.a1)[-1][1] == midnight
    span = at(TUESDAY, "09:00", "10:00")
    with app.app_context(), pytest.raises(Conflict, match=r"taken|closed-space"), transaction() as session:
        bookings.reserve(session.get_one(Member, small.people["bo"]), small.a1, span, now=NOW, zone=ZONE)
    act(app, small, "mend", made, now=LATER.start)
    assert shut(app, small.a1) == [(NOW.replace(second=0, microsecond=0), LATER.start)]
    with app.app_context():
        assert db.session.scalars(db.select(Closure.end)).all() == [LATER.start]
        with transaction() as session:
            bo = session.get_one(Member, small.people["bo"])
            assert bookings.reserve(bo, small.a1, span, now=LATER.start, zone=ZONE).id


def test_place_opens_before_it_is_mended_and_leaves_nothing_where_it_had_not_begun(app: Flask, small: Small) -> None:
    made = report(app, small)
    act(app, small, "close", made, TUESDAY, zone=ZONE)
    act(app, small, "reopen", made)
    act(app, small, "reopen", made)
    assert shut(app, small.a1) == []
    with app.app_context():
        row = db.session.get_one(FaultReport, made)
        assert (row.state, row.closure_id, db.session.scalar(db.select(Closure.id))) == ("hand", None, None)


def test_place_is_closed_longer_without_being_closed_twice(app: Flask, small: Small) -> None:
    made = report(app, small)
    act(app, small, "close", made, MONDAY, zone=ZONE)
    act(app, small, "close", made, TUESDAY, zone=ZONE, now=LATER.start)
    spans = shut(app, small.a1)
    assert spans[0][0] == NOW and all(one[1] == other[0] for one, other in pairwise(spans))
    assert len(spans) == 3  # until noon, the rest of the day, and tomorrow


def test_bookings_are_never_overwritten_by_a_closing(app: Flask, small: Small, host: FlaskClient) -> None:
    made = report(app, small)
    with app.app_context(), transaction() as session:
        bo = session.get_one(Member, small.people["bo"])
        booked = bookings.reserve(bo, small.a1, at(TUESDAY, "09:00", "10:00"), now=NOW, zone=ZONE).id
    with pytest.raises(Conflict, match="hits-undecided"):
        act(app, small, "close", made, TUESDAY, zone=ZONE)
    assert shut(app, small.a1) == []
    answer = post(host, f"/staff/faults/{made}", {"act": "close", "until": str(TUESDAY)})
    assert answer.status_code == 409 and f'href="/bookings/{booked}"' in answer.text
    assert "En bokning drabbas" in answer.text and "Flytta den till" in answer.text
    with app.app_context():
        assert db.session.get_one(Booking, booked).state == "confirmed"
    act(app, small, "close", made, MONDAY, zone=ZONE)  # today nothing stands in the way


# -- pages ------------------------------------------------------------------------------------------------------------


def test_member_reports_from_the_sheet_of_a_place(app: Flask, small: Small, alva: FlaskClient) -> None:
    sheet = alva.get(f"/book/{small.a1}?date={TUESDAY}").text
    assert f'href="/spaces/{small.a1}/fault"' in sheet
    page = alva.get(f"/spaces/{small.a1}/fault").text
    assert "Vad är fel?" in page and "Redan känt" not in page
    answer = post(alva, f"/spaces/{small.a1}/fault", {"sort": "screen", "text": "Svart"})
    assert (answer.status_code, answer.location) == (303, f"/book/{small.a1}")
    assert "Tack. Personalen har fått veta" in alva.get("/bookings").text
    page = log_in(browser(app), "bo").get(f"/spaces/{small.a1}/fault").text
    assert "Skärm eller ljud: ny" in page and "Svart" not in page and "Alva" not in page


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"sort": "roof"}, 422, "Välj vad som är fel."),
        ({"sort": "light", "text": "x" * 501}, 422, "Skriv högst 500 tecken."),
        ({}, 422, "Välj vad som är fel."),
    ],
)
def test_bad_reports_are_answered_in_words_and_keep_what_was_typed(
    small: Small, alva: FlaskClient, fields: dict[str, str], status: int, said: str
) -> None:
    answer = post(alva, f"/spaces/{small.a1}/fault", fields)
    assert answer.status_code == status and said in answer.text and fields.get("text", "") in answer.text


def test_throttled_reports_say_when(app: Flask, small: Small, alva: FlaskClient) -> None:
    for number in range(5):
        report(app, small, f"Nummer {number}")
    answer = post(alva, f"/spaces/{small.a1}/fault", {"sort": "light"})
    assert answer.status_code == 429 and "Berätta resten för värden." in answer.text


def test_report_goes_back_only_within_the_house(small: Small, alva: FlaskClient) -> None:
    back = {"sort": "light", "next": "https://example.com/"}
    assert post(alva, f"/spaces/{small.a1}/fault", back).location == f"/book/{small.a1}"


def test_staff_see_to_it_on_one_page(app: Flask, small: Small, host: FlaskClient, clock: Clock) -> None:
    made = report(app, small)
    page = host.get("/staff/faults").text
    assert "Den blinkar." in page and "Alva L." in words(page) and "Ny" in words(page)
    for name, said in (
        ("take", "Den åtgärdas nu."), ("close", "Platsen är stängd medan den lagas."), ("open", "Platsen är öppen igen."),
        ("mend", "Det är lagat."),
    ):  # fmt: skip
        answer = post(host, f"/staff/faults/{made}", {"act": name, "until": str(MONDAY), "list": "1"})
        assert (answer.status_code, answer.location) == (303, "/staff/faults"), name
        page = host.get("/staff/faults").text
        assert said in page
        assert ("Stängd till och med mån 23 nov." in page) == (name == "close")
    assert "Inget är trasigt." in page and "Lagat de senaste 30 dagarna" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"act": "burn"}, "Välj vad som ska göras med anmälan."),
        ({"act": "close", "until": "x"}, "Skriv datumet som"),
        ({"act": "close", "until": "2026-11-20"}, "En plats stängs från i dag i högst 60 dagar."),
    ],
)
def test_staff_are_told_what_cannot_be_done(
    app: Flask, small: Small, host: FlaskClient, fields: dict[str, str], said: str
) -> None:
    answer = post(host, f"/staff/faults/{report(app, small)}", fields)
    assert answer.status_code == 422 and said in answer.text


def test_deed_on_what_is_mended_is_answered_above_the_list(app: Flask, small: Small, host: FlaskClient) -> None:
    made = report(app, small)
    act(app, small, "mend", made)
    answer = post(host, f"/staff/faults/{made}", {"act": "take", "list": "1"})
    assert answer.status_code == 422 and "Den är redan avslutad." in answer.text
    assert post(host, "/staff/faults/999", {"act": "take"}).status_code == 404


def test_list_costs_the_same_for_one_and_for_many(app: Flask, small: Small, host: FlaskClient) -> None:
    def cost() -> int:
        host.get("/staff/faults")
        with statements(app) as seen:
            assert host.get("/staff/faults").status_code == 200
        return len(seen)

    act(app, small, "close", report(app, small), MONDAY, zone=ZONE)
    act(app, small, "mend", report(app, small, sort="power"))
    one = cost()
    for number, (who, space) in enumerate([("alva", small.a2), ("bo", small.a3), ("bo", small.room)]):
        made = report(app, small, f"Nummer {number}", who=who, space=space)
        if number < 2:
            act(app, small, ("close", "mend")[number], made, *([MONDAY] if number == 0 else []),
                **({"zone": ZONE} if number == 0 else {}))  # fmt: skip
    assert cost() == one


# -- what is known of people ------------------------------------------------------------------------------------------


def test_report_outlives_its_author_without_name_and_words(app: Flask, small: Small) -> None:
    made = report(app, small)
    with app.app_context(), transaction():
        (data,) = personal.personal.classes
        (known,) = data.records(small.people["alva"])
        assert known.fields["sort"] == "light" and known.fields["text"] == "Den blinkar."
        data.erase(Subject(small.people["alva"], "alva@example.org", "Alva Lindqvist"), NOW)
    with app.app_context():
        (row,) = queries.waiting()
        assert (row.member, row.text, row.sort) == (None, "", "light")
    act(app, small, "mend", made)  # and nobody is told


def test_every_sort_has_its_name(app: Flask, small: Small, alva: FlaskClient) -> None:
    page = alva.get(f"/spaces/{small.a1}/fault").text
    assert set(re.findall(r'<option[^>]* value="(\w+)"', page)) >= set(SORTS)


# -- who sees to it, photos, the same twice, and who is hit -------------------------------------------------------------


def with_exif() -> bytes:
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x010E] = "secret-description"
    Image.new("RGB", (900, 700), "teal").save(file, "JPEG", exif=exif)
    return file.getvalue()


def test_photo_is_made_anew_shown_to_staff_alone_and_goes_with_its_author(
    app: Flask, small: Small, alva: FlaskClient, host: FlaskClient
) -> None:
    page = f"/spaces/{small.a1}/fault"
    assert 'enctype="multipart/form-data"' in alva.get(page).text
    for data, said in ((b"no picture", "Bilden"), (b"", None)):
        answer = post(alva, page, {"sort": "power", "photo": (io.BytesIO(data), "x.jpg")})
        assert answer.status_code == (422 if said else 303)
    post(alva, page, {"sort": "light", "photo": (io.BytesIO(with_exif()), "x.jpg")})
    with app.app_context():
        made = db.session.scalars(db.select(FaultReport.id).order_by(FaultReport.id)).all()[-1]
        (data,) = personal.personal.classes
        assert list(data.files(small.people["alva"])) == [f"fault-{made}.webp"]
    sent = host.get(f"/staff/faults/{made}/photo")
    assert sent.mimetype == "image/webp" and b"secret" not in sent.data and "no-store" in sent.headers["Cache-Control"]
    assert f'src="/staff/faults/{made}/photo"' in host.get(f"/staff/faults/{made}").text
    assert "med foto" in host.get("/staff/faults").text
    assert alva.get(f"/staff/faults/{made}/photo").status_code == 403
    with app.app_context(), transaction():
        data.erase(Subject(small.people["alva"], "alva@example.org", "Alva Lindqvist"), NOW)
    assert host.get(f"/staff/faults/{made}/photo").status_code == 404


def test_reports_of_the_same_are_joined_and_all_hear_of_it(app: Flask, small: Small, host: FlaskClient) -> None:
    first = report(app, small)
    second = report(app, small, "Den är släckt.", who="bo")
    other = report(app, small, "Något annat", sort="other")
    assert report(app, small, "Och något till", sort="other", who="bo") != other
    assert told(app, small.people["host"]) == ["fault-reported"] * 3  # not of what is known
    page = words(host.get("/staff/faults").text)
    assert "också anmält av 1" in page and "Den är släckt." not in page
    assert "Den är släckt." in host.get(f"/staff/faults/{second}").text  # stands on the page of the first
    act(app, small, "mend", first)
    assert [told(app, small.people[who]) for who in ("alva", "bo")] == [["fault-mended"]] * 2
    assert report(app, small, who="bo") > second


def test_what_is_no_fault_ends_and_is_said_so(app: Flask, small: Small, host: FlaskClient) -> None:
    made = report(app, small)
    assert post(host, f"/staff/faults/{made}", {"act": "see"}).location == f"/staff/faults/{made}"
    assert "Sedd" in words(host.get("/staff/faults").text)
    assert post(host, f"/staff/faults/{made}", {"act": "void"}).status_code == 303
    assert "Inget fel" in words(host.get(f"/staff/faults/{made}").text)
    assert "A1: inget är trasigt" in words(log_in(browser(app)).get("/notifications").text)


def test_staff_assign_and_note_and_the_page_tells_what_was_done(app: Flask, small: Small, host: FlaskClient) -> None:
    made = report(app, small)
    path = f"/staff/faults/{made}"
    for fields, status in (
        ({"act": "assign", "assignee": small.people["admin"]}, 303), ({"act": "take"}, 303),
        ({"act": "assign", "assignee": small.people["bo"]}, 422), ({"act": "note", "note": "Ring elektrikern."}, 303),
        ({"act": "note", "note": " "}, 422), ({"act": "note", "note": "x" * 1001}, 422),
        ({"act": "assign", "assignee": ""}, 303), ({"act": "back", "booking": 1}, 404),
    ):  # fmt: skip
        assert post(host, path, fields).status_code == status, fields
    assert "Välj någon som arbetar här." in post(host, path, {"act": "assign", "assignee": 999}).text  # fault-assignee
    page = words(host.get(path).text)
    for said in ("Ring elektrikern.", "Åtgärdas", "Sköts av ingen särskild", "Sköts av"):
        assert said in page
    with app.app_context(), transaction() as session:
        (data,) = personal.personal.classes
        session.add(FaultNote(report_id=made, by_id=small.people["host"], at=NOW, text="Alva Lindqvist var arg"))
        session.flush()
        data.erase(Subject(small.people["alva"], "alva@example.org", "Alva Lindqvist"), NOW)
        assert [row.text for row in queries.notes(made)] == ["Ring elektrikern."]


def test_closing_shows_who_is_hit_moves_them_and_says_who_could_come_back(
    app: Flask, small: Small, host: FlaskClient
) -> None:
    made = report(app, small)
    with app.app_context(), transaction() as session:
        bo = session.get_one(Member, small.people["bo"])
        booked = bookings.reserve(bo, small.a1, at(TUESDAY, "09:00", "10:00"), now=NOW, zone=ZONE).id
    path, asked = f"/staff/faults/{made}", {"act": "close", "until": str(TUESDAY), "reason": "Takläcka"}
    shown = post(host, path, asked)
    assert shown.status_code == 409 and "Takläcka" in shown.text
    token = re.search(r'name="token" value="(\w+)"', shown.text)
    assert token
    asked |= {"token": token[1], f"hit-{booked}": "move"}
    assert post(host, path, {**asked, f"hit-{booked}": ""}).status_code == 409
    assert post(host, path, asked).location == path
    with app.app_context():
        assert db.session.get_one(Booking, booked).space_id == small.a2
        assert db.session.scalars(db.select(Closure.reason_sv)).all() == ["Takläcka"]
    page = words(host.get(path).text)
    assert "Platsen stängdes, 1 bokning flyttades" in page and "Kan få komma tillbaka" not in page
    assert "Takläcka" in log_in(browser(app), "bo").get(f"/book/{small.a1}?date={TUESDAY}").text
    post(host, path, {"act": "mend"})
    page = host.get(path).text
    assert "Kan få komma tillbaka" in page and f'value="{booked}"' in page
    assert post(host, path, {"act": "back", "booking": booked}).location == path
    with app.app_context():
        assert db.session.get_one(Booking, booked).space_id == small.a1
    assert "Kan få komma tillbaka" not in host.get(path).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"until": str(MONDAY), "time": "07:00"}, "Slutet"), ({"until": ""}, "Skriv datumet"),
        ({"until": str(MONDAY), "time": "x"}, "Skriv"), ({"until": str(MONDAY), "reason": "x" * 101}, "högst 100"),
    ],
)  # fmt: skip
def test_closing_is_refused_in_words(app: Flask, small: Small, host: FlaskClient, fields: Any, said: str) -> None:
    answer = post(host, f"/staff/faults/{report(app, small)}", {"act": "close", **fields})
    assert answer.status_code == 422 and said in answer.text
    assert shut(app, small.a1) == []


def test_place_is_closed_until_a_time_or_until_it_is_mended(app: Flask, small: Small, host: FlaskClient) -> None:
    made = report(app, small)
    post(host, f"/staff/faults/{made}", {"act": "close", "until": str(MONDAY), "time": "11:30"})
    assert shut(app, small.a1)[-1][1] == at(MONDAY, "11:00", "11:30").end
    assert "klockan 11.30" in words(host.get("/staff/faults").text)
    post(host, f"/staff/faults/{made}", {"act": "close", "whole": "y"})
    assert shut(app, small.a1)[-1][1] - NOW > timedelta(days=60)
    assert "Stängd till" in words(host.get(f"/staff/faults/{made}").text)


def test_closing_that_breaks_off_has_done_nothing(
    app: Flask, small: Small, host: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = report(app, small)
    with app.app_context(), transaction() as session:
        bo = session.get_one(Member, small.people["bo"])
        booked = bookings.reserve(bo, small.a1, at(TUESDAY, "09:00", "10:00"), now=NOW, zone=ZONE).id

    def break_off(*_given: object, **_more: object) -> None:
        raise OSError("the machine stops here")

    monkeypatch.setattr("innovation_station.bookings.closing.making_way.stand_in_line", break_off)
    with pytest.raises(OSError, match="stops here"):
        act(app, small, "close", made, TUESDAY, zone=ZONE, choices={booked: "move"})
    with app.app_context():
        row, booking = db.session.get_one(FaultReport, made), db.session.get_one(Booking, booked)
        assert (row.state, row.closure_id, row.moved, booking.space_id) == ("open", None, [], small.a1)
        assert db.session.scalars(db.select(Closure)).all() == []
        assert "booking-changed" not in db.session.scalars(db.select(Notice.kind)).all()
    monkeypatch.undo()
    act(app, small, "close", made, TUESDAY, zone=ZONE, choices={booked: "move"})
    with app.app_context():
        assert db.session.get_one(FaultReport, made).moved == [[booked, small.a2]]


def test_photos_and_notes_go_with_their_report_a_year_after_it_ended(app: Flask, small: Small) -> None:
    first, second, open_ = report(app, small), report(app, small, who="bo"), report(app, small, sort="power")
    with app.app_context(), transaction() as session:
        for made in (first, second, open_):
            session.add_all([
                FaultPhoto(report_id=made, body=b"x"), FaultNote(report_id=made, by_id=None, at=NOW, text="Ring")
            ])  # fmt: skip
    act(app, small, "mend", first)
    (data,) = personal.personal.classes
    later = NOW + personal.KEPT_FOR + HOUR
    with app.app_context(), transaction():
        assert data.expired(NOW + HOUR, ()) == 0 and data.expired(later, ()) == 2
        assert (
            data.purge(later, {small.people["bo"]}) == 1
        )  # what a hold keeps stands, though what it was joined to goes
    with app.app_context():
        for column in (FaultReport.id, FaultPhoto.report_id, FaultNote.report_id):
            assert db.session.scalars(db.select(column).order_by(column)).all() == [second, open_]
        assert db.session.get_one(FaultReport, second).same_as_id is None
