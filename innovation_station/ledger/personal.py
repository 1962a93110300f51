"""What the ledger knows of people: a number, which loses its name when the account does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from innovation_station.db import db
from innovation_station.ledger.models import LedgerEntry
from innovation_station.personal import DataClass, Personal, Record, Subject

personal = Personal()
personal.impersonal("cost_share")


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(select(LedgerEntry).where(LedgerEntry.member_id == member_id).order_by(LedgerEntry.id))
    return [
        Record(
            f"{row.month}, {row.kind}",
            {
                "at": row.at.isoformat(), "month": row.month, "action": row.action, "booking": row.booking_id,
                "kind": row.kind, "minutes": row.minutes, "amount_ore": row.amount, "rate_ore": row.rate,
            },
        )
        for row in rows
    ]  # fmt: skip


def _erase(subject: Subject, _now: datetime) -> int:
    """Change nothing: the entries carry the number of the account, and that has no name any more."""
    return db.session.scalar(select(func.count()).where(LedgerEntry.member_id == subject.id)) or 0


personal.add(
    DataClass(
        name="ledger",
        tables=("ledger_entry",),
        title=_l("What your bookings cost"),
        holds=_l("For each booking the plan, the time, the price and who bears it, by the number of your account."),
        purpose=_l("To invoice or debit what was used, and to be able to show how a sum came about."),
        basis="legal-duty",
        retention=_l(
            "Seven years, as bookkeeping asks for. When your account is erased the number stays without a name."
        ),
        ends="anonymise",
        records=_records,
        erase=_erase,
    )
)
