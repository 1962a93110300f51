"""A worker for the tests of faults, as a process: short leases, and a job that writes down each of its runs.

``python hand.py DATABASE_URL INSTANCE MAIL_URL LEASE LOG``
"""

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

from innovation_station.jobs import rules as job_rules
from innovation_station.mail import rules as mail_rules

url, instance, mail_url, lease, log = sys.argv[1:]
job_rules.LEASE = mail_rules.LEASE = timedelta(seconds=float(lease))

from innovation_station import create_app, settings  # noqa: E402  after the leases are set
from innovation_station.jobs import registry  # noqa: E402
from innovation_station.worker import Worker  # noqa: E402

jobs = registry.Jobs()


@jobs.every(timedelta(hours=1), "slow-count")
def count(_now: object) -> str:
    """Write down that it began, take a while, write down that it ended."""
    for word in ("began", "ended"):
        with Path(log).open("a") as file:
            file.write(f"{word} {os.getpid()}\n")
        if word == "began":
            time.sleep(2 * float(lease))
    return "counted"


given = {"STATION_DATABASE_URL": url, "STATION_MAIL_URL": mail_url, "STATION_SECRET_KEY": "test-" * 10}
app = create_app({"STATION": settings.load({**given, "STATION_LOG_LEVEL": "error"}, Path(instance))})
if log:
    registry.init_app(app, [jobs])
else:
    registry.init_app(app, [])
worker = Worker(app, poll=0.1)
worker.catch(signal.SIGTERM)
print("ready", flush=True)
worker.run()
