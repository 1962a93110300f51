"""What is kept of members themselves: the account, and how they sign in."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, or_, select

from innovation_station.audit.rules import without_secrets
from innovation_station.db import db
from innovation_station.members import bringing, needs, queries, rules, service, tickets, viewing
from innovation_station.members.agents import described
from innovation_station.members.models import (
    Acceptance,
    HouseText,
    ImportFile,
    LoginSession,
    Member,
    MemberView,
    Organisation,
    RecoveryCode,
    SecondFactor,
    SignInFailure,
    Ticket,
)
from innovation_station.personal import DataClass, Farewell, Personal, Record, Subject

FORMER = "Tidigare medlem"
NOT_TOLD = {"password_hash", "bookings_revision", "access_revision"}
KEPT = {
    "id",
    "created_at",
    "bookings_revision",
    "access_revision",
}  # a number, since when, and a count: nothing of the person
# What cannot be empty is set to what says nothing; a test asks for a decision on each column.
_BLANK = {"name": FORMER, "password_hash": "!", "role": "member", "visible": False, "state": "ended", "tour_due": False}
BATCH = 500

personal = Personal()
personal.impersonal("admission", "house_text")


def _account(member_id: int) -> Sequence[Record]:
    member = db.session.get(Member, member_id)
    if member is None:
        return []
    fields = {column.name: getattr(member, column.name) for column in Member.__table__.columns}
    told = without_secrets({name: fields[name] for name in fields.keys() - NOT_TOLD})
    named = _contact_of(Subject(member.id, member.email, member.name))
    return [Record(member.name, told), *(Record(row.name_sv, {"contact": row.contact}) for row in named)]


def _contact_of(subject: Subject) -> list[Organisation]:
    """List the organisations that name a person as whom to write to."""
    naming = db.session.scalars(select(Organisation).where(Organisation.contact != ""))
    return [organisation for organisation in naming if subject.is_named_in(organisation.contact)]


def _erase_account(subject: Subject, _now: datetime) -> int:
    """Take the person out of the row and leave its number, which bookings and figures point to."""
    member = db.session.get(Member, subject.id)
    if member is None:
        return 0
    for organisation in _contact_of(subject):
        organisation.contact = ""
    for column in Member.__table__.columns:
        if column.nullable:
            setattr(member, column.name, None)
    for name, value in _BLANK.items():
        setattr(member, name, value)
    member.email = f"{secrets.token_hex(8)}@erased.invalid"
    db.session.flush()
    return 1


personal.add(
    DataClass(
        name="account",
        tables=("member", "organisation"),
        title=_l("Your account"),
        holds=_l(
            "Name, e-mail address, role, organisation, language, when you last logged in, whether others may see you, "
            "and where you are the contact."
        ),
        purpose=_l("To know who you are, to let you book, and to reach you."),
        basis="contract",
        retention=_l("As long as you are a member. Afterwards a number without a name remains."),
        ends="anonymise",
        records=_account,
        erase=_erase_account,
    )
)


def _needs(member_id: int) -> Sequence[Record]:
    row = needs.of_member(member_id)
    return [Record("needs", {"needs": row.needs.split(), "agreed": row.agreed_at.isoformat()})] if row else []


def _erase_needs(subject: Subject, _now: datetime) -> int:
    return needs.forget(subject.id)


personal.add(
    DataClass(
        name="access-needs",
        tables=("access_needs",),
        title=_l("What you need of a place"),
        holds=_l(
            "Whether you need a step-free place, a hearing loop, quiet and the like. Nobody but you ever sees it."
        ),
        purpose=_l("So that places you can use are suggested to you first."),
        basis="consent",
        retention=_l("Until you take it away."),
        ends="erase",
        records=_needs,
        erase=_erase_needs,
    )
)


def _sessions(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(
        select(LoginSession).where(LoginSession.member_id == member_id).order_by(LoginSession.id.desc())
    )
    return [
        Record(
            described(row.agent),
            {
                "since": row.created_at.isoformat(),
                "until": row.expires_at.isoformat(),
                "browser": row.agent,
                "from": row.address,
            },
            row.expires_at,
        )
        for row in rows
    ]


def _erase_sessions(subject: Subject, _now: datetime) -> int:
    gone = db.session.execute(delete(LoginSession).where(LoginSession.member_id == subject.id))
    failures = SignInFailure.account == queries.account_key(subject.email)
    views = db.session.execute(delete(MemberView).where(MemberView.member_id == subject.id))
    return _count(gone) + _count(views) + _count(db.session.execute(delete(SignInFailure).where(failures)))


def _count(result: object) -> int:
    return int(result.rowcount)  # type: ignore[attr-defined]


def _expired_sessions(now: datetime, _held: Collection[int]) -> int:
    sessions = select(func.count()).where(LoginSession.expires_at <= now)
    failures = select(func.count()).where(SignInFailure.failed_at <= now - rules.FAILURES_COUNT_FOR)
    views = select(func.count()).where(MemberView.until <= now)
    return sum(db.session.scalar(count) or 0 for count in (sessions, failures, views))


def _purge_sessions(now: datetime, _held: Collection[int]) -> int:
    gone = _count(db.session.execute(delete(LoginSession).where(LoginSession.expires_at <= now)))
    over = SignInFailure.failed_at <= now - rules.FAILURES_COUNT_FOR
    gone += viewing.sweep(now=now)
    return gone + _count(db.session.execute(delete(SignInFailure).where(over)))


personal.add(
    DataClass(
        name="sessions",
        tables=("login_session", "sign_in_failure", "member_view"),
        title=_l("Where you are logged in"),
        holds=_l(
            "Which browsers are logged in, since when and from which network. "
            "Failed log-ins are counted without saying whose."
        ),
        purpose=_l("So that you stay logged in, can log out elsewhere, and nobody guesses your password."),
        basis="contract",
        retention=_l("Until you log out or 60 days have passed; failed log-ins for an hour."),
        ends="erase",
        records=_sessions,
        erase=_erase_sessions,
        expired=_expired_sessions,
        purge=_purge_sessions,
    )
)


def _acceptances(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(HouseText.kind, HouseText.version, Acceptance.accepted_at)
        .join(Acceptance, Acceptance.text_id == HouseText.id)
        .where(Acceptance.member_id == member_id)
        .order_by(Acceptance.accepted_at.desc())
    )
    return [
        Record(f"{kind} {version}", {"text": kind, "version": version, "accepted": at.isoformat()})
        for kind, version, at in rows
    ]


def _erase_acceptances(subject: Subject, _now: datetime) -> int:
    return _count(db.session.execute(delete(Acceptance).where(Acceptance.member_id == subject.id)))


personal.add(
    DataClass(
        name="acceptances",
        tables=("acceptance",),
        title=_l("What you have accepted"),
        holds=_l("Which version of the house rules you accepted, and when."),
        purpose=_l("To show which rules hold between you and the house."),
        basis="contract",
        retention=_l("As long as you are a member."),
        ends="erase",
        records=_acceptances,
        erase=_erase_acceptances,
    )
)


def _proofs(member_id: int) -> Sequence[Record]:
    factor = queries.second_factor_of(member_id)
    waiting = db.session.scalars(select(Ticket).where(Ticket.member_id == member_id).order_by(Ticket.id))
    found = [
        Record(row.purpose, {"purpose": row.purpose, "email": row.email, "made": row.created_at.isoformat()},
               row.expires_at)
        for row in waiting
    ]  # fmt: skip
    if factor is None:
        return found
    since = {"since": factor.confirmed_at.isoformat() if factor.confirmed_at else None}
    return [Record("TOTP", {**since, "recovery_codes": queries.recovery_codes_left(member_id)}), *found]


def _erase_proofs(subject: Subject, _now: datetime) -> int:
    gone = 0
    for table in (SecondFactor, RecoveryCode):
        gone += _count(db.session.execute(delete(table).where(table.member_id == subject.id)))
    mine = or_(Ticket.member_id == subject.id, Ticket.email == subject.email)
    return gone + _count(db.session.execute(delete(Ticket).where(mine)))


def _expired_proofs(now: datetime, _held: Collection[int]) -> int:
    return db.session.scalar(select(func.count()).where(Ticket.expires_at <= now)) or 0


def _purge_proofs(now: datetime, _held: Collection[int]) -> int:
    return tickets.sweep(now=now)


personal.add(
    DataClass(
        name="proofs",
        tables=("second_factor", "recovery_code", "ticket"),
        title=_l("What proves that it is you"),
        holds=_l("The key of your second factor, encrypted; hashes of recovery codes and of links that we mailed."),
        purpose=_l("So that nobody else can log in as you, and you can get in again when you have lost something."),
        basis="contract",
        retention=_l("Until you turn the second factor off; links for an hour to some weeks, as they say."),
        ends="erase",
        records=_proofs,
        erase=_erase_proofs,
        expired=_expired_proofs,
        purge=_purge_proofs,
    )
)


def _tried(member_id: int) -> Sequence[Record]:
    rows = db.session.execute(
        select(ImportFile.kept_at, ImportFile.expires_at).where(ImportFile.member_id == member_id)
    )
    return [Record("file", {"at": kept.isoformat(), "until": until.isoformat()}, until) for kept, until in rows]


def _erase_tried(subject: Subject, _now: datetime) -> int:
    return bringing.forget(subject.id) + bringing.forget_naming(subject)


def _expired_tried(now: datetime, _held: Collection[int]) -> int:
    return db.session.scalar(select(func.count()).where(ImportFile.expires_at <= now)) or 0


def _purge_tried(now: datetime, _held: Collection[int]) -> int:
    return bringing.sweep(now=now)


personal.add(
    DataClass(
        name="imports",
        tables=("import_file",),
        title=_l("Files of members that staff try"),
        holds=_l("Names and addresses in a file that staff have chosen to see whom it would make members."),
        purpose=_l("So that the file has not to be chosen again when it is read in earnest."),
        basis="public-task",
        retention=_l("Until it is read, and for a day at most."),
        ends="erase",
        records=_tried,
        erase=_erase_tried,
        expired=_expired_tried,
        purge=_purge_tried,
    )
)


def _tell_sessions(member_id: int, now: datetime, _until: datetime | None) -> Sequence[str]:
    living = (LoginSession.member_id == member_id, LoginSession.expires_at > now)
    agents = db.session.scalars(select(LoginSession.agent).where(*living).order_by(LoginSession.id.desc()))
    return [described(agent) for agent in agents]


def _end_sessions(_actor: object, member_id: int, _now: datetime, _until: datetime | None) -> int:
    member = db.session.get_one(Member, member_id)
    count = db.session.scalar(select(func.count()).where(LoginSession.member_id == member_id)) or 0
    service.end_sessions(member)
    return count


def _tell_links(member_id: int, now: datetime, _until: datetime | None) -> Sequence[str]:
    living = (Ticket.member_id == member_id, Ticket.expires_at > now)
    return list(db.session.scalars(select(Ticket.email).where(*living).order_by(Ticket.id)))


def _end_links(_actor: object, member_id: int, _now: datetime, _until: datetime | None) -> int:
    return _count(db.session.execute(delete(Ticket).where(Ticket.member_id == member_id)))


personal.lets_go(
    Farewell("links", _l("Links in mails that still open something"), tells=_tell_links, release=_end_links)
)


personal.lets_go(
    Farewell("sessions", _l("Places where you are logged in"), tells=_tell_sessions, release=_end_sessions)
)
