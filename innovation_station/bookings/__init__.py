"""Bookings: a member holds a space for a span, and nobody else does.

Vocabulary: a *booking* is the record, kept for ever with its history; its *allocations* are the time it takes, rows
of the one table that the database refuses to let overlap. A *closure* takes time through the same table.

Invariants
- Allocations of one space never overlap. Rules give good messages, the constraint gives truth.
- A confirmed booking's allocations cover its span exactly; a cancelled one has none.
- The past never changes: what has ended can be neither moved nor cancelled.
- No booking without its history row, in the same transaction; history is never changed or deleted.
- A submit repeated makes nothing new: by its key, and by being the same span of the same space for the same member.

Decisions
- 2026-11: an allocation lies within one local day (25 hours at most, checked by the database). Every look for
  overlap then has a lower bound on start and costs the same with a million bookings as with a thousand. An
  unbounded length makes each look read all history; an R*Tree costs 2.5 times as much to write. Both rejected.
- 2026-11: `UPDATE space SET revision` is the first statement of every write. It locks the row on PostgreSQL, in
  id order (the exclusion constraint alone deadlocks under contention), and it is the stamp that lets an unchanged
  day answer 304 for the price of one statement.
- 2026-11: `changed` tells later features of a booking inside its transaction (calendars store the entry's bytes).
  Calling calendars from here would turn the import law round (rejected).
- 2026-11: a mail says what the member does not know yet: each carries what was known before it (`telling`), and what
  has not left is put together with what follows. Sending step after step was rejected: an undone tap, and an evening
  of changes in quiet hours, would fill the morning.
- 2026-11: a new title is told by the feed and not by mail: its author knows, and a mail for it is one too many.
"""
