"""Tables of news: what is told, its picture, and the addresses it has had."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant
from innovation_station.news.rules import ALT_LONGEST, SLUG_LONGEST, STATES, SUMMARY_LONGEST, TITLE_LONGEST, Facts


class NewsItem(Base):
    """Something that the house tells. It is shown from `shown_from` on while it is published.

    `uid` is what programs know it by, whatever its address becomes; `picture_revision` is 0 without a picture.
    """

    __tablename__ = "news_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    slug: Mapped[str] = mapped_column(String(SLUG_LONGEST), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    title_sv: Mapped[str] = mapped_column(String(TITLE_LONGEST), default="")
    title_en: Mapped[str] = mapped_column(String(TITLE_LONGEST), default="")
    summary_sv: Mapped[str] = mapped_column(String(SUMMARY_LONGEST), default="")
    summary_en: Mapped[str] = mapped_column(String(SUMMARY_LONGEST), default="")
    body_sv: Mapped[str] = mapped_column(Text, default="")
    body_en: Mapped[str] = mapped_column(Text, default="")
    alt_sv: Mapped[str] = mapped_column(String(ALT_LONGEST), default="")
    alt_en: Mapped[str] = mapped_column(String(ALT_LONGEST), default="")
    picture_revision: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    shown_from: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        Index("ix_news_item_state_shown_from", "state", "shown_from"),
    )

    @property
    def titles(self) -> tuple[str, str]:
        """Give its title in Swedish and in English, each empty where it is missing."""
        return self.title_sv, self.title_en

    @property
    def facts(self) -> Facts:
        """Give all that it says."""
        return Facts(
            self.titles, (self.summary_sv, self.summary_en), (self.body_sv, self.body_en), (self.alt_sv, self.alt_en)
        )


class NewsPicture(Base):
    """A news item's picture as a WebP of ours."""

    __tablename__ = "news_picture"

    news_id: Mapped[int] = mapped_column(
        ForeignKey("news_item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    body: Mapped[bytes] = mapped_column(LargeBinary)


class NewsAddress(Base):
    """An address that a news item once had."""

    __tablename__ = "news_address"

    slug: Mapped[str] = mapped_column(String(SLUG_LONGEST), primary_key=True)
    news_id: Mapped[int] = mapped_column(ForeignKey("news_item.id", ondelete="CASCADE"), index=True)
