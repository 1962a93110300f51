"""What the tests of attendance share: an event this morning, and those who have a place at it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conftest import MONDAY, NOW, at
from tests.events.conftest import Stage, stage, talk
from tests.registration.conftest import Desk

__all__ = ["stage"]
MORNING = at(MONDAY, "09:00", "12:00")
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def desk(stage: Stage) -> Desk:
    """Give an event that begins within the hour, in the hall, with three places."""
    event = stage.event(MORNING)
    stage.add(event, talk(MONDAY, "09:00", "12:00", stage.small.hall))
    stage.publish(event)
    found = Desk(stage, event)
    found.settle(capacity=3)
    return found
