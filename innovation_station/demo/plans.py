"""Three plans, who has them, whose desk is whose, and what it all came to. Written as rows: the trail of who did what
begins with people, and salts of it would make no two houses the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from innovation_station.bookings.models import Booking
from innovation_station.demo.habits import Draft, Minutes
from innovation_station.demo.people import ALONE, DEDICATED, PEOPLE, STUDENTS
from innovation_station.ledger import rules
from innovation_station.ledger.models import CostShare, LedgerEntry
from innovation_station.ledger.rules import Payer
from innovation_station.members.models import Member, Organisation
from innovation_station.organisations.models import Grant
from innovation_station.plans.models import DedicatedDesk, Membership, PlanRow, QuotaRow
from innovation_station.spaces.models import Space
from innovation_station.spaces.rules import at_minute
from innovation_station.spaces.service import changed as house_changed

MEMBER, RESIDENT, STUDENT = 0, 1, 2
PLANS = (
    {
        "name_sv": "Medlem", "name_en": "Member", "kinds": ["desk", "room", "booth"], "price": 149500,
        "text_sv": "För dig som kommer ibland eller ofta.", "text_en": "For you who come now and then, or often.",
        "rates": {"room": 15000}, "trial_days": 14,
    },
    {
        "name_sv": "Fast plats", "name_en": "Resident", "kinds": ["desk", "room", "booth", "hall"], "price": 329500,
        "text_sv": "Med en egen plats och alla rum.", "text_en": "With a place of your own and all rooms.",
        "rates": {"room": 9000, "hall": 40000}, "trial_days": None,
    },
    {
        "name_sv": "Student", "name_en": "Student", "kinds": ["desk", "room", "booth"], "price": 0,
        "text_sv": "För studenter vid Södertörns högskola.", "text_en": "For students of Södertörn University.",
        "rates": {}, "trial_days": 30,
    },
)  # fmt: skip
QUOTAS = ((MEMBER, "room", "week", "hours", 20 * 60), (STUDENT, "room", "week", "hours", 12 * 60))
SHARED = ("botkyrka", "room", "month", "hours", 120 * 60)
BEARS = ("botkyrka", "sh", 2500)  # of what the municipality's members use, a quarter


class Accountant:
    """Gives plans to members, and enters what their bookings came to. Works inside `db.transaction()`."""

    def __init__(
        self, session: Session, members: Sequence[Member], spaces: Mapping[str, Space],
        organisations: Mapping[str, Organisation], zone: ZoneInfo,
    ) -> None:  # fmt: skip
        self.session, self.members, self.spaces, self.zone = session, members, spaces, zone
        self.organisations = organisations
        self.centres = {row.id: row.cost_centre for row in organisations.values()}
        self.plans: list[PlanRow] = []

    def give(self, today: date) -> None:
        """Make the plans and give each member one, through the organisation where there is one."""
        known = {"zones": [], "spaces": [], "vat": 2500, "standard": False, "offered": True}
        self.plans = [PlanRow(position=number, **known, **plan) for number, plan in enumerate(PLANS)]
        self._add(*self.plans)
        names = ("kind", "per", "unit", "amount")
        quotas = [
            QuotaRow(plan_id=self.plans[plan].id, **dict(zip(names, rest, strict=True))) for plan, *rest in QUOTAS
        ]
        key, *shared = SHARED
        quotas.append(QuotaRow(organisation_id=self.organisations[key].id, **dict(zip(names, shared, strict=True))))
        self._add(*quotas)
        first = date(today.year - 3, 1, 1)
        for row in self.organisations.values():
            self._add(self._membership(MEMBER, first, organisation_id=row.id))
        for index, member in enumerate(self.members):
            plan = STUDENT if index in STUDENTS else RESIDENT if index in DEDICATED.values() else MEMBER
            if plan != MEMBER or member.organisation_id is None:
                ends = today + timedelta(days=40) if index == ALONE else None
                self._add(self._membership(plan, first, member_id=member.id, ends=ends))
        later = today + timedelta(days=28)  # others have booked the desk until then
        for spot, index in DEDICATED.items():
            self._add(DedicatedDesk(space_id=self.spaces[spot].id, member_id=self.members[index].id, starts=later))
        bears = {name: self.organisations[name].id for name in BEARS[:2]}
        self._add(CostShare(organisation_id=bears["botkyrka"], payer_id=bears["sh"], share=BEARS[2]))
        contact = next(n for n, (_name, key, _seen) in enumerate(PEOPLE) if key == "botkyrka")
        given = self.members[contact]
        self._add(Grant(member_id=given.id, kind="contact", subject_id=bears["botkyrka"], granted_at=given.created_at))
        house_changed()

    def _membership(self, plan: int, starts: date, **holder: object) -> Membership:
        at = at_minute(starts, 9 * 60, self.zone)
        return Membership(plan_id=self.plans[plan].id, starts=starts, trial=False, created_at=at, **holder)

    def _add(self, *rows: object) -> None:
        self.session.add_all(rows)
        self.session.flush()

    def enter(self, drafts: Sequence[Draft], bookings: Sequence[Booking]) -> None:
        """Enter each booking as the ledger would have: what was booked, and what later took its place."""
        for draft, booking in zip(drafts, bookings, strict=True):
            if draft.answer_by:
                continue  # a request costs nothing until it is approved
            first = list(self._entries(draft, booking, draft.old or draft.time, draft.made, "reserved"))
            self.session.add_all(first)
            if draft.changed:
                self.session.flush()
                action = "cancelled" if draft.cancelled else "moved"
                self.session.add_all(self._reversed(entry, draft.changed, action) for entry in first)
                if not draft.cancelled:
                    self.session.add_all(self._entries(draft, booking, draft.time, draft.changed, action))
        self.session.flush()

    def _entries(
        self, draft: Draft, booking: Booking, time: Minutes, at: datetime, action: str
    ) -> Iterator[LedgerEntry]:
        kind, plan = self._kind(draft.spot), self._plan(draft.member)
        rate = plan.rates.get(kind, 0)
        start, minutes = at_minute(draft.day, time[0], self.zone), time[1] - time[0]
        parties = self._payers(booking.organisation_id)
        parts = rules.divided(rules.price(minutes, rate), [party.share for party in parties])
        for number, (party, amount) in enumerate(zip(parties, parts, strict=True)):
            yield LedgerEntry(
                at=at, month=rules.month_of(start, at, self.zone), action=action, booking_id=booking.id,
                member_id=booking.member_id, organisation_id=booking.organisation_id, payer_id=party.organisation_id,
                plan_id=plan.id, space_id=booking.space_id, kind=kind, start=start,
                bookings=int(number == 0), minutes=minutes, rate=rate, amount=amount,
                vat=plan.vat, share=party.share, cost_centre=party.cost_centre,
            )  # fmt: skip

    def _reversed(self, entry: LedgerEntry, at: datetime, action: str) -> LedgerEntry:
        names = (
            "booking_id", "member_id", "organisation_id", "payer_id", "plan_id", "space_id", "kind", "start", "rate",
            "vat", "share", "cost_centre",
        )  # fmt: skip
        return LedgerEntry(
            at=at, month=max(entry.month, rules.month_of(at, at, self.zone)), action=action, corrects_id=entry.id,
            bookings=-entry.bookings, minutes=-entry.minutes, amount=-entry.amount,
            **{name: getattr(entry, name) for name in names},
        )  # fmt: skip

    def _payers(self, organisation_id: int | None) -> list[Payer]:
        if organisation_id is None:
            return rules.payers(None, "", ())
        others = []
        if organisation_id == self.organisations[BEARS[0]].id:
            payer = self.organisations[BEARS[1]].id
            others.append(Payer(payer, BEARS[2], self.centres[payer]))
        return rules.payers(organisation_id, self.centres[organisation_id], others)

    def _kind(self, spot: str) -> str:
        return self.spaces[spot].kind

    def _plan(self, index: int) -> PlanRow:
        return self.plans[STUDENT if index in STUDENTS else RESIDENT if index in DEDICATED.values() else MEMBER]
