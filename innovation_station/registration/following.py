"""What registration does when events change, in their transaction: it notes that registrants are to be told.

They are told by the job, when the time of an undo has passed: of several changes in a row there is one word then, of
what was changed back none, and an event of five hundred is moved as quickly as one of five.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from innovation_station.db import db
from innovation_station.events.models import Event
from innovation_station.events.service import changed, copied
from innovation_station.registration import queries, telling
from innovation_station.registration.models import Signup
from innovation_station.sharing.rules import UNDO


@changed.connect
def follow(event: Event, *, now: datetime) -> None:
    """Have registrants told what is new of an event, and the calendars made anew of who goes to it."""
    db.session.execute(
        update(Signup).where(Signup.event_id == event.id).values(tell_at=now + UNDO, revision=Signup.revision + 1)
    )
    telling.restamp(queries.whose_calendars(event.id))


@copied.connect
def copy(event: Event, *, of: Event, now: datetime) -> None:
    """Have one register for a copy as for what it is a copy of; its times move along, its links do not."""
    found = queries.signup(of.id)
    if found is None:
        return
    by = event.start - of.start
    db.session.add(
        Signup(
            event_id=event.id, opens=found.opens and found.opens + by, closes=found.closes and found.closes + by,
            capacity=found.capacity, waitlist=found.waitlist, answer_hours=found.answer_hours, guests=found.guests,
            diet_days=found.diet_days, questions=found.questions, taken=0, over=0, line=0, revision=0, changed_at=now,
        )
    )  # fmt: skip
    db.session.flush()
