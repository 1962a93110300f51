"""People: the staff's pages about members, and what staff write down about them.

Vocabulary: a *filter* is a search and the narrowings beside it, as they stand in the address of the list. A *note* is
what staff write down about a member, for staff.

Invariants
- The list takes the same number of statements however many members there are, and is paged by where the last page
  ended (keyset), so that nobody is shown twice or passed over when somebody joins in between.
- What leaves the house as a file is written into the trail: who took it, by which filter, which columns, how many.
- Hosts look after members, administrators after everybody (members.rules.may_look_after): notes and what stands beside
  them are for those alone.
- A note is the member's own data: it is in their copy, they may ask for it, and it goes with the account.

Decisions
- 2026-11: names are searched without accents by a function of the database, over all members at once: one or two
  tenths of a second for ten thousand. A stored column of folded names would be one more copy of each name to keep and
  to erase.
- 2026-11: the page's address holds the number of the last member seen, and no name.
- 2026-11: of mails the page says what they were about and when they went: what a mail said is erased when it has gone.
- 2026-11: there is no search by telephone number, as the house asks for none.
"""
