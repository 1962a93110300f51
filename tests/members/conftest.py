"""What the tests of members share: mails and the links in them, and forms filled in as a person does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from innovation_station.db import db
from innovation_station.mail.models import Mail
from tests.conftest import token_in


class Post:
    """The outbox as people see it: who was written to, with what, and which link it holds."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def mails(self, to: str | None = None) -> list[tuple[str, str, dict[str, Any]]]:
        """List receiver, template and values, the oldest first."""
        with self.app.app_context():
            rows = db.session.scalars(select(Mail).order_by(Mail.id)).all()
            found = [(row.receiver, row.template, dict(row.content or {})) for row in rows]
            db.session.remove()
        return [mail for mail in found if to in (None, mail[0])]

    def templates(self, to: str | None = None) -> list[str]:
        """List what was written, the oldest first."""
        return [template for _to, template, _values in self.mails(to)]

    def token(self, template: str, to: str | None = None) -> str:
        """Give the token of the newest mail of a kind."""
        return str([values["token"] for _to, name, values in self.mails(to) if name == template][-1])


@pytest.fixture
def outbox(app: Flask) -> Post:
    """Give the outbox."""
    return Post(app)


def fill(client: FlaskClient, path: str, **fields: Any) -> TestResponse:
    """Open a page and send its form."""
    page = client.get(path)
    assert page.status_code == 200, (path, page.status_code)
    return client.post(path, data={"csrf_token": token_in(page.text), **fields})


def press(client: FlaskClient, page: str, path: str, **fields: Any) -> TestResponse:
    """Send a form of a page to another address."""
    return client.post(path, data={"csrf_token": token_in(client.get(page).text), **fields})


def said(answer: TestResponse) -> str:
    """Give the words of a page's main part, without what differs from one to the next by nature."""
    main = re.sub(r"(?s).*<main|</main>.*", "", answer.text)
    return " ".join(re.sub(r'<[^>]+>|value="[^"]*"', " ", main).split())
