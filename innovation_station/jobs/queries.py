"""Reads of jobs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from innovation_station.db import db
from innovation_station.jobs import rules
from innovation_station.jobs.models import Job


def known() -> dict[str, Job]:
    """Read what is known of all jobs, by name."""
    return {job.name: job for job in db.session.scalars(select(Job).execution_options(populate_existing=True))}


def late_since(now: datetime, connection: Connection | None = None) -> datetime | None:
    """Give since when a job waits that should have run a quarter of an hour ago; None where all is well.

    Where one is, no worker runs, or it is stuck.
    """
    idle = or_(Job.claimed_until.is_(None), Job.claimed_until < now)
    oldest = (connection or db.session).scalar(select(func.min(Job.next_at)).where(idle))
    return oldest if oldest is not None and oldest < now - rules.LATE else None
