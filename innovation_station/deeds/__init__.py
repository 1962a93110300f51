"""Deeds: one thing that a link in a mail does, for one member, without a login.

Vocabulary: an *action* is declared by a feature: what a deed of it would do, in words, and how it is done. A *deed* is
one action for one member, to one row, as that row stood when the link was made, and until when. Its *link* is the
signed deed, `/do/TOKEN`.

    CANCEL = Action("booking-cancel", look, act)                          # listed in ACTIONS, collected by the factory
    links.path(Deed("booking-cancel", member_id, booking_id, stamp, until))

Invariants
- Opening a link changes nothing: programs that look through mails open them all (compass-calendar#3016). It says in
  words what would happen, and has one button. Only the button's POST does it, with the form token of that page.
- A deed that is done is answered as done, however often it is asked for; the row is changed once.
- A link dies when what it was for has changed: its `stamp` names the state it was made for. Forged, too old, of a
  member who has left, or for something that has changed: the same page, byte for byte, with the same 410.
- Who acts is the member whom the link was made for, with the role that this member has now, whoever is logged in; the
  history says that it was by a link.
- No log line holds a link, no other page is told of it (`no-referrer`), nothing stores it.

Decisions
- 2026-11: signed and not stored. A mail for each booking would need a row for each, written while somebody waits or by
  whoever sends mail; and used up or not is told by the thing itself. Rejected: `members.tickets`, which hold what has
  no row of its own yet: a password to come, an address to confirm.
- 2026-11: a link lives as long as what it is for, up to the end of a booking. It can do one thing that can be taken
  back, and dies with the first change; a shorter life would leave most mails with a dead link.
- 2026-11: HMAC-SHA-256 under the house's secret key and a salt of its own. A new key ends all links, as it ends
  sessions.
"""
