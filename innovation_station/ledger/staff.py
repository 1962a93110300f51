"""The ledger as the house sees it: months, and the file of one for invoices and internal debit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station.audit import service as audit
from innovation_station.db import transaction
from innovation_station.errors import NotAllowed, NotFound, Refusal, Refused
from innovation_station.forms import Form, parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language, money, month_name, tenths
from innovation_station.ledger import queries, rules, service
from innovation_station.ledger.rules import Line, may_export_ledger, may_see_ledger
from innovation_station.members.models import Organisation
from innovation_station.organisations import queries as organisations
from innovation_station.organisations import staff as organisation_pages
from innovation_station.organisations.words import name_of
from innovation_station.plans.rules import may_change_plans
from innovation_station.plans.words import kind_names
from innovation_station.web import actor, guard

pages = Blueprint("staff_ledger", __name__, url_prefix="/staff")
guard(pages, may_see_ledger)
SHARE_ROWS = 3


@pages.get("/ledger")
def index() -> ResponseReturnValue:
    """List the months that have entries."""
    rows = [
        {"month": row.month, "name": month_name(date.fromisoformat(f"{row.month}-01")), "bookings": row.bookings,
         "hours": tenths(row.minutes / 60), "amount": money(row.amount)}
        for row in queries.months()
    ]  # fmt: skip
    return render_template("staff/ledger.html", months=rows, may=may_export_ledger(actor()))


@pages.get("/ledger/<month>.csv")
def export(month: str) -> ResponseReturnValue:
    """Give a month as CSV: a line for each payer, member, plan, kind and price, and their sums."""
    if not may_export_ledger(actor()):
        raise NotAllowed([Refusal("export-admin")])
    if rules.parse_month(month) is None:
        raise NotFound
    with transaction():
        audit.record("ledger.exported", subject=("ledger", None), actor=actor(), after={"month": month})
    lines = list(queries.lines(month))
    answer = Response("".join(_csv(month, lines)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="ledger-{month}.csv"'
    return answer


def _csv(month: str, lines: list[Line]) -> Iterator[str]:
    """Write lines as the spreadsheet programs of the reader's language open them: semicolons, and its decimal mark."""
    names, mark = kind_names(), "," if language() == "sv" else "."
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"
    yield _row(
        _("Month"), _("Payer"), _("Cost centre"), _("Organisation"), _("Member"), _("Plan"), _("Kind"), _("Bookings"),
        _("Hours"), _("Price an hour"), _("Share %"), _("Amount without VAT"), _("VAT %"), _("VAT"), _("Total"),
    )  # fmt: skip
    for line in lines:
        texts = (
            line.payer,
            line.cost_centre,
            line.organisation,
            line.member,
            line.plan,
            names.get(line.kind, line.kind),
        )
        yield _row(
            month, *map(rules.harmless, texts), line.bookings, _hours(line.minutes, mark),
            rules.decimal(line.rate, mark), rules.decimal(line.share, mark), rules.decimal(line.amount, mark),
            rules.decimal(line.vat, mark), rules.decimal(line.vat_amount, mark), rules.decimal(line.total, mark),
        )  # fmt: skip
    sums = rules.sums(lines)
    yield _row(
        month, _("Sum"), "", "", "", "", "", sums.bookings, "", "", "", rules.decimal(sums.amount, mark), "",
        rules.decimal(sums.vat_amount, mark), rules.decimal(sums.total, mark),
    )  # fmt: skip


def _hours(minutes: int, mark: str) -> str:
    return rules.decimal(rules.rounded(minutes * 100, 60), mark)


def _row(*cells: object) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(cells)
    return line.getvalue()


@pages.post("/organisations/<id:organisation_id>/shares")
def share(organisation_id: int) -> ResponseReturnValue:
    """Say which organisations bear which part of this one's use."""
    if not may_change_plans(actor()):
        raise NotAllowed([Refusal("plan-admin")])
    if organisations.get(organisation_id) is None:
        raise NotFound
    wanted: dict[int, int] = {}
    for index in range(SHARE_ROWS):
        payer, percent = request.form.get(f"payer-{index}", ""), request.form.get(f"share-{index}", "").strip()
        if payer and percent:
            found, share = parse_id(payer), _share(percent)
            if found is None or found == organisation_id or organisations.get(found) is None or found in wanted:
                raise Refused([Refusal("organisation-unknown", "payer")])
            wanted[found] = share
    with transaction():
        service.set_shares(organisation_id, list(wanted.items()), actor=actor())
    flash(_("Saved."))
    return redirect(url_for("staff_organisations.edit", organisation_id=organisation_id, _anchor="shares"), 303)


def _share(text: str) -> int:
    found = rules.parse_percent(text)
    if found is None:
        raise Refused([Refusal("shares-whole", "share")])
    return found


def _section(row: Organisation) -> tuple[str, dict[str, object]]:
    """Add who shares the cost to an organisation's page."""
    shares = [
        {"payer": share.payer_id, "percent": rules.decimal(share.share, "," if language() == "sv" else ".")}
        for share in queries.shares(row.id)
    ]
    rows = shares + [{"payer": 0, "percent": ""}] * (SHARE_ROWS - len(shares))
    others = [(other.id, name_of(other)) for other, _count in organisations.every() if other.id != row.id]
    form = Form(formdata=None)
    return "staff/_organisation_shares.html", {
        "organisation": row.id, "rows": rows, "others": others, "form": form, "may": may_change_plans(actor()),
    }  # fmt: skip


organisation_pages.sections.append(_section)
