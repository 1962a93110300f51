"""A worker for the tests of faults, as a process: short leases, and a job that writes down each of its runs."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from innovation_station import create_app, settings
from innovation_station.jobs import heart, registry
from innovation_station.jobs import rules as job_rules
from innovation_station.mail import rules as mail_rules
from innovation_station.worker import Worker

LEASE = timedelta(seconds=1)


def work(url: str, instance: str, mail_url: str, log: str, told: Connection) -> None:
    """Work until told to stop; says "ready" when it begins."""
    job_rules.LEASE = mail_rules.LEASE = LEASE
    heart.BEAT = LEASE / 3
    jobs = registry.Jobs()

    @jobs.every(timedelta(hours=1), "slow-count")
    def count(_now: object) -> str:
        """Write down that it began, take a while, write down that it ended."""
        for word in ("began", "ended"):
            with Path(log).open("a") as file:
                file.write(f"{word} {os.getpid()}\n")
            if word == "began":
                time.sleep(2 * LEASE.total_seconds())
        return "counted"

    given = {"STATION_DATABASE_URL": url, "STATION_MAIL_URL": mail_url, "STATION_SECRET_KEY": "test-" * 10}
    app = create_app({"STATION": settings.load({**given, "STATION_LOG_LEVEL": "error"}, Path(instance))})
    registry.init_app(app, [jobs] if log else [])
    worker = Worker(app, poll=0.1)
    worker.catch(signal.SIGTERM)
    told.send("ready")
    worker.run()
