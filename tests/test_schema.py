"""Revisions of the database are in the order in which they follow each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from innovation_station import schema


def test_revisions_are_all_there_are_in_the_order_of_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert schema.known_revisions() == [revision.revision for revision in script.walk_revisions()][::-1]
    assert len(schema.known_revisions()) == len(list((schema.MIGRATIONS / "versions").glob("[0-9]*.py")))


def test_a_number_given_early_may_come_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "versions").mkdir()
    for revision, follows in (("0001", None), ("0003", '"0001"'), ("0002", '"0003"')):
        text = f'revision = "{revision}"\ndown_revision = {follows}\nbranch_labels = None\n'
        (tmp_path / "versions" / f"{revision}_x.py").write_text(text)
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path)
    assert schema.known_revisions() == ["0001", "0003", "0002"]
