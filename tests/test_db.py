"""How the database is spoken to: what reads cost nothing but themselves, and what a write is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import literal, select

from innovation_station.db import at_once, db, others_write, transaction

ONE = select(literal(1))
on_postgresql = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def status() -> str:
    """Name the state that the driver's connection is in: IDLE where no transaction is open."""
    return str(db.session.connection().connection.driver_connection.info.transaction_status.name)  # type: ignore[union-attr]


@on_postgresql
def test_reading_opens_no_transaction_and_writing_does(context: None) -> None:
    assert db.session.scalar(ONE) == 1 and status() == "IDLE"
    with transaction():
        assert db.session.scalar(ONE) == 1 and status() == "INTRANS"
    assert db.session.scalar(ONE) == 1 and status() == "IDLE"
    db.session.remove()
    with db.engine.connect() as lent:  # goes back as it came: whoever takes it next gets transactions
        lent.execute(ONE)
        assert lent.connection.driver_connection.info.transaction_status.name == "INTRANS"  # type: ignore[union-attr]


def test_one_read_leaves_nothing_open(context: None) -> None:
    assert at_once(ONE, {}) is not None and not db.session().in_transaction()


def test_who_writes_is_known_while_it_writes(context: None) -> None:
    assert not others_write()
    with transaction():
        assert others_write()
    with pytest.raises(LookupError, match="on purpose"), transaction():
        raise LookupError("on purpose")
    assert not others_write()
