"""What happens to mailings: written, sent, taken back, delivered by five hundred.

Every function runs inside `db.transaction()`, decides on a row it has locked, flushes and never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update

from innovation_station.announcements.rules import is_there
from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.mail import service as mail
from innovation_station.mail.rules import Addressed, Receiver
from innovation_station.mailings import queries, rules
from innovation_station.mailings.models import Mailing, MailingReceiver
from innovation_station.mailings.queries import Around
from innovation_station.mailings.rules import Facts
from innovation_station.mailings.telling import NEWS
from innovation_station.members.models import Member
from innovation_station.members.rules import Actor
from innovation_station.notices import service as notices
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House

TEMPLATE = "mailing"


def write(actor: Actor, facts: Facts, *, now: datetime) -> Mailing:
    """Make a draft. Raises NotAllowed, Refused."""
    _check(actor, facts)
    row = Mailing(
        state="draft", by_id=actor.id, people=0, reached=0, result={}, created_at=now, changed_at=now, leaves_at=None,
        ended_at=None,
    )  # fmt: skip
    _write(row, facts)
    db.session.add(row)
    db.session.flush()
    audit.record("mailing.written", subject=("mailing", row.id), actor=actor, now=now, after=_facts(row))
    return row


def rewrite(actor: Actor, mailing_id: int, facts: Facts, *, now: datetime) -> Mailing:
    """Change a draft. Raises NotFound, NotAllowed, Refused for one that is sent."""
    _check(actor, facts)
    row = _locked(actor, mailing_id)
    if row.state != "draft":
        raise Refused([Refusal("mailing-sent")])
    before = _facts(row)
    _write(row, facts)
    row.changed_at = now
    db.session.flush()
    audit.record("mailing.changed", subject=("mailing", row.id), actor=actor, now=now, before=before, after=_facts(row))
    return row


def discard(actor: Actor, mailing_id: int, *, now: datetime) -> None:
    """Delete a draft. Raises NotFound, Refused for one that is sent."""
    row = _locked(actor, mailing_id)
    if row.state != "draft":
        raise Refused([Refusal("mailing-sent")])
    audit.record("mailing.discarded", subject=("mailing", row.id), actor=actor, now=now, before=_facts(row))
    db.session.delete(row)
    db.session.flush()


def send(actor: Actor, mailing_id: int, seen: int | None, around: Around, *, now: datetime) -> Mailing:
    """Write down who gets a mailing, so that it leaves in ten minutes; twice is the same as once.

    `seen` is how many people its page showed. Raises NotFound, Refused, and Conflict where they are others by now.
    """
    row = _locked(actor, mailing_id)
    if row.state != "draft":
        return row
    _check_facts(row.facts, around.house)
    group = queries.people(row.facts.group, around, own=row.kind == "own")
    columns = ["mailing_id", "email", "name", "language", "member_id", "way"]
    written = insert(MailingReceiver).from_select(columns, queries.snapshot(row.id, group), include_defaults=False)
    db.session.execute(written)
    row.people = queries.receivers(row.id)
    if not row.people:
        raise Refused([Refusal("mailing-nobody", "count")])
    if seen != row.people:
        raise Conflict([Refusal("mailing-count", "count", {"count": row.people})])
    row.state, row.leaves_at, row.changed_at, row.reached, row.result = "waiting", now + rules.WAIT, now, 0, {}
    db.session.flush()
    audit.record(
        "mailing.sent", subject=("mailing", row.id), actor=actor, now=now, after=_facts(row) | {"people": row.people}
    )
    return row


def take_back(actor: Actor, mailing_id: int, *, now: datetime) -> Mailing:
    """Make a mailing that waits a draft again. Raises NotFound, Refused where it has begun to leave."""
    row = _locked(actor, mailing_id)
    if row.state == "draft":
        return row
    if row.state != "waiting":
        raise Refused([Refusal("mailing-left")])
    db.session.execute(delete(MailingReceiver).where(MailingReceiver.mailing_id == row.id))
    row.state, row.leaves_at, row.people, row.changed_at = "draft", None, 0, now
    db.session.flush()
    audit.record("mailing.taken-back", subject=("mailing", row.id), actor=actor, now=now)
    return row


def try_out(actor: Actor, mailing_id: int, *, now: datetime) -> str:
    """Send a mailing to who asks, in both languages; give to which address."""
    row = _locked(actor, mailing_id)
    me = db.session.get_one(Member, actor.id)
    for to in (Receiver(me.email, me.name, "sv"), Receiver(me.email, me.name, "en")):
        mail.queue(to, TEMPLATE, {"mailing": row.id}, now=now, member_id=me.id, kind="house")
    return me.email


def deliver(mailing_id: int, *, now: datetime) -> int:
    """Tell the next receivers of a mailing that is due; give how many that were. Nothing left to tell is 0."""
    row = db.session.get(Mailing, mailing_id, with_for_update=True, populate_existing=True)
    if row is None or row.state not in ("waiting", "leaving") or (row.leaves_at or now) > now:
        return 0
    row.state = "leaving"
    found = queries.batch(row.id, row.reached, rules.BATCH)
    if found:
        outcomes = _as_news(row, found, now) if row.kind == "news" else _as_own(row, found, now)
        db.session.execute(update(MailingReceiver), outcomes)
        row.reached = found[-1].id
    db.session.flush()
    return len(found)


def note(mailing_id: int, *, now: datetime) -> None:
    """Write down how a mailing that leaves has gone so far; it is done when nothing of it waits."""
    row = db.session.get(Mailing, mailing_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != "leaving":
        return
    row.result = queries.result(row.id)
    if not row.result.get("left") and not row.result.get("waits"):
        row.state, row.ended_at = "done", now
    db.session.flush()


def _as_news(row: Mailing, found: Sequence[Any], now: datetime) -> list[dict[str, Any]]:
    """Tell members who want news, by the way each chose."""
    values = {"mailing": row.id, "titles": {"sv": row.subject_sv, "en": row.subject_en}}
    ids = [one.member_id for one in found if one.member_id is not None]
    told = notices.notify_all(NEWS, ids, values, now=now, subject=queries.subject_of(row.id))
    outcomes = []
    for one in found:
        way, message_id = told.get(one.member_id, ("none", None))
        outcomes.append({"id": one.id, "way": way, "message_id": message_id})
    return outcomes


def _as_own(row: Mailing, found: Sequence[Any], now: datetime) -> list[dict[str, Any]]:
    """Write to everybody whose own it is about, but to who has left since."""
    there = [one for one in found if one.member_id is None or one.state == "active"]
    letters = [
        Addressed(
            Receiver(one.email, one.name, one.language) if one.member_id is None
            else Receiver(one.now_email, one.now_name, one.now_language),
            {"mailing": row.id}, one.member_id,
        )
        for one in there
    ]  # fmt: skip
    named = dict(zip((one.id for one in there), mail.queue_each(TEMPLATE, letters, now=now, kind="house"), strict=True))
    return [
        {"id": one.id, "way": "mail" if named.get(one.id) else "none", "message_id": named.get(one.id)} for one in found
    ]


def _check(actor: Actor, facts: Facts) -> None:
    if not rules.may_mail(actor):
        raise NotAllowed([Refusal("mailing-staff")])
    _check_facts(facts, read_house())


def _check_facts(facts: Facts, house: House) -> None:
    found = rules.refusals(facts)
    if facts.group.place is not None and not is_there(facts.group.place, house):
        found.append(Refusal("space-unknown", "place"))
    if found:
        raise Refused(found)


def _locked(actor: Actor, mailing_id: int) -> Mailing:
    if not rules.may_mail(actor):
        raise NotAllowed([Refusal("mailing-staff")])
    row = db.session.get(Mailing, mailing_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def _write(row: Mailing, given: Facts) -> None:
    row.kind, row.group = given.kind, given.group.stored
    row.subject_sv, row.subject_en = (" ".join(text.split()) for text in given.subjects)
    row.body_sv, row.body_en = given.bodies


def _facts(row: Mailing) -> dict[str, Any]:
    return {
        "kind": row.kind, "subject_sv": row.subject_sv, "subject_en": row.subject_en, "body_sv": len(row.body_sv),
        "body_en": len(row.body_en), "group": [f"{name}={value}" for name, value in sorted(row.group.items())],
    }  # fmt: skip
