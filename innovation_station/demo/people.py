"""Organisations that exist, and members that do not: every person here is invented."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from innovation_station.members import service
from innovation_station.members.models import Member, Organisation
from innovation_station.timespan import to_utc

PASSWORD = "plats-for-nasta-ide"  # noqa: S105  printed by `run`, and only the demo has it
ACCOUNTS = [
    ("member@example.org", PASSWORD, "member"),
    ("host@example.org", PASSWORD, "host"),
    ("admin@example.org", PASSWORD, "admin"),
]
ORGANISATIONS = {
    "sh": ("Södertörns högskola", "Södertörn University", "university"),
    "botkyrka": ("Botkyrka kommun", "Botkyrka Municipality", "municipality"),
    "huddinge": ("Huddinge kommun", "Huddinge Municipality", "municipality"),
    "science": ("Stiftelsen Flemingsberg Science", "Flemingsberg Science Foundation", "foundation"),
    "ltu": ("Luleå tekniska universitet", "Luleå University of Technology", "university"),
    "samverket": ("Samverket", "Samverket", "association"),
    "ki": ("Karolinska Institutet", "Karolinska Institutet", "university"),
    "fabege": ("Fabege", "Fabege", "company"),
    "hemso": ("Hemsö", "Hemsö", "company"),
    "clara": ("Stiftelsen Clara", "The Clara Foundation", "foundation"),
}
# name, organisation, whether other members may see who it is
PEOPLE = (
    ("Alva Lindqvist", "sh", True),
    ("Majken Sundell", "sh", True),
    ("Rebin Salih Holm", "sh", False),
    ("Samir Haddad", "botkyrka", True),
    ("Maja Östberg", "sh", True),
    ("Noor Rahimi", "samverket", True),
    ("Ludvig Ekhammar", "", True),
    ("Tove Bergsten", "sh", True),
    ("Elin Norrgård", "ki", True),
    ("Yusuf Demirci", "huddinge", True),
    ("Leo Strandell", "", True),
    ("Ida Forsling", "botkyrka", True),
    ("Omar Khalifeh", "", True),
    ("Hanna Ljungfors", "science", True),
    ("Amina Warsame", "samverket", True),
    ("Erik Tallvik", "sh", False),
    ("Signe Vikander", "", False),
    ("Mehmet Aksoylu", "huddinge", True),
    ("Saga Hedmark", "sh", True),
    ("Jonas Brännlid", "ltu", False),
    ("Fatou Ceesay Lund", "clara", True),
    ("Viktor Sjöhage", "", True),
    ("Linnea Åkerdahl", "sh", True),
    ("Arash Moradian", "ki", False),
    ("Ebba Rosenlid", "botkyrka", True),
    ("Mikael Suorsa", "", False),
    ("Zaynab Al-Tamari", "sh", True),
    ("Oskar Fribergh", "fabege", False),
    ("Petra Lindhagen", "hemso", False),
    ("Daniyar Bekov", "", True),
    ("Astrid Mörkvik", "science", False),
    ("Tekle Haile Berg", "samverket", True),
    ("Wilma Granhult", "sh", False),
    ("Ana Marković", "", False),
    ("Gustav Öhrnell", "ltu", False),
    ("Sunniva Tveitan", "sh", False),
    ("Rasmus Kallberger", "", True),
    ("Khadija Mansouri", "huddinge", False),
    ("Birgitta Solvarg", "clara", False),
    ("Hugo Nylander Ross", "", False),
)
# By their places in PEOPLE: who studies, whose desk is whose, and whose membership ends before long.
STUDENTS = frozenset({10, 16, 33, 39})
DEDICATED = {"C8": 6}
ALONE = 29
# cost centre, first and last day of the partnership as years from now
PARTNERS = {"sh": ("4100", -2, None), "botkyrka": ("KS-210", -1, 2), "huddinge": ("KS-77", -1, None),
            "science": ("", 0, None)}  # fmt: skip
WEB = {
    "sh": "https://www.sh.se", "botkyrka": "https://www.botkyrka.se", "huddinge": "https://www.huddinge.se",
    "ltu": "https://www.ltu.se", "ki": "https://ki.se",
}  # fmt: skip
TEAM = {"Alva Lindqvist": ACCOUNTS[0], "Majken Sundell": ACCOUNTS[1], "Rebin Salih Holm": ACCOUNTS[2]}


def add_organisations(session: Session, today: date) -> dict[str, Organisation]:
    """Store the organisations, some of them partners."""
    rows = {}
    for key, (sv, en, kind) in ORGANISATIONS.items():
        centre, since, until = PARTNERS.get(key, ("", None, None))
        rows[key] = Organisation(
            name_sv=sv, name_en=en, kind=kind, website=WEB.get(key, ""), cost_centre=centre,
            partner_from=None if since is None else date(today.year + since, 1, 1),
            partner_until=None if until is None else date(today.year + until, 12, 31),
        )  # fmt: skip
    session.add_all(rows.values())
    session.flush()
    return rows


def add(
    session: Session, rng: Random, today: date, zone: ZoneInfo, hashes: dict[str, str],
    organisations: dict[str, Organisation],
) -> list[Member]:  # fmt: skip
    """Store members, in the order of PEOPLE; `hashes` maps addresses to password hashes."""
    members = []
    for name, organisation, visible in PEOPLE:
        email, _, role = TEAM.get(name, (address(name), "", "member"))
        members.append(
            Member(
                email=email, name=name, role=role, visible=visible, bookings_revision=0,
                password_hash=hashes.get(email, hashes[""]), created_at=_joined(rng, today, zone),
                organisation_id=organisations[organisation].id if organisation else None,
            )
        )  # fmt: skip
    session.add_all(members)
    session.flush()
    return members


def password_hashes() -> dict[str, str]:
    """Hash the accounts' passwords; under the empty address one that nobody knows, for everybody else.

    A real hash, so that a wrong log-in takes the same time for all. Slow: call it outside of writes.
    """
    hashes = {email: service.hashed(password) for email, password, _ in ACCOUNTS}
    return hashes | {"": service.hashed(secrets.token_urlsafe())}


def address(name: str) -> str:
    """Give the address of somebody who is invented."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    words = plain.replace("-", "").split()
    return f"{words[0]}.{words[-1]}@example.org"


def _joined(rng: Random, today: date, zone: ZoneInfo) -> datetime:
    day = today - timedelta(days=rng.randint(70, 900))
    return to_utc(day, time(rng.randint(8, 17), rng.randrange(60), rng.randrange(60)), zone)
