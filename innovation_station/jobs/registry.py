"""The lists in which features name their jobs, and the one that an app has of all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, cast

from flask import Flask

from innovation_station.jobs.rules import Schedule

Run = Callable[[datetime], str | None]
_NAME = re.compile(r"[a-z]+(-[a-z]+)*")
_KEY = "station-jobs"


@dataclass(frozen=True, slots=True)
class Task:
    """A job as the code knows it."""

    name: str
    schedule: Schedule
    run: Run
    title: Any  # for people, translated; the name where the feature has none


class Jobs:
    """A feature's jobs."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}

    def every(self, interval: timedelta, name: str, title: Any = None) -> Callable[[Run], Run]:
        """Run the decorated function every `interval`, the first time at once; `title` is a lazy text for staff."""
        return self._adding(name, Schedule(every=interval), title)

    def daily(self, at: time, name: str, title: Any = None) -> Callable[[Run], Run]:
        """Run the decorated function daily at `at` of the house's wall clock; `title` is a lazy text for staff."""
        return self._adding(name, Schedule(daily=at), title)

    def _adding(self, name: str, schedule: Schedule, title: Any) -> Callable[[Run], Run]:
        if not _NAME.fullmatch(name) or name in self.tasks:
            raise ValueError(f"{name!r} is no name for another job")

        def add(run: Run) -> Run:
            self.tasks[name] = Task(name, schedule, run, title or name)
            return run

        return add


def init_app(app: Flask, lists: Iterable[Jobs]) -> None:
    """Give the app the jobs of all features. Raises ValueError where two have one name."""
    found: dict[str, Task] = {}
    for jobs in lists:
        if twice := found.keys() & jobs.tasks.keys():
            raise ValueError(f"two jobs are named {', '.join(sorted(twice))}")
        found.update(jobs.tasks)
    app.extensions[_KEY] = dict(sorted(found.items()))


def tasks(app: Flask) -> Mapping[str, Task]:
    """Give the app's jobs by name, in the order of their names."""
    return cast(Mapping[str, Task], app.extensions[_KEY])
