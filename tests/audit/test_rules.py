"""What is written down and what is not, and how a chain is gone along."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from innovation_station.audit import rules
from innovation_station.audit.rules import NOBODY, Link, Sealable
from tests.conftest import NOW

ENTRY = Sealable(NOW, "member.role", "member", 1, 1, 2, "admin", "done", "", "r", b"w" * 32, b"x" * 32)


def chain(count: int) -> list[Link]:
    links, previous = [], NOBODY
    for place in range(1, count + 1):
        entry = replace(ENTRY, at=NOW + timedelta(minutes=place))
        digest = rules.seal(entry, position=place, previous=previous)
        parts = {"what": entry.what_hash, "where": entry.where_hash}
        links.append(Link(place * 10, place, previous, digest, entry, parts, frozenset()))
        previous = digest
    return links


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ({"role": "member", "name": "A"}, {"role": "host", "name": "A"}, {"before": {"role": "member"}, "after": {"role": "host"}}),
        (None, {"role": "host"}, {"after": {"role": "host"}}),
        ({"password_hash": "a"}, {"password_hash": "b"}, {"before": {"password_hash": "[hidden]"}, "after": {"password_hash": "[hidden]"}}),
        ({"password_hash": "a"}, {"password_hash": "a"}, {}),
        (None, {"inner": {"reset_token": "x", "n": 1}}, {"after": {"inner": {"reset_token": "[hidden]", "n": 1}}}),
        (None, {"key": b"\x00"}, {"after": {"key": "[hidden]"}}),
        (None, {"at": NOW}, {"after": {"at": "2026-11-23T07:10:00+00:00"}}),
        ({}, {}, {}),
    ],
)  # fmt: skip
def test_fields_that_differ_are_kept_and_secrets_are_not(before, after, kept) -> None:  # type: ignore[no-untyped-def]
    assert rules.differences(before, after) == kept


@pytest.mark.parametrize(
    ("address", "kept"),
    [("192.0.2.77", "192.0.2.0/24"), ("::ffff:192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"),
     (None, ""), ("elsewhere", "")],
)  # fmt: skip
def test_addresses_are_shortened(address: str | None, kept: str) -> None:
    assert rules.shortened(address) == kept


@pytest.mark.parametrize(("text", "fine"), [("member.role", True), ("two-factor.removed", True), ("member", False), ("Member.role", False), ("a.b;", False)])  # fmt: skip
def test_names_of_actions(text: str, fine: bool) -> None:
    assert rules.is_action(text) is fine


def test_whole_chain_is_found_whole() -> None:
    links = chain(3)
    assert rules.verified(links) == rules.Verdict(3, links[-1].hash or b"", ())
    assert rules.verified([]) == rules.Verdict(0, NOBODY, ())


@pytest.mark.parametrize(
    ("field", "value"),
    [("at", NOW), ("action", "member.name"), ("subject_kind", "space"), ("subject_id", 2), ("member_id", None),
     ("actor_id", 3), ("actor_role", "host"), ("outcome", "refused"), ("reason", "x"), ("request_id", "s")],
)  # fmt: skip
def test_each_changed_field_is_found(field: str, value: object) -> None:
    links = chain(3)
    links[1] = replace(links[1], entry=replace(links[1].entry, **{field: value}))
    assert [fault.partition(":")[0] for fault in rules.verified(links).faults] == ["entry 20"]


def test_entries_taken_out_put_in_and_unsealed_are_found() -> None:
    links = chain(4)
    assert "entry 30: stands at place 3, where 2 was due" in rules.verified([links[0], *links[2:]]).faults[0]
    forged = replace(links[1], hash=b"f" * 32)
    assert [fault.partition(":")[0] for fault in rules.verified([links[0], forged, *links[2:]]).faults] == [
        "entry 20",
        "entry 30",
    ]
    unsealed = Link(99, None, None, None, ENTRY, {}, frozenset())
    assert rules.verified([*links, unsealed]).faults == ("entry 99: written past the program, it was never sealed",)


def test_part_that_is_gone_needs_an_erasure() -> None:
    first, second = chain(2)
    gone = replace(second, parts={"what": None, "where": second.entry.where_hash})
    assert rules.verified([first, gone]).faults == ("entry 20: its part 'what' is gone, and no erasure tells why",)
    assert rules.verified([first, replace(gone, erased=frozenset({"what"}))]).faults == ()
    other = replace(second, parts={"what": b"o" * 32, "where": second.entry.where_hash})
    assert rules.verified([first, other]).faults == ("entry 20: its part 'what' was changed",)
