"""Backup and restore: nothing acknowledged is lost, nothing doubtful gets in, and nobody sees half of it."""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from innovation_station import db, operations, schema, settings
from innovation_station.operations import OperationError, backup, restore
from innovation_station.settings import Settings

FLOOR = "INSERT INTO floor (id, name_sv, name_en, position, width, height, shapes, labels)"
WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
connection.execute("PRAGMA journal_mode = WAL")
for number in range(1, 20000):
    connection.execute("BEGIN IMMEDIATE")
    row = (number, str(number), "x" * 500)
    connection.execute(
        "INSERT INTO floor (id, name_sv, name_en, position, width, height, shapes, labels)"
        " VALUES (?, ?, ?, 0, 1, 1, '[]', '[]')", row,
    )
    connection.execute("COMMIT")
    print(number, flush=True)
"""


def fill(database: Path, house: str, floors: int) -> None:
    """Put a house and some floors into a database."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("DELETE FROM house")
        connection.execute("DELETE FROM floor")
        connection.execute("INSERT INTO house VALUES (1, 7, ?, '', '', '', NULL)", (house,))
        rows = [(number, str(number), "x" * 300) for number in range(floors)]
        connection.executemany(f"{FLOOR} VALUES (?, ?, ?, 0, 1, 1, '[]', '[]')", rows)


def state(connection: sqlite3.Connection) -> tuple[str, int]:
    """Return what one statement sees of a database that ``fill`` filled."""
    query = "SELECT (SELECT name FROM house), (SELECT count(*) FROM floor)"
    name, count = connection.execute(query).fetchone()
    return str(name), int(count)


def content(database: Path) -> list[str]:
    """Return everything in a database, as SQL."""
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def elsewhere(tmp_path: Path) -> Settings:
    """Return the settings of another installation."""
    return settings.load({}, tmp_path / "elsewhere")


def test_backup_while_writing_then_restore_elsewhere(
    station: Settings, database: Path, tmp_path: Path, started: Callable
) -> None:
    writer = started([sys.executable, "-c", WRITER, str(database)])
    acknowledged = [0]

    def listen() -> None:
        acknowledged.extend(int(line) for line in writer.stdout)

    listening = threading.Thread(target=listen)
    listening.start()
    files = []
    for round_ in range(3):
        wanted = acknowledged[-1] + 100
        deadline = time.monotonic() + 10
        while acknowledged[-1] < wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        before = acknowledged[-1]
        file = tmp_path / f"backup-{round_}"
        assert backup(station, file) == file.stat().st_size
        files.append((before, file))
    wrote_meanwhile = acknowledged[-1] > files[0][0]
    writer.kill()
    listening.join(10)
    assert wrote_meanwhile
    for before, file in files:
        assert before > 0
        other = elsewhere(file.with_suffix(".there"))
        assert restore(other, file) == operations.Restored(schema.known_revisions()[-1], None)
        with closing(sqlite3.connect(other.instance / "station.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            numbers = [row[0] for row in connection.execute("SELECT id FROM floor ORDER BY id")]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= before


def test_plain_copy_of_the_file_is_what_backup_is_for(station: Settings, database: Path, tmp_path: Path) -> None:
    """A copy of a database in use passes the check, lacks rows, and is refused for what it is."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"{FLOOR} VALUES (1, 'a', 'a', 0, 1, 1, '[]', '[]')")
        connection.commit()
        copy = tmp_path / "copy.db"
        copy.write_bytes(database.read_bytes())
        proper = tmp_path / "backup"
        backup(station, proper)
    with closing(sqlite3.connect(proper)) as saved:
        assert saved.execute("SELECT count(*) FROM floor").fetchone() == (1,)
    with pytest.raises(OperationError, match="copy of a database in use"):
        restore(elsewhere(tmp_path), copy)
    with closing(sqlite3.connect(copy)) as lost:
        assert lost.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert lost.execute("SELECT count(*) FROM floor").fetchone() == (0,)


def test_backup_is_one_private_file(station: Settings, database: Path, tmp_path: Path) -> None:
    file = tmp_path / "backups" / "b"
    file.parent.mkdir()
    seen: list[tuple[int, int]] = []
    backup(station, file, lambda done, total: seen.append((done, total)))
    backup(station, file)
    assert [path.name for path in file.parent.iterdir()] == ["b"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert seen[-1][0] == seen[-1][1] > 0
    assert content(file) == content(database)


def test_backup_refuses_wrong_targets(station: Settings, database: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter"
    letter.write_text("dear")
    (tmp_path / "link").symlink_to(database)
    cases = {
        letter: "not a backup",
        tmp_path: "is a directory",
        tmp_path / "none" / "b": "not a directory",
        database: "the database itself",
        tmp_path / "link": "the database itself",
    }
    for target, reason in cases.items():
        with pytest.raises(OperationError, match=reason):
            backup(station, target)
    assert letter.read_text() == "dear"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["instance", "letter", "link"]


def test_backup_without_database(station: Settings, tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="no database"):
        backup(station, tmp_path / "b")
    assert not (tmp_path / "b").exists()
    assert list(station.instance.iterdir()) == []


def test_backup_of_damaged_database_is_refused_and_keeps_the_last(
    station: Settings, database: Path, tmp_path: Path
) -> None:
    fill(database, "A", 400)
    backup(station, tmp_path / "b")
    good = (tmp_path / "b").read_bytes()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damage(database)
    with pytest.raises(OperationError, match=r"damaged|malformed"):
        backup(station, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == good


def damage(path: Path) -> None:
    """Overwrite the second half of a file, but for the last page."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(size // 2)
        file.write(b"\xa5" * (size // 2 - 4096))


def test_backup_on_full_disk_says_so(station: Settings, database: Path, tmp_path: Path, started: Callable) -> None:
    fill(database, "A", 400)
    program = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from innovation_station import operations, settings\n"
        "found = settings.load({}, Path(sys.argv[1]))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))\n"
        "try: operations.backup(found, Path(sys.argv[2]))\n"
        "except operations.OperationError as error: print(error)\n"
    )
    process = started([sys.executable, "-c", program, str(station.instance), str(tmp_path / "b")])
    told, trouble = process.communicate(timeout=20)
    assert (len(told.splitlines()), trouble) == (1, "")
    assert str(tmp_path / "b") in told
    assert [path.name for path in tmp_path.iterdir()] == ["instance"]


def test_restore_is_seen_whole_or_not_at_all(station: Settings, database: Path, tmp_path: Path) -> None:
    fill(database, "B", 700)
    backup(station, tmp_path / "b")
    fill(database, "A", 300)
    seen: set[tuple[str, int]] = set()
    written: list[int] = []
    stop = threading.Event()

    def read() -> None:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=10)) as connection:
            while not stop.is_set():
                seen.add(state(connection))

    def write() -> None:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=10)) as connection:
            while not stop.is_set():
                connection.execute("BEGIN IMMEDIATE")
                query = "UPDATE house SET revision = revision + 1 RETURNING revision"
                (revision,) = connection.execute(query).fetchone()
                connection.execute("COMMIT")
                written.append(revision)
                time.sleep(0.001)

    threads = [threading.Thread(target=work) for work in (read, read, write)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    done = restore(station, tmp_path / "b")
    time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert seen == {("A", 300), ("B", 700)}
    assert done.safety is not None
    with closing(sqlite3.connect(done.safety)) as saved:
        assert state(saved) == ("A", 300)
        # the last write before the change is in the copy: the restore jumps over 10,000 revisions
        last = max(revision for revision in written if revision < operations.REVISION_GAP)
        assert saved.execute("SELECT revision FROM house").fetchone() == (last,)
    assert max(written) > operations.REVISION_GAP
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_restore_ends_sessions_and_passes_every_revision(station: Settings, database: Path, tmp_path: Path) -> None:
    fill(database, "B", 1)
    with closing(sqlite3.connect(database)) as connection, connection:
        when = "2026-11-21 08:00:00.000000"
        connection.execute(
            "INSERT INTO member"
            " (id, email, name, role, password_hash, visible, state, created_at, bookings_revision)"
            " VALUES (1, 'a@example.org', 'A', 'member', 'x', 0, 'active', ?, 3)",
            (when,),
        )
        connection.execute("INSERT INTO login_session VALUES (1, 1, x'00', ?, ?, '', '')", (when, when))
        connection.execute(
            "INSERT INTO feed_contents"
            " (member_id, language, level, remind, revision, made_of, name, first, last, written_at)"
            " VALUES (1, 'sv', 'full', 0, 3, '', '', '', '', 1)"
        )
    backup(station, tmp_path / "b")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE house SET revision = 90")
        connection.execute("UPDATE member SET bookings_revision = 40")
        connection.execute("DELETE FROM login_session")
    restore(station, tmp_path / "b")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM login_session").fetchone() == (0,)
        assert connection.execute("SELECT revision FROM house").fetchone()[0] > 90
        assert connection.execute("SELECT bookings_revision FROM member").fetchone()[0] > 40
        written_at = connection.execute("SELECT written_at FROM feed_contents").fetchone()[0]
        assert time.time() - 60 < written_at <= time.time()


def doubtful_files(database: Path, folder: Path) -> dict[str, Path]:
    """Return files that must not be restored, by what is said about them."""
    folder.mkdir()
    good = folder / "good"
    backup(settings.load({}, database.parent), good)
    cases = {
        "not a backup": folder / "letter",
        "damaged": folder / "damaged",
        "damaged|malformed|not a backup": folder / "cut",
        "no table": folder / "foreign",
        "newer version": folder / "newer",
        "refers to": folder / "orphan",
        "PostgreSQL": folder / "dump",
        "not a file": folder,
    }
    (folder / "letter").write_text("dear")
    (folder / "dump").write_bytes(b"PGDMP" + bytes(100))
    for name in ("damaged", "newer", "orphan"):
        (folder / name).write_bytes(good.read_bytes())
    damage(folder / "damaged")
    (folder / "cut").write_bytes(good.read_bytes()[:-20000])
    with closing(sqlite3.connect(folder / "foreign")) as connection, connection:
        connection.execute("CREATE TABLE booking (id)")
    with closing(sqlite3.connect(folder / "newer")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with closing(sqlite3.connect(folder / "orphan")) as connection, connection:
        connection.execute("INSERT INTO login_session VALUES (1, 99, x'00', '', '', '', '')")
    return cases


def test_restore_refuses_doubtful_files(station: Settings, database: Path, tmp_path: Path) -> None:
    fill(database, "A", 300)
    before = content(database)
    for reason, file in doubtful_files(database, tmp_path / "files").items():
        with pytest.raises(OperationError, match=reason) as caught:
            restore(station, file)
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(OperationError, match="not a file"):
        restore(station, tmp_path / "none")
    assert content(database) == before
    left = [path.name for path in station.instance.iterdir() if not path.name.startswith("station.db-")]
    assert left == ["station.db"]


def test_restore_of_an_older_backup_brings_it_up_to_date(station: Settings, tmp_path: Path) -> None:
    old = settings.load({"STATION_DATABASE_URL": f"sqlite:///{tmp_path / 'old.db'}"}, station.instance)
    app = Flask("old")
    app.config["SQLALCHEMY_DATABASE_URI"] = old.database_url
    db.db.init_app(app)
    schema.upgrade(app, "0001")
    with app.app_context():
        db.db.engine.dispose()
    backup(old, tmp_path / "b")
    assert restore(station, tmp_path / "b").revision == "0001"
    with closing(sqlite3.connect(station.instance / "station.db")) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert found == (schema.known_revisions()[-1],)


def test_restores_in_a_row_each_keep_what_they_replaced(station: Settings, database: Path, tmp_path: Path) -> None:
    backup(station, tmp_path / "b")
    saved = {restore(station, tmp_path / "b").safety for _ in range(3)}
    assert len(saved) == 3
    assert all(path and path.stat().st_mode & 0o777 == 0o600 for path in saved)


def test_restore_waits_for_a_writer_only_so_long(
    station: Settings, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, "B", 1)
    backup(station, tmp_path / "b")
    fill(database, "A", 2)
    monkeypatch.setattr(operations, "WAIT_FOR_WRITERS", 0.3)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationError, match="busy"):
            restore(station, tmp_path / "b")
        assert state(other) == ("A", 2)
        other.execute("ROLLBACK")


def test_restore_over_a_damaged_database_names_the_way_out(station: Settings, database: Path, tmp_path: Path) -> None:
    fill(database, "B", 400)
    backup(station, tmp_path / "b")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damage(database)
    with pytest.raises(OperationError, match="move it away"):
        restore(station, tmp_path / "b")
    for path in station.instance.iterdir():
        path.rename(tmp_path / path.name)
    assert restore(station, tmp_path / "b").safety is None
    with closing(sqlite3.connect(database)) as connection:
        assert state(connection) == ("B", 400)
