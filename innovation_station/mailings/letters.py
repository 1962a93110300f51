"""What a mailing says in a mail, and how that looks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from flask import Flask

from innovation_station import markdown
from innovation_station.events.rules import in_language
from innovation_station.i18n import language, speaking
from innovation_station.mail.compose import Sender, plain, write
from innovation_station.mail.models import Mail
from innovation_station.mailings import queries
from innovation_station.mailings.models import Mailing
from innovation_station.mailings.service import TEMPLATE
from innovation_station.mailings.telling import NEWS


@dataclass(frozen=True, slots=True)
class Said:
    """What stands in the mail, in the language in force."""

    subject: str
    paragraphs: list[str]
    action: tuple[str, str] | None


def said(mailing_id: int) -> Said:
    """Say a mailing. Raises LookupError for one that there is not: its mail is parked, and says why."""
    row = queries.get(int(mailing_id))
    if row is None:
        raise LookupError(f"no mailing {mailing_id}")
    spoken = language()
    body = in_language((row.body_sv, row.body_en), spoken)[0]
    # a line that begins a list or a heading stands alone: paragraphs are wrapped
    blocks = re.split(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*+]|\d{1,4}[.)]|#{1,4}) )", markdown.plain(body))
    return Said(
        in_language((row.subject_sv, row.subject_en), spoken)[0], [block for block in blocks if block.strip()],
        markdown.first_link(body),
    )  # fmt: skip


def preview(app: Flask, row: Mailing, sender: Sender, spoken: Literal["sv", "en"]) -> tuple[str, str]:
    """Give the subject and the text of the mail as somebody gets it who reads that language."""
    news = row.kind == "news"
    notice = {"kind": NEWS.name, "values": {"mailing": row.id}, "at": row.created_at.isoformat()}
    mail = Mail(
        template=NEWS.template if news else TEMPLATE, content={"notice": notice} if news else {"mailing": row.id},
        name="", receiver="", language=spoken, unsubscribe_url="/notifications/end/…" if news else None,
    )  # fmt: skip
    with speaking(spoken):
        letter = write(app, mail, sender)
        return letter.subject, plain(letter, sender)
