"""The actions of deeds: what features declare, and the list that an app has of all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask, current_app

from innovation_station.errors import DomainError, Refusal
from innovation_station.members.rules import Person

_NAME = re.compile(r"[a-z]+(-[a-z]+)*")
_KEY = "station-deeds"


class Over(DomainError):
    """The link does nothing any more, or never did (410)."""

    status = 410


def over() -> Over:
    """Give what to raise where a deed's stamp no longer fits."""
    return Over([Refusal("deed-over")])


@dataclass(frozen=True, slots=True)
class Deed:
    """One action for one member, to the row `subject` as `stamp` names its state, good until an instant."""

    action: str
    member_id: int
    subject: int
    stamp: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What a deed would do, in the language in force: a question, sentences, and what the button says."""

    title: str
    texts: tuple[str, ...]
    button: str
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """That a deed is done, and the way back: the words of its button and the deed."""

    title: str
    texts: tuple[str, ...] = ()
    back: tuple[str, Deed] | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A kind of deed.

    `look` says what a deed would do or that it has been done, None where the thing has changed or gone, and raises what
    would be refused; it must change nothing. `act` does it inside the caller's transaction, on rows it has locked: a
    deed that is done is left alone, one whose stamp does not fit raises `over()`.
    """

    name: str
    look: Callable[[Person, Deed, datetime], Asked | Done | None]
    act: Callable[[Person, Deed, datetime], object]


def init_app(app: Flask, lists: Iterable[Iterable[Action]]) -> None:
    """Give the app the actions of all features. Raises ValueError for a name that is none or is taken."""
    found: dict[str, Action] = {}
    for action in (action for actions in lists for action in actions):
        if not _NAME.fullmatch(action.name) or action.name in found:
            raise ValueError(f"{action.name!r} is no name for another action")
        found[action.name] = action
    app.extensions[_KEY] = found


def known(name: str) -> Action | None:
    """Give one of the running app's actions."""
    return cast(Mapping[str, Action], current_app.extensions[_KEY]).get(name)
