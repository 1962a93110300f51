"""What happens to notices: made, taken back, read, gathered into a digest; and what members choose."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from innovation_station.db import db
from innovation_station.errors import NotFound, Refused
from innovation_station.i18n import zone
from innovation_station.mail import service as mail
from innovation_station.mail.rules import Addressed, CalendarFacts, Receiver
from innovation_station.notices import links, queries, rules
from innovation_station.notices.models import Notice, NoticeChoice, NoticeSettings
from innovation_station.notices.queries import Reader
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import DIGEST, Choice, Frequency, Quiet, Values


def notify(
    kind: Kind, member_id: int, values: Values, *, now: datetime, subject: str = "", once: bool = False,
    hold_until: datetime | None = None, calendar: CalendarFacts | None = None,
) -> Notice | None:  # fmt: skip
    """Tell a member, by the ways this member chose for the kind; None where that is none, or the member has left.

    `values` is JSON with ids of people under `people` and no names. With `once` a second notice of the kind about the
    same `subject` is the first one. A mail waits until `hold_until`, the time of an undo, and for the quiet hours; it
    tells calendar programs what `calendar` says.
    """
    reader = queries.reader(member_id, kind.name)
    if reader is None or (once and _told(kind, member_id, subject)):
        return None
    choice = reader.choice or kind.default
    in_digest = choice.mail == "digest" and reader.digest != "off"
    if not choice.in_app and not in_digest and choice.mail != "now":
        return None
    notice = Notice(
        member_id=member_id, kind=kind.name, subject=subject, content=dict(values), in_app=choice.in_app,
        digest=in_digest, created_at=now, read_at=None if choice.in_app else now,
    )  # fmt: skip
    db.session.add(notice)
    db.session.flush()
    if choice.mail == "now":
        values = {"notice": _content(notice)}
        _mail(reader, kind.name, kind.template, values, _key(notice), now, hold_until, calendar)
    return notice


def notify_all(
    kind: Kind, member_ids: Collection[int], values: Values, *, now: datetime, subject: str = ""
) -> dict[int, tuple[str, str | None]]:  # fmt: skip
    """Tell many members the same, each by the ways they chose; three statements however many they are.

    Gives by member which way that was: `mail` with the message_id, `digest`, `list`, or `none`. Who has left is not in
    it.
    """
    told: dict[int, tuple[str, str | None]] = {}
    rows: list[dict[str, Any]] = []
    letters: list[Addressed] = []
    content = {"notice": {"kind": kind.name, "values": dict(values), "at": now.isoformat()}}
    for reader in queries.readers(member_ids, kind.name):
        choice = reader.choice or kind.default
        in_digest = choice.mail == "digest" and reader.digest != "off"
        way = "mail" if choice.mail == "now" else "digest" if in_digest else "list" if choice.in_app else "none"
        told[reader.id] = (way, None)
        if way == "none":
            continue
        rows.append({
            "member_id": reader.id, "kind": kind.name, "subject": subject, "content": dict(values),
            "in_app": choice.in_app, "digest": in_digest, "created_at": now, "read_at": None if choice.in_app else now,
        })  # fmt: skip
        if way == "mail":
            letters.append(
                Addressed(
                    Receiver(reader.email, reader.name, reader.language), content, reader.id,
                    links.end_path(reader.id, kind.name), rules.quiet_until(reader.quiet, now, zone()),
                )
            )  # fmt: skip
    if rows:
        db.session.execute(insert(Notice), rows)
    named = mail.queue_each(kind.template, letters, now=now, kind="notice") if letters else []
    for letter, message_id in zip(letters, named, strict=True):
        told[letter.member_id or 0] = ("mail" if message_id else "list", message_id)
    return told


def _told(kind: Kind, member_id: int, subject: str) -> bool:
    same = (Notice.member_id == member_id, Notice.kind == kind.name, Notice.subject == subject)
    return db.session.scalar(select(Notice.id).where(*same).limit(1)) is not None


def _mail(
    reader: Reader, kind: str, template: str, values: Values, key: str, now: datetime, hold_until: datetime | None,
    calendar: CalendarFacts | None = None,
) -> None:  # fmt: skip
    quiet = rules.quiet_until(reader.quiet, max(now, hold_until or now), zone())
    mail.queue(
        Receiver(reader.email, reader.name, reader.language), template, values, now=now, hold_until=quiet or hold_until,
        key=key, member_id=reader.id, kind="notice", unsubscribe_url=links.end_path(reader.id, kind),
        calendar=calendar,
    )  # fmt: skip


def _content(notice: Notice) -> dict[str, object]:
    return {"kind": notice.kind, "values": notice.content, "at": notice.created_at.isoformat()}


def _key(notice: Notice) -> str:
    """Name the mail of a notice; by its moment too, for SQLite gives the number of one that is gone to another."""
    return f"notice-{notice.id}-{notice.created_at.astimezone(UTC):%Y%m%d%H%M%S%f}"


def withdraw(
    member_id: int, subject: str, *, since: datetime, which: Callable[[Notice], bool] = lambda _notice: True
) -> list[Values]:  # fmt: skip
    """Take back what a member was told about a subject since then, or `which` of it, and give it, the earliest first.

    A mail goes with it where it has not left.
    """
    same = (Notice.member_id == member_id, Notice.subject == subject, Notice.created_at >= since)
    found = [notice for notice in db.session.scalars(select(Notice).where(*same).order_by(Notice.id)) if which(notice)]
    for notice in found:
        mail.withdraw(_key(notice))
        db.session.delete(notice)
    db.session.flush()
    return [notice.content for notice in found]


def recall(kind: Kind, member_id: int, subject: str) -> None:
    """Take back whatever a member was told by a kind about a subject, mails that have not left included."""
    same = (Notice.member_id == member_id, Notice.kind == kind.name, Notice.subject == subject)
    for notice in db.session.scalars(select(Notice).where(*same)).all():
        take_back(notice)


def told(kind: Kind, member_ids: Collection[int], subjects: Collection[str]) -> Sequence[Notice]:
    """List what members were told by a kind about some subjects."""
    return db.session.scalars(
        select(Notice).where(Notice.member_id.in_(member_ids), Notice.kind == kind.name, Notice.subject.in_(subjects))
    ).all()


def take_back(notice: Notice) -> None:
    """Delete a notice, and its mail if that has not left."""
    mail.withdraw(_key(notice))
    db.session.delete(notice)
    db.session.flush()


def settle(member_id: int, *, kind: Kind, subject: str, now: datetime) -> None:
    """Mark as read what a member has answered elsewhere."""
    same = (Notice.member_id == member_id, Notice.kind == kind.name, Notice.subject == subject)
    db.session.execute(update(Notice).where(*same, Notice.read_at.is_(None)).values(read_at=now))


def retract(member_id: int, *, about: int) -> None:
    """Delete what a member was told about another, mails that have not left included."""
    for notice in db.session.scalars(select(Notice).where(Notice.member_id == member_id)):
        if about in rules.people_of([notice.content]):
            mail.withdraw(_key(notice))
            db.session.delete(notice)
    db.session.flush()


def open_(member_id: int, notice_id: int, *, now: datetime) -> Notice:
    """Give one of the member's notices, read from now on. Raises NotFound."""
    notice = queries.mine(member_id, notice_id)
    if notice is None:
        raise NotFound("notice-unknown")
    notice.read_at = notice.read_at or now
    db.session.flush()
    return notice


def read_all(member_id: int, *, until: int, now: datetime) -> None:
    """Mark what a member has seen as read: everything up to the newest notice on the page."""
    unread = (Notice.member_id == member_id, Notice.read_at.is_(None), Notice.id <= until)
    db.session.execute(update(Notice).where(*unread).values(read_at=now))


def choose(member_id: int, chosen: Mapping[str, Choice], *, digest: Frequency, quiet: Quiet | None) -> None:
    """Store what a member wants to be told, by kind, and when. Raises Refused."""
    if quiet and (found := rules.quiet_refusals(quiet.start, quiet.end)):
        raise Refused(found)
    for kind, choice in chosen.items():
        db.session.merge(NoticeChoice(member_id=member_id, kind=kind, mail=choice.mail, in_app=choice.in_app))
    start, end = (quiet.start, quiet.end) if quiet else (None, None)
    db.session.merge(NoticeSettings(member_id=member_id, digest=digest, quiet_start=start, quiet_end=end))
    late = [kind for kind, choice in chosen.items() if choice.mail != "digest" or digest == "off"]
    _leave_out_of_digest(member_id, late)
    db.session.flush()


def end_mail(kind: Kind | None, member_id: int) -> None:
    """End a member's mails of a kind, or the digest (None). Ending twice is the same as once."""
    reader = queries.reader(member_id, kind.name if kind else DIGEST)
    if reader is None:
        return
    if kind is None:
        choose(member_id, {}, digest="off", quiet=reader.quiet)
        db.session.execute(update(Notice).where(Notice.member_id == member_id, Notice.digest).values(digest=False))
        return
    in_app = (reader.choice or kind.default).in_app
    db.session.merge(NoticeChoice(member_id=member_id, kind=kind.name, mail="off", in_app=in_app))
    _leave_out_of_digest(member_id, [kind.name])
    db.session.flush()


def _leave_out_of_digest(member_id: int, kinds: list[str]) -> None:
    late = (Notice.member_id == member_id, Notice.digest, Notice.kind.in_(kinds))
    db.session.execute(update(Notice).where(*late).values(digest=False))


def send_digest(member_id: int, *, now: datetime) -> bool:
    """Gather what waits for a member's digest into one mail; tell whether there was anything."""
    waiting, reader = queries.waiting(member_id), queries.reader(member_id, DIGEST)
    for notice in waiting:
        notice.digest = False
    db.session.flush()
    if not waiting or reader is None:
        return False
    shown = [_content(notice) for notice in waiting[-rules.DIGEST_LONGEST :]]
    values = {"notices": shown, "more": len(waiting) - len(shown)}
    _mail(reader, DIGEST, "digest", values, f"digest-{waiting[-1].id}", now, None)
    return True


def forget(member_id: int) -> int:
    """Delete all notices and choices of a member and give how many; mails are the outbox's own."""
    gone = 0
    for table in (Notice, NoticeChoice, NoticeSettings):
        gone += int(db.session.execute(delete(table).where(table.member_id == member_id)).rowcount)  # type: ignore[attr-defined]
    return gone
