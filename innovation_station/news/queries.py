"""Reads of news. Lists cost one statement however long they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import defer

from innovation_station.db import db
from innovation_station.news.models import NewsAddress, NewsItem, NewsPicture

STAFF_MOST = 100


def get(news_id: int) -> NewsItem | None:
    """Find a news item."""
    return db.session.get(NewsItem, news_id)


def by_slug(slug: str) -> NewsItem | None:
    """Find a news item by its address."""
    return db.session.scalar(select(NewsItem).where(NewsItem.slug == slug))


def moved(slug: str) -> NewsItem | None:
    """Find a news item by an address that it once had."""
    of = select(NewsItem).join(NewsAddress, NewsAddress.news_id == NewsItem.id)
    return db.session.scalar(of.where(NewsAddress.slug == slug))


def picture(news_id: int) -> NewsPicture | None:
    """Find its picture."""
    return db.session.get(NewsPicture, news_id)


def _out(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return NewsItem.state == "published", NewsItem.shown_from <= now


def out(now: datetime, *, limit: int, skip: int = 0, whole: bool = False) -> Sequence[NewsItem]:
    """List what is published, the latest first; without the long texts unless they are wanted (`whole`)."""
    statement = select(NewsItem).where(*_out(now)).order_by(NewsItem.shown_from.desc(), NewsItem.id.desc())
    if not whole:
        statement = statement.options(defer(NewsItem.body_sv), defer(NewsItem.body_en))
    return db.session.scalars(statement.limit(limit).offset(skip)).all()


def count_out(now: datetime) -> int:
    """Count what is published."""
    return db.session.scalar(select(func.count()).select_from(NewsItem).where(*_out(now))) or 0


def for_staff() -> Sequence[NewsItem]:
    """List what there is, the latest change first."""
    latest = NewsItem.changed_at.desc(), NewsItem.id.desc()
    return db.session.scalars(select(NewsItem).order_by(*latest).limit(STAFF_MOST)).all()


def slugs_like(wanted: str) -> set[str]:
    """List the addresses that begin so, those of before among them."""
    found: set[str] = set()
    for column in (NewsItem.slug, NewsAddress.slug):
        found |= set(db.session.scalars(select(column).where(column.startswith(wanted, autoescape=True))))
    return found
