"""Mailings as staff write, try out, send and follow them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.announcements.staff import places
from innovation_station.db import transaction
from innovation_station.errors import DomainError, NotFound, Refusal, Refused
from innovation_station.events.words import title_of
from innovation_station.forms import parse_id
from innovation_station.i18n import LANGUAGES, NAMES, day_short, language, local, zone
from innovation_station.i18n import clock as clock_text
from innovation_station.i18n import gettext as _
from innovation_station.mailings import letters, queries, rules, service, words
from innovation_station.mailings.forms import MailingForm, SendForm
from innovation_station.mailings.models import Mailing
from innovation_station.mailings.queries import Around
from innovation_station.news import queries as news
from innovation_station.news.words import address_of
from innovation_station.organisations.words import name_of
from innovation_station.web import actor, current_house, guard
from innovation_station.worker import sender_of

pages = Blueprint("staff_mailings", __name__, url_prefix="/staff/mailings")
guard(pages, rules.may_mail)


@pages.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """List mailings, and write one; `news` names a news item to begin with."""
    form = _form(data=_begun(parse_id(request.args.get("news"))))
    sent = form.carry_out(lambda: service.write(actor(), form.facts(), now=clock.now()).id)
    if sent.done:
        return redirect(url_for("staff_mailings.one", mailing_id=sent.made), 303)
    rows = [words.row(row) for row in queries.listing()]
    return render_template("mailings/staff_index.html", form=form, rows=rows, begun="news" in request.args), sent.status


@pages.route("/<id:mailing_id>", methods=["GET", "POST"])
def one(mailing_id: int) -> ResponseReturnValue:
    """Show a mailing, whom it is for and how it looks, and change it as long as it is a draft."""
    row = _known(mailing_id)
    form = _form(row)
    sent = form.carry_out(lambda: service.rewrite(actor(), mailing_id, form.facts(), now=clock.now()))
    if sent.done:
        flash(_("Saved."))
        return redirect(url_for("staff_mailings.one", mailing_id=mailing_id), 303)
    return _page(row, form), sent.status


@pages.post("/<id:mailing_id>/act")
def act(mailing_id: int) -> ResponseReturnValue:
    """Send it to the group (`send`, with `count`) or to oneself (`test`), take it back, or delete it: `act`."""
    row, form, asked = _known(mailing_id), SendForm(), request.form.get("act", "")
    try:
        with transaction():
            back, said = _done(mailing_id, asked, form)
    except NotFound:
        raise
    except DomainError as error:
        form.blame(error.refusals)
        return _page(_known(mailing_id), _form(row, fresh=True), form), error.status
    flash(said)
    return redirect(back, 303)


def _done(mailing_id: int, asked: str, form: SendForm) -> tuple[str, str]:
    """Do what was asked for; give where to go then and what to say. Raises Refused."""
    who, now, back = actor(), clock.now(), url_for("staff_mailings.one", mailing_id=mailing_id)
    if asked == "send":
        service.send(who, mailing_id, form.count.data, _around(), now=now)
        return back, _("It leaves in ten minutes. Until then you can take it back.")
    if asked == "test":
        email = service.try_out(who, mailing_id, now=now)
        return back, _("Two mails are on their way to %(email)s.", email=email)
    if asked == "back":
        service.take_back(who, mailing_id, now=now)
        return back, _("It is a draft again. Nobody got it.")
    if asked == "discard":
        service.discard(who, mailing_id, now=now)
        return url_for("staff_mailings.index"), _("The draft is deleted.")
    raise Refused([Refusal("event-choice")])


def _known(mailing_id: int) -> Mailing:
    row = queries.get(mailing_id)
    if row is None:
        raise NotFound
    return row


def _around() -> Around:
    return Around(current_house(), local(clock.now()).date(), zone())


def _begun(news_id: int | None) -> dict[str, Any]:
    """Begin with what a news item says, and the way to it."""
    item = news.get(news_id) if news_id is not None else None
    if item is None:
        return {}
    way = {"sv": "Läs mer", "en": "Read more"}
    data: dict[str, Any] = {"subject_sv": item.title_sv, "subject_en": item.title_en}
    for name, summary in (("sv", item.summary_sv), ("en", item.summary_en)):
        if data[f"subject_{name}"]:
            data[f"body_{name}"] = f"{summary}\n\n[{way[name]}]({address_of(item.slug, lang=name)})".strip()
    return data


def _form(row: Mailing | None = None, *, data: dict[str, Any] | None = None, fresh: bool = False) -> MailingForm:
    if row is not None:
        group = row.facts.group
        data = {
            "kind": row.kind, "subject_sv": row.subject_sv, "subject_en": row.subject_en, "body_sv": row.body_sv,
            "body_en": row.body_en, "plan": str(group.plan or ""), "organisation": str(group.organisation or ""),
            "role": group.role, "place": f"{group.place[0]}:{group.place[1]}" if group.place else "",
            "first": group.first, "last": group.last, "event": str(group.event or ""),
        }  # fmt: skip
    form = MailingForm(formdata=None, data=data) if fresh else MailingForm(data=data)
    names = _names()
    form.plan.choices = [("", _("Any")), *((str(key), name) for key, name in names["plans"].items())]
    form.organisation.choices = [("", _("Any")), *((str(key), name) for key, name in names["organisations"].items())]
    form.event.choices = [("", _("No event")), *((str(key), name) for key, name in names["events"].items())]
    form.role.choices = [("", _("Any")), *words.role_names().items()]
    form.place.choices = places(current_house())
    return form


def _names() -> dict[str, dict[int, str]]:
    known = queries.choices(clock.now())
    swedish = language() == "sv"
    return {
        "plans": {row.id: row.name_sv if swedish else row.name_en for row in known["plans"]},
        "organisations": {row.id: name_of(row) for row in known["organisations"]},
        "events": {row.id: f"{title_of(row)}, {day_short(row.start)}" for row in known["events"]},
    }


def _page(row: Mailing, form: MailingForm, send_form: SendForm | None = None) -> str:
    page = words.row(row) | {"group": words.group_text(row.facts.group, current_house(), _names())}
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    sender = sender_of(app)
    shown = [name for name in LANGUAGES if getattr(row, f"subject_{name}") or not any((row.subject_sv, row.subject_en))]
    page["mails"] = [
        {"language": name, "name": NAMES[name], "subject": subject, "text": text}
        for name in shown
        for subject, text in [letters.preview(app, row, sender, name)]
    ]  # fmt: skip
    if row.state == "draft":
        found = queries.people(row.facts.group, _around(), own=row.kind == "own")
        page |= {"count": queries.count(found), "names": queries.names(found), "typed_from": rules.TYPED_FROM}
    else:
        page["result"] = words.result_lines(queries.result(row.id) if row.state == "leaving" else row.result)
        page["leaves"] = clock_text(row.leaves_at) if row.leaves_at else ""
    send_form = send_form or SendForm(formdata=None)
    return render_template("mailings/staff_one.html", form=form, send_form=send_form, page=page)
