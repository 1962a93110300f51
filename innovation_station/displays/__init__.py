"""Displays: screens by the doors of rooms and in the foyer.

Vocabulary: a *display* is a screen with an address of its own, `/door/TOKEN`; it hangs by a *room* or in the *foyer*,
or is *new* and shows a *code* by which staff put it up (*pairing*). A *walk-up* is a room taken at its display. *Stale*
is what a display shows that it has not heard of from the server for a while.

Invariants
- A display shows what its room's day says, and offers nothing that the rules refuse; what it offers is decided anew
  behind the locks of the room when it is pressed.
- It tells of a booking what its member shows to other members, nothing more. Who has the address may see no more
  than who stands before the door.
- What it shows is what the server said within minutes, or it says that it is not (static/js/door.js).
- The address is a secret as those of feeds are: derived from the house's key, kept as a hash, in no log, dead when it
  is taken back.
- Nothing is written for a look but, at most once a minute, that there was one.

Decisions
- 2026-11: a walk-up is nobody's. It is a claim on the room's time, not a booking: a booking has a member, whose quota,
  calendar, notices and statistics it counts in, and to whom it is charged. A member of the house's own to hold them
  (rejected) would stand in lists of members, in mails and in figures. So it is short, begins at once, ends by itself,
  and all that the rules of the room say holds but what they say of persons; a room whose bookings staff grant, or that
  members may not book, cannot be had by it. Who wants it in their own name scans the code beside it.
- 2026-11: whoever stands at the door may check in: so does the picture on each place, and who is let go wrongly loses
  more than who was checked in wrongly. A booking may be ended there only where somebody has come to it, by a second
  press, with a way back for a minute; its member is told.
- 2026-11: a new screen gets its address before it is put up, and keeps it. So no secret has to travel from staff to the
  screen. One that is taken down gets another at `/door`, by a press on the screen; the same one with another code
  (rejected) would come alive again for whoever else has it, and show them the code.
- 2026-11: one page and one small script for all screens, in the JavaScript of 2010. Without script it loads itself anew
  each minute.
"""
