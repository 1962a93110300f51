"""How plans receive newcomers: which of them may be chosen, which let in by themselves, and when one begins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from innovation_station.db import db
from innovation_station.errors import Refusal, Refused
from innovation_station.i18n import language, local
from innovation_station.members import reception
from innovation_station.members.models import Member
from innovation_station.members.reception import Offer
from innovation_station.members.rules import Actor
from innovation_station.plans import queries, service, telling, words
from innovation_station.plans.models import PlanRow, PlanWish
from innovation_station.plans.rules import Plan
from innovation_station.spaces.queries import house


class Plans(reception.Reception):
    """Offers the plans that new members may have."""

    def offers(self) -> Sequence[Offer]:
        """List the plans that are offered."""
        return [_offer(plan) for plan in queries.catalogue(house()).plans.values() if plan.offered]

    def wish(self, member: Member, offer_id: int, *, now: datetime) -> bool:
        """Keep which plan an applicant wants; tell whether it is for everybody who asks. Raises Refused."""
        plan = db.session.get(PlanRow, offer_id, populate_existing=True)
        if plan is None or not plan.offered:
            raise Refused([Refusal("offer-gone", "offer")])
        db.session.add(PlanWish(member_id=member.id, plan_id=plan.id, wished_at=now))
        db.session.flush()
        return plan.self_service

    def wished(self, member_id: int) -> Offer | None:
        """Give the plan that an applicant wants, None also where it is offered no longer."""
        row = db.session.get(PlanWish, member_id)
        plan = queries.catalogue(house()).plans.get(row.plan_id) if row else None
        return _offer(plan) if plan and plan.offered else None

    def waits(self, member: Member, *, now: datetime) -> None:
        """Tell staff."""
        telling.waits(member.id, now=now)

    def decided(self, member: Member, *, actor: Actor | None, let_in: bool, now: datetime) -> None:
        """Begin the plan that was wanted, as a trial where it has one, if it is still offered."""
        row = db.session.get(PlanWish, member.id)
        plan = db.session.get(PlanRow, row.plan_id, populate_existing=True) if row else None
        if plan is not None and plan.offered and let_in:
            service.give(
                plan.id, member_id=member.id, starts=local(now).date(), trial=plan.trial_days is not None, now=now,
                actor=actor,
            )  # fmt: skip
        if row is not None:
            db.session.delete(row)
            db.session.flush()
        telling.decided(member.id)


def _offer(plan: Plan) -> Offer:
    price = words.price_text(plan)
    trial = words.trial_text(plan)
    return Offer(
        plan.id, plan.names[language()], plan.texts[language()], f"{trial} · {price}" if trial else price,
        plan.self_service,
    )  # fmt: skip


reception.receive_by(Plans())
