"""Repairs: what members find broken, and that it was seen to.

Vocabulary: a *report* says that something is wrong with a space: a *sort* of fault, and the member's words or a photo,
or neither. It is *open* (new) until somebody of the house has *seen* it and has it *in hand*, and ends *done*, when it
is mended, or *void*, where it was no fault. A report that tells of what somebody has reported already is *joined* to
that one. Who sees to it is its *assignee*, and staff leave *notes* on it. A place may be closed meanwhile.

Invariants
- Who has reported, in which words and with which photo, is shown to staff alone; all who have reported are told when it
  is done, by the ways they chose.
- A report outlives the account of who wrote it, without the name and, as words and photos may tell of people, without
  those.
- The same report made twice is one.
- A photo is drawn anew from its pixels (see `pictures`): where and when it was taken does not come along.
- A place is closed through the one table of allocations: nobody's booking is overwritten. Who is hit is shown first,
  and moved or cancelled with the closing or not at all (see `bookings.closing`). When it is mended, what is left of the
  closure is free again; who was moved is not moved back unless somebody says so, for they may have settled where they
  are.

Decisions
- 2026-11: reports of one sort on one space are joined by themselves, those of «something else» never: they may be of
  anything. A wrong join costs nothing: every report is shown with its words and its photo.
- 2026-11: those who are hit are moved at once, as events do it: an offer that nobody answers would leave somebody
  before a closed door.
- 2026-11: no undo. Opening the place again and moving people back are one press each, and do the same at any time.
"""
