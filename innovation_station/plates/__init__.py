"""Plates: the picture on each place, and the page that it opens for whoever stands before it.

Vocabulary: a *plate* is the printed picture (QR) of a place's address, `/q/CODE`; see `spaces.codes`.

Invariants
- Opening the address changes nothing: cameras and mail programs open addresses by themselves. Only its buttons do.
- Without a login it says only where to log in, and one comes back to it.
- It offers what the rules grant this member here and now, and else what is free instead.

Decisions
- 2026-11: one checks in by the picture wherever one has a booking, also where no rule asks for it: who stands before
  the place may say so. Elsewhere the button stands where the rules ask.
- 2026-11: what is booked here is booked as anywhere, by the one service; the page only chooses the hours, the next that
  are free: an hour, two, and as long as it is free.
"""
