"""Notices: what a member should know, in the member's list and by mail as the member chose.

Vocabulary: a *notice* is one thing that happened to a member; its *kind* is declared by the feature that it comes
from, with what it says and its defaults. A *choice* is what a member wants of a kind: in the list or not, by mail at
once, in the *digest* or not at all. *Quiet hours* hold mails back, by the house's wall clock.

A feature lists its kinds in a module of its own, and the factory collects the lists:

    MOVED = Kind("booking-changed", _l("..."), _l("..."), say)

    notices.notify(MOVED, member_id, {"booking": 12}, now=now)

Invariants
- A notice is written in the transaction that causes it, and so is its mail.
- It holds numbers of people and not their names: who is named is looked up when it is read, so that nothing is left
  behind in other members' lists when a member goes.
- The mark of what is unread costs no statement: it is counted in the one that finds who asks (see `visits`).
- A link that ends mails of a kind is signed for that one purpose and works without a login; opening it changes nothing,
  which is what programs that look through mails do. Only POST ends them (RFC 8058).
- Whatever is not read goes after ninety days with the rest.

Decisions
- 2026-11: what a notice says is made from its kind when it is shown, in the reader's language. Stored sentences would
  be in the language of whoever caused it (rejected).
- 2026-11: what happens with every booking is told by a mail without a notice, in one statement (`alone`): a row in a
  list that nobody asked for, with the looks before it, would cost as much again. Who chose the list has it there.
- 2026-11: the unread are counted through their index instead of kept in a column: that costs the visitor's statement a
  few microseconds, and no write can forget to count.
"""
