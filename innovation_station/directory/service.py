"""What happens to profiles and colleagues: written, shown, photographed, asked, answered, ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import Table, delete, event, insert, inspect, select, update

from innovation_station.audit import service as audit
from innovation_station.bookings import service as bookings
from innovation_station.db import db
from innovation_station.directory import queries, rules, telling
from innovation_station.directory.models import Colleagues, Profile, ProfileField, ProfilePhoto, ProfileWord
from innovation_station.errors import NotFound, Refusal, Refused
from innovation_station.members.models import Member, Organisation
from innovation_station.members.rules import NAME_LONGEST, Actor
from innovation_station.notices import service as notices
from innovation_station.text import fits_a_line

_profile, _word = (cast(Table, model.__table__) for model in (Profile, ProfileWord))


def write(actor: Actor, texts: Mapping[str, str], shown: Mapping[str, int], *, visible: bool, now: datetime) -> None:
    """Store one's profile: the name and each field, to whom each is shown (`name` and `photo` too).

    `visible` is whether name and titles stand on new bookings. An empty field is no field. Who belongs to an
    organisation of the house says only to whom that is shown; a text of their own about it waits for the day they
    leave it. Raises Refused.
    """
    member = db.session.get_one(Member, actor.id)
    if found := _refusals(texts, shown):
        raise Refused(found)
    rename(actor, member, texts["name"].strip(), now=now)
    member.visible = visible
    _fields(member, texts, shown)
    db.session.merge(Profile(member_id=member.id, shown_to=shown["name"], sort_key=rules.sort_key(member.name)))
    if photo := db.session.get(ProfilePhoto, member.id):
        photo.shown_to = shown.get("photo", rules.NOBODY)
    db.session.flush()
    reindex(member.id)


def _refusals(texts: Mapping[str, str], shown: Mapping[str, int]) -> list[Refusal]:
    name = texts["name"].strip()
    found = []
    if not name or len(name) > NAME_LONGEST or not name.isprintable():
        found.append(Refusal("name-malformed", "name", {"longest": NAME_LONGEST}))
    for field, longest in rules.FIELDS.items():
        text = texts.get(field, "")
        if len(text) > longest or not fits_a_line(text):
            found.append(Refusal("profile-text", field, {"longest": longest}))
    if any(value not in rules.AUDIENCES for value in shown.values()):
        found.append(Refusal("audience-unknown"))
    return found


def rename(actor: Actor, member: Member, name: str, *, now: datetime) -> None:
    """Give a member another name, one that is fine; the same is none."""
    if name == member.name:
        return
    before, member.name = member.name, name
    db.session.flush()  # see _follow_member
    audit.record(
        "member.rename", subject=("member", member.id), actor=actor, member_id=member.id, before={"name": before},
        after={"name": name}, now=now,
    )  # fmt: skip


def _fields(member: Member, texts: Mapping[str, str], shown: Mapping[str, int]) -> None:
    for field in rules.FIELDS:
        text, shown_to = texts.get(field, "").strip(), shown.get(field, rules.NOBODY)
        if belongs := field == "organisation" and member.organisation_id is not None:
            row = db.session.get(ProfileField, (member.id, field))
            text = row.text if row else ""
        if text or (belongs and shown_to != rules.NOBODY):
            db.session.merge(ProfileField(member_id=member.id, name=field, text=text, shown_to=shown_to))
        else:
            whose = (ProfileField.member_id == member.id, ProfileField.name == field)
            db.session.execute(delete(ProfileField).where(*whose))
    db.session.flush()


def reindex(member_id: int) -> None:
    """Keep the words a member is found by: those that members may see, none where the name is not for them."""
    db.session.execute(delete(_word).where(_word.c.member_id == member_id))
    known = queries.seen(member_id, "member")
    if known:
        names = known.organisation.names.values() if known.organisation else ()
        texts = (known.texts[field] for field in rules.FIELDS if field in known.texts)
        found = rules.words([known.name, *names, *texts])
        if found:
            db.session.execute(insert(_word), [{"word": word, "member_id": member_id} for word in found])


@event.listens_for(Member, "after_update")
def _follow_member(_mapper: object, _connection: object, member: Member) -> None:
    """Follow name and organisation wherever they are changed, in the flush that stores them: nobody has to remember.

    The name stands in the order of the directory, in the words that are searched, and on the days of what is booked.
    What is done here is done by statements alone: within a flush the session takes no objects.
    """
    changed = inspect(member).attrs
    if changed.name.history.has_changes():
        key = rules.sort_key(member.name)
        db.session.execute(update(_profile).where(_profile.c.member_id == member.id).values(sort_key=key))
        reindex(member.id)
        bookings.redraw(member.id)
    elif changed.organisation_id.history.has_changes():
        reindex(member.id)


@event.listens_for(Organisation, "after_update")
def _follow_organisation(_mapper: object, _connection: object, organisation: Organisation) -> None:
    """Follow the names of an organisation: its members are found by them."""
    changed = inspect(organisation).attrs
    if changed.name_sv.history.has_changes() or changed.name_en.history.has_changes():
        for member_id in queries.listed_of(organisation.id):
            reindex(member_id)


def show_photo(member_id: int, pictures: Mapping[str, bytes], *, now: datetime) -> None:
    """Store a picture that was made anew, under another name; it is shown to nobody until the member says so."""
    old = db.session.get(ProfilePhoto, member_id)
    shown_to = old.shown_to if old else rules.NOBODY
    photo = ProfilePhoto(
        member_id=member_id, token=secrets.token_hex(16), shown_to=shown_to, made_at=now, small=pictures["small"],
        large=pictures["large"],
    )  # fmt: skip
    db.session.merge(photo)
    db.session.flush()


def remove_photo(member_id: int) -> None:
    """Delete a member's picture."""
    db.session.execute(delete(ProfilePhoto).where(ProfilePhoto.member_id == member_id))


# -- colleagues -------------------------------------------------------------------------------------------------------


def ask(actor: Actor, other_id: int, *, now: datetime) -> None:
    """Ask another member to be colleagues, or say yes where they have asked. Asking twice is asking once.

    Only who is in the directory can be asked. Raises NotFound, Refused where too many questions are open.
    """
    _lock(actor.id, other_id)
    row = queries.between(actor.id, other_id)
    known = rules.relation(row.state, row.asked_by, actor.id) if row else "none"
    if other_id == actor.id or (known == "none" and queries.seen(other_id, "member") is None):
        raise NotFound("profile-unknown")
    if known == "none" and queries.open_asks(actor.id) >= rules.OPEN_ASKS:
        raise Refused([Refusal("asks-many", None, {"most": rules.OPEN_ASKS})])
    before = row.state if row else None
    after = rules.after_asking(before, row.asked_by if row else None, actor.id)
    asker = row.asked_by if row and after in ("accepted", "declined") else actor.id
    low, high = queries.pair(actor.id, other_id)
    db.session.merge(Colleagues(low_id=low, high_id=high, asked_by=asker, state=after, changed_at=now))
    db.session.flush()
    if after != before:
        telling.answered(after, actor.id, other_id, now=now)


def _lock(*ids: int) -> None:
    """Let questions between two members be put one after the other."""
    db.session.execute(select(Member.id).where(Member.id.in_(ids)).order_by(Member.id).with_for_update())


def leave(actor: Actor, other_id: int, *, now: datetime) -> None:
    """Say no, take one's question back, or stop being colleagues; the other is not told. Raises NotFound."""
    _lock(actor.id, other_id)
    row = queries.between(actor.id, other_id)
    if row is None or rules.relation(row.state, row.asked_by, actor.id) == "none":
        raise NotFound("profile-unknown")
    after = rules.after_leaving(row.state, row.asked_by, actor.id)
    if after is None:
        db.session.delete(row)
    else:
        row.state, row.changed_at = after, now
    db.session.flush()
    for one, other in ((actor.id, other_id), (other_id, actor.id)):
        notices.retract(one, about=other)


# -- the end ----------------------------------------------------------------------------------------------------------


def forget_profile(member_id: int) -> int:
    """Delete a member's profile, words and picture; give how many rows there were."""
    tables = (Profile, ProfileField, ProfileWord, ProfilePhoto)
    return sum(_delete(delete(table).where(table.member_id == member_id)) for table in tables)


def forget_colleagues(member_id: int) -> int:
    """Delete what a member is to others; give how many rows there were."""
    return _delete(delete(Colleagues).where((Colleagues.low_id == member_id) | (Colleagues.high_id == member_id)))


def _delete(statement: object) -> int:
    return int(db.session.execute(statement).rowcount)  # type: ignore[call-overload]
