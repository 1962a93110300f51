"""What the outbox knows of people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import String, cast, delete, func, or_, select

from innovation_station.db import db
from innovation_station.mail import rules, service
from innovation_station.mail.models import Mail
from innovation_station.personal import DataClass, Personal, Record, Subject

personal = Personal()


def _records(member_id: int) -> Sequence[Record]:
    sent = db.session.scalars(select(Mail).where(Mail.member_id == member_id).order_by(Mail.id.desc()))
    return [
        Record(
            mail.template,
            {
                "to": mail.receiver, "kind": mail.kind, "template": mail.template, "state": mail.state,
                "written": mail.created_at.isoformat(), "ended": mail.ended_at and mail.ended_at.isoformat(),
            },
            mail.ended_at and mail.ended_at + rules.KEPT_FOR,
        )
        for mail in sent
    ]  # fmt: skip


def _erase(subject: Subject, _now: datetime) -> int:
    """Delete mails to the person, mails to others that name them and have not left, and files of both."""
    gone = service.forget(email=subject.email, member_id=subject.id)
    texts = (cast(Mail.content, String), Mail.key, Mail.reason)
    narrowed = or_(*(text.icontains(word, autoescape=True) for text in texts for word in subject.spellings))
    for mail_id, *found in db.session.execute(select(Mail.id, *texts).where(narrowed)).all():
        if any(subject.is_named_in(text or "") for text in found):
            gone += int(db.session.execute(delete(Mail).where(Mail.id == mail_id)).rowcount)  # type: ignore[attr-defined]
    for path in _files():
        if _names(path, subject):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _files() -> list[Path]:
    """List the messages that the default transport wrote into files."""
    url: str = current_app.config["STATION"].mail_url
    folder = Path(url.removeprefix("file://"))
    return sorted(folder.glob("*.eml")) if url.startswith("file:") and folder.is_dir() else []


def _names(path: Path, subject: Subject) -> bool:
    try:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        to = [address.casefold() for _name, address in getaddresses(message.get_all("To", []))]
        if subject.email.casefold() in to:
            return True
        texts = [_text(part) for part in message.walk()]
    except (OSError, LookupError, ValueError):
        return False
    return subject.is_named_in("\n".join([str(message.get("Subject", "")), *texts]).replace(rules.GAP, ""))


def _text(part: EmailMessage) -> str:
    """Give what a part of a message says: texts, and files for calendars, whose lines are broken anywhere."""
    if part.get_content_type() == "application/ics":
        return str(part.get_content().decode("utf-8", "replace")).replace("\r\n ", "")
    return str(part.get_content()) if part.get_content_maintype() == "text" else ""


def _old_files(now: datetime) -> list[Path]:
    last = (now - rules.KEPT_FOR).timestamp()
    return [path for path in _files() if path.stat().st_mtime < last]


def _expired(now: datetime, _held: Collection[int]) -> int:
    over = select(func.count()).where(Mail.ended_at < now - rules.KEPT_FOR)
    return (db.session.scalar(over) or 0) + len(_old_files(now))


def _purge(now: datetime, _held: Collection[int]) -> int:
    old = _old_files(now)
    for path in old:
        path.unlink(missing_ok=True)
    return service.purge(now=now) + len(old)


personal.add(
    DataClass(
        name="mail",
        tables=("mail",),
        title=_l("Mail to you"),
        holds=_l("Which mails you were sent, when, and whether they arrived. What they say goes once they have left."),
        purpose=_l("So that mail arrives, and the house can tell when it did not."),
        basis="contract",
        retention=_l("30 days after a mail has left."),
        ends="erase",
        records=_records,
        erase=_erase,
        expired=_expired,
        purge=_purge,
    )
)
