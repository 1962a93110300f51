"""The house as a file, for who runs the program: written out, and taken in where it hits nobody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from innovation_station.db import transaction
from innovation_station.housing import arranging, files, rules, words
from innovation_station.housing.rules import HouseDoc
from innovation_station.i18n import zone
from innovation_station.members.rules import Actor
from innovation_station.policies import queries as policies
from innovation_station.spaces.queries import house as read_house


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the program: may do what administrators may, and is nobody in the trail."""

    id: int = cast(int, None)
    role: str = "admin"


def text_of(doc: HouseDoc) -> str:
    """Write a document as the text of a file."""
    return json.dumps(rules.house_data(doc), ensure_ascii=False, indent=1) + "\n"


def written() -> str:
    """Give the whole house as the text of a file."""
    return text_of(rules.house_of(read_house(), policies.hours()))


def take(data: bytes, *, only_look: bool, now: datetime) -> tuple[list[str], int]:
    """Have the house be as a file says; give what that is, and how many bookings to come it hits.

    Where it hits any nothing is done: who loses a place is decided about on the page. Raises Refused, Conflict.
    """
    actor = cast(Actor, Operator())
    with transaction():
        doc = rules.resolved(files.read(data), read_house())
        looked = arranging.look(actor, doc, now=now, zone=zone(), overlaps=True)
        lines, hit = words.change_lines(looked.change, read_house()), len(looked.met.hits)
        if not only_look and not hit:
            arranging.save(actor, doc, now=now, zone=zone(), overlaps=True)
    return lines, hit
