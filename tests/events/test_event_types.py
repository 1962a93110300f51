"""What machines read of an event, held against schema.org's own types as a library has them."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient

from innovation_station.db import transaction
from innovation_station.events import service
from innovation_station.events.models import Event
from innovation_station.events.rules import Facts
from tests.conftest import NOW, TUESDAY, ZONE, at
from tests.events.conftest import Stage, stage, two_days
from tests.events.test_event_pages import linked, shown

__all__ = ["shown", "stage", "two_days"]
# Imported so, for its package asks itself for them without end.
MODELS, ENUMS = (importlib.import_module(f"msgspec_schemaorg.{name}") for name in ("models", "enums"))
HERE = "https://schema.org/"


def faults(node: dict[str, Any], where: str = "") -> Iterator[str]:
    """Say what of a node schema.org has not, or not so: its type, its properties, and what may stand in each."""
    model = getattr(MODELS, node.get("@type", ""), None)
    if model is None:
        yield f"{where} is no type: {node.get('@type')}"
        return
    types: dict[str, Any] = {}
    for parent in reversed(model.__mro__):
        types |= inspect.get_annotations(parent)
    for name, value in node.items():
        if name.startswith("@"):
            continue
        at_name = f"{where}.{name}"
        if name not in model.__struct_fields__:
            yield f"{at_name} is no property of {model.__name__}"
            continue
        may = set(re.findall(r"\w+", str(types[name])))
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                kinds = {parent.__name__ for parent in getattr(MODELS, one.get("@type", ""), object).__mro__}
                if not kinds & may:
                    yield f"{at_name} is no place for {one.get('@type')}"
                yield from faults(one, at_name)
            elif not _fits(one, may):
                yield f"{at_name} cannot be {one!r}"


def _fits(value: object, may: set[str]) -> bool:
    if isinstance(value, bool):
        return "bool" in may
    if not isinstance(value, str):
        return bool({"int", "float"} & may)
    members = [one.value for kind in may if (found := getattr(ENUMS, kind, None)) for one in found]
    if members:
        return value.removeprefix(HERE) in members and value.startswith(HERE)
    if "str" in may:
        return True
    if "URL" in may:
        return value.startswith(("http://", "https://"))
    return bool({"date", "datetime"} & may) and bool(datetime.fromisoformat(value))


def test_every_event_is_of_the_types_of_schema_org(client: FlaskClient, stage: Stage, shown: Event) -> None:
    def read(event: Event) -> dict[str, Any]:
        return linked(client.get(f"/events/{event.slug}").text)

    plain = read(shown)
    assert list(faults(plain)) == [] and plain["performer"] and plain["organizer"]
    stage.change(shown, lambda p: p.moved(1, 0, ZONE))
    moved = read(shown)
    assert list(faults(moved)) == [] and moved["previousStartDate"]
    with transaction():
        service.cancel(stage.who(), shown.id, ("Talaren är sjuk.", ""), now=NOW, zone=ZONE)
    assert list(faults(read(shown))) == []
    for format_ in ("online", "hybrid"):
        facts = Facts((format_, ""), format=format_, online_url="https://meet.example.org/x")
        assert list(faults(read(stage.publish(stage.event(at(TUESDAY, "15:00", "16:00"), facts))))) == []


def test_what_schema_org_has_not_is_found(client: FlaskClient, shown: Event) -> None:
    sound = linked(client.get(f"/events/{shown.slug}").text)
    for wrong in (
        {"@type": "Happening"}, {"nonsense": 1}, {"eventStatus": HERE + "EventPerhaps"}, {"eventStatus": "EventScheduled"},
        {"location": {"@type": "Offer", "price": "0"}}, {"location": {"@type": "Place", "price": "0"}}, {"url": "x"},
        {"isAccessibleForFree": "yes"},
    ):  # fmt: skip
        assert len(list(faults(sound | wrong))) >= 1, wrong
