"""A small Markdown for texts that staff write and everybody reads. Pure: text in, markup out.

Headings, paragraphs, lists, bold, italics and links; nothing else. All of the text is escaped before anything is made
of it, so what is no Markdown of ours stands there as it was typed: a tag, an attribute, a link that is no web address.
A whole Markdown with a sanitiser behind it was weighed: two packages and a parser of HTML for six constructs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from markupsafe import Markup, escape

LONGEST = 20_000
_HEADING = re.compile(r"(#{1,4}) +(.+?) *#*")
_BULLET = re.compile(r"[-*+] +(.+)")
_NUMBERED = re.compile(r"[0-9]{1,4}[.)] +(.+)")
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\(([^()\s]{1,500})\)")
_BOLD = re.compile(r"\*\*(?=\S)([^*]{1,2000}?)(?<=\S)\*\*")
_ITALIC = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]{1,2000}?)(?<=[^\s*])\*(?![\w*])")


def html(text: str, *, heading: int = 2) -> Markup:
    """Turn a text into markup; its largest headings are of the level `heading`, those below follow, down to six.

    No level is left out: a reader who goes from heading to heading would look for what is missing.
    """
    clean = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").strip()
    titles = (_HEADING.fullmatch(line.strip()) for line in clean.split("\n"))
    depths = sorted({len(title[1]) for title in titles if title})
    levels = {depth: min(6, heading + number) for number, depth in enumerate(depths)}
    blocks = re.split(r"\n[ \t]*\n", clean)
    return Markup("\n").join(part for block in blocks for part in _block(block, levels))


def plain(text: str) -> str:
    """Give a text without its marks, for programs that show none: calendars, descriptions in heads."""
    lines = []
    for line in text[:LONGEST].replace("\r\n", "\n").split("\n"):
        found = _HEADING.fullmatch(line.strip())
        bare = _LINK.sub(lambda link: f"{link[1]} ({link[2]})", found[2] if found else line.strip())
        lines.append(_ITALIC.sub(r"\1", _BOLD.sub(r"\1", bare)))
    return "\n".join(lines).strip()


def first_link(text: str) -> tuple[str, str] | None:
    """Give the words and the address of the first link of a text, None where there is none."""
    found = (link for link in _LINK.finditer(text[:LONGEST]) if is_web(link[2]))
    return next(((link[1], link[2]) for link in found), None)


def is_web(address: str) -> bool:
    """Tell whether an address may stand in a link: http or https to a host, or a mail address."""
    if not address.isprintable() or re.search(r"[\s\\<>\"'`]", address):
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme == "mailto":
        return bool(re.fullmatch(r"[^@/?#&]{1,64}@[^@/?#&]{3,200}", parts.path)) and not parts.query
    return parts.scheme in ("http", "https") and bool(host) and "@" not in parts.netloc


def _block(block: str, levels: Mapping[int, int]) -> list[Markup]:
    found: list[Markup] = []
    kind, lines = "", list[str]()

    def end() -> None:
        if lines and kind in ("ul", "ol"):
            items = Markup("").join(Markup("<li>{}</li>").format(_inline(line)) for line in lines)
            found.append(Markup("<{0}>{1}</{0}>").format(Markup(kind), items))  # noqa: S704  ul or ol
        elif lines:
            found.append(Markup("<p>{}</p>").format(Markup("<br>").join(map(_inline, lines))))
        lines.clear()

    for line in filter(None, map(str.strip, block.split("\n"))):
        if title := _HEADING.fullmatch(line):
            end()
            found.append(Markup("<h{0}>{1}</h{0}>").format(levels[len(title[1])], _inline(title[2])))
            continue
        item = _BULLET.fullmatch(line) or _NUMBERED.fullmatch(line)
        now = ("ul" if _BULLET.fullmatch(line) else "ol") if item else "p"
        if now != kind:
            end()
        kind = now
        lines.append(item[1] if item else line)
    end()
    return found


def _inline(text: str) -> Markup:
    """Make links, bold and italics of one line; what stands between them is escaped."""
    out, last = Markup(""), 0
    for link in _LINK.finditer(text):
        if is_web(link[2]):
            out += _emphasis(text[last : link.start()])
            out += Markup('<a href="{}" rel="noopener nofollow">{}</a>').format(link[2], _emphasis(link[1]))
            last = link.end()
    return out + _emphasis(text[last:])


def _emphasis(text: str) -> Markup:
    written = _BOLD.sub(r"<strong>\1</strong>", str(escape(text)))
    return Markup(_ITALIC.sub(r"<em>\1</em>", written))  # noqa: S704  escaped before anything is made of it
