"""A document of the house becomes what there is, all or nothing; and what there is, written and read, changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from innovation_station.announcements import rules as announcements
from innovation_station.announcements import service as announcing
from innovation_station.announcements.models import Announcement
from innovation_station.announcements.words import place_name
from innovation_station.audit import queries as audit
from innovation_station.bookings import dividing, presence
from innovation_station.bookings.dividing import NewPart
from innovation_station.db import db, transaction
from innovation_station.demo import floor as demo_floor
from innovation_station.errors import Conflict, DomainError, NotAllowed, NotFound, Refused
from innovation_station.housing import arranging, files, rules
from innovation_station.housing.rules import FloorDoc, HouseDoc, SpaceDoc
from innovation_station.mail.models import Mail
from innovation_station.mailings import rules as mailings
from innovation_station.mailings import service as mailing_service
from innovation_station.mailings.words import group_text
from innovation_station.notices.models import Notice
from innovation_station.policies import queries as policies
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space, Zone
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Box, Layout
from innovation_station.waits.models import Wait
from tests.bookings.test_dividing import codes, reserve, who
from tests.conftest import NOW, TUESDAY, ZONE, Small, at

NINE, TEN = at(TUESDAY, "09:00", "10:00"), at(TUESDAY, "10:00", "11:00")


def floor() -> FloorDoc:
    return rules.floor_of(house(), next(iter(house().floors)))


def save(small: Small, doc: FloorDoc | HouseDoc, name: str = "admin", **more: Any) -> arranging.Looked:
    whole = doc if isinstance(doc, HouseDoc) else HouseDoc((doc,))
    with transaction():
        return arranging.save(who(small, name), whole, now=NOW, zone=ZONE, **more)


def altered(doc: FloorDoc, which: str, /, **fields: Any) -> FloorDoc:
    spaces = tuple(replace(one, **fields) if one.name == which else one for one in doc.spaces)
    return replace(doc, spaces=spaces)


def refused(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    db.session.rollback()
    return codes(error)


def written() -> bytes:
    return json.dumps(rules.house_data(rules.house_of(house(), policies.hours()))).encode()


def test_a_floor_is_arranged_and_the_trail_says_how(context: None, small: Small) -> None:
    doc = floor()
    base = rules.digest(doc)
    assert save(small, doc, base=base).change.nothing
    doc = altered(doc, "A1", name="A2", box=Box(40, 200, 50, 50))
    doc = altered(replace(doc, spaces=doc.spaces[:1] + tuple(
        replace(one, name="A1") if one.id == small.a2 else one for one in doc.spaces[1:]
    )), "Bås 1", capacity=2, zone=0)  # fmt: skip
    doc = replace(
        doc, zones=(replace(doc.zones[0], names=("Rälsen", "The Rails")),),
        spaces=(*doc.spaces, SpaceDoc("B1", "desk", Box(400, 200, 50, 50), zone=0)),
        shapes=(*doc.shapes, {"kind": "line", "class": "wall", "x1": 0, "y1": 10, "x2": 300, "y2": 10}),
    )  # fmt: skip
    looked = save(small, doc, base=base)
    assert looked.change.added == ("B1",) and {one.name for one in looked.change.altered} == {"A1", "A2", "Bås 1"}
    db.session.expire_all()
    places = house().places
    assert [places[one].name for one in (small.a1, small.a2)] == ["A2", "A1"]
    assert places[small.a1].box == Box(40, 200, 50, 50) and places[small.booth].capacity == 2
    assert house().zone_name(places[small.booth], "en") == "The Rails"
    assert rules.digest(floor()) == rules.digest(rules.floor_of(house(), doc.id or 0)) != base
    entry = audit.about("house", 1, limit=1)[0]
    assert entry.after["added"] == ["B1"] and entry.before["A1"]["box"] == [34, 22, 50, 48]
    with pytest.raises(Conflict) as error:  # somebody else has opened the floor before that
        save(small, altered(doc, "A3", capacity=2), base=base)
    assert refused(error) == ["floor-changed"]


def test_what_goes_is_decided_about_and_what_was_booked_still_names_it(context: None, small: Small) -> None:
    moved, gone = reserve(small, small.a1, NINE), reserve(small, small.a1, TEN, "bo")
    doc = arranging.without_space(house(), small.a1)
    looked = arranging.look(who(small, "admin"), doc, now=NOW, zone=ZONE)
    assert [(hit.booking_id, hit.instead and hit.instead.id) for hit in looked.met.hits] == [
        (moved.id, small.a2), (gone.id, small.a2)
    ]  # fmt: skip
    for choices in ({}, {moved.id: "move"}, {moved.id: "move", gone.id: "keep"}):
        with pytest.raises(Conflict) as error:
            save(small, doc, choices=choices, shown=looked.token)
        assert refused(error) == ["hits-undecided"]
    save(small, doc, choices={moved.id: "move", gone.id: "cancel"}, shown=looked.token)
    db.session.expire_all()
    assert (moved.space_id, gone.state) == (small.a2, "cancelled")
    place = house().places[small.a1]
    assert place.archived_at == NOW and small.a1 in house().gone and not place.bookable
    assert {row.content["cause"] for row in db.session.scalars(select(Notice))} == {"gone"}
    with pytest.raises(Refused) as refusal:
        reserve(small, small.a1, at(TUESDAY, "14:00", "15:00"))
    assert refused(refusal) == ["not-bookable"]  # type: ignore[arg-type]
    with pytest.raises(Refused) as refusal:
        save(small, replace(floor(), spaces=(*floor().spaces, SpaceDoc("A1", "desk", Box(400, 200, 50, 50)))))
    assert refused(refusal) == ["space-name-taken"]  # type: ignore[arg-type]
    save(small, arranging.with_space(house(), small.a1))
    assert house().places[small.a1].archived_at is None and house().places[small.a1].bookable
    assert floor().spaces[-1].zone == 0


def test_who_sits_where_a_place_goes_ends_and_who_has_nowhere_to_go_comes_in_line(context: None, small: Small) -> None:
    eleven, half = at(TUESDAY, "11:00", "12:00"), NINE.start + timedelta(minutes=30)
    runs, next_, third = (reserve(small, small.a1, span, "bo") for span in (NINE, TEN, eleven))
    for space, name in ((small.a2, "alva"), (small.a3, "host")):
        for span in (NINE, TEN, eleven):
            reserve(small, space, span, name)
    with transaction():
        presence.check_in(who(small, "bo"), runs.id, now=NINE.start)
    before = db.session.scalar(select(func.count(Mail.id))) or 0
    with transaction():
        arranging.save(
            who(small, "admin"), arranging.without_space(house(), small.a1), now=half + timedelta(seconds=20),
            zone=ZONE, choices=dict.fromkeys((runs.id, next_.id, third.id), "cancel"),
        )  # fmt: skip
    db.session.expire_all()
    assert (runs.state, runs.end, next_.state) == ("confirmed", half + timedelta(minutes=1), "cancelled")
    assert house().places[small.a1].archived_at is not None
    assert {one.span for one in db.session.scalars(select(Wait))} == {TEN, eleven}
    assert (db.session.scalar(select(func.count(Mail.id))) or 0) - before == 2  # one that it ends, one that two go


def test_a_divided_hall_and_somebodys_own_place_do_not_go(context: None, small: Small) -> None:
    with transaction():
        dividing.divide(
            who(small, "admin"), small.hall, (), new=(NewPart("Ö", 30), NewPart("V", 30)), now=NOW, zone=ZONE
        )
    with pytest.raises(Refused) as error:
        save(small, arranging.without_space(house(), small.hall))
    assert refused(error) == ["archive-divided"]
    from innovation_station.plans import service as plans

    with transaction():
        plans.dedicate(small.a3, small.people["bo"], starts=TUESDAY, actor=who(small, "admin"))
    with pytest.raises(Refused) as error:
        save(small, arranging.without_space(house(), small.a3))
    assert refused(error) == ["archive-own"]


def test_only_administrators_arrange(context: None, small: Small) -> None:
    with pytest.raises(NotAllowed):
        save(small, floor(), name="host")
    db.session.rollback()
    with pytest.raises(NotFound):
        save(small, altered(floor(), "A1", id=987))


BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": ""}, "space-name"), ({"name": "A\x00"}, "space-name"), ({"name": "x" * 61}, "space-name"),
    ({"name": "A2"}, "space-name-taken"), ({"kind": "cellar"}, "kind-unknown"), ({"capacity": 0}, "space-seats"),
    ({"box": Box(34, 22, 19, 48)}, "drawing-small"), ({"box": Box(-10, 22, 50, 48)}, "drawing-outside"),
    ({"box": Box(400, 470, 50, 48)}, "drawing-outside"), ({"box": Box(80, 22, 50, 48)}, "drawing-overlap"),
    ({"amenities": frozenset({"pool"})}, "amenity-unknown"),
    ({"furniture": ({"kind": "script", "class": "wall"},)}, "shape-unknown"),
)  # fmt: skip
SHAPES: tuple[dict[str, Any], ...] = (
    {"kind": "rect", "class": "wall", "x": 0, "y": 0, "width": -1, "height": 5}, {"kind": "path", "class": "wall", "d": "M0 0<script>"},
    {"kind": "rect", "class": "evil", "x": 0}, {"kind": "circle", "class": "wall", "cx": "1", "cy": 2, "r": 3},
    {"kind": "rect", "class": "wall", "x": 1, "onload": 2}, {"kind": "line", "class": "wall", "x1": 1e9}, {"kind": "line", "class": "wall"},
)  # fmt: skip


def test_what_cannot_be_drawn_is_refused_with_everything_that_is_wrong(context: None, small: Small) -> None:
    plain = floor()
    for fields, code in BAD:
        found = rules.refusals(HouseDoc((altered(plain, "A1", **fields),)), house())
        assert [one.code for one in found] == [code], fields
    over = HouseDoc((altered(plain, "A1", box=Box(80, 22, 50, 48)),))
    assert rules.refusals(over, house(), overlaps=True) == []
    for shape in SHAPES:
        assert [one.code for one in rules.floor_refusals(replace(plain, shapes=(shape,)), house())] == [
            "shape-unknown"
        ], shape
    for fields, code in (
        ({"width": 100}, "drawing-size"), ({"names": ("", "x")}, "floor-name"), ({"fire_limit": 0}, "fire-limit"),
        ({"zones": (replace(plain.zones[0], names=("Z" * 101, "Z")),)}, "zone-name"),
        ({"shapes": ({"kind": "line", "class": "wall", "x1": 1},) * 501}, "drawing-many"),
        ({"labels": ({"text": {"sv": "x", "en": "<b>"}, "x": "1"},)}, "shape-unknown"),
    ):  # fmt: skip
        assert code in [one.code for one in rules.floor_refusals(replace(plain, **fields), house())], code


def _others() -> None:
    """Call everything by other names, and archive it."""
    for row in db.session.scalars(select(Space)):
        row.name, row.archived_at, row.bookable = f"x{row.id}", NOW, False
    for floor_row in db.session.scalars(select(spaces.Floor)):
        floor_row.name_sv = f"x{floor_row.id}"
        spaces.hide_floor(floor_row, True, NOW)


def test_a_house_written_out_and_read_in_changes_nothing_and_makes_the_same_elsewhere(
    context: None, small: Small
) -> None:
    with transaction():
        _others()
        demo_floor.build()
    first = written()
    doc = rules.resolved(files.read(first), house())
    assert save(small, doc).change.nothing
    with transaction():  # as if it were another house: all names are others
        _others()
        db.session.execute(db.delete(spaces.SpacePart))
        db.session.execute(db.delete(spaces.SpaceLink))
        spaces.set_hours({0: (0, 600)})
        spaces.set_policy(kind="room", longest=60)
    save(small, rules.resolved(files.read(first), house()))
    assert json.loads(written()) == json.loads(first)


def test_a_file_changes_all_or_nothing(context: None, small: Small) -> None:
    data = json.loads(written())
    data["floors"][0]["spaces"][0]["capacity"] = 3
    data["floors"][0]["spaces"][3]["layouts"] = [{"name": "theatre", "seats": 12}]
    data["floors"][0]["spaces"][3]["rule"] = {"shortest": 120, "longest": 60}
    before = written()
    with pytest.raises(Refused):
        save(small, rules.resolved(files.read(json.dumps(data).encode()), house()))
    db.session.rollback()
    assert written() == before
    data["floors"][0]["spaces"][3]["rule"] = {"longest": 60}
    data["floors"][0]["spaces"][1]["links"] = ["Nobody"]
    with pytest.raises(Refused) as error:
        save(small, rules.resolved(files.read(json.dumps(data).encode()), house()))
    assert refused(error) == ["space-unnamed"]
    data["floors"][0]["spaces"][1]["links"] = []
    looked = save(small, rules.resolved(files.read(json.dumps(data).encode()), house()))
    assert {one.name: set(one.fields) for one in looked.change.altered} == {
        "A1": {"capacity"}, "Hågelby": {"layouts", "rule"}
    }  # fmt: skip
    assert house().places[small.room].layouts == (Layout("theatre", 12),)
    del data["house"]
    data["floors"] = []
    assert save(small, rules.resolved(files.read(json.dumps(data).encode()), house())).change.nothing


HOSTILE: tuple[tuple[bytes, str], ...] = (
    (b"x" * (2 * 1024 * 1024 + 1), "house-file-large"), (b"[" * 100_000, "house-file"), (b'{"a":' * 50 + b"1" + b"}" * 50, "house-file"),
    (b"\xff\xfe", "house-file"), (b"{}", "house-file"), (b'{"format": "x", "version": 1, "floors": []}', "house-file"),
    (b'{"format": "innovation-station-house", "version": 2, "floors": []}', "house-file-version"),
    (b'{"format": "innovation-station-house", "version": true, "floors": []}', "house-file-version"),
    (b'{"format": "innovation-station-house", "version": 1, "floors": [], "floors": []}', "house-file"),
    (b'{"format": "innovation-station-house", "version": 1, "floors": 7}', "house-file"),
    (b'{"format": "innovation-station-house", "version": 1, "floors": [{"names": {"sv": "a", "en": "b"}, "width": NaN, "height": 1, "spaces": []}]}', "house-file"),
    (b'{"format": "innovation-station-house", "version": 1, "floors": [{"names": {"sv": "a", "en": "b"}, "width": 1e999, "height": 1, "spaces": []}]}', "house-file"),
    (b'{"format": "innovation-station-house", "version": 1, "floors": [{"names": 1, "width": 9, "height": 1, "spaces": []}]}', "house-file"),
)  # fmt: skip


def test_hostile_files_are_refused_at_the_first_place_that_cannot_be_read(context: None, small: Small) -> None:
    for data, code in HOSTILE:
        with pytest.raises(Refused) as error:
            files.read(data)
        assert codes(error) == [code], data[:80]
    data = json.loads(written())
    for path, value in (
        ("kind", []),
        ("box", {"x": 1}),
        ("zone", "Nowhere"),
        ("hours", {"9": None}),
        ("amenities", ["pool"]),
    ):
        broken = json.loads(json.dumps(data))
        broken["floors"][0]["spaces"][2][path] = value
        with pytest.raises(Refused) as error:
            files.read(json.dumps(broken).encode())
        assert str(error.value.refusals[0].values["where"]).startswith(f"floors[0].spaces[2].{path}")


def test_two_floors_of_a_house_are_not_named_alike(context: None, small: Small) -> None:
    doc = rules.resolved(files.read(written()), house())
    more = replace(doc.floors[0], id=None, spaces=())
    found = rules.refusals(replace(doc, floors=(*doc.floors, more)), house())
    assert [one.code for one in found] == ["floor-twice"]


def test_a_zone_that_goes_leaves_its_places(context: None, small: Small) -> None:
    doc = floor()
    none = tuple(replace(one, zone=None) for one in doc.spaces)
    gone = ("zone", doc.zones[0].id or 0)
    told = announcements.Facts(
        ("Rälsen målas", ""), NINE, pages=frozenset({"today"}), place=gone, happens=NINE, in_feeds=True
    )
    mailed = mailings.Facts("own", ("Målning", ""), ("Det målas.", ""), mailings.Group(place=gone, first=TUESDAY))
    with transaction():
        number = announcing.announce(who(small, "host"), told, house(), now=NOW).id
        mailing = mailing_service.write(who(small, "host"), mailed, now=NOW).id
    assert save(small, replace(doc, zones=(), spaces=none)).change.zones_gone == (doc.zones[0].id,)
    assert list(db.session.scalars(select(Zone))) == [] and house().places[small.a1].zone_id is None
    row = db.session.get_one(Announcement, number)
    assert row.place == ("floor", doc.id) and row.sequence == 1, "what was told of the zone is told of its floor"
    assert place_name(gone, house()) == "" and "?" in group_text(mailed.group, house(), {})
    with pytest.raises(Refused) as error, transaction():
        mailing_service.rewrite(who(small, "host"), mailing, mailed, now=NOW)
    assert refused(error) == ["space-unknown"]


def test_desks_are_numbered_and_laid_out() -> None:
    assert rules.numbered("A", 4, {"A2", "B1"}) == ["A1", "A3", "A4", "A5"]
    boxes = rules.island(4, (100, 50), across=2, size=(50, 50))
    assert boxes == [Box(100, 50, 50, 50), Box(160, 50, 50, 50), Box(100, 110, 50, 50), Box(160, 110, 50, 50)]
