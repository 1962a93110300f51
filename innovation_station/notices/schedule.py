"""What happens to notices by the clock."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from innovation_station.db import db, transaction
from innovation_station.i18n import zone
from innovation_station.jobs.registry import Jobs
from innovation_station.notices import queries, rules, service

jobs = Jobs()


@jobs.daily(rules.DIGEST_AT, "notice-digest", _l("Send summaries of notifications"))
def digest(now: datetime) -> str:
    """Send today's digests, each in its own transaction: what has gone does not wait any more."""
    members = queries.with_digest(rules.frequencies_on(now.astimezone(zone()).date()))
    db.session.rollback()
    sent = 0
    for member_id in members:
        with transaction():
            sent += service.send_digest(member_id, now=now)
    return f"{sent} digests"
