"""Runs jobs whose time has come, one after the other."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy.exc import DBAPIError
from structlog import get_logger

from innovation_station import clock
from innovation_station.db import db, transaction
from innovation_station.jobs import queries, service
from innovation_station.jobs.heart import beating
from innovation_station.jobs.registry import Task, tasks

log = get_logger(__name__)


class Runner:
    """One worker's hand for jobs; several, in other processes and on other machines, never run the same."""

    def __init__(self, app: Flask, busy: Callable[[], None] = lambda: None) -> None:
        self.app = app
        self.busy = busy  # told whenever there was something to do
        self.name = secrets.token_hex(16)
        self.zone: ZoneInfo = app.config["ZONE"]

    def round(self, stopping: Callable[[], bool]) -> None:
        """Run what is due now. Raises what the database raises; what a job raises is its result."""
        for task, next_at in self._due():
            if stopping():
                return
            if self._claimed(task, expected=next_at):
                self._run(task)

    def now(self, name: str) -> bool | None:
        """Run one job at once, whatever its schedule; tell whether it went well, None where somebody else runs it."""
        self._due()
        task = tasks(self.app)[name]
        return self._run(task) if self._claimed(task) else None

    def _due(self) -> list[tuple[Task, datetime]]:
        """Give the jobs whose time has come, longest waiting first; those never seen are made known."""
        ours, now = tasks(self.app), clock.now()
        with self.app.app_context():
            known = queries.known()
            if new := [task for name, task in ours.items() if name not in known]:
                with transaction():
                    service.introduce(new, now=now, zone=self.zone)
                known = queries.known()
            db.session.commit()
        found = [
            (task, known[name].next_at) for name, task in ours.items() if task.schedule.is_due(known[name].next_at, now)
        ]
        return sorted(found, key=lambda pair: pair[1])

    def _claimed(self, task: Task, expected: datetime | None = None) -> bool:
        with self.app.app_context(), transaction():
            return service.claim(task.name, self.name, now=clock.now(), expected=expected)

    def _run(self, task: Task) -> bool:
        def renew() -> bool:
            return service.renew(task.name, self.name, now=clock.now())

        self.busy()
        started = clock.now()
        with beating(self.app, renew):
            try:
                with self.app.app_context():
                    result, succeeded = task.run(started) or "", True
            except Exception as error:
                result, succeeded = said(error), False
                log.error("job failed", job=task.name, exc_info=error)
        with self.app.app_context(), transaction():
            kept = service.end(task, self.name, succeeded=succeeded, result=result, now=clock.now(), zone=self.zone)
        if not kept:
            log.warning("job was taken over while it ran", job=task.name)
        self.busy()
        seconds = round((clock.now() - started).total_seconds(), 1)
        log.info("job ended", job=task.name, succeeded=succeeded, result=result, seconds=seconds)
        return succeeded


def said(error: Exception) -> str:
    """Give an error as one short line without addresses; the log has the rest."""
    text = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
    return re.sub(r"\S+@\S+", "…", f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__)
