"""Mailings: a mail of the house to a group of people, in each one's language.

Vocabulary: a *mailing* is a draft until it is *sent*; then it *waits* for ten minutes, *leaves*, and is *done*. Its
*group* is a filter of members, or who is registered for an event; its *receivers* are the people it found when it was
sent. *News* go to who wants them, by the way each chose; a *notice of one's own* is about a booking or a registration
that the receiver has, and goes to all.

Invariants
- Whoever is in the group gets a mailing once, however often the button is pressed and wherever the program stops: the
  receivers are written down with the press, each batch of mails with how far it came.
- A mail to a group leaves ten minutes after the press, and until then it can be taken back; nobody knows of it.
- A mailing that has been sent says the same for ever.
- Nobody is told against their settings of what is no matter of their own: only a group that is found by what people
  have booked or registered for can be told regardless.

Decisions
- 2026-11: receivers are rows and no list in the mailing: they are found and written down by one statement, and told
  five hundred at a time, so that ten thousand need no more memory than ten.
- 2026-11: the text stays in the mailing. Ten thousand mails hold its number, and not a copy each until they leave.
- 2026-11: news come by mail to who asks for that, and stand in the list of notices of the others.
"""
