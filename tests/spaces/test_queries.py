"""The house as it is kept between requests: always what was committed."""

from __future__ import annotations

import pytest
from flask import Flask

from innovation_station.db import db, transaction
from innovation_station.spaces import queries, service
from tests.conftest import Small


def test_house_of_a_transaction_that_was_taken_back_is_not_kept(context: Flask, small: Small) -> None:
    """The next change gives the house the same revision."""
    with pytest.raises(ZeroDivisionError), transaction():
        service.set_bookable(small.a1, False)
        assert not queries.house().places[small.a1].bookable
        raise ZeroDivisionError
    with transaction():
        service.set_bookable(small.a2, False)
    places = queries.house().places
    assert places[small.a1].bookable and not places[small.a2].bookable


def test_house_is_read_once_while_it_does_not_change(context: Flask, small: Small) -> None:
    with transaction():
        known = queries.house()
        assert queries.house() is known
    assert queries.house() is known
    with transaction():
        service.set_bookable(small.a1, False)
        changed = queries.house()
        assert changed is not known and not changed.places[small.a1].bookable
    assert queries.house() is queries.house()
    db.session.remove()
    assert not queries.house().places[small.a1].bookable
