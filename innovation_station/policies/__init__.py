"""Policies: the rules of booking as staff look after them.

Vocabulary: a *rule* is what one scope says of the fields of `spaces.rules.Policy`; a *scope* is a kind, a space, a
plan, or a plan in one of them. The *effective* rule of a field is that of the most specific scope which says anything
of it: default, kind, plan, plan and kind, space, plan and space. A *limit* is a quota that holds for all, whatever
their plan.

Invariants
- One engine: `bookings.rules.refusals` answers for a booking, for a grey place on the plan, for what a member is told
  here, and for what a change would refuse. Nothing here measures by itself.
- A change of rules changes no booking. What it would refuse is named before it is saved.
- Every change stands in the trail with what each field was.

Decisions
- 2026-11: rules lie in the tables of `spaces` (kinds, spaces) and `plans` (plans, limits), each with what it refers to;
  only their pages and what looks at all of them together lie here.
- 2026-11: what a change would refuse is found by asking the engine twice for each booking to come, by the rules as they
  are and as they would be, at the instant it was made and beside what had been booked before it. Asking at today's
  instant would name every booking of tomorrow where a notice is set (rejected).
"""
