"""What notes know of people, whom they are about, who wrote them, and whom they name; and who changed many at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, or_, select, update

from innovation_station.db import db
from innovation_station.people.models import MemberEdit, MemberNote
from innovation_station.people.rules import UNDO_FOR
from innovation_station.personal import Aged, DataClass, Personal, Record, Subject

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(select(MemberNote).where(MemberNote.member_id == member_id).order_by(MemberNote.id))
    return [Record(f"{row.at:%Y-%m-%d}", {"text": row.text, "at": row.at.isoformat()}) for row in rows]


def _erase(subject: Subject, _now: datetime) -> int:
    """Let notes go that are about somebody or name them, and leave those that they wrote, without their name."""
    words = (MemberNote.text.icontains(word, autoescape=True) for word in subject.spellings)
    naming = select(MemberNote).where(or_(*words))
    named = [row.id for row in db.session.scalars(naming) if subject.is_named_in(row.text)]
    theirs = delete(MemberNote).where(or_(MemberNote.member_id == subject.id, MemberNote.id.in_(named)))
    gone = int(db.session.execute(theirs).rowcount)  # type: ignore[attr-defined]
    written = update(MemberNote).where(MemberNote.by_id == subject.id).values(by_id=None)
    left = int(db.session.execute(written).rowcount)  # type: ignore[attr-defined]
    db.session.expire_all()
    return gone + left


personal.add(
    DataClass(
        name="member-notes",
        tables=("member_note",),
        title=_l("Notes that staff keep about you"),
        holds=_l("What hosts and administrators have written down about you, and when."),
        purpose=_l("So that you are met by somebody who knows what was agreed."),
        basis="interest",
        retention=_l("Until somebody removes the note, and at the longest as long as the account."),
        ends="erase",
        records=_records,
        erase=_erase,
    )
)


def _edits(member_id: int) -> Sequence[Record]:
    rows = db.session.scalars(select(MemberEdit).where(MemberEdit.by_id == member_id).order_by(MemberEdit.id))
    return [Record(row.act, {"at": row.at.isoformat(), "count": len(row.items)}, row.at + UNDO_FOR) for row in rows]


def _erase_edits(subject: Subject, _now: datetime) -> int:
    """Forget what could still be taken back: the person's own, and others' that hold the person's number."""
    rows = db.session.scalars(select(MemberEdit)).all()
    theirs = [row for row in rows if row.by_id == subject.id or any(item[0] == subject.id for item in row.items)]
    for row in theirs:
        db.session.delete(row)
    db.session.flush()
    return len(theirs)


def _over(now: datetime, _held: Collection[int]) -> ColumnElement[bool]:
    return MemberEdit.at < now - UNDO_FOR


_aged = Aged(MemberEdit.id, _over)

personal.add(
    DataClass(
        name="member-edits",
        tables=("member_edit",),
        title=_l("Changes of many members that can be taken back"),
        holds=_l("Which members staff have changed at once, what was before, who did it and when."),
        purpose=_l("So that a slip can be taken back for ten minutes."),
        basis="interest",
        retention=_l("Ten minutes, and until the next nightly cleaning."),
        ends="erase",
        records=_edits,
        erase=_erase_edits,
        expired=_aged.expired,
        purge=_aged.purge,
    )
)
