"""What the directory knows of people: what they say of themselves, and whose colleagues they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from innovation_station.db import db
from innovation_station.directory import queries, rules, service
from innovation_station.directory.models import Colleagues, ProfilePhoto
from innovation_station.members.models import Member
from innovation_station.personal import DataClass, Personal, Record, Subject

_AUDIENCE = {rules.NOBODY: "nobody", rules.MEMBERS: "members", rules.PUBLIC: "public"}

personal = Personal()


def _profile(member_id: int) -> Sequence[Record]:
    if db.session.get(Member, member_id) is None:
        return []
    own = queries.own(member_id)
    texts = {**own.texts, **({"organisation": own.organisation.names["sv"]} if own.organisation else {})}
    fields = {name: {"text": text, "shown_to": _AUDIENCE[own.shown.get(name, 0)]} for name, text in texts.items()}
    photo = {"photo": {"shown_to": _AUDIENCE[own.shown["photo"]]}} if own.photo else {}
    return [Record("profile", {**fields, **photo})]


def _photos(member_id: int) -> Mapping[str, bytes]:
    found = db.session.scalar(select(ProfilePhoto.large).where(ProfilePhoto.member_id == member_id))
    return {"photo.webp": found} if found else {}


def _erase_profile(subject: Subject, _now: datetime) -> int:
    return service.forget_profile(subject.id)


personal.add(
    DataClass(
        name="profile",
        tables=("profile", "profile_field", "profile_word", "profile_photo"),
        title=_l("Your profile"),
        holds=_l("What you say of yourself, your picture, and to whom you show each of them."),
        purpose=_l("So that members find each other."),
        basis="consent",
        retention=_l("Until you take it away, or your membership ends."),
        ends="erase",
        records=_profile,
        files=_photos,
        erase=_erase_profile,
    )
)


def _colleagues(member_id: int) -> Sequence[Record]:
    """List them by name, as the member sees them; a no that somebody else has said is not told here either."""
    asked = {
        row.high_id if row.low_id == member_id else row.low_id: row.changed_at.isoformat()
        for row in db.session.scalars(
            select(Colleagues).where((Colleagues.low_id == member_id) | (Colleagues.high_id == member_id))
        )
    }
    return [
        Record(item.name, {"state": item.relation, "since": asked[item.id] if item.relation == "colleagues" else None})
        for item in queries.colleagues(member_id)
    ]


def _erase_colleagues(subject: Subject, _now: datetime) -> int:
    return service.forget_colleagues(subject.id)


personal.add(
    DataClass(
        name="colleagues",
        tables=("colleagues",),
        title=_l("Your colleagues"),
        holds=_l("With whom you agreed to see when the other is in, and who has asked whom."),
        purpose=_l("So that colleagues meet."),
        basis="consent",
        retention=_l("Until one of you ends it."),
        ends="erase",
        records=_colleagues,
        erase=_erase_colleagues,
    )
)
