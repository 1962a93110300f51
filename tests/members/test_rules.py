"""What a member may be called, and which passwords are let in."""

from __future__ import annotations

import pytest

from innovation_station.members import rules

GOOD = {"email": "alva@example.org", "name": "Alva Lindqvist", "role": "member", "password": "plats-for-nasta-ide"}


def codes(**changes: str) -> list[str]:
    return [refusal.code for refusal in rules.account_refusals(**{**GOOD, **changes})]


def test_good_account_is_not_refused() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    "email",
    [
        "",
        "alva",
        "@example.org",
        "alva@",
        "alva@example",
        "alva@example.o",
        "a b@example.org",
        "alva@@example.org",
        "alva@exam ple.org",
        "alva@example.org\nBcc: x@example.org",
        "alva\x00@example.org",
        "<alva@example.org>",
        "alva@example.org,bo@example.org",
        "alva;bo@example.org",
        '"alva"@example.org',
        "a" * 65 + "@example.org",
        "a@" + "b" * 260 + ".org",
        "alva@example.org>",
        "alva@example..org" + "\x7f",
    ],
)
def test_email_that_is_none_is_refused(email: str) -> None:
    assert codes(email=email) == ["email-malformed"]


@pytest.mark.parametrize("email", ["å.ä-ö+x@example.org", "a@b.se", "o'hara@xn--exmple-cua.org", "x@räksmörgås.se"])
def test_unusual_email_is_taken(email: str) -> None:
    assert codes(email=email) == []


@pytest.mark.parametrize("spelling", ["ALVA@Example.ORG", " alva@example.org ", "alva@example.org"])
def test_address_has_one_spelling(spelling: str) -> None:
    assert rules.normal_email(spelling) == "alva@example.org"


def test_composed_and_decomposed_letters_are_one_address() -> None:
    assert rules.normal_email("a\u030a@example.org") == rules.normal_email("\u00e5@example.org")


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "Alva\nLindqvist", "Alva\x00", "a\u202eb", "a\ud800b"])
def test_name_that_cannot_be_shown_is_refused(name: str) -> None:
    assert codes(name=name) == ["name-malformed"]


def test_every_fault_is_said_at_once() -> None:
    found = codes(email="", name="", role="owner", password="short")
    assert found == ["email-malformed", "name-malformed", "role-unknown", "password-short"]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password-short"),
        ("fourteen-chars", "password-short"),
        ("x" * 1001, "password-long"),
        ("passwordpassword", "password-common"),
        ("PassWord PassWord", "password-common"),
        ("aaaaaaaaaaaaaaaa", "password-common"),
        ("abcabcabcabcabcabc", "password-common"),
        ("123456789012345678", "password-common"),
        ("abcdefghijklmnopqrst", "password-common"),
        ("qwertyuiopasdfghjkl", "password-common"),
        ("innovationstation", "password-common"),
        ("innovation-station-2026", "password-common"),
        ("lösenordlösenord!", "password-common"),
        ("correct horse battery staple", "password-common"),
        ("alva.lindqvist.2026", "password-common"),
        ("alva@example.org1", "password-common"),
    ],
)
def test_password_that_others_guess_is_refused(password: str, code: str) -> None:
    assert codes(password=password) == [code]


@pytest.mark.parametrize(
    "password",
    [
        "fifteen-letters",
        "plats-for-nasta-ide",
        "x1!" * 5 + "ordentligt långt",
        "ett två tre fyra fem",
        "\t tabbar och blanksteg \t",
        "人人生而自由在尊严和权利上一律平等",
        "🪑 stol bord lampa 🪑",
        "längre än sextiofyra tecken " * 4,
        "a\x00b" + "c1d2e3f4g5h6",
    ],
)
def test_long_password_of_any_letters_is_taken(password: str) -> None:
    assert codes(password=password) == []


@pytest.mark.parametrize(
    ("name", "short", "initials"),
    [
        ("Maja Öberg", "Maja Ö.", "MÖ"),
        ("Cher", "Cher", "C"),
        ("Karl Gustaf von Essen", "Karl E.", "KE"),
        ("  ", "  ", "?"),
        ("42 8", "42 8.", "?"),
        ("åke ängel", "åke ä.", "ÅÄ"),
    ],
)
def test_names_are_shortened_for_others(name: str, short: str, initials: str) -> None:
    assert (rules.short_name(name), rules.initials(name)) == (short, initials)
