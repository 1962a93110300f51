"""Directory: who the members are, as far as each of them wants to say, and colleagues who know when the other is in.

Vocabulary: a *profile* is what a member says of themselves, each field *shown to* nobody, members or the public. The
*directory* is the list of those whose name is shown to members. Two members are *colleagues* when one has asked and the
other has said yes; each then sees on which days the other is in, and either may end it.

Invariants
- Nothing is shown until the member turns it on, and no field without the name: `rules.may_see` decides, and the reads
  ask the database for what it allows and for nothing else.
- The words that a search finds are those of fields that members may see; the others are in no index.
- A picture is made anew from its pixels, lies in the database (so it is in each backup, and goes with its owner), has a
  random name, and is sent to those who may see it only.
- Being colleagues takes both. A no is not told to who asked, and is final until the one who said it asks.

Decisions
- 2026-11: visibility is a number on each row, `shown_to`, so that one comparison is the rule in Python and in SQL.
- 2026-11: search looks for beginnings of words in a table of words. `LIKE '%x%'` reads every profile, knows no å from
  a, and makes % and _ of what people type into wildcards (rejected).
- 2026-11: pictures in files were rejected: backups would have to carry them, machines to share them, and erasing one
  would not be part of the transaction that erases its owner.
- 2026-11: of who belongs to an organisation of the house its name is shown, with a link, and no text about it: two that
  differ would leave open which is true. The member says to whom; belonging is for the hosts to change.
- 2026-11: visitors get no list. A profile whose name is public can be opened by its address and asks not to be indexed.
"""
