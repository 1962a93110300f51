"""What staff see of jobs and mail; guarded once, and what changes something a second time, for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, personal
from innovation_station.db import db, transaction
from innovation_station.errors import NotFound, Refusal, Refused
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import ngettext, sentence
from innovation_station.jobs import queries as jobs
from innovation_station.jobs.models import Job
from innovation_station.jobs.registry import Task, tasks
from innovation_station.jobs.words import said
from innovation_station.mail import queries as outbox
from innovation_station.mail.models import Mail
from innovation_station.mail.queries import Sought
from innovation_station.mail.rules import OPEN
from innovation_station.mail.words import kind_name, lasted, problem_text, schedule_text
from innovation_station.operating import queries, service, words
from innovation_station.operating.jobs import run as run_beside
from innovation_station.operating.rules import is_late, may_operate, may_see_operations
from innovation_station.web import actor, guard

pages = Blueprint("operations", __name__, url_prefix="/staff/operations")
guard(pages, may_see_operations)
pages.add_app_template_filter(words.size, "bytes")
pages.add_app_template_filter(words.figure, "figure")
MOST_SHOWN, PAGE, TEXT_LONGEST = 100, 50, 254
LISTS: dict[str, tuple[str, ...]] = {
    "": (), "waiting": OPEN, "parked": ("parked",), "sent": ("sent",), "discarded": ("discarded",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job: `state` is running, ok, failed or new; `failed_at` and `failure` are of its last failure."""

    name: str
    title: str
    schedule: str
    state: str
    ran_at: datetime | None = None
    lasted: str = ""
    said: str | None = None
    result: str = ""
    next_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""


def operator() -> None:
    """Let administrators on; others get 403."""
    if not may_operate(actor()):
        abort(403)


@pages.get("")
def index() -> ResponseReturnValue:
    """Show parked mails, how full the outbox is, and the jobs."""
    now = clock.now()
    load = outbox.load(now)
    parked = [_mail(mail) for mail in (outbox.parked(limit=MOST_SHOWN) if load.parked else [])]
    known, kinds, backup = jobs.known(), _kinds(current_app), queries.last_backup()
    lines = [_line(task, known.get(name), kinds, now) for name, task in tasks(current_app).items()]
    return render_template(
        "operating/index.html", parked=parked, load=load, jobs=lines, late=jobs.late_since(now),
        may=may_operate(actor()), backup=backup,
        backup_late=is_late(backup, now, current_app.config["STATION"].backup_days),
    )  # fmt: skip


def _kinds(app: Flask) -> dict[str, object]:
    return {data.name: data.title for data in personal.known(app).classes} | {"accounts": _("Accounts")}


def _line(task: Task, job: Job | None, kinds: Mapping[str, object], now: datetime) -> JobLine:
    title, schedule = str(task.title), schedule_text(task.schedule)
    if job is None:
        return JobLine(task.name, title, schedule, "new")
    running = job.claimed_until is not None and job.claimed_until > now
    failed = {"failed_at": job.failed_at, "failure": job.failure}
    if job.started_at is None or (job.ended_at is None and not running):
        return JobLine(task.name, title, schedule, "new", next_at=job.next_at)
    if running or job.ended_at is None:
        return JobLine(task.name, title, schedule, "running", ran_at=job.started_at, **failed)  # type: ignore[arg-type]
    return JobLine(
        task.name, title, schedule, "ok" if job.succeeded else "failed", job.started_at,
        lasted(job.ended_at - job.started_at), said(job.result, kinds) if job.succeeded else None, job.result,
        job.next_at, **(failed if job.succeeded else {}),  # type: ignore[arg-type]
    )  # fmt: skip


@pages.post("/jobs")
def run() -> ResponseReturnValue:
    """Run a `job` now."""
    operator()
    task = tasks(current_app).get(request.form.get("job", ""))
    if task is None:
        raise Refused([Refusal("job-unknown", "job")])
    with transaction():
        service.asked_for(task.name, actor=actor(), now=clock.now())
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    ended = run_beside(app, task.name)
    flash(_ran(task, ended))
    return redirect(url_for("operations.index", _anchor=f"job-{task.name}"), 303)


def _ran(task: Task, ended: str) -> str:
    title = str(task.title)
    if ended in ("busy", "running"):
        text = _("%(job)s runs already.") if ended == "busy" else _("%(job)s has begun, and goes on. Look again later.")
        return text % {"job": title}
    db.session.expire_all()
    job = jobs.known().get(task.name)
    result = job.result if job else ""
    if ended == "failed":
        return _("%(job)s failed: %(reason)s", job=title, reason=result)
    return _("%(job)s: %(result)s", job=title, result=said(result, _kinds(current_app)) or result or _("Done"))


# -- mail --------------------------------------------------------------------------------------------------------------


def _mail(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id, "name": mail.name or mail.receiver, "email": mail.receiver if mail.name else "",
        "kind": kind_name(mail.kind), "template": mail.template, "state": words.mail_state(mail.state),
        "parked": mail.state == "parked", "problem": problem_text(mail.problem), "reason": mail.reason,
        "since": mail.ended_at, "queued": mail.created_at, "due": mail.due_at if mail.state in OPEN else None,
        "ended": mail.ended_at, "tries": mail.tries,
    }  # fmt: skip


@pages.get("/mails")
def mails() -> ResponseReturnValue:
    """List mails, those queued last first: of a `state`, a `kind`, to whom `text` names; `before` pages on."""
    chosen, kind, text = (request.args.get(name, "") for name in ("state", "kind", "text"))
    text = text.strip()[:TEXT_LONGEST].replace("\0", "")
    sought = Sought(LISTS.get(chosen, ()), kind[:30], text)
    found = outbox.found(sought, before=parse_id(request.args.get("before")), limit=PAGE + 1)
    counts = outbox.counts()
    asked = {"state": chosen if chosen in LISTS else "", "kind": kind, "text": text}
    more = None
    if len(found) > PAGE:
        kept: dict[str, Any] = {name: value or None for name, value in asked.items()}
        more = url_for("operations.mails", **kept, before=found[PAGE - 1].id)
    names = words.list_names()
    lists = [(name, names[name], sum(counts.get(one, 0) for one in among or counts)) for name, among in LISTS.items()]
    return render_template(
        "operating/mails.html", rows=[_mail(one) for one in found[:PAGE]], asked=asked, may=may_operate(actor()),
        lists=lists, kinds=[(one, kind_name(one)) for one in outbox.kinds()], parked=counts.get("parked", 0), more=more,
    )  # fmt: skip


@pages.get("/mails/<id:mail_id>")
def mail(mail_id: int) -> ResponseReturnValue:
    """Show what is known of a mail; what it says is nobody's here."""
    return _mail_page(mail_id)


def _mail_page(mail_id: int, reasons: list[str] | None = None) -> str:
    row = db.session.get(Mail, mail_id)
    if row is None:
        raise NotFound("mail-unknown")
    return render_template(
        "operating/mail.html", mail=_mail(row), may=may_operate(actor()), reasons=reasons or [],
        reason=request.form.get("reason", ""),
    )  # fmt: skip


@pages.post("/mails/<id:mail_id>")
def mend(mail_id: int) -> ResponseReturnValue:
    """Send a parked mail again, or give it up for a `reason`."""
    operator()
    act = request.form.get("act")
    if act not in ("retry", "discard"):
        abort(400)
    try:
        with transaction():
            if act == "retry":
                service.retry(mail_id, actor=actor(), now=clock.now())
            else:
                service.discard(mail_id, request.form.get("reason", ""), actor=actor(), now=clock.now())
    except Refused as error:
        return _mail_page(mail_id, [sentence(one) for one in error.refusals]), error.status
    flash(_("The mail is on its way again.") if act == "retry" else _("The mail is discarded. What it said is erased."))
    return redirect(url_for("operations.index"), 303)


@pages.post("/mails/retry")
def retry_all() -> ResponseReturnValue:
    """Send all parked mails again."""
    operator()
    with transaction():
        count = service.retry_all(actor=actor(), now=clock.now())
    flash(ngettext("%(num)d mail is on its way again.", "%(num)d mails are on their way again.", count))
    return redirect(url_for("operations.mails"), 303)
