"""What happens to jobs: made known, claimed, kept, ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from innovation_station.db import db
from innovation_station.jobs import rules
from innovation_station.jobs.models import Job
from innovation_station.jobs.registry import Task


def introduce(tasks: Iterable[Task], *, now: datetime, zone: ZoneInfo) -> None:
    """Make a row for each job that has none yet."""
    known = set(db.session.scalars(select(Job.name)))
    for task in tasks:
        if task.name in known:
            continue
        try:
            with db.session.begin_nested():
                db.session.add(Job(name=task.name, next_at=task.schedule.first(now, zone), result="", failures=0))
        except IntegrityError:
            continue  # another worker was first


def claim(name: str, worker: str, *, now: datetime, expected: datetime | None = None) -> bool:
    """Take a job for the time of a lease, unless somebody has it; tell whether it is ours.

    With `expected` only while that is still its next run: between the look and the claim another worker may have run
    it.

    One UPDATE decides, so that of several workers one gets it. A lease that has passed is of a worker that died; one
    longer than any can be, of a time before the clock was set back.
    """
    free = or_(Job.claimed_until.is_(None), Job.claimed_until <= now, Job.claimed_until > now + 2 * rules.LEASE)
    still = [Job.next_at == expected] if expected is not None else []
    taken = {"claimed_by": worker, "claimed_until": now + rules.LEASE, "started_at": now}
    done = db.session.execute(update(Job).where(Job.name == name, free, *still).values(taken))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def renew(name: str, worker: str, *, now: datetime) -> bool:
    """Keep a claim for another lease; tell whether it was still ours."""
    mine = (Job.name == name, Job.claimed_by == worker)
    return bool(db.session.execute(update(Job).where(*mine).values(claimed_until=now + rules.LEASE)).rowcount)  # type: ignore[attr-defined]


def end(task: Task, worker: str, *, succeeded: bool, result: str, now: datetime, zone: ZoneInfo) -> bool:
    """Write down how a run went and when the next one is; False where the claim was lost, and then nothing changes."""
    job = db.session.get(Job, task.name, with_for_update=True, populate_existing=True)
    if job is None or job.claimed_by != worker:
        return False
    started = job.started_at or now
    job.next_at = rules.next_run(task.schedule, started=started, ended=now, succeeded=succeeded, zone=zone)
    job.claimed_by = job.claimed_until = None
    job.ended_at, job.succeeded, job.result = now, succeeded, result[: rules.RESULT_LONGEST]
    job.failures = 0 if succeeded else job.failures + 1
    if not succeeded:
        job.failed_at, job.failure = now, job.result
    db.session.flush()
    return True
