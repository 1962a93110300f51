"""Repairs: what members find broken, and that it was seen to.

Vocabulary: a *report* says that something is wrong with a space, in the member's words or in none; it is *open* until
somebody of the house has seen to it, and then *done*.

Invariants
- Who has reported is shown to staff alone, and told when it is done.
- A report outlives the account of who wrote it, without the name and, as words may tell of people, without the words.
- The same report made twice is one.
"""
