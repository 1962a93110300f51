"""Attendance: who came to an event, and who is in the house right now.

Vocabulary: a *ticket* is the page and the picture (QR) of a registration; an *arrival* is that its person is
here. A *walk-in* is somebody who comes without one, and gets a place and an arrival at once. The *evacuation
list* names all who are in the house at this moment.

Invariants
- A registration has one arrival. Two doors decide one after the other, behind the lock of the event's sign-up; who is
  second is told when it was and by whom. The primary key is the backstop.
- Opening a ticket changes nothing. Only staff check in, and with a button.
- A walk-in takes a place like everybody: above what is settled only with a reason, above the fire limit never.
- The evacuation list is worked out when it is asked for, and stored nowhere.

Decisions
- 2026-11: the picture holds the address of the ticket's page and nothing else. Any phone's camera opens it, staff
  who are logged in get the button. Rejected: a code that only our own scanner reads.
- 2026-11: an arrival that was a slip is deleted, with a row in the audit trail. Rejected: a state, which every count
  has to leave out.
- 2026-11: attendance is a file of comma separated values. What writes XLSX is not among the dependencies, and every
  spreadsheet opens the other.
"""
