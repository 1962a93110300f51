"""What staff cannot settle, and what cannot be asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from innovation_station.db import db, transaction
from innovation_station.errors import Refused
from innovation_station.registration import rules, service
from innovation_station.registration.rules import Question, Terms, question_refusals, terms_refusals
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Floor
from tests.conftest import NOW, TUESDAY, at
from tests.registration.conftest import Desk, desk, stage

__all__ = ["desk", "stage"]

SPAN, HOUR = at(TUESDAY, "13:00", "17:00"), timedelta(hours=1)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"capacity": 0}, "registration-capacity"),
        ({"capacity": rules.MOST_PLACES + 1}, "registration-capacity"),
        ({"capacity": 2}, "registration-below"),
        ({"opens": SPAN.start, "closes": SPAN.start}, "registration-order"),
        ({"closes": SPAN.end + HOUR}, "registration-late"),
        ({"answer_hours": 0}, "registration-hours"),
        ({"diet_days": -1}, "registration-days"),
    ],
)
def test_terms_that_cannot_hold(terms: dict[str, Any], code: str) -> None:
    assert [one.code for one in terms_refusals(Terms(**terms), SPAN, taken=3)] == [code]
    assert terms_refusals(Terms(capacity=3, closes=SPAN.end), SPAN, taken=3) == []


def test_questions_that_cannot_be_asked() -> None:
    def asked(*questions: Question) -> list[str]:
        return [one.code for one in question_refusals(questions)]

    sound = [Question(f"q{number}", "text", ("Vad?", "")) for number in range(rules.MOST_QUESTIONS)]
    assert asked(*sound) == []
    assert asked(*sound, Question("more", "text", ("Vad?", "What?"))) == ["question-many"]
    for labels in (("", " "), ("x" * (rules.LABEL_LONGEST + 1), "")):
        assert asked(Question("a", "text", labels)) == ["question-malformed"]
    assert asked(Question("a", "text", ("A", "")), Question("a", "text", ("B", ""))) == ["question-malformed"]
    assert asked(Question("a", "choice", ("A", ""), (("Ja", "Yes"),))) == ["question-choices"]


def test_what_is_not_there_to_choose_and_links_that_cannot_be(desk: Desk) -> None:
    desk.settle(capacity=50)
    for refused, code in (
        (lambda: desk.settle(sessions={999: None}), "event-session-unknown"),
        (lambda: desk.guest("a@guest.example", sessions=[999]), "event-session-unknown"),
    ):
        with pytest.raises(Refused, match=code):
            refused()
    for name, quota in ((" ", 3), ("Partner", 0)):
        with transaction(), pytest.raises(Refused, match="link-malformed"):
            service.make_link(desk.stage.who(), desk.event.id, name, quota, now=NOW)
    for number in range(rules.MOST_LINKS):
        with transaction():
            service.make_link(desk.stage.who(), desk.event.id, f"Partner {number}", 1, now=NOW)
    with transaction(), pytest.raises(Refused, match="link-many"):
        service.make_link(desk.stage.who(), desk.event.id, "En till", 1, now=NOW)


@pytest.mark.parametrize("limit", [0, -1, 10**9])
def test_a_floor_holds_some_people_and_not_all(desk: Desk, limit: int) -> None:
    floor = db.session.scalars(db.select(Floor)).one()
    with transaction(), pytest.raises(Refused, match="fire-limit"):
        spaces.set_fire_limit(floor.id, limit)
    assert floor.fire_limit is None
