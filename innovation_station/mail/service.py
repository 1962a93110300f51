"""What happens to mails: queued with what causes them, claimed, settled, taken back, forgotten.

Features call `queue`, `withdraw` and `forget`; the worker calls `claim`, `renew` and `settle`; staff `retry` and
`discard`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, false, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from innovation_station.db import db
from innovation_station.errors import NotFound
from innovation_station.mail import queries, rules
from innovation_station.mail.models import Mail
from innovation_station.mail.rules import Addressed, CalendarFacts, CalendarPart, Outcome, Receiver

__all__ = [
    "CalendarFacts", "CalendarPart", "Receiver", "claim", "discard", "forget", "purge", "queue", "queue_all",
    "queue_each", "renew", "retry", "settle", "withdraw",
]  # fmt: skip


def queue(
    to: Receiver,
    template: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
    hold_until: datetime | None = None,
    key: str | None = None,
    member_id: int | None = None,
    kind: str = "account",
    unsubscribe_url: str | None = None,
    calendar: CalendarPart | CalendarFacts | None = None,
) -> Mail:
    """Write a mail into the caller's transaction; the worker sends it after the commit.

    `template` names templates/mail/NAME.txt and `values` are what it needs, as JSON has it (instants as ISO text, see
    the filter `instant`). Until `hold_until` it can be withdrawn by its `key`; a second mail under a key that is known
    is the first one, unchanged. `unsubscribe_url` is a path of ours that ends mails of this kind by POST (RFC 8058).
    `calendar` is what calendar programs are told, or what that is to be written of.

    Raises ValueError for an address that is none, TypeError for values that JSON cannot hold.
    """
    if not rules.is_address(to.email):
        raise ValueError("not an address that mail can be sent to")
    content = rules.with_calendar(values, calendar)
    json.dumps(content)
    if key is not None and (known := queries.by_key(key)):
        return known
    due = max(now, hold_until or now)
    mail = Mail(
        key=key, message_id=secrets.token_hex(16), kind=kind, template=template, receiver=to.email,
        name=rules.one_line(to.name)[: rules.NAME_LONGEST], language=to.language, member_id=member_id,
        content=content, unsubscribe_url=unsubscribe_url, state="queued", created_at=now, ordered_at=due,
        due_at=due, reason="",
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(mail)
    except IntegrityError:
        if key is not None and (known := queries.by_key(key)):  # somebody else queued it in this very moment
            return known
        raise
    if due == now:  # one that is held leaves at a look of the worker's: there is nothing to ring for yet
        db.session.info["mail_queued"] = True
    return mail


def queue_all(
    template: str,
    letters: Sequence[tuple[Receiver, Mapping[str, Any], int | None]],
    *,
    now: datetime,
) -> int:
    """Queue one mail each to many, given as receiver, values and member; in one statement. Gives how many."""
    addressed = [Addressed(to, values, member_id) for to, values, member_id in letters]
    return sum(map(bool, queue_each(template, addressed, now=now, kind="account")))


def queue_each(template: str, letters: Sequence[Addressed], *, now: datetime, kind: str) -> list[str | None]:
    """Queue mails in one statement; give the message_id of each, None for an address that cannot be written to."""
    rows: list[dict[str, Any]] = []
    named: list[str | None] = []
    for letter in letters:
        to, due = letter.to, max(now, letter.hold_until or now)
        named.append(secrets.token_hex(16) if rules.is_address(to.email) else None)
        if named[-1] is None:
            continue
        rows.append({
            "key": None, "message_id": named[-1], "kind": kind, "template": template, "receiver": to.email,
            "name": rules.one_line(to.name)[: rules.NAME_LONGEST], "language": to.language,
            "member_id": letter.member_id, "content": dict(letter.values), "unsubscribe_url": letter.unsubscribe_url,
            "state": "queued", "created_at": now, "ordered_at": due, "due_at": due, "tries": 0, "lost": 0, "reason": "",
        })  # fmt: skip
    if rows:
        db.session.execute(insert(Mail), rows)
        db.session.info["mail_queued"] = True
    return named


def withdraw(key: str) -> bool:
    """Take back a mail that waits to be sent; tell whether there was one. Its key is free again."""
    gone = db.session.execute(delete(Mail).where(Mail.key == key, Mail.state == "queued"))
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def forget(*, email: str | None = None, member_id: int | None = None) -> int:
    """Delete every mail to an address or a member, sent or not; give how many. For the erasure of a person."""
    whose = [Mail.receiver == email] if email is not None else []
    whose += [Mail.member_id == member_id] if member_id is not None else []
    gone = db.session.execute(delete(Mail).where(or_(false(), *whose)))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def claim(worker: str, *, now: datetime) -> Mail | None:
    """Take the mail that is first in turn, for the time of a lease; None where nothing is due.

    Of several workers on PostgreSQL each takes another one: rows that somebody holds are passed over. A mail whose
    worker died is taken over, until it has taken three down with it.
    """
    mail = queries.next_due(now)
    if mail is None:
        return None
    if mail.state == "sending":
        mail.lost += 1
    mail.state, mail.claimed_by, mail.due_at, mail.tries = "sending", worker, now + rules.LEASE, mail.tries + 1
    if mail.lost >= rules.MOST_LOST:
        _settle(mail, Outcome("parked", "interrupted"), now)
    db.session.flush()
    return mail


def renew(mail_id: int, worker: str, *, now: datetime) -> bool:
    """Keep a claim for another lease; tell whether it was still ours."""
    mine = (Mail.id == mail_id, Mail.state == "sending", Mail.claimed_by == worker)
    return bool(db.session.execute(update(Mail).where(*mine).values(due_at=now + rules.LEASE)).rowcount)  # type: ignore[attr-defined]


def settle(mail_id: int, worker: str, outcome: Outcome, *, now: datetime) -> bool:
    """Write down how a try ended; False where the claim was lost, and then nothing changes."""
    mail = db.session.get(Mail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None or mail.state != "sending" or mail.claimed_by != worker:
        return False
    _settle(mail, outcome, now)
    db.session.flush()
    return True


def _settle(mail: Mail, outcome: Outcome, now: datetime) -> None:
    if outcome.kind == "away":
        mail.tries -= 1  # says nothing of the mail
    mail.state, mail.due_at = rules.after(outcome, tries=mail.tries, since=mail.ordered_at, now=now)
    mail.claimed_by = None
    mail.problem, mail.reason = outcome.problem, rules.reason(outcome.reason)
    if mail.state == "queued":
        return
    mail.ended_at = now
    if mail.state == "sent":
        _erase(mail)


def _erase(mail: Mail) -> None:
    mail.content, mail.unsubscribe_url = None, None


def retry(mail_id: int, *, now: datetime) -> Mail:
    """Send a parked mail after all. Raises NotFound."""
    mail = _parked(mail_id)
    mail.state, mail.ordered_at, mail.due_at, mail.ended_at = "queued", now, now, None
    mail.tries, mail.lost, mail.problem, mail.reason = 0, 0, None, ""
    db.session.flush()
    db.session.info["mail_queued"] = True
    return mail


def retry_all(*, now: datetime, limit: int) -> int:
    """Send parked mails after all, those parked first first, so many at most; give how many. One statement."""
    first = select(Mail.id).where(Mail.state == "parked").order_by(Mail.ended_at, Mail.id).limit(limit)
    anew = {
        "state": "queued", "ordered_at": now, "due_at": now, "ended_at": None, "tries": 0, "lost": 0, "problem": None,
        "reason": "",
    }  # fmt: skip
    parked = update(Mail).where(Mail.id.in_(first), Mail.state == "parked").values(anew)
    done = db.session.execute(parked.execution_options(synchronize_session=False))
    count = int(done.rowcount)  # type: ignore[attr-defined]
    if count:
        db.session.info["mail_queued"] = True
    return count


def discard(mail_id: int, *, now: datetime) -> Mail:
    """Give a parked mail up and erase what it would have said. Raises NotFound."""
    mail = _parked(mail_id)
    mail.state, mail.ended_at = "discarded", now
    _erase(mail)
    db.session.flush()
    return mail


def _parked(mail_id: int) -> Mail:
    mail = db.session.get(Mail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None or mail.state != "parked":
        raise NotFound("mail-unknown")
    return mail


def purge(*, now: datetime) -> int:
    """Delete what ended thirty days ago, sent, parked and discarded alike; give how many."""
    over = Mail.ended_at < now - rules.KEPT_FOR
    return int(db.session.execute(delete(Mail).where(over)).rowcount)  # type: ignore[attr-defined]
