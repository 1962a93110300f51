"""All that is known of a member in one file: JSON for programs, .ics for calendars, a page to read, and pictures."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app

from innovation_station.db import db, transaction
from innovation_station.i18n import LANGUAGES, speaking
from innovation_station.personal import Personal
from innovation_station.privacy import queries, service
from innovation_station.privacy.models import Export
from innovation_station.privacy.words import basis_name, day, end_name, readable

_FIRST = (1980, 1, 1, 0, 0, 0)


def make(export_id: int, known: Personal, *, now: datetime, tell: bool) -> None:
    """Make an export's file and store it, in the language it was asked in. Reads first, then writes shortly."""
    export = db.session.get(Export, export_id)
    if export is None or export.state != "waiting":
        return
    language = next(name for name in LANGUAGES if name == export.language)
    with speaking(language):
        body = packed(export.member_id, known, now)
    with transaction():
        service.fill_export(export_id, body, now=now, tell=tell)


def size(member_id: int, known: Personal) -> int:
    """Count the records of a member."""
    return sum(len(data.records(member_id)) for data in known.classes)


def contents(member_id: int, known: Personal) -> list[dict[str, Any]]:
    """Give all classes with what is known of a member, as JSON has them, in the language in force."""
    return [
        {
            "class": data.name, "title": str(data.title), "holds": str(data.holds), "purpose": str(data.purpose),
            "legal_basis": basis_name(data.basis), "retention": str(data.retention), "when_erased": end_name(data.ends),
            "records": [
                {"title": record.title, "kept_until": record.until and record.until.isoformat(), **record.fields}
                for record in data.records(member_id)
            ],
        }
        for data in known.in_reading_order
    ]  # fmt: skip


def packed(member_id: int, known: Personal, now: datetime) -> bytes:
    """Give the zip."""
    member = queries.member(member_id)
    classes = contents(member_id, known)
    about = {"made": now.isoformat(), "member": member_id, "name": member.name if member else "", "classes": classes}
    files: dict[str, bytes] = {
        "data.json": json.dumps(about, ensure_ascii=False, indent=2).encode(),
        "index.html": _page(member, classes, now).encode(),
        "style.css": (Path(current_app.static_folder or "") / "css" / "takeout.css").read_bytes(),
    }
    for data in known.classes:
        files |= {f"{data.name}/{_safe(name)}": body for name, body in data.files(member_id).items()}
    return _zip(files)


def _safe(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in ".-_" else "-" for letter in name).lstrip(".") or "file"


def _zip(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name, _FIRST), body, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _page(member: Any, classes: list[dict[str, Any]], now: datetime) -> str:
    shown = [
        {**data, "rows": [(row["title"], row["kept_until"], readable(_facts(row))) for row in data["records"]]}
        for data in classes
    ]
    template = current_app.jinja_env.get_template("privacy/takeout.html")
    return template.render(member=member, classes=shown, now=now, day=lambda text: day(datetime.fromisoformat(text)))


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("title", "kept_until")}
