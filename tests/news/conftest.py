"""What the tests of news share: somebody who tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.news import service
from innovation_station.news.models import NewsItem
from innovation_station.news.rules import Facts
from tests.conftest import NOW, Small

FACTS = Facts(
    ("Nytt kök", "New kitchen"), ("Det är klart.", "It is done."), ("# Kaffe\n\nDet **finns**.", "# Coffee\n\nThere **is**."),
    ("Ett kök", "A kitchen"),
)  # fmt: skip
Tell = Callable[..., NewsItem]


@pytest.fixture
def tell(app: Flask, small: Small) -> Tell:
    """Give a function that writes a news item, and publishes it."""

    def made(facts: Facts = FACTS, *, publish: bool = True, **more: Any) -> NewsItem:
        with app.app_context(), transaction():
            host = db.session.get_one(Member, small.people["host"])
            item = service.write(host, facts, now=NOW)
            if publish:
                service.publish(host, item.id, now=NOW, **more)
            return item

    return made
