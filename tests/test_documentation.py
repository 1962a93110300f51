"""What the program says and what is said of it: every refusal, text, setting, command and address, in both languages."""

from __future__ import annotations

import ast
import io
import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from flask import Flask
from markupsafe import Markup

from innovation_station import settings
from innovation_station.cli import cli
from innovation_station.errors import Refusal
from innovation_station.i18n import REFUSALS, WRITTEN, sentence, speaking
from innovation_station.jobs.registry import tasks
from innovation_station.spaces.rules import Language
from tests.conftest import TUESDAY, app_on, at
from tests.test_permissions import shape

ROOT = Path(__file__).resolve().parents[1]
CODE = sorted(path for path in (ROOT / "innovation_station").rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted(path for kind in ("*.html", "*.txt") for path in (ROOT / "templates").rglob(kind))
CATALOGUE = ROOT / "innovation_station" / "translations" / "sv" / "LC_MESSAGES" / "messages.po"
DOCS = "\n".join(path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Give an app whose database is never asked."""
    folder = tmp_path_factory.mktemp("plain")
    return app_on(f"sqlite:///{folder / 'none.db'}", folder / "instance")


# -- refusals ---------------------------------------------------------------------------------------------------------


def texts(node: ast.expr) -> Iterator[str]:
    """Give the constants an expression may come to: «a», «a if x else b», {x: a}[y]."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def refused_in(tree: ast.AST) -> Iterator[tuple[str, set[str] | None]]:
    """Give each code that a file refuses with, and the names of its values where they stand there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in ("Refusal", "NotFound") and node.args:
                given = node.args[2] if len(node.args) > 2 else None
                keys = {key.value for key in given.keys if isinstance(key, ast.Constant)} if isinstance(given, ast.Dict) else None  # fmt: skip
                for code in texts(node.args[0]):
                    yield code, keys if given is not None else set()
        elif isinstance(node, ast.Assign) and any(getattr(t, "id", "") in ("code", "codes") for t in node.targets):
            values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
            for value in values:
                yield from ((code, None) for code in texts(value) if code)


def used() -> dict[str, list[set[str] | None]]:
    found: dict[str, list[set[str] | None]] = {"not-found": [set()]}  # what NotFound says by itself
    for source in (path.read_text("utf-8") for path in CODE):
        for code, keys in refused_in(ast.parse(source)):
            found.setdefault(code, []).append(keys)
    found.pop("form", None)  # stands for the fields' own sentences, which the page shows instead
    return found


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)", text))


def test_every_refusal_has_its_sentence_and_every_sentence_its_refusal() -> None:
    codes = used()
    assert set(codes) - set(REFUSALS) == set()
    assert set(REFUSALS) - set(codes) == set()
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_values_of_refusals_are_those_of_their_sentences() -> None:
    for code, given in used().items():
        wanted = placeholders(str(REFUSALS[code]._args[0]))
        for keys in given:
            assert keys is None or wanted <= keys, f"{code} is refused with {keys} and says {wanted}"


EXAMPLES: dict[str, Any] = {
    "span": at(TUESDAY, "09:00", "11:00"),
    "day": TUESDAY,
    "last": TUESDAY,
    "minutes": 90,
    "at": at(TUESDAY, "09:00", "11:00").start,
    "holiday": {"sv": "juldagen", "en": "Christmas Day"},
    "plan": {"sv": "Medlem", "en": "Member"},
    "allowed": 600,
    "left": 90,
    "of": "desk",
    "per": "week",
    "who": "host",
    "event": {"sv": "Kickoffen", "en": "The kickoff"},
}


@pytest.mark.parametrize("locale", ["sv", "en"])
def test_refusals_are_said_in_both_languages(plain: Flask, locale: Language) -> None:
    with plain.test_request_context(headers={"Accept-Language": locale}), speaking(locale):
        said = {}
        for code, text in REFUSALS.items():
            values = {name: EXAMPLES.get(name, "A1") for name in placeholders(str(text._args[0]))}
            said[code] = sentence(Refusal(code, None, values))
            assert (
                not re.search(r"%\(|%s|None|Span\(|datetime|2026-11-24(?!\.)", said[code]) or code == "date-malformed"
            )
            assert said[code][0].isupper() or said[code].startswith("A1") or said[code][0].isdigit(), code
            assert said[code].endswith("."), code
    assert len(set(said.values())) == len(said)
    assert set(WRITTEN) <= set(EXAMPLES)


def test_refusals_are_translated() -> None:
    catalogue = swedish()
    for code, text in REFUSALS.items():
        source = str(text._args[0])
        message = catalogue.get(source)
        assert message and message.string and message.string != source, code


# -- the catalogue ----------------------------------------------------------------------------------------------------


def swedish() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="sv")


def extracted() -> dict[tuple[str | None, str], tuple[str, str] | str]:
    """Read every text out of code and templates, as pybabel does with the project's own mapping."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]["mappings"]
    assert {mapping["pattern"] for mapping in mappings} >= {"innovation_station/**.py", "templates/**.html"}
    keywords = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "N_": None, "ngettext": (1, 2),
                "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}  # fmt: skip
    found: dict[tuple[str | None, str], tuple[str, str] | str] = {}
    for path in (*CODE, *TEMPLATES):
        method = "python" if path.suffix == ".py" else "jinja2"
        options = {"trimmed": "false", "silent": "false"} if method == "jinja2" else {}
        for _line, message, _comments, context in extract_from_file(method, path, keywords, (), options):
            if message and "style.html" not in path.name:
                found[context, message if isinstance(message, str) else message[0]] = message
    return found


def test_every_text_is_in_the_catalogue_and_nothing_else() -> None:
    texts = extracted()
    catalogue = {(message.context, _key(message)): message for message in swedish() if message.id}
    assert sorted(str(key) for key in set(texts) - set(catalogue)) == []
    assert sorted(str(key) for key in set(catalogue) - set(texts)) == []
    for key, message in catalogue.items():
        assert isinstance(message.id, str) == isinstance(texts[key], str), key


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def test_catalogue_is_clean() -> None:
    catalogue = swedish()
    assert not catalogue.obsolete
    text = CATALOGUE.read_text("utf-8")
    keys = re.findall(r'(?m)^(msgctxt ".*"\n)?msgid ((?:".*"\n)+)', text)
    assert len(keys) == len(set(keys)), sorted(key for key in set(keys) if keys.count(key) > 1)
    for message in catalogue:
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        assert not message.fuzzy and all(strings), message.id
        assert len(strings) == (1 if isinstance(message.id, str) else 2), message.id
        for string in strings:
            assert placeholders(string) <= set().union(*map(placeholders, ids)) | {"num"}, message.id
            assert string == string.strip() and "  " not in string, message.id
            assert string.endswith(".") == ids[0].endswith("."), message.id
        assert set().union(*map(placeholders, ids)) - {"num"} <= set().union(*map(placeholders, strings)), message.id


def test_catalogue_is_read_with_care() -> None:
    broken = io.BytesIO(b'msgid ""\nmsgstr ""\n\nmsgid "a"\nmsgstr ""\n')
    (message,) = [message for message in read_po(broken, locale="sv") if message.id]
    assert not message.string


# -- words outside of the catalogue -----------------------------------------------------------------------------------

NAMES = {"Innovation Station", "English", "Svenska", "Thunderbird", "Google Calendar", "Outlook"}
WORDS_IN = re.compile(
    r"(?i)\b(?:aria-label|title|alt|placeholder|aria-description)\s*=\s*\"([^\"{}]*[a-zåäö]{2}[^\"{}]*)\""
)


def written(source: str) -> list[str]:
    """Give what of a template is text for people and stands outside of every expression and tag."""
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "\x00", source, flags=re.DOTALL)
    attributes = WORDS_IN.findall(source)
    source = re.sub(r"<!--.*?-->|<!doctype[^>]*>", "", source, flags=re.DOTALL | re.IGNORECASE)
    source = re.sub(r"<(/?[a-zA-Z\x00][^<>]*)>", "\n", source)
    lines = (line.replace("\x00", "").strip() for line in source.splitlines())
    lines = (line for line in lines if not re.fullmatch(r'[\w-]+="[\w-]*"', line))  # an attribute kept in a variable
    return [line for line in (*lines, *attributes) if re.search(r"[^\W\d_]{2}", line) and line not in NAMES]


@pytest.mark.parametrize("path", [p for p in TEMPLATES if p.name != "style.html"], ids=lambda path: path.name)
def test_templates_hold_no_words_outside_of_the_catalogue(path: Path) -> None:
    assert written(path.read_text("utf-8")) == []


def test_words_in_templates_are_found() -> None:
    assert written('<p class="a {{ b }}">Hej {{ name }}</p>') == ["Hej"]
    assert written('<img alt="En bild">{% if a > b %}<b>{{ _("Book") }}</b>{% endif %}{# ord #}') == ["En bild"]


def test_flashes_and_errors_speak_through_the_catalogue() -> None:
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "flash",
                "ValidationError",
                "StopValidation",
            ):
                assert not isinstance(node.args[0], (ast.Constant, ast.JoinedStr)), f"{path.name}:{node.lineno}"


# -- settings, commands, addresses ------------------------------------------------------------------------------------


def test_every_setting_is_documented_twice() -> None:
    configuration = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    names = {definition.name for definition in settings.DEFINITIONS} | {"STATION_INSTANCE"}
    for name in names:
        assert f"`{name}`" in configuration and f"`{name}`" in readme, name
    spoken = set(re.findall(r"`(STATION_[A-Z_]+[A-Z])`", DOCS))
    assert spoken - names <= {"STATION_TEST_POSTGRES_URL", "STATION_CHROMIUM", "STATION_TEST_NO_BROWSER"}


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def test_every_command_is_documented_and_explains_itself() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    ours = dict(commands(cli))
    for name in ("shell", "routes"):
        ours.pop(name, None)  # Flask's own
    for name, command in ours.items():
        assert re.search(rf"`{name}\b", readme), name
        assert command.help and command.help.endswith("."), name
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.opts[0] not in ("--host", "--port", "--help"):
                assert parameter.help or parameter.opts[0] in readme, f"{name} {parameter.opts[0]}"


def test_every_job_is_documented(plain: Flask) -> None:
    operations = (ROOT / "docs" / "operations.md").read_text("utf-8")
    told = set(re.findall(r"^\| `([a-z-]+)` \| (?:daily|every) ", operations, re.MULTILINE))
    assert told == set(tasks(plain))
    assert [name for name, task in tasks(plain).items() if task.title == name] == []  # staff read words, not names


def test_every_address_is_documented_and_none_that_is_not(plain: Flask) -> None:
    table = (ROOT / "docs" / "addresses.md").read_text("utf-8")
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `/")]
    told = {
        (address, method.strip())
        for row in rows
        for address in re.findall(r"`([^`]+)`", row[1])
        for method in row[2].split(",")
    }
    machines = {"HEAD", "OPTIONS"}
    routes = {
        (shape(rule.rule), method)
        for rule in plain.url_map.iter_rules()
        for method in (rule.methods or set()) - machines
    }
    only_refused = {("/feeds/<rest>", method) for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE")}
    assert told == routes - only_refused


def test_documents_hold_together() -> None:
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")):
        text = path.read_text("utf-8")
        for target in re.findall(r"\]\(([^)#]+)", text):
            if not target.startswith(("http", "mailto:")):
                assert (path.parent / target).exists(), f"{path.name} points to {target}"
        for name in re.findall(r"`((?:innovation_station|tests|docs|templates|static|bench)/[\w./-]+)`", text):
            assert (ROOT / name).exists(), f"{path.name} names {name}"


def test_durations_and_markup_are_plain(plain: Flask) -> None:
    with plain.test_request_context(headers={"Accept-Language": "sv"}):
        text = sentence(Refusal("too-soon", None, {"minutes": timedelta(hours=1) // timedelta(minutes=1)}))
        assert text == "Det här behöver bokas minst 1 timme i förväg." or "1 timme" in text
        assert not isinstance(text, Markup)
