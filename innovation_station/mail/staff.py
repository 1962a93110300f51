"""What staff see of mail and jobs; guarded once, and what changes something a second time, for admins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock, personal
from innovation_station.db import transaction
from innovation_station.i18n import gettext as _
from innovation_station.jobs import queries as jobs
from innovation_station.jobs.models import Job
from innovation_station.jobs.registry import Task, tasks
from innovation_station.jobs.words import said
from innovation_station.mail import queries, service
from innovation_station.mail.words import kind_name, lasted, problem_text, schedule_text
from innovation_station.web import actor, guard

pages = Blueprint("operations", __name__, url_prefix="/staff/operations")
guard(pages, lambda person: person.is_staff)
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Parked:
    """A mail that waits for a decision."""

    id: int
    name: str
    email: str
    kind: str
    problem: str
    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job: `state` is running, ok, failed or new."""

    title: str
    schedule: str
    state: str
    ran_at: datetime | None = None
    lasted: str = ""
    said: str | None = None
    result: str = ""
    next_at: datetime | None = None


@pages.get("")
def index() -> ResponseReturnValue:
    """Show parked mails, how full the outbox is, and the jobs."""
    now = clock.now()
    load = queries.load(now)
    parked = [
        Parked(
            mail.id, mail.name or mail.receiver, mail.receiver if mail.name else "", kind_name(mail.kind),
            problem_text(mail.problem), mail.reason, mail.ended_at,
        )
        for mail in (queries.parked(limit=MOST_SHOWN) if load.parked else [])
    ]  # fmt: skip
    known = jobs.known()
    kinds = {data.name: data.title for data in personal.known(current_app).classes} | {"accounts": _("Accounts")}
    lines = [_line(task, known.get(name), kinds, now) for name, task in tasks(current_app).items()]
    return render_template(
        "staff/operations.html", parked=parked, load=load, jobs=lines, late=jobs.late_since(now),
        may_mend=actor().is_admin,
    )  # fmt: skip


def _line(task: Task, job: Job | None, kinds: Mapping[str, object], now: datetime) -> JobLine:
    title, schedule = str(task.title), schedule_text(task.schedule)
    if job is None:
        return JobLine(title, schedule, "new")
    running = job.claimed_until is not None and job.claimed_until > now
    if job.started_at is None or (job.ended_at is None and not running):
        return JobLine(title, schedule, "new", next_at=job.next_at)
    if running or job.ended_at is None:
        return JobLine(title, schedule, "running", ran_at=job.started_at)
    return JobLine(
        title, schedule, "ok" if job.succeeded else "failed", job.started_at, lasted(job.ended_at - job.started_at),
        said(job.result, kinds) if job.succeeded else None, job.result, job.next_at,
    )  # fmt: skip


@pages.post("/mails/<id:mail_id>")
def mend(mail_id: int) -> ResponseReturnValue:
    """Send a parked mail again, or give it up."""
    if not actor().is_admin:
        abort(403)
    act = request.form.get("act")
    if act not in ("retry", "discard"):
        abort(400)
    with transaction():
        if act == "retry":
            service.retry(mail_id, now=clock.now())
        else:
            service.discard(mail_id, now=clock.now())
    flash(_("The mail is on its way again.") if act == "retry" else _("The mail is discarded. What it said is erased."))
    return redirect(url_for("operations.index"), 303)
