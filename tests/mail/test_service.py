"""The outbox: written with its cause, taken in turn, taken back, erased."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from innovation_station.db import db, transaction
from innovation_station.errors import NotFound
from innovation_station.mail import queries, rules, service
from innovation_station.mail.rules import SENT, Outcome, Receiver
from tests.conftest import NOW, statements
from tests.mail.conftest import ALVA, BO, SECOND, outbox, queued

LATER = Outcome("later", "refused", "451 greylisted")


def claimed(app: Flask, worker: str = "w1", now: datetime = NOW) -> str | None:
    """Claim the next mail and give its text."""
    with app.app_context(), transaction():
        mail = service.claim(worker, now=now)
        return None if mail is None else str((mail.content or {})["text"])


def settled(app: Flask, mail_id: int, outcome: Outcome = SENT, worker: str = "w1", now: datetime = NOW) -> bool:
    with app.app_context(), transaction():
        return service.settle(mail_id, worker, outcome, now=now)


def test_mail_stands_and_falls_with_its_transaction(app: Flask) -> None:
    with pytest.raises(RuntimeError), app.app_context(), transaction():
        service.queue(ALVA, "plain", {"text": "x"}, now=NOW)
        raise RuntimeError
    assert outbox(app) == []
    queued(app, "x", member_id=7, kind="booking", unsubscribe_url="/mail/end/abc")
    (mail,) = outbox(app)
    assert (mail.receiver, mail.name, mail.language, mail.member_id) == ("alva@example.org", "Alva Lindqvist", "sv", 7)
    assert (mail.kind, mail.template, mail.content, mail.state) == ("booking", "plain", {"text": "x"}, "queued")
    assert (mail.created_at, mail.due_at, mail.unsubscribe_url) == (NOW, NOW, "/mail/end/abc")
    assert len(mail.message_id) == 32


def test_queue_costs_one_statement_or_two(app: Flask) -> None:
    with app.app_context(), transaction(), statements(app) as seen:
        service.queue(ALVA, "plain", {"text": "x"}, now=NOW)
        assert len([one for one in seen if "SAVEPOINT" not in one]) == 1
        service.queue(ALVA, "plain", {"text": "x"}, now=NOW, key="k")
        assert len([one for one in seen if "SAVEPOINT" not in one]) == 3


def test_key_makes_a_repeat_harmless(app: Flask) -> None:
    first, second = queued(app, "one", "two", key="booking-7-made")
    assert first == second
    assert [mail.content for mail in outbox(app)] == [{"text": "one"}]
    with app.app_context(), transaction():
        service.queue(ALVA, "plain", {"text": "three"}, now=NOW, key="other")
        service.queue(ALVA, "plain", {"text": "four"}, now=NOW, key="other")
    assert len(outbox(app)) == 2


@pytest.mark.parametrize("email", ["", "no address", "a@b\r\nBcc: c@d", "a@b,c@d"])
def test_address_that_is_none_is_refused(app: Flask, email: str) -> None:
    with app.app_context(), transaction(), pytest.raises(ValueError, match="not an address"):
        service.queue(Receiver(email, "x"), "plain", {}, now=NOW)


def test_values_have_to_be_json(app: Flask) -> None:
    with app.app_context(), transaction(), pytest.raises(TypeError):
        service.queue(ALVA, "plain", {"when": NOW}, now=NOW)


def test_held_mail_is_not_due_and_can_be_withdrawn(app: Flask) -> None:
    queued(app, "held", hold_until=NOW + 10 * SECOND, key="k")
    assert claimed(app) is None
    assert claimed(app, now=NOW + 9 * SECOND) is None
    with app.app_context(), transaction():
        assert service.withdraw("k") is True
        assert service.withdraw("k") is False
    assert outbox(app) == []
    queued(app, "again", hold_until=NOW + 10 * SECOND, key="k")
    assert claimed(app, now=NOW + 10 * SECOND) == "again"
    with app.app_context(), transaction():
        assert service.withdraw("k") is False, "somebody is sending it"
    assert len(outbox(app)) == 1


def test_held_mail_does_not_hold_up_the_next(app: Flask) -> None:
    queued(app, "held", hold_until=NOW + 10 * SECOND)
    queued(app, "now", now=NOW + SECOND)
    assert claimed(app, now=NOW + SECOND) == "now"
    assert claimed(app, now=NOW + 11 * SECOND) is None, "the first is still being sent"


def test_order_is_kept_per_receiver(app: Flask) -> None:
    a1, a2 = queued(app, "a1", "a2")
    (b1,) = queued(app, "b1", to=BO)
    assert [claimed(app), claimed(app), claimed(app)] == ["a1", "b1", None]
    assert settled(app, a1, LATER)
    assert claimed(app) is None, "a2 waits for a1"
    assert claimed(app, now=NOW + timedelta(minutes=1)) == "a1"
    assert settled(app, a1, now=NOW + timedelta(minutes=1))
    assert claimed(app, now=NOW + timedelta(minutes=1)) == "a2"
    assert settled(app, a2) and settled(app, b1)
    assert [mail.state for mail in outbox(app)] == ["sent"] * 3


def test_parked_mail_holds_up_nobody(app: Flask) -> None:
    a1, _a2 = queued(app, "a1", "a2")
    assert claimed(app) == "a1"
    assert settled(app, a1, Outcome("parked", "refused", "550 no such user alva@example.org"))
    assert claimed(app) == "a2"
    mail = outbox(app)[0]
    assert (mail.state, mail.problem, mail.reason, mail.ended_at) == ("parked", "refused", "550 no such user …", NOW)
    assert mail.content == {"text": "a1"}, "it may be tried again"


def test_values_are_erased_once_sent(app: Flask, database_url: str) -> None:
    (a1,) = queued(app, "very-secret-token", unsubscribe_url="/end/other-secret-token")
    claimed(app)
    settled(app, a1)
    (mail,) = outbox(app)
    assert (mail.content, mail.unsubscribe_url, mail.state, mail.ended_at) == (None, None, "sent", NOW)
    if database_url.startswith("sqlite"):
        with app.app_context():
            db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            db.session.rollback()
        assert b"secret-token" not in Path(database_url.removeprefix("sqlite:///")).read_bytes()


def test_lease_of_a_dead_worker_passes(app: Flask) -> None:
    (a1,) = queued(app, "a1")
    assert claimed(app, "dead") == "a1"
    almost, then = NOW + rules.LEASE - SECOND, NOW + rules.LEASE
    assert claimed(app, "w2", almost) is None
    assert claimed(app, "w2", then) == "a1"
    assert settled(app, a1, worker="dead", now=then) is False, "who comes back too late changes nothing"
    assert settled(app, a1, worker="w2", now=then)
    assert outbox(app)[0].lost == 1


def test_renewed_lease_does_not_pass(app: Flask) -> None:
    (a1,) = queued(app, "a1")
    claimed(app, "slow")
    with app.app_context(), transaction():
        assert service.renew(a1, "slow", now=NOW + 40 * SECOND)
        assert not service.renew(a1, "other", now=NOW + 40 * SECOND)
    assert claimed(app, "w2", NOW + rules.LEASE) is None


def test_lease_from_before_the_clock_was_set_back_counts_as_passed(app: Flask) -> None:
    queued(app, "a1", now=NOW - timedelta(days=2))
    assert claimed(app, "dead", NOW + timedelta(hours=5)) == "a1"
    assert claimed(app, "w2", NOW) == "a1"


def test_mail_that_kills_its_workers_is_parked(app: Flask) -> None:
    a1, _a2 = queued(app, "killer", "a2")
    now = NOW
    for _ in range(3):
        assert claimed(app, now=now) == "killer"
        now += rules.LEASE
    with app.app_context(), transaction():
        mail = service.claim("w1", now=now)
        assert mail and (mail.id, mail.state, mail.problem) == (a1, "parked", "interrupted")
    assert claimed(app, now=now) == "a2"


def test_retry_and_discard(app: Flask) -> None:
    a1, a2 = queued(app, "a1", "a2")
    for mail_id in (a1, a2):
        claimed(app)
        settled(app, mail_id, Outcome("parked", "refused", "550"))
    later = NOW + timedelta(days=4)
    with app.app_context(), transaction():
        service.retry(a1, now=later)
        service.discard(a2, now=later)
        for call in (service.retry, service.discard):
            with pytest.raises(NotFound):
                call(a2, now=later)
            with pytest.raises(NotFound):
                call(99, now=later)
    first, second = outbox(app)
    assert (first.state, first.problem, first.tries) == ("queued", None, 0)
    assert (second.state, second.content) == ("discarded", None)
    assert claimed(app, now=later) == "a1"
    assert settled(app, a1, LATER, now=later)
    assert outbox(app)[0].state == "queued", "patience begins anew"


def test_absent_server_is_no_fault_of_the_mail(app: Flask) -> None:
    (a1,) = queued(app, "a1")
    for number in range(5):
        now = NOW + number * rules.FIRST_WAIT
        assert claimed(app, now=now) == "a1"
        assert settled(app, a1, Outcome("away", "unreachable", "refused"), now=now)
    assert outbox(app)[0].tries == 0


def test_forget_and_purge(app: Flask) -> None:
    a1, _a2 = queued(app, "a1", "a2", member_id=7)
    queued(app, "b1", to=BO, member_id=8)
    claimed(app)
    settled(app, a1)
    with app.app_context(), transaction():
        assert service.purge(now=NOW + rules.KEPT_FOR) == 0
        assert service.purge(now=NOW + rules.KEPT_FOR + SECOND) == 1
        assert service.forget() == 0
        assert service.forget(member_id=8) == 1
        assert service.forget(email="alva@example.org", member_id=9) == 1
    assert outbox(app) == []


def test_load(app: Flask) -> None:
    a1, _a2 = queued(app, "a1", "a2")
    queued(app, "held", hold_until=NOW + timedelta(hours=1))
    with app.app_context():
        assert queries.load(NOW) == queries.Load(3, NOW, 0)
    claimed(app)
    settled(app, a1, Outcome("parked", "refused"))
    with app.app_context(), statements(app) as seen:
        assert queries.load(NOW) == queries.Load(2, NOW, 1)
        assert [mail.id for mail in queries.parked(limit=5)] == [a1]
        assert len(seen) == 2


def test_looking_for_work_is_a_read(app: Flask) -> None:
    queued(app, "a1")
    with app.app_context(), statements(app) as seen:
        assert queries.is_due(NOW)
        assert not queries.is_due(NOW - SECOND)
        assert all(one.startswith("SELECT") for one in seen)
