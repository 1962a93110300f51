"""What happens to registrations: made, confirmed, offered, taken, changed, cancelled; and what staff settle.

Every function runs inside `db.transaction()`, decides behind the lock of the event's sign-up, flushes and never
commits. An event's own lock, where both are needed, comes before that of its sign-up.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete

from innovation_station.audit import service as audit
from innovation_station.db import db, in_turn
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.events import queries as events
from innovation_station.events.models import Event
from innovation_station.events.rules import may_manage_events
from innovation_station.members import queries as members
from innovation_station.members.rules import Actor, Person, normal_email
from innovation_station.registration import queries, rules, telling
from innovation_station.registration.models import PartnerLink, Registration, SessionPlace, SessionPlaces, Signup
from innovation_station.registration.rules import Answers, Terms
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Language
from innovation_station.timespan import Span
from innovation_station.waits.rules import offer_end

BATCH = 50  # registrants who are told in one transaction


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody sends beside who they are: what was typed under each question, sessions, and a partner's link."""

    typed: Mapping[str, str] = field(default_factory=dict)
    sessions: Sequence[int] = ()
    link: str = ""
    language: Language = "sv"


def register(actor: Person, event_id: int, form: Form, *, now: datetime, zone: ZoneInfo) -> Registration:
    """Register a member: a place, or one in line where there is none. Twice is the same as once.

    Raises NotFound where nobody registers for it, Refused with every reason, Conflict where all is taken.
    """
    signup, event = _locked(event_id)
    email = normal_email(actor.email)
    if earlier := queries.live(event_id, actor.id, email):
        if earlier.member_id is None:  # as a guest, under the same address
            earlier.member_id = actor.id
        return _confirm(earlier, signup, event, now, zone) if earlier.state == "pending" else earlier
    ready = _ready(signup, event, form, now)
    row = _new(signup, event, actor.name, email, form.language, ready, now)
    row.member_id, row.confirmed_at = actor.id, now
    _enter(row, signup, event, ready, now, zone)
    _add(row, ready)
    telling.tell(row, event, now=now)
    return row


def register_guest(
    name: str, email: str, event_id: int, form: Form, *, now: datetime, zone: ZoneInfo
) -> Registration:  # fmt: skip
    """Register somebody without an account, for whom nothing is settled before they confirm by the link in a mail.

    The same is answered for every address; who is registered gets a mail that says so. Raises as `register`.
    """
    signup, event = _locked(event_id)
    name, email = " ".join(name.split()), normal_email(email)
    if found := rules.person_refusals(name, email):
        raise Refused(found)
    ready = _ready(signup, event, form, now, guest=True)
    if earlier := queries.live(event_id, None, email):
        telling.again(earlier, event, now=now)
        return earlier
    row = _new(signup, event, name, email, form.language, ready, now)
    row.state = "pending"
    if ready.link is not None or (_room(signup, event) and not _line_before(signup, event, now, zone)):
        _seat(row, signup, ready.link, ready.sessions)
        row.hold_until = now + rules.HELD_UNCONFIRMED
    elif not signup.waitlist:
        raise Conflict([_full(signup)])
    _add(row, ready)
    telling.tell(row, event, now=now)
    return row


def confirm(registration_id: int, *, now: datetime, zone: ZoneInfo) -> Registration:
    """Settle what a guest has asked for; twice is the same as once. Raises NotFound, Conflict where all is taken."""
    row, signup, event = _of(registration_id)
    if row.state != "pending":
        return row
    return _confirm(row, signup, event, now, zone)


def _confirm(row: Registration, signup: Signup, event: Event, now: datetime, zone: ZoneInfo) -> Registration:
    if event.state != "published" or event.end <= now:
        raise Refused([Refusal("registration-none")])
    row.confirmed_at, row.changed_at = now, now
    member = members.by_email(row.email) if row.member_id is None else None
    if member is not None and member.state == "active" and queries.of_member(member.id, event.id) is None:
        row.member_id = member.id  # who has the mailbox is who has the account
    if row.holds:
        row.state, row.hold_until = "registered", None
        _number(row, signup)
    else:
        link = db.session.get(PartnerLink, row.link_id) if row.link_id else None
        _enter(row, signup, event, _Ready(Answers({}), _still_free(row), link), now, zone)
    _touch(signup, now)
    telling.tell(row, event, now=now)
    return row


# -- coming in ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ready:
    """What was sent, found in order."""

    answers: Answers
    sessions: Sequence[SessionPlaces] = ()
    link: PartnerLink | None = None


def _ready(
    signup: Signup, event: Event, form: Form, now: datetime, *, guest: bool = False, staff: bool = False
) -> _Ready:  # fmt: skip
    """Read what was sent. Raises Refused with every reason why not."""
    found = [] if staff else rules.time_refusals(signup.terms, event.state, event.span, now)
    if guest and not signup.guests:
        found.append(Refusal("registration-members"))
    answers, wrong = rules.read_answers(() if staff else signup.terms.questions, form.typed)
    places = {row.session_id: row for row in queries.session_places(event.id)} if form.sessions else {}
    if any(one not in places for one in form.sessions):
        wrong.append(Refusal("event-session-unknown", "sessions"))
    for one in form.sessions:
        if one in places and places[one].left == 0:
            wrong.append(_session_full(places[one]))
    link = None
    if form.link:
        link = queries.link(event.id, hashlib.sha256(form.link.encode()).digest())
        if link is not None and not link.left:
            link = None
    if found or wrong:
        raise Refused([*found, *wrong])
    return _Ready(answers, [places[one] for one in dict.fromkeys(form.sessions)], link)


def _session_full(place: SessionPlaces) -> Refusal:
    row = queries.session_titles([place.session_id])[place.session_id]
    named = {"sv": row.title_sv or row.title_en, "en": row.title_en or row.title_sv}
    return Refusal("session-full", "sessions", {"event": named})


def _new(
    signup: Signup, event: Event, name: str, email: str, language: Language, ready: _Ready, now: datetime
) -> Registration:  # fmt: skip
    _touch(signup, now)
    return Registration(
        uid=str(uuid.uuid4()), event_id=event.id, name=name, email=email, language=language, state="registered",
        holds=False, number=None, answers=dict(ready.answers.given), diet=ready.answers.diet, sequence=0, knew=None,
        made_at=now, changed_at=now, ended_by="",
    )  # fmt: skip


def _add(row: Registration, ready: _Ready) -> None:
    db.session.add(row)
    db.session.flush()
    if ready.sessions:
        db.session.add_all(SessionPlace(registration_id=row.id, session_id=one.session_id) for one in ready.sessions)
        db.session.flush()


def _enter(row: Registration, signup: Signup, event: Event, ready: _Ready, now: datetime, zone: ZoneInfo) -> None:
    """Give somebody a place, or one in line. Raises Conflict where there is neither."""
    free = ready.link is not None and ready.link.left > 0
    if free or (_room(signup, event) and not _line_before(signup, event, now, zone)):
        row.state = "registered"
        _seat(row, signup, ready.link if free else None, ready.sessions)
    elif signup.waitlist:
        row.state = "waiting"
    else:
        raise Conflict([_full(signup)])
    _number(row, signup)


def _full(signup: Signup) -> Refusal:
    if signup.left == 0:
        return Refusal("event-taken", None, {"count": signup.capacity or 0})
    return Refusal("house-full")


def _number(row: Registration, signup: Signup) -> None:
    signup.line += 1
    row.number = signup.line


def _line_before(signup: Signup, event: Event, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether somebody stands in line who can still be asked."""
    return _offer_end(signup, event, now, zone) is not None and queries.first_waiting(event.id) is not None


def _offer_end(signup: Signup, event: Event, now: datetime, zone: ZoneInfo) -> datetime | None:
    terms = signup.terms
    return offer_end(now, max(event.start, terms.last(event.span)), zone, rules.hours(terms))


def _room(signup: Signup, event: Event) -> bool:
    """Tell whether one more can come: by what is settled, and by the fire limits of the floors."""
    return signup.left != 0 and house_room(signup, event) != 0


def house_room(signup: Signup, event: Event, *, looks: bool = False) -> int | None:
    """Give how many more the house takes on the floors that an event is on, None without a limit.

    A statement for each floor that has a limit. Events of one floor decide one after the other; a page only looks.
    """
    floors = read_house().floors.values()
    limited = [(floor.id, floor.fire_limit) for floor in floors if floor.fire_limit is not None]
    found = []
    for floor_id, limit in sorted(limited):
        if not looks:
            in_turn(b"fire" + floor_id.to_bytes(4, "big"))
        others, own = queries.floor_use(floor_id, event.span, event.id)
        if own:
            found.append(limit - signup.taken - rules.most_at_once(others, own))
    return max(0, min(found)) if found else None


def keep_limit(floor_id: int, limit: int, span: Span) -> None:
    """Raise Conflict where more people would be on a floor at some moment of a time than it may hold; one statement."""
    in_turn(b"fire" + floor_id.to_bytes(4, "big"))
    found, _own = queries.floor_use(floor_id, span, 0)
    if rules.most_at_once(found, [span]) > limit:
        raise Conflict([Refusal("floor-full", None, {"most": limit})])


def _seat(row: Registration, signup: Signup, link: PartnerLink | None, sessions: Sequence[SessionPlaces]) -> None:
    row.holds = True
    row.link_id = link.id if link else None  # who lost the place of a link is counted where they have one now
    if link is not None:
        link.used += 1
    else:
        signup.taken += 1
    for place in sessions:
        place.taken += 1


def _free(row: Registration, signup: Signup) -> None:
    """Give a place back; one of a link to those who have the link, while it lasts. The caller says what it is then."""
    if not row.holds:
        return
    link = db.session.get(PartnerLink, row.link_id, populate_existing=True) if row.link_id else None
    for place in _chosen(row):
        place.taken -= 1
    if link is not None:
        link.used -= 1
    if link is None or link.ended_at is not None:
        signup.taken -= 1
    _count_over(signup)
    row.holds = False


def _chosen(row: Registration) -> list[SessionPlaces]:
    found = queries.chosen([row.id]).get(row.id, [])
    return [one for one in queries.session_places(row.event_id) if one.session_id in found] if found else []


# -- the line ----------------------------------------------------------------------------------------------------------


def promote(signup: Signup, event: Event, *, now: datetime, zone: ZoneInfo) -> int:
    """Offer what is free to whoever is first in line, one after the other; give how many. Behind the sign-up's lock."""
    made = 0
    while event.state == "published" and event.end > now and _room(signup, event):
        until, row = _offer_end(signup, event, now, zone), queries.first_waiting(event.id)
        if until is None or row is None:
            break
        sessions = _still_free(row)
        row.state, row.offer_until, row.changed_at = "offered", until, now
        _seat(row, signup, None, sessions)
        db.session.flush()
        telling.tell(row, event, now=now)
        made += 1
    if made:
        _touch(signup, now)
    return made


def _still_free(row: Registration) -> list[SessionPlaces]:
    """Give the sessions that somebody wanted and that have room; the others are no longer theirs."""
    found = _chosen(row)
    gone = [one.session_id for one in found if one.left == 0]
    if gone:
        db.session.execute(
            delete(SessionPlace).where(SessionPlace.registration_id == row.id, SessionPlace.session_id.in_(gone))
        )
    return [one for one in found if one.session_id not in gone]


def take(registration_id: int, *, now: datetime) -> Registration:
    """Take the place that is offered. Taking twice is the same as once. Raises NotFound, Conflict where it is over."""
    row, signup, event = _of(registration_id)
    if row.state == "registered":
        return row
    if row.state != "offered" or row.offer_until is None or row.offer_until <= now or event.state != "published":
        raise Conflict([Refusal("offer-over")])
    row.state, row.offer_until, row.changed_at = "registered", None, now
    _touch(signup, now)
    telling.tell(row, event, now=now)
    return row


def end_offer(registration_id: int, *, now: datetime, zone: ZoneInfo) -> bool:
    """End an offer whose time is over, and ask the next; tell whether it was one."""
    row, signup, event = _of(registration_id)
    if row.state != "offered" or row.offer_until is None or row.offer_until > now:
        return False
    _end(row, signup, event, "expired", now, zone)
    return True


def look(event_id: int, *, now: datetime, zone: ZoneInfo) -> int:
    """Offer whatever is free to those who stand in line; give how many."""
    found = queries.locked(event_id)
    return promote(*found, now=now, zone=zone) if found else 0


def end_unconfirmed(registration_id: int, *, now: datetime, zone: ZoneInfo) -> bool:
    """Let the place go of a guest who has not confirmed in time, and after a day the guest; tell whether it was one."""
    row, signup, event = _of(registration_id)
    if row.state != "pending":
        return False
    if row.holds and (row.hold_until is None or row.hold_until <= now):
        _free(row, signup)
        row.hold_until = None
    if row.made_at <= now - rules.CONFIRMED_WITHIN:
        db.session.delete(row)
    _touch(signup, now)
    db.session.flush()
    promote(signup, event, now=now, zone=zone)
    return True


def cancel(registration_id: int, *, now: datetime, zone: ZoneInfo) -> Registration:
    """Give a place or a wish back, as its registrant does; the next in line is asked. Twice is the same as once."""
    row, signup, event = _of(registration_id)
    if row.state == "cancelled":
        return row
    if event.end <= now:
        raise Refused([Refusal("event-over")])
    return _end(row, signup, event, "self", now, zone)


def _end(row: Registration, signup: Signup, event: Event, by: str, now: datetime, zone: ZoneInfo) -> Registration:
    _free(row, signup)
    row.state, row.ended_at, row.ended_by, row.changed_at = "cancelled", now, by, now
    row.offer_until = row.hold_until = None
    _touch(signup, now)
    db.session.flush()
    telling.tell(row, event, now=now)
    promote(signup, event, now=now, zone=zone)
    return row


def change(registration_id: int, form: Form, *, now: datetime) -> Registration:
    """Change what somebody has answered and chosen, until the event begins. Raises NotFound, Refused.

    A session that is full keeps out who has it not; what one has stays.
    """
    row, signup, event = _of(registration_id)
    if row.state == "cancelled" or event.start <= now:
        raise Refused([Refusal("registration-closed", None, {"at": event.start})])
    had = {one.session_id: one for one in _chosen(row)}
    answers, found = rules.read_answers(signup.terms.questions, form.typed)
    places = {one.session_id: one for one in queries.session_places(event.id)}
    wanted = list(dict.fromkeys(form.sessions))
    if any(one not in places for one in wanted):
        found.append(Refusal("event-session-unknown", "sessions"))
    new = [places[one] for one in wanted if one in places and one not in had]
    found += [_session_full(one) for one in new if one.left == 0]
    if found:
        raise Refused(found)
    for session_id in had.keys() - set(wanted):
        places[session_id].taken -= row.holds
        db.session.execute(
            delete(SessionPlace).where(
                SessionPlace.registration_id == row.id, SessionPlace.session_id == session_id
            )
        )  # fmt: skip
    for place in new:
        place.taken += row.holds
        db.session.add(SessionPlace(registration_id=row.id, session_id=place.session_id))
    row.answers, row.diet, row.changed_at = dict(answers.given), answers.diet, now
    _touch(signup, now)
    db.session.flush()
    return row


# -- by staff ----------------------------------------------------------------------------------------------------------


def settle(
    actor: Actor, event_id: int, terms: Terms, *, now: datetime, zone: ZoneInfo,
    sessions: Mapping[int, int | None] | None = None,
) -> Signup:  # fmt: skip
    """Settle how one registers for an event, and for which of its sessions; what becomes free by it is offered.

    `sessions` gives the places of each session that is chosen, None of it without a bound; left out, they stay. Raises
    NotFound, NotAllowed, Refused.
    """
    _may(actor)
    event = events.get(event_id)
    if event is None or event.state == "template":
        raise NotFound
    found = queries.locked(event_id)
    signup = found[0] if found else Signup(event_id=event_id, taken=0, over=0, line=0, revision=0, changed_at=now)
    before = _terms_facts(signup.terms) if found else None
    if wrong := rules.terms_refusals(terms, event.span, signup.taken - signup.over):
        raise Refused(wrong)
    signup.opens, signup.closes, signup.capacity = terms.opens, terms.closes, terms.capacity
    signup.waitlist, signup.answer_hours, signup.guests = terms.waitlist, terms.answer_hours, terms.guests
    _rename_answers(event_id, rules.renamed_answers(signup.terms.questions if found else (), terms.questions))
    signup.diet_days, signup.questions = terms.diet_days, [one.written for one in terms.questions]
    if signup.capacity is not None:
        signup.over = max(0, signup.taken - signup.capacity)
    db.session.add(signup)
    _touch(signup, now)
    db.session.flush()
    if sessions is not None:
        _settle_sessions(event, sessions)
    promote(signup, event, now=now, zone=zone)
    audit.record(
        "registration.settled", subject=("event", event.id), actor=actor, now=now, before=before,
        after=_terms_facts(terms),
    )  # fmt: skip
    return signup


def _settle_sessions(event: Event, sessions: Mapping[int, int | None]) -> None:
    known = {row.id for row in events.sessions_of([event.id]).get(event.id, [])}
    if not known.issuperset(sessions):
        raise Refused([Refusal("event-session-unknown", "sessions")])
    rows = {row.session_id: row for row in queries.session_places(event.id)}
    for session_id, capacity in sessions.items():
        row = rows.get(session_id) or SessionPlaces(session_id=session_id, event_id=event.id, taken=0)
        if capacity is not None and not max(1, row.taken) <= capacity <= rules.MOST_PLACES:
            raise Refused([Refusal("registration-below", "sessions", {"count": max(1, row.taken)})])
        row.capacity = capacity
        db.session.add(row)
    for gone in rows.keys() - sessions.keys():
        db.session.execute(delete(SessionPlace).where(SessionPlace.session_id == gone))
        db.session.delete(rows[gone])
    db.session.flush()


def _rename_answers(event_id: int, renamed: Mapping[str, Mapping[str, str]]) -> None:
    """Have what people chose stay what they chose, whatever its number is by now."""
    for row in queries.every(event_id) if renamed else ():
        given = {name: renamed.get(name, {}).get(said, said) for name, said in row.answers.items()}
        if given != row.answers:
            row.answers = given


def _terms_facts(terms: Terms) -> dict[str, object]:
    return {
        "opens": terms.opens, "closes": terms.closes, "capacity": terms.capacity, "waitlist": terms.waitlist,
        "answer_hours": terms.answer_hours, "guests": terms.guests, "diet_days": terms.diet_days,
        "questions": [one.name for one in terms.questions],
    }  # fmt: skip


def add(
    actor: Actor, event_id: int, name: str, email: str, *, language: Language, now: datetime,
    reason: str = "", sessions: Sequence[int] = (),
) -> Registration:  # fmt: skip
    """Give somebody a place as staff, with or without an address; twice is the same as once, a wish becomes a place.

    With a `reason` also above what is settled, never above the fire limit. Raises NotFound, NotAllowed, Refused,
    Conflict.
    """
    _may(actor)
    signup, event = _locked(event_id)
    name, email = " ".join(name.split()), normal_email(email)
    wrong = rules.person_refusals(name, email) if email else rules.person_refusals(name, "a@example.org")
    if event.state != "published" or event.end <= now:
        wrong.append(Refusal("registration-none"))
    if wrong:
        raise Refused(wrong)
    row = queries.live(event_id, None, email) if email else None
    if row is not None and row.holds and row.state != "pending":
        return take(row.id, now=now) if row.state == "offered" else row
    ready = _ready(signup, event, Form(sessions=sessions, language=language), now, staff=True)
    if row is None:
        row = _new(signup, event, name, email, language, ready, now)
        member = members.by_email(email) if email else None
        row.member_id = member.id if member is not None and member.state == "active" else None
        row.added_by_id, row.state = actor.id, "pending"
        _add(row, ready)
        chosen = ready.sessions
    else:
        chosen = _still_free(row)
    if not row.holds:
        over = _pass_bounds(signup, event, reason)
        signup.over += over
        _seat(row, signup, None, chosen)
    row.state, row.confirmed_at, row.hold_until, row.changed_at = "registered", now, None, now
    if row.number is None:
        _number(row, signup)
    _touch(signup, now)
    db.session.flush()
    audit.record(
        "registration.added", subject=("event", event.id), actor=actor, member_id=row.member_id, now=now,
        after={"registration": row.id, "over": bool(signup.over), "why": reason},
    )  # fmt: skip
    telling.tell(row, event, now=now)
    return row


def _pass_bounds(signup: Signup, event: Event, reason: str) -> int:
    """Tell whether a place is given above what is settled. Raises Conflict without a reason, and for the fire limit."""
    if house_room(signup, event) == 0:
        raise Conflict([Refusal("house-full")])
    if signup.left != 0:
        return 0
    if not reason.strip():
        raise Conflict([Refusal("event-taken-staff", "reason", {"count": signup.capacity or 0})])
    return 1


def cancel_for(actor: Actor, registration_id: int, *, now: datetime, zone: ZoneInfo) -> Registration:
    """Take somebody off the list as staff; they are told. Raises NotFound, NotAllowed, Refused where it is over."""
    _may(actor)
    row, signup, event = _of(registration_id)
    if row.state == "cancelled":
        return row
    if event.end <= now:
        raise Refused([Refusal("event-over")])
    audit.record(
        "registration.cancelled", subject=("event", event.id), actor=actor, member_id=row.member_id, now=now,
        before={"state": row.state}, after={"state": "cancelled", "registration": row.id},
    )  # fmt: skip
    return _end(row, signup, event, "staff", now, zone)


def make_link(actor: Actor, event_id: int, name: str, quota: int, *, now: datetime) -> tuple[PartnerLink, str]:
    """Set places aside for who has a link; give it with its token, which is kept nowhere. Raises Refused, Conflict."""
    _may(actor)
    signup, event = _locked(event_id)
    name = " ".join(name.split())
    if not name or len(name) > rules.NAME_LONGEST or not 1 <= quota <= rules.MOST_PLACES:
        raise Refused([Refusal("link-malformed", "name", {"most": rules.MOST_PLACES})])
    if len(queries.links(event_id)) >= rules.MOST_LINKS:
        raise Refused([Refusal("link-many", None, {"most": rules.MOST_LINKS})])
    room = house_room(signup, event)
    if (signup.left is not None and signup.left < quota) or (room is not None and room < quota):
        left = min(one for one in (signup.left, room) if one is not None)
        raise Conflict([Refusal("link-large", "quota", {"count": left})])
    token = secrets.token_urlsafe(24)
    row = PartnerLink(
        event_id=event_id, name=name, token_hash=hashlib.sha256(token.encode()).digest(), quota=quota, used=0,
        made_at=now,
    )  # fmt: skip
    db.session.add(row)
    signup.taken += quota
    _touch(signup, now)
    db.session.flush()
    audit.record(
        "registration.link-made", subject=("event", event_id), actor=actor, now=now,
        after={"link": row.id, "name": name, "quota": quota},
    )  # fmt: skip
    return row, token


def _count_over(signup: Signup) -> None:
    """Let no more be above what is settled than there are still."""
    if signup.capacity is not None:
        signup.over = max(0, min(signup.over, signup.taken - signup.capacity))


def end_link(actor: Actor, event_id: int, link_id: int, *, now: datetime, zone: ZoneInfo) -> None:
    """End a link: who came by it stays, what is left of its places is everybody's. Raises NotFound."""
    _may(actor)
    signup, event = _locked(event_id)
    row = db.session.get(PartnerLink, link_id, populate_existing=True)
    if row is None or row.event_id != event_id:
        raise NotFound
    if row.ended_at is not None:
        return
    row.ended_at = now
    signup.taken -= row.quota - row.used
    _count_over(signup)
    _touch(signup, now)
    db.session.flush()
    audit.record(
        "registration.link-ended", subject=("event", event_id), actor=actor, now=now, before={"link": link_id},
        after={"used": row.used},
    )  # fmt: skip
    promote(signup, event, now=now, zone=zone)


# -- what follows an event ---------------------------------------------------------------------------------------------


def tell_of(event_id: int, at: datetime, after: int, *, now: datetime, zone: ZoneInfo) -> int:
    """Tell a batch of those who have registered what has changed of their event; give the last of them, 0 at the end.

    Of an event that is cancelled all are off. Who has been told already hears nothing twice: it may be begun anew.
    """
    found = queries.locked(event_id)
    if found is None or found[0].tell_at != at:
        return 0
    signup, event = found
    batch = queries.after(event_id, after, BATCH)
    if event.state == "cancelled":
        for row in batch:
            _free(row, signup)
            row.state, row.ended_at, row.ended_by, row.changed_at = "cancelled", now, "event", now
            row.offer_until = row.hold_until = None
        db.session.flush()
    if event.start > now + rules.REMINDED:  # of another day, whoever has been reminded of the one before
        for row in batch:
            row.reminded_at = None
    if event.state in ("published", "cancelled"):
        telling.tell_all([row for row in batch if row.knew and row.state != "pending"], event, now=now)
    if len(batch) == BATCH:
        return batch[-1].id
    signup.tell_at = None
    _touch(signup, now)
    promote(signup, event, now=now, zone=zone)
    return 0


def forget(registration_id: int, *, now: datetime, zone: ZoneInfo) -> None:
    """Delete a registration of somebody who is forgotten; the next in line is asked."""
    row, signup, event = _of(registration_id)
    _free(row, signup)
    db.session.delete(row)
    _touch(signup, now)
    db.session.flush()
    promote(signup, event, now=now, zone=zone)


# -- underneath --------------------------------------------------------------------------------------------------------


def _may(actor: Actor) -> None:
    if not may_manage_events(actor):
        raise NotAllowed([Refusal("event-staff")])


def _locked(event_id: int) -> tuple[Signup, Event]:
    found = queries.locked(event_id)
    if found is None:
        raise NotFound("registration-none")
    return found


def _of(registration_id: int) -> tuple[Registration, Signup, Event]:
    """Give a registration, behind the lock of its event's sign-up. Raises NotFound."""
    known = queries.get(registration_id)
    found = queries.locked(known.event_id) if known else None
    row = queries.fresh(registration_id) if found else None
    if found is None or row is None:
        raise NotFound("registration-unknown")
    return row, *found


def _touch(signup: Signup, now: datetime) -> None:
    signup.revision += 1
    signup.changed_at = max(now, signup.changed_at)
