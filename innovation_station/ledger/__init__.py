"""The ledger: what was used, by whom, for whom, at which price.

Vocabulary: an *entry* is one line of it, in whole minutes and whole öre; a *payer* is the organisation that an entry
is invoiced or debited to; a *share* is the part of a use that a payer bears, in hundredths of a percent.

Invariants
- Each change of a booking's time writes its entries in the transaction of that change, and entries are never changed
  or deleted: the database refuses both. What no longer holds is taken back by an entry of the opposite amount.
- The price of an hour is the one of the member's plan when the booking was made, or approved. Later prices change
  nothing of it; a move to another kind of space is priced anew.
- An entry belongs to the month of its use, but never to a month that was over when it was written: what has been
  exported stays as it was, and corrections follow in the month they are made in.
- A booking that nobody came to is paid whole. One that ended early is paid until its end, one that was made longer for
  what was added too: what is paid is what was kept from others, up to when they were told that it is free.
- The parts of an amount add up to it, and the sums of an export are the sums of its lines, to the öre.

Decisions
- 2026-11: entries hang on the signal of `bookings.service`, so that bookings know nothing of money.
- 2026-11: a request costs nothing and is priced when it is approved, with the plan of that moment: before, nothing is
  agreed, and a price that was kept from the request on could be older than the plan. Only what was entered before keeps
  its price: a booking that was confirmed, moved, and asked for anew.
- 2026-11: rounding is half away from zero, for a line and for its VAT; the rest of a division goes to the first payers.
"""
