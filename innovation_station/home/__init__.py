"""Home: the pages that show the whole house at once, the public start and a member's today.

Vocabulary: the *ticket* is the place a member has now, or next; a *stop* is one line of a member's day; a
*gap* is an open stretch of it without a desk; an *offer* is a booking that one tap makes.

Invariants
- A visitor sees numbers and the plan, never a name or a title.
- A member sees of others only bookings whose owners show them, by first name and initial; of colleagues also that
  they are in.
- Nothing is offered that `bookings.rules.refusals` would refuse at that moment.
- A page costs a fixed number of statements, however many bookings the day holds.

Decisions
- 2026-11: both pages are made from the one list of the day's allocations that the Book page reads. A query
  for each card reads better in isolation and costs four times the statements (rejected).
- 2026-11: while the house is shut the start shows the plan as it will be at the next opening: a plan where
  everything is crossed out tells nobody anything (rejected).
"""
