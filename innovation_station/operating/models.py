"""The table of backups."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant


class Backup(Base):
    """A copy of the database that the command has written, and looked whether it is whole. Where, is not kept: that is
    the operator's, and changes."""

    __tablename__ = "backup"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Instant] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[int]
    revision: Mapped[str] = mapped_column(String(20))
