"""Audit: who did what, for whom, when and from where, in a trail that nobody can rewrite unseen.

Vocabulary: an *entry* is one action with its outcome. It has two *parts* that hold personal data: *what* (the fields
before and after) and *where* (session, shortened address, way in). The *chain* is the hash of each entry over its own
fields and the hash of the entry before it. An entry is *sealed* when it has its place in the chain.

    audit.service.record("member.role", subject=("member", member.id), member_id=member.id, actor=actor,
                         before={"role": "member"}, after={"role": "host"})

Invariants
- An entry is written in the transaction of what it tells of: neither exists without the other, also where a savepoint
  is rolled back.
- The database refuses to change or delete a sealed entry, by triggers, on both databases.
- `verify` names the first entry that was changed, put in between or taken out, by whoever could pass the triggers.
- No secret stands in it: fields that are named like one are written as "[hidden]", which still tells that they changed.

Decisions
- 2026-11: personal data stands apart from the entry, and the chain runs over its salted digest. So a part can be
  erased when its person is, while the chain stays whole and still tells that the action took place. The salt goes
  with the part: without it nobody can try which text the digest was of. The database lets a part go only where a
  row of `audit_erasure` names the entry that decided it; `verify` reports a part that is gone without one. Rejected:
  a key for each person, thrown away with them (crypto-shredding): a backup would hold the keys as well as the rows.
- 2026-11: *what* is the data of the one the entry is about, *where* of the one who acted: each goes with its own.
- 2026-11: an entry is inserted at once and sealed just before the commit. The chain needs a lock that all writers
  share, and taken last it cannot be part of a deadlock.
- 2026-11: numbers of members, no keys to their table: this package lies below members.
- 2026-11: bookings keep their own history (`booking_history`), with the same laws of the database but without chain:
  a lock that all bookings of the house share would cost their throughput on PostgreSQL.
- 2026-11: a plain SHA-256 and no key: who can rewrite the whole table can also compute the chain anew. Against that
  `audit verify` prints the last hash, to be noted down elsewhere, and `--expect` looks whether it is still there.
"""
