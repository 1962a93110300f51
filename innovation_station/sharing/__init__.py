"""Sharing: bookings that concern more than one person.

Vocabulary: a *holder* is the member whom a booking belongs to, a *booker* who has made it for them. *Consent* is what a
member says about who may book for them. A *guest* is somebody without an account who comes to a booking, and the holder
is their *host*. An *offer* hands a booking over to another member, once they accept. An *absence* is when a member is
away: what was booked then is released, and series make nothing new on these days.

Invariants
- Nobody books for a member who has not said that they may, but for the house's staff. Consent is asked for behind the
  member's lock: whoever takes it back is booked for by nobody from then on, and what somebody had booked is shown to
  them no more. Of the holder's plan, quotas and other bookings a booker learns only that they say no.
- What is booked for a member is theirs: their plan, quota, desk rule and ledger, their calendars, their word.
- A booking is handed over by its receiver's act alone. It is measured by the rules for the receiver, and of accepting,
  moving, cancelling and taking back exactly one comes first; the others hear that it has changed.
- A team gets all of its desks or none.
- A guest is told of one thing once, ten seconds after it: what is changed back until then was not. Nothing looks an
  address up among the members: a guest who is one gets the same mail, and whoever invites learns nothing.
- Guests are seen by their host and by the house's staff, by no other member, and in no feed. They go thirty days after
  their visit.

Decisions
- 2026-11: this package lies below series, so that series can ask who is away (`queries.away`). That a booking which was
  handed over is no date of a series any more, series find out themselves, from `bookings.service.changed`.
- 2026-11: colleagues are known to the directory, which lies above: it says so through `circle`. Rejected: consent in
  the directory, which has nothing to do with bookings.
- 2026-11: each guest has a UID and a sequence of their own. Under the booking's, a guest who is taken off and invited
  again would need a number that the booking does not have yet (RFC 5546 2.1.4).
- 2026-11: guests answer by a signed link and not by METHOD:REPLY, which nobody reads. It opens as `deeds` do, but those
  are done by members.
- 2026-11: an offer may be made to an address. Whether it is a member's, nobody is told: an offer that nobody can accept
  is over after the same three days.
"""
