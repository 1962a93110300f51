"""What is known of each job: when it runs next, who has it, how it went."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant
from innovation_station.jobs.rules import RESULT_LONGEST


class Job(Base):
    """The state of a job. `started_at`, `ended_at`, `succeeded` and `result` are of the last run.

    `claimed_until` is the lease of `claimed_by`, None while it does not run; `failures` counts those in a row.
    `failed_at` and `failure` are when and why it failed last, also where it has gone well since.
    """

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    next_at: Mapped[Instant]
    claimed_by: Mapped[str | None] = mapped_column(String(32))
    claimed_until: Mapped[Instant | None]
    started_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    succeeded: Mapped[bool | None]
    result: Mapped[str] = mapped_column(String(RESULT_LONGEST), default="")
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[Instant | None]
    failure: Mapped[str] = mapped_column(String(RESULT_LONGEST), default="", server_default="")
