"""Erasures done again after a restore: the backup was made before some of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.privacy import jobs, queries
from innovation_station.privacy.models import Erasure


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A number whose person was erased. `since` tells whether the number is the same person's elsewhere."""

    member_id: int
    since: datetime


def forgotten(app: Flask) -> list[Forgotten]:
    """List who was erased; nobody where the database cannot be read, which may be why it is restored."""
    done = select(Member.id, Member.created_at).join(Erasure, Erasure.member_id == Member.id)
    with app.app_context():
        try:
            rows = db.session.execute(done.where(Erasure.state == "done")).all()
        except SQLAlchemyError:
            return []
        finally:
            db.session.remove()
            db.engine.dispose()
        return [Forgotten(row.id, row.created_at) for row in rows]


def again(app: Flask, known: list[Forgotten], *, now: datetime) -> int:
    """Erase those again whom the restored database knows; give how many."""
    with app.app_context():
        count = 0
        with transaction() as session:
            for person in known:
                member = queries.member(person.member_id)
                case = queries.erasure_of(person.member_id)
                if member is None or member.created_at != person.since or (case and case.state == "done"):
                    continue
                if case is None:
                    case = Erasure(member_id=member.id, asked_at=now, state="waiting")
                    session.add(case)
                case.state, case.due_at, count = "waiting", now, count + 1
        if count:
            jobs.erasures(now)
        db.session.remove()
        db.engine.dispose()
        return count
