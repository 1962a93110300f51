"""What the stories share: every one begins in a fresh process, as far as what is kept in memory goes."""

from __future__ import annotations

import pytest

from innovation_station.calendars import feed_views


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Forget the feeds of the story before: its database had the same ids."""
    feed_views._tried.clear()
