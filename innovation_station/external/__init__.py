"""External calendars: when a place or a member is busy by what another calendar says.

Vocabulary
----------
External calendar: an address that is fetched, or a file that was uploaded, of one space or one member.
Reading: what a file says of a stretch of time: entries, and problems with their lines. Entry: one time of one event.
Problem: what could not be read, with its line and why; a note tells of something that was read all the same.
Draft: a calendar that somebody looks at before it counts. Contested: said of a time that meets a booking.

Invariants
----------
- Reading is pure and bounded: bytes in, entries and problems out. It runs in a process of its own (apart.py), as does
  the making of what is kept of a file; the server unpacks no more than so much, and in no transaction.
- What is kept of a file is what the reader has used of it, each line where it stood: it reads as the file did.
- What makes a file untrue as a whole refuses it as a whole; what spoils one event leaves the others.
- No zone is guessed: a name that nothing explains waits for somebody who says what it means.
- Fetching ends when its time is over, whatever the other side does. It reaches the open internet only, at the very
  address that was looked at, whatever a name answers next.
- An address is a secret. It is stored encrypted, shown by its host alone and never logged.
- What a calendar has of a space is taken through the one table of allocations (bookings.busy). A booking is never
  overwritten: where it stands the calendar gets nothing, the time is contested and staff are told, and when the booking
  goes its time is taken in the same transaction.
- Nothing counts that nobody has looked at: what a draft showed is what is taken, in one transaction or not at all.
- A reading that says the same writes no entry. One that fails changes nothing, and what could be read before and cannot
  be read now keeps its time.
- A member's own calendar takes nothing, refuses nothing and is shown to nobody else. Nothing is kept of what events are
  called: entries are times under keys that tell nothing, uploaded files are stripped of words.

Decisions
---------
2026-11: Lines are read by our own code, and dateutil expands what a check has let through. Rejected: icalendar with
  recurring-ical-events, which know no line numbers to tell, raise for a calendar where one event is wrong, remember
  the zones of one stranger's file for the next by name as long as the process lives, and cannot be stopped between two
  dates of a rule. They read the same files in the tests instead, where they have to agree with us.
2026-11: An event lasts as long on every date (RFC 5545, 3.8.5.3, of DTEND), also over a change of the clocks.
2026-11: A zone that the world knows goes by its own data, whatever the file's VTIMEZONE says of it: those texts are
  often of another year. The VTIMEZONE is read where the name says nothing.
2026-11: A file that breaks off is refused: what is missing would be taken for free.
2026-11: Of a time that meets a booking the rest is taken, not nothing: an external event of a week would else leave
  four days free for one booked hour. What is taken of each is worked out anew for the whole space (`busy.settle`), so
  it does not matter who came first, or which of two calendars goes.
2026-11: The row of a taken time stands in bookings (SpaceBusy), as that of an offer does (SpaceHold): allocations know
  whose they are by foreign keys, and those point to earlier features.
2026-11: A draft keeps the file for an hour rather than fetching it again to compare: some servers write another file
  each time, and the zone can be changed without asking them.
2026-11: Fetches are hourly with no setting for each calendar: servers that offer less say so by 304, and once a day a
  file is read whole, for what repeats goes on and the days that count move.
2026-11: A name of which one address is not open is refused with all of them, and the connection is made to an address
  that was looked at. Rejected: a look before an ordinary request, which asks the name again.
"""
