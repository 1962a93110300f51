"""The trail of who did what, searched by administrators: what each entry changed, field by field."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.audit import queries
from innovation_station.audit import service as audit
from innovation_station.audit.personal import KEPT_FOR
from innovation_station.audit.queries import Sought, Told
from innovation_station.audit.rules import OUTCOMES
from innovation_station.db import transaction
from innovation_station.forms import parse_date, parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local, zone
from innovation_station.members import queries as members
from innovation_station.operating import words
from innovation_station.operating.staff import operator, pages
from innovation_station.people.rules import harmless
from innovation_station.spaces.rules import at_minute
from innovation_station.web import actor

AT_ONCE, MOST_TAKEN, LONGEST, FOUND_MOST = 50, 10_000, 100, 50
FIELDS = ("who", "whom", "action", "kind", "subject", "first", "last", "outcome", "text")


@pages.get("/trail")
def trail() -> str:
    """Show entries, newest first: by `who`, whose data (`whom`), an `action`, a `kind` of thing and its number, from
    the day `first` until `last`, with an `outcome`, in which a `text` stands; `before` pages on."""
    operator()
    asked = _asked()
    found = queries.search(_sought(asked), before=parse_id(request.args.get("before")), limit=AT_ONCE + 1)
    shown, names = found[:AT_ONCE], _names(found[:AT_ONCE])
    more = None
    if len(found) > AT_ONCE:
        kept: dict[str, Any] = {name: value or None for name, value in asked.items()}
        more = url_for("operations.trail", **kept, before=shown[-1].id)
    return render_template(
        "operating/trail.html", asked=asked, rows=[_row(one, names) for one in shown], more=more, outcomes=OUTCOMES,
        outcome_names=words.outcome_names(), years=KEPT_FOR.days // 365, most=MOST_TAKEN,
        narrowed=sum(1 for value in asked.values() if value),
    )  # fmt: skip


@pages.post("/trail.csv")
def take_trail() -> ResponseReturnValue:
    """Give the entries that a search finds as CSV, 10,000 at most; that this was done stands in the trail."""
    operator()
    asked = _asked()
    with transaction():
        after = {name: value for name, value in asked.items() if value}
        audit.record("audit.exported", subject=("audit", None), actor=actor(), after=after, now=clock.now())
    found = queries.search(_sought(asked), limit=MOST_TAKEN)
    answer = Response("".join(_csv(found, _names(found))), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="trail-{local(clock.now()):%Y-%m-%d}.csv"'
    return answer


def _asked() -> dict[str, str]:
    return {name: request.values.get(name, "").strip().replace("\0", "")[:LONGEST] for name in FIELDS}


def _sought(asked: Mapping[str, str]) -> Sought:
    """Read what is looked for; a day or number that is none narrows nothing."""
    first, last = parse_date(asked["first"]), parse_date(asked["last"])
    return Sought(
        actors=_ids(asked["who"]), members=_ids(asked["whom"]), action=asked["action"], kind=asked["kind"],
        subject=parse_id(asked["subject"]), start=at_minute(first, 0, zone()) if first else None,
        end=at_minute(last + timedelta(days=1), 0, zone()) if last else None,
        outcome=asked["outcome"] if asked["outcome"] in OUTCOMES else "", text=asked["text"],
    )  # fmt: skip


def _ids(given: str) -> tuple[int, ...] | None:
    """Give whom a number, an address or a part of a name means; None where nothing is asked."""
    if not given:
        return None
    number = parse_id(given)
    return (number,) if number else tuple(members.ids_called(given, limit=FOUND_MOST))


def _names(found: Sequence[Told]) -> dict[int, str]:
    ids = {who for one in found for who in (one.actor_id, one.member_id) if who is not None}
    return members.names_of(ids)


def _row(one: Told, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": one.id, "at": one.at, "action": one.action, "kind": one.subject_kind, "subject": one.subject_id,
        "who": _who(one.actor_id, names), "role": words.role_name(one.actor_role), "actor_id": one.actor_id,
        "whom": _who(one.member_id, names) if one.member_id else "", "member_id": one.member_id,
        "refused": one.outcome == "refused", "reason": one.reason, "where": _where(one),
        "request": one.request_id, "changes": changes(one.before, one.after),
    }  # fmt: skip


def _who(member_id: int | None, names: Mapping[int, str]) -> str:
    if member_id is None:
        return _("The house itself")
    return names.get(member_id) or _("Member %(id)s", id=member_id)


def _where(one: Told) -> str:
    return ", ".join(one.where[name] for name in ("way", "network", "session") if one.where.get(name))


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Give each field with what it was and what it is, None where nothing was said, in the order of their names."""
    return [
        (name, _text(before[name]) if name in before else None, _text(after[name]) if name in after else None)
        for name in sorted({*before, *after})
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _csv(found: Sequence[Told], names: Mapping[int, str]) -> Iterator[str]:
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"
    yield _line(
        _("Number"), _("When (UTC)"), _("What"), _("Kind"), _("Of number"), _("Who"), _("Role"), _("Whose data"),
        _("Outcome"), _("Reason"), _("From where"), _("Request"), _("Before"), _("After"),
    )  # fmt: skip
    for one in found:
        texts = (
            one.action, one.subject_kind, one.subject_id or "", _who(one.actor_id, names), one.actor_role,
            _who(one.member_id, names) if one.member_id else "", one.outcome, one.reason, _where(one), one.request_id,
            *(json.dumps(side, ensure_ascii=False, sort_keys=True) if side else "" for side in (one.before, one.after)),
        )  # fmt: skip
        yield _line(one.id, one.at.isoformat(timespec="milliseconds"), *(harmless(str(text)) for text in texts))


def _line(*cells: object) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(cells)
    return line.getvalue()
