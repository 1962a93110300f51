"""The pages of series over HTTP, without script: preview, answers, what a change does, and the three choices."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.notices.models import Notice
from innovation_station.series import queries, service, telling
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Pattern
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from tests.conftest import NOW, PEOPLE, TUESDAY, ZONE, Small, at, browser, log_in, post

WEEK = timedelta(days=7)


def asked(small: Small, **more: object) -> dict[str, object]:
    return {
        "space": small.room, "date": str(TUESDAY), "start": "09:00", "end": "11:00", "title": "Möte", "repeat": "weekly",
        "interval": "2", "weekdays": "1", "ends": "count", "count": "3", "skip_closed": "1", "key": "k1", **more,
    }  # fmt: skip


def taken(app: Flask, small: Small, weeks: int) -> None:
    with app.app_context(), transaction():
        bo = db.session.get_one(Member, small.people["bo"])
        bookings.reserve(bo, small.room, at(TUESDAY + WEEK * weeks, "10:00", "12:00"), now=NOW, zone=ZONE)


def begun(app: Flask, small: Small) -> int:
    with app.app_context(), transaction():
        alva = db.session.get_one(Member, small.people["alva"])
        pattern = Pattern(Rule("weekly", weekdays=frozenset({1}), count=4), TUESDAY, Times(540, 660), small.room, "M")
        return service.begin(alva, pattern, {}, now=NOW, zone=ZONE).id


def test_preview_answers_and_book(app: Flask, small: Small) -> None:
    taken(app, small, 2)
    client = log_in(browser(app), PEOPLE["alva"][0])
    page = client.get("/series/new", query_string=asked(small))
    text = html.unescape(page.text)
    assert page.status_code == 200 and "varannan vecka på tisdag, 3 gånger" in text.lower()
    assert "1 dag går inte att få" in text and "är bokad" in text
    field = f"answer-{TUESDAY + 2 * WEEK}"
    assert {"skip", "own"} <= set(re.findall(rf'name="{field}" value="([^"]+)"', text))
    again = post(client, "/series", asked(small))
    assert again.status_code == 409 and "inget är bokat än" in again.text
    done = post(client, "/series", asked(small, **{field: "skip"}))
    assert done.status_code == 303
    shown = client.get(done.location).text
    assert shown.count("Överhoppad") == 1 and "Bokat, 2 gånger." in shown
    assert "Hågelby" in client.get("/bookings").text or "Serier" in client.get("/bookings").text


def test_bad_rules_are_told_and_what_was_typed_stays(app: Flask, small: Small) -> None:
    client = log_in(browser(app), PEOPLE["alva"][0])
    for wrong, said in (
        ({"count": "201"}, "200"), ({"interval": "0"}, "99"), ({"ends": "until", "until": ""}, "vilken dag"),
        ({"date": "2026-13-01"}, "2026-11-24"), ({"start": "25:00"}, ""), ({"repeat": "secondly"}, ""),
        ({"ends": "until", "until": "2199-01-01"}, ""), ({"count": "9" * 30}, ""), ({"weekdays": "9"}, ""),
    ):  # fmt: skip
        page = client.get("/series/new", query_string=asked(small, **wrong))
        assert page.status_code in (200, 422) and "Möte" in page.text, wrong
        assert said in page.text, wrong
        assert post(client, "/series", asked(small, **wrong)).status_code in (303, 409, 422), wrong


def test_edit_shows_what_it_does_and_does_it(app: Flask, small: Small) -> None:
    series = begun(app, small)
    client = log_in(browser(app), PEOPLE["alva"][0])
    first = client.get(f"/series/{series}/edit").text
    assert all(text in html.unescape(first) for text in ("Bara tisdag 24 november", "Den och de följande", "4 dagar"))
    change = {
        "at": str(TUESDAY + 2 * WEEK), "scope": "following", "space": small.room, "date": "", "start": "13:00",
        "end": "14:00", "title": "M", "repeat": "weekly", "interval": "1", "weekdays": "1", "ends": "until",
        "until": str(TUESDAY + 3 * WEEK),
    }  # fmt: skip
    shown = client.get(f"/series/{series}/edit", query_string=change)
    assert shown.status_code == 200 and "2 dagar flyttas" in shown.text
    with app.app_context():
        assert len(queries.rows(queries.get(series))) == 4  # type: ignore[arg-type]  nothing has happened yet
    done = post(client, f"/series/{series}/edit", change)
    assert done.status_code == 303 and done.location != f"/series/{series}"
    assert client.get(done.location).text.count("13–14") >= 2


def test_cancel_spells_the_dates_and_counts_of_each_choice(app: Flask, small: Small) -> None:
    series = begun(app, small)
    client = log_in(browser(app), PEOPLE["alva"][0])
    page = client.get(f"/series/{series}/cancel", query_string={"at": str(TUESDAY + WEEK)})
    text = html.unescape(page.text)
    assert all(said in text for said in ("Avboka 1 dag", "Avboka 3 dagar", "Avboka 4 dagar", "tis 1 dec"))
    done = post(client, f"/series/{series}/cancel", {"at": str(TUESDAY + WEEK), "scope": "this"})
    assert done.status_code == 303
    assert client.get(f"/series/{series}").text.count("Avbokad") == 1
    assert post(client, f"/series/{series}/cancel", {"at": str(TUESDAY), "scope": "none"}).status_code == 422
    assert client.get(f"/series/{series}/cancel", query_string={"at": "2026-01-01"}).status_code == 404


def monthly(app: Flask, small: Small, rule: Rule) -> int:
    with app.app_context(), transaction():
        alva = db.session.get_one(Member, small.people["alva"])
        spaces.set_policy(space=db.session.get_one(Space, small.room), horizon=400)
        rule = replace(rule, skip_closed=True)
        return service.begin(
            alva, Pattern(rule, date(2026, 12, 1), Times(540, 660), small.room, "M"), {}, now=NOW, zone=ZONE
        ).id  # fmt: skip


def shown(page: str) -> dict[str, object]:
    """Give what the form of a page would send again, untouched."""
    form = page[page.index('<form class="form card pad" method="get"') :]
    form = form[: form.index("</form>")]
    sent: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        given = dict(re.findall(r'(\S+)="([^"]*)"', tag))
        if "checked" in tag or given.get("type") not in ("checkbox", "radio"):
            sent[given["name"]] = html.unescape(given.get("value", ""))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        sent[name] = next(
            re.findall(r'value="([^"]*)"', one)[0] for one in options.split("<option") if " selected" in one
        )
    return sent


def rule_of(app: Flask, series: int) -> Rule:
    with app.app_context():
        found = queries.get(series)
        assert found
        return found.pattern.rule


@pytest.mark.parametrize(
    ("rule", "change", "days"),
    [
        (Rule("monthly", month_day=1, count=3), {"month_day": "16"}, ["12-16", "02-16"]),
        (Rule("monthly", nth=(1, 1), count=3), {"nth": "3"}, ["12-15", "01-19", "02-16"]),
        (Rule("monthly", nth=(1, 1), count=3), {"weekday": "3"}, ["12-03", "01-07", "02-04"]),
        (Rule("monthly", nth=(-1, 1), count=3), {"weekday": "0"}, ["12-28", "01-25", "02-22"]),
    ],
)
def test_monthly_series_may_be_given_another_date(
    app: Flask, small: Small, rule: Rule, change: dict[str, str], days: list[str]
) -> None:
    series = monthly(app, small, rule)
    client = log_in(browser(app), PEOPLE["alva"][0])
    form = shown(client.get(f"/series/{series}/edit").text) | change | {"scope": "all", "until": "2027-02-28"}
    assert post(client, f"/series/{series}/edit", form | {"at": next(iter(dates_of(app, series)))}).status_code == 303
    assert [day[5:] for day, state in dates_of(app, series).items() if state == "confirmed"] == days


def dates_of(app: Flask, series: int) -> dict[str, str]:
    with app.app_context():
        return {str(row.original): row.state for row in queries.rows(queries.get(series))}  # type: ignore[arg-type]


def test_new_title_leaves_the_rule_whatever_date_it_was_given_at(app: Flask, small: Small) -> None:
    series = monthly(app, small, Rule("weekly", weekdays=frozenset({1}), count=4))
    client = log_in(browser(app), PEOPLE["alva"][0])
    with app.app_context(), transaction():
        second = queries.rows(queries.get(series))[1]  # type: ignore[arg-type]
        alva = db.session.get_one(Member, small.people["alva"])
        bookings.move(
            alva, second.id or 0, space_id=small.room, span=at(date(2026, 12, 9), "09:00", "11:00"), now=NOW, zone=ZONE
        )  # fmt: skip
    form = shown(client.get(f"/series/{series}/edit", query_string={"at": "2026-12-01"}).text)
    change = form | {"scope": "all", "repeat": "monthly-date", "month_day": "1", "until": "2027-03-31"}
    assert post(client, f"/series/{series}/edit", change).status_code == 303
    was, rule = dates_of(app, series), rule_of(app, series)
    assert rule.month_day == 1 and was["2026-12-08"] == "confirmed"
    form = shown(client.get(f"/series/{series}/edit", query_string={"at": "2026-12-08"}).text)
    del form["month_day"]  # as an address of before has it
    assert post(client, f"/series/{series}/edit", form | {"scope": "all", "title": "Nytt"}).status_code == 303
    assert (dates_of(app, series), rule_of(app, series)) == (was, rule)


@pytest.mark.parametrize("most", [3, 300])
def test_house_says_how_many_dates_a_series_may_have(
    app: Flask, small: Small, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setitem(app.config, "STATION", replace(app.config["STATION"], series_most=most))
    with app.app_context(), transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.room), horizon=730)
    client = log_in(browser(app), PEOPLE["alva"][0])
    rule = {"repeat": "daily", "interval": "1", "skip_closed": "1"}
    page = client.get("/series/new", query_string=asked(small, **rule, count=most + 1))
    assert page.status_code == 422 and f"Högst {most}" in page.text
    assert post(client, "/series", asked(small, **rule, count=most + 1)).status_code == 422
    done = post(client, "/series", asked(small, **rule, count=most))
    assert done.status_code == 303 and f"Bokat, {most} gånger." in client.get(done.location).text
    longer = shown(client.get(f"{done.location}/edit").text) | {"scope": "all", "until": "2028-12-31"}
    assert post(client, f"{done.location}/edit", longer).status_code == 422


def test_a_booking_leads_to_its_series(app: Flask, small: Small) -> None:
    series = begun(app, small)
    client = log_in(browser(app), PEOPLE["alva"][0])
    with app.app_context():
        booking = queries.rows(queries.get(series))[1].id  # type: ignore[arg-type]
    page = client.get(f"/bookings/{booking}").text
    assert f"/series/{series}" in page and "Del av en serie" in page
    assert f"/series/{series}" in client.get("/bookings").text


def test_series_that_is_asked_for_says_so(app: Flask, small: Small) -> None:
    with app.app_context(), transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.room), approval=2880)
    client = log_in(browser(app), PEOPLE["alva"][0])
    done = post(client, "/series", asked(small))
    shown = client.get(done.location).text
    assert "Efterfrågat, 3 gånger." in shown and "hålls för dig tills stationen har svarat" in shown
    assert "Bokat" not in shown
    with app.app_context(), app.test_request_context():
        notice = db.session.scalars(select(Notice).where(Notice.kind == "series")).one()
        told = telling.say(notice.content, {})
    assert told.title == "Du har frågat efter Hågelby, 3 gånger"
    assert told.text.endswith("Tiden hålls för dig tills stationen har svarat.")


def test_series_that_is_asked_for_in_part_says_for_how_much(app: Flask, small: Small) -> None:
    with app.app_context(), transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.hall), approval=2880)
    client = log_in(browser(app), PEOPLE["alva"][0])
    done = post(client, "/series", asked(small, **{f"answer-{TUESDAY}": f"space:{small.hall}"}))
    assert "Bokat, 3 gånger. 1 av dem hålls för dig" in client.get(done.location).text
