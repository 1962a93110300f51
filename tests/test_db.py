"""How the database is spoken to: what reads cost nothing but themselves, and what a write is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import literal, select, text

from innovation_station.db import at_once, db, others_write, transaction

ONE = select(literal(1))


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def test_one_read_leaves_nothing_open(context: None) -> None:
    assert at_once(ONE, {}) is not None and not db.session().in_transaction()


def test_who_writes_is_known_while_it_writes(context: None) -> None:
    assert not others_write()
    with transaction():
        assert others_write()
    with pytest.raises(LookupError, match="on purpose"), transaction():
        raise LookupError("on purpose")
    assert not others_write()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_statements_are_not_compiled_by_the_server(context: None) -> None:
    assert db.session.scalar(text("SHOW jit")) == "off"
