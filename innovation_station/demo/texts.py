"""The house rules and what the house says about privacy, accepted by every member, and how guests find the house."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from innovation_station.members.models import Acceptance, HouseText, Member
from innovation_station.members.rules import ACCEPTED_TEXTS
from innovation_station.timespan import to_utc

TEXTS = {
    "rules": (
        """# Platserna

- Boka den plats du sitter på, också för en kort stund, så att andra ser vad som är ledigt.
- Avboka så snart du vet att du inte kommer. Någon annan blir glad.
- Lämna platsen som du vill hitta den: torkad, tom och med skärmen släckt.

# Ljudet

Perrongen tål samtal i vanlig ton. Tysta kupén är tyst, också för mobilen. Ring och ha videomöten i ett samtalsbås eller
ett mötesrum.

# Gäster

Du får ta med gäster till ett mötesrum du har bokat. Möt dem vid hissen på plan sex och följ dem ut igen. De får wifi
av värden.

# Köket och kaffet

- Kaffet är till för alla. Den som tar det sista sätter på nytt.
- Märk det du ställer i kylen. På fredag eftermiddag töms den.
- Tänk på allergier: inga nötter i köket.

# När något händer

Gå ut genom närmaste nödutgång om larmet går, ta inte hissen, och samlas på torget framför Moas båge. Säg till värden
om något är trasigt, så att det blir lagat.""",
        """# The places

- Book the place where you sit, for a short while too, so that others see what is free.
- Cancel as soon as you know that you are not coming. It makes somebody's day.
- Leave a place as you want to find it: wiped, empty and with the screen off.

# Noise

The Platform can take talk in a normal voice. The Quiet Coach is quiet, phones included. Make calls and hold video
meetings in a phone booth or a meeting room.

# Guests

You may bring guests to a meeting room that you have booked. Meet them at the lift on floor six and see them out again.
The host gives them wi-fi.

# The kitchen and the coffee

- The coffee is for everybody. Whoever takes the last of it makes more.
- Put your name on what you leave in the fridge. It is emptied on Friday afternoons.
- Think of allergies: no nuts in the kitchen.

# When something happens

If the alarm sounds, leave by the nearest emergency exit, do not take the lift, and gather on the square in front of
Moas båge. Tell the host when something is broken, so that it gets mended.""",
    ),
    "privacy": (
        """Stationen vet vem du är, vad du har bokat och vad du själv väljer att berätta. Det behövs för att platserna
ska räcka till alla och för att vi ska kunna nå dig.

- Andra medlemmar ser ditt namn bara om du slår på det.
- Värdarna ser dina bokningar, så att de vet vilka som kommer.
- Det du behöver av en plats ser ingen annan än du.
- Statistiken över hur huset används innehåller inga namn.

Under Mitt konto ser du allt som finns om dig, hämtar en kopia eller ber att bli raderad. Fråga värden om något är
oklart.""",
        """The station knows who you are, what you have booked and what you choose to tell. It takes that to make the
places go round, and to reach you.

- Other members see your name only if you turn that on.
- The hosts see your bookings, so that they know who is coming.
- What you need of a place is seen by nobody but you.
- The figures of how the house is used hold no names.

Under My account you see everything that is known of you, fetch a copy, or ask to be erased. Ask the host if anything is
unclear.""",
    ),
    "directions": (
        """Pendeltåg till Flemingsberg, sedan åtta minuter till fots genom Campus. Följ skyltarna mot Moas båge.

Ta hissen till plan 6. Säg vem du ska träffa i receptionen, så hämtas du där.""",
        """Take a commuter train to Flemingsberg, then walk for eight minutes through Campus. Follow the signs to
Moas båge.

Take the lift to floor 6. Tell the desk whom you are to meet, and you will be fetched there.""",
    ),
}


def add(session: Session, members: Iterable[Member], today: date, zone: ZoneInfo) -> list[HouseText]:
    """Store the texts, in force for two years, and that each member has accepted when joining those that one does."""
    since = to_utc(date(today.year - 2, 1, 15), time(9), zone)
    texts = [
        HouseText(kind=kind, version=1, body_sv=_flowing(sv), body_en=_flowing(en), published_at=since)
        for kind, (sv, en) in TEXTS.items()
    ]
    session.add_all(texts)
    session.flush()
    accepted = [text for text in texts if text.kind in ACCEPTED_TEXTS]
    for member in members:
        accept(session, member, accepted, max(member.created_at, since))
    return accepted


def accept(session: Session, member: Member, texts: Iterable[HouseText], at: datetime) -> None:
    """Store that a member has accepted texts."""
    session.add_all([Acceptance(member_id=member.id, text_id=text.id, accepted_at=at) for text in texts])
    session.flush()


def _flowing(text: str) -> str:
    """Give a text as staff type it, one line a paragraph; lines end here where the code's do."""
    blocks = [block.split("\n") for block in text.split("\n\n")]
    return "\n\n".join(("\n" if block[0].startswith("- ") else " ").join(block) for block in blocks)
