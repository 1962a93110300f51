"""Mail: what the house writes to people, kept as rows until it has left.

Vocabulary: a *mail* is a row of the *outbox*: receiver, template, values. It is *queued*, *sending* while a worker
has it, then *sent* or *parked* (nobody but a person can help), or *discarded* by that person. A mail is *held* while
its time has not come. What a template says, before it is laid out as text and as HTML, is a *letter*.

Invariants
- A mail is written in the transaction that causes it: no booking without its mail, no mail for what was rolled back.
- It leaves at least once, and once more for each crash at most, always under the same Message-ID. (Exactly once cannot
  be had over SMTP: a server that dies after DATA has said neither yes nor no.)
- One receiver's mails leave in the order of their times; a held one takes its place when its time has come. One that
  the server asks to try later keeps those behind it waiting, one that is parked does not.
- What cannot be delivered is parked with its reason, and holds up no other.
- Links start with the settings' base URL, never with what a request said.
- What people wrote reaches no header as a second line and no body as an address that programs turn into a link.

Decisions
- 2026-11: values are erased the moment a mail has been sent or discarded: they hold links that open doors. What stays
  for thirty days is who was written to, with which template, when, and how it went, because that is what people ask.
- 2026-11: one time, `due_at`, says when a mail may be tried, and is the lease of who is trying: a worker that dies
  lets it pass. The worker moves it on while it lives.
- 2026-11: no key to the member: this package lies below members. `member_id` is a number to find a person's mails by;
  whoever erases a person calls `service.forget`.
- 2026-11: the server being away is no fault of the mail that found out: it is tried again within a quarter of an hour
  of the server's return, while a mail that was refused for now (4xx) waits longer each time.
"""
