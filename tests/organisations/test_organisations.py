"""Organisations: particulars, logo, who belongs to one, and what is granted beyond a role."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from innovation_station.audit.models import AuditEntry
from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, NotAllowed, Refused
from innovation_station.members.models import Member
from innovation_station.organisations import queries, rules, service
from innovation_station.organisations.service import Particulars
from innovation_station.plans.rules import Quota
from tests.conftest import NOW, TUESDAY, ZONE, Small, at, browser, log_in, post, token_in
from tests.plans.conftest import Planned
from tests.plans.conftest import planned as planned

GOOD: dict[str, Any] = {"names": ("Skolan", "The School"), "kind": "university", "website": "", "contact": "", "partner": (None, None)}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, []),
        ({"names": ("", "x")}, ["organisation-nameless"]),
        ({"kind": "guild"}, ["organisation-kind"]),
        ({"website": "https://www.sh.se/samverkan"}, []),
        ({"website": "javascript:alert(1)"}, ["website-malformed"]),
        ({"website": "https://user:pass@evil.example"}, ["website-malformed"]),
        ({"website": "//evil.example"}, ["website-malformed"]),
        ({"website": "https://x.example/\r\nX: y"}, ["website-malformed"]),
        ({"website": "http://localhost"}, ["website-malformed"]),
        ({"website": "https://[::1"}, ["website-malformed"]),
        ({"contact": "info@example.org"}, []),
        ({"contact": "info@example.org, x@y.se"}, ["email-malformed"]),
        ({"partner": (TUESDAY, TUESDAY)}, []),
        ({"partner": (None, TUESDAY)}, ["partner-period"]),
        ({"partner": (TUESDAY, TUESDAY - timedelta(days=1))}, ["partner-period"]),
    ],
)
def test_particulars_are_checked(change: dict[str, Any], code: list[str]) -> None:
    assert [refusal.code for refusal in rules.organisation_refusals(**(GOOD | change))] == code


@pytest.fixture
def school(app: Flask, small: Small) -> tuple[int, str]:
    """Give an organisation's id and address."""
    with app.app_context(), transaction():
        made = service.create(
            Particulars(
                ("Södertörns högskola", "Södertörn University"), "university", partner=(date(2026, 1, 1), None)
            ),
            actor=None,
        )
        return made.id, made.slug


def test_address_comes_from_the_name_and_is_one_of_its_own(app: Flask, school: tuple[int, str]) -> None:
    assert school[1] == "sodertorns-hogskola"
    with app.app_context(), transaction():
        other = service.create(Particulars(("Södertörns Högskola!", "x"), "university"), actor=None)
        assert other.slug == "sodertorns-hogskola-2"
        with pytest.raises(Conflict):
            service.create(Particulars(("Södertörns högskola", "x"), "university"), actor=None)


def test_public_page_speaks_both_languages_and_shows_a_partner(app: Flask, school: tuple[int, str]) -> None:
    for language, name, word in (
        ("sv", "Södertörns högskola", "Partner sedan"),
        ("en", "Södertörn University", "Partner since"),
    ):
        page = browser(app, language).get(f"/organisations/{school[1]}").text
        assert name in page and word in page and "/people" not in page
    assert "Södertörns högskola" in browser(app).get("/organisations").text
    assert browser(app).get("/organisations/nobody").status_code == 404


def picture(size: tuple[int, int] = (900, 300)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "JPEG", exif=b"Exif\0\0GPS: here")
    return file.getvalue()


def test_logo_is_drawn_anew_and_kept_under_its_revision(app: Flask, school: tuple[int, str]) -> None:
    host = log_in(browser(app), "host")
    path, public = f"/staff/organisations/{school[0]}/logo", f"/organisations/{school[1]}/logo"
    token = token_in(host.get(f"/staff/organisations/{school[0]}").text)

    def send(data: bytes, name: str = "logo.jpg") -> int:
        return int(host.post(path, data={"csrf_token": token, "logo": (io.BytesIO(data), name)}, content_type="multipart/form-data").status_code)  # fmt: skip

    assert send(picture()) == 303
    answer = browser(app).get(f"{public}?v=1")
    assert (
        answer.mimetype == "image/webp" and b"GPS" not in answer.data and "immutable" in answer.headers["Cache-Control"]
    )
    assert Image.open(io.BytesIO(answer.data)).size == (480, 160)
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in answer.headers
    for bad in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"", picture((10, 10))):
        assert send(bad, "logo.svg") == 422
    assert "immutable" not in browser(app).get(f"{public}?v=9").headers["Cache-Control"]
    assert post(host, path, {"remove": "1"}).status_code == 303
    assert browser(app).get(public).status_code == 404


def test_what_staff_writes_is_never_markup_and_errors_keep_it(app: Flask, school: tuple[int, str]) -> None:
    host = log_in(browser(app), "host")
    wrong = {"name_sv": "<b>Skolan</b>", "name_en": "x", "kind": "university", "website": "javascript:alert(1)"}
    answer = post(host, "/staff/organisations", wrong)
    assert answer.status_code == 422 and "Skriv hela adressen" in answer.text and "&lt;b&gt;Skolan" in answer.text
    made = post(host, "/staff/organisations", wrong | {"website": "https://www.example.org"})
    assert made.status_code == 303
    page = browser(app).get("/organisations").text
    assert "<b>Skolan</b></b>" not in page and "&lt;b&gt;Skolan&lt;/b&gt;" in page


def test_members_are_let_in_and_taken_out(app: Flask, small: Small, school: tuple[int, str]) -> None:
    host = log_in(browser(app), "host")
    path = f"/staff/organisations/{school[0]}/members"
    assert post(host, path, {"email": "nobody@example.org"}).status_code == 422
    assert post(host, path, {"email": "Alva@example.org"}).status_code == 303
    assert "Alva Lindqvist" in host.get(f"/staff/organisations/{school[0]}").text
    with app.app_context():
        told = db.session.scalars(select(AuditEntry.action).where(AuditEntry.member_id == small.people["alva"])).all()
        assert "member.organisation" in told
    assert post(host, path, {"member": small.people["bo"]}).status_code == 404
    assert post(host, path, {"member": small.people["alva"]}).status_code == 303
    with app.app_context():
        assert queries.members(school[0]) == []


# -- grants -----------------------------------------------------------------------------------------------------------


def grant(app: Flask, small: Small, kind: str, subject: int, who: str = "bo") -> int:
    with app.app_context(), transaction():
        admin = db.session.get(Member, small.people["admin"])
        assert admin
        return service.grant(f"{who}@example.org", kind, subject, actor=admin, now=NOW).id


def test_only_administrators_grant_and_a_second_time_is_the_same_as_once(
    app: Flask, small: Small, school: tuple[int, str]
) -> None:
    first = grant(app, small, "contact", school[0])
    assert grant(app, small, "contact", school[0]) == first
    with app.app_context(), transaction():
        host = db.session.get(Member, small.people["host"])
        assert host
        with pytest.raises(NotAllowed):
            service.grant("bo@example.org", "contact", school[0], actor=host, now=NOW)
        with pytest.raises(NotAllowed):
            service.revoke(first, actor=host, kind="contact")
        admin = db.session.get(Member, small.people["admin"])
        assert admin
        for email, kind, code in (
            ("x@example.org", "contact", "address-unknown"),
            ("bo@example.org", "king", "grant-unknown"),
        ):
            with pytest.raises(Refused) as error:
                service.grant(email, kind, 1, actor=admin, now=NOW)
            assert error.value.refusals[0].code == code
        service.revoke(first, actor=admin, kind="contact")
        assert queries.contact_of(small.people["bo"]) == frozenset()


def test_contact_sees_people_and_quota_of_the_own_organisation_alone(planned: Planned) -> None:
    planned.share(Quota("room", "week", "hours", 600))
    planned.join("alva", planned.school)
    with planned.app.app_context(), transaction():
        other = service.create(Particulars(("Andra", "Other"), "company"), actor=None).slug
    bo = log_in(browser(planned.app), "bo")
    assert bo.get("/organisations/skolan/people").status_code == 404
    grant(planned.app, planned.small, "contact", planned.school)
    page = bo.get("/organisations/skolan/people").text
    assert "Alva Lindqvist" in page and "10 timmar kvar" in page and "alva@example.org" not in page
    assert bo.get(f"/organisations/{other}/people").status_code == 404
    assert "/people" in bo.get("/organisations/skolan").text
    assert bo.get(f"/staff/organisations/{planned.school}").status_code == 403


def test_manager_of_a_space_sees_and_changes_what_is_booked_there_and_nowhere_else(
    app: Flask, small: Small, bo: FlaskClient
) -> None:
    with app.app_context(), transaction():
        alva = db.session.get(Member, small.people["alva"])
        assert alva
        room = bookings.reserve(alva, small.room, at(TUESDAY, "09:00", "10:00"), now=NOW, zone=ZONE, title="Möte").id
        desk = bookings.reserve(alva, small.a1, at(TUESDAY, "09:00", "10:00"), now=NOW, zone=ZONE).id
    assert bo.get(f"/bookings/{room}").status_code == 404
    given = grant(app, small, "space", small.room)
    page = bo.get("/account/spaces").text
    assert "Alva Lindqvist" in page and "Möte" in page and "Skrivbord A1" not in page
    assert bo.get(f"/bookings/{room}").status_code == 200 and bo.get(f"/bookings/{desk}").status_code == 404
    assert post(bo, f"/bookings/{desk}/cancel").status_code == 404
    assert post(bo, f"/bookings/{room}/cancel").status_code == 303
    with app.app_context(), transaction():
        admin = db.session.get(Member, small.people["admin"])
        assert admin
        service.revoke(given, actor=admin, kind="space")
    assert bo.get(f"/bookings/{room}").status_code == 404
