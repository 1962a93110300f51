"""The one clock. Tests replace it; nothing else asks the machine what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """Give the present instant, aware, in UTC."""
    return datetime.now(UTC)
