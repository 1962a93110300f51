"""Eight weeks of plausible days, drafted before anything is stored. Pure: one random source, one result.

Each member has a favourite desk, usual weekdays and usual hours; rooms are met in, booths are phoned from.
Times are minutes of local wall time. Drafts never overlap, not even with what was cancelled or moved away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from innovation_station.demo.floor import CLOSES, OPENS, PARTS, SPOTS, STAGE_EVENING, STAGE_WEEKDAY
from innovation_station.demo.people import DEDICATED, PEOPLE, TEAM

Minutes = tuple[int, int]
At = Callable[[date, int], datetime]

ALVA, HOST = 0, 1
DAY, MORNING, AFTERNOON = (OPENS, CLOSES), (OPENS, 12 * 60), (13 * 60, 17 * 60)
OTHER_TIMES = ((540, 1020), (540, 900), (600, 960), (510, 990), (570, 870), (585, 1005), (480, 930))
DESKS = [spot.name for spot in SPOTS if spot.kind == "desk"]
BOOTHS = [spot.name for spot in SPOTS if spot.kind == "booth"]
WEEKDAYS = (0.8, 0.92, 0.86, 0.95, 0.6)  # how full a weekday is beside the others
ALVAS_DESK = "A3"
TITLES: Mapping[str, Sequence[str]] = {
    "Björnkulla": ("Intervju", "Handledning", "Avstämning", "Utvecklingssamtal", "Mentorträff"),
    "Visättra": ("Handledning", "Projektmöte", "Avstämning", "Mentorträff", "Affärsrådgivning"),
    "Hågelby": ("Projektmöte", "Styrgrupp", "Mentorträff", "Referensgrupp", "Idéverkstad", "Forskargruppen"),
    "Flottsbro": ("Workshop: tjänstedesign", "Styrgrupp", "Nätverksträff", "Fokusgrupp", "Partnermöte"),
    "Scenen": ("Frukostseminarium", "Innovationsmiljöer i söder", "Presentationsträning", "Lunchföreläsning"),
    "Västra scenen": ("Presentationsträning", "Infoträff: praktik"),
    "Östra scenen": ("Språkcafé", "Workshop: affärsidé"),
}
EVENINGS = ("Kvällsföreläsning", "Social Impact Hub: öppen kväll", "Filmvisning med samtal")
LENGTHS = {
    "Björnkulla": (30, 45, 60, 60, 90),
    "Visättra": (30, 60, 60, 90, 120),
    "Hågelby": (60, 90, 90, 120, 180),
    "Flottsbro": (90, 120, 120, 180, 240),
}
CHANCES = {"Björnkulla": 0.6, "Visättra": 0.65, "Hågelby": 0.55, "Flottsbro": 0.5}


@dataclass(frozen=True, slots=True)
class Draft:
    """A booking before it is stored; `member` and `changer` are indices of PEOPLE, `old` its first time.

    Of a request that nobody has answered yet `answer_by` is the deadline.
    """

    spot: str
    member: int
    day: date
    time: Minutes
    made: datetime
    title: str = ""
    private: bool = False
    old: Minutes | None = None
    changed: datetime | None = None
    changer: int = 0
    answer_by: datetime | None = None

    @property
    def cancelled(self) -> bool:
        """Tell whether it was given back."""
        return self.changed is not None and self.old is None


@dataclass(frozen=True, slots=True)
class Habit:
    """What a member usually does."""

    desk: str
    weekdays: frozenset[int]
    fullday: float


class Diary:
    """What is taken already, by place and by person."""

    def __init__(self) -> None:
        self._taken: dict[tuple[object, date], list[Minutes]] = defaultdict(list)

    def free(self, who: object, day: date, time: Minutes) -> bool:
        """Tell whether a place (its name) or a person (a number) has nothing then."""
        rooms = PARTS.get(who, (who,)) if isinstance(who, str) else (who,)
        return all(end <= time[0] or time[1] <= start for room in rooms for start, end in self._taken[room, day])

    def take(self, who: object, day: date, time: Minutes) -> None:
        """Note that a place or a person has something."""
        for room in PARTS.get(who, (who,)) if isinstance(who, str) else (who,):
            self._taken[room, day].append(time)


class Author:
    """Drafts the days round `today`. `at` turns a local day and minute into an instant."""

    def __init__(self, rng: Random, today: date, holidays: Container[date], at: At) -> None:
        self.rng, self.today, self.at = rng, today, at
        self.known = at(today, 0)  # nothing happens later, so that every hour of a day gives the same house
        days = (today + timedelta(days=offset) for offset in range(-28, 28))
        self.days = [day for day in days if day.weekday() < 5 and day not in holidays]
        self.ahead = [day for day in self.days if day >= today]
        self.diary = Diary()
        self.drafts: list[Draft] = []
        self.habits = [self._habit(index) for index in range(len(PEOPLE))]

    def write(self, shut: Mapping[str, Sequence[tuple[date, Minutes]]]) -> list[Draft]:
        """Give all drafts in the order they were made; nothing is put where a place is `shut`."""
        for spot, spans in shut.items():
            for day, time in spans:
                self.diary.take(spot, day, time)
        self._alva()
        for day in self.days:
            self._stage(day)
            self._desks(day)
            self._rooms(day)
            self._booths(day)
        self._moves()
        self._cancellations()
        self._request()
        return sorted(self.drafts, key=lambda draft: (draft.made, draft.spot, draft.day))

    def _habit(self, index: int) -> Habit:
        often = self.rng.choice((2, 3, 3, 4, 5))
        return Habit(
            desk=DESKS[(index * 7 + self.rng.randrange(3)) % len(DESKS)],
            weekdays=frozenset(self.rng.sample(range(5), often)),
            fullday=self.rng.choice((0.15, 0.45, 0.7, 0.9)),
        )

    def _fullness(self, day: date) -> float:
        weeks = max(0, (day - self.today).days) / 7
        return WEEKDAYS[day.weekday()] * max(0.35, 1 - 0.2 * weeks)

    def _made(self, day: date, start: int) -> datetime:
        lead = self.rng.choice((0, 1, 1, 2, 3, 4, 6, 8, 13, 20))
        made = day - timedelta(days=lead)
        if made >= self.today:
            made = self.today - timedelta(days=1 + self.rng.randrange(10))
        minute = self.rng.randint(390, start - 5) if made == day else self.rng.randint(420, 1260)
        return self.at(made, minute) + timedelta(seconds=self.rng.randrange(60))

    def _book(
        self, spot: str, member: int, day: date, time: Minutes, *, title: str = "", private: bool = False
    ) -> bool:
        """Draft a booking where place and person are free."""
        person = ("seat" if spot in DESKS else "meeting", member)
        if not (self.diary.free(spot, day, time) and self.diary.free(person, day, time)):
            return False
        self.diary.take(spot, day, time)
        self.diary.take(person, day, time)
        self.drafts.append(Draft(spot, member, day, time, self._made(day, time[0]), title=title, private=private))
        return True

    def _alva(self) -> None:
        """Write the member account's days: an afternoon at A3 that can be had again, and something to come.

        On the first two open days A3 stays free in the afternoon, for «same as last week» to offer it.
        """
        first, second, third = self.ahead[:3]
        usual = {first.weekday(), second.weekday()}
        for day in self.days:
            kept = day in (first, second)
            if kept:
                self.diary.take(ALVAS_DESK, day, AFTERNOON)
            elif day.weekday() in usual:
                self._book(ALVAS_DESK, ALVA, day, AFTERNOON)
        self._book("C5", ALVA, first, MORNING)
        self._book("Visättra", ALVA, first, (900, 960), title="Handledning")
        self._book("Hågelby", ALVA, third, (600, 690), title="Projektmöte: Station X")
        self._book("B6", ALVA, third, AFTERNOON)
        for day in self.days[2:-6:6]:
            if day != first:
                self._book("Visättra", ALVA, day, (600, 660), title="Handledning")

    def _desks(self, day: date) -> None:
        order = list(range(len(PEOPLE)))
        self.rng.shuffle(order)
        for index in order:
            habit = self.habits[index]
            chance = (0.9 if day.weekday() in habit.weekdays else 0.1) * self._fullness(day)
            if PEOPLE[index][0] in TEAM or self.rng.random() > chance:
                continue
            time = self._hours(habit)
            near = [desk for desk in DESKS if desk[0] == habit.desk[0]]
            self.rng.shuffle(near)
            far = self.rng.sample(DESKS, len(DESKS))
            any(self._book(desk, index, day, time) for desk in (habit.desk, *near, *far))

    def _hours(self, habit: Habit) -> Minutes:
        if self.rng.random() < habit.fullday:
            return DAY
        return self.rng.choice((MORNING, MORNING, AFTERNOON, AFTERNOON, self.rng.choice(OTHER_TIMES)))

    def _rooms(self, day: date) -> None:
        for room, chance in CHANCES.items():
            minute = OPENS + self.rng.choice((0, 0, 30, 60))
            while minute < CLOSES - 60:
                length = min(self.rng.choice(LENGTHS[room]), CLOSES - minute)
                if self.rng.random() < chance * self._fullness(day) * 1.2:
                    self._meet(room, day, (minute, minute + length))
                minute += self.rng.choice((length, length, length + 15, length + 30, 60))

    def _meet(self, room: str, day: date, time: Minutes) -> None:
        member = self.rng.randrange(len(PEOPLE))
        title = self.rng.choice(TITLES[room])
        if member != ALVA:
            self._book(room, member, day, time, title=title, private=self.rng.random() < 0.15)

    def _booths(self, day: date) -> None:
        for booth in BOOTHS:
            for _ in range(round(5 * self._fullness(day))):
                start = OPENS + 15 * self.rng.randrange(36)
                member = self.rng.randrange(HOST + 1, len(PEOPLE))
                self._book(booth, member, day, (start, start + self.rng.choice((15, 30, 30, 45, 60))))

    def _stage(self, day: date) -> None:
        if day.weekday() == STAGE_WEEKDAY and self.rng.random() < 0.75:
            self._book("Scenen", HOST, day, (1020, STAGE_EVENING), title=self.rng.choice(EVENINGS))
        if self.rng.random() < 0.45 * self._fullness(day):
            time = self.rng.choice(((480, 600), (690, 810), (780, 1020), (540, 960)))
            self._book("Scenen", HOST, day, time, title=self.rng.choice(TITLES["Scenen"]))
        for part in PARTS["Scenen"]:
            if self.rng.random() < 0.3 * self._fullness(day):
                time = self.rng.choice(((480, 600), (600, 720), (780, 900), (900, 1020)))
                self._book(part, HOST, day, time, title=self.rng.choice(TITLES[part]))

    def _moves(self) -> None:
        """Let every twentieth booking have begun at another time of its day."""
        for index in self.rng.sample(range(len(self.drafts)), len(self.drafts) // 20):
            draft = self.drafts[index]
            length = draft.time[1] - draft.time[0]
            start = self.rng.randrange(OPENS, max(CLOSES - length, OPENS) + 1, 30)
            old = (start, start + length)
            changed = self._later(draft, min(start, draft.time[0]))
            if changed and old[1] <= CLOSES and self._claim(draft, old):
                self.drafts[index] = replace(draft, old=old, changed=changed, changer=self._changer(draft))

    def _cancellations(self) -> None:
        """Add bookings that were made and given back: one to every twelve that were kept."""
        for draft in self.rng.sample(self.drafts, len(self.drafts) // 12):
            day = self.rng.choice(self.days)
            time = draft.time if draft.time[1] <= CLOSES else AFTERNOON
            other = replace(draft, day=day, time=time, made=self._made(day, time[0]), old=None, changed=None)
            changed = self._later(other, time[0])
            if changed and self._claim(other, time):
                self.drafts.append(replace(other, changed=changed, changer=self._changer(other)))

    def _request(self) -> None:
        """Let a member have asked for the stage yesterday, on the first day from next week on that it is free."""
        made = self.at(self.today - timedelta(days=1), 15 * 60 + 12)
        member = next(iter(DEDICATED.values()))  # whose plan holds the stage
        title = "Kickoff: Social Impact Hub"
        for day in (day for day in self.ahead if day >= self.today + timedelta(days=5)):
            draft = Draft("Scenen", member, day, AFTERNOON, made, title=title, answer_by=made + timedelta(days=2))
            if self._claim(draft, AFTERNOON):
                self.drafts.append(draft)
                return

    def _claim(self, draft: Draft, time: Minutes) -> bool:
        person = ("seat" if draft.spot in DESKS else "meeting", draft.member)
        if not (self.diary.free(draft.spot, draft.day, time) and self.diary.free(person, draft.day, time)):
            return False
        self.diary.take(draft.spot, draft.day, time)
        self.diary.take(person, draft.day, time)
        return True

    def _later(self, draft: Draft, start: int) -> datetime | None:
        """Give an instant after it was made, before it began and before today, or None."""
        left = int((min(self.at(draft.day, start), self.known) - draft.made).total_seconds())
        return draft.made + timedelta(seconds=self.rng.randint(60, left - 1)) if left > 120 else None

    def _changer(self, draft: Draft) -> int:
        return HOST if self.rng.random() < 0.1 else draft.member
