"""The forms of news. Shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import FileField, TextAreaField
from wtforms.validators import Length

from innovation_station.events.forms import cleaned
from innovation_station.forms import DateField, Form, LineField, TimeField
from innovation_station.news import rules
from innovation_station.news.rules import Facts

_long = Length(max=rules.BODY_LONGEST, message=_l("At most %(max)d characters."))
_short = Length(max=rules.SUMMARY_LONGEST, message=_l("At most %(max)d characters."))
_sv, _en = {"lang": "sv"}, {"lang": "en"}


class NewNewsForm(Form):
    """What a draft begins with."""

    title_sv = LineField(_l("Title in Swedish"), longest=rules.TITLE_LONGEST, render_kw=_sv)
    title_en = LineField(_l("Title in English"), longest=rules.TITLE_LONGEST, render_kw=_en)


class NewsForm(Form):
    """What a news item says, and its address."""

    title_sv = LineField(_l("Title in Swedish"), longest=rules.TITLE_LONGEST, render_kw=_sv)
    title_en = LineField(_l("Title in English"), longest=rules.TITLE_LONGEST, render_kw=_en)
    summary_sv = TextAreaField(_l("Summary in Swedish"), [_short], render_kw=_sv)
    summary_en = TextAreaField(_l("Summary in English"), [_short], render_kw=_en)
    body_sv = TextAreaField(_l("Text in Swedish"), [_long], render_kw=_sv | {"rows": 10})
    body_en = TextAreaField(_l("Text in English"), [_long], render_kw=_en | {"rows": 10})
    alt_sv = LineField(_l("What the picture shows, in Swedish"), longest=rules.ALT_LONGEST, render_kw=_sv)
    alt_en = LineField(_l("What the picture shows, in English"), longest=rules.ALT_LONGEST, render_kw=_en)
    slug = LineField(
        _l("Last part of the address"), longest=rules.SLUG_LONGEST,
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )  # fmt: skip

    def facts(self) -> Facts:
        """Give what was written, once the form is found valid."""

        def both(name: str) -> tuple[str, str]:
            return cleaned(self[f"{name}_sv"].data), cleaned(self[f"{name}_en"].data)

        return Facts(both("title"), both("summary"), both("body"), both("alt"))


class PublishForm(Form):
    """From when on a news item is shown; at once where nothing is said."""

    date = DateField(_l("From"), id="publish-date")
    time = TimeField(_l("At"), id="publish-time")


class PictureForm(Form):
    """A picture."""

    picture = FileField(_l("Picture"), render_kw={"accept": "image/png,image/jpeg,image/webp"})
