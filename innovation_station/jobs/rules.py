"""When a job runs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

LEASE = timedelta(minutes=1)  # of a worker that says no more; a living one renews it
RETRY = timedelta(minutes=10)  # after an error, where the schedule says later
LATE = timedelta(minutes=15)  # a job that has waited this long tells that no worker runs
RESULT_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Schedule:
    """Either every so often, or daily at a time of the house's wall clock."""

    every: timedelta | None = None
    daily: time | None = None

    def __post_init__(self) -> None:
        if (self.every is None) == (self.daily is None):
            raise ValueError("a job runs every so often or daily, not both")
        if self.every is not None and self.every < timedelta(seconds=1):
            raise ValueError("a job runs once a second at most")

    def first(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Give the first run of a job that was never seen: at once, or the next time of day."""
        return now if self.every else self.following(now, zone)

    def following(self, started: datetime, zone: ZoneInfo) -> datetime:
        """Give the run after one that started then, in UTC.

        A local time that the clocks skip is taken as the same time before they went forward, one that comes twice as
        the first.
        """
        if self.every is not None:
            return started + self.every
        if self.daily is None:
            raise AssertionError
        day = started.astimezone(zone).date()
        today = datetime.combine(day, self.daily, tzinfo=zone).astimezone(UTC)
        if today > started:
            return today
        return datetime.combine(day + timedelta(days=1), self.daily, tzinfo=zone).astimezone(UTC)

    def is_due(self, next_at: datetime, now: datetime) -> bool:
        """Tell whether its time has come; one too far ahead was set before the clock was put back."""
        longest = self.every or timedelta(hours=25)
        return next_at <= now or next_at > now + longest + timedelta(hours=1)


def next_run(schedule: Schedule, *, started: datetime, ended: datetime, succeeded: bool, zone: ZoneInfo) -> datetime:
    """Give when a job runs again; times that passed while it ran are made up for by one run."""
    following = schedule.following(started, zone)
    if following < ended:
        following = ended if schedule.every else schedule.following(ended, zone)
    return following if succeeded else min(following, ended + RETRY)
