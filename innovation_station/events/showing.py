"""A change of an event on a page: carried out at once where it hits nobody, else shown before it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.bookings.hits import Sent
from innovation_station.db import transaction
from innovation_station.errors import Conflict, DomainError, NotFound
from innovation_station.events import bringing, intake_words, queries, service, words
from innovation_station.events.forms import hidden
from innovation_station.events.queries import Whole
from innovation_station.events.rules import Plan
from innovation_station.events.service import Change, Details
from innovation_station.forms import Form
from innovation_station.i18n import gettext as _
from innovation_station.i18n import sentence, zone
from innovation_station.web import actor, current_house

SHOWN_AGAIN = frozenset({"event-hits", "plan-changed", "closed-space", "event-has-it", "busy-elsewhere"})


def whole_of(event_id: int) -> Whole:
    """Read an event with all that belongs to it. Raises NotFound."""
    event = queries.get(event_id)
    if event is None:
        raise NotFound
    return queries.whole(event)


def head(whole: Whole) -> dict[str, Any]:
    """Give what stands over each page on which an event is planned."""
    event = whole.event
    return words.staff_row(event, clock.now()) | {
        "id": event.id, "state": event.state, "href": url_for("events.show", event_slug=event.slug),
        "complete": words.completeness_text(whole), "published": event.published_at is not None,
        "link": url_for("events.show", event_slug=event.slug, key=event.link_key, _external=True)
        if event.visibility == "link" else None,
        "wish": intake_words.wish_text(bringing.wish(event.id), current_house()),
    }  # fmt: skip


def carry(
    whole: Whole, change: Change, back: str, details: Details | Sequence[Details] = (), *, form: Form | None = None,
    always: bool = False, first: Callable[[], Sequence[Details]] | None = None,
) -> ResponseReturnValue | None:  # fmt: skip
    """Carry a change out, or show what it does where somebody is hit, `always` in any case.

    Where the change itself is refused the `form` has the reasons, and None is given for its page. `first` is done
    before the change in the same transaction, and gives the details.
    """
    event_id, sent, now = whole.event.id, Sent.read(), clock.now()
    try:
        if always and not sent.token:
            return plan_page(whole, service.look(actor(), event_id, change, now=now, zone=zone()), sent)
        with transaction():
            service.carry_out(
                actor(), event_id, change, now=now, zone=zone(), token=sent.token, choices=sent.choices,
                details=first() if first else details,
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        if isinstance(error, Conflict) and (sent.token or SHOWN_AGAIN & {one.code for one in error.refusals}):
            return _shown_again(whole, change, sent, error)
        if form is None:
            raise
        form.blame(error.refusals)
        return None
    flash(_("Saved."))
    return redirect(back, 303)


def _shown_again(whole: Whole, change: Change, sent: Sent, error: DomainError) -> ResponseReturnValue:
    plan = service.look(actor(), whole.event.id, change, now=clock.now(), zone=zone())
    told = [sentence(one) for one in error.refusals if one.code != "event-hits" or sent.token]
    walls = {sentence(wall) for wall in plan.walls}
    return plan_page(whole, plan, sent, [reason for reason in told if reason not in walls]), 409


def plan_page(whole: Whole, plan: Plan, sent: Sent, reasons: list[str] | None = None) -> str:
    """Show what a change does; the page sends again what it was asked with, in a form or in its address."""
    page = words.plan_page(plan, current_house(), sent.choices)
    fields = hidden(request.form or request.args)
    return render_template("events/staff_plan.html", event=head(whole), page=page, fields=fields, reasons=reasons or [])
