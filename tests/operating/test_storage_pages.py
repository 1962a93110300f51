"""What is stored, by which program, and how old the last backup is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from innovation_station.db import db, transaction
from innovation_station.operating import rules, service, storage
from innovation_station.operating.models import Backup
from innovation_station.repairs.models import FaultPhoto, FaultReport
from tests.conftest import NOW, Small, browser, log_in, statements
from tests.home.test_pages import words

PAGE = "/staff/operations/storage"


@pytest.fixture
def admin(app: Flask, small: Small) -> FlaskClient:
    return log_in(browser(app), "admin")


def back_up(app: Flask, **ago: int) -> None:
    with app.app_context(), transaction():
        service.backed_up(12_345_678, seconds=3.2, revision="0047", now=NOW - timedelta(**ago))


def test_page_names_versions_sizes_and_settings_without_secrets(app: Flask, small: Small, admin: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        report = FaultReport(space_id=small.a1, sort="light", text="", at=NOW, state="open", moved=[])
        session.add(report)
        session.flush()
        session.add(FaultPhoto(report_id=report.id, body=b"x" * 1234))
    page = words(admin.get(PAGE).text)
    kind = "PostgreSQL" if "postgresql" in app.config["SQLALCHEMY_DATABASE_URI"] else "SQLite"
    for said in (
        kind,
        "Python 3.",
        "STATION_TIMEZONE",
        "fault_photo 1 1,2 kB",
        "Plats på disken",
        "Tidszonernas regler",
    ):
        assert said in page, said
    assert str(app.config["SECRET_KEY"]) not in page
    with app.app_context():
        found = storage.stored()
        assert found.size > 100_000 and {"booking", "member", "backup"} <= {one.name for one in found.tables}
        assert storage.zone_data() and storage.machine(app, app.config["STATION"]).revision.isdigit()


def test_backups_are_listed_and_missed(app: Flask, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (PAGE, "/staff/operations"):
        assert "Ingen säkerhetskopia har gjorts här." in admin.get(path).text
    back_up(app, days=8)
    for path in (PAGE, "/staff/operations"):
        assert "Den senaste säkerhetskopian är för gammal." in admin.get(path).text
    monkeypatch.setitem(app.config, "STATION", replace(app.config["STATION"], backup_days=0))
    assert "för gammal" not in admin.get(PAGE).text
    monkeypatch.undo()
    back_up(app, hours=1)
    page = words(admin.get(PAGE).text)
    assert "12,3 MB, 3 sekunder, revision 0047" in page and "för gammal" not in page


@pytest.mark.parametrize(
    ("ago", "days", "late"), [(None, 7, True), (None, 0, False), (6, 7, False), (8, 7, True), (400, 0, False)]
)
def test_backup_is_late(ago: int | None, days: int, late: bool) -> None:
    assert rules.is_late(None if ago is None else NOW - timedelta(days=ago), NOW, days) is late


def test_only_so_many_backups_are_remembered(app: Flask, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "BACKUPS_KEPT", 2)
    for hours in (3, 2, 1):
        back_up(app, hours=hours)
    with app.app_context():
        kept: Any = db.session.scalars(db.select(Backup.at).order_by(Backup.id)).all()
        assert kept == [NOW - timedelta(hours=2), NOW - timedelta(hours=1)]


def test_page_costs_so_many_statements(app: Flask, admin: FlaskClient) -> None:
    admin.get(PAGE)
    with statements(app) as seen:
        admin.get(PAGE)
    assert len(seen) <= 12, seen
