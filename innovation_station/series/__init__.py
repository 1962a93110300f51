"""Series: bookings repeated by a rule, each date of it a row.

Vocabulary: a *rule* says how it repeats (`rules.Rule`, a subset of RFC 5545's RRULE) and a *pattern* that together with
its first day, times, space and title. An *occurrence* is a date that the rule makes, with its span; its *original* date
is what it goes by for ever, also when it is moved. A date is *skipped* when the house is closed on it and the series
leaves that out, *missing* when a month lacks it, *unclear* when the clocks skip or repeat its time. What somebody
decided of one date, that it is moved, retitled, cancelled or never booked, is an *exception*. An edit reaches *this*
date, *this and following*, or *all future*; a *change* is what becomes of each date, before it is saved (`changes`),
and a *preview* says which of them may be had (`preview`).

Invariants
- A series keeps its local time: nine o'clock stays nine over the changes of the clocks. Where a date has no such time,
  or two, nothing is guessed: that date waits for a time of its own.
- No rule makes more occurrences than the house allows (`STATION_SERIES_MOST`) or lasts longer than five years, which is
  told from its numbers before a date is worked out.
- The last day is a local date and belongs to the series, whatever the hour.
- The past never changes. What has begun is past for the series; by itself it may be changed until it is over.
- Exceptions outlive every edit of the series. What was given up by hand is never booked again.
- What was not edited is not touched: words change no time, times add no dates.
- What is shown is what is saved: both are made of one `Change`.

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
- 2026-11: *this and following* divides a series where dates stay behind: the old rule ends the day before, and the rest
  is a series with a pattern of its own, exceptions included. *All future* never divides: the past rows stay with the
  series, whose pattern speaks of what is to come.
- 2026-11: another rule holds from the week (or month) of the first date it reaches, so that a Tuesday may become the
  Monday of the same week, and weeks A stay weeks A. A count in it is counted from there, and kept as the date of the
  last: a count that has been divided is the common fault of series.
- 2026-11: dates are matched by date: one that the new rule has too stays, the others go, and no date comes on a day
  that has a row already. Matching Tuesdays with Wednesdays would carry titles and moves to dates nobody gave them to.
- 2026-11: what a rule or "cancel the rest" lets go is *dropped*, not an exception: who lengthens the series again means
  those dates. A date moved by hand stays while the series lasts, also where the new rule has no such date.
"""
