"""What every process needs for its first pages, made once before the fork: they share it, and no visitor waits."""

from __future__ import annotations

from datetime import date

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers

from innovation_station import clock, i18n
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.queries import house


def preload(app: Flask) -> None:
    """Compile the templates, read the catalogues and formats of both languages, work out the holidays around today.

    Writes nothing; a database that cannot be reached is no hindrance. Connections may be open afterwards.
    """
    configure_mappers()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    with app.app_context():
        today = i18n.local(clock.now()).date()
        for language in i18n.LANGUAGES:
            with i18n.speaking(language):
                i18n.catalogue(language)
                i18n.day_long(today)
        try:
            calendar = Calendar(house().holidays)
        except SQLAlchemyError:
            return
        calendar.learn(*(date(today.year + years, 1, 1) for years in (-1, 0, 1)))
