"""Whatever the house knows of people stands in a data class, and each class says all that the law asks for."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask
from sqlalchemy import Integer, Table

from innovation_station import personal
from innovation_station.db import Base
from innovation_station.members import personal as members
from innovation_station.members.models import Member
from innovation_station.personal import Subject
from tests.conftest import browser


def covered(app: Flask) -> dict[str, str]:
    return {table: data.name for data in personal.known(app).classes for table in data.tables}


def points_to_member(table: Table) -> bool:
    return any(key.column.table.name == "member" for key in table.foreign_keys)


def test_every_table_has_a_class_or_holds_nothing_of_people(app: Flask) -> None:
    """A new table that fails here needs a decision: see "To keep something about people" in docs/architecture.md."""
    found, without = covered(app), personal.known(app).without
    tables = Base.metadata.tables
    undecided = tables.keys() - found.keys() - without
    assert undecided == set(), f"no data class, and not said to be impersonal: {sorted(undecided)}"
    assert found.keys() | without <= tables.keys(), "classes name tables that are not there"
    assert found.keys() & without == set()
    pointing = {name for name, table in tables.items() if points_to_member(table)}
    assert pointing & without == set(), "a table that points to a member is about people"


def test_no_table_stands_in_two_classes(app: Flask) -> None:
    named = [table for data in personal.known(app).classes for table in data.tables]
    assert len(named) == len(set(named))


def test_every_column_of_the_account_is_decided_on() -> None:
    """What can be empty is emptied; what cannot is blanked, or is known to say nothing of the person."""
    columns = {column.name for column in Member.__table__.columns if not column.nullable}
    assert columns == members.KEPT | members._BLANK.keys() | {"email"}


def test_classes_say_all_that_is_asked_for_in_both_languages(app: Flask) -> None:
    pages = {language: browser(app, language).get("/privacy").text for language in ("sv", "en")}
    for language, page in pages.items():
        assert f'<html lang="{language}"' in page
        assert page.count("<section") == len(personal.known(app).classes)
    assert "Rättslig grund" in pages["sv"] and "Legal basis" in pages["en"]
    for data in personal.known(app).classes:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", data.name)
        texts = (data.title, data.holds, data.purpose, data.retention)
        for text in texts:
            assert text._args[0].replace("'", "&#39;") in pages["en"], data.name
            assert text._args[0].replace("'", "&#39;") not in pages["sv"], f"{data.name} is not said in Swedish"


def test_public_page_is_linked_from_every_footer(app: Flask) -> None:
    assert '<a href="/privacy">' in browser(app).get("/").text


def test_names_are_found_as_words_and_as_json_has_them() -> None:
    subject = Subject(1, "eva.ost@example.org", "Eva Öst")
    assert subject.is_named_in('{"to": "Eva.Ost@example.org"}') and subject.is_named_in("hej EVA ÖST!")
    assert subject.is_named_in('{"name": "Eva \\u00d6st"}')
    assert not subject.is_named_in("Eva Östlund") and not subject.is_named_in("beva.ost@example.organisation")


def test_models_of_all_features_are_looked_at() -> None:
    """The table of tables is whole only if every module of models has been read by now."""
    features = Path(personal.__file__).parent
    for path in features.glob("*/models.py"):
        for name in re.findall(r'__tablename__ = "(\w+)"', path.read_text("utf-8")):
            assert name in Base.metadata.tables, path
    assert isinstance(Base.metadata.tables["member"].c.id.type, Integer)
