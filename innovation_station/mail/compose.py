"""From a row of the outbox to a message: one small template a mail, laid out as text and as HTML.

A template, templates/mail/NAME.txt, says nothing of looks. It sets, all but `subject` optional:

    subject     the fact, in one line
    title       the heading, where it is not the subject
    lead        one sentence under it
    facts       pairs of label and text
    paragraphs  texts
    action      the one thing to do: (words on the button, address)
    other       what else one may want to do, as a small link: (words, address)
    small       what is to know about the button
    why         why one gets this mail

It sees the values the mail was queued with, `name` (the receiver's), `house`, `link(endpoint, ...)`, which gives an
address under the base URL, `instant(text)`, which reads a time, `calendar`, the METHOD of the calendar part or None,
and the filters of the pages. Texts among the values are one line each and hold nothing that a program turns into a
link.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Literal, cast

from flask import Flask
from jinja2 import Environment, StrictUndefined

from innovation_station.i18n import gettext, language, speaking
from innovation_station.mail.calendar import Envelope, attach, part_of
from innovation_station.mail.models import Mail
from innovation_station.mail.rules import CALENDAR, Method, harmless, intact, one_line

WIDTH = 72
LAYOUT = "mail/_layout.html"
_KEY = "station-mail-environment"


@dataclass(frozen=True, slots=True)
class Sender:
    """What every mail of a house has in common: who it is from, and where its links lead."""

    address: str
    base_url: str
    locale: Literal["sv", "en"] = "sv"
    house: str = "Innovation Station"
    organisation: str = ""

    @property
    def domain(self) -> str:
        """Give the right half of the Message-ID."""
        return parseaddr(self.address)[1].rpartition("@")[2] or "localhost"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, before it has a form."""

    subject: str
    title: str = ""
    lead: str = ""
    facts: Sequence[tuple[str, str]] = ()
    paragraphs: Sequence[str] = ()
    action: tuple[str, str] | None = None
    other: tuple[str, str] | None = None
    small: str = ""
    why: str = ""
    unsubscribe: str = field(default="", kw_only=True)


def compose(app: Flask, mail: Mail, sender: Sender, *, cte: str = "quoted-printable") -> EmailMessage:
    """Make the message of a mail in its receiver's language; needs an app context.

    Whatever is wrong raises: a template that is missing or asks for a value that is, an address that is none."""
    with speaking(mail.language or sender.locale):
        part = part_of(app, mail.content, _envelope(mail, sender))
        letter = write(app, mail, sender, calendar=part.method if part else None)
        html = _environment(app).get_template(LAYOUT).render(letter=letter, sender=sender)
        message = EmailMessage()
        message["From"] = _mailbox(*parseaddr(sender.address))
        message["To"] = _mailbox(mail.name, mail.receiver)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(mail.ordered_at)
        message["Message-ID"] = f"<{mail.message_id}@{sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if letter.unsubscribe:
            message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(plain(letter, sender), cte=cte)
        message.add_alternative(html, subtype="html", cte=cte)
        if part is not None:
            attach(message, part)
        message["Content-Language"] = language()
        return message


def _environment(app: Flask) -> Environment:
    """Give the templates' environment in which a value that is missing is an error: better parked than half a mail."""
    if _KEY not in app.extensions:
        app.extensions[_KEY] = app.jinja_env.overlay(undefined=StrictUndefined)
    return cast(Environment, app.extensions[_KEY])


def _envelope(mail: Mail, sender: Sender) -> Envelope:
    """Give the addresses as the headers have them: programs look for their own among those of the calendar part."""
    own, to = _mailbox(*parseaddr(sender.address)), _mailbox(mail.name, mail.receiver)
    return Envelope(
        (own.display_name, own.addr_spec), (to.display_name, to.addr_spec), mail.language or sender.locale,
        sender.base_url, mail.created_at,
    )  # fmt: skip


def write(app: Flask, mail: Mail, sender: Sender, *, calendar: Method | None = None) -> Letter:
    """Fill a mail's template, in the language in force."""
    found = _environment(app).get_template(f"mail/{mail.template}.txt")
    said = vars(found.make_module({**_values(app, mail, sender), "calendar": calendar}))
    subject = one_line(str(said["subject"]))
    return Letter(
        subject=subject,
        title=said.get("title") or subject,
        lead=said.get("lead") or "",
        facts=[(str(label), str(text)) for label, text in said.get("facts") or ()],
        paragraphs=[str(text).strip() for text in said.get("paragraphs") or ()],
        action=_pair(said.get("action")),
        other=_pair(said.get("other")),
        small=said.get("small") or "",
        why=said.get("why") or "",
        unsubscribe=sender.base_url + mail.unsubscribe_url if mail.unsubscribe_url else "",
    )


def _pair(said: Any) -> tuple[str, str] | None:
    return (str(said[0]), str(said[1])) if said else None


def _values(app: Flask, mail: Mail, sender: Sender) -> dict[str, Any]:
    addresses = app.url_map.bind("localhost")

    def link(endpoint: str, **parts: Any) -> str:
        return sender.base_url + addresses.build(endpoint, {name: intact(part) for name, part in parts.items()})

    content = {name: value for name, value in (mail.content or {}).items() if name != CALENDAR}
    return {
        **harmless(content),
        "name": harmless(mail.name), "house": sender.house, "link": link, "base_url": sender.base_url,
        "instant": lambda text: datetime.fromisoformat(intact(text)),
    }  # fmt: skip


def _mailbox(name: str, email: str) -> Address:
    local, _, domain = email.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    return Address(one_line(name), local, domain)


def plain(letter: Letter, sender: Sender) -> str:
    """Lay a letter out as text that reads well in any program: lines of 72, addresses whole on their own line."""
    parts = [_wrapped(letter.title), _wrapped(letter.lead)]
    wide = max((len(label) for label, _text in letter.facts), default=0)
    parts.append("\n".join(_fact(label, text, wide) for label, text in letter.facts))
    parts += [_wrapped(text) for text in letter.paragraphs]
    parts += [f"{words}:\n{address}" for words, address in filter(None, (letter.action, letter.other))]
    parts.append(_wrapped(letter.small))
    signature = [_wrapped(letter.why), _wrapped(", ".join(filter(None, (sender.house, sender.organisation))))]
    parts.append("\n".join(["-- ", *filter(None, signature)]))
    if letter.unsubscribe:
        parts.append(f"{gettext('End mails of this kind')}:\n{letter.unsubscribe}")
    return "\n\n".join(filter(None, parts)) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _fact(label: str, text: str, wide: int) -> str:
    label = f"{label}:".ljust(wide + 2)
    return textwrap.fill(
        text, WIDTH, initial_indent=label, subsequent_indent=" " * (wide + 2), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def templates(app: Flask) -> list[str]:
    """Name every mail there is a template for."""
    names = app.jinja_env.list_templates(filter_func=lambda name: name.startswith("mail/") and name.endswith(".txt"))
    return [name.removeprefix("mail/").removesuffix(".txt") for name in names]


__all__ = ["Letter", "Sender", "compose", "plain", "templates", "write"]
