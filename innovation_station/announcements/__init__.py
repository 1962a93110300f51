"""Announcements: a short word of the house that stands on pages for a while.

Vocabulary: an announcement *stands* from one instant until another, on the pages that were chosen for it, unless it
is withdrawn. It *concerns* the whole house, or a floor, a zone or a place. What it is about may itself *happen* at a
time, and is then an entry of calendars where that is wished. Its level is *information* or *important*.

Invariants
- Who has hidden an announcement sees it again once it says something else. What is important nobody hides.
- In calendars an announcement keeps its UID. Its SEQUENCE rises with every change of what they show, and one that is
  withdrawn is cancelled there before it goes.

Decisions
- 2026-11: that it stands is told by the clock when a page is made. Nothing has to run for it, and nothing can be late.
- 2026-11: bookings know nothing of announcements: the Book page and the sheet of a place ask who has a part for them.
"""
