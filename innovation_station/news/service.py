"""What happens to news: written, shown, withdrawn, archived, copied.

Every function runs inside `db.transaction()`, decides on rows it has locked, flushes and never commits.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from innovation_station import pictures
from innovation_station.audit import service as audit
from innovation_station.db import db
from innovation_station.errors import NotAllowed, NotFound, Refusal, Refused
from innovation_station.members.rules import Actor, slug_of
from innovation_station.news import queries, rules
from innovation_station.news.models import NewsAddress, NewsItem, NewsPicture
from innovation_station.news.rules import Facts


def write(actor: Actor, facts: Facts, *, now: datetime) -> NewsItem:
    """Make a draft. Raises NotAllowed, Refused."""
    _may(actor)
    _check(facts)
    item = _new(facts, now)
    audit.record("news.created", subject=("news", item.id), actor=actor, now=now, after=_facts(item))
    return item


def say(actor: Actor, news_id: int, facts: Facts, *, slug: str = "", now: datetime) -> NewsItem:
    """Change what a news item says, and its address; the one it had leads on. Raises NotFound, Refused."""
    item = _mine(actor, news_id)
    _check(facts)
    if item.state == "published" and (
        found := rules.publish_refusals(facts, picture=bool(item.picture_revision), at=None, now=now)
    ):
        raise Refused(found)
    before = _facts(item)
    if slug and slug != item.slug:
        _move(item, slug)
    _write(item, facts)
    _changed(item, now)
    audit.record("news.edited", subject=("news", item.id), actor=actor, now=now, before=before, after=_facts(item))
    return item


def _move(item: NewsItem, slug: str) -> None:
    if not rules.is_slug(slug):
        raise Refused([Refusal("news-address", "slug", {"longest": rules.SLUG_LONGEST})])
    known = queries.by_slug(slug) or queries.moved(slug)
    if known is not None and known.id != item.id:
        raise Refused([Refusal("news-address-taken", "slug")])
    db.session.execute(delete(NewsAddress).where(NewsAddress.slug == slug))
    if item.shown_from is not None:  # of a draft that nobody has seen nobody knows where it was
        db.session.add(NewsAddress(slug=item.slug, news_id=item.id))
    item.slug = slug


def set_picture(actor: Actor, news_id: int, data: bytes | None, *, now: datetime) -> None:
    """Store a picture, made anew of what was uploaded, or take it away. Raises NotFound, Refused."""
    item = _mine(actor, news_id)
    row = queries.picture(item.id)
    if data is None:
        if row is not None:
            db.session.delete(row)
        item.picture_revision = 0
    else:
        if item.state == "published" and not any(alt.strip() for alt in item.facts.alts):
            raise Refused([Refusal("news-alt", "alt_sv")])
        body = pictures.fitted(data, rules.PICTURE_BOX, field="picture")
        row = row or NewsPicture(news_id=item.id)
        row.body = body
        db.session.add(row)
        item.picture_revision = item.revision + 1  # what was under an address never comes back under it
    _changed(item, now)
    audit.record(
        "news.picture-changed", subject=("news", item.id), actor=actor, now=now, after={"picture": data is not None}
    )


def publish(actor: Actor, news_id: int, *, at: datetime | None = None, now: datetime) -> NewsItem:
    """Show a news item to everybody, at once or from an instant on. Raises NotFound, Refused."""
    item = _mine(actor, news_id)
    if found := rules.publish_refusals(item.facts, picture=bool(item.picture_revision), at=at, now=now):
        raise Refused(found)
    shown = rules.shown_from(item.shown_from, at, now)
    if (item.state, item.shown_from) == ("published", shown):
        return item
    return _turn(actor, item, "published", now, shown=shown)


def withdraw(actor: Actor, news_id: int, *, now: datetime) -> NewsItem:
    """Take a news item back to a draft. Raises NotFound."""
    item = _mine(actor, news_id)
    return item if item.state == "draft" else _turn(actor, item, "draft", now, shown=_past(item, now))


def archive(actor: Actor, news_id: int, *, now: datetime) -> NewsItem:
    """Take a news item out of the lists; its page stays. Raises NotFound, Refused for what nobody has seen."""
    item = _mine(actor, news_id)
    if rules.phase(item, now) not in ("published", "archived"):
        raise Refused([Refusal("news-unseen")])
    return item if item.state == "archived" else _turn(actor, item, "archived", now, shown=item.shown_from)


def discard(actor: Actor, news_id: int, *, now: datetime) -> None:
    """Delete a draft that nobody but staff has ever seen. Raises NotFound, Refused."""
    item = _mine(actor, news_id)
    if item.state != "draft" or item.shown_from is not None:
        raise Refused([Refusal("news-seen")])
    audit.record("news.discarded", subject=("news", item.id), actor=actor, now=now, before=_facts(item))
    for model in (NewsPicture, NewsAddress):
        db.session.execute(delete(model).where(model.news_id == item.id))
    db.session.delete(item)
    db.session.flush()


def copy(actor: Actor, news_id: int, *, now: datetime) -> NewsItem:
    """Make a draft that says the same and has the same picture. Raises NotFound."""
    source = _mine(actor, news_id)
    made = _new(source.facts, now)
    if (picture := queries.picture(source.id)) is not None:
        db.session.add(NewsPicture(news_id=made.id, body=picture.body))
        made.picture_revision = 1
    db.session.flush()
    audit.record("news.copied", subject=("news", made.id), actor=actor, now=now, after=_facts(made) | {"of": source.id})
    return made


# -- underneath --------------------------------------------------------------------------------------------------------


def _may(actor: Actor) -> None:
    if not rules.may_tell(actor):
        raise NotAllowed([Refusal("news-staff")])


def _mine(actor: Actor, news_id: int) -> NewsItem:
    """Give a news item behind its lock."""
    _may(actor)
    item = db.session.get(NewsItem, news_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise NotFound
    return item


def _check(facts: Facts) -> None:
    if found := rules.facts_refusals(facts):
        raise Refused(found)


def _new(facts: Facts, now: datetime) -> NewsItem:
    item = NewsItem(
        uid=str(uuid.uuid4()), slug=_free_slug(facts.titles), state="draft", picture_revision=0, revision=0,
        created_at=now, changed_at=now, shown_from=None,
    )  # fmt: skip
    _write(item, facts)
    db.session.add(item)
    db.session.flush()
    return item


def _write(item: NewsItem, given: Facts) -> None:
    item.title_sv, item.title_en = (text.strip() for text in given.titles)
    item.summary_sv, item.summary_en = (text.strip() for text in given.summaries)
    item.body_sv, item.body_en = given.bodies
    item.alt_sv, item.alt_en = (text.strip() for text in given.alts)


def _changed(item: NewsItem, now: datetime) -> None:
    item.revision += 1
    item.changed_at = max(now, item.changed_at)
    db.session.flush()


def _past(item: NewsItem, now: datetime) -> datetime | None:
    """Give since when it was shown, None where its hour never came."""
    return item.shown_from if item.shown_from is not None and item.shown_from <= now else None


def _turn(actor: Actor, item: NewsItem, state: str, now: datetime, *, shown: datetime | None) -> NewsItem:
    before = {"state": item.state, "shown_from": item.shown_from}
    item.state, item.shown_from = state, shown
    _changed(item, now)
    audit.record(
        f"news.{ {'draft': 'withdrawn'}.get(state, state) }", subject=("news", item.id), actor=actor, now=now,
        before=before, after={"state": state, "shown_from": shown},
    )  # fmt: skip
    return item


def _free_slug(titles: tuple[str, str]) -> str:
    wanted = slug_of(titles[0] or titles[1])
    taken, number, slug = queries.slugs_like(wanted), 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _facts(item: NewsItem) -> dict[str, Any]:
    return {
        "slug": item.slug, "state": item.state, "title_sv": item.title_sv, "title_en": item.title_en,
        "summary_sv": item.summary_sv, "summary_en": item.summary_en, "body_sv": len(item.body_sv),
        "body_en": len(item.body_en), "alt_sv": item.alt_sv, "alt_en": item.alt_en,
    }  # fmt: skip
