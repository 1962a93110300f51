"""Registration: who comes to an event, who stands in line for it, and what they are told.

Vocabulary: *sign-up* is what staff settle for an event: from when to when, for how many, what is asked. A
*registration* is one person's: *pending* until a guest's address is confirmed, *registered*, *waiting* in line,
*offered* a place for a while, or *cancelled*. It *holds* a place where one is counted for it. A *link* is a partner's:
places that are set aside, which those who have it fill. The *fire limit* is how many people may be on a floor.

Invariants
- No more places are taken than there are. They are counted behind the lock of the sign-up's row, in the row itself,
  and the database refuses a number above what staff have settled. What is set aside for a link is taken from then on.
- A person has one live registration for an event, by account and by address. Sent twice is sent once.
- Who came first is asked first. A place that becomes free is offered in the same transaction, to exactly the next.
- Never are more people on a floor than its fire limit allows: those who are registered, those who have booked, and
  those of other events at that moment. Staff may pass what an event holds, never this.
- Nothing tells a visitor whether an address is known. The mailbox learns it.
- A registrant is told of one thing once, ten seconds after it; what is changed back until then was not.

Decisions
- 2026-11: a counter that is stored and checked, not rows that are counted: 500 at one moment wait for one row and read
  one number. Rejected: counting under SERIALIZABLE, with its retries.
- 2026-11: a guest who has not confirmed holds a place for half an hour and may confirm for a day. Holding none would
  let the place go between the form and the mailbox; holding it for a day would let a machine fill the hall.
- 2026-11: a place that is set aside is counted as taken: one number stays right, whoever comes first.
- 2026-11: each registration has a UID and a sequence of its own, as guests of bookings have: who cancels and comes
  again needs a number that the event does not have (RFC 5546 2.1.4).
- 2026-11: members whose acceptance of new house rules is due may register: that is no booking, and anybody may.
"""
