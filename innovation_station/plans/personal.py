"""What is kept of members as to plans: which they had and when, and which desk was theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, or_, select

from innovation_station.db import db
from innovation_station.i18n import language, local
from innovation_station.personal import DataClass, Farewell, Personal, Record, Subject
from innovation_station.plans import queries, service
from innovation_station.plans.models import DedicatedDesk, Membership, PlanRow, PlanWish
from innovation_station.plans.words import day_year
from innovation_station.spaces.models import Space
from innovation_station.spaces.service import changed as house_changed

personal = Personal()
personal.impersonal("plan", "plan_quota", "plan_policy", "house_quota")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _desks(member_id: int) -> Sequence[tuple[DedicatedDesk, str]]:
    rows = db.session.execute(
        select(DedicatedDesk, Space.name)
        .join(Space, Space.id == DedicatedDesk.space_id)
        .where(DedicatedDesk.member_id == member_id)
        .order_by(DedicatedDesk.id)
    )
    return [(desk, name) for desk, name in rows]


def _records(member_id: int) -> Sequence[Record]:
    terms = [
        Record(
            row.plan.name_sv,
            {
                "plan": row.plan.name_sv, "starts": _iso(row.starts), "ends": _iso(row.ends), "trial": row.trial,
                "paused_from": _iso(row.paused_from), "paused_until": _iso(row.paused_until),
            },
        )
        for row in queries.memberships(member_id=member_id)
    ]  # fmt: skip
    desks = [
        Record(name, {"own_place": name, "starts": _iso(desk.starts), "ends": _iso(desk.ends)})
        for desk, name in _desks(member_id)
    ]
    wish = db.session.get(PlanWish, member_id)
    wanted = db.session.get(PlanRow, wish.plan_id) if wish else None
    wishes = (
        [Record(wanted.name_sv, {"wanted": wanted.name_sv, "at": wish.wished_at.isoformat()})]
        if wish and wanted
        else []
    )
    return wishes + terms + desks


def _erase(subject: Subject, _now: datetime) -> int:
    gone = 0
    for table in (Membership, DedicatedDesk, PlanWish):
        gone += int(db.session.execute(delete(table).where(table.member_id == subject.id)).rowcount)  # type: ignore[attr-defined]
    house_changed()
    return gone


personal.add(
    DataClass(
        name="memberships",
        tables=("membership", "dedicated_desk", "plan_wish"),
        title=_l("Your memberships"),
        holds=_l(
            "Which plan you asked for, which you had from when until when, when it rested, "
            "and which place was your own."
        ),
        purpose=_l("To know what you may book, and what is to be paid for it."),
        basis="contract",
        retention=_l("As long as you are a member."),
        ends="erase",
        records=_records,
        erase=_erase,
    )
)


def _tell(member_id: int, now: datetime, _until: datetime | None) -> Sequence[str]:
    today = local(now).date()
    still = or_(Membership.ends.is_(None), Membership.ends > today)
    ids = set(db.session.scalars(select(Membership.id).where(Membership.member_id == member_id, still)))
    rows = [row for row in queries.memberships(member_id=member_id) if row.id in ids]
    names = [row.plan.name_sv if language() == "sv" else row.plan.name_en for row in rows]
    desks = [name for desk, name in _desks(member_id) if desk.ends is None or desk.ends >= today]
    return [f"{name}, {day_year(row.starts)} –" for name, row in zip(names, rows, strict=True)] + desks


def _release(actor: Any, member_id: int, now: datetime, _until: datetime | None) -> int:
    return service.end_all(member_id, today=local(now).date(), actor=actor)


personal.lets_go(
    Farewell("memberships", _l("Memberships and own places"), tells=_tell, release=_release, when=frozenset({"end"}))
)
