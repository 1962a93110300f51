"""The figures for staff, each as a file too; a month's report, and its link for whoever is given it."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.figures import periods, sharing
from innovation_station.figures.periods import PRESETS, Period
from innovation_station.figures.plots import Figures, Plot
from innovation_station.figures.words import kind_names, period_name
from innovation_station.i18n import capital, language, local, zone
from innovation_station.i18n import gettext as _
from innovation_station.members.rules import is_staff
from innovation_station.sharing.rules import harmless
from innovation_station.spaces.rules import KINDS
from innovation_station.web import actor, base_url, current_house, guard

staff = Blueprint("staff_figures", __name__, url_prefix="/staff/figures")
guard(staff, is_staff)
pages = Blueprint("figures", __name__)
AGAINST = ("before", "year")


def _today() -> date:
    return local(clock.now()).date()


def _date(name: str) -> date | None:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if periods.EARLIEST.replace(year=2001) <= found <= periods.LATEST.replace(year=2198) else None


def _period() -> tuple[Period, str]:
    """Read the period from the address, and what is wrong with it: then it is this month."""
    kind = request.args.get("period", "month")
    if kind == "own":
        first, last = _date("from"), _date("to")
        found = periods.own(first, last) if first and last else None
        if found is None:
            problem = _("Choose a first day, and a last one that is not more than three years later.")
            return periods.of("month", _today()), problem
        return found, ""
    return periods.of(kind if kind in PRESETS else "month", _date("date") or _today()), ""


def _figures(period: Period) -> Figures:
    kind = request.args.get("kind")
    return Figures(
        period, period.year_before if request.args.get("against") == "year" else period.previous,
        kind if kind in KINDS else None, house=current_house(), now=clock.now(), zone=zone(),
    )  # fmt: skip


def _query(period: Period, **more: str | None) -> dict[str, Any]:
    """Write what is shown as the parameters of an address."""
    against, kind = request.args.get("against"), request.args.get("kind")
    given: dict[str, Any] = {"period": period.kind}
    if period.kind == "own":
        given |= {"from": period.first.isoformat(), "to": period.last.isoformat()}
    else:
        given["date"] = period.first.isoformat()
    given |= {"kind": kind if kind in KINDS else None, "against": against if against in AGAINST else None, **more}
    return {name: value for name, value in given.items() if value is not None}


def _href(period: Period, **more: str | None) -> str:
    return url_for("staff_figures.index", **_query(period, **more))


@staff.get("")
def index() -> ResponseReturnValue:
    """Show the figures of a period beside those of another."""
    period, problem = _period()
    figures = _figures(period)
    today, kind, against = _today(), figures.kind, request.args.get("against")
    day = today if period.first <= today <= period.last else period.first
    names = {"week": _("Week"), "month": _("Month"), "quarter": _("Quarter"), "year": _("Year")}
    page = {
        "name": capital(period_name(period.kind, period.first, period.last)),
        "against": period_name(figures.against.kind, figures.against.first, figures.against.last),
        "presets": [
            {"label": label, "href": _href(periods.of(name, day)), "current": name == period.kind}
            for name, label in names.items()
        ],
        "kinds": [
            {"label": _("All"), "href": _href(period, kind=None), "current": kind is None},
            *(
                {"label": label, "href": _href(period, kind=name), "current": kind == name}
                for name, label in kind_names().items()
            ),
        ],
        "compare": [
            {"label": _("The one before"), "href": _href(period, against=None), "current": against != "year"},
            {"label": _("A year before"), "href": _href(period, against="year"), "current": against == "year"},
        ],
        "earlier": _href(period.previous), "later": _href(period.following),
        "first": period.first.isoformat(), "last": period.last.isoformat(), "problem": problem,
        "keep": {name: value for name, value in _query(period).items() if name in ("kind", "against")},
        "report": url_for("staff_figures.report", month=f"{period.first:%Y-%m}"),
        "heads": figures.heads(), "plots": [_shown(plot, period) for plot in figures.plots()],
    }  # fmt: skip
    return render_template("figures/page.html", page=page), 422 if problem and "from" in request.args else 200


def _shown(plot: Plot, period: Period | None = None) -> dict[str, Any]:
    """Give a plot as the template takes it; with a period there is a file of it."""
    file = url_for("staff_figures.file", plot_name=plot.name, **_query(period)) if period else None
    return {"plot": plot, "rows": plot.shown, "bars": plot.bars, "file": file}


@staff.get("/<plot_name>.csv")
def file(plot_name: str) -> Response:
    """Give the table of one plot as a file for programs of tables."""
    period, problem = _period()
    plot = None if problem else _figures(period).plot(plot_name)
    if plot is None:
        abort(404)
    answer = Response("".join(_lines(plot)), mimetype="text/csv")
    name = f"{plot.name}-{period.first:%Y%m%d}-{period.last:%Y%m%d}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _lines(plot: Plot) -> list[str]:
    """Write a table: percentages as whole numbers, time in hours with two decimals, days as dates."""
    written = io.StringIO()
    pen = csv.writer(written, delimiter=";", lineterminator="\r\n")
    pen.writerow([harmless(title) for title, _holds in plot.columns])
    for row in plot.rows:
        pen.writerow([_cell(value, holds) for value, (_title, holds) in zip(row, plot.columns, strict=True)])
    return ["\N{ZERO WIDTH NO-BREAK SPACE}", written.getvalue()]


def _cell(value: object, holds: str) -> str:
    if value is None:
        return ""
    if holds == "hours" and isinstance(value, int):
        return f"{value / 3600:.2f}".replace(".", "," if language() == "sv" else ".")
    return harmless(str(value)) if holds == "text" else str(value)


# -- the report of a month --------------------------------------------------------------------------------------------


def _month() -> date:
    """Read the month, as 2026-11; without one it is the last that is over."""
    given = request.values.get("month", "")
    try:
        found = datetime.strptime(given, "%Y-%m").date()  # noqa: DTZ007  a month has no zone
    except ValueError:
        found = (_today().replace(day=1) - timedelta(days=1)).replace(day=1)
    return found if periods.EARLIEST.replace(year=2001) <= found <= periods.LATEST.replace(year=2198) else _today()


def _report(month: date, *, organisations: bool) -> dict[str, Any]:
    period = periods.of("month", month)
    figures = Figures(period, period.previous, None, house=current_house(), now=clock.now(), zone=zone())
    return {
        "name": capital(period_name("month", period.first, period.last)), "month": f"{period.first:%Y-%m}",
        "against": period_name("month", figures.against.first, figures.against.last),
        "running": period.last >= _today(), "heads": figures.heads(),
        "plots": [_shown(plot) for plot in figures.plots(organisations=organisations)],
    }  # fmt: skip


@staff.get("/report")
def report() -> ResponseReturnValue:
    """Show a month's report, and the links by which it is shared."""
    month = _month()
    page = _report(month, organisations=True)
    earlier, later = (month - timedelta(days=1)).replace(day=1), (month + timedelta(days=32)).replace(day=1)
    page |= {
        "earlier": url_for("staff_figures.report", month=f"{earlier:%Y-%m}"),
        "later": url_for("staff_figures.report", month=f"{later:%Y-%m}"),
        "shares": [
            {"id": row.id, "href": base_url() + sharing.links.path(row), "organisations": row.organisations}
            for row in sharing.shared(month)
        ],
    }  # fmt: skip
    return render_template("figures/report.html", page=page)


@staff.post("/report")
def share() -> ResponseReturnValue:
    """Make a link to the report of a month."""
    month = _month()
    with transaction():
        sharing.share(actor(), month, organisations="organisations" in request.form, now=clock.now())
    flash(_("Whoever has the link can read the report."))
    return redirect(url_for("staff_figures.report", month=f"{month:%Y-%m}", _anchor="share"), 303)


@staff.post("/report/<id:share_id>/end")
def end(share_id: int) -> ResponseReturnValue:
    """Let a link lead nowhere from now on."""
    with transaction():
        row = sharing.end(actor(), share_id, now=clock.now())
    flash(_("The link leads nowhere any more."))
    return redirect(url_for("staff_figures.report", month=f"{row.month:%Y-%m}", _anchor="share"), 303)


@pages.get("/figures/<token>")
def shared(token: str) -> ResponseReturnValue:
    """Show the report of a month to whoever has its link; it names organisations only where staff have said so."""
    row = sharing.opened(token)
    if row is None:
        abort(404)
    page = _report(row.month, organisations=row.organisations)
    answer = make_response(render_template("figures/shared.html", page=page))
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
