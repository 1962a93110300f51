"""Many members at once, from a file: made as accounts that nobody has taken yet. A service, in short transactions.

A batch at a time, so that others write in between and memory stays as it is however long the file. Made again from the
same file nobody is made twice: who has an account is left alone.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, delete, insert, select

from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import Refusal, Refused
from innovation_station.mail import service as mail
from innovation_station.mail.rules import Receiver
from innovation_station.members import csv_lines, tickets
from innovation_station.members.csv_lines import Row
from innovation_station.members.joining import NO_PASSWORD
from innovation_station.members.models import ImportFile, Member
from innovation_station.members.rules import Actor, Language
from innovation_station.personal import Subject

KEPT_FOR = timedelta(days=1)


@dataclass
class Import:
    """One run over a file. `only_try` saves nothing; `invite` sends each new member a link."""

    actor: Actor | None
    language: Language
    only_try: bool = True
    invite: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    _seen: set[bytes] = field(default_factory=set)

    def take(self, rows: Sequence[Row], *, now: datetime) -> list[tuple[Row, str]]:
        """Take a batch in, in the caller's transaction; say of each line: new, known, double or refused."""
        known = set(db.session.scalars(select(Member.email).where(Member.email.in_({row.email for row in rows}))))
        outcomes = [(row, self._outcome(row, known)) for row in rows]
        fresh = [row for row, outcome in outcomes if outcome == "new"]
        if fresh and not self.only_try:
            self._make(fresh, now)
        self.counts.update(outcome for _row, outcome in outcomes)
        return outcomes

    def _outcome(self, row: Row, known: set[str]) -> str:
        if row.refusal:
            return "refused"
        mark = hashlib.blake2b(row.email.encode(), digest_size=8).digest()  # 10,000 of them take a megabyte
        if mark in self._seen:
            return "double"
        self._seen.add(mark)
        return "known" if row.email in known else "new"

    def _make(self, rows: Sequence[Row], now: datetime) -> None:
        blank = {"role": "member", "state": "invited", "password_hash": NO_PASSWORD, "visible": False,
                 "created_at": now, "tour_due": True, "bookings_revision": 0}  # fmt: skip
        made: list[dict[str, Any]] = [
            {"email": row.email, "name": row.name, "language": row.language, **blank} for row in rows
        ]
        db.session.execute(insert(Member), made)
        after = {"count": len(rows), "invited": self.invite}
        audit.record("member.import", subject=("house", None), actor=self.actor, now=now, after=after)
        if self.invite:
            self._invite(rows, now)

    def _invite(self, rows: Sequence[Row], now: datetime) -> None:
        emails = [row.email for row in rows]
        ids = {email: key for key, email in db.session.execute(
            select(Member.id, Member.email).where(Member.email.in_(emails)))}  # fmt: skip
        tokens = tickets.issue_all("invite", ids, now=now)
        letters = [
            (Receiver(row.email, row.name, _language(row.language) or self.language), {"token": tokens[row.email]},
             ids[row.email])
            for row in rows
        ]  # fmt: skip
        mail.queue_all("invitation", letters, now=now)


# -- the file between its trial and its run ---------------------------------------------------------------------------


def keep(actor: Actor, body: bytes, *, now: datetime) -> None:
    """Keep a file that was tried, one for each of the staff, so that it has not to be chosen again."""
    forget(actor.id)
    db.session.add(ImportFile(member_id=actor.id, body=body, kept_at=now, expires_at=now + KEPT_FOR))
    db.session.flush()


def kept(actor: Actor, *, now: datetime) -> BinaryIO:
    """Give the file that somebody has tried. Raises Refused where there is none, or it is too old."""
    mine = (ImportFile.member_id == actor.id, ImportFile.expires_at > now)
    body = db.session.scalar(select(ImportFile.body).where(*mine))
    if body is None:
        raise Refused([Refusal("file-gone", "file")])
    return BytesIO(body)


def forget(member_id: int) -> int:
    """Delete what somebody has tried; give how many files."""
    return _deleted(ImportFile.member_id == member_id)


def forget_naming(subject: Subject) -> int:
    """Delete the files that hold somebody's address or name; give how many."""
    found = [row.member_id for row in db.session.scalars(select(ImportFile)) if subject.is_named_in(_text(row.body))]
    return _deleted(ImportFile.member_id.in_(found)) if found else 0


def _text(body: bytes) -> str:
    return unicodedata.normalize("NFC", body.decode(csv_lines.encoding(BytesIO(body)), "replace"))


def sweep(*, now: datetime) -> int:
    """Delete files that are too old; give how many."""
    return _deleted(ImportFile.expires_at <= now)


def _deleted(where: ColumnElement[bool]) -> int:
    return int(db.session.execute(delete(ImportFile).where(where)).rowcount)  # type: ignore[attr-defined]


def _language(code: str | None) -> Language | None:
    return "sv" if code == "sv" else "en" if code == "en" else None
