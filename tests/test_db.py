"""How the database is spoken to: what reads cost nothing but themselves, and what a write is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event, literal, select, text, update

from innovation_station.db import at_once, db, others_write, transaction
from innovation_station.spaces.models import Space
from tests.conftest import Small

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


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_was_prepared_is_kept_when_a_read_ends(app: Flask) -> None:
    """With a rollback it is thrown away, and the server plans every statement of each page anew."""
    for _page in range(8):
        with app.app_context():
            assert db.session.scalar(ONE) == 1
            connection = db.session.connection().connection.driver_connection
    assert connection is not None and len(connection._prepared._names) > 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_a_select_has_changed_beside_itself_is_not_kept(app: Flask, small: Small) -> None:
    made = update(Space).where(Space.id == small.a1).values(name="Z9").returning(Space.id).cte("made")
    with app.app_context():
        db.session.execute(select(made.c.id).add_cte(made))
    with app.app_context():
        assert db.session.get_one(Space, small.a1).name == "A1"


@pytest.mark.parametrize("failing", [False, True])
@pytest.mark.parametrize("how", ["read", "row", "statement", "text", "unwritten"])
def test_what_was_changed_outside_of_a_transaction_is_not_kept(
    app: Flask, small: Small, how: str, failing: bool
) -> None:
    ends = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "commit", lambda _connection: ends.append("commit"))
    event.listen(engine, "rollback", lambda _connection: ends.append("rollback"))
    try:
        with app.app_context():
            space = db.session.get_one(Space, small.a1)
            if how in ("row", "unwritten"):
                space.name = "Z9"
            if how == "row":
                db.session.flush()
            if how == "statement":
                db.session.execute(
                    update(Space)
                    .where(Space.id == small.a1)
                    .values(name="Z9")
                    .execution_options(synchronize_session=False)
                )
            if how == "text":
                db.session.execute(text("UPDATE space SET name = 'Z9' WHERE id = 1"))
            if failing:
                raise LookupError
    except LookupError:
        pass
    keeps = how == "read" and not failing and engine.dialect.name == "postgresql"
    assert ends == ["commit" if keeps else "rollback"]
    with app.app_context():
        assert db.session.get_one(Space, small.a1).name != "Z9"
