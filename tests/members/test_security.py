"""Second factor, passwords, addresses and sessions, as a person meets them, and as a thief does."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from innovation_station.audit.models import AuditEntry
from innovation_station.db import db, transaction
from innovation_station.members import queries, security, service, totp
from innovation_station.members.models import LoginSession, Member, RecoveryCode, SecondFactor, Ticket
from tests.conftest import PASSWORD, Clock, Small, browser, log_in, token_in
from tests.members.conftest import Post, fill, press

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ALVA = "alva@example.org"
NEW = "ett helt annat ord"
FACTOR = "/account/security/second-factor"


def is_in(client: FlaskClient) -> bool:
    return client.get("/bookings").status_code == 200


def secret_of(app: Flask, small: Small, who: str = "alva") -> bytes:
    with app.app_context():
        factor = queries.second_factor_of(small.people[who])
        assert factor
        found = totp.unlocked(factor.secret, key=str(app.secret_key), member_id=factor.member_id)
        db.session.remove()
    assert found
    return found


def code(app: Flask, small: Small, clock: Clock, steps: int = 0) -> str:
    return totp.code_at(secret_of(app, small), totp.step_of(clock.now) + steps)


def enrol(app: Flask, small: Small, clock: Clock, client: FlaskClient) -> list[str]:
    """Turn the second factor on and give the recovery codes."""
    assert press(client, FACTOR, FACTOR, password=PASSWORD).location == FACTOR
    page = press(client, FACTOR, f"{FACTOR}/confirm", code=code(app, small, clock))
    assert page.status_code == 200
    clock.now += timedelta(minutes=1)
    return re.findall(r"<code>([a-z2-7-]+)</code>", page.text)


def half_way(app: Flask, **more: str) -> FlaskClient:
    """Give a browser whose password was right."""
    client = browser(app)
    assert fill(client, "/login", email=ALVA, password=PASSWORD, **more).location == "/login/code"
    assert not is_in(client)
    return client


# -- second factor ----------------------------------------------------------------------------------------------------


def test_log_in_asks_for_a_code_that_is_good_once(app: Flask, small: Small, clock: Clock) -> None:
    enrol(app, small, clock, log_in(browser(app)))
    first, second = half_way(app, next="/calendars", remember="y"), half_way(app)
    now = code(app, small, clock)
    assert fill(first, "/login/code", code=now).location == "/calendars"
    assert is_in(first) and first.get_cookie("remember")
    again = fill(second, "/login/code", code=now)
    assert again.status_code == 403 and not is_in(second) and now in again.text
    clock.now += timedelta(seconds=30)
    assert fill(second, "/login/code", code=code(app, small, clock)).location == "/"
    assert is_in(second)


@on_sqlite
@pytest.mark.parametrize(("steps", "status"), [(-2, 403), (-1, 303), (1, 303), (2, 403)])
def test_phones_may_be_a_step_off(app: Flask, small: Small, clock: Clock, steps: int, status: int) -> None:
    enrol(app, small, clock, log_in(browser(app)))
    clock.now += timedelta(minutes=5)
    assert fill(half_way(app), "/login/code", code=code(app, small, clock, steps)).status_code == status


def test_recovery_code_lets_in_once_and_is_told(app: Flask, small: Small, clock: Clock, outbox: Post) -> None:
    codes = enrol(app, small, clock, log_in(browser(app)))
    assert len(codes) == 10
    client = half_way(app)
    assert "with=recovery" in client.get("/login/code").text
    assert fill(client, "/login/code?with=recovery", code=codes[0].upper().replace("-", " ")).location == "/"
    assert is_in(client)
    assert fill(half_way(app), "/login/code?with=recovery", code=codes[0]).status_code == 403
    assert outbox.mails(ALVA)[-1][2]["what"] == "code-used"
    with app.app_context():
        assert queries.recovery_codes_left(small.people["alva"]) == 9
        kept = db.session.scalars(select(RecoveryCode.code_hash)).all()
        assert queries.token_hash(codes[1].replace("-", "")) in kept
        actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert list(actions) == ["factor.on", "factor.recovery"]


@on_sqlite
def test_secret_is_stored_encrypted(app: Flask, small: Small, clock: Clock) -> None:
    client = log_in(browser(app))
    press(client, FACTOR, FACTOR, password=PASSWORD)
    shown = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', client.get(FACTOR).text)
    secret = secret_of(app, small)
    assert shown and shown[1] == totp.readable(secret)
    with app.app_context():
        stored = db.session.scalars(select(SecondFactor.secret)).one()
    assert secret not in stored and shown[1].replace(" ", "").encode() not in stored
    app.secret_key = "another-key-" * 4  # the house has lost its key: what was begun is begun anew
    client = log_in(browser(app))
    assert 'class="qr"' not in client.get(FACTOR).text


@on_sqlite
def test_it_is_on_only_after_a_first_code_and_ends_other_sessions(app: Flask, small: Small, clock: Clock) -> None:
    client, other = log_in(browser(app)), log_in(browser(app))
    assert press(client, FACTOR, FACTOR, password="fel-losenord-helt").status_code == 403
    press(client, FACTOR, FACTOR, password=PASSWORD)
    assert press(client, FACTOR, f"{FACTOR}/confirm", code="000000").status_code == 422
    assert log_in(browser(app)) and is_in(other)
    press(client, FACTOR, f"{FACTOR}/confirm", code=code(app, small, clock))
    assert is_in(client) and not is_in(other)
    assert press(client, FACTOR, FACTOR, password=PASSWORD).status_code == 409


@on_sqlite
def test_turning_off_needs_a_password_that_can_stand_alone(
    app: Flask, small: Small, clock: Clock, outbox: Post
) -> None:
    client = log_in(browser(app))
    enrol(app, small, clock, client)
    assert fill(client, "/account/security/password", current=PASSWORD, password="hav-skylt").status_code == 303
    refused = press(client, FACTOR, f"{FACTOR}/end", password="hav-skylt")
    assert refused.status_code == 422 and "15 tecken" in refused.text
    assert fill(client, "/account/security/password", current="hav-skylt", password=NEW).status_code == 303
    assert press(client, FACTOR, f"{FACTOR}/end", password=NEW).status_code == 303
    assert fill(client, "/account/security/password", current=NEW, password="hav-skylt").status_code == 422
    assert [mail[2]["what"] for mail in outbox.mails(ALVA)] == ["factor-on", "password", "password", "factor-off"]
    log_in(browser(app), password=NEW)


@on_sqlite
def test_new_recovery_codes_end_the_old_ones(app: Flask, small: Small, clock: Clock) -> None:
    client = log_in(browser(app))
    old = enrol(app, small, clock, client)
    page = press(client, FACTOR, f"{FACTOR}/codes", password=PASSWORD)
    new = re.findall(r"<code>([a-z2-7-]+)</code>", page.text)
    assert len(new) == 10 and not set(old) & set(new)
    assert fill(half_way(app), "/login/code?with=recovery", code=old[0]).status_code == 403
    assert fill(half_way(app), "/login/code?with=recovery", code=new[0]).status_code == 303


@on_sqlite
def test_guessing_codes_is_slowed_for_the_account(app: Flask, small: Small, clock: Clock) -> None:
    enrol(app, small, clock, log_in(browser(app)))
    client = half_way(app)
    assert [fill(client, "/login/code", code=f"{n:06}").status_code for n in range(10)] == [403] * 10
    other = half_way(app)
    answer = fill(other, "/login/code", code=code(app, small, clock))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    clock.now += timedelta(minutes=1)
    assert fill(half_way(app), "/login/code", code=code(app, small, clock)).status_code == 303


@on_sqlite
def test_half_a_log_in_opens_nothing_and_ends(app: Flask, small: Small, clock: Clock) -> None:
    enrol(app, small, clock, log_in(browser(app)))
    client = half_way(app)
    clock.now += timedelta(minutes=10)
    assert client.get("/login/code").location == "/login"
    client = half_way(app)
    with app.app_context(), transaction():
        service.change_password(db.session.get_one(Member, small.people["alva"]), NEW)
    assert client.get("/login/code").location == "/login"
    assert browser(app).get("/login/code").location == "/login"


@on_sqlite
def test_first_half_is_no_session_even_with_its_token(app: Flask, small: Small, clock: Clock) -> None:
    enrol(app, small, clock, log_in(browser(app)))
    client = half_way(app)
    with client.session_transaction() as kept:
        token = kept["second"]
        kept["_user_id"] = token
    assert not is_in(client)
    with app.app_context():
        assert db.session.scalars(select(Ticket.token_hash)).one() == queries.token_hash(token)


# -- passwords --------------------------------------------------------------------------------------------------------


def test_change_of_password_keeps_this_browser_and_ends_the_rest(app: Flask, small: Small, outbox: Post) -> None:
    client, other = log_in(browser(app)), log_in(browser(app), remember="y")
    assert fill(client, "/account/security/password", current="fel-losenord-helt", password=NEW).status_code == 403
    assert fill(client, "/account/security/password", current=PASSWORD, password="kort").status_code == 422
    assert fill(client, "/account/security/password", current=PASSWORD, password="alva lindqvist 1").status_code == 422
    assert is_in(other)
    before = client.get_cookie("session")
    assert fill(client, "/account/security/password", current=PASSWORD, password=NEW).status_code == 303
    after = client.get_cookie("session")
    assert is_in(client) and not is_in(other) and before and after and before.value != after.value
    assert outbox.templates(ALVA) == ["account-notice"]
    log_in(browser(app), password=NEW)


@on_sqlite
@pytest.mark.parametrize(
    "password", ["Trustno1Trustno1", "liverpool19781978", "monkeymonkeymonk3y", "Summer2026Summer2026"]
)
def test_what_many_choose_is_refused(app: Flask, password: str) -> None:
    answer = fill(log_in(browser(app)), "/account/security/password", current=PASSWORD, password=password)
    assert answer.status_code == 422 and password not in answer.text


def test_reset_by_mail(app: Flask, outbox: Post) -> None:
    thief, client = log_in(browser(app)), browser(app)
    assert fill(client, "/password/reset", email=" ALVA@example.org").status_code == 200
    token = outbox.token("reset-password", ALVA)
    assert len(token) >= 43
    link = f"/password/{token}"
    for _ in range(3):  # a scanner that follows links changes nothing
        assert client.get(link).status_code == 200 and client.head(link).status_code == 200
    assert fill(client, link, password="kort").status_code == 422
    done = fill(client, link, password=NEW)
    assert done.location == "/login" and not is_in(client) and not is_in(thief)
    assert client.get(link).status_code == 404
    assert (
        client.post(link, data={"csrf_token": token_in(client.get("/login").text), "password": NEW}).status_code == 404
    )
    log_in(client, password=NEW)
    assert outbox.templates(ALVA) == ["reset-password", "account-notice"]


@on_sqlite
@pytest.mark.parametrize("change", ["time", "newer", "password", "email", "paused"])
def test_reset_link_dies_with_what_it_was_for(
    app: Flask, small: Small, clock: Clock, outbox: Post, change: str
) -> None:
    client = browser(app)
    fill(client, "/password/reset", email=ALVA)
    link = f"/password/{outbox.token('reset-password')}"
    if change == "time":
        clock.now += timedelta(hours=1)
    elif change == "newer":
        fill(client, "/password/reset", email=ALVA)
    else:
        with app.app_context(), transaction():
            alva = db.session.get_one(Member, small.people["alva"])
            if change == "password":
                service.change_password(alva, NEW)
            elif change == "email":
                alva.email = "alva.ny@example.org"
            else:
                service.disable(alva)
    answer = client.get(link)
    assert answer.status_code == 404 and "Be om en ny" in answer.text


@on_sqlite
def test_links_are_stored_hashed_and_begin_with_the_base_address(app: Flask, outbox: Post) -> None:
    client = browser(app)
    token = token_in(client.get("/password/reset").text)
    client.post("/password/reset", data={"csrf_token": token, "email": ALVA},
                headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})  # fmt: skip
    made = outbox.token("reset-password")
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        assert ticket.token_hash == queries.token_hash(made)
        assert made not in repr([getattr(ticket, column.name) for column in Ticket.__table__.columns])
    assert all("evil" not in str(mail) for mail in outbox.mails())


@on_sqlite
def test_mails_to_one_address_are_bounded_alike_for_all(app: Flask, clock: Clock, outbox: Post) -> None:
    for email in (ALVA, "nobody@example.org"):
        client = browser(app)
        answers = [fill(client, "/password/reset", email=email) for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429] and answers[-1].headers["Retry-After"] == "3600"
    assert len(outbox.mails()) == 6
    clock.now += timedelta(hours=1)
    assert fill(browser(app), "/password/reset", email=ALVA).status_code == 200


# -- address ----------------------------------------------------------------------------------------------------------


def test_change_of_address_needs_password_and_the_new_mailbox(app: Flask, small: Small, outbox: Post) -> None:
    client, new = log_in(browser(app)), "alva.ny@example.org"
    page = "/account/security/email"
    assert fill(client, page, email=new, password="fel-losenord-helt").status_code == 403
    assert fill(client, page, email="inte en adress", password=PASSWORD).status_code == 422
    assert fill(client, page, email=ALVA.upper(), password=PASSWORD).status_code == 422
    assert fill(client, page, email=new, password=PASSWORD).status_code == 303
    assert outbox.templates(new) == ["confirm-email"] and outbox.mails(ALVA)[-1][2]["what"] == "email-asked"
    link, stranger = f"/email/{outbox.token('confirm-email')}", browser(app)
    stranger.get(link)
    with app.app_context():
        assert queries.by_email(ALVA) and not queries.by_email(new)
    assert fill(stranger, link).status_code == 303 and stranger.get(link).status_code == 404
    assert not is_in(stranger)
    with app.app_context():
        assert queries.by_email(new) and not queries.by_email(ALVA)
    assert outbox.mails(ALVA)[-1][2]["what"] == "email"


@on_sqlite
def test_address_of_another_member_is_told_to_that_member_only(app: Flask, outbox: Post) -> None:
    client = log_in(browser(app))
    free = fill(client, "/account/security/email", email="ledig@example.org", password=PASSWORD)
    taken = fill(client, "/account/security/email", email="bo@example.org", password=PASSWORD)
    assert (free.status_code, free.location) == (taken.status_code, taken.location)
    assert outbox.templates("bo@example.org") == ["join-known"]
    assert browser(app).get("/email/" + "x" * 43).status_code == 404


@on_sqlite
def test_address_that_was_taken_meanwhile_is_refused(app: Flask, small: Small, outbox: Post) -> None:
    client = log_in(browser(app))
    fill(client, "/account/security/email", email="ny@example.org", password=PASSWORD)
    with app.app_context(), transaction():
        db.session.get_one(Member, small.people["bo"]).email = "ny@example.org"
    assert fill(client, f"/email/{outbox.token('confirm-email')}").status_code == 409


# -- sessions ---------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended(app: Flask, small: Small) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    here, there = log_in(browser(app)), browser(app)
    data = {"csrf_token": token_in(there.get("/login").text), "email": ALVA, "password": PASSWORD}
    there.post("/login", data=data, headers={"User-Agent": agent}, environ_overrides={"REMOTE_ADDR": "203.0.113.77"})
    page = here.get("/account/security").text
    assert "Firefox på Linux" in page and "203.0.113" in page and "203.0.113.77" not in page
    (path,) = re.findall(r'action="(/account/security/sessions/\d+/end)"', page)
    stranger = log_in(browser(app), "bo")
    assert press(stranger, "/account/security", path).status_code == 404 and is_in(there)
    assert press(here, "/account/security", path).status_code == 303
    assert is_in(here) and not is_in(there)
    assert press(here, "/account/security", path).status_code == 404


def test_sign_out_everywhere(app: Flask) -> None:
    clients = [log_in(browser(app), remember="y") for _ in range(3)]
    assert press(clients[0], "/account/security", "/account/security/sign-out").location == "/login"
    assert [is_in(client) for client in clients] == [False] * 3
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 0


@on_sqlite
def test_two_codes_at_once_open_one_door(app: Flask, small: Small, clock: Clock) -> None:
    enrol(app, small, clock, log_in(browser(app)))
    key, now = str(app.secret_key), code(app, small, clock)
    with app.app_context():
        alva = db.session.get_one(Member, small.people["alva"])
        factor = queries.second_factor_of(alva.id)
        assert factor
        with transaction():
            security.check_code(alva, now, key=key, now=clock.now)
        stale = SecondFactor(member_id=alva.id, secret=factor.secret, last_step=0)
        with transaction():  # as one that has read the row before the other wrote it
            assert not security._takes_step(stale, now, key, clock.now)
