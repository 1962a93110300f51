"""Jobs in the database: one at a time, taken over from the dead, and how they went."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from flask import Flask

from innovation_station.db import transaction
from innovation_station.jobs import queries, service
from innovation_station.jobs.registry import Jobs, Task, init_app, tasks
from innovation_station.jobs.rules import LATE, LEASE, RETRY
from tests.conftest import NOW, ZONE

SECOND = timedelta(seconds=1)


@pytest.fixture
def task(app: Flask) -> Task:
    """Give a job that is known to the database."""
    jobs = Jobs()
    jobs.every(timedelta(minutes=5), "tidy")(lambda now: None)
    jobs.daily(time(3), "nightly")(lambda now: None)
    with app.app_context():
        for _ in range(2):
            with transaction():
                service.introduce(jobs.tasks.values(), now=NOW, zone=ZONE)
    return jobs.tasks["tidy"]


def test_all_jobs_of_the_features_are_known(app: Flask) -> None:
    assert "mail-retention" in tasks(app)
    one, two = Jobs(), Jobs()
    for jobs in (one, two):
        jobs.daily(time(1), "same")(lambda now: None)
    with pytest.raises(ValueError, match="two jobs are named same"):
        init_app(app, [one, two])


def test_claim_is_for_one(app: Flask, task: Task) -> None:
    with app.app_context(), transaction():
        assert service.claim("tidy", "w1", now=NOW)
        assert not service.claim("tidy", "w2", now=NOW + LEASE - SECOND)
        assert service.renew("tidy", "w1", now=NOW + 30 * SECOND)
        assert not service.renew("tidy", "w2", now=NOW)
        assert not service.claim("tidy", "w2", now=NOW + LEASE)
        assert service.claim("tidy", "w2", now=NOW + LEASE + 30 * SECOND), "the first is dead"
        assert not service.end(task, "w1", succeeded=True, result="", now=NOW, zone=ZONE)
        assert service.claim("tidy", "w3", now=NOW - timedelta(hours=3)), "the clock was set back"


def test_end_keeps_result_and_sets_the_next_run(app: Flask, task: Task) -> None:
    with app.app_context(), transaction():
        service.claim("tidy", "w1", now=NOW)
        assert service.end(task, "w1", succeeded=False, result="x" * 900, now=NOW + SECOND, zone=ZONE)
        job = queries.known()["tidy"]
        assert (job.succeeded, len(job.result), job.failures, job.claimed_by) == (False, 500, 1, None)
        assert (job.started_at, job.ended_at) == (NOW, NOW + SECOND)
        assert job.next_at == min(NOW + timedelta(minutes=5), NOW + RETRY)
        service.claim("tidy", "w1", now=job.next_at)
        assert service.end(task, "w1", succeeded=True, result="3 done", now=job.next_at, zone=ZONE)
        assert (queries.known()["tidy"].failures, queries.known()["tidy"].result) == (0, "3 done")


def test_late_jobs_are_told(app: Flask, task: Task) -> None:
    with app.app_context(), transaction():
        assert queries.late_since(NOW + LATE) is None
        assert queries.late_since(NOW + LATE + SECOND) == NOW
        service.claim("tidy", "w1", now=NOW + LATE)
        assert queries.late_since(NOW + LATE + SECOND) is None, "it runs"
        assert queries.late_since(NOW + LATE + 2 * LEASE) == NOW, "its worker died"
