"""The programmes of the demo house's events, as the news told of them; every person in them is invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Both = tuple[str, str]
Minutes = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Point:
    """A session: on which day of the event, when, where, and who takes part as what."""

    kind: str
    titles: Both
    time: Minutes
    spot: str = ""
    elsewhere: str = ""
    day: int = 0
    layout: str | None = None
    people: int | None = None
    about: Both = ("", "")
    track: str = ""
    who: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """An event before it is stored; `people` are name, title and organisation."""

    titles: Both
    summaries: Both
    bodies: Both
    practical: Both
    category: str
    parties: Mapping[str, str]
    people: Sequence[tuple[str, str, str]]
    points: Sequence[Point]
    rooms: Sequence[tuple[str, str, int, Minutes]] = ()
    contact: Both = ("Majken Sundell", "evenemang@station.example")
    visibility: str = "public"


def _at(hour: int, minute: int = 0) -> int:
    return hour * 60 + minute


COFFEE = ("Kaffe och incheckning", "Coffee and check-in")
HERE = (
    "Plan 6 i Moas båge nås med hiss från entrén. Scenen har hörslinga och plats för rullstol.\n\n"
    "- Pendeltåg till Flemingsberg, sedan tio minuter till fots\n- Säg till om du behöver annan kost",
    "Floor 6 of Moas båge is reached by lift from the entrance. The stage has a hearing loop and room for wheelchairs.\n\n"
    "- Commuter train to Flemingsberg, then ten minutes on foot\n- Tell us if you need other food",
)
KICKOFF = Plot(
    ("Kickoff: strategiskt partnerskap för hållbar utveckling", "Kickoff: strategic partnership for sustainable development"),
    ("Medarbetare från Botkyrka och forskare från högskolan möts, visar vad samarbetet gett hittills och formulerar nya projekt tillsammans.",
     "Staff of Botkyrka and researchers of the university meet, show what they have done together so far and shape new projects."),
    ("Partnerskapet mellan Botkyrka kommun och Södertörns högskola går in i ett nytt skede. Under en förmiddag möts de som gör "
     "arbetet: de som vet vad kommunen behöver och de som forskar om det.\n\n## Teman\n\n- Stadsutveckling\n- Trygghet\n- Demokrati\n"
     "- Kompetensförsörjning\n- Tjänstedesign\n\nVi slutar med **skarpa frågeställningar** som blir projekt, och en gemensam bild.",
     "The partnership between Botkyrka Municipality and Södertörn University enters a new phase. For a morning those meet who do "
     "the work: those who know what the municipality needs and those who study it.\n\n## Themes\n\n- Urban development\n- Safety\n"
     "- Democracy\n- Skills supply\n- Service design\n\nWe end with **sharp questions** that become projects, and a picture of us all."),
    HERE, "kickoff", {"botkyrka": "host", "sh": "co-host", "science": "partner"},
    (("Hilma Granefelt", "Utvecklingsledare", "Botkyrka kommun"), ("Joar Sandelius", "Docent i samhällsgeografi", "Södertörns högskola"),
     ("Parisa Lindvret", "Enhetschef, medborgarcenter", "Botkyrka kommun"), ("Torvald Ekmarker", "Professor i företagsekonomi", "Södertörns högskola")),
    (Point("break", COFFEE, (_at(8, 30), _at(9)), elsewhere="Köket"),
     Point("talk", ("Välkommen till stationen", "Welcome to the station"), (_at(9), _at(9, 30)), "Scenen", layout="islands", people=32,
           about=("Gemensam verksamhetsplan: var vi står efter drygt två år.", "The plan we share: where we stand after two years and more."),
           who={"Hilma Granefelt": "speaker", "Torvald Ekmarker": "moderator"}),
     Point("talk", ("Hur ser Botkyrkabor på samhällsservice?", "How do people in Botkyrka see public services?"), (_at(9, 30), _at(10, 30)), "Scenen",
           layout="islands", people=32, about=("En studie gjord med studenter.", "A study made with students."),
           who={"Parisa Lindvret": "speaker", "Joar Sandelius": "speaker"}),
     Point("break", ("Paus", "Break"), (_at(10, 30), _at(10, 45)), elsewhere="Köket"),
     Point("talk", ("Tre projekt på tio minuter var", "Three projects, ten minutes each"), (_at(10, 45), _at(11, 30)), "Scenen", layout="islands", people=32,
           about=("Våldsprevention i skolmiljö. Fältstudier kring Hågelby och Flottsbro. Unga om hållbarhet.",
                  "Preventing violence in schools. Field studies around Hågelby and Flottsbro. The young on sustainability.")),
     Point("workshop", ("Skarpa frågeställningar", "Sharp questions"), (_at(11, 30), _at(13)), "Scenen", layout="islands", people=32,
           about=("Fyra bord, fyra frågor: stadsutveckling, trygghet, demokrati och kompetensförsörjning.",
                  "Four tables, four questions: urban development, safety, democracy and skills supply."),
           who={"Torvald Ekmarker": "moderator"}),
     Point("mingle", ("Lunch, samtal och gemensam bild", "Lunch, talks and a picture of us all"), (_at(13), _at(14)), elsewhere="Köket och Perrongen")),
)  # fmt: skip
DAYS = Plot(
    ("Innovations- och samverkansdagarna", "The Innovation and Collaboration Days"),
    ("Två dagar om forskning, samverkan och kultur i en växande stadsdel, med invigning av Innovation Station.",
     "Two days on research, collaboration and culture in a growing part of town, and the inauguration of Innovation Station."),
    ("Forskare, kommuner, företag och föreningar visar vad de gör tillsammans i Flemingsberg. Kom en timme eller båda dagarna.\n\n"
     "Andra dagen slutar med att Innovation Station invigs.",
     "Researchers, municipalities, companies and associations show what they do together in Flemingsberg. Come for an hour or "
     "for both days.\n\nThe second day ends with the inauguration of Innovation Station."),
    HERE, "conference",
    {"sh": "host", "science": "co-host", "huddinge": "partner", "botkyrka": "partner", "ltu": "partner", "samverket": "partner", "fabege": "partner", "hemso": "partner", "clara": "partner"},
    (("Ragnhild Öberghed", "Professor", "Luleå tekniska universitet"), ("Isak Wennerdal", "Samverkanschef", "Södertörns högskola"),
     ("Leila Bergqvara", "Strateg", "Botkyrka kommun"), ("Otto Färnlund", "Verksamhetsledare", "Samverket"),
     ("Mira Castellanos Ek", "Konstnär", "Verkstan"), ("Gustav Hallonby", "Näringslivsutvecklare", "Huddinge kommun")),
    (Point("break", COFFEE, (_at(8, 30), _at(9)), elsewhere="Köket"),
     Point("keynote", ("Vilken roll spelar humaniora i social innovation?", "What part do the humanities play in social innovation?"), (_at(9), _at(10, 30)),
           "Scenen", people=60, layout="theatre", who={"Ragnhild Öberghed": "speaker", "Isak Wennerdal": "moderator"}),
     Point("break", ("Paus", "Break"), (_at(10, 30), _at(10, 45)), elsewhere="Köket"),
     Point("panel", ("Vem behöver social innovation?", "Who needs social innovation?"), (_at(10, 45), _at(12)), "Scenen", people=60, layout="theatre",
           about=("Fyra organisationer svarar.", "Four organisations answer."),
           who={"Isak Wennerdal": "panellist", "Leila Bergqvara": "panellist", "Ragnhild Öberghed": "panellist", "Otto Färnlund": "panellist", "Gustav Hallonby": "moderator"}),
     Point("mingle", ("Lunch", "Lunch"), (_at(12), _at(13)), elsewhere="Köket"),
     Point("workshop", ("Metodbyte", "Swap of methods"), (_at(13), _at(14, 30)), "Flottsbro", people=12, track="Forskning",
           about=("Dela det som fungerade.", "Share what worked.")),
     Point("workshop", ("Forska med en kommun", "Research with a municipality"), (_at(13), _at(14, 30)), "Hågelby", people=8, track="Samverkan",
           who={"Leila Bergqvara": "speaker"}),
     Point("workshop", ("Öppna bord: från uppsats till företag", "Open tables: from thesis to company"), (_at(15), _at(16, 30)), "Västra scenen", people=16, layout="islands"),
     Point("talk", ("Kulturens plats i en stad som växer", "The place of culture in a growing city"), (_at(9), _at(10)), "Scenen", day=1, people=60, layout="theatre",
           who={"Mira Castellanos Ek": "speaker"}),
     Point("break", ("Paus", "Break"), (_at(10), _at(10, 15)), elsewhere="Köket", day=1),
     Point("panel", ("Ett gemensamt erbjudande från Flemingsberg", "One offer of Flemingsberg"), (_at(10, 15), _at(11, 45)), "Scenen", day=1, people=60, layout="theatre",
           who={"Gustav Hallonby": "panellist", "Otto Färnlund": "panellist", "Isak Wennerdal": "moderator"}),
     Point("workshop", ("Handledning för idéer", "Advice for ideas"), (_at(10, 15), _at(11, 45)), "Visättra", day=1, people=4, about=("Kom med din fråga.", "Bring your question.")),
     Point("mingle", ("Lunch", "Lunch"), (_at(12), _at(13)), elsewhere="Köket", day=1),
     Point("talk", ("Plats för fler skapande företag", "Room for more creative companies"), (_at(13), _at(14)), "Scenen", day=1, people=60, layout="theatre",
           who={"Otto Färnlund": "speaker"}),
     Point("inauguration", ("Invigning av Innovation Station", "Inauguration of Innovation Station"), (_at(14, 30), _at(16, 30)), "Scenen", day=1, people=100, layout="standing",
           about=("Mötesplats, innovationshubb och coworking. Ingen anmälan.", "Meeting place, innovation hub and coworking. Just come."))),
    rooms=(("Björnkulla", "other", 0, (_at(8), _at(17))), ("Björnkulla", "other", 1, (_at(8), _at(17)))),
)  # fmt: skip
HUB = Plot(
    ("Social Impact Hub", "Social Impact Hub"),
    ("Verkstad för forskare och lärare som vill att det de vet ska göra nytta utanför campus.",
     "A workshop for researchers and teachers who want what they know to be of use outside campus."),
    ("Varje månad tar vi upp en fråga, en metod och någon som har provat. Ta med det du håller på med.",
     "Every month we take up a question, a method and somebody who has tried. Bring what you are working on."),
    HERE, "workshop", {"sh": "host", "samverket": "co-host"},
    (("Edit Malmsköld", "Samverkanskoordinator", "Södertörns högskola"), ("Bashir Lundevall", "Social entreprenör", "Samverket")),
    (Point("talk", ("En som har provat", "Somebody who has tried"), (_at(13), _at(13, 45)), "Flottsbro", people=12, who={"Bashir Lundevall": "speaker"}),
     Point("break", ("Kaffe", "Coffee"), (_at(13, 45), _at(14)), elsewhere="Köket"),
     Point("workshop", ("Din fråga på bordet", "Your question on the table"), (_at(14), _at(15, 30)), "Flottsbro", people=12, who={"Edit Malmsköld": "moderator"})),
)  # fmt: skip
STATION_X = Plot(
    ("Station X: UX", "Station X: UX"),
    ("Företag, studenter och lärare inom ett område möts över praktik, exjobb och uppdrag. Först ut: UX.",
     "Companies, students and teachers of one field meet over internships, theses and assignments. First theme: UX."),
    ("En kväll för dig som studerar eller arbetar med användarupplevelse.", "An evening for those who study or work with user experience."),
    HERE, "meeting", {"sh": "host", "huddinge": "partner"},
    (("Nova Strömhage", "Interaktionsdesigner", "Fältet Design"), ("Karim Edelborg", "Lektor i medieteknik", "Södertörns högskola")),
    (Point("talk", ("Vad söker vi?", "What are we looking for?"), (_at(17), _at(17, 45)), "Scenen", people=60, who={"Nova Strömhage": "speaker"}),
     Point("panel", ("Från kurs till uppdrag", "From course to assignment"), (_at(17, 45), _at(18, 30)), "Scenen", people=60,
           who={"Nova Strömhage": "panellist", "Karim Edelborg": "moderator"}),
     Point("mingle", ("Mingel vid borden", "Mingle at the tables"), (_at(18, 30), _at(20)), "Scenen", people=60)),
)  # fmt: skip
