"""Takes mails out of the outbox and hands them to the transport, one at a time."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from innovation_station import clock
from innovation_station.db import db, transaction
from innovation_station.errors import DomainError
from innovation_station.jobs.heart import beating
from innovation_station.mail import queries, rules, service
from innovation_station.mail.compose import Sender, compose
from innovation_station.mail.models import Mail
from innovation_station.mail.rules import Outcome
from innovation_station.mail.transport import Transport

log = get_logger(__name__)
SETTLE_TRIES, SETTLE_PAUSE = 6, 2.0


class Postman:
    """One worker's hand for mail; several share the outbox.

    Each mail is claimed, sent and settled before the next: a crash leaves one in doubt, not a batch.
    """

    def __init__(
        self, app: Flask, transport: Transport, sender: Callable[[], Sender], busy: Callable[[], None] = lambda: None
    ) -> None:
        self.app = app
        self.transport = transport
        self.sender = sender
        self.busy = busy  # told whenever there was something to do
        self.name = secrets.token_hex(16)
        self.looks = 0
        self.resumes = 0.0

    def round(self, stopping: Callable[[], bool]) -> None:
        """Send all that is due, until the server is away or somebody says stop. Raises what the database raises."""
        if time.monotonic() < self.resumes:
            return
        try:
            while not stopping() and self._one():
                pass
        finally:
            self.transport.close()

    def _one(self) -> bool:
        """Send the next mail; tell whether there may be more to send."""
        with self.app.app_context():
            if not queries.is_due(clock.now()):
                return False
            with transaction():
                mail = service.claim(self.name, now=clock.now())
            if mail is None:
                return False
            if mail.state != "sending":
                log.error("mail parked: workers died of it", mail=mail.id, template=mail.template)
                return True
            self.busy()
            outcome = self._try(mail)
            self._settle(mail, outcome)
            return self._may_go_on(outcome)

    def _try(self, mail: Mail) -> Outcome:
        def renew() -> bool:
            return service.renew(mail.id, self.name, now=clock.now())

        sender = self.sender()
        db.session.commit()  # nothing is held open while the network takes its time
        with beating(self.app, renew):
            try:
                message = compose(self.app, mail, sender, cte=self.transport.cte)
            except Exception as error:
                log.error("mail cannot be written", mail=mail.id, template=mail.template, exc_info=error)
                return Outcome("parked", "unreadable", f"{type(error).__name__} in {mail.template}")
            return self.transport.deliver(message)

    def _settle(self, mail: Mail, outcome: Outcome) -> None:
        """Write down how it went, also when the database is away for a moment: forgetting means sending twice."""
        for left in reversed(range(SETTLE_TRIES)):
            try:
                with transaction():
                    if not service.settle(mail.id, self.name, outcome, now=clock.now()):
                        log.warning("mail was taken over while it was sent", mail=mail.id)
                break
            except (SQLAlchemyError, DomainError):
                if not left:
                    raise
                time.sleep(SETTLE_PAUSE)
        level = log.info if outcome.kind == "sent" else log.warning
        level(
            f"mail {outcome.kind}", mail=mail.id, template=mail.template, problem=outcome.problem,
            reason=rules.reason(outcome.reason) or None,
        )  # fmt: skip

    def _may_go_on(self, outcome: Outcome) -> bool:
        if outcome.kind != "away":
            self.looks = 0
            return True
        self.looks += 1
        self.resumes = time.monotonic() + rules.absence(self.looks).total_seconds()
        return False
