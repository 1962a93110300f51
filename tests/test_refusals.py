"""Every refusal: a test that provokes it, and a way on for whoever meets it.

Its sentence in both languages is looked after in test_documentation.py. Most codes are provoked where the rule behind
them is tried; those that no other test names are provoked here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from innovation_station.bookings import busy, writes
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction, unavailable
from innovation_station.deeds import registry as deeds
from innovation_station.directory import service as directory
from innovation_station.directory.rules import OPEN_ASKS
from innovation_station.errors import DomainError, Refusal
from innovation_station.i18n import REFUSALS
from innovation_station.ledger.rules import share_refusals
from innovation_station.members import csv_lines, joining, security, tickets
from innovation_station.members import service as members
from innovation_station.members.models import Member
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from innovation_station.plans import service as plans
from innovation_station.plans.rules import Limit, Quota, Term, plan_refusals, term_refusals
from innovation_station.plans.service import Contents
from innovation_station.policies import service as policies
from innovation_station.privacy import service as privacy
from innovation_station.privacy.rules import leave_refusals
from innovation_station.repairs import service as faults
from innovation_station.sharing import guests
from innovation_station.sharing.models import Guest
from innovation_station.sharing.rules import NAMED_MOST, named_refusals
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Floor, Space
from innovation_station.spaces.rules import Box, Scope
from tests.conftest import MONDAY, NOW, PASSWORD, TUESDAY, ZONE, Small, at, browser, log_in, post
from tests.test_documentation import refused_in, swedish

ROOT = Path(__file__).resolve().parents[1]
NINE = at(TUESDAY, "09:00", "11:00")


class Ground:
    """The small house, in an open app context, and who acts in it."""

    def __init__(self, app: Flask, small: Small, patch: pytest.MonkeyPatch) -> None:
        self.app, self.small, self.patch = app, small, patch

    def who(self, name: str = "alva") -> Member:
        return db.session.get_one(Member, self.small.people[name])

    def space(self, space_id: int) -> Space:
        return db.session.get_one(Space, space_id)

    def add(self, **given: Any) -> Space:
        floor = db.session.scalars(db.select(Floor)).one()
        return spaces.add_space(floor=floor, box=Box(700, 300, 40, 40), **{"kind": "desk", "name": "Z9", **given})

    def book(self, who: str = "alva") -> Booking:
        return bookings.reserve(self.who(who), self.small.a1, NINE, now=NOW, zone=ZONE)


# -- provoked here ----------------------------------------------------------------------------------------------------


def _parts_circular(on: Ground) -> None:
    spaces.set_parts(on.space(on.small.hall), [on.space(on.small.a1), on.space(on.small.a2)])
    spaces.set_parts(on.space(on.small.a1), [on.space(on.small.hall), on.space(on.small.a3)])


def _part_elsewhere(on: Ground) -> None:
    spaces.set_parts(on.space(on.small.hall), [on.space(on.small.a1), on.space(on.small.a2)])
    spaces.set_parts(on.space(on.small.room), [on.space(on.small.a1), on.space(on.small.a3)])


def _booking_handed(on: Ground) -> None:
    """Have it become another's while the host waits for the lock."""
    booking, bo = on.book(), on.small.people["bo"]
    lock = writes.lock_member

    def slow(member_id: int) -> None:
        lock(member_id)
        db.session.execute(update(Booking).where(Booking.id == booking.id).values(member_id=bo))

    on.patch.setattr(writes, "lock_member", slow)
    bookings.cancel(on.who("host"), booking.id, now=NOW)


def _guest_day(on: Ground) -> None:
    booking = on.book()
    guest = Guest(booking_id=booking.id, name="Kim", email="", uid="u", created_at=NOW, changed_at=NOW, language="sv")
    db.session.add(guest)
    db.session.flush()
    guests.arrived(on.who("host"), guest.id, now=NOW - timedelta(days=3))


def _desk_taken(on: Ground) -> None:
    for who in ("alva", "bo"):
        plans.dedicate(on.small.a1, on.small.people[who], starts=MONDAY, actor=None)


def _trial_none(on: Ground) -> None:
    plan = plans.add_plan(Contents(names=("Alla", "All")), actor=None)
    plans.give(plan.id, starts=MONDAY, now=NOW, actor=None, member_id=on.small.people["alva"], trial=True)


def _asks_many(on: Ground) -> None:
    on.patch.setattr(directory.queries, "seen", lambda *_: object())
    on.patch.setattr(directory.queries, "open_asks", lambda *_: OPEN_ASKS)
    directory.ask(on.who(), on.small.people["bo"], now=NOW)


def _texts(on: Ground, texts: dict[str, str], shown: dict[str, int]) -> Sequence[Refusal]:
    return directory._refusals({"name": "Alva", **texts}, shown)


def _csv(text: str) -> list[Refusal]:
    return [row.refusal for rows in csv_lines.batches(BytesIO(text.encode())) for row in rows if row.refusal]


Provoke = Callable[[Ground], Sequence[Refusal] | None]
PROVOKED: dict[str, Provoke] = {
    "consent-many": lambda on: named_refusals([f"a{n}@example.org" for n in range(NAMED_MOST + 1)]),
    "booking-handed": _booking_handed,
    "guest-day": _guest_day,
    "parts-circular": _parts_circular,
    "part-elsewhere": _part_elsewhere,
    "plan-nameless": lambda on: plan_refusals(names=("", "All"), quotas=(), price=0, vat=0),
    "plan-price": lambda on: plan_refusals(names=("Alla", "All"), quotas=(), price=-1, vat=0),
    "trial-none": _trial_none,
    "pause-beginless": lambda on: term_refusals(Term(0, 1, MONDAY, paused_until=TUESDAY)),
    "desk-taken": _desk_taken,
    "shares-whole": lambda on: share_refusals([6000, 5000]),
    "invited-count": lambda on: joining.invite([], actor=on.who("host"), now=NOW, language="sv") and None,
    "role-not-yours": lambda on: joining.change_role(on.who(), "host", actor=on.who("host"), now=NOW),
    "domain-malformed": lambda on: joining.settle_admission("a b", "off", actor=on.who("admin"), now=NOW),
    "language-unknown": lambda on: _csv("email,language\na@example.org,de\n"),
    "file-long": lambda on: _csv("email\n" + "a@example.org\n" * (csv_lines.MOST_LINES + 1)),
    "link-over": lambda on: tickets.redeem("nothing", "reset", now=NOW) and None,
    "email-same": lambda on: security.ask_email(on.who(), "alva@example.org", now=NOW, language="sv"),
    "code-wrong": lambda on: security.check_code(on.who(), "000000", key="k" * 32, now=NOW),
    "factor-unknown": lambda on: security.renew_recovery_codes(on.who(), now=NOW) and None,
    "session-unknown": lambda on: members.end_session(on.who(), 999),
    "kind-unknown": lambda on: on.add(kind="castle") and None,
    "amenity-unknown": lambda on: on.add(amenities=["sauna"]) and None,
    "deed-over": lambda on: deeds.over().refusals,
    "profile-unknown": lambda on: directory.leave(on.who(), on.small.people["bo"], now=NOW),
    "asks-many": _asks_many,
    "profile-text": lambda on: _texts(on, {"field": "x" * 101}, {}),
    "audience-unknown": lambda on: _texts(on, {}, {"name": 9}),
    "erasure-unknown": lambda on: privacy.withdraw_erasure(on.who(), on.small.people["alva"], now=NOW),
    "leave-kind": lambda on: leave_refusals("fly", until=None, today=MONDAY, last_admin=False),
    "database-away": lambda on: [one for found in (_unavailable(),) if found for one in found.refusals],
}  # fmt: skip


def _unavailable() -> DomainError | None:
    """Ask what a connection is called that nobody answers; tests/faults has databases that really are away."""
    return unavailable(OperationalError("SELECT 1", {}, ConnectionError("refused"), connection_invalidated=True))


# Forms refuse by themselves, and some views: who asks, where, and what is sent. {} are of the small house.
PAGES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "number-malformed": ("admin", "/staff/rules/edit?kind=room", {"horizon": "x"}),
    "date-malformed": ("alva", "/bookings", {"space": "1", "date": "x", "start": "09:00", "end": "10:00"}),
    "file-missing": ("admin", "/staff/members/import", {}),
    "organisation-unknown": ("admin", "/staff/organisations/{school}/shares", {"payer-0": "999", "share-0": "10"}),
    "password-wrong": ("alva", "/account/security/password", {"current": "no no no", "password": f"{PASSWORD}-x"}),
    "visit-over": ("", "/visit/nothing", None),
    "plate-unknown": ("alva", "/q/nothing", None),
    "notice-link-unknown": ("", "/notifications/end/nothing", None),
    "fault-act": ("host", "/staff/faults/{fault}", {"act": "burn"}),
}


@pytest.mark.parametrize("code", PAGES)
def test_refusal_is_said_by_a_page(app: Flask, small: Small, code: str) -> None:
    who, path, data = PAGES[code]
    with app.app_context(), transaction():
        admin, alva = (db.session.get_one(Member, small.people[name]) for name in ("admin", "alva"))
        school = organisations.create(Particulars(("Skolan", "The School"), "university"), actor=admin).id
        fault = faults.report(alva, small.a1, sort="light", text="", now=NOW).id
    client = browser(app, "en")
    if who:
        log_in(client, who)
    path = path.format(school=school, fault=fault)
    page = client.get(path) if data is None else post(client, path, data)
    assert page.status_code >= 400
    assert piece(str(REFUSALS[code]._args[0])) in page.text


def piece(sentence: str) -> str:
    """Give the longest part of a sentence that holds no value, as a page writes it."""
    part = max(re.split(r"%\(\w+\)s", sentence), key=len).strip()
    return part.replace("'", "&#39;")


@pytest.mark.parametrize("code", PROVOKED)
def test_refusal_is_provoked(app: Flask, small: Small, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    with app.app_context():
        try:
            found = [one.code for one in PROVOKED[code](Ground(app, small, monkeypatch)) or ()]
        except DomainError as error:
            found = [one.code for one in error.refusals]
        finally:
            db.session.rollback()
    assert code in found


def test_every_refusal_has_a_test_that_provokes_it() -> None:
    """A test names its code, or says a piece of its sentence."""
    source = "\n".join(
        path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")
        if path.name not in ("test_documentation.py", "test_refusals.py")
    )  # fmt: skip
    named = set(re.findall(r"(?<![\w-])[a-z][a-z0-9-]*(?![\w-])", source))
    catalogue = swedish()
    missing = []
    for code, text in REFUSALS.items():
        message = catalogue.get(str(text._args[0]))
        assert message
        if code in PROVOKED.keys() | PAGES | named:
            continue
        if not any(piece in source for said in (text._args[0], message.string) for piece in _pieces(str(said))):
            missing.append(code)
    assert missing == []


def _pieces(sentence: str, least: int = 18) -> list[str]:
    """Give what a test may say of a sentence so that it can be no other: windows of what stands between values."""
    parts = [part.strip(" .") for part in re.split(r"%\(\w+\)s|(?<=[.:])\s", sentence)]
    return [part[n : n + least] for part in parts if len(part) >= 14 for n in range(max(1, len(part) - least + 1))]


# -- the way on -------------------------------------------------------------------------------------------------------

# What whoever meets these has before them: the thing itself as it stands, with what may be done about it.
SHOWN = {
    "already-over", "already-cancelled", "not-cancelled", "not-released", "answer-confirmed", "answer-declined", "guest-day",
    "series-over", "none-free", "factor-on", "line-long", "line-broken", "language-unknown", "audience-unknown",
}  # fmt: skip
# What is not there, or not theirs: the error page says whom to ask, and leads to the start and to the bookings.
NOT_YOURS = {"not-found", "role-not-yours", "erasure-admins"}
FORBIDDEN = re.compile(r"-(unknown|admin)$")
DOES = re.compile(r"^(Choose|Write|Say|Divide|Take|Times go|Repeat)\b|[.;:!?] \w")


def with_field() -> set[str]:
    """Give the codes that are refused beside a field: the form comes again with what was typed, and says it there."""
    found = set()
    for path in (ROOT / "innovation_station").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Refusal" or len(node.args) < 2:
                continue
            if not (isinstance(node.args[1], ast.Constant) and node.args[1].value is None):
                found |= {code for code, _keys in refused_in(node)}
    return found


QUOTAS = {f"{whose}-bookings" for whose in ("quota", "shared", "limit", "limit-shared")}  # ALTERNATIVES tries them


def test_every_refusal_says_or_shows_the_way_on() -> None:
    fields = with_field()
    lost = [
        code for code, text in REFUSALS.items()
        if not (DOES.search(str(text._args[0])) or code in fields | SHOWN | NOT_YOURS | QUOTAS or FORBIDDEN.search(code))
    ]  # fmt: skip
    assert lost == []
    assert REFUSALS.keys() >= SHOWN | NOT_YOURS | QUOTAS


def test_sentences_that_say_what_to_do_say_it_in_swedish_too() -> None:
    catalogue = swedish()
    for code, text in REFUSALS.items():
        source = str(text._args[0])
        message = catalogue.get(source)
        assert message
        english, said = (len(re.findall(r"[.;:!?] \w", one)) for one in (source, str(message.string)))
        assert bool(english) <= bool(said) or DOES.match(source) or said >= english - 1, code


@pytest.mark.parametrize(("path", "status"), [("/bookings/999", 404), ("/staff", 403), ("/waits/999", 404)])
def test_error_pages_lead_on(app: Flask, small: Small, alva: FlaskClient, path: str, status: int) -> None:
    answer = alva.get(path)
    assert answer.status_code == status
    assert 'class="btn btn-primary" href="/"' in answer.text and 'href="/bookings"' in answer.text


# Refused wishes, each by what the house or the member is like: the answer names something else that can be had.
ALTERNATIVES: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "taken": ({"booked": ("09:00", "11:00")}, ("09:00", "10:00")),
    "too-close": ({"setup": 30, "booked": ("08:00", "09:00")}, ("09:00", "10:00")),
    "closed-space": ({"closed": ("09:00", "12:00")}, ("09:00", "10:00")),
    "held": ({"held": ("09:00", "10:00")}, ("09:00", "10:00")),
    "busy-elsewhere": ({"busy": ("09:00", "12:00")}, ("09:00", "10:00")),
    "not-bookable": ({"bookable": False}, ("09:00", "10:00")),
    "not-your-role": ({"booked_by": "host"}, ("09:00", "10:00")),
    "too-long": ({"longest": 60}, ("09:00", "11:00")),
    "too-short": ({"shortest": 120}, ("09:00", "10:00")),
    "off-grid": ({"granularity": 60}, ("09:15", "10:15")),
    "too-soon": ({"notice": 2 * 24 * 60}, ("09:00", "10:00")),
    "too-far": ({"horizon": 0}, ("09:00", "10:00")),
    "closed-hours": ({}, ("17:30", "18:30")),
    "outside-rule": ({"opens": 12 * 60}, ("09:00", "10:00")),
    "own-desk": ({"own": ("09:00", "10:00")}, ("09:00", "10:00")),
    "too-many-at-once": ({"at_once": 1, "own_room": ("09:00", "10:00")}, ("09:00", "10:00")),
    "limit-hours": ({"limit": Quota(None, "day", "hours", 30)}, ("09:00", "10:00")),
    "limit-bookings": ({"limit": Quota(None, "day", "bookings", 0)}, ("09:00", "10:00")),
}


@pytest.mark.parametrize("code", ALTERNATIVES)
def test_refused_wishes_are_answered_with_something_else(
    app: Flask, small: Small, alva: FlaskClient, code: str
) -> None:
    given, (start, end) = ALTERNATIVES[code]
    space = small.room if "own_room" in given else small.a1
    with app.app_context():
        _arrange(small, dict(given), space)
    answer = post(alva, "/bookings", {"space": space, "date": str(TUESDAY), "start": start, "end": end})
    assert answer.status_code in (409, 422), code
    with app.test_request_context(headers={"Accept-Language": "sv"}):
        said = str(swedish().get(str(REFUSALS[code]._args[0])).string)  # type: ignore[union-attr]
    assert max(re.split(r"%\(\w+\)s", said), key=len).strip() in answer.text, code
    others = re.findall(r'<form method="post" action="/bookings"', answer.text)
    lines = "ställ dig i kö" in answer.text or "/waits" in answer.text
    assert others or lines or 'href="/book' in answer.text, code
    if code not in ("limit-bookings", "too-far"):  # nothing of that day, nor of any other
        assert "Boka A" in answer.text or "Boka H" in answer.text or "Boka B" in answer.text, code


def _arrange(small: Small, given: dict[str, Any], space: int) -> None:
    alva, bo, admin = (db.session.get_one(Member, small.people[name]) for name in ("alva", "bo", "admin"))
    with transaction():
        if booked := given.pop("booked", None):
            bookings.reserve(bo, space, at(TUESDAY, *booked), now=NOW, zone=ZONE)
        if own := given.pop("own", None):
            bookings.reserve(alva, small.a2, at(TUESDAY, *own), now=NOW, zone=ZONE)
        if own := given.pop("own_room", None):
            floor = db.session.scalars(db.select(Floor)).one()
            other = spaces.add_space(floor=floor, kind="room", name="Rum 2", box=Box(500, 16, 90, 90), capacity=4)
            bookings.reserve(alva, other.id, at(TUESDAY, *own), now=NOW, zone=ZONE)
        if closed := given.pop("closed", None):
            bookings.close(at(TUESDAY, *closed), reasons=("Lagas", "Mended"), now=NOW, zone=ZONE, space_id=space)
        if held := given.pop("held", None):
            bookings.hold(bo.id, space, at(TUESDAY, *held), until=NOW + timedelta(hours=9), now=NOW, zone=ZONE)
        if taken := given.pop("busy", None):
            busy.lock([space])
            busy.add(space, [at(TUESDAY, *taken)], "TimeEdit", now=NOW)
            busy.settle([space], now=NOW, zone=ZONE)
        if "bookable" in given:
            db.session.get_one(Space, space).bookable = given.pop("bookable")
            spaces.changed()
        if limit := given.pop("limit", None):
            plans.set_limits([Limit(limit, house=True)])
        if given:
            policies.change(Scope(space=space), given, actor=admin)
