"""Accounts and sessions on a real database: what proves a member, and what ends every copy of a cookie."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select

from innovation_station import visits
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotAllowed, Refused
from innovation_station.members import queries, service
from innovation_station.members.models import LoginSession, Member
from tests.conftest import NOW, PASSWORD, Small

EMAIL = "alva@example.org"


def member(small: Small, who: str = "alva") -> Member:
    found = db.session.get(Member, small.people[who])
    assert found
    return found


def sign_in(remember: bool = False, agent: str = "") -> str:
    proof = service.prove(EMAIL, PASSWORD)
    with transaction():
        return service.log_in(proof, remember=remember, agent=agent, now=NOW)[0]


def lives(token: str, after: timedelta = timedelta()) -> bool:
    db.session.rollback()
    return visits.find(token, NOW + after) is not None


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [refusal.code for refusal in error.value.refusals]


def test_account_belongs_to_one_whatever_the_case(context: Flask) -> None:
    with pytest.raises(Conflict) as error, transaction():
        service.create_member(email="ALVA@Example.ORG ", name="Annan", password="inte-samma-sak-alls", now=NOW)
    assert codes(error) == ["email-taken"]


@pytest.mark.parametrize("email", [EMAIL, "Alva@EXAMPLE.org", "  alva@example.org"])
def test_right_password_proves_the_member(context: Flask, small: Small, email: str) -> None:
    assert service.prove(email, PASSWORD).member.id == small.people["alva"]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "fel-losenord-helt"), (EMAIL, PASSWORD + " "), (EMAIL, PASSWORD.upper()), (EMAIL, ""),
        ("nobody@example.org", PASSWORD), ("", PASSWORD), ("x" * 300, PASSWORD), (EMAIL, PASSWORD * 100),
    ],
)  # fmt: skip
def test_wrong_pair_is_one_refusal(context: Flask, email: str, password: str) -> None:
    with pytest.raises(NotAllowed) as error:
        service.prove(email, password)
    assert codes(error) == ["login-wrong"]


def test_every_try_costs_one_hash(context: Flask, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown, disabled and password-less accounts take as long as known ones: time tells nobody who is a member."""
    with transaction():
        service.disable(member(small, "bo"))
        member(small, "host").password_hash = "!"
    verified: list[str] = []
    genuine = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

    class Counting:
        def verify(self, known: str, password: str) -> bool:
            genuine.check_needs_rehash(known)  # raises unless it is an argon2 hash, which alone takes its time
            verified.append(known)
            return genuine.verify(known, password)

    monkeypatch.setattr(service, "_hasher", Counting())
    for email in (EMAIL, "bo@example.org", "hanna@example.org", "host@example.org", "nobody@example.org"):
        with pytest.raises(NotAllowed):
            service.prove(email, "fel-losenord-helt")
    assert len(verified) == 5
    for email in ("bo@example.org", "host@example.org", "nobody@example.org"):
        with pytest.raises(NotAllowed):
            service.prove(email, PASSWORD)
    assert len(verified) == 8


def test_no_password_is_cut_short(context: Flask, small: Small) -> None:
    """Two passwords that differ in the last letter only are two passwords, at every length that is let in."""
    for length in (64, 73, 129, 1000):
        long = ("ordentlig " * 100)[: length - 1]
        with transaction():
            service.change_password(member(small), long + "a")
        assert service.prove(EMAIL, long + "a").member
        for wrong in (long, long + "b", long + "ab"):
            with pytest.raises(NotAllowed):
                service.prove(EMAIL, wrong)


def test_weaker_hash_is_replaced_at_log_in(context: Flask, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    before = member(small).password_hash
    monkeypatch.setattr(service, "_hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    sign_in()
    db.session.rollback()
    after = db.session.scalars(select(Member.password_hash).where(Member.email == EMAIL)).one()
    assert before != after and "t=2" in after
    assert service.prove(EMAIL, PASSWORD).new_hash is None


def test_session_is_a_row_with_the_hash_alone(context: Flask) -> None:
    token = sign_in(agent="Browser" * 100)
    row = db.session.scalars(select(LoginSession)).one()
    assert row.token_hash == queries.token_hash(token) and len(row.agent) == 200
    assert token not in repr([getattr(row, column.name) for column in LoginSession.__table__.columns])
    assert len(token) >= 43  # 256 bits


def test_tokens_differ(context: Flask) -> None:
    assert len({sign_in() for _ in range(5)}) == 5


def test_sessions_end_by_themselves(context: Flask) -> None:
    short, long = sign_in(), sign_in(remember=True)
    assert lives(short, timedelta(hours=15)) and not lives(short, timedelta(hours=16))
    assert lives(long, timedelta(days=59)) and not lives(long, timedelta(days=60))


def test_log_in_sweeps_what_has_expired(context: Flask) -> None:
    sign_in()
    proof = service.prove(EMAIL, PASSWORD)
    with transaction():
        service.log_in(proof, remember=False, agent="", now=NOW + timedelta(days=1))
    assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 1


def test_log_out_ends_this_session_only(context: Flask) -> None:
    here, there = sign_in(), sign_in()
    with transaction():
        service.log_out(here)
    assert not lives(here) and lives(there)


@pytest.mark.parametrize("how", ["password", "disabled"])
def test_new_password_and_disabling_end_all_sessions_of_the_member(context: Flask, small: Small, how: str) -> None:
    mine = [sign_in(), sign_in(remember=True)]
    proof = service.prove("bo@example.org", PASSWORD)
    with transaction():
        other = service.log_in(proof, remember=False, agent="", now=NOW)[0]
    with transaction():
        if how == "password":
            service.change_password(member(small), "ett helt annat ord")
        else:
            service.disable(member(small))
    assert [lives(token) for token in mine] == [False, False] and lives(other)


def test_disabled_member_is_shut_out_even_with_a_session_row(context: Flask, small: Small) -> None:
    token = sign_in()
    with transaction():
        member(small).state = "paused"  # past the service: the look-up asks too
    assert not lives(token)


def test_password_that_is_refused_changes_nothing(context: Flask, small: Small) -> None:
    token = sign_in()
    for password in ("kort", "passwordpassword", "Alva Lindqvist 1"):
        with pytest.raises(Refused), transaction():
            service.change_password(member(small), password)
    assert lives(token) and service.prove(EMAIL, PASSWORD)
