"""What the demo's invented members say of themselves; those who are not visible say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from innovation_station.directory import rules, service
from innovation_station.directory.models import Colleagues, Profile, ProfileField
from innovation_station.members.models import Member

# name: field, ask me about, looking for, languages
SAID = {
    "Alva Lindqvist": ("Service design", "Workshops with citizens", "A municipality to test with", "svenska, English"),
    "Majken Sundell": ("Runs the station", "Everything in the house", "", "svenska, English, suomi"),
    "Samir Haddad": ("Stadsutveckling", "Medborgardialog i Alby", "Forskare om trygghet", "svenska, العربية"),
    "Maja Östberg": ("Social innovation", "Effektmätning", "Studenter som vill skriva uppsats", "svenska"),
    "Noor Rahimi": ("Kooperativ", "Att starta en förening", "En ekonom på deltid", "svenska, دری"),
    "Tove Bergsten": ("UX", "Interviews, prototypes", "", "svenska, English"),
    "Elin Norrgård": ("Hälsodata", "Etikprövning", "Någon som kan synliggöra data", "svenska, norsk"),
    "Yusuf Demirci": (
        "Kompetensförsörjning",
        "Praktik och jobb i Huddinge",
        "Företag i Flemingsberg",
        "svenska, Türkçe",
    ),
    "Hanna Ljungfors": ("Partnerskap", "Att söka medel tillsammans", "", "svenska, English, Deutsch"),
    "Amina Warsame": ("Podd och film", "Ljud", "Berättelser från Botkyrka", "svenska, soomaali"),
    "Saga Hedmark": ("Demokrati", "Deltagande budget", "Kommuner", "svenska"),
    "Linnea Åkerdahl": ("Hållbar mat", "Livsmedel i offentliga kök", "Ett testkök", "svenska, English"),
}
FIELDS = ("field", "ask_about", "looking_for", "languages")
COLLEAGUES = (("Alva Lindqvist", "Maja Östberg", "accepted"), ("Alva Lindqvist", "Noor Rahimi", "accepted"),
              ("Samir Haddad", "Alva Lindqvist", "asked"))  # fmt: skip


def add(session: Session, members: Sequence[Member], now: datetime) -> None:
    """Store profiles and colleagues; the same for the same members."""
    by_name = {member.name: member for member in members}
    for name, said in SAID.items():
        _profile(session, by_name[name], said)
    for asker, other, state in COLLEAGUES:
        low, high = sorted((by_name[asker].id, by_name[other].id))
        session.add(
            Colleagues(
                low_id=low, high_id=high, asked_by=by_name[asker].id, state=state, changed_at=now - timedelta(days=9)
            )
        )
    session.flush()


def _profile(session: Session, member: Member, said: Sequence[str]) -> None:
    texts = {name: text for name, text in zip(FIELDS, said, strict=True) if text}
    if member.organisation_id:
        texts["organisation"] = ""  # that of the house is shown
    session.add(Profile(member_id=member.id, shown_to=rules.MEMBERS, sort_key=rules.sort_key(member.name)))
    for name, text in texts.items():
        session.add(ProfileField(member_id=member.id, name=name, text=text, shown_to=rules.MEMBERS))
    session.flush()
    service.reindex(member.id)
