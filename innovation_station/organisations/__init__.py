"""Organisations: universities, municipalities, companies, associations; and what some members may do for them.

Vocabulary: an *organisation* is what a member belongs to (one at most). It is a *partner* for a period. A *grant* lets
a member act beyond the role: the *contact* of an organisation, the manager of a space or of an event.

Invariants
- A grant is a row, given by an admin and recorded; what it allows is a pure predicate in `rules`, asked by views,
  services and templates alike.
- A contact sees the people and the quota of the own organisation and of no other: what is another's is as unknown as
  what never was.
- A logo is stored as the picture we made of what was uploaded, never as the file itself.

Decisions
- 2026-11: the table of organisations lies with `members`, since a member belongs to one; everything that is done with
  it lies here.
- 2026-11: a grant names its subject by kind and id without a foreign key: events come later than this package.
- 2026-11: logos are stored in the database, a few kilobytes each: several machines and the backup have them at once.
"""
