"""A file of members that was taken along, changed in a program of tables, and comes back: what each line asks for.

A cell that says what the file would say now asks for nothing, in whichever language it was written: so the same file
twice changes nothing, and one that nobody has touched does not the first time. Members are known by their address;
columns that are figures or facts are not read.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any

from innovation_station.errors import Refusal, Refused
from innovation_station.i18n import LANGUAGES, speaking
from innovation_station.members import csv_lines
from innovation_station.members.models import Organisation
from innovation_station.members.rules import ROLES, normal_email
from innovation_station.members.words import role_name
from innovation_station.people import rules, words
from innovation_station.people.words import Known
from innovation_station.plans.rules import Catalogue

READ = ("name", "role", "organisation", "plan", "language")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its number, whose it is, its cells by column; or why it cannot be read."""

    number: int
    email: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says; `columns` are those of its first line that are read, `unread` those that are left alone."""

    rows: Sequence[Row]
    unread: Sequence[str]
    columns: Sequence[str]


def read(body: bytes) -> Sheet:
    """Read a file. Raises Refused where it has no column of addresses, or none that could be changed."""
    text = body.decode(csv_lines.encoding(BytesIO(body)), "replace").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > rules.FILE_LINES:
        raise Refused([Refusal("file-long", "file", {"most": rules.FILE_LINES})])
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip(" \t,;")]
    if not numbered:
        raise Refused([Refusal("file-columns", "file")])
    delimiter = max(";,\t", key=numbered[0][1].count)
    heads = next(csv.reader([numbered[0][1]], delimiter=delimiter))
    columns = [_columns().get(_clean(head).casefold(), "") for head in heads]
    if columns.count("email") != 1 or not set(READ) & set(columns):
        raise Refused([Refusal("file-columns", "file")])
    rows = list(_rows(numbered[1:], delimiter, columns))
    unread = [head for head, name in zip(heads, columns, strict=True) if name not in (*READ, "email")]
    return Sheet(rows, unread, [name for name in READ if name in columns])


def _columns() -> dict[str, str]:
    known = {name: name for name in (*READ, "email")}
    for one in LANGUAGES:
        with speaking(one):
            known |= {said.casefold(): name for name, said in words.column_names().items()}
    return known


def _clean(cell: str) -> str:
    return " ".join(unicodedata.normalize("NFC", cell).split())


def _rows(lines: Sequence[tuple[int, str]], delimiter: str, columns: Sequence[str]) -> Iterator[Row]:
    seen: set[str] = set()
    for number, line in lines:
        try:
            cells = next(csv.reader([line[: csv_lines.LONGEST_LINE]], delimiter=delimiter, strict=True))
        except csv.Error:
            yield Row(number, line[:60], refusal=Refusal("line-broken"))
            continue
        given = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
        email = normal_email(rules.unmarked(given.pop("email", "")))
        twice = Refusal("line-twice") if email in seen else None
        seen.add(email)
        yield Row(number, email, {name: cell for name, cell in given.items() if name in READ}, twice)


@dataclass(frozen=True)
class Names:
    """What cells may name: roles, organisations and plans, in all languages."""

    roles: Mapping[str, str]
    organisations: Mapping[str, int]
    plans: Mapping[str, int]


def names(catalogue: Catalogue, organisations: Sequence[Organisation]) -> Names:
    """Give the names as they are looked for."""
    roles = {role: role for role in ROLES}
    for one in LANGUAGES:
        with speaking(one):
            roles |= {_key(role_name(role)): role for role in ROLES}
    plans = {_key(said): plan.id for plan in catalogue.plans.values() for said in plan.names.values()}
    known = {_key(said): row.id for row in organisations for said in (row.name_sv, row.name_en)}
    return Names(roles, known, plans)


def _key(name: str) -> str:
    return _clean(name).casefold()


def written(known: Mapping[str, Known]) -> dict[str, set[str]]:
    """Give what the cells of a member say now, by column, in each language; `known` is the member in each."""
    found: dict[str, set[str]] = {name: set() for name in READ}
    for one, said in known.items():
        with speaking(one):  # type: ignore[arg-type]
            for name in READ:
                found[name].add(words.COLUMNS[name](said))
    return found


def wanted(
    row: Row, now_said: Mapping[str, set[str]], known: Names, today: date
) -> tuple[dict[str, Any], list[Refusal]]:
    """Give what a line asks for, and what of it cannot be read."""
    asked: dict[str, Any] = {}
    refused: list[Refusal] = []
    for name, cell in row.cells.items():
        text = rules.unmarked(cell)
        said = {_clean(one) for one in now_said[name]} | {_clean(rules.harmless(one)) for one in now_said[name]}
        if _clean(cell) in said or _clean(text) in said:
            continue
        value, why = _value(name, text, known, today)
        if why:
            refused.append(why)
        else:
            asked[name] = value
    return asked, refused


def _value(name: str, text: str, known: Names, today: date) -> tuple[Any, Refusal | None]:
    if name == "name":
        return _clean(text), None
    if name == "language":
        return text.lower() or None, None
    if name == "role":
        role = known.roles.get(_key(text))
        return role, None if role else Refusal("role-unknown", "role")
    if name == "plan":
        if not text:
            return None, Refusal("plan-emptied")
        plan = known.plans.get(_key(text))
        return (plan, today), None if plan else Refusal("plan-unnamed", None, {"name": text[:80]})
    if not text:
        return None, None
    organisation = known.organisations.get(_key(text))
    return organisation, None if organisation else Refusal("organisation-unnamed", None, {"name": text[:80]})
