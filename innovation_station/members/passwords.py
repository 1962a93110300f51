"""A new password for who has forgotten the old one, and a new address: pages that a mail leads to.

Opening a link changes nothing, programs that look for viruses do that too; its button does. What is said does not
tell whether an address is known.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from innovation_station import clock
from innovation_station.db import transaction
from innovation_station.errors import Refused, TooMany
from innovation_station.i18n import gettext as _
from innovation_station.i18n import language
from innovation_station.members import asking, queries, rules, security, service
from innovation_station.members.forms import AskForm, ConfirmForm, NewPasswordForm
from innovation_station.members.views import pages


@pages.route("/password/reset", methods=["GET", "POST"])
def forgotten() -> ResponseReturnValue:
    """Ask where to send a link for a new password."""
    form = AskForm()
    if not form.validate_on_submit():
        return render_template("members/forgotten.html", form=form), 422 if form.is_submitted() else 200
    email = rules.normal_email(form.email.data or "")
    if not rules.is_email(email):
        return asking.refused("members/forgotten.html", form, security.malformed())
    try:
        with transaction():
            service.admit_mail(email, address=request.remote_addr, now=clock.now())
            security.ask_reset(email, now=clock.now(), language=language())
    except TooMany as error:
        return asking.refused("members/forgotten.html", form, error)
    return render_template("members/sent.html", email=email, what="reset")


@pages.route("/password/<token>", methods=["GET", "POST"])
def new_password(token: str) -> ResponseReturnValue:
    """Take a new password from who has the link."""
    member = security.resetting(token, now=clock.now())
    form = NewPasswordForm()
    shortest = queries.password_shortest(member.id)
    if not form.validate_on_submit():
        page = render_template("members/new_password.html", form=form, account=member, shortest=shortest)
        return page, 422 if form.is_submitted() else 200
    password = form.password.data or ""
    try:
        service.check_password(member, password)
        made = service.hashed(password)
    except (Refused, TooMany) as error:
        return asking.refused("members/new_password.html", form, error, account=member, shortest=shortest)
    with transaction():
        security.reset_password(token, made, now=clock.now())
    flash(_("The new password is in force. Log in with it."))
    return redirect(url_for("members.login"), 303)


@pages.route("/email/<token>", methods=["GET", "POST"])
def new_email(token: str) -> ResponseReturnValue:
    """Confirm a new address."""
    member, email = security.new_email(token, now=clock.now())
    form = ConfirmForm()
    if not form.validate_on_submit():
        return render_template("members/new_email.html", form=form, old=member.email, email=email)
    with transaction():
        security.change_email(token, now=clock.now())
    flash(_("Your e-mail address is now %(email)s.", email=email))
    return redirect(url_for("home.start"), 303)
