"""What is kept of plans in a process: never what a transaction has taken back."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.plans import queries, service
from innovation_station.plans.service import Contents
from innovation_station.spaces.queries import house
from tests.conftest import MONDAY, NOW, statements
from tests.plans.conftest import Planned


class TakenBack(Exception):
    """Takes a transaction back."""


def names() -> list[str]:
    return [plan.names["sv"] for plan in queries.catalogue(house()).plans.values()]


def test_plan_that_was_taken_back_is_not_kept(planned: Planned) -> None:
    """Also where the house was read before the change and its plans only after it."""
    with planned.app.app_context():
        before = house()
        with suppress(TakenBack), transaction():
            service.add_plan(Contents(names=("Spöke", "Ghost")), actor=None)
            assert "Spöke" in [plan.names["sv"] for plan in queries.catalogue(before).plans.values()]
            assert "Spöke" in names()
            raise TakenBack
        assert (
            names() == [plan.names["sv"] for plan in queries.catalogue(before).plans.values()] == ["Skrivbord", "Allt"]
        )
        with transaction():
            service.add_plan(Contents(names=("Student", "Student")), actor=None)
        assert names() == ["Skrivbord", "Allt", "Student"]


def test_plans_are_kept_where_a_transaction_leaves_the_house_alone(planned: Planned) -> None:
    """A booking reads them within its transaction; the next one is not to pay for them again."""
    with planned.app.app_context():
        with transaction():
            assert names() == ["Skrivbord", "Allt"]
        with statements(planned.app) as seen:
            assert names() == ["Skrivbord", "Allt"]
    assert len(seen) == 1  # the house's revision


def test_membership_that_was_taken_back_is_not_kept(planned: Planned) -> None:
    bo = planned.small.people["bo"]
    with planned.app.app_context():
        catalogue, access = queries.catalogue(house()), queries.access_of(bo)
        with suppress(TakenBack), transaction():
            service.give(planned.all, starts=MONDAY, now=NOW, actor=None, member_id=bo)
            assert [term.plan_id for term in queries.standing(catalogue, bo, access + 1).terms] == [planned.all]
            raise TakenBack
        assert queries.access_of(bo) == access and queries.standing(catalogue, bo, access).terms == ()
        ends = MONDAY + timedelta(days=3)
        with transaction():
            service.give(planned.desks, starts=MONDAY, ends=ends, now=NOW, actor=None, member_id=bo)
        after = queries.access_of(bo)  # the revision that the other would have had
        assert after == access + 1 and db.session.get_one(Member, bo).access_revision == after
        (term,) = queries.standing(catalogue, bo, after).terms
        assert (term.plan_id, term.ends) == (planned.desks, ends)


def test_change_of_a_membership_that_was_taken_back_is_not_kept(planned: Planned) -> None:
    alva = planned.small.people["alva"]
    with planned.app.app_context():
        catalogue, access = queries.catalogue(house()), queries.access_of(alva)
        with suppress(TakenBack), transaction():
            service.change_membership(planned.membership, actor=None, ends=MONDAY)
            (term,) = queries.standing(catalogue, alva, access + 1).terms
            assert term.ends == MONDAY
            raise TakenBack
        db.session.expire_all()
        assert [term.ends for term in queries.standing(catalogue, alva, queries.access_of(alva)).terms] == [None]
        with transaction():
            service.change_membership(planned.membership, actor=None, ends=None, paused_from=MONDAY)
        (term,) = queries.standing(catalogue, alva, queries.access_of(alva)).terms
        assert (term.ends, term.paused_from) == (None, MONDAY)
