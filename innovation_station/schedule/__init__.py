"""The staff's schedule: all places by day and by week, where bookings are made, moved and cancelled for others, and
places closed.

Vocabulary: an *act* is one thing that somebody of the staff has done here. It can be *taken back* for ten minutes, and
what is told of it waits as long. To *pass* rules is to let a booking stand that they would refuse, with a reason.

Invariants
- No rule stands here: every act goes through the services that members' own go through, and is refused by all reasons
  at once.
- Rules are passed by staff alone, never where somebody has the time, and never without a reason that is kept: with the
  booking and in the trail.
- What is taken back in time has been told to nobody by mail; what was done again or by others since is not undone.
- A look takes the same number of statements however many places and bookings there are.

Decisions
- 2026-11: leave to pass rules is a value that the rules are measured with (`bookings.rules.Passing`), and `refusals`
  is the one place that reads it. A flag in each service was rejected: it is forgotten in one of them.
- 2026-11: the reason is a row beside the history (`rules_passed`). History can never be changed, and a reason may name
  somebody who is to be forgotten.
- 2026-11: what was given back is free at once, for everybody. To keep it until the ten minutes are over was rejected:
  the house would be emptier than it is. An undo that comes too late says who is there.
- 2026-11: whoever waits in line for what was given back is offered it at once on their pages, and by mail when the ten
  minutes are over; an undo takes the offer along, unless it was taken.
- 2026-11: the places of a day are drawn without a reader, so that one drawing is kept for all of the staff.
"""
