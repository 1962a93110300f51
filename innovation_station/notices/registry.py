"""The kinds of notices: what features declare, and the list that an app has of all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, current_app

from innovation_station.members.rules import Actor, is_staff
from innovation_station.notices.rules import Choice, MailWay, Names, Said, Values

_NAME = re.compile(r"[a-z]+(-[a-z]+)*")
_KEY = "station-notices"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice: its name and what it is about (lazy texts), what it says, and what holds until one chooses.

    `say` gets the values that the notice was made with (texts, numbers, instants as ISO text, `people` as ids) and the
    short names of those people; it speaks the language in force. `template` names that of its mails.
    """

    name: str
    title: Any
    about: Any
    say: Callable[[Values, Names], Said]
    mail: MailWay = "now"
    in_app: bool = True
    staff: bool = False  # for those who work for the house alone
    template: str = "notice"

    @property
    def default(self) -> Choice:
        """Give what holds until a member chooses."""
        return Choice(self.mail, self.in_app)


def init_app(app: Flask, lists: Iterable[Iterable[Kind]]) -> None:
    """Give the app the kinds of all features, in that order. Raises ValueError for a name that is none or is taken."""
    found: dict[str, Kind] = {}
    for kind in (kind for kinds in lists for kind in kinds):
        if not _NAME.fullmatch(kind.name) or kind.name in found or kind.name == "digest":
            raise ValueError(f"{kind.name!r} is no name for another kind of notice")
        found[kind.name] = kind
    app.extensions[_KEY] = found


def kinds() -> Mapping[str, Kind]:
    """Give the running app's kinds by name, in their order."""
    return cast(Mapping[str, Kind], current_app.extensions[_KEY])


def kinds_for(reader: Actor) -> Mapping[str, Kind]:
    """Give the kinds that somebody can be told of."""
    return {name: kind for name, kind in kinds().items() if is_staff(reader) or not kind.staff}
