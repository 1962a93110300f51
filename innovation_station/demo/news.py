"""What the demo house tells, on days near today. What that says of the house is so; the rest is made up."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from innovation_station.announcements.models import Announcement
from innovation_station.members.rules import slug_of
from innovation_station.news.models import NewsItem
from innovation_station.timespan import to_utc

Both = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Tale:
    """A news item before it is stored, told so many days ago."""

    days: int
    titles: Both
    summaries: Both
    bodies: Both


TALES = (
    Tale(
        4,
        (
            "Kickoff nästa vecka: Perrongen och Verkstan är öppna som vanligt",
            "Kickoff next week: the Platform and the Workshop are open as usual",
        ),
        ("Scenen är upptagen hela dagen. Skrivborden är det inte.", "The stage is taken all day. The desks are not."),
        (
            """Botkyrka kommun och Södertörns högskola samlas till kickoff för sitt partnerskap för hållbar utveckling.
Det blir presentationer av gemensamma projekt, samtal och skarpa frågor att forska på.

- Scenen är bokad från morgon till eftermiddag
- Perrongen, Tysta kupén och Verkstan går att boka som vanligt
- I pausen är det kö till kaffet: kom en halvtimme före eller efter

Programmet finns under **Evenemang**.""",
            """Botkyrka municipality and Södertörn University meet for the kickoff of their partnership for sustainable
development: presentations of joint projects, talks, and sharp questions for research.

- The stage is booked from the morning to the afternoon
- The Platform, the Quiet Coach and the Workshop are booked as usual
- There is a queue for the coffee in the break: come half an hour before or after

The programme is under **Events**.""",
        ),
    ),
    Tale(
        11,
        (
            "Station X söker frågor från företag och studenter",
            "Station X is looking for questions from companies and students",
        ),
        (
            "Nästa tema är UX. Praktik, uppsatser och uppdrag lämnas vid samma bord.",
            "The next theme is UX. Internships, theses and assignments are handed over at the same table.",
        ),
        (
            """Station X samlar företag, studenter och lärare inom samma ämne. Första temat är UX.

# Så går det till

1. Företaget tar med en fråga som går att arbeta med
2. Studenter väljer bland frågorna
3. En lärare ser till att det blir en uppsats, en praktik eller ett uppdrag av den

Anmäl dig på **evenemangets sida**. Den som inte kan komma lämnar sin fråga hos värden.""",
            """Station X brings companies, students and teachers of one field together. The first theme is UX.

# How it goes

1. The company brings a question that can be worked on
2. Students choose among the questions
3. A teacher sees to it that it becomes a thesis, an internship or an assignment

Register on the **page of the event**. Who cannot come leaves a question with the host.""",
        ),
    ),
    Tale(
        25,
        ("Så ställer du en skarp fråga till en kommun", ""),
        ("Fyra råd från dem som gjort det i Social Impact Hub.", ""),
        (
            """I Social Impact Hub övar forskare och lärare på att göra frågor som någon annan har nytta av. Fyra råd:

1. Fråga om något som kommunen får bestämma över
2. Säg vad svaret ska användas till
3. Be om det som redan finns innan ni samlar in nytt
4. Kom tillbaka med svaret

Workshopserien är öppen för den som vill vara med.""",
            "",
        ),
    ),
)


def add(session: Session, today: date, zone: ZoneInfo) -> None:
    """Tell them, the latest a few days ago."""
    for tale in TALES:
        slug = slug_of(tale.titles[0])
        at = to_utc(today - timedelta(days=tale.days), time(9, 12), zone)
        session.add(
            NewsItem(
                uid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"innovation station news {slug}")), slug=slug,
                state="published", title_sv=tale.titles[0], title_en=tale.titles[1], summary_sv=tale.summaries[0],
                summary_en=tale.summaries[1], body_sv=tale.bodies[0], body_en=tale.bodies[1], alt_sv="", alt_en="",
                picture_revision=0, revision=1, created_at=at, changed_at=at, shown_from=at,
            )
        )  # fmt: skip
    start, end = (to_utc(today + timedelta(days=2), time(hour), zone) for hour in (10, 11))
    told = to_utc(today - timedelta(days=1), time(9), zone)
    session.add(
        Announcement(
            uid=str(uuid.uuid5(uuid.NAMESPACE_URL, "innovation station fire drill")), level="information",
            text_sv="Brandövning: vi samlas på torget framför Moas båge.",
            text_en="Fire drill: we meet on the square in front of Moas båge.", shown_from=told, shown_until=end,
            on_start=False, on_today=True, on_book=False, on_display=True, start=start, end=end, in_feeds=True,
            sequence=0, revision=0, created_at=told, changed_at=told,
        )
    )  # fmt: skip
    session.flush()
