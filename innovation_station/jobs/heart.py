"""The heartbeat of a claim: while the work goes on, its lease is renewed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from innovation_station.db import transaction
from innovation_station.errors import DomainError
from innovation_station.jobs.rules import LEASE

log = get_logger(__name__)
BEAT = LEASE / 3  # two may fail before the lease passes


@contextmanager
def beating(app: Flask, renew: Callable[[], bool]) -> Iterator[None]:
    """Call `renew` in a transaction of its own every third of a lease, from a thread, until the block ends."""
    done = threading.Event()

    def run() -> None:
        while not done.wait(BEAT.total_seconds()):
            try:
                with app.app_context(), transaction():
                    if not renew():
                        log.warning("claim lost: it was taken over, or ended by hand")
            except (SQLAlchemyError, DomainError) as error:
                log.warning("claim not renewed", error=type(error).__name__)

    heart = threading.Thread(target=run, name="heart", daemon=True)
    heart.start()
    try:
        yield
    finally:
        done.set()
        heart.join()
