"""Hosting: the page from which whoever has the day runs the house.

Vocabulary: an *arrival* is one who is expected today, a member at a booking or a guest of one. A *note* is what one
host leaves for the next, on a day, until somebody ticks it off.

Invariants
- The page says what other features know and keeps nothing of its own but notes: it is read anew for each look.
- A look takes the same number of statements however many come.
- Who is here is told to staff alone.

Decisions
- 2026-11: who has checked in stays where they were in the list. A list that closes up under the finger has the next
  one checked in by a slip.
- 2026-11: the page keeps itself fresh by asking for its changing part, named by a digest of what it says. A few people
  look at it at a time, so that to compose it costs less than to know of everything that could change it.
"""
