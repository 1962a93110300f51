"""What the machine has found, as short as it can be told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from innovation_station.bookings import service as bookings
from innovation_station.db import transaction
from innovation_station.errors import DomainError
from tests.bookings.test_occupancy import NINE, codes, reserve, who
from tests.conftest import ZONE, Small


def test_what_is_over_gets_no_other_words_by_being_booked_again(context: None, small: Small) -> None:
    booking = reserve(small, small.room, title="Möte")
    with pytest.raises(DomainError) as error, transaction():
        bookings.reserve(who(small), small.room, NINE, now=NINE.end + timedelta(hours=1), zone=ZONE, title="Annat")
    assert "past" in codes(error)
    assert booking.title == "Möte"
