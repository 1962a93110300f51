"""Becoming a member: apply, confirm the address, take an invitation, accept the texts, see the tour.

Opening a link changes nothing; its form does. What is said to an application is the same for every address.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import Refused, TooMany
from innovation_station.forms import parse_id
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language
from innovation_station.members import asking, joining, queries, rules, service
from innovation_station.members.forms import AcceptForm, ApplyForm, JoinForm
from innovation_station.members.joining import Newcomer
from innovation_station.members.models import HouseText, Member
from innovation_station.members.reception import Offer, reception
from innovation_station.members.service import Proof
from innovation_station.members.views import pages
from innovation_station.members.words import text_name
from innovation_station.text import Part, parts
from innovation_station.web import actor, safe_next, signed_in

STEPS = 3


@pages.route("/join", methods=["GET", "POST"])
def join() -> ResponseReturnValue:
    """Take an application; the rest follows from the link in the mail."""
    form, offers = ApplyForm(), reception().offers()
    form.choose_among(offers, parse_id(request.args.get("offer")))
    shown = {"offers": {offer.id: offer for offer in offers}}
    if not form.validate_on_submit():
        return render_template("members/join.html", form=form, **shown), 422 if form.is_submitted() else 200
    email = rules.normal_email(form.email.data or "")
    try:
        with transaction():
            service.admit_mail(email, address=request.remote_addr, now=clock.now())
            joining.apply(email, form.name.data or "", now=clock.now(), language=language(), offer=form.chosen)
    except (Refused, TooMany) as error:
        return asking.refused("members/join.html", form, error, **shown)
    return render_template("members/sent.html", email=email)


@pages.route("/join/<token>", methods=["GET", "POST"])
def confirm(token: str) -> ResponseReturnValue:
    """Make the account of an application whose mailbox has opened its link."""
    newcomer = joining.applicant(token, now=clock.now())
    form = JoinForm(name=newcomer.name)
    made = _made(form, newcomer, "members/confirm.html", reception().offers())
    if not isinstance(made, str):
        return made
    with transaction():
        member = joining.join(token, form.name.data or "", made, now=clock.now(), offer=form.chosen)
    if member.state == "active":
        return asking.enter(Proof(member, None), url_for("home.start"), remember=False)
    flash(_("Thank you. The house looks at your application and writes to %(email)s.", email=member.email))
    return redirect(url_for("home.start"), 303)


@pages.route("/invitation/<token>", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    """Hand the account over that staff have made for who has the link."""
    newcomer = joining.invited(token, now=clock.now())
    form = JoinForm(name=newcomer.name)
    made = _made(form, newcomer, "members/confirm.html")
    if not isinstance(made, str):
        return made
    with transaction():
        member = joining.take_invitation(token, form.name.data or "", made, now=clock.now())
    return asking.enter(Proof(member, None), url_for("home.start"), remember=False)


def _made(
    form: JoinForm, newcomer: Newcomer, template: str, offers: Sequence[Offer] = ()
) -> str | ResponseReturnValue:  # fmt: skip
    """Give the hash of the new password, or the page with what is missing."""
    form.choose_among(offers, newcomer.offer)
    shown: dict[str, Any] = {"newcomer": newcomer, "texts": _shown(queries.current_texts()),
                             "shortest": rules.PASSWORD_SHORTEST,
                             "offers": {offer.id: offer for offer in offers}}  # fmt: skip
    fine = form.validate_on_submit()
    if form.is_submitted() and shown["texts"]:
        fine = form.demand() and fine
    if not fine:
        return render_template(template, form=form, **shown), 422 if form.is_submitted() else 200
    password, name = form.password.data or "", form.name.data or ""
    try:
        service.check_new_password(password, of=(newcomer.email, name))
        return service.hashed(password)
    except (Refused, TooMany) as error:
        return asking.refused(template, form, error, **shown)


def _shown(texts: dict[str, HouseText]) -> list[tuple[str, list[Part]]]:
    """Give heading and parts of each text, in the reader's language."""
    return [(text_name(kind), parts(body(text))) for kind, text in texts.items()]


def body(text: HouseText) -> str:
    """Give a text in the reader's language."""
    return text.body_sv if language() == "sv" else text.body_en


@pages.get("/rules")
def house_rules() -> ResponseReturnValue:
    """Show the house rules, and what the house says about privacy, to everybody."""
    texts = queries.current_texts()
    since = max((text.published_at for text in texts.values()), default=None)
    return render_template("members/rules.html", texts=_shown(texts), since=since)


@pages.route("/rules/accept", methods=["GET", "POST"])
@signed_in
def accept() -> ResponseReturnValue:
    """Ask a member to accept the texts that are new."""
    following = safe_next(request.values.get("next"), url_for("home.start"))
    missing = queries.texts_to_accept(actor().id)
    if not missing:
        return redirect(following, 303)
    form = AcceptForm()
    if not form.validate_on_submit():
        page = render_template(
            "members/accept.html", form=form, texts=_shown(missing), following=following, due="rules" in missing
        )
        return page, 422 if form.is_submitted() else 200
    with transaction():
        member = queries.by_id(actor().id)
        joining.accept_texts(member, now=clock.now())
    return redirect(asking.after(member, following), 303)


@pages.get("/welcome/<id:step>")
@signed_in
def tour(step: int) -> ResponseReturnValue:
    """Show one of the three steps of the tour; looking changes nothing."""
    if not 1 <= step <= STEPS:
        return redirect(url_for("members.tour", step=1), 303)
    return render_template("members/tour.html", step=step, steps=STEPS)


def _me() -> Member:
    return queries.by_id(actor().id)


@pages.post("/welcome")
@signed_in
def end_tour() -> ResponseReturnValue:
    """Remember that the tour was seen or passed over, and go where the member wants to."""
    with transaction():
        joining.end_tour(_me())
    return redirect(safe_next(request.form.get("next"), url_for("home.start")), 303)
