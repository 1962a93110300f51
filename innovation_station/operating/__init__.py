"""Operating: what those look at who run the house: jobs, mail, the trail, storage and backups.

Vocabulary: what is shown here belongs to other features; this one reads it, and says who acted. A *backup* is a row for
each copy that the command has written.

Invariants
- Staff read about jobs and mail; administrators alone act on them, and read the trail and what is stored: the one names
  everybody, the other the machine.
- A job that is run by hand runs by the same claim as the worker's: never twice at the same time.
- No page shows a secret: of settings what `doctor` prints, of mails who and when and why not, never what they say.
- Whoever acts here stands in the trail, also who takes the trail along as a file.

Decisions
- 2026-11: a job that is run by hand runs in the process that serves, beside the request, which waits a few seconds for
  it and then answers that it runs. To ask the worker for it would do nothing where no worker runs, and that is when
  somebody comes here.
- 2026-11: the mails' reasons are shown as the server gave them, without addresses (see `mail.rules.reason`).
"""
