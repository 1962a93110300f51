"""Repairs: what members find broken, and that it was seen to.

Vocabulary: a *report* says that something is wrong with a space: a *sort* of fault, and the member's words or none. It
is *open* until somebody of the house has it *in hand*, and *done* when it is mended. A place may be closed meanwhile.

Invariants
- Who has reported is shown to staff alone, and told when it is done.
- A report outlives the account of who wrote it, without the name and, as words may tell of people, without the words.
- The same report made twice is one.
- A place is closed through the one table of allocations: what is booked is never overwritten, and when it is mended,
  what is left of the closure is free again.
"""
