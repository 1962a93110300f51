"""What the house knows of people: one list of data classes, from which export, erasure, retention and the page about
privacy are made; and what is let go when somebody leaves.

A feature says in its module `personal` what it keeps of people, the factory collects the lists:

    personal = Personal()
    personal.add(DataClass(name="feeds", tables=("feed", "feed_month"), ...))
    personal.impersonal("space", "zone")        # tables that hold nothing of people
    personal.lets_go(Farewell(name="feeds", ...))

A table that stands in no list fails the suite (tests/privacy/test_registry.py): who adds one decides.

Every function runs in the caller's transaction, flushes and never commits. Those of earlier features run after those of
later ones: what points is gone before what it points to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from flask import Flask
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute

from innovation_station.db import db

Basis = Literal["contract", "public-task", "legal-duty", "interest", "consent"]
End = Literal["erase", "anonymise", "archive"]
NOBODY_HELD: frozenset[int] = frozenset()
_KEY = "station-personal"


@dataclass(frozen=True, slots=True)
class Subject:
    """The person that is forgotten, as they were known."""

    id: int
    email: str
    name: str

    def is_named_in(self, text: str) -> bool:
        """Tell whether a text holds the address or the whole name as words, plain or as JSON escapes it."""
        low = text.casefold()
        return any(re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", low) for word in self.spellings)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Give address and whole name in the spellings they are stored in. A database only narrows down by them."""
        words = [word for word in (self.email, self.name) if len(word) > 3]
        return tuple(dict.fromkeys([*words, *(json.dumps(word)[1:-1] for word in words)]))


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that is known of a person: its fields as JSON has them, and when it goes by itself.

    `until` is None where it stays as long as the account.
    """

    title: str
    fields: Mapping[str, Any]
    until: datetime | None = None


def no_files(_member_id: int) -> Mapping[str, bytes]:
    """Give no files: most classes have none."""
    return {}


def nothing_expires(_now: datetime, _held: Collection[int]) -> int:
    """Find nothing: the class stays as long as the account."""
    return 0


@dataclass(frozen=True, slots=True)
class Aged:
    """The rows of a table that outlive their time: which those are (`over`) at an instant, without those of members who
    are held, named by the column of their `key`. Its methods are a DataClass's `expired` and `purge`."""

    key: InstrumentedAttribute[int]
    over: Callable[[datetime, Collection[int]], ColumnElement[bool]]
    batch: int = 200

    def expired(self, now: datetime, held: Collection[int]) -> int:
        """Count them."""
        return db.session.scalar(select(func.count(self.key)).where(self.over(now, held))) or 0

    def purge(self, now: datetime, held: Collection[int]) -> int:
        """Delete a batch of them; give how many that were."""
        some = select(self.key).where(self.over(now, held)).limit(self.batch)
        gone = delete(self.key.class_).where(self.key.in_(some)).execution_options(synchronize_session=False)
        return int(db.session.execute(gone).rowcount)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class DataClass:
    """One kind of data about people.

    `title`, `holds`, `purpose` and `retention` are texts in the reader's language (lazy). `ends` is what erasure does.
    `records` lists what there is of a member, `files` what goes into the export as it is, by name. `erase` takes the
    person out of the class and gives how many rows it touched. `expired` counts what has outlived its time and `purge`
    takes at most a batch of it, sparing the members that are `held` by law; purge is called until it gives 0.
    """

    name: str
    tables: tuple[str, ...]
    title: Any
    holds: Any
    purpose: Any
    basis: Basis
    retention: Any
    ends: End
    records: Callable[[int], Sequence[Record]]
    erase: Callable[[Subject, datetime], int]
    files: Callable[[int], Mapping[str, bytes]] = no_files
    expired: Callable[[datetime, Collection[int]], int] = nothing_expires
    purge: Callable[[datetime, Collection[int]], int] = nothing_expires


@dataclass(frozen=True, slots=True)
class Farewell:
    """What a feature lets go when a member's membership is paused or ended.

    `title` is what is let go, in the plural (lazy). `tells` lists it in lines of the reader's language, `release` does
    it; both take the member, now, and until when the pause lasts (None: for good, or open). `release` also takes who
    asked. `when` says at which of the two. `hand_over` comes before that and gives what it can to another member: it
    takes who asked, the member, the other member, now, and until when, and gives how many.
    """

    name: str
    title: Any
    tells: Callable[[int, datetime, datetime | None], Sequence[str]]
    release: Callable[[Any, int, datetime, datetime | None], int]
    when: frozenset[Literal["pause", "end"]] = frozenset({"pause", "end"})
    hand_over: Callable[[Any, int, int, datetime, datetime | None], int] | None = None


@dataclass
class Personal:
    """A feature's classes, its tables without any, and its farewells."""

    classes: list[DataClass] = field(default_factory=list)
    farewells: list[Farewell] = field(default_factory=list)
    without: set[str] = field(default_factory=set)

    @property
    def in_reading_order(self) -> list[DataClass]:
        """Give the classes as people look for them: the account first, what lies below the features last."""
        first = next((place for place, data in enumerate(self.classes) if data.name == "account"), 0)
        return self.classes[first:] + self.classes[:first]

    def add(self, data: DataClass) -> DataClass:
        """Add a class."""
        self.classes.append(data)
        return data

    def lets_go(self, farewell: Farewell) -> Farewell:
        """Add a farewell."""
        self.farewells.append(farewell)
        return farewell

    def impersonal(self, *tables: str) -> None:
        """Say that tables hold nothing of people, neither keys nor words."""
        self.without.update(tables)


def init_app(app: Flask, lists: Iterable[Personal]) -> None:
    """Give the app the lists of all features, in the order of the features. Raises ValueError where names repeat."""
    found = Personal()
    for personal in lists:
        found.classes += personal.classes
        found.farewells += personal.farewells
        found.without |= personal.without
    for names in ([data.name for data in found.classes], [farewell.name for farewell in found.farewells]):
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two classes are named {', '.join(sorted(twice))}")
    app.extensions[_KEY] = found


def known(app: Flask) -> Personal:
    """Give all classes, farewells and tables without any, in the order of the features."""
    return cast(Personal, app.extensions[_KEY])
