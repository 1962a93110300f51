"""Membership plans: what a member may book, how much of it, at which price.

Vocabulary: a *plan* says which spaces (by kind, zone or one by one) and sets *quotas* (hours or bookings a week or a
month). A *membership* gives a plan to a member, or to everybody of an organisation, for a period; it can be a *trial*
and can be *paused*. A *shared quota* is an organisation's, for all its members together. A *dedicated* desk is one
member's own. An *allowance* is all of this for one member, as `bookings.rules.refusals` asks it.

Invariants
- Without a plan in the house nothing here refuses anything, and nothing is asked of the database.
- What is counted is counted in the transaction that books, behind the lock of the member, and behind that of the
  organisation where it shares a quota: two bookings at one moment cannot exceed either.
- The house's staff books by an allowance that refuses nothing (`rules.UNLIMITED`): a value, and no exception anywhere.
- Whatever changes what somebody may book raises the member's `access_revision` or the house's revision, which is what
  pages and what is kept of them are named by.

Decisions
- 2026-11: a period is the local week (from Monday) or month in which a booking begins; it counts there whole.
- 2026-11: a member's own membership goes before the organisation's, and that before the plan for everybody. One that
  is paused is in force, and refuses: a pause must not be a way to the plan for everybody.
- 2026-11: time on one's own desk counts towards no quota.
- 2026-11: a newcomer may choose among the plans that are offered. Whoever is let in, by staff, by the domain of the
  address or because the plan is for everybody who asks (`self_service`), has it from that day: as a trial where the
  plan has one. A wish that lives on beside an account that is let in already would be a second queue (rejected).
- 2026-11: plans are kept in the process under the house's revision, a member's memberships under the member's. Reading
  them anew for every page would be a statement more on the most used page (rejected).
"""
