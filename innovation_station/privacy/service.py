"""What happens to people's data: given out, forgotten, held, and let go with a membership.

Every function runs inside `db.transaction()`, flushes and never commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.mail import service as mail
from innovation_station.mail.rules import Receiver
from innovation_station.members.models import Member
from innovation_station.members.rules import Actor, may_look_after, normal_email
from innovation_station.personal import Farewell, Personal, Subject
from innovation_station.privacy import queries, rules, standing
from innovation_station.privacy.models import Erasure, Export, Hold, Leave
from innovation_station.privacy.rules import LeaveKind
from innovation_station.timespan import to_utc


@dataclass(frozen=True, slots=True)
class Self:
    """A member who acts for themself."""

    id: int
    role: str


def _member(actor: Actor, member_id: int) -> Member:
    """Find whom it is about. Raises NotFound for nobody, and for whom the actor does not look after."""
    found = queries.member(member_id)
    if found is None or not (actor.id == member_id or may_look_after(actor, found)):
        raise NotFound("member-unknown")
    return found


def _write_to(member: Member, template: str, values: Mapping[str, object], now: datetime, key: str) -> None:
    receiver = Receiver(member.email, member.name, cast(Any, member.language))
    mail.queue(receiver, template, values, now=now, key=key, member_id=member.id, kind="account")


# -- to be forgotten --------------------------------------------------------------------------------------------------


def ask_erasure(actor: Actor, member_id: int, *, now: datetime) -> Erasure:
    """Have a member forgotten after the cooling time; asking twice is the same as once.

    Raises NotFound for whom the actor does not look after, NotAllowed for hosts, Refused for the last administrator.
    """
    member = _member(actor, member_id)
    if actor.id != member_id and not rules.may_hold(actor):
        raise NotAllowed([Refusal("erasure-admins")])
    known = queries.erasure_of(member_id)
    if known is not None:
        return known
    if queries.last_admin(member_id, standing.is_open()):
        raise Refused([Refusal("leave-last-admin")])
    case = Erasure(member_id=member_id, asked_at=now, asked_by_id=actor.id, due_at=now + rules.COOLING, state="waiting")
    db.session.add(case)
    db.session.flush()
    audit.record("privacy.erasure-asked", subject=("erasure", case.id), member_id=member_id, actor=actor, now=now,
                 after={"due": case.due_at})  # fmt: skip
    _write_to(member, "erasure-asked", {"due": case.due_at.isoformat()}, now, f"erasure-{case.id}")
    return case


def withdraw_erasure(actor: Actor, member_id: int, *, now: datetime) -> None:
    """Take the wish to be forgotten back. Raises NotFound where none waits."""
    _member(actor, member_id)
    case = queries.erasure_of(member_id)
    if case is None or case.state != "waiting":
        raise NotFound("erasure-unknown")
    case.state, case.ended_at = "withdrawn", now
    db.session.flush()
    mail.withdraw(f"erasure-{case.id}")
    audit.record("privacy.erasure-withdrawn", subject=("erasure", case.id), member_id=member_id, actor=actor, now=now)


def erase(case_id: int, known: Personal, *, now: datetime) -> Subject:
    """Forget a member: let everything go, take the person out of each class. Gives who it was, for a last look.

    Classes of later features come first. Raises Conflict where the case is not due any more.
    """
    case = db.session.get(Erasure, case_id, with_for_update=True, populate_existing=True)
    if case is None or case.state != "waiting" or case.due_at > now or queries.hold_of(case.member_id):
        raise Conflict([Refusal("erasure-unknown")])
    member = db.session.get_one(Member, case.member_id, populate_existing=True, with_for_update=True)
    subject = Subject(member.id, member.email, member.name)
    for farewell in known.farewells:
        farewell.release(Self(member.id, member.role), member.id, now, None)
    outcome = {data.name: data.erase(subject, now) for data in reversed(known.classes)}
    case.state, case.ended_at, case.outcome = "done", now, outcome
    db.session.flush()
    audit.record("privacy.erased", subject=("erasure", case.id), actor=None, now=now, after=outcome)
    return subject


def note_left(case_id: int, left: Mapping[str, int]) -> None:
    """Write into the outcome of an erasure which tables hold the person still: as "left:TABLE"."""
    case = db.session.get_one(Erasure, case_id)
    case.outcome = {**(case.outcome or {}), **{f"left:{table}": count for table, count in left.items()}}
    db.session.flush()


# -- holds ------------------------------------------------------------------------------------------------------------


def hold(actor: Actor, email: str, reason: str, *, now: datetime) -> Hold:
    """Keep a member's data from going. Raises NotAllowed, Refused where nobody has the address."""
    if not rules.may_hold(actor):
        raise NotAllowed([Refusal("erasure-admins")])
    member = db.session.scalar(select(Member).where(Member.email == normal_email(email)))
    if member is None:
        raise Refused([Refusal("member-unknown", "email")])
    if standing_hold := queries.hold_of(member.id):
        return standing_hold
    made = Hold(member_id=member.id, reason=reason, set_at=now)
    db.session.add(made)
    db.session.flush()
    audit.record("privacy.held", subject=("hold", made.id), member_id=member.id, actor=actor, now=now)
    return made


def lift(actor: Actor, hold_id: int, *, now: datetime) -> None:
    """Let data go again. Raises NotAllowed, NotFound."""
    if not rules.may_hold(actor):
        raise NotAllowed([Refusal("erasure-admins")])
    found = db.session.get(Hold, hold_id)
    if found is None or found.lifted_at is not None:
        raise NotFound
    found.lifted_at = now
    db.session.flush()
    audit.record("privacy.lifted", subject=("hold", hold_id), member_id=found.member_id, actor=actor, now=now)


# -- to take along ----------------------------------------------------------------------------------------------------


def ask_export(actor: Actor, *, language: str, now: datetime) -> Export:
    """Ask for all that is known of oneself; one that waits is the one that is asked for. Older ones go."""
    for known in queries.exports(actor.id):
        if known.state == "waiting":
            return known
    db.session.execute(delete(Export).where(Export.member_id == actor.id))
    made = Export(member_id=actor.id, language=language, asked_at=now, state="waiting", size=0)
    db.session.add(made)
    db.session.flush()
    audit.record("privacy.export-asked", subject=("export", made.id), member_id=actor.id, actor=actor, now=now)
    return made


def fill_export(export_id: int, body: bytes, *, now: datetime, tell: bool) -> None:
    """Put the file into an export; `tell` writes to the member that it is there. One that is gone stays gone."""
    found = db.session.get(Export, export_id)
    if found is None or found.state != "waiting":
        return
    found.body, found.size, found.state, found.expires_at = body, len(body), "ready", now + rules.EXPORT_KEPT
    db.session.flush()
    if tell and (member := queries.member(found.member_id)):
        values = {"expires": found.expires_at.isoformat()}
        _write_to(member, "export-ready", values, now, f"export-{export_id}-{int(now.timestamp())}")


# -- to leave ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wish:
    """How a member wants to leave: `until` is the local day of the first morning back.

    What can be handed over goes to the member with the address `to`, where there is one.
    """

    kind: LeaveKind
    until: date | None = None
    to: str = ""


def leave(actor: Actor, member_id: int, wish: Wish, known: Personal, *, now: datetime, zone: ZoneInfo) -> Leave:
    """Pause or end a membership: release, revoke, close. Raises NotFound, and Refused with every reason."""
    member = _member(actor, member_id)
    found = rules.leave_refusals(
        wish.kind, until=wish.until, today=now.astimezone(zone).date(),
        last_admin=queries.last_admin(member_id, standing.is_open()),
    )  # fmt: skip
    if found:
        raise Refused(found)
    receiver = _receiver(wish.to, member_id)
    until = to_utc(wish.until, time(), zone) if wish.until and wish.kind == "pause" else None
    if earlier := queries.leave_of(member_id):
        earlier.back_at = now
    farewells = [farewell for farewell in known.farewells if wish.kind in farewell.when]
    handed = _handed_over(actor, member_id, receiver, farewells, now, until) if receiver else {}
    released = handed | {farewell.name: farewell.release(actor, member_id, now, until) for farewell in farewells}
    made = Leave(member_id=member_id, kind=wish.kind, at=now, until=until, released=released)
    db.session.add(made)
    db.session.flush()
    audit.record({"pause": "member.paused", "end": "member.ended"}[wish.kind], subject=("member", member_id),
                 member_id=member_id, actor=actor, now=now, after={"until": until, **released})  # fmt: skip
    values = {"kind": wish.kind, "until": until and until.isoformat()}
    _write_to(member, "membership-left", values, now, f"leave-{made.id}")
    standing.shut(member, wish.kind)
    return made


def _receiver(email: str, member_id: int) -> Member | None:
    """Find who takes over. Raises Refused where nobody who can log in has the address, or it is the same person."""
    if not email.strip():
        return None
    theirs = Member.email == normal_email(email)
    found = db.session.scalar(select(Member).where(theirs, standing.is_open(), Member.id != member_id))
    if found is None:
        raise Refused([Refusal("member-unknown", "to")])
    return found


def _handed_over(
    actor: Actor, member_id: int, receiver: Member, farewells: Sequence[Farewell], now: datetime, until: datetime | None
) -> dict[str, int]:
    """Give what can be given to the receiver, who is told by mail; counts under "handed-over:NAME".

    Later features first: what they hold together goes together, and the rest one by one.
    """
    handed = {
        f"handed-over:{farewell.name}": farewell.hand_over(actor, member_id, receiver.id, now, until)
        for farewell in reversed(farewells)
        if farewell.hand_over
    }
    if sum(handed.values()):
        key = f"handed-{member_id}-{receiver.id}-{int(now.timestamp())}"
        _write_to(receiver, "handed-over", {"count": sum(handed.values())}, now, key)
    return handed


def come_back(actor: Actor | None, member_id: int, *, now: datetime) -> None:
    """Open a membership again that was paused or ended. Raises NotFound where there is none or it was forgotten."""
    member = queries.member(member_id) if actor is None else _member(actor, member_id)
    on_leave = queries.leave_of(member_id)
    forgotten = queries.erasure_of(member_id)
    if member is None or on_leave is None or (forgotten and forgotten.state == "done"):
        raise NotFound("member-unknown")
    on_leave.back_at = now
    standing.reopen(member)
    audit.record("member.returned", subject=("member", member_id), member_id=member_id, actor=actor, now=now)


def end_pauses(*, now: datetime) -> int:
    """Open the memberships again whose pause is over; give how many."""
    found = queries.pauses_over(now)
    for leave_id in found:
        come_back(None, db.session.get_one(Leave, leave_id).member_id, now=now)
    return len(found)


def ask_for_ended(*, now: datetime) -> int:
    """Have those forgotten who left a year ago; give how many."""
    found: Sequence[int] = queries.long_ended(now)
    for member_id in found:
        case = Erasure(member_id=member_id, asked_at=now, asked_by_id=None, due_at=now, state="waiting")
        db.session.add(case)
        db.session.flush()
        audit.record("privacy.erasure-asked", subject=("erasure", case.id), member_id=member_id, actor=None, now=now)
    return len(found)
