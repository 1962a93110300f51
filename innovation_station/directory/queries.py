"""Reads of profiles and colleagues. What a reader may not see is not asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select

from innovation_station.bookings.models import LONGEST_ALLOCATION, Allocation, Booking
from innovation_station.db import db
from innovation_station.directory import rules
from innovation_station.directory.models import Colleagues, Profile, ProfileField, ProfilePhoto, ProfileWord
from innovation_station.directory.rules import Reader, Relation
from innovation_station.members.models import Member, Organisation
from innovation_station.members.rules import initials, short_name
from innovation_station.timespan import Span

LAST_LETTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Affiliation:
    """The organisation of the house that a member belongs to: its names by language, and its address."""

    names: Mapping[str, str]
    slug: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A member as one reader sees them: the texts by field, the token of the picture in two sizes or None.

    Who belongs to an `organisation` of the house has that, where it is shown, and no text about it.
    """

    id: int
    name: str
    photo: str | None
    texts: Mapping[str, str] = field(default_factory=dict)
    organisation: Affiliation | None = None

    @property
    def initials(self) -> str:
        """Give the capitals that stand where there is no picture."""
        return initials(self.name)


def _people(reader: Reader) -> Select[int, str, str, str, str, str]:
    """Select id, name, picture and organisation of those whose name a reader may see."""
    least = rules.least(reader)
    photo = and_(ProfilePhoto.member_id == Member.id, ProfilePhoto.shown_to >= least)
    # profiles come first, so that the list is read in their order
    return (
        select(Member.id, Member.name, ProfilePhoto.token, *_AFFILIATION)
        .select_from(Profile)
        .join(Member, Member.id == Profile.member_id)
        .outerjoin(ProfilePhoto, photo)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .where(Member.state == "active", Profile.shown_to >= least)
    )


def _texts(ids: Collection[int], reader: Reader) -> dict[int, dict[str, str]]:
    """Read the fields that a reader may see of some members; one statement at most."""
    found: dict[int, dict[str, str]] = {}
    if not ids:
        return found
    rows = select(ProfileField.member_id, ProfileField.name, ProfileField.text).where(
        ProfileField.member_id.in_(sorted(ids)), ProfileField.shown_to >= rules.least(reader)
    )
    for member_id, name, text in db.session.execute(rows):
        found.setdefault(member_id, {})[name] = text
    return found


_AFFILIATION = (Organisation.name_sv, Organisation.name_en, Organisation.slug)


def _affiliation(row: Any) -> Affiliation | None:
    return Affiliation({"sv": row.name_sv, "en": row.name_en}, row.slug) if row.slug else None


def _seen(row: Any, texts: Mapping[str, str]) -> Seen:
    """Put a member together; the row of the field says whether the organisation is shown, its text is of those who
    belong to none."""
    organisation = _affiliation(row) if "organisation" in texts else None
    shown = {name: text for name, text in texts.items() if text and not (organisation and name == "organisation")}
    return Seen(row.id, row.name, row.token, shown, organisation)


def _found(words: Sequence[str]) -> list[ColumnElement[bool]]:
    return [
        Profile.member_id.in_(
            select(ProfileWord.member_id).where(ProfileWord.word >= word, ProfileWord.word < word + LAST_LETTER)
        )
        for word in words
    ]


def count(words: Sequence[str]) -> int:
    """Count those in the directory who have words beginning with each of these."""
    people = _people("member").where(*_found(words)).subquery()
    return db.session.scalar(select(func.count()).select_from(people)) or 0


def page(words: Sequence[str], *, number: int) -> list[Seen]:
    """List one page of the directory as members see it, by name; two statements."""
    statement = _people("member").where(*_found(words)).order_by(Profile.sort_key, Profile.member_id)
    rows = db.session.execute(statement.limit(rules.PAGE).offset((number - 1) * rules.PAGE)).all()
    texts = _texts([row.id for row in rows], "member")
    return [_seen(row, texts.get(row.id, {})) for row in rows]


def seen(member_id: int, reader: Reader) -> Seen | None:
    """Find a member as a reader sees them, None where the name is not for this reader; two statements."""
    row = db.session.execute(_people(reader).where(Member.id == member_id)).one_or_none()
    return _seen(row, _texts([member_id], reader).get(member_id, {})) if row else None


@dataclass(frozen=True, slots=True)
class Own:
    """Everything of one's own profile, for the form: texts and audiences by field; `name` and `photo` among them."""

    texts: Mapping[str, str]
    shown: Mapping[str, int]
    photo: str | None
    visible: bool
    organisation: Affiliation | None


def own(member_id: int) -> Own:
    """Read one's own profile; two statements."""
    row = db.session.execute(
        select(
            Member.name, Member.visible, Profile.shown_to, ProfilePhoto.token, ProfilePhoto.shown_to.label("photo"),
            *_AFFILIATION,
        )
        .outerjoin(Profile, Profile.member_id == Member.id)
        .outerjoin(ProfilePhoto, ProfilePhoto.member_id == Member.id)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .where(Member.id == member_id)
    ).one()  # fmt: skip
    fields = db.session.scalars(select(ProfileField).where(ProfileField.member_id == member_id)).all()
    texts = {"name": row.name, **{item.name: item.text for item in fields}}
    shown = {"name": row.shown_to or 0, "photo": row.photo or 0, **{item.name: item.shown_to for item in fields}}
    return Own(texts, shown, row.token, row.visible, _affiliation(row))


def listed_of(organisation_id: int) -> list[int]:
    """List the members of an organisation who have a profile."""
    mine = select(Profile.member_id).join(Member, Member.id == Profile.member_id)
    return list(db.session.scalars(mine.where(Member.organisation_id == organisation_id).order_by(Profile.member_id)))


def photo(token: str, size: str, reader: Reader, me: int | None) -> bytes | None:
    """Read a picture where the reader may see it, or it is their own; one statement."""
    least = rules.least(reader)
    column = ProfilePhoto.small if size == "small" else ProfilePhoto.large
    allowed = and_(ProfilePhoto.shown_to >= least, Profile.shown_to >= least)
    return db.session.scalar(
        select(column)
        .join(Member, Member.id == ProfilePhoto.member_id)
        .outerjoin(Profile, Profile.member_id == ProfilePhoto.member_id)
        .where(ProfilePhoto.token == token, Member.state == "active", or_(allowed, ProfilePhoto.member_id == (me or 0)))
    )


# -- colleagues -------------------------------------------------------------------------------------------------------


def pair(one: int, other: int) -> tuple[int, int]:
    """Give two ids in the order in which they are stored."""
    return (one, other) if one < other else (other, one)


def between(one: int, other: int) -> Colleagues | None:
    """Find what two members are to each other."""
    return db.session.get(Colleagues, pair(one, other))


def _other(me: int) -> ColumnElement[int]:
    return case((Colleagues.low_id == me, Colleagues.high_id), else_=Colleagues.low_id)


def _mine(me: int) -> ColumnElement[bool]:
    return or_(Colleagues.low_id == me, Colleagues.high_id == me)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody one is, or may become, a colleague of; `listed` where their profile can be opened."""

    id: int
    name: str
    relation: Relation
    listed: bool

    @property
    def initials(self) -> str:
        """Give the capitals that stand where there is no picture."""
        return initials(self.name)


def colleagues(me: int) -> list[Colleague]:
    """List a member's colleagues and questions, by name; names short, whole where they are in the directory."""
    rows = db.session.execute(
        select(Member.id, Member.name, Colleagues.state, Colleagues.asked_by, Profile.shown_to)
        .join(Member, Member.id == _other(me))
        .outerjoin(Profile, Profile.member_id == Member.id)
        .where(_mine(me), Member.state == "active")
    ).all()
    found = [
        Colleague(
            row.id, row.name if (row.shown_to or 0) >= rules.MEMBERS else short_name(row.name),
            rules.relation(row.state, row.asked_by, me), (row.shown_to or 0) >= rules.MEMBERS,
        )
        for row in rows
    ]  # fmt: skip
    return sorted((item for item in found if item.relation != "none"), key=lambda item: rules.sort_key(item.name))


def open_asks(me: int) -> int:
    """Count the questions of a member that have no answer yet, or one that is not told."""
    asked = and_(Colleagues.asked_by == me, Colleagues.state.in_(("asked", "declined")))
    return db.session.scalar(select(func.count()).where(asked)) or 0


@dataclass(frozen=True, slots=True)
class Company:
    """What a member may know of the others of a day: who is a colleague, and whose profile can be opened."""

    colleagues: frozenset[int]
    listed: frozenset[int]


def company(me: int, ids: Collection[int]) -> Company:
    """Look for colleagues and profiles among some members; one statement."""
    is_colleague = exists().where(_mine(me), _other(me) == Member.id, Colleagues.state == "accepted")
    listed = exists().where(Profile.member_id == Member.id, Profile.shown_to >= rules.MEMBERS)
    asked = {*ids, me}
    rows = db.session.execute(
        select(Member.id, is_colleague.label("colleague"), listed.label("listed")).where(
            Member.id.in_(sorted(asked)), Member.state == "active"
        )
    ).all()
    return Company(
        frozenset(row.id for row in rows if row.colleague and row.id != me),
        frozenset(row.id for row in rows if row.listed),
    )


def is_in(member_id: int, span: Span) -> bool:
    """Tell whether a member has a place within a span."""
    return db.session.scalar(select(literal(1)).where(Member.id == member_id, _has_place(Member.id, span))) is not None


def _has_place(member: Any, span: Span) -> ColumnElement[bool]:
    return exists().where(
        Booking.member_id == member, Booking.id == Allocation.booking_id,
        Allocation.start > span.start - LONGEST_ALLOCATION, Allocation.start < span.end, Allocation.end > span.start,
    )  # fmt: skip


def colleagues_in(span: Span) -> dict[int, list[int]]:
    """List by member the colleagues who have a place within a span; two statements."""
    here = (
        select(Booking.member_id)
        .join(Allocation, Allocation.booking_id == Booking.id)
        .where(
            Allocation.start > span.start - LONGEST_ALLOCATION, Allocation.start < span.end, Allocation.end > span.start
        )
        .distinct()
        .subquery()
    )
    found: dict[int, list[int]] = {}
    for mine, theirs in ((Colleagues.low_id, Colleagues.high_id), (Colleagues.high_id, Colleagues.low_id)):
        rows = select(mine, theirs).join(here, here.c.member_id == theirs).join(Member, Member.id == theirs)
        for me, other in db.session.execute(rows.where(Colleagues.state == "accepted", Member.state == "active")):
            found.setdefault(me, []).append(other)
    return {me: sorted(others) for me, others in found.items()}
