"""Who may do what: every route and method, for everybody, in one table. A route without a row fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient

from innovation_station.announcements import service as announcements
from innovation_station.announcements.rules import Facts as Said
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.bookings.telling import CHANGED
from innovation_station.calendars import service as calendars
from innovation_station.calendars.rules import Setting, Today, feed_token
from innovation_station.db import db, transaction
from innovation_station.displays import service as displays
from innovation_station.events import queries as event_queries
from innovation_station.events import service as events
from innovation_station.events.rules import Facts, Item
from innovation_station.figures import sharing as figures
from innovation_station.hosting import service as hosting
from innovation_station.mail import service as outbox
from innovation_station.mail.rules import Receiver
from innovation_station.mailings import service as mailings
from innovation_station.mailings.rules import Facts as MailingFacts
from innovation_station.mailings.rules import Group
from innovation_station.members import service as members
from innovation_station.members.models import Member
from innovation_station.news import service as news
from innovation_station.news.rules import Facts as NewsFacts
from innovation_station.notices import service as notices
from innovation_station.notices.links import end_path
from innovation_station.organisations import service as organisations
from innovation_station.organisations.models import Logo
from innovation_station.organisations.service import Particulars
from innovation_station.plans import service as plans
from innovation_station.plans.service import Contents
from innovation_station.privacy.models import Export, Hold
from innovation_station.repairs import service as faults
from innovation_station.schedule import service as schedule
from innovation_station.series import service as series
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Pattern
from innovation_station.sharing.models import Absence, Guest, Offer
from innovation_station.spaces import codes
from innovation_station.spaces.queries import house
from innovation_station.waits import service as waits
from innovation_station.waits.rules import Wanted
from tests.conftest import NOW, PASSWORD, PEOPLE, TUESDAY, ZONE, Small, at, browser, log_in, token_of
from tests.external.conftest import Hand, local

CONTACT = "kim@example.org"
SAID = {"action": "cancelled", "place": "A1", "start": "2026-11-24T08:00:00+00:00", "end": "2026-11-24T10:00:00+00:00"}
# The contact of Alva's organisation may what any other member may (Bo's column) where a row says no more.
WHO = ("visitor", "bo", "alva", "host", "admin", "contact")
WEEK = timedelta(days=7)
WISH = {
    "date": str(TUESDAY),
    "start": "14:00",
    "end": "15:00",
    "title": "x",
    "act": "retry",
    "name": "Telefon",
    "reason": "x",
    "language": "sv",
}
# 303 to the log-in page is written "in", 303 to anywhere else 303. Alva is the one whose booking and feed are asked for.
MATRIX = """
route                               method  visitor  bo   alva  host  admin  contact
/                                   GET     200      200  200   200   200
/accessibility                      GET     200      200  200   200   200
/privacy                            GET     200      200  200   200   200
/login                              GET     200      303  303   303   303
/lang/<chosen>                      POST    303      303  303   303   303
/book                               GET     in       200  200   200   200
/book/<space_id>                    GET     in       200  200   200   200
/book/<space_id>/favourite          POST    in       303  303   303   303
/find                               GET     in       200  200   200   200
/bookings                           GET     in       200  200   200   200
/bookings                           POST    in       303  303   303   303
/bookings/<booking_id>              GET     in       404  200   200   200
/bookings/<booking_id>/edit         GET     in       404  200   200   200
/bookings/<booking_id>/edit         POST    in       404  303   303   303
/bookings/<booking_id>/cancel       POST    in       404  303   303   303
/bookings/<booking_id>/restore      POST    in       404  303   303   303
/bookings/<booking_id>/check-in     POST    in       404  422   422   422
/bookings/<booking_id>/end          POST    in       404  422   422   422
/bookings/<booking_id>/extend       POST    in       404  422   422   422
/series/new                         GET     in       200  200   200   200
/series                             POST    in       409  409   409   409
/series/<series_id>                 GET     in       404  200   200   200
/series/<series_id>/edit            GET     in       404  200   200   200
/series/<series_id>/edit            POST    in       404  422   422   422
/series/<series_id>/cancel          GET     in       404  200   200   200
/series/<series_id>/cancel          POST    in       404  422   422   422
/series/<series_id>/restore         POST    in       404  303   303   303
/bookings/<booking_id>/answer       POST    in       404  404   409   409
/waits                              POST    in       422  422   422   422
/waits/<wait_id>                    GET     in       404  200   404   404
/waits/<wait_id>/take               POST    in       404  409   404   404
/waits/<wait_id>/pass               POST    in       404  303   404   404
/waits/<wait_id>/leave              POST    in       404  303   404   404
/staff/requests                     GET     in       403  403   200   200
/calendars                          GET     in       200  200   200   200
/calendars                          POST    in       303  303   303   303
/feeds/<rest>                       GET     200      200  200   200   200
/feeds/<rest>                       POST    405      405  405   405   405
/feeds/<rest>                       PUT     405      405  405   405   405
/feeds/<rest>                       PATCH   405      405  405   405   405
/feeds/<rest>                       DELETE  405      405  405   405   405
/feeds/<rest>                       TRACE   405      405  405   405   405
/feeds/<rest>                       OPTIONS 405      405  405   405   405
/calendar/spaces/<space_id>.ics     GET     200      200  200   200   200
/calendars/<feed_id>/phone          GET     in       404  200   404   404
/staff/feeds                        GET     in       403  403   200   200
/calendars/external                 GET     in       200  200   200   200
/calendars/external                 POST    in       422  422   422   422
/calendars/external/drafts/<draft_id> GET   in       404  200   404   404
/calendars/external/drafts/<draft_id> POST  in       404  422   404   404
/calendars/external/<own_id>        GET     in       404  200   404   404
/calendars/external/<own_id>        POST    in       404  422   404   404
/door                               GET     200      200  200   200   200
/door                               POST    303      303  303   303   303
/door/<token>                       GET     404      404  404   404   404
/door/<token>                       POST    404      404  404   404   404
/staff/displays                     GET     in       403  403   200   200
/staff/displays                     POST    in       403  403   422   422
/staff/displays/<display_id>        GET     in       403  403   200   200
/staff/displays/<display_id>        POST    in       403  403   303   303
/staff/displays/<display_id>/take-down POST in       403  403   303   303
/staff/external                     GET     in       403  403   200   200
/staff/external                     POST    in       403  403   422   422
/staff/external/drafts/<draft_id>   GET     in       403  403   404   404
/staff/external/drafts/<draft_id>   POST    in       403  403   404   404
/staff/external/<calendar_id>       GET     in       403  403   200   200
/staff/external/<calendar_id>       POST    in       403  403   422   422
/calendars/<feed_id>/name           POST    in       404  303   404   404
/calendars/<feed_id>/renew          POST    in       404  303   404   404
/calendars/<feed_id>/revoke         POST    in       404  303   404   404
/staff/feeds/<subscription_id>/revoke  POST  in      403  403   303   303
/members                            GET     in       200  200   200   200
/members/<member_id>                GET     in       404  200   404   404
/members/<member_id>/follow         POST    in       404  404   404   404
/members/<member_id>/unfollow       POST    in       404  404   404   404
/photos/<name>                      GET     404      404  404   404   404
/account/profile                    GET     in       200  200   200   200
/account/profile                    POST    in       303  303   303   303
/account/profile/photo              POST    in       422  422   422   422
/account/profile/photo/remove       POST    in       303  303   303   303
/account/colleagues                 GET     in       200  200   200   200
/account/access                     GET     in       200  200   200   200
/account/away                       GET     in       200  200   200   200
/account/away                       POST    in       303  303   303   303
/account/away/<absence_id>/end      POST    in       404  303   404   404
/account/sharing                    GET     in       200  200   200   200
/account/sharing                    POST    in       303  303   303   303
/book/team                          GET     in       200  200   200   200
/book/team                          POST    in       422  422   422   422
/book/for                           GET     in       404  404   404   404
/account/access                     POST    in       303  303   303   303
/notifications                      GET     in       200  200   200   200
/notifications/<notice_id>/open     POST    in       404  303   404   404
/notifications/read                 POST    in       303  303   303   303
/account/notifications              GET     in       200  200   200   200
/account/notifications              POST    in       303  303   303   303
/notifications/end/<token>          GET     200      200  200   200   200
/notifications/end/<token>          POST    200      200  200   200   200
/organisations                      GET     200      200  200   200   200
/organisations/<slug>               GET     200      200  200   200   200
/organisations/<slug>/logo          GET     200      200  200   200   200
/organisations/<slug>/people        GET     in       404  404   200   200    200
/account/plan                       GET     in       200  200   200   200
/account/spaces                     GET     in       200  200   200   200
/staff/organisations                GET     in       403  403   200   200
/staff/organisations                POST    in       403  403   422   422
/staff/organisations/<organisation_id> GET  in       403  403   200   200
/staff/organisations/<organisation_id> POST in       403  403   303   303
/staff/organisations/<organisation_id>/logo POST in  403  403   422   422
/staff/organisations/<organisation_id>/members POST in 403 403  303   303
/staff/organisations/<organisation_id>/contacts POST in 403 403 403   303
/staff/organisations/<organisation_id>/contacts/<grant_id>/revoke POST in 403 403 403 303
/staff/organisations/<organisation_id>/plan POST in  403  403   422   422
/staff/organisations/<organisation_id>/quota POST in 403  403   403   422
/staff/organisations/<organisation_id>/shares POST in 403 403   403   303
/staff/plans                        GET     in       403  403   200   200
/staff/plans                        POST    in       403  403   403   422
/staff/plans/<plan_id>              GET     in       403  403   200   200
/staff/plans/<plan_id>              POST    in       403  403   403   422
/staff/plans/<plan_id>/give         POST    in       403  403   422   422
/staff/memberships/<membership_id>  GET     in       403  403   200   200
/staff/memberships/<membership_id>  POST    in       403  403   303   303
/staff/desks                        GET     in       403  403   200   200
/staff/desks                        POST    in       403  403   422   422
/staff/desks/<desk_id>/release      POST    in       403  403   303   303
/staff/spaces                       GET     in       403  403   403   200
/staff/spaces/<space_id>            GET     in       403  403   403   200
/staff/spaces/<space_id>            POST    in       403  403   403   422
/staff/spaces/floors/<floor_id>     POST    in       403  403   403   303
/staff/house/closures               GET     in       403  403   200   200
/staff/house/closures               POST    in       403  403   422   422
/staff/house/closures/<closure_id>/open POST in      403  403   404   404
/staff/house                        GET     in       403  403   403   200
/staff/house                        POST    in       403  403   403   422
/staff/house/floors/<floor_id>      GET     in       403  403   403   200
/staff/house/floors/<floor_id>      POST    in       403  403   403   422
/staff/house/floors/<floor_id>/order POST   in       403  403   403   303
/staff/house/floors/<floor_id>/archive GET  in       403  403   403   200
/staff/house/floors/<floor_id>/archive POST in       403  403   403   409
/staff/house/floors/<floor_id>/restore POST in       403  403   403   303
/staff/house/floors/<floor_id>/picture GET  in       403  403   403   404
/staff/house/floors/<floor_id>/picture POST in       403  403   403   422
/staff/house/spaces/<space_id>      GET     in       403  403   403   200
/staff/house/spaces/<space_id>      POST    in       403  403   403   422
/staff/house/spaces/<space_id>/photo POST   in       403  403   403   422
/staff/house/spaces/<space_id>/archive GET  in       403  403   403   200
/staff/house/spaces/<space_id>/archive POST in       403  403   403   409
/staff/house/spaces/<space_id>/restore POST in       403  403   403   404
/staff/house/house.json             GET     in       403  403   403   200
/staff/house/import                 GET     in       403  403   403   200
/staff/house/import                 POST    in       403  403   403   422
/staff/house/signs                  GET     in       403  403   200   200
/q/<code>                           GET     in       200  200   200   200
/q/<code>/book                      POST    in       422  422   422   422
/spaces/<space_id>/fault            GET     in       200  200   200   200
/spaces/<space_id>/fault            POST    in       422  422   422   422
/staff/figures                      GET     in       403  403   200   200
/staff/figures/<plot_name>.csv      GET     in       403  403   200   200
/staff/figures/report               GET     in       403  403   200   200
/staff/figures/report               POST    in       403  403   303   303
/staff/figures/report/<share_id>/end POST   in       403  403   303   303
/figures/<token>                    GET     404      404  404   404   404
/staff/faults                       GET     in       403  403   200   200
/staff/faults/<report_id>           GET     in       403  403   200   200
/staff/faults/<report_id>           POST    in       403  403   422   422
/staff/faults/<report_id>/photo     GET     in       403  403   404   404
/staff/schedule                     GET     in       403  403   200   200
/staff/schedule/new                 GET     in       403  403   200   200
/staff/schedule/new/<space_id>      GET     in       403  403   200   200
/staff/schedule/bookings            POST    in       403  403   422   422
/staff/schedule/closures            POST    in       403  403   422   422
/staff/schedule/bookings/<held_id> GET   in       403  403   200   200
/staff/schedule/bookings/<held_id>/move POST in   403  403   409   409
/staff/schedule/bookings/<held_id>/cancel POST in 403  403   303   303
/staff/schedule/closures/<shut_id> GET   in       403  403   200   200
/staff/schedule/closures/<shut_id>/open POST in   403  403   303   303
/staff/schedule/acts/<act_id>/undo  POST    in       403  403   303   404
/staff/plates                       GET     in       403  403   200   200
/staff/plates/<space_id>/renew      POST    in       403  403   303   303
/staff/rules                        GET     in       403  403   200   200
/staff/rules/edit                   GET     in       403  403   200   200
/staff/rules/edit                   POST    in       403  403   403   422
/staff/rules/hours                  GET     in       403  403   200   200
/staff/rules/hours                  POST    in       403  403   403   422
/staff/rules/explain                GET     in       403  403   200   200
/staff/managers/<manager_id>/revoke POST    in       403  403   403   303
/staff/ledger                       GET     in       403  403   200   200
/staff/ledger/<month>.csv           GET     in       403  403   403   200
/floors/plan-<revision>.css         GET     200      200  200   200   200
/spaces/<space_id>/photo            GET     404      404  404   404   404
/static/<filename>                  GET     200      200  200   200   200
/style                              GET     404      404  404   404   404
/favicon.ico                        GET     301      301  301   301   301
/robots.txt                         GET     200      200  200   200   200
/account                            GET     in       200  200   200   200
/account/security                   GET     in       200  200   200   200
/account/security/password          GET     in       200  200   200   200
/account/security/password          POST    in       422  422   422   422
/account/security/email             GET     in       200  200   200   200
/account/security/email             POST    in       422  422   422   422
/account/security/second-factor     GET     in       200  200   200   200
/account/security/second-factor/confirm POST in      404  404   404   404
/account/security/second-factor     POST    in       303  303   303   303
/account/security/second-factor/codes POST  in       404  404   404   404
/account/security/second-factor/end POST    in       404  404   404   404
/account/security/sessions/<session_id>/end POST in  404  303   404   404
/join                               GET     200      200  200   200   200
/join                               POST    200      200  200   200   200
/join/<token>                       GET     404      404  404   404   404
/join/<token>                       POST    404      404  404   404   404
/invitation/<token>                 GET     404      404  404   404   404
/invitation/<token>                 POST    404      404  404   404   404
/rules                              GET     200      200  200   200   200
/rules/accept                       GET     in       303  303   303   303
/rules/accept                       POST    in       303  303   303   303
/welcome/<step>                     GET     in       200  200   200   200
/welcome                            POST    in       303  303   303   303
/staff/members                      GET     in       403  403   308   308
/staff/people                       GET     in       403  403   200   200
/staff/people.csv                   POST    in       403  403   200   200
/staff/members/<member_id>/view     POST    in       403  403   303   303
/viewing/end                        POST    in       303  303   303   303
/staff/organisations.csv            POST    in       403  403   200   200
/staff/plans.csv                    POST    in       403  403   200   200
/staff/people/file                  GET     in       403  403   200   200
/staff/people/file                  POST    in       403  403   422   422
/staff/people/edit                  POST    in       403  403   422   422
/staff/people/edits/<member_edit_id>/undo POST in    403  403   404   404
/staff/people/<member_id>/notes     POST    in       403  403   422   422
/staff/members/<member_id>          GET     in       403  403   200   200
/staff/members/<member_id>          POST    in       403  403   422   422
/staff/members/import               GET     in       403  403   200   200
/staff/members/import               POST    in       403  403   422   422
/staff/invitations                  GET     in       403  403   200   200
/staff/invitations                  POST    in       403  403   422   422
/staff/admission                    GET     in       403  403   403   200
/staff/admission                    POST    in       403  403   403   303
/staff/texts                        GET     in       403  403   403   200
/staff/texts/<kind>                 GET     in       403  403   403   200
/staff/texts/<kind>                 POST    in       403  403   403   422
/login/second-factor                GET     in       in   in    in    in
/login/second-factor                POST    in       in   in    in    in
/login/code                         GET     in       in   in    in    in
/login/code                         POST    in       in   in    in    in
/password/reset                     GET     200      200  200   200   200
/password/reset                     POST    200      200  200   200   200
/password/<token>                   GET     404      404  404   404   404
/password/<token>                   POST    404      404  404   404   404
/do/<token>                         GET     410      410  410   410   410
/do/<token>                         POST    410      410  410   410   410
/visit/<token>                      GET     410      410  410   410   410
/visit/<token>                      POST    410      410  410   410   410
/bookings/<booking_id>/guests       GET     in       404  200   200   200
/bookings/<booking_id>/guests       POST    in       404  422   422   422
/bookings/<booking_id>/guests/<guest_id>/remove POST in 404 303 303   303
/bookings/<booking_id>/hand-over    GET     in       404  200   200   200
/bookings/<booking_id>/hand-over    POST    in       404  422   422   422
/bookings/<booking_id>/hand-over/withdraw POST in    404  303   303   303
/offers/<offer_id>                  GET     in       200  404   404   404   404
/offers/<offer_id>                  POST    in       303  404   404   404   404
/staff/arrivals                     GET     in       403  403   200   200
/staff/arrivals.csv                 GET     in       403  403   200   200
/staff/arrivals/<guest_id>          POST    in       403  403   422   422
/email/<token>                      GET     404      404  404   404   404
/email/<token>                      POST    404      404  404   404   404
/account/privacy                    GET     in       200  200   200   200
/account/privacy/data/<of>          GET     in       200  200   200   200
/account/privacy/trail              GET     in       200  200   200   200
/account/export                     GET     in       200  200   200   200
/account/export/<export_id>         GET     in       404  200   404   404
/account/export                     POST    in       303  303   303   303
/account/erase                      GET     in       200  200   200   200
/account/erase                      POST    in       303  303   303   422
/account/erase/withdraw             POST    in       303  303   303   404
/account/leave                      GET     in       200  200   200   200
/account/leave                      POST    in       422  422   422   422
/staff/privacy                      GET     in       403  403   200   200
/staff/privacy                      POST    in       403  403   403   303
/staff/privacy/holds/<hold_id>/lift POST    in       403  403   403   303
/staff/members/<member_id>/privacy  GET     in       403  403   200   200
/staff/members/<member_id>/erase    POST    in       403  403   403   303
/staff/members/<member_id>/erase/withdraw POST in    403  403   404   303
/staff/members/<member_id>/leave    GET     in       403  403   200   200
/staff/members/<member_id>/leave    POST    in       403  403   422   422
/staff/members/<member_id>/return   POST    in       403  403   404   404
/events                             GET     200      200  200   200   200
/events/<event_slug>                GET     404      404  404   200   200
/events/<event_slug>/register       POST    404      404  404   404   404
/events/<event_slug>/registration   POST    in       404  404   404   404
/events/mine                        GET     in       200  200   200   200
/feedback/<token>                   GET     410      410  410   410   410
/feedback/<token>                   POST    410      410  410   410   410
/staff/events/<event_id>/after      GET     in       403  403   200   200
/staff/events/<event_id>/after      POST    in       403  403   303   303
/staff/events/<event_id>/answers.csv GET    in       403  403   404   404
/tickets/<token>                    GET     410      410  410   410   410
/tickets/<token>                    POST    410      410  410   410   410
/tickets/<token>.png                GET     410      410  410   410   410
/staff/evacuation                   GET     in       403  403   200   200
/staff/events/<event_id>/door       GET     in       403  403   200   200
/staff/events/<event_id>/door/<registration_id> POST in 403 403 404   404
/staff/events/<event_id>/walk-in    POST    in       403  403   404   404
/staff/events/<event_id>/badges     GET     in       403  403   200   200
/staff/events/<event_id>/attendance.csv GET in       403  403   200   200
/staff/events/<event_id>/attendance.xlsx GET in      403  403   200   200
/registrations/<token>              GET     410      410  410   410   410
/registrations/<token>              POST    410      410  410   410   410
/events/<event_slug>/embed          GET     404      404  404   404   404
/embed/events                       GET     200      200  200   200   200
/oembed                             GET     404      404  404   404   404
/events/<event_slug>/cover          GET     404      404  404   404   404
/events/<event_slug>.ics            GET     404      404  404   404   404
/events/<event_slug>/sessions/<event_session_id>.ics GET 404 404 404 404 404
/calendar/events.ics                GET     200      200  200   200   200
/staff/events/import                GET     in       403  403   200   200
/staff/events/import                POST    in       403  403   422   422
/sitemap.xml                        GET     200      200  200   200   200
/news                               GET     200      200  200   200   200
/news/<news_slug>                   GET     404      404  404   200   200
/news/<news_slug>/picture           GET     404      404  404   404   404
/news.atom                          GET     200      200  200   200   200
/staff/news                         GET     in       403  403   200   200
/staff/news                         POST    in       403  403   422   422
/staff/news/<news_id>               GET     in       403  403   200   200
/staff/news/<news_id>               POST    in       403  403   303   303
/staff/news/<news_id>/state         POST    in       403  403   422   422
/staff/news/<news_id>/picture       POST    in       403  403   422   422
/mailings/<mailing_id>              GET     in       404  404   200   200
/staff/mailings                     GET     in       403  403   200   200
/staff/mailings                     POST    in       403  403   422   422
/staff/mailings/<mailing_id>        GET     in       403  403   200   200
/staff/mailings/<mailing_id>        POST    in       403  403   303   303
/staff/mailings/<mailing_id>/act    POST    in       403  403   422   422
/announcements/<announcement_id>/hide POST  in       303  303   303   303
/staff/announcements                GET     in       403  403   200   200
/staff/announcements                POST    in       403  403   422   422
/staff/announcements/<announcement_id> GET  in       403  403   200   200
/staff/announcements/<announcement_id> POST in       403  403   422   422
/staff/announcements/<announcement_id>/withdraw POST in 403 403 303   303
/staff/events                       GET     in       403  403   200   200
/staff/events                       POST    in       403  403   422   422
/staff/events/<event_id>            GET     in       403  403   200   200
/staff/events/<event_id>            POST    in       403  403   303   303
/staff/events/<event_id>/state      POST    in       403  403   422   422
/staff/events/<event_id>/times      POST    in       403  403   303   303
/staff/events/<event_id>/cover      POST    in       403  403   422   422
/staff/events/<event_id>/parties    POST    in       403  403   422   422
/staff/events/<event_id>/programme  GET     in       403  403   200   200
/staff/events/<event_id>/sessions   GET     in       403  403   200   200
/staff/events/<event_id>/sessions   POST    in       403  403   422   422
/staff/events/<event_id>/sessions/<event_session_id> GET in 403 403 200   200
/staff/events/<event_id>/sessions/<event_session_id> POST in 403 403 409  409
/staff/events/<event_id>/speakers   POST    in       403  403   303   303
/staff/events/<event_id>/grid       GET     in       403  403   200   200
/staff/events/<event_id>/sessions/<event_session_id>/move GET in 403 403 303 303
/staff/events/<event_id>/sessions/<event_session_id>/move POST in 403 403 409 409
/staff/events/<event_id>/speakers/<speaker_id> GET in 403 403 404   404
/staff/events/<event_id>/speakers/<speaker_id> POST in 403 403 404  404
/staff/events/<event_id>/programme.csv GET  in       403  403   200   200
/staff/events/<event_id>/programme/file GET in       403  403   200   200
/staff/events/<event_id>/programme/file POST in      403  403   422   422
/staff/events/<event_id>/rooms      GET     in       403  403   200   200
/staff/events/<event_id>/rooms      POST    in       403  403   422   422
/staff/events/<event_id>/signup     GET     in       403  403   200   200
/staff/events/<event_id>/signup     POST    in       403  403   422   422
/staff/events/<event_id>/signup/questions GET in     403  403   303   303
/staff/events/<event_id>/signup/questions POST in    403  403   303   303
/staff/events/<event_id>/signup/links POST  in       403  403   404   404
/staff/events/<event_id>/registrations GET  in       403  403   200   200
/staff/events/<event_id>/registrations POST in       403  403   404   404
/staff/events/<event_id>/registrations/<registration_id>/cancel POST in 403 403 404 404
/staff/events/<event_id>/move       GET     in       403  403   200   200
/staff/events/<event_id>/move       POST    in       403  403   200   200
/staff/events/<event_id>/copy       GET     in       403  403   200   200
/staff/events/<event_id>/copy       POST    in       403  403   422   422
/staff                              GET     in       403  403   200   200
/staff/bookings/<booking_id>/no-show POST   in       403  403   303   303
/staff/notes                        POST    in       403  403   422   422
/staff/notes/<note_id>              POST    in       403  403   303   303
/staff/operations                   GET     in       403  403   200   200
/staff/operations/jobs              POST    in       403  403   403   422
/staff/operations/mails             GET     in       403  403   200   200
/staff/operations/mails/<mail_id>   GET     in       403  403   200   200
/staff/operations/mails/<mail_id>   POST    in       403  403   403   303
/staff/operations/trail             GET     in       403  403   403   200
/staff/operations/trail.csv         POST    in       403  403   403   200
/staff/operations/storage           GET     in       403  403   403   200
/staff/operations/mails/retry       POST    in       403  403   403   303
/healthz                            GET     200      200  200   200   200
/readyz                             GET     200      200  200   200   200
/account/security/sign-out          POST    in       in   in    in    in
/login                              POST    303      303  303   303   303
/logout                             POST    303      303  303   303   303
"""
ROWS = [line.split() for line in MATRIX.strip().splitlines()[1:]]


def shape(rule: str) -> str:
    """Write a route without the kinds of its parts: <id:booking_id> is <booking_id>."""
    parts = rule.split("<")
    return parts[0] + "".join(
        "<" + part.rpartition(">")[0].split(":")[-1] + ">" + part.rpartition(">")[2] for part in parts[1:]
    )


@pytest.fixture
def things(app: Flask, small: Small) -> dict[str, Any]:
    """Give Alva a booking and a feed, and say what stands in for each part of an address."""
    with app.app_context(), transaction():
        alva = db.session.get(Member, small.people["alva"])
        assert alva
        span = at(TUESDAY, "09:00", "11:00")
        booking = bookings.reserve(alva, small.a1, span, now=NOW, zone=ZONE)
        today = Today.at(NOW, Setting(ZONE, "http://localhost"), 12)
        key = str(app.config["SECRET_KEY"])
        mail = outbox.queue(Receiver("x@example.org", "X"), "test", {}, now=NOW)
        mail.state, mail.problem, mail.ended_at = "parked", "refused", NOW
        _token, session = members.log_in(members.Proof(alva, None), remember=False, agent="", now=NOW)
        feed = calendars.create_feed(alva, name="Min", language="sv", secret_key=key, today=today)
        told = notices.notify(CHANGED, alva.id, {**SAID, "booking": booking.id}, now=NOW)
        assert told
        return {
            "name": f"{32 * '0'}-small.webp", "notice_id": told.id, "token": end_path(alva.id, "booking-changed").removeprefix("/notifications/end/"),
            "booking_id": booking.id, "space_id": small.a2, "feed_id": feed.id, "subscription_id": feed.id, "chosen": "en", "revision": 1, "closure_id": 987,
            "rest": f"{feed_token(key, alva.id, feed.nonce)}.ics", "filename": "css/station.css", "space": small.a2,
            "mail_id": mail.id, "session_id": session.id, "of": "bookings", "member_id": alva.id, "step": 1, "kind": "rules",
            **_kept(alva.id, small.people["bo"]), **_event(db.session.get_one(Member, small.people["host"])), **_news(db.session.get_one(Member, small.people["host"])), "series_id": _series(alva, small.booth),
            "wait_id": _wait(alva, small.room), "code": codes.every()[small.a2],
            "report_id": faults.report(alva, small.a2, sort="light", text="", now=NOW).id, **_belongings(small),
            "guest_id": _guest(booking.id, alva.id), "absence_id": _absence(alva.id), "offer_id": _offer(booking, small.people["bo"]),
            **_external(small), **_scheduled(small, booking.id), "plot_name": "heat", "share_id": figures.share(alva, TUESDAY, organisations=False, now=NOW).id,
            "note_id": hosting.write(alva, "x", TUESDAY, today=TUESDAY, now=NOW).id,
            "member_edit_id": 1, "display_id": _display(small, key),
        }  # fmt: skip


def _scheduled(small: Small, held: int) -> dict[str, int]:
    """Close two places for a morning: one as the host, who has the act to take back."""
    host, span = db.session.get_one(Member, small.people["host"]), at(TUESDAY + timedelta(days=9), "09:00", "11:00")
    act = schedule.close(host, small.room, span, ("Målning", ""), now=NOW, zone=ZONE)
    other = schedule.close(host, small.hall, span, ("Målning", ""), now=NOW, zone=ZONE)
    return {"act_id": act.id, "shut_id": other.closure_id or 0, "held_id": held}


def _display(small: Small, key: str) -> int:
    host = db.session.get_one(Member, small.people["host"])
    return displays.add(host, displays.Settings("room", small.room), secret_key=key, now=NOW).id


def _external(small: Small) -> dict[str, int]:
    """Give a calendar of a desk, one of Alva's own, and one that she looks at."""
    hand = Hand(current_app._get_current_object(), small)  # type: ignore[attr-defined]
    entry = local("0900", "1000", day="20261125")
    return {
        "calendar_id": hand.add_within(entry, space=small.a3), "own_id": hand.add_within(entry, who="alva", own=True),
        "draft_id": hand.draft_within(entry, who="alva"),
    }  # fmt: skip


def _event(host: Member) -> dict[str, Any]:
    """Plan an event with one session: a draft, which nobody but staff may see."""
    event = events.create(host, Facts(("Kickoff", "")), at(TUESDAY, "15:00", "17:00"), now=NOW)
    item = Item(0, "talk", ("Välkommen", ""), at(TUESDAY, "15:00", "16:00"))
    events.carry_out(host, event.id, lambda programme: programme.with_item(item), now=NOW, zone=ZONE)
    (row,) = event_queries.whole(event).sessions
    known = {"registration_id": 1, "floor_id": 1, "speaker_id": 99999}
    return {"event_id": event.id, "event_slug": event.slug, "event_session_id": row.id, **known}


def _news(host: Member) -> dict[str, Any]:
    """Write a draft, which nobody but staff may see."""
    item = news.write(host, NewsFacts(("Nytt", "")), now=NOW)
    said = Said(("Brandövning", ""), at(TUESDAY, "08:00", "12:00"), pages=frozenset({"today"}))
    row = announcements.announce(host, said, house(), now=NOW)
    return {"news_id": item.id, "news_slug": item.slug, "announcement_id": row.id, "mailing_id": _mailing(host)}


def _mailing(host: Member) -> int:
    facts = MailingFacts("news", ("Hej", ""), ("Text", ""), Group(role="member"))
    return mailings.write(host, facts, now=NOW).id


def _guest(booking_id: int, alva_id: int) -> int:
    guest = Guest(
        booking_id=booking_id, uid="x", name="Karin Ek", email="karin@guest.example", language="sv", state="invited",
        invited_by_id=alva_id, created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    db.session.add(guest)
    db.session.flush()
    return guest.id


def _absence(alva_id: int) -> int:
    absence = Absence(member_id=alva_id, first=TUESDAY, last=TUESDAY, made_at=NOW, ended_at=None)
    db.session.add(absence)
    db.session.flush()
    return absence.id


def _offer(booking: Booking, to_id: int) -> int:
    offer = Offer(
        booking_id=booking.id, from_id=booking.member_id, to_id=to_id, email="", sequence=9, state="open", made_at=NOW,
        expires_at=booking.start,
    )  # fmt: skip
    db.session.add(offer)
    db.session.flush()
    return offer.id


def _wait(alva: Member, space_id: int) -> int:
    """Let Alva wait for what the host has."""
    host = db.session.scalars(db.select(Member).where(Member.role == "host")).one()
    span = at(TUESDAY, "09:00", "11:00")
    bookings.reserve(host, space_id, span, now=NOW, zone=ZONE)
    return waits.join(alva, Wanted(space_id), span, now=NOW, zone=ZONE).id


def _series(alva: Member, space_id: int) -> int:
    pattern = Pattern(Rule("daily", count=2), TUESDAY, Times(9 * 60, 10 * 60), space_id)
    return series.begin(alva, pattern, {}, now=NOW, zone=ZONE).id


def _kept(alva: int, bo: int) -> dict[str, int]:
    export = Export(
        member_id=alva, language="sv", asked_at=NOW, state="ready", expires_at=NOW + WEEK, size=1, body=b"z"
    )
    hold = Hold(member_id=bo, reason="x", set_at=NOW)
    db.session.add_all([export, hold])
    db.session.flush()
    return {"export_id": export.id, "hold_id": hold.id}


def _belongings(small: Small) -> dict[str, Any]:
    """Give Alva an organisation with a contact, a plan for everybody, and things that are somebody's own."""
    admin = db.session.get(Member, small.people["admin"])
    assert admin
    school = organisations.create(Particulars(("Skolan", "The School"), "university"), actor=admin)
    school.logo_revision = 1
    db.session.add(Logo(organisation_id=school.id, body=b"picture"))
    organisations.join(small.people["alva"], school.id, actor=admin)
    contact = members.create_member(email=CONTACT, name="Kim Sand", password=PASSWORD, now=NOW)
    grants = [organisations.grant(CONTACT, kind, of, actor=admin, now=NOW) for kind, of in (("contact", school.id), ("space", small.hall))]  # fmt: skip
    plan = plans.add_plan(Contents(names=("Alla", "All"), standard=True), actor=admin)
    given = plans.give(plan.id, starts=TUESDAY, now=NOW, actor=admin, member_id=contact.id)
    desk = plans.dedicate(small.a3, contact.id, starts=TUESDAY, actor=admin)
    return {
        "slug": school.slug, "organisation_id": school.id, "grant_id": grants[0].id, "manager_id": grants[1].id,
        "plan_id": plan.id, "membership_id": given.id, "desk_id": desk.id, "month": "2026-11",
    }  # fmt: skip


def test_every_route_and_method_has_its_row_and_every_row_its_route(app: Flask) -> None:
    automatic = {"HEAD", "OPTIONS"}
    routes = {
        (shape(rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - (automatic if rule.provide_automatic_options is not False else {"HEAD"})
    }
    assert routes == {(row[0], row[1]) for row in ROWS}
    assert len(ROWS) == len({(row[0], row[1]) for row in ROWS})


@pytest.mark.parametrize("who", WHO)
def test_matrix(app: Flask, small: Small, things: dict[str, Any], who: str) -> None:
    """Go down the table in one browser: what ends a feed and a session stands after what needs them."""
    email = CONTACT if who == "contact" else PEOPLE["alva" if who == "visitor" else who][0]
    client = browser(app) if who == "visitor" else log_in(browser(app), email)
    wrong = []
    for route, method, *expected in ROWS:
        column = WHO.index(who) if WHO.index(who) < len(expected) else WHO.index("bo")
        found = _ask(client, method, route, things, email=email)
        if found != expected[column]:
            wrong.append(f"{method} {route} as {who}: {found}, not {expected[column]}")
    assert wrong == []


def _ask(client: FlaskClient, method: str, route: str, things: dict[str, Any], email: str = "") -> str:
    path = route
    for name, value in things.items():
        path = path.replace(f"<{name}>", str(value))
    data = None
    if method not in ("GET", "HEAD", "OPTIONS", "TRACE"):
        hours = {"start": "16:00", "end": "17:00"} if route.endswith("/edit") else {}
        token = token_of(client)
        data = {"csrf_token": token, "space": things["space"], **WISH, **hours, "email": email, "password": PASSWORD}
    answer = client.open(path, method=method, data=data, buffered=True)
    return "in" if (answer.location or "").startswith("/login") else str(answer.status_code)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_head_is_allowed_as_get_is(app: Flask, things: dict[str, Any]) -> None:
    for route, method, *expected in ROWS:
        if method == "GET":
            assert _ask(browser(app), "HEAD", route, things) == expected[0], route
