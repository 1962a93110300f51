"""Profiles, the directory, pictures: nothing is shown, sent, found or read from the database that was not turned on."""

from __future__ import annotations

import ast
import io
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from innovation_station import personal
from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.directory import queries, rules, service
from innovation_station.directory.models import Profile, ProfileField, ProfilePhoto, ProfileWord
from innovation_station.members import service as members
from innovation_station.members.models import Member
from innovation_station.personal import DataClass, Subject
from innovation_station.spaces.models import Space
from tests.conftest import NOW, PASSWORD, PEOPLE, TUESDAY, ZONE, Small, at, browser, log_in, post, statements, token_in
from tests.test_pictures import picture

TEXTS = {
    "name": "Alva Lindqvist", "pronouns": "hon/henne", "organisation": "Södertörns högskola", "field": "Tjänstedesign",
    "ask_about": "Medborgardialog", "looking_for": "En medsökande", "languages": "svenska, soranî",
}  # fmt: skip


def write(
    app: Flask,
    small: Small,
    who: str = "alva",
    to: int = rules.MEMBERS,
    /,
    *,
    texts: dict[str, str] | None = None,
    **shown: int,
) -> None:
    """Show everything to somebody, but for what is said otherwise."""
    with app.app_context(), transaction():
        member = db.session.get_one(Member, small.people[who])
        said = {**TEXTS, "name": member.name, **(texts or {})}
        service.write(member, said, {**dict.fromkeys((*TEXTS, "photo"), to), **shown}, visible=False, now=NOW)


def photograph(app: Flask, small: Small, who: str = "alva", to: int = rules.NOBODY) -> str:
    with app.app_context(), transaction():
        service.show_photo(small.people[who], {"small": b"small", "large": b"large"}, now=NOW)
        photo = db.session.get_one(ProfilePhoto, small.people[who])
        photo.shown_to = to
        return photo.token


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def fields(**more: str) -> dict[str, str]:
    return {**TEXTS, **{f"shown_{name}": "0" for name in (*TEXTS, "photo")}, **more}


# -- everything is off ------------------------------------------------------------------------------------------------


def test_nothing_is_shown_until_it_is_turned_on(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient, client: FlaskClient
) -> None:
    page = alva.get("/account/profile").text
    assert page.count('selected value="0"') == 7 and 'checked id="visible"' not in page
    assert post(alva, "/account/profile", fields()).status_code == 303  # all written, nothing shown
    me = f"/members/{small.people['alva']}"
    assert bo.get(me).status_code == 404 and client.get(me).status_code == 303
    listed = bo.get("/members").text
    assert "Alva" not in listed and "Ingen här ännu" in listed
    assert "De ser inget av dig" in alva.get(me).text
    with app.app_context():
        assert db.session.scalars(select(ProfileWord)).all() == []


def test_each_field_is_shown_to_whom_it_was_shown(
    app: Flask, small: Small, bo: FlaskClient, client: FlaskClient
) -> None:
    path = f"/members/{small.people['alva']}"
    write(app, small, "alva", rules.PUBLIC, field=rules.MEMBERS, ask_about=rules.NOBODY)
    member, visitor = bo.get(path).text, client.get(path).text
    assert "Tjänstedesign" in member and "Tjänstedesign" not in visitor
    assert "Medborgardialog" not in member + visitor and "hon/henne" in member and "hon/henne" in visitor
    assert "alva@example.org" not in member + visitor
    assert "noindex" in client.get(path).headers["X-Robots-Tag"]


def test_without_the_name_nothing_else_is_shown(app: Flask, small: Small, bo: FlaskClient, client: FlaskClient) -> None:
    write(app, small, "alva", rules.PUBLIC, name=rules.NOBODY)
    path = f"/members/{small.people['alva']}"
    assert bo.get(path).status_code == 404 and client.get(path).status_code == 303
    assert "Södertörns" not in bo.get("/members").text
    write(app, small, "alva", rules.PUBLIC, name=rules.MEMBERS)
    assert bo.get(path).status_code == 200 and client.get(path).status_code == 303


def test_a_visitor_cannot_tell_hidden_members_from_none(app: Flask, small: Small, client: FlaskClient) -> None:
    hidden, none = client.get(f"/members/{small.people['alva']}"), client.get("/members/99999")
    assert (hidden.status_code, hidden.location.replace(str(small.people["alva"]), "N")) == (
        none.status_code,
        none.location.replace("99999", "N"),
    )
    assert client.get("/members").status_code == 303


def test_who_has_left_is_in_no_list(app: Flask, small: Small, bo: FlaskClient, client: FlaskClient) -> None:
    write(app, small, "alva", rules.PUBLIC)
    token = photograph(app, small, to=rules.PUBLIC)
    with app.app_context(), transaction():
        members.disable(db.session.get_one(Member, small.people["alva"]))
    assert bo.get(f"/members/{small.people['alva']}").status_code == 404 and "Alva" not in bo.get("/members").text
    assert bo.get(f"/photos/{token}-small.webp").status_code == 404


@pytest.mark.parametrize("reader", ["visitor", "member"])
def test_the_database_is_not_asked_for_what_is_hidden(app: Flask, small: Small, reader: rules.Reader) -> None:
    """Every read of a profile hands back exactly what the pure predicate allows, for every choice of audiences."""
    alva = small.people["alva"]
    for name in rules.AUDIENCES:
        for audience in rules.AUDIENCES:
            write(app, small, "alva", audience, name=name)
            photograph(app, small, to=audience)
            with app.app_context():
                allowed = rules.may_see(reader, name=name, shown_to=audience)
                seen = queries.seen(alva, reader)
                assert (seen is not None) == rules.may_see(reader, name=name, shown_to=name)
                assert bool(seen and seen.texts) == bool(seen and seen.photo) == allowed
                token = db.session.get_one(ProfilePhoto, alva).token
                assert (queries.photo(token, "small", reader, None) is not None) == allowed
                assert bool(queries.page([], number=1)) == rules.may_see("member", name=name, shown_to=name)


def test_own_profile_can_be_seen_with_others_eyes(app: Flask, small: Small, alva: FlaskClient) -> None:
    write(app, small, "alva", rules.MEMBERS, pronouns=rules.PUBLIC, name=rules.PUBLIC)
    path = f"/members/{small.people['alva']}"
    as_member, as_visitor = alva.get(path).text, alva.get(f"{path}?as=visitor").text
    assert "Tjänstedesign" in as_member and "Tjänstedesign" not in as_visitor and "hon/henne" in as_visitor
    assert "As members see it" in log_in(browser(app, "en")).get(path).text


# -- the form ---------------------------------------------------------------------------------------------------------


def test_profile_is_kept_and_shown_again(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    data = fields(shown_name="1", shown_field="1", visible="y", name="  Alva Ö. Lindqvist ")
    assert post(alva, "/account/profile", data).status_code == 303
    page = alva.get("/account/profile").text
    assert "Tjänstedesign" in page and "Alva Ö. Lindqvist" in page and "Sparat" in page
    assert "Alva Ö. Lindqvist" in bo.get("/members").text
    with app.app_context():
        member = db.session.get_one(Member, small.people["alva"])
        assert member.visible and member.name == "Alva Ö. Lindqvist"
        entry = db.session.execute(db.text("SELECT action FROM audit_entry")).scalars().all()
        assert "member.rename" in entry
    post(alva, "/account/profile", fields(field="", shown_name="1"))
    assert "Tjänstedesign" not in alva.get("/account/profile").text


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": " "}, {"name": "x" * 101}, {"name": "a\x00b"}, {"field": "x" * 101}, {"ask_about": "\u202eevil"},
     {"shown_name": "3"}, {"shown_name": "-1"}, {"shown_field": "members"}, {"shown_languages": ""}],
)  # fmt: skip
def test_wrong_profiles_are_422_with_what_was_typed(
    app: Flask, small: Small, alva: FlaskClient, wrong: dict[str, str]
) -> None:
    answer = post(alva, "/account/profile", fields(looking_for="kept as typed", shown_looking_for="2", **wrong))
    assert answer.status_code == 422 and "kept as typed" in answer.text and 'role="alert"' in answer.text
    with app.app_context():
        assert db.session.scalar(select(Profile)) is None


def test_nobody_writes_anothers_profile(app: Flask, small: Small, bo: FlaskClient) -> None:
    post(
        bo,
        "/account/profile",
        fields(name="Bo Ek", member_id=str(small.people["alva"]), id=str(small.people["alva"]), shown_name="2"),
    )
    with app.app_context():
        assert [row.member_id for row in db.session.scalars(select(Profile))] == [small.people["bo"]]


def test_new_name_stands_on_pages_that_are_kept(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    with app.app_context(), transaction():
        bookings.reserve(
            db.session.get_one(Member, small.people["alva"]),
            small.a1,
            at(TUESDAY, "09:00", "11:00"),
            now=NOW,
            zone=ZONE,
            public=True,
        )
    assert "Alva L." in bo.get(f"/book?date={TUESDAY}").text
    post(alva, "/account/profile", fields(name="Britta Berg"))
    page = bo.get(f"/book?date={TUESDAY}").text
    assert "Britta B." in page and "Alva L." not in page


# -- search -----------------------------------------------------------------------------------------------------------


def people(app: Flask, names: list[str], **more: Any) -> None:
    with app.app_context(), transaction():
        for number, name in enumerate(names):
            member = Member(
                email=f"p{number}-{len(names)}@example.org", name=name, role="member", password_hash="!", created_at=NOW
            )
            db.session.add(member)
            db.session.flush()
            service.write(
                member, {"name": name, **more}, dict.fromkeys((*TEXTS, "photo"), rules.MEMBERS), visible=False, now=NOW
            )


def found(client: FlaskClient, query: str) -> list[str]:
    page = client.get("/members", query_string={"q": query}).text
    return re.findall(r'class="folk-a".*?<b>(.*?)</b>', page, re.DOTALL)


def test_search_finds_beginnings_of_words_in_swedish(app: Flask, bo: FlaskClient) -> None:
    people(app, ["Åsa Ek", "Asa Berg", "André Öst", "Ola Nordman", "Ärna Ström"], field="Hållbar stadsutveckling")
    assert found(bo, "") == ["André Öst", "Asa Berg", "Ola Nordman", "Åsa Ek", "Ärna Ström"]
    assert found(bo, "åsa") == ["Åsa Ek"] and found(bo, "ASA") == ["Asa Berg"]
    assert found(bo, "andre") == ["André Öst"] == found(bo, "andré ös") and found(bo, "ost") == []
    assert len(found(bo, "hållb")) == 5 and found(bo, "hallb") == [] and found(bo, "stads nord") == ["Ola Nordman"]
    assert found(bo, "utveckling") == []  # in the middle of a word


def test_wildcards_are_no_wildcards_and_odd_queries_are_answered(app: Flask, bo: FlaskClient) -> None:
    people(app, ["Hundra Procent", "Under Streck"])
    for query in (
        "%",
        "_",
        "*",
        "%%%",
        "'",
        "\\",
        "U_d",
        "%roc",
        "' OR 1=1 --",
        "\x01",
        "😀",
        "a" * 5000,
        "\U0010ffff",
    ):
        answer = bo.get("/members", query_string={"q": query})
        assert answer.status_code in (200, 400) and found(bo, query) == [], query
    assert bo.get("/members?page=99999999999").status_code == 200 and bo.get("/members?page=0").status_code == 200


def test_hidden_words_find_nobody(app: Flask, small: Small, bo: FlaskClient, alva: FlaskClient) -> None:
    write(app, small, "alva", rules.MEMBERS, ask_about=rules.NOBODY)
    assert found(bo, "tjänste") == ["Alva Lindqvist"] and found(bo, "medborgar") == []
    write(app, small, "alva", rules.NOBODY)
    assert found(bo, "alva") == [] == found(bo, "tjänste") == found(alva, "alva")


def test_directory_pages_and_costs_the_same_for_many(app: Flask, small: Small, bo: FlaskClient) -> None:
    write(app, small)
    bo.get("/members")
    with statements(app) as few:
        bo.get("/members?q=a")
    people(app, [f"Person {number:02}" for number in range(30)], field="x")
    with statements(app) as many:
        first = bo.get("/members").text
    assert len(few) == len(many) <= 6, many
    assert first.count('class="folk-a"') == 24 and "1–24 av 31" in first and "/members?page=2" in first
    assert bo.get("/members?page=2").text.count('class="folk-a"') == 7


def test_search_and_list_use_their_indexes(app: Flask, small: Small, request: pytest.FixtureRequest) -> None:
    if "sqlite" not in request.node.callspec.id:
        pytest.skip("PostgreSQL scans small tables whatever the index")
    people(app, [f"Person {number}" for number in range(50)])
    with app.app_context(), statements(app) as seen:
        queries.page(["per"], number=1)
        raw = db.engine.raw_connection()
        plan = str(raw.cursor().execute("EXPLAIN QUERY PLAN " + seen[0], (1,) * seen[0].count("?")).fetchall())
        raw.close()
    assert (
        "SEARCH profile_word USING COVERING INDEX" in plan and "word>? AND word<?" in plan and "SCAN member" not in plan
    ), plan
    with app.app_context(), statements(app) as seen:
        queries.page([], number=1)
        raw = db.engine.raw_connection()
        plan = str(raw.cursor().execute("EXPLAIN QUERY PLAN " + seen[0], (1,) * seen[0].count("?")).fetchall())
        raw.close()
    assert "ix_profile_sort_key_member_id" in plan and "TEMP B-TREE" not in plan, plan


# -- pictures ---------------------------------------------------------------------------------------------------------


def upload(client: FlaskClient, data: bytes, name: str = "../../me.svg") -> Any:
    """Post a file; the body is made here, because the client forgets to close the file it makes of a large one."""
    token = token_in(client.get("/account/profile").text)
    head = f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n--b\r\n'
    head += f'Content-Disposition: form-data; name="photo"; filename="{name}"\r\n\r\n'
    body = head.encode() + data + b"\r\n--b--"
    return client.post("/account/profile/photo", data=body, content_type="multipart/form-data; boundary=b")


def test_picture_is_made_anew_and_shown_to_nobody_at_first(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient, client: FlaskClient
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret-place"
    assert upload(alva, picture(exif=exif)).status_code == 303
    with app.app_context():
        photo = db.session.get_one(ProfilePhoto, small.people["alva"])
        token = photo.token
        assert re.fullmatch(r"[0-9a-f]{32}", token) and photo.shown_to == rules.NOBODY
        assert b"secret" not in photo.small + photo.large
    write(app, small, "alva", rules.PUBLIC, photo=rules.NOBODY)
    answer = alva.get(f"/photos/{token}-large.webp")
    assert answer.status_code == 200 and Image.open(io.BytesIO(answer.data)).size == (384, 384)
    assert (
        bo.get(f"/photos/{token}-large.webp").status_code
        == client.get(f"/photos/{token}-large.webp").status_code
        == 404
    )
    assert token not in bo.get(f"/members/{small.people['alva']}").text


def test_picture_is_sent_safely_and_not_kept_for_long(
    app: Flask, small: Small, bo: FlaskClient, client: FlaskClient
) -> None:
    write(app, small)
    path = f"/photos/{photograph(app, small, to=rules.MEMBERS)}-small.webp"
    answer = bo.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Content-Disposition"].startswith(
        "inline"
    )
    assert answer.headers["Cache-Control"] == "private, max-age=600" and "Cookie" in answer.headers["Vary"]
    assert bo.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 404
    assert (
        bo.get(path.replace("small", "huge")).status_code == 404 and bo.get("/photos/x-small.webp").status_code == 404
    )
    write(app, small, "alva", rules.MEMBERS, photo=rules.NOBODY)
    assert bo.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 404


def test_each_picture_has_its_own_address(app: Flask, small: Small, alva: FlaskClient) -> None:
    first, second = photograph(app, small, to=rules.MEMBERS), photograph(app, small, to=rules.MEMBERS)
    assert first != second and alva.get(f"/photos/{first}-small.webp").status_code == 404


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "Välj en bild först"), (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "ingen bild som går att läsa"),
     (b"GIF89a<script>", "ingen bild som går att läsa"), (picture((40, 40)), "för liten"), (b"\xff\xd8" + b"x" * (8 * 1024 * 1024), "för stor")],
)  # fmt: skip
def test_what_is_no_picture_is_422_in_words(
    app: Flask, small: Small, alva: FlaskClient, data: bytes, said: str
) -> None:
    answer = upload(alva, data) if data else post(alva, "/account/profile/photo")
    assert answer.status_code == 422 and said in answer.text
    with app.app_context():
        assert db.session.scalar(select(ProfilePhoto.token)) is None


def test_more_than_a_photograph_is_413(alva: FlaskClient) -> None:
    assert upload(alva, b"x" * (9 * 1024 * 1024)).status_code == 413


def test_picture_can_be_taken_away(app: Flask, small: Small, alva: FlaskClient) -> None:
    token = photograph(app, small, to=rules.PUBLIC)
    assert post(alva, "/account/profile/photo/remove").status_code == 303
    assert alva.get(f"/photos/{token}-small.webp").status_code == 404


# -- the end ----------------------------------------------------------------------------------------------------------


def test_profile_is_exported_whole_and_erased_whole(app: Flask, small: Small) -> None:
    write(app, small)
    photograph(app, small)
    alva = small.people["alva"]
    data: DataClass = next(data for data in personal.known(app).classes if data.name == "profile")
    with app.app_context(), transaction():
        [record] = data.records(alva)
        assert record.fields["field"] == {"text": "Tjänstedesign", "shown_to": "members"} and data.files(alva) == {
            "photo.webp": b"large"
        }
        assert data.erase(Subject(alva, *PEOPLE["alva"][:2]), NOW) > 5
        assert data.files(alva) == {}
        left = [db.session.scalars(select(table)).all() for table in (Profile, ProfileField, ProfileWord)]
        assert left == [[], [], []] and PASSWORD


def test_name_that_is_changed_anywhere_is_followed(app: Flask, small: Small, bo: FlaskClient) -> None:
    """Whoever sets the name has nothing else to do: order, search and the days of what is booked follow it."""
    write(app, small)
    write(app, small, "bo")
    with app.app_context(), transaction():
        actor = db.session.get_one(Member, small.people["alva"])
        bookings.reserve(actor, small.a1, at(TUESDAY, "09:00", "10:00"), now=NOW, zone=ZONE, public=True)
    with app.app_context():
        before = db.session.get_one(Space, small.a1).revision
    with app.app_context(), transaction():
        member = db.session.get_one(Member, small.people["alva"])
        member.visible = True
        db.session.flush()  # another change leaves all of that alone
        assert db.session.get_one(Space, small.a1, populate_existing=True).revision == before
        member.name = "Östen Nyss"
    assert found(bo, "öst") == ["Östen Nyss"] and found(bo, "alva") == []
    listed = bo.get("/members").text
    assert listed.index("Bo Ek") < listed.index("Östen Nyss")
    with app.app_context():
        assert db.session.get_one(Space, small.a1).revision == before + 1
        assert db.session.get_one(Profile, small.people["alva"]).sort_key == rules.sort_key("Östen Nyss")


def test_name_whose_change_is_taken_back_leaves_no_trace(app: Flask, small: Small, bo: FlaskClient) -> None:
    write(app, small)
    with app.app_context(), suppress(RuntimeError), transaction():
        db.session.get_one(Member, small.people["alva"]).name = "Östen Nyss"
        db.session.flush()
        raise RuntimeError
    assert found(bo, "alva") == ["Alva Lindqvist"] and found(bo, "öst") == []


def test_no_statement_changes_names_past_the_session() -> None:
    """What follows a name hears of objects alone; a statement over the table would leave it behind."""
    package = Path(service.__file__).parents[1]
    for path in sorted(path for path in package.rglob("*.py") if "versions" not in path.parts):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values":
                statement = ast.unparse(node)
                assert not re.search(r"update\((Member|_member)\b", statement) or "name=" not in statement, (
                    path,
                    statement,
                )
