"""What happens to plans: made, changed, given, paused, ended; and to desks that become somebody's own.

What somebody may book is locked from the member downwards: who books holds the member's row, so whatever changes a
membership raises that row's revision first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import Conflict, NotFound, Refusal, Refused
from innovation_station.members.models import Member, Organisation
from innovation_station.members.rules import Actor
from innovation_station.organisations.service import touch_members
from innovation_station.plans import rules
from innovation_station.plans.models import DedicatedDesk, HouseQuota, Membership, PlanPolicy, PlanRow, QuotaRow
from innovation_station.plans.rules import Limit, Quota, Term
from innovation_station.spaces.models import Space
from innovation_station.spaces.rules import KINDS
from innovation_station.spaces.service import changed as house_changed


@dataclass(frozen=True, slots=True)
class Contents:
    """What a plan holds; names and texts are (sv, en), money in öre, VAT in hundredths of a percent."""

    names: tuple[str, str]
    kinds: Sequence[str] = KINDS
    texts: tuple[str, str] = ("", "")
    zones: Sequence[int] = ()
    spaces: Sequence[int] = ()
    quotas: Sequence[Quota] = ()
    price: int = 0
    rates: Mapping[str, int] = field(default_factory=dict)
    vat: int = 2500
    trial_days: int | None = None
    standard: bool = False
    offered: bool = True
    self_service: bool = False
    position: int = 0


def add_plan(given: Contents, *, actor: Actor | None) -> PlanRow:
    """Make a plan. With the first one, booking begins to take a membership. Raises Refused, Conflict."""
    _check(given)
    row = PlanRow()
    _write(row, given)
    db.session.add(row)
    db.session.flush()
    _set_quotas(given.quotas, plan_id=row.id)
    house_changed()
    audit.record("plan.created", subject=("plan", row.id), actor=actor, after=_facts(given))
    return row


def change_plan(plan_id: int, given: Contents, *, actor: Actor) -> PlanRow:
    """Change what a plan holds, for everybody who has it; what is booked stands, at its price.

    Raises NotFound, Refused, Conflict.
    """
    row = db.session.get(PlanRow, plan_id)
    if row is None:
        raise NotFound
    _check(given, but=plan_id)
    was = _facts(contents(row))
    _write(row, given)
    db.session.flush()
    _set_quotas(given.quotas, plan_id=row.id)
    house_changed()
    audit.record("plan.changed", subject=("plan", row.id), actor=actor, before=was, after=_facts(given))
    return row


def contents(row: PlanRow) -> Contents:
    """Give what a stored plan holds."""
    quotas = db.session.scalars(select(QuotaRow).where(QuotaRow.plan_id == row.id).order_by(QuotaRow.id))
    return Contents(
        names=(row.name_sv, row.name_en), kinds=tuple(row.kinds), texts=(row.text_sv, row.text_en),
        zones=tuple(row.zones), spaces=tuple(row.spaces), quotas=_quotas(quotas), price=row.price,
        rates=dict(row.rates), vat=row.vat, trial_days=row.trial_days, standard=row.standard, offered=row.offered,
        self_service=row.self_service, position=row.position,
    )  # fmt: skip


def _quotas(rows: Any) -> tuple[Quota, ...]:
    return tuple(Quota(row.kind, row.per, row.unit, row.amount) for row in rows)


def set_shared(organisation_id: int, quotas: Sequence[Quota], *, actor: Actor | None) -> None:
    """Say what an organisation's members may book together. Raises NotFound, Refused."""
    if db.session.get(Organisation, organisation_id) is None:
        raise NotFound
    _check_quotas(quotas)
    stored = select(QuotaRow).where(QuotaRow.organisation_id == organisation_id).order_by(QuotaRow.id)
    before = _quotas(db.session.scalars(stored))
    _set_quotas(quotas, organisation_id=organisation_id)
    house_changed()
    audit.record(
        "organisation.quota", subject=("organisation", organisation_id), actor=actor,
        before={"quotas": _written(before)}, after={"quotas": _written(quotas)},
    )  # fmt: skip


def set_policy(
    plan_id: int, *, kind: str | None = None, space_id: int | None = None, **values: int | str | None
) -> None:
    """Set booking rules of a plan: for a kind, for one space, or for all it covers; without values there are none.

    Raises NotFound.
    """
    if db.session.get(PlanRow, plan_id) is None:
        raise NotFound
    scope = (PlanPolicy.plan_id == plan_id, PlanPolicy.kind.is_not_distinct_from(kind),
             PlanPolicy.space_id.is_not_distinct_from(space_id))  # fmt: skip
    db.session.execute(delete(PlanPolicy).where(*scope))
    given = {name: value for name, value in values.items() if value is not None}
    if given:
        db.session.add(PlanPolicy(plan_id=plan_id, kind=kind, space_id=space_id, **given))
    db.session.flush()
    house_changed()


def set_limits(limits: Sequence[Limit], *, kind: str | None = None, space_id: int | None = None) -> None:
    """Set the quotas that hold for all, whatever their plan: of a kind, of one space, or of everything.

    Raises Refused.
    """
    _check_quotas([limit.quota for limit in limits])
    scope = (HouseQuota.kind.is_not_distinct_from(kind), HouseQuota.space_id.is_not_distinct_from(space_id))
    db.session.execute(delete(HouseQuota).where(*scope))
    db.session.add_all(
        HouseQuota(
            kind=kind, space_id=space_id, shared=limit.shared, per=limit.quota.per, unit=limit.quota.unit,
            amount=limit.quota.amount,
        )
        for limit in limits
    )  # fmt: skip
    db.session.flush()
    house_changed()


def give(
    plan_id: int, *, starts: date, now: datetime, actor: Actor | None, member_id: int | None = None,
    organisation_id: int | None = None, ends: date | None = None, trial: bool = False,
) -> Membership:  # fmt: skip
    """Give a plan to a member or to an organisation's members, from a day on.

    A trial ends after the plan's days of trial, or at `ends` where that is earlier. Raises NotFound, Refused.
    """
    plan = db.session.get(PlanRow, plan_id)
    holder = db.session.get(Member, member_id) if member_id else db.session.get(Organisation, organisation_id or 0)
    if plan is None or holder is None:
        raise NotFound
    if trial:
        if plan.trial_days is None:
            raise Refused([Refusal("trial-none", "trial")])
        last = starts + timedelta(days=plan.trial_days - 1)
        ends = min(ends, last) if ends else last
    if found := rules.term_refusals(Term(0, plan_id, starts, ends)):
        raise Refused(found)
    _touch(member_id, organisation_id)
    row = Membership(
        member_id=member_id, organisation_id=organisation_id, plan_id=plan_id, starts=starts, ends=ends, trial=trial,
        created_at=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    _record("membership.given", row, actor, None)
    return row


def change_membership(
    membership_id: int, *, actor: Actor | None, ends: date | None, paused_from: date | None = None,
    paused_until: date | None = None,
) -> Membership:  # fmt: skip
    """Set until when a membership holds and when it rests; None means until further notice, or never.

    What is booked already stands. Raises NotFound, Refused.
    """
    row = db.session.get(Membership, membership_id)
    if row is None:
        raise NotFound
    term = Term(0, row.plan_id, row.starts, ends, paused_from=paused_from, paused_until=paused_until)
    if found := rules.term_refusals(term):
        raise Refused(found)
    _touch(row.member_id, row.organisation_id)
    before = _term(row)
    row.ends, row.paused_from, row.paused_until = ends, paused_from, paused_until
    db.session.flush()
    _record("membership.changed", row, actor, before)
    return row


def end_all(member_id: int, *, today: date, actor: Actor | None) -> int:
    """End a member's own memberships and desks with today, for who leaves; give how many there were."""
    _touch(member_id, None)
    still = or_(Membership.ends.is_(None), Membership.ends > today)
    rows = db.session.scalars(select(Membership).where(Membership.member_id == member_id, still)).all()
    for row in rows:
        before = _term(row)
        row.ends = max(today, row.starts)
        _record("membership.changed", row, actor, before)
    desks = db.session.scalars(select(DedicatedDesk).where(DedicatedDesk.member_id == member_id)).all()
    for desk in desks:
        release(desk.id, today=today, actor=actor)
    db.session.flush()
    return len(rows) + len(desks)


def dedicate(
    space_id: int, member_id: int, *, starts: date, actor: Actor | None, ends: date | None = None
) -> DedicatedDesk:  # fmt: skip
    """Make a space one member's own. What others have booked there stands.

    Raises NotFound, Refused, Conflict where it is somebody's within that time.
    """
    if db.session.get(Space, space_id) is None or db.session.get(Member, member_id) is None:
        raise NotFound
    if ends is not None and ends < starts:
        raise Refused([Refusal("end-before-start", "ends")])
    house_changed()  # the house's row is the lock: two cannot get the same desk at one moment
    overlapping = select(DedicatedDesk.id).where(
        DedicatedDesk.space_id == space_id,
        or_(DedicatedDesk.ends.is_(None), DedicatedDesk.ends >= starts),
        *(() if ends is None else (DedicatedDesk.starts <= ends,)),
    )
    if db.session.scalar(overlapping.limit(1)) is not None:
        raise Conflict([Refusal("desk-taken", "space")])
    row = DedicatedDesk(space_id=space_id, member_id=member_id, starts=starts, ends=ends)
    db.session.add(row)
    db.session.flush()
    _record_desk("desk.dedicated", row, actor)
    return row


def release(desk_id: int, *, today: date, actor: Actor | None) -> DedicatedDesk:
    """Give a desk back to everybody from today on. Raises NotFound."""
    row = db.session.get(DedicatedDesk, desk_id)
    if row is None:
        raise NotFound
    house_changed()
    _record_desk("desk.released", row, actor)
    if row.starts >= today:
        db.session.delete(row)
    else:
        row.ends = today - timedelta(days=1)
    db.session.flush()
    return row


def _touch(member_id: int | None, organisation_id: int | None) -> None:
    if member_id is None:
        touch_members(organisation_id or 0)
        return
    db.session.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(access_revision=Member.access_revision + 1)
        .execution_options(synchronize_session=False)
    )


def _check(given: Contents, but: int = 0) -> None:
    found = rules.plan_refusals(names=given.names, quotas=given.quotas, price=given.price, vat=given.vat)
    if found:
        raise Refused(found)
    if set(given.kinds) - set(KINDS):
        raise Refused([Refusal("kind-unknown", "kinds")])
    same = select(PlanRow.id).where(PlanRow.name_sv == given.names[0].strip(), PlanRow.id != but)
    if db.session.scalar(same) is not None:
        raise Conflict([Refusal("plan-taken", "name_sv")])


def _check_quotas(quotas: Sequence[Quota]) -> None:
    if found := rules.plan_refusals(names=("x", "x"), quotas=quotas, price=0, vat=0):
        raise Refused(found)


def _write(row: PlanRow, given: Contents) -> None:
    if given.standard:
        db.session.execute(update(PlanRow).values(standard=False).execution_options(synchronize_session="evaluate"))
    row.name_sv, row.name_en = (name.strip() for name in given.names)
    row.text_sv, row.text_en = given.texts
    row.kinds = sorted(given.kinds, key=KINDS.index)
    row.zones, row.spaces = sorted(given.zones), sorted(given.spaces)
    row.price, row.vat, row.rates = given.price, given.vat, dict(given.rates)
    row.trial_days, row.standard, row.offered = given.trial_days, given.standard, given.offered
    row.self_service, row.position = given.self_service, given.position


def _set_quotas(quotas: Sequence[Quota], *, plan_id: int | None = None, organisation_id: int | None = None) -> None:
    whose = QuotaRow.plan_id == plan_id if plan_id else QuotaRow.organisation_id == organisation_id
    db.session.execute(delete(QuotaRow).where(whose))
    for quota in quotas:
        db.session.add(
            QuotaRow(
                plan_id=plan_id, organisation_id=organisation_id, kind=quota.kind, per=quota.per, unit=quota.unit,
                amount=quota.amount,
            )
        )  # fmt: skip
    db.session.flush()


def _written(quotas: Sequence[Quota]) -> list[str]:
    return [f"{quota.kind or 'all'} {quota.amount} {quota.unit} a {quota.per}" for quota in quotas]


def _facts(given: Contents) -> dict[str, Any]:
    return {
        "name_sv": given.names[0], "name_en": given.names[1], "kinds": sorted(given.kinds), "price": given.price,
        "zones": sorted(given.zones), "spaces": sorted(given.spaces), "quotas": _written(given.quotas),
        "rates": dict(sorted(given.rates.items())), "vat": given.vat, "trial_days": given.trial_days,
        "standard": given.standard, "offered": given.offered, "self_service": given.self_service,
    }  # fmt: skip


def _term(row: Membership) -> dict[str, Any]:
    days = {"starts": row.starts, "ends": row.ends, "paused_from": row.paused_from, "paused_until": row.paused_until}
    said: dict[str, Any] = {name: day.isoformat() if day else None for name, day in days.items()}
    return said | {"plan": row.plan_id, "trial": row.trial}


def _record(action: str, row: Membership, actor: Actor | None, before: Mapping[str, Any] | None) -> None:
    audit.record(
        action, subject=("membership", row.id), member_id=row.member_id, actor=actor, before=before, after=_term(row)
    )


def _record_desk(action: str, row: DedicatedDesk, actor: Actor | None) -> None:
    facts = {"space": row.space_id, "starts": row.starts.isoformat()}
    audit.record(action, subject=("desk", row.id), member_id=row.member_id, actor=actor, after=facts)
