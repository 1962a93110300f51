"""Housing: the house as those who look after it arrange it: its floors, zones and places, when it is closed, and its
signs.

Vocabulary: a *document* is what a floor, or the whole house, looks like as plain data: the editor saves one, a file
carries one, and what differs from what there is becomes the *change*. To *archive* a place or a floor takes it away
from every page; whoever has had it still finds it in what was booked. A *ripple* is whom something hits, see
`bookings.ripple`.

Invariants
- Nothing that is booked is lost: what a change hits is listed first, and everybody in it is decided about.
- Two who edit one floor never overwrite each other unseen: a document carries the digest of what it was made from.
- A file changes all or nothing, and what there is, written out and read in again, changes nothing.
- What is uploaded as a plan is drawn over in the editor alone, made anew from its pixels; nobody's markup is kept.

Decisions
- 2026-11: places turn by quarters, shapes by 15 degrees. A place carries a number that must be read and a target that
  must be hit, and the plan itself turns on a phone; a place askew would be neither (a column for its angle rejected).
- 2026-11: the editor is the form. Without a script it is a table of numbers; a script draws the plan from the same
  fields and writes into them, so that there is one way to save and one to check.
- 2026-11: files name places by their names, which are unique in a house. Numbers of rows of another house would hit
  strangers (rejected); so a file cannot rename a place, which the editor can.
- 2026-11: hosts close and open, as they do for faults; what the house is made of is for administrators.
"""
