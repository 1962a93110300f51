"""News as an Atom feed (RFC 4287). Pure: what is told in, bytes out.

Its ids are those of the rows and no addresses: a house that moves would have every reader's program show all anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TYPE = "application/atom+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Told:
    """One entry; `language` is that of its texts, `html` is markup that is safe."""

    uid: str
    title: str
    summary: str
    html: str
    address: str
    language: str
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Channel:
    """What the feed says of itself; `uid` is its own for each language."""

    uid: str
    title: str
    address: str
    page: str
    author: str
    language: str
    updated: datetime


def feed(channel: Channel, entries: Sequence[Told]) -> bytes:
    """Write the feed."""
    links = (
        f'<link rel="self" type="application/atom+xml" href={quoteattr(channel.address)}/>'
        f'<link rel="alternate" type="text/html" href={quoteattr(channel.page)}/>'
    )
    about = (
        f"<id>{_text(channel.uid)}</id><title>{_text(channel.title)}</title>"
        f"<updated>{_instant(channel.updated)}</updated><author><name>{_text(channel.author)}</name></author>"
    )
    opening = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(channel.language)}>'
    lines = ['<?xml version="1.0" encoding="utf-8"?>', opening, about, links, *map(_entry, entries), "</feed>\n"]
    return "\n".join(lines).encode("utf-8", "replace")


def _entry(told: Told) -> str:
    summary = f"<summary>{_text(told.summary)}</summary>" if told.summary else ""
    return (
        f"<entry xml:lang={quoteattr(told.language)}><id>urn:uuid:{_text(told.uid)}</id>"
        f"<title>{_text(told.title)}</title>"
        f'<link rel="alternate" type="text/html" href={quoteattr(told.address)}/>'
        f"<published>{_instant(told.published)}</published><updated>{_instant(told.updated)}</updated>"
        f'{summary}<content type="html">{_text(told.html)}</content></entry>'
    )


def _text(text: str) -> str:
    """Escape, without what XML cannot hold: one such letter and programs read nothing of the feed."""
    return escape(_UNFIT.sub("", text))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
