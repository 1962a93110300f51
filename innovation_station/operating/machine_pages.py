"""What is stored, by which program, and how old the last backup is; for administrators."""

from __future__ import annotations

from flask import Flask, current_app, render_template

from innovation_station import clock, doctor
from innovation_station.operating import queries, storage
from innovation_station.operating.rules import is_late
from innovation_station.operating.staff import operator, pages
from innovation_station.settings import Settings

BACKUPS, TABLES = 10, 15


@pages.get("/storage")
def stored() -> str:
    """Show sizes, versions, settings without secrets, and the backups."""
    operator()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    settings: Settings = app.config["STATION"]
    found, backups = storage.stored(), queries.backups(BACKUPS)
    late = is_late(backups[0].at if backups else None, clock.now(), settings.backup_days)
    return render_template(
        "operating/storage.html", database=found, tables=found.tables[:TABLES], more=found.tables[TABLES:],
        files=storage.files(), machine=storage.machine(app, settings), backups=backups, late=late,
        days=settings.backup_days, settings=doctor.settings_table(settings),
    )  # fmt: skip
