"""Spaces: everything that can be booked, where it lies, when it is open and by which rules.

Vocabulary: a *floor* has a drawing and *zones*; a *space* is a desk, room, phone booth or hall on it; *opening
hours* are minutes of local wall time by weekday, the house's unless the space has its own for that day; a *policy*
is the booking rules, merged field by field from the default, the kind and the space, most specific last.

Decisions
- 2026-11: the drawing is data (a list of shapes with a fixed set of kinds and classes), not SVG text: it can be
  edited, checked and rendered without trusting anybody's markup.
- 2026-11: pages read the house as one frozen `House` per revision, kept in the process. A day of 50 spaces then
  costs three statements. Every write here bumps `house.revision`; loading fifty ORM objects per request cost
  a third of the page (rejected).
"""
