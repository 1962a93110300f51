"""Seeing the house as a member: what staff do to help, for some minutes, with a reason, and changing nothing.

The view is a row beside the login session, so that it ends with it. While it lasts `web` lets whoever has the session
be the member, and refuses every request that is not for reading and every page on which something secret may stand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, select

from innovation_station.audit import service as audit
from innovation_station.db import at_once, db
from innovation_station.errors import NotAllowed, NotFound, Refusal, Refused
from innovation_station.members import queries, rules
from innovation_station.members.models import LoginSession, Member, MemberView
from innovation_station.members.queries import token_hash
from innovation_station.members.rules import Person

# The pages that are shown: those of a member's day, and those that everybody sees. Whatever is not named here is not,
# so that a new page with a secret is hidden before anybody has thought of it.
PAGES = frozenset({
    "static", "home.start", "home.accessibility", "home.favicon", "privacy.about", "members.house_rules",
    "bookings.book", "bookings.place", "bookings.mine", "bookings.show", "calendars.index", "events.index",
    "events.show", "events.cover", "directory.index", "directory.show", "directory.photo", "organisations.index",
    "organisations.show", "organisations.logo", "news.index", "news.show", "news.picture", "spaces.plan_css",
    "spaces.photo", "series.show", "standing.plan", "waits.show",
})  # fmt: skip
ENDINGS = frozenset({"viewing.end", "members.logout"})  # what may be posted all the same

_view, _session, _member = MemberView.__table__.c, LoginSession.__table__.c, Member.__table__.c
VIEWED: ColumnElement[int | None] = (
    select(_view.member_id)
    .where(_view.session_id == _session.id, _view.until > bindparam("now"))
    .correlate(LoginSession.__table__)
    .scalar_subquery()
)
_VIEW = (
    select(*queries.PERSON, _view.until)
    .select_from(MemberView.__table__)
    .join(LoginSession.__table__, _session.id == _view.session_id)
    .join(Member.__table__, _member.id == _view.member_id)
    .where(_session.token_hash == bindparam("token_hash"), _view.until > bindparam("now"), _member.state == "active")
)


@dataclass(frozen=True, slots=True)
class Viewing:
    """Whom somebody sees the house as, who that is, and until when."""

    member: Person
    by: Person
    until: datetime


def current(token: str, by: Person, now: datetime) -> Viewing | None:
    """Give the view of a login session that is somebody's, None where it has ended or they may not any more.

    One statement, outside of any transaction.
    """
    row = at_once(_VIEW, {"token_hash": token_hash(token), "now": now})
    if row is None:
        return None
    *person, until = tuple(row)
    member = replace(Person(*person), looked_at=True)
    return Viewing(member, by, until) if rules.may_view_as(by, member) else None


def begin(actor: Person, token: str, member_id: int, reason: str, *, now: datetime) -> MemberView:
    """Let the session of a token see the house as a member. The member reads in the trail who did, when and why.

    Raises NotFound for who is not there or not open, NotAllowed, Refused.
    """
    member = db.session.get(Member, member_id)
    if member is None or member.state != "active":
        raise NotFound("member-unknown")
    if not rules.may_view_as(actor, member):
        raise NotAllowed([Refusal("view-not-yours")])
    if found := rules.reason_refusals(reason):
        raise Refused(found)
    session_id = db.session.scalar(select(LoginSession.id).where(LoginSession.token_hash == token_hash(token)))
    if session_id is None:
        raise NotFound
    db.session.execute(delete(MemberView).where(MemberView.session_id == session_id))
    row = MemberView(session_id=session_id, member_id=member_id, until=now + rules.VIEWED_FOR)
    db.session.add(row)
    db.session.flush()
    after = {"by": actor.name, "reason": reason.strip(), "until": row.until}
    audit.record("member.viewed", subject=("member", member_id), member_id=member_id, actor=actor, now=now, after=after)
    return row


def end(view: Viewing, token: str, *, now: datetime) -> None:
    """End the view of the session of a token; twice is the same as once."""
    mine = select(LoginSession.id).where(LoginSession.token_hash == token_hash(token))
    gone = delete(MemberView).where(MemberView.session_id.in_(mine)).execution_options(synchronize_session=False)
    if db.session.execute(gone).rowcount:  # type: ignore[attr-defined]
        whose = view.member.id
        audit.record("member.view-ended", subject=("member", whose), member_id=whose, actor=view.by, now=now)


def sweep(*, now: datetime) -> int:
    """Delete the views that are over; give how many."""
    return int(db.session.execute(delete(MemberView).where(MemberView.until <= now)).rowcount)  # type: ignore[attr-defined]
