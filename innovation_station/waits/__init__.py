"""Waits: a member stands in line for a place that is taken, and is offered it when it becomes free.

Vocabulary: a *wait* is a member's place in a line, for one space or for any of a kind, and for one span. An *offer* is
a hold on the space that is the member's until it ends. A wait ends *taken* (it became a booking), *passed* (not for
me), *expired* (an offer that nobody answered), *left*, or *over* (its time came and nothing had become free).

Invariants
- An offer is a row of the one table of allocations: it overlaps no booking, no closure and no other offer, and whoever
  books meanwhile is refused by the same law as always.
- Whoever joined first is asked first, among those whose whole span is free and who may book it by the rules. Who may
  not is passed over, keeps the place in line, and is told why.
- A wait has one offer at a time; an offer that ends goes to the next in the same transaction. What frees time makes
  the offer in its own transaction, so that nobody comes in between.
- Taking an offer is `bookings.service.reserve` like any other booking, with every rule.

Decisions
- 2026-11: offers are made at the end of the transaction that frees time (`db.at_end`), behind the locks that it holds:
  on the way there time may be given back and taken again, as when the dates of a series change places. What needs a
  lock that the transaction has not (a whole hall of which one part became free) is left to the job that looks every
  minute: locks are taken in the order of ids, or two may wait for each other.
- 2026-11: a span is offered whole or not at all. To offer the half that became free would let the first in line choose
  between a half now and a whole later, and hold both while thinking. Who wants the half waits for the half.
- 2026-11: an undo comes before an offer. Within its time, what has been offered meanwhile is given back, and the mail
  of the offer waits as long. Otherwise a slip of the finger would give one's place away.
- 2026-11: the time of an offer stands still at night. An offer of two hours that is made at two in the morning would
  run through a whole line of people asleep.
- 2026-11: one's place in line is the number of the row. For a space it is given behind the space's lock, so that no
  later one is seen before an earlier one.
"""
