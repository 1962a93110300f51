"""Events: what goes on in the house for others than who books a place, from an evening to a conference.

Vocabulary: an *event* has its own times, and a programme of *sessions* in them; *speakers* are people of one event, and
no members by that; a *party* is an organisation as host, co-host or partner. A *room* is time of a place beside the
programme: to set up, to tear down, for lunch, or desks for the day. What an event *holds* is all the time that its
sessions and rooms take of places, with what is kept free round it.

Invariants
- What an event holds is the union of what its programme and its rooms ask for, at every commit: a draft's as well, and
  of a template or a cancelled event none from then on. It is all had, or nothing changes.
- Nothing that others have is overwritten. Staff decide of every booking that is hit: it moves to the place that was
  shown, or is cancelled; or the event does not move.
- What was shown is what happens. A plan has a token of all that it was made of; where that has changed, the plan is
  shown anew and nothing is written.
- A reader without a right learns nothing of an event that is no reader's to see: `404`, no feed, no title on any place.
- What comes from a calendar file comes as drafts that hold nothing, all that was chosen or none of it. It is known
  again by its UID and RECURRENCE-ID, and what was written here since is overwritten only by who says so.
- The past never changes: what is over is neither moved nor cancelled.

Decisions
- 2026-11: rooms belong to the event, not to bookings that point to it. Two objects drift apart (an event moves, its
  room stays), which is the best-known fault of the systems that link them.
- 2026-11: bookings know a `claim`, not an event: who it is for by kind and number, and what everybody may read of it. A
  foreign key from allocations to events would turn the import law round (rejected).
- 2026-11: a booking that is attached to an event gives its time to it: the event holds it from then on and takes it
  along when it moves, and the booking ends with a word to its member. A link that keeps both was rejected: it is the
  second object again.
- 2026-11: what hits are moved to is worked out by the rules that will be asked again when it is done, for staff, whom
  no membership bounds: so the page shows what will be granted.
- 2026-11: where an event came from is kept as hashes: what is asked is whether it is the same. A file's place is a wish
  that stands beside the plan. Holding the place that it names was rejected: names are matched, and a wrong match would
  take somebody's room; and two files of one house would fight for it.
- 2026-11: an event that is published, or has a programme, is not brought up to date by a file: rooms, people and
  letters hang on its time, which `carry_out` alone moves.
- 2026-11: a move is by the wall clock. A day with a change of the clocks keeps its hours, and what would fall into the
  hour that is skipped or doubled is refused.
"""
