"""Mail against a real server on loopback: what it does to us, and what arrives all the same."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask

from innovation_station.db import transaction
from innovation_station.jobs import heart
from innovation_station.mail import postman as postmen
from innovation_station.mail import rules, service
from innovation_station.mail.postman import Postman
from innovation_station.mail.rules import Receiver
from innovation_station.mail.transport import Files, Smtp, Transport, transport
from tests.conftest import NOW, Clock
from tests.mail.conftest import ALVA, BO, SECOND, SENDER, outbox, queued
from tests.mail.server import Behaviour, free_port, serving


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def port(behaviour: Behaviour) -> Iterator[int]:
    with serving(behaviour) as port:
        yield port


@pytest.fixture
def post(app: Flask, port: int) -> Callable[[], None]:
    """Give what sends all that is due, in one round."""
    return rounds(app, f"smtp://127.0.0.1:{port}")


def rounds(app: Flask, url: str) -> Callable[[], None]:
    one = Postman(app, transport(url), lambda: SENDER)

    def go() -> None:
        one.resumes = 0.0
        one.round(lambda: False)

    return go


def states(app: Flask) -> list[str]:
    return [mail.state for mail in outbox(app)]


def test_mail_arrives(app: Flask, behaviour: Behaviour, post: Callable[[], None]) -> None:
    queued(app, "Hej", "Hej igen")
    queued(app, "Hello", to=BO)
    post()
    assert behaviour.subjects == ["Hej", "Hej igen", "Hello"]
    assert behaviour.connections == 1, "one connection for all of them"
    assert behaviour.received[0].sender == "station@house.example"
    assert [one.receiver for one in behaviour.received] == ["alva@example.org", "alva@example.org", "bo@example.org"]
    assert len({one.message["Message-ID"] for one in behaviour.received}) == 3
    assert states(app) == ["sent"] * 3
    post()
    assert len(behaviour.received) == 3


def test_server_that_dies_after_data_gets_one_duplicate_at_most(
    app: Flask, behaviour: Behaviour, post: Callable[[], None], clock: Clock
) -> None:
    behaviour.die_after_data = 1
    queued(app, "Hej", "Hej igen")
    post()
    assert states(app) == ["queued", "queued"]
    post()
    assert len(behaviour.received) == 1, "a minute is left to the server"
    clock.now += timedelta(minutes=1)
    post()
    assert behaviour.subjects == ["Hej", "Hej", "Hej igen"]
    first, again, _other = behaviour.received
    assert first.message["Message-ID"] == again.message["Message-ID"]
    assert states(app) == ["sent", "sent"]


def test_451_is_tried_again_and_keeps_the_order(
    app: Flask, behaviour: Behaviour, post: Callable[[], None], clock: Clock
) -> None:
    behaviour.rcpt["alva@example.org"] = ["451 4.7.1 greylisted", "451 4.7.1 greylisted"]
    queued(app, "a1", "a2")
    queued(app, "b1", to=BO)
    post()
    assert behaviour.subjects == ["b1"]
    for minutes in (1, 2):
        clock.now += timedelta(minutes=minutes) - SECOND
        post()
        assert behaviour.subjects == ["b1"], "not before its time"
        clock.now += SECOND
        post()
    assert behaviour.subjects == ["b1", "a1", "a2"]
    assert outbox(app)[0].tries == 3


def test_451_to_the_content_is_tried_again(app: Flask, behaviour: Behaviour, post: Callable[[], None], clock: Clock) -> None:  # fmt: skip
    behaviour.answers = ["451 4.3.0 try later"]
    queued(app, "a1")
    post()
    assert states(app) == ["queued"]
    clock.now += timedelta(minutes=1)
    post()
    assert behaviour.subjects == ["a1"]


def test_451_for_three_days_is_parked(app: Flask, behaviour: Behaviour, post: Callable[[], None], clock: Clock) -> None:
    behaviour.rcpt["alva@example.org"] = ["451 4.2.2 full"] * 100
    queued(app, "a1")
    for _ in range(100):
        post()
        (mail,) = outbox(app)
        if mail.state == "parked":
            break
        assert timedelta(minutes=1) <= mail.due_at - clock.now <= rules.LONGEST_WAIT
        clock.now = mail.due_at
    assert rules.PATIENCE <= clock.now - NOW < rules.PATIENCE + rules.LONGEST_WAIT
    assert 20 < mail.tries < 40 and (mail.problem, mail.reason) == ("refused", "451 4.2.2 full")


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_550_is_parked_and_blocks_nobody(
    app: Flask, behaviour: Behaviour, post: Callable[[], None], where: str
) -> None:
    if where == "rcpt":
        behaviour.rcpt["alva@example.org"] = ["550 5.1.1 <alva@example.org> unknown"]
    else:
        behaviour.answers = ["550 5.7.1 spam"]
    queued(app, "a1", "a2")
    queued(app, "b1", to=BO)
    post()
    assert behaviour.subjects == ["a2", "b1"]
    mail = outbox(app)[0]
    assert (mail.state, mail.problem) == ("parked", "refused")
    assert mail.reason == ("550 5.1.1 … unknown" if where == "rcpt" else "550 5.7.1 spam")
    assert mail.content == {"text": "a1"}
    with app.app_context(), transaction():
        service.retry(mail.id, now=NOW)
    post()
    assert behaviour.subjects == ["a2", "b1", "a1"]


def test_sender_that_may_not_send_parks_nothing(app: Flask, behaviour: Behaviour, post: Callable[[], None]) -> None:
    behaviour.sender = "553 5.7.1 not your address"
    queued(app, "a1", "a2")
    post()
    assert states(app) == ["queued", "queued"]
    assert outbox(app)[0].reason == "553 5.7.1 not your address"


def test_server_that_dawdles_is_waited_for_and_the_claim_kept(
    app: Flask, behaviour: Behaviour, post: Callable[[], None], monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(heart, "BEAT", timedelta(seconds=0.1))
    behaviour.delay = 0.6
    seen: list[str | None] = []

    def long_after() -> None:
        clock.now = NOW + rules.LEASE - SECOND
        time.sleep(0.3)
        clock.now = NOW + rules.LEASE + 30 * SECOND
        with app.app_context(), transaction():
            mail = service.claim("another", now=clock.now)
            seen.append(mail and mail.template)

    behaviour.during = long_after
    queued(app, "a1")
    post()
    assert seen == [None]
    assert behaviour.subjects == ["a1"] and states(app) == ["sent"]


def test_server_that_never_answers_is_given_up(app: Flask, behaviour: Behaviour, port: int, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr("innovation_station.mail.transport.TIMEOUT", 0.3)
    behaviour.delay = 1.5
    queued(app, "a1")
    begin = time.monotonic()
    rounds(app, f"smtp://127.0.0.1:{port}")()
    assert time.monotonic() - begin < 1.4
    assert (outbox(app)[0].state, outbox(app)[0].problem) == ("queued", "unreachable")


def test_server_gone_for_a_day(app: Flask, clock: Clock) -> None:
    """Nothing is lost or parked, the order stands, and an hour of silence is not asked for after it is back."""
    port = free_port()
    one = Postman(app, transport(f"smtp://127.0.0.1:{port}"), lambda: SENDER)
    queued(app, "a1", "a2", "a3")
    queued(app, "b1", to=BO)
    pauses = []
    while clock.now < NOW + timedelta(days=1):
        one.resumes = 0.0
        begin = time.monotonic()
        one.round(lambda: False)
        pauses.append(round((one.resumes - begin) / 60))
        clock.now += timedelta(minutes=max(pauses[-1], 1))
    assert pauses[:6] == [1, 2, 4, 8, 15, 15] and set(pauses[5:]) == {15}
    assert states(app) == ["queued"] * 4
    behaviour = Behaviour()
    with serving(behaviour, port):
        one.resumes = 0.0
        one.round(lambda: False)
    assert sorted(behaviour.subjects) == ["a1", "a2", "a3", "b1"]
    assert [subject for subject in behaviour.subjects if subject != "b1"] == ["a1", "a2", "a3"]


def test_server_that_is_away_is_left_alone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Away(Smtp):
        def _connect(self) -> None:  # type: ignore[override]
            asked.append(1)
            raise ConnectionRefusedError("refused")

    monkeypatch.setattr("innovation_station.mail.transport.Smtp", Away)
    one = Postman(app, transport("smtp://127.0.0.1:9"), lambda: SENDER)
    queued(app, *"abc")
    queued(app, "d", to=BO)
    for _ in range(5):
        one.round(lambda: False)
    assert len(asked) == 1


def test_poison_mail_is_parked_and_blocks_nobody(app: Flask, behaviour: Behaviour, post: Callable[[], None]) -> None:
    with app.app_context(), transaction():
        for template, values in (("poison", {}), ("no-such-template", {}), ("plain", {}), ("plain", {"text": "fine"})):
            service.queue(ALVA, template, values, now=NOW)
    post()
    assert behaviour.subjects == ["fine"]
    assert [(mail.state, mail.problem) for mail in outbox(app)] == [("parked", "unreadable")] * 3 + [("sent", None)]
    assert outbox(app)[0].reason == "UndefinedError in poison"


def test_receiver_that_cannot_be_written_to_is_poison_too(app: Flask, behaviour: Behaviour, post: Callable[[], None]) -> None:  # fmt: skip
    queued(app, "x", to=Receiver("åsa@" + "x" * 70 + "å.example", "Åsa"))
    queued(app, "y", to=Receiver("åsa@example.org", "Åsa"))
    queued(app, "z")
    post()
    assert "z" in behaviour.subjects
    assert outbox(app)[0].problem == "unreadable"


def test_headers_cannot_be_added_over_the_wire(app: Flask, behaviour: Behaviour, post: Callable[[], None]) -> None:
    evil = "Hej\r\nBcc: victim@example.org\r\n\r\n.\r\nMAIL FROM:<x@y>"
    queued(app, evil, to=Receiver("alva@example.org", "Eve\r\nBcc: victim@example.org"))
    post()
    (one,) = behaviour.received
    assert one.receiver == "alva@example.org" and "Bcc" not in one.message
    assert [address.addr_spec for address in one.message["To"].addresses] == ["alva@example.org"]
    assert "MAIL FROM" in one.subject and "\n" not in one.subject


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
def test_credentials_are_percent_decoded_and_the_password_is_not_shown(app: Flask) -> None:
    behaviour = Behaviour()
    with serving(behaviour, auth_require_tls=False, auth_required=True) as port:
        good = transport(f"smtp://user%40house:p%40ss%2Fw%3Ard@127.0.0.1:{port}")
        assert good.check() == f"127.0.0.1 port {port} answers and knows the user."
        queued(app, "a1")
        Postman(app, good, lambda: SENDER).round(lambda: False)
        assert behaviour.subjects == ["a1"]
        assert set(behaviour.users) == {(b"user@house", b"p@ss/w:rd")}
        queued(app, "a2")
        Postman(app, transport(f"smtp://user:wrong@127.0.0.1:{port}"), lambda: SENDER).round(lambda: False)
    mail = outbox(app)[1]
    assert (mail.state, mail.problem) == ("queued", "unreachable"), "wrong credentials are no fault of the mail"
    assert mail.reason.startswith("535") and "wrong" not in mail.reason


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
def test_password_is_not_sent_in_the_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    behaviour = Behaviour()
    with serving(behaviour, auth_require_tls=False) as port:
        found = transport(f"smtp://user:secret@127.0.0.1:{port}")
        monkeypatch.setattr("innovation_station.mail.transport.LOCAL", ())
        with pytest.raises(OSError, match="no encryption"):
            found.check()
    assert behaviour.users == []


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_encryption_is_used_where_it_is_offered_and_certificates_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=elsewhere.example", "-days", "1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    behaviour = Behaviour()
    options = {"tls_context": context, "require_starttls": True} if scheme == "smtp" else {"ssl_context": context}
    with serving(behaviour, **options) as port:
        url = f"{scheme}://user:secret@127.0.0.1:{port}"
        if scheme == "smtp":
            assert transport(url).check() == f"127.0.0.1 port {port} answers and knows the user."
            assert behaviour.users == [(b"user", b"secret")]
        else:
            assert transport(url.replace("user:secret@", "")).check() == f"127.0.0.1 port {port} answers."
        monkeypatch.setattr("innovation_station.mail.transport.LOCAL", ())
        with pytest.raises(ssl.SSLCertVerificationError):
            transport(url).check()
    assert len(behaviour.users) <= 1


def test_files_are_readable_and_one_a_mail(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "instance" / "outbox"
    with app.app_context(), transaction():
        mail = service.queue(Receiver("alva@example.org", "Åsa Öberg", "sv"), "test", {}, now=NOW)
        number, claims = mail.id, mail.message_id
    one = Postman(app, transport(f"file://{folder}"), lambda: SENDER)
    one.round(lambda: False)
    (path,) = folder.iterdir()
    assert path.name == f"20261123-071000-{claims[:12]}.eml"
    text = path.read_text("utf-8")
    assert "To: Åsa Öberg <alva@example.org>" in text and "Subject: Mejl från Innovation Station kommer fram" in text
    assert "Någon som sköter stationen" in text
    assert path.stat().st_mode & 0o007 == 0
    read = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert read["Message-ID"] == f"<{claims}@house.example>"
    assert outbox(app)[0].id == number and states(app) == ["sent"]


def test_files_that_cannot_be_written_are_waited_for(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    queued(app, "a1")
    away: Transport = Files(tmp_path / "taken")
    with pytest.raises(OSError, match="taken"):
        away.check()
    Postman(app, away, lambda: SENDER).round(lambda: False)
    assert (outbox(app)[0].state, outbox(app)[0].problem) == ("queued", "unreachable")


def test_sent_mail_is_written_down_though_the_database_is_away_for_a_moment(
    app: Flask, behaviour: Behaviour, post: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from innovation_station.errors import Unavailable

    monkeypatch.setattr(postmen, "SETTLE_PAUSE", 0.01)
    real, failures = service.settle, [1, 1]

    def shaky(*arguments: object, **named: object) -> bool:
        if failures:
            failures.pop()
            raise Unavailable([])
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "settle", shaky)
    queued(app, "a1")
    post()
    post()
    assert behaviour.subjects == ["a1"] and states(app) == ["sent"]


def test_stop_is_between_two_mails(app: Flask, behaviour: Behaviour, port: int) -> None:
    queued(app, "a1", "a2")
    Postman(app, transport(f"smtp://127.0.0.1:{port}"), lambda: SENDER).round(lambda: bool(behaviour.received))
    assert behaviour.subjects == ["a1"] and states(app) == ["sent", "queued"]
