"""Innovation Station: members, desks, rooms and events of a coworking hub, with calendars that are right."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Flask

if TYPE_CHECKING:
    from innovation_station.settings import Settings

__all__ = ["create_app"]


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the application. `config` goes over what the settings say; its STATION is a ready Settings.

    Raises settings.SettingsError where a setting is wrong. Opens no connection to the database.
    """
    from innovation_station import db, delivery, health, i18n, logs, settings, web
    from innovation_station.application import Application
    from innovation_station.bookings import refresh
    from innovation_station.calendars import poll

    given = dict(config or {})
    station = given.pop("STATION", None) or settings.load(os.environ)
    app = Application(
        __name__,
        instance_path=str(station.instance),
        template_folder=resource("templates"),
        static_folder=resource("static"),
    )
    app.config.update(_config(station))
    app.config.update(given)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    poll.init_app(app)
    refresh.init_app(app)
    logs.init_app(app)
    db.init_app(app)
    i18n.init_app(app)
    web.init_app(app)
    delivery.init_app(app)
    app.register_blueprint(health.pages)
    _register_features(app)
    web.trust_proxies(app, station.trusted_proxies)
    return app


def _register_features(app: Flask) -> None:
    from innovation_station.announcements import staff as staff_announcements
    from innovation_station.announcements import views as announcements
    from innovation_station.attendance import feedback
    from innovation_station.attendance import jobs as attendance_jobs
    from innovation_station.attendance import staff as staff_door
    from innovation_station.attendance import telling as attendance_telling
    from innovation_station.attendance import views as tickets
    from innovation_station.bookings import answer_deeds, asking, deadlines, presence_deeds, requests, standing, telling
    from innovation_station.bookings import deeds as booking_deeds
    from innovation_station.bookings import letters as _letters  # noqa: F401  says what mails of bookings look like
    from innovation_station.bookings import own as own_bookings  # noqa: F401  adds its pages to the bookings'
    from innovation_station.bookings import presence_views as _presence  # noqa: F401  adds its pages to the bookings'
    from innovation_station.bookings import schedule as booking_jobs
    from innovation_station.bookings import staff as staff_spaces
    from innovation_station.bookings import views as bookings
    from innovation_station.calendars import attending, event_feeds, invitations
    from innovation_station.calendars import staff as staff_feeds
    from innovation_station.calendars import telling as feed_telling
    from innovation_station.calendars import views as calendars
    from innovation_station.deeds import registry as deeds_registry
    from innovation_station.deeds import views as deeds
    from innovation_station.directory import circle as _circle  # noqa: F401  tells sharing who are colleagues
    from innovation_station.directory import schedule as directory_jobs
    from innovation_station.directory import telling as directory_telling
    from innovation_station.directory import views as directory
    from innovation_station.displays import staff as staff_displays
    from innovation_station.displays import telling as display_telling
    from innovation_station.displays import views as displays
    from innovation_station.events import embeds
    from innovation_station.events import filling as staff_programme_file
    from innovation_station.events import grid as staff_grid
    from innovation_station.events import import_staff as staff_event_import
    from innovation_station.events import staff as staff_events
    from innovation_station.events import views as events
    from innovation_station.external import beside as _elsewhere  # noqa: F401  says when one is busy elsewhere
    from innovation_station.external import jobs as external_jobs
    from innovation_station.external import staff as staff_external
    from innovation_station.external import telling as external_telling
    from innovation_station.external import views as external
    from innovation_station.figures import jobs as figure_jobs
    from innovation_station.figures import views as figures
    from innovation_station.finding import views as finding
    from innovation_station.home import views as home
    from innovation_station.hosting import views as hosting
    from innovation_station.housing import closures as staff_closures
    from innovation_station.housing import signs as staff_signs
    from innovation_station.housing import staff as staff_house
    from innovation_station.jobs import registry
    from innovation_station.ledger import staff as ledger
    from innovation_station.mail import retention as mail_jobs
    from innovation_station.mailings import jobs as mailing_jobs
    from innovation_station.mailings import staff as staff_mailings
    from innovation_station.mailings import telling as mailing_telling
    from innovation_station.mailings import views as mailings
    from innovation_station.members import account, needs_pages, staff
    from innovation_station.members import newcomers as _newcomers  # noqa: F401  adds its pages to the members'
    from innovation_station.members import passwords as _passwords  # noqa: F401  adds its pages to the members'
    from innovation_station.members import upkeep as member_jobs
    from innovation_station.members import viewing_pages as viewing
    from innovation_station.members import views as members
    from innovation_station.news import staff as staff_news
    from innovation_station.news import views as news
    from innovation_station.notices import registry as notice_kinds
    from innovation_station.notices import schedule as notice_jobs
    from innovation_station.notices import views as notices
    from innovation_station.operating import machine_pages as _machine  # noqa: F401  adds its page to operations
    from innovation_station.operating import staff as operations
    from innovation_station.operating import trail as _trail  # noqa: F401  adds its pages to operations
    from innovation_station.organisations import staff as staff_organisations
    from innovation_station.organisations import views as organisations
    from innovation_station.people import editing_pages as _editing_pages  # noqa: F401  adds its pages to those of people
    from innovation_station.people import file_pages as _file_pages  # noqa: F401  adds its page, too
    from innovation_station.people import staff as people
    from innovation_station.plans import reception as _reception  # noqa: F401  receives newcomers
    from innovation_station.plans import reminders
    from innovation_station.plans import staff as plans
    from innovation_station.plans import telling as plan_telling
    from innovation_station.plates import staff as staff_plates
    from innovation_station.plates import views as plates
    from innovation_station.policies import hours as _hours  # noqa: F401  adds its page to the rules
    from innovation_station.policies import staff as staff_rules
    from innovation_station.privacy import account as own_data
    from innovation_station.privacy import jobs as privacy_jobs
    from innovation_station.privacy import staff as privacy_staff
    from innovation_station.privacy import views as privacy
    from innovation_station.registration import deeds as registration_deeds
    from innovation_station.registration import following as _registrants  # noqa: F401  follows what becomes of events
    from innovation_station.registration import jobs as registration_jobs
    from innovation_station.registration import staff as staff_registration
    from innovation_station.registration import telling as registration_telling
    from innovation_station.registration import views as registration
    from innovation_station.repairs import staff as staff_faults
    from innovation_station.repairs import telling as fault_telling
    from innovation_station.repairs import views as faults
    from innovation_station.schedule import views as staff_schedule
    from innovation_station.series import deeds as series_deeds
    from innovation_station.series import telling as series_telling
    from innovation_station.series import views as series
    from innovation_station.sharing import away_pages as _away_pages  # noqa: F401  adds its pages to those of sharing
    from innovation_station.sharing import deeds as offer_deeds
    from innovation_station.sharing import following as _following  # noqa: F401  follows what becomes of bookings
    from innovation_station.sharing import guest_pages as _guest_pages  # noqa: F401  adds its pages to those of sharing
    from innovation_station.sharing import jobs as sharing_jobs
    from innovation_station.sharing import offer_pages as _offer_pages  # noqa: F401  adds its pages, too
    from innovation_station.sharing import staff as arrivals
    from innovation_station.sharing import team_pages as _team_pages  # noqa: F401  adds its pages to those of sharing
    from innovation_station.sharing import telling as sharing_telling
    from innovation_station.sharing import views as sharing
    from innovation_station.sharing import visit
    from innovation_station.spaces import views as spaces
    from innovation_station.waits import deeds as wait_deeds
    from innovation_station.waits import jobs as wait_jobs
    from innovation_station.waits import sheet as _wait_sheet  # noqa: F401  adds its part to the sheet of a place
    from innovation_station.waits import telling as wait_telling
    from innovation_station.waits import views as waits

    pages = (
        members,
        account,
        needs_pages,
        viewing,
        staff,
        operations,
        notices,
        spaces,
        organisations,
        staff_organisations,
    )
    for feature in (
        *pages,
        deeds,
        plans,
        bookings,
        standing,
        sharing,
        visit,
        arrivals,
        series,
        staff_spaces,
        staff_rules,
        requests,
        faults,
        staff_faults,
        waits,
        external,
        staff_external,
        plates,
        staff_plates,
        staff_closures,
        staff_house,
        staff_signs,
        ledger,
        events,
        registration,
        staff_registration,
        staff_events,
        staff_grid,
        staff_programme_file,
        embeds,
        staff_event_import,
        staff_door,
        tickets,
        feedback,
        news,
        staff_news,
        announcements,
        staff_announcements,
        mailings,
        staff_mailings,
        event_feeds,
        calendars,
        staff_feeds,
        directory,
        privacy,
        own_data,
        privacy_staff,
        finding,
        people,
        staff_schedule,
        hosting,
        displays,
        staff_displays,
        figures,
        home,
    ):
        app.register_blueprint(feature.pages)
    earlier = (mail_jobs, member_jobs, notice_jobs, directory_jobs, privacy_jobs, reminders)
    jobs = (
        *earlier,
        deadlines,
        booking_jobs,
        wait_jobs,
        sharing_jobs,
        external_jobs,
        registration_jobs,
        attendance_jobs,
        mailing_jobs,
        figure_jobs,
    )
    app.register_blueprint(figures.staff)
    registry.init_app(app, [feature.jobs for feature in jobs])
    booking_tellers = (telling, asking, fault_telling, wait_telling, sharing_telling, series_telling)
    event_tellers = (
        registration_telling,
        attendance_telling,
        display_telling,
    )
    tellers = (
        plan_telling,
        *booking_tellers,
        external_telling,
        *event_tellers,
        feed_telling,
        directory_telling,
        mailing_telling,
    )
    notice_kinds.init_app(app, [feature.KINDS for feature in tellers])
    linked = (booking_deeds, answer_deeds, presence_deeds, wait_deeds, offer_deeds, series_deeds, registration_deeds)
    deeds_registry.init_app(app, [feature.ACTIONS for feature in linked])
    invitations.init_app(app)
    attending.init_app(app)
    _register_personal(app)


def _register_personal(app: Flask) -> None:
    """Collect what the features keep of people, in their order: an erasure goes through it from the end."""
    from innovation_station import personal
    from innovation_station.announcements import personal as announcements
    from innovation_station.attendance import personal as attendance
    from innovation_station.audit import personal as audit
    from innovation_station.bookings import personal as bookings
    from innovation_station.calendars import personal as calendars
    from innovation_station.directory import personal as directory
    from innovation_station.displays import personal as displays
    from innovation_station.events import personal as events
    from innovation_station.external import personal as external
    from innovation_station.figures import personal as figures
    from innovation_station.hosting import personal as hosting
    from innovation_station.jobs import personal as jobs
    from innovation_station.ledger import personal as ledger
    from innovation_station.mail import personal as mail
    from innovation_station.mailings import personal as mailings
    from innovation_station.members import personal as members
    from innovation_station.news import personal as news
    from innovation_station.notices import personal as notices
    from innovation_station.operating import personal as operating
    from innovation_station.organisations import personal as organisations
    from innovation_station.people import personal as people
    from innovation_station.plans import personal as plans
    from innovation_station.privacy import personal as privacy
    from innovation_station.registration import personal as registration
    from innovation_station.repairs import personal as repairs
    from innovation_station.schedule import personal as schedule
    from innovation_station.series import personal as series
    from innovation_station.sharing import personal as sharing
    from innovation_station.spaces import personal as spaces
    from innovation_station.waits import personal as waits

    earlier = (jobs, mail, audit, members, notices, spaces, organisations, plans)
    features = (
        *earlier, bookings, repairs, waits, external, sharing, series, ledger, events, registration, attendance, news,
        announcements, mailings, calendars, directory, privacy, figures, people, operating, schedule, hosting, displays,
    )  # fmt: skip
    personal.init_app(app, [feature.personal for feature in features])


def resource(name: str) -> str:
    """Find a folder of templates or static files: inside the package (a wheel), else beside it (a checkout)."""
    package = Path(__file__).parent
    inside = package / name
    return str(inside if inside.is_dir() else package.parent / name)


def _config(station: Settings) -> dict[str, Any]:
    from innovation_station.db import engine_options

    https = (station.base_url or "").startswith("https:")
    return {
        "STATION": station,
        "ZONE": ZoneInfo(station.timezone),
        "SECRET_KEY": station.secret_key,
        "SQLALCHEMY_DATABASE_URI": station.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(station.database_url),
        "SESSION_COOKIE_NAME": "__Host-session" if https else "session",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_NAME": "__Host-remember" if https else "remember",
        "REMEMBER_COOKIE_DURATION": timedelta(days=60),
        "REMEMBER_COOKIE_SECURE": https,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,  # a page left open over lunch still books; the token dies with the session
        # Pages whose address is a secret send no Referer. Where a form comes from is told by Origin and Sec-Fetch-Site
        # (see web._guard), and nobody who can write to the network plants a cookie named __Host-.
        "WTF_CSRF_SSL_STRICT": False,
        "MAX_CONTENT_LENGTH": 256 * 1024,  # the only bound on the number of fields of a plain form
        "MAX_FORM_MEMORY_SIZE": 256 * 1024,
        "MAX_FORM_PARTS": 200,
        "COMPRESS_MIMETYPES": ["text/html", "text/css", "application/json"],
        "BABEL_DEFAULT_LOCALE": station.locale,
    }
