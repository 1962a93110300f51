"""Who is a colleague of whom: the directory knows it, and says so here, since it lies above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, false

Knows = Callable[[Any, Any], ColumnElement[bool]]
_knows: list[Knows] = []


def known_by(knows: Knows) -> Knows:
    """Have a function give the condition that a member, a column, and another, an id or parameter, are colleagues."""
    _knows[:] = [knows]
    return knows


def are_colleagues(member: Any, other_id: Any) -> ColumnElement[bool]:
    """Give the condition that two members are colleagues; where nobody knows, none are."""
    return _knows[0](member, other_id) if _knows else false()
