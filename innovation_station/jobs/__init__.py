"""Jobs: what the house does by itself, by the clock.

Vocabulary: a *job* has a name, a *schedule* (every so often, or daily at a local time) and a function of the present
instant. The worker that runs it has *claimed* it.

A feature lists its jobs in a module of its own, the factory collects the lists:

    jobs = Jobs()

    @jobs.every(timedelta(minutes=5), "release-no-shows")
    def release(now: datetime) -> str:
        with transaction():
            ...
        return "2 released"

    @jobs.daily(time(3, 10), "mail-retention", _l("Delete what was sent a month ago"))

The function runs in an app context and opens its own transactions: short ones, so that nobody waits for a long job.
What it returns is kept as its result, in English and without people's data: it is read by who runs the house.

Invariants
- A job runs in one process at a time, whatever the number of machines. The claim is one UPDATE in the database and a
  lease: the worker renews it while the job runs, and when the worker dies another takes the job over.
- A job runs at least once for each of its times, and again where a crash or an error cut it short: it has to be one
  that does no harm twice. Times that were missed are made up for by one run, not by many.
- One that fails is tried again within ten minutes; its error is kept and shown, and no other job waits for it.
"""
