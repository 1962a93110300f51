"""News: what the house has to tell, as pages that everybody reads.

Vocabulary: a *news item* is a page of its own, a draft until it is published, from an hour on if wished, and out of the
lists once it is archived.

Invariants
- What nobody may read yet is nowhere: no page, no picture, no feed, no map for search engines.
- An address that was shown once leads to its news item for ever, whatever it is called now.
- A picture is not published without words for those who do not see it.

Decisions
- 2026-11: that its hour has come is told by the clock when it is read. A job that publishes was rejected: it is late
  after every stop, and what it would write is known already.
- 2026-11: what is archived keeps its page, for others link to it, and says that it is old; lists and feed leave it out.
"""
