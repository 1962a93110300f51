"""The picture and the key that an authenticator app takes its secret from."""

from __future__ import annotations

from flask import current_app
from markupsafe import Markup

from innovation_station.errors import NotFound
from innovation_station.members import security, totp
from innovation_station.members.models import Member
from innovation_station.web import current_house


def enrolment(account: Member) -> dict[str, str]:
    """Give `picture` and `secret` of a second factor that was begun; nothing where none was, or the key has changed."""
    import segno  # 4 MiB in every process, for a picture that a member needs once

    try:
        secret = security.begun_secret(account.id, key=str(current_app.secret_key))
    except NotFound:
        return {}
    house = current_house().name or "Innovation Station"
    picture = segno.make(totp.address(secret, email=account.email, house=house), error="m", micro=False)
    drawn = picture.svg_inline(omitsize=True, svgclass=None, lineclass=None, border=4, dark="#000", light="#fff")
    return {"picture": Markup(drawn), "secret": totp.readable(secret)}  # noqa: S704  lines and numbers only
