"""The shortest way to tell a member something: a mail and nothing else, in one statement.

For what happens with every booking. The member's address and choices are read by the statement that writes the mail; it
writes none where the member chose anything but the default, or quiet hours, and then `service.notify` does it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, and_, bindparam, insert, literal_column, or_, select

from innovation_station.db import UtcDateTime, connection, db
from innovation_station.mail.models import Mail
from innovation_station.mail.rules import CalendarFacts, with_calendar
from innovation_station.members.models import Member
from innovation_station.notices import links, service
from innovation_station.notices.models import NoticeChoice, NoticeSettings
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Choice, Values

_mail, _member, _choice, _settings = (
    cast(Table, model.__table__) for model in (Mail, Member, NoticeChoice, NoticeSettings)
)
_ONE_MAIL = Choice("now", in_app=False)


def _statement() -> Any:
    of_kind = and_(_choice.c.member_id == _member.c.id, _choice.c.kind == bindparam("of_kind"))
    due, same = bindparam("due", type_=UtcDateTime), literal_column  # what never changes is no parameter
    columns: Mapping[str, Any] = {
        "message_id": bindparam("message_id", type_=_mail.c.message_id.type), "kind": same("'notice'"),
        "template": bindparam("template", type_=_mail.c.template.type), "receiver": _member.c.email,
        "name": _member.c.name, "language": _member.c.language, "member_id": _member.c.id,
        "content": bindparam("content", type_=_mail.c.content.type),
        "unsubscribe_url": bindparam("unsubscribe_url", type_=_mail.c.unsubscribe_url.type),
        "state": same("'queued'"), "created_at": bindparam("now", type_=UtcDateTime), "ordered_at": due, "due_at": due,
        "tries": same("0"), "lost": same("0"), "reason": same("''"),
    }  # fmt: skip
    found = (
        select(*columns.values())
        .select_from(
            _member.outerjoin(_choice, of_kind).outerjoin(_settings, _settings.c.member_id == _member.c.id)
        )
        .where(
            _member.c.id == bindparam("of_member"), _member.c.state == same("'active'"),
            _settings.c.quiet_start.is_(None),
            or_(_choice.c.mail.is_(None), and_(_choice.c.mail == same("'now'"), ~_choice.c.in_app)),
        )
    )  # fmt: skip
    made = insert(_mail).from_select(list(columns), found, include_defaults=False)
    return made.execution_options(preserve_rowcount=True)  # of an insert it is forgotten else


_INSERT = _statement()


def post(
    kind: Kind, member_id: int, values: Values, *, now: datetime, hold_until: datetime | None = None,
    calendar: CalendarFacts | None = None,
) -> bool:  # fmt: skip
    """Tell a member by mail alone; tell whether that was the way, so that nothing is left to do.

    For kinds whose default it is. The mail has no key; see `mail.queries.waiting` to find it again.
    """
    if kind.default != _ONE_MAIL:
        return False
    notice = {"kind": kind.name, "values": dict(values), "at": now.isoformat()}
    due = max(now, hold_until or now)
    given = {
        "of_member": member_id, "of_kind": kind.name, "message_id": secrets.token_hex(16), "now": now, "due": due,
        "template": kind.template, "content": with_calendar({"notice": notice}, calendar),
        "unsubscribe_url": links.end_path(member_id, kind.name),
    }  # fmt: skip
    written = connection().execute(_INSERT, given)
    if written.rowcount and due == now:
        db.session.info["mail_queued"] = True
    return bool(written.rowcount)


def tell(
    kind: Kind, member_id: int, values: Values, *, now: datetime, subject: str, hold_until: datetime,
    calendar: CalendarFacts | None = None,
) -> None:  # fmt: skip
    """Tell a member by the ways this member chose: by mail alone where that is one statement, else as `notify` does."""
    if not post(kind, member_id, values, now=now, hold_until=hold_until, calendar=calendar):
        service.notify(
            kind, member_id, values, now=now, subject=subject, hold_until=hold_until, calendar=calendar
        )  # fmt: skip
