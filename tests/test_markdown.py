"""The small Markdown: what it makes of a text, and that nothing else comes through."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.markdown import html, is_web, plain

TAGS = re.compile(r"<(?!/?(?:p|br|h[2-6]|ul|ol|li|strong|em)>|a href=\"[^\"<>]*\" rel=\"noopener nofollow\">|/a>)")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", ""),
        ("En rad\noch en till\n\nNy", "<p>En rad<br>och en till</p>\n<p>Ny</p>"),
        ("# Ett\n### Tre", "<h2>Ett</h2>\n<h3>Tre</h3>"),
        ("## Teman\n\n- ett\n- två\n\ntext", "<h2>Teman</h2>\n<ul><li>ett</li><li>två</li></ul>\n<p>text</p>"),
        ("1. ett\n2) två", "<ol><li>ett</li><li>två</li></ol>"),
        ("**fet** och *lutad* 2*3*4", "<p><strong>fet</strong> och <em>lutad</em> 2*3*4</p>"),
        (
            "[hit](https://example.org/a?b=1&c=2)",
            '<p><a href="https://example.org/a?b=1&amp;c=2" rel="noopener nofollow">hit</a></p>',
        ),
        ("[skriv](mailto:a@example.org)", '<p><a href="mailto:a@example.org" rel="noopener nofollow">skriv</a></p>'),
        ("a\r\n- b\rc", "<p>a</p>\n<ul><li>b</li></ul>\n<p>c</p>"),
    ],
)
def test_markdown_makes_what_is_written(text: str, made: str) -> None:
    assert str(html(text)) == made


ATTACKS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:msgbox)", '[x](https://e.org/"onmouseover=alert(1))',
    "[x](https://e.org/'onx=1)", "[x](//evil.example)", "[x](\\\\evil)", "[x](https://user:pw@evil.example)",
    "[x](java\nscript:alert(1))", "[x](java\tscript:alert(1))", "**<b onx=1>**", "*<i>*", "# <h1>", "- <li>", "1. <ol>",
    "[<img src=x>](https://e.org)", "[a](https://e.org/<script>)", "&lt;script&gt;", "<!-- -->", "<svg/onload=alert(1)>",
    "[x](https://e.org)[y](javascript:1)", "[[x](javascript:1)](https://e.org)", "**[x](javascript:1)**",
    "[x](mailto:a@b.example?subject=<script>)", "`<script>`", "<a href='javascript:1'>x</a>", "\x00<script>", "[x](https://e.org/`x`)",
    "]( https://e.org)", "[x](&#106;avascript:1)", "<a\nhref=x>", "[x](https://e.org \"title\")", "![x](https://e.org/x.png)",
]  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS)
def test_markdown_lets_no_markup_through(text: str) -> None:
    made = str(html(text))
    assert not TAGS.search(made), made
    for href in re.findall(r'href="([^"]*)"', made):
        assert re.match(r"https://e\.org|mailto:", href), made


@given(st.text(alphabet=st.sampled_from("ab<>\"'&*#-[]()1.: \n\thttps/mailto@javscrip"), max_size=200))
def test_markdown_of_any_text_is_made_of_its_own_tags(text: str) -> None:
    made = str(html(text))
    assert not TAGS.search(made)
    for tag in ("p", "ul", "ol", "li", "strong", "em", "a"):
        assert len(re.findall(rf"<{tag}[ >]", made)) == made.count(f"</{tag}>")


def test_markdown_of_a_long_text_is_made_in_time() -> None:
    for text in ("*" * 20_000, "[" * 20_000, "**a" * 6_000, "[a](" * 5_000, "# " * 10_000, "- a\n" * 5_000):
        assert len(str(html(text))) < 400_000


def test_plain_text_has_no_marks() -> None:
    assert plain("## Teman\n**fet** *lutad* [hit](https://e.org)") == "Teman\nfet lutad hit (https://e.org)"


@pytest.mark.parametrize(("address", "fine"), [
    ("https://example.org", True), ("http://a.b/c?d#e", True), ("ftp://a.b", False), ("https://", False),
    ("https://a b", False), ("https://[", False), ("mailto:x", False), ("mailto:a@example.org", True), ("x", False),
])  # fmt: skip
def test_only_web_addresses_are_linked(address: str, fine: bool) -> None:
    assert is_web(address) is fine
