"""Series: bookings repeated by a rule, each date of it a row.

Vocabulary: a *rule* says how it repeats (`rules.Rule`, a subset of RFC 5545's RRULE); an *occurrence* is a date that
the rule makes, with its span; its *original* date is what it goes by for ever, also when it is moved. A date is
*skipped* when the house is closed on it and the series leaves that out, *missing* when a month lacks it, *unclear* when
the clocks skip or repeat its time.

Invariants
- A series keeps its local time: nine o'clock stays nine over the changes of the clocks. Where a date has no such time,
  or two, nothing is guessed: that date waits for a time of its own.
- No rule makes more than `rules.LIMIT` occurrences or lasts longer than five years, which is told from its numbers
  before a date is worked out.
- The last day is a local date and belongs to the series, whatever the hour.

Decisions
- 2026-11: dates are expanded by python-dateutil over local dates, and wall times laid on them here. Expanded as
  instants they would drift over the changes of the clocks.
- 2026-11: what is skipped as closed keeps the rhythm: weeks A and B stay what they are over Christmas. "Ten times" is
  ten bookings, so that what is skipped does not count; who wants the calendar's count says until when.
- 2026-11: a month without a 31st has no occurrence, as RFC 5545 says, and is told of. To take its last day instead was
  rejected: no calendar program could show such a series, and "the last Tuesday" is there for who means the end of it.
- 2026-11: a new series begins on the first date that its rule fits, and its weeks are counted from there. Counted from
  the day that was typed, "every other Tuesday" from a Wednesday would begin thirteen days later.
- 2026-11: an occurrence lies within one local day, as the rules of booking and their hours do.
"""
