"""Finding: any free place, picked for who asks; and a time for several, when not even the day is settled.

Vocabulary: a *search* says for how many, how long, with what and between which hours of which days; an *exact* hit is
all of that, a *near miss* all but one thing, which is said in words. A *pool* is every free place of a kind, in a zone
or anywhere: who asks for one gets the best, and is told why that one.

Decisions
- 2026-11: whatever is offered has been asked of `bookings.rules.refusals`, like any booking. What finds the candidates
  looks at minutes of the day only, and needs not know every rule.
- 2026-11: what is taken in the whole range is read by one statement and sorted by space and local day. A month of two
  hundred spaces costs one pass then, and a hit looks at its own space's day. A statement a day, or a place, rejected.
- 2026-11: each try of a pool is a transaction of its own, the next best place after one that somebody took meanwhile.
  Locking the next one while the last is held would break the order of locks.
- 2026-11: of colleagues counts only what they show to others: that somebody is never free on Tuesdays is theirs to say.
"""
