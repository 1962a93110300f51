"""News as staff write them: drafts, pictures, when they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, pictures
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.events.rules import at_wall
from innovation_station.i18n import gettext as _
from innovation_station.i18n import local, sentence, zone
from innovation_station.news import queries, rules, service, words
from innovation_station.news.forms import NewNewsForm, NewsForm, PictureForm, PublishForm
from innovation_station.news.models import NewsItem
from innovation_station.news.rules import Facts
from innovation_station.web import actor, guard, takes_up_to

pages = Blueprint("staff_news", __name__, url_prefix="/staff/news")
guard(pages, rules.may_tell)


@pages.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """List news, and make a draft."""
    form = NewNewsForm()
    titles = form.title_sv.data or "", form.title_en.data or ""
    sent = form.carry_out(lambda: service.write(actor(), Facts(titles), now=clock.now()).id)
    if sent.done:
        return redirect(url_for("staff_news.edit", news_id=sent.made), 303)
    rows = [words.staff_row(item, clock.now()) for item in queries.for_staff()]
    return render_template("news/staff_index.html", form=form, rows=rows), sent.status


@pages.route("/<id:news_id>", methods=["GET", "POST"])
def edit(news_id: int) -> ResponseReturnValue:
    """Show a news item and change what it says."""
    item = _item(news_id)
    form = _form(item)
    sent = form.carry_out(
        lambda: service.say(actor(), news_id, form.facts(), slug=form.slug.data or "", now=clock.now())
    )
    if sent.done:
        flash(_("Saved."))
        return redirect(url_for("staff_news.edit", news_id=news_id), 303)
    return _page(news_id, form), sent.status


@pages.post("/<id:news_id>/state")
def turn(news_id: int) -> ResponseReturnValue:
    """Publish, at once or from `date` and `time` on, withdraw, archive, copy or delete: `act`."""
    _item(news_id)
    act, form = request.form.get("act", ""), PublishForm()
    if act == "publish" and not form.validate():
        return _page(news_id, _form(_item(news_id), fresh=True), publish_form=form), 422
    try:
        with transaction():
            shown = _turned(news_id, act, form)
    except NotFound:
        raise
    except DomainError as error:
        form.blame([one for one in error.refusals if one.field in ("date", "time")])
        return _page(news_id, _form(_item(news_id), fresh=True), error, publish_form=form), error.status
    if shown is None:
        return redirect(url_for("staff_news.index"), 303)
    flash(_("This is a copy. Change what is to be another.") if shown != news_id else _("Saved."))
    return redirect(url_for("staff_news.edit", news_id=shown), 303)


def _turned(news_id: int, act: str, form: PublishForm) -> int | None:
    """Do what was asked for; give which news item to show then, None for the list. Raises Refused."""
    who, now = actor(), clock.now()
    if act == "publish":
        service.publish(who, news_id, at=_instant(form), now=now)
    elif act == "withdraw":
        service.withdraw(who, news_id, now=now)
    elif act == "archive":
        service.archive(who, news_id, now=now)
    elif act == "copy":
        return service.copy(who, news_id, now=now).id
    elif act == "discard":
        service.discard(who, news_id, now=now)
        return None
    else:
        raise Refused([Refusal("event-choice")])
    return news_id


@pages.post("/<id:news_id>/picture")
@takes_up_to(pictures.LARGEST_UPLOAD + 64 * 1024)
def picture(news_id: int) -> ResponseReturnValue:
    """Store a picture, or take it away."""
    item, file = _item(news_id), request.files.get("picture")
    data = file.read(pictures.LARGEST_UPLOAD + 1) if file and file.filename else None
    try:
        if data is None and "remove" not in request.form:
            raise Refused([Refusal("picture-none", "picture")])
        with transaction():
            service.set_picture(actor(), news_id, data, now=clock.now())
    except DomainError as error:
        return _page(news_id, _form(item, fresh=True), error), error.status
    return redirect(url_for("staff_news.edit", news_id=news_id, _anchor="picture-h"), 303)


def _item(news_id: int) -> NewsItem:
    item = queries.get(news_id)
    if item is None:
        raise NotFound
    return item


def _form(item: NewsItem, *, fresh: bool = False) -> NewsForm:
    """Give the form with what is said now; `fresh` where another one of the page was sent."""
    return NewsForm(formdata=None, obj=item) if fresh else NewsForm(obj=item)


def _instant(form: PublishForm) -> datetime | None:
    """Read from when on it is to be shown; a day alone begins at its midnight. Raises Refused."""
    day, minute = form.date.data, form.time.data
    if day is None and minute is None:
        return None
    day = day or local(clock.now()).date()
    hour, rest = divmod(minute or 0, 60)
    if hour > 23:
        raise Refused([Refusal("time-malformed", "time")])
    return at_wall(datetime(day.year, day.month, day.day, hour, rest), zone(), "time")  # noqa: DTZ001  a wall time


def _page(
    news_id: int, form: NewsForm, error: DomainError | None = None, publish_form: PublishForm | None = None
) -> str:  # fmt: skip
    item = _item(news_id)
    data: dict[str, Any] = {}
    if rules.phase(item, clock.now()) == "ahead" and item.shown_from:
        at = local(item.shown_from)
        data = {"date": at.date(), "time": at.time()}
    shown = publish_form or PublishForm(formdata=None, data=data)
    reasons = [sentence(one) for one in error.refusals if one.field not in ("date", "time")] if error else []
    return render_template(
        "news/staff_edit.html", item=words.staff_row(item, clock.now()), form=form, publish_form=shown,
        picture_form=PictureForm(formdata=None), reasons=reasons,
    )  # fmt: skip
