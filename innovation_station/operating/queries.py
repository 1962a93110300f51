"""Reads of backups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from innovation_station.db import db
from innovation_station.operating.models import Backup


def backups(limit: int) -> Sequence[Backup]:
    """List the backups that the command has written, the latest first; one statement."""
    return db.session.scalars(select(Backup).order_by(Backup.at.desc(), Backup.id.desc()).limit(limit)).all()


def last_backup(connection: Connection | None = None) -> datetime | None:
    """Give when the last backup was made, None where there is none."""
    return (connection or db.session).scalar(select(func.max(Backup.at)))
