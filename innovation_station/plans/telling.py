"""What is told of plans and memberships: that one ends, and to staff that somebody applies for one."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from innovation_station.i18n import day_long, language
from innovation_station.i18n import gettext as _
from innovation_station.mail.rules import intact
from innovation_station.members import queries as members
from innovation_station.notices import service as notices
from innovation_station.notices.registry import Kind
from innovation_station.notices.rules import Names, Said, Values
from innovation_station.plans.models import Membership


def _ends(values: Values, _names: Names) -> Said:
    plan, organisation = (values[f"{name}_{language()}"] for name in ("plan", "organisation"))
    day = day_long(date.fromisoformat(intact(values["ends"])))
    go_on = _("To go on, talk to the host.")
    if organisation:
        title = _("%(organisation)s's membership ends on %(day)s", organisation=organisation, day=day)
        text = _("%(plan)s holds for the members of %(organisation)s until then.", plan=plan, organisation=organisation)
        return Said(title, f"{text} {go_on}", _("See what it is about"), "organisations.index", {})
    title = (
        _("Your trial ends on %(day)s", day=day) if values["trial"] else _("Your membership ends on %(day)s", day=day)
    )
    text = _(
        "%(plan)s holds until then. What is booked for later days stands, but nothing new can be booked for them.",
        plan=plan,
    )
    return Said(title, f"{text} {go_on}", _("See my membership"), "standing.plan", {})


def _applied(values: Values, _names: Names) -> Said:
    """Name nobody: whoever is turned down leaves nothing behind in the lists of staff."""
    text = _("The address is confirmed. Let them in, or turn them down.")
    parts = {"member_id": values["member"]}
    return Said(_("Somebody wants to become a member"), text, _("Look at the application"), "staff.member", parts)


ENDS = Kind(
    "plan-ends", _l("A membership ends"),
    _l("Two weeks and two days before yours ends, or that of an organisation you are the contact of."), _ends,
)  # fmt: skip
APPLIED = Kind(
    "application-waits", _l("Somebody applies for membership"), _l("When an application waits for you or a colleague."),
    _applied, staff=True,
)  # fmt: skip
KINDS = (ENDS, APPLIED)


def application(member_id: int) -> tuple[str, dict[str, int]]:
    """Give subject and values of the notice of an application."""
    return f"application-{member_id}", {"member": member_id}


def waits(member_id: int, *, now: datetime) -> None:
    """Tell all staff that somebody waits to be let in."""
    subject, values = application(member_id)
    for staff_id in members.staff():
        notices.notify(APPLIED, staff_id, values, now=now, subject=subject, once=True)


def decided(member_id: int) -> None:
    """Take it back: somebody has seen to it."""
    for staff_id in members.staff():
        notices.recall(APPLIED, staff_id, application(member_id)[0])


def ends(row: Membership, member_id: int, *, last: date, ahead: int, now: datetime) -> bool:
    """Tell a member, so many days ahead, that a membership ends; once for each last day. Tell whether that was done."""
    values = {
        "plan_sv": row.plan.name_sv, "plan_en": row.plan.name_en, "ends": last.isoformat(), "trial": row.trial,
        "organisation_sv": row.organisation.name_sv if row.organisation else "",
        "organisation_en": row.organisation.name_en if row.organisation else "",
    }  # fmt: skip
    subject = f"plan-ends-{row.id}-{last.isoformat()}-{ahead}"
    return notices.notify(ENDS, member_id, values, now=now, subject=subject, once=True) is not None
