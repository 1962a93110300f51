"""Figures: how the house is used, counted so that they are exact and quick, and said so that they are understood.

Vocabulary: a *tally* is what was counted of one space in some time: seconds by weekday and hour, and numbers. A *leaf*
is a space that is not divided: the time of a whole lies on its leaves and is counted there, once. A *shape* is what the
house offered from a local day on: its leaves, their hours, its holidays. A *mark* says that something of a space has
changed in a span. A *plot* is a question, its answer as a sentence, a picture and the table it is drawn from.

Invariants
- The figures never lie. What writes bookings or allocations leaves a mark in the same transaction: triggers of the
  database do, so that nothing that writes them can forget to. A reader takes what is not marked from the summary and
  counts what is marked anew, from the rows. Whether the job has been by changes the cost and not a figure.
- A tally is a sum: days add up to months, and spaces to zones, kinds and the house.
- No figure is about a person. What was looked for in vain is counted without who looked.

Decisions
- 2026-11: marks are rows that are only ever added, without a unique key. Two that mark one day wait for each other
  nowhere; a row a day with a key made a check-in wait for a booking of the same desk, and could deadlock (rejected).
- 2026-11: a tally's 168 hours of the week are one number of 168 cells (see `rules`): to add two is one addition. A row
  an hour is two million rows for a million bookings, and a year of it costs 300 times a "hello" to sum (rejected).
- 2026-11: what the house offers is kept from the day on from which it holds. Measured by today's hours, last year would
  be fuller or emptier whenever staff change when the house opens (rejected).
"""
