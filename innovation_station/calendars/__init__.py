"""Calendars: what leaves the house as iCalendar, so that bookings stand in people's own calendars.

Vocabulary
----------
Feed: a secret address that a calendar program polls; it belongs to one member and can be renewed and revoked.
Entry: what one VEVENT says, before it is written. Fragment: the bytes of one VEVENT. Contents: all fragments of a
member in one language, stored by the month of their start and compressed. Piece: bytes compressed so that they can
be joined.
Window: the days a feed covers, 12 months back to 400 days ahead. Doubled hour: the local hour that autumn
repeats.

Invariants
----------
- A feed is a pure function of the member's bookings, the house, the local date and the language: the same
  bytes for every program, twice in a row, from any process. So a strong ETag is honest and a 304 costs no
  bookings.
- The same booking has the same UID in every feed, for life; SEQUENCE counts changes of time and status.
- No text that people write can raise, inject a line or hide another entry. One bad entry is left out and
  logged.
- A feed's answer sets no cookie, touches no session and says the same 404 to a wrong, a malformed and a
  revoked address. The database holds only the sha256 of an address.
- ics.py and vtimezone.py are pure: standard library only, no clock, no language, no database.

Decisions
---------
2026-11: VEVENTs are written by hand. icalendar's to_ical() costs 0.2 ms an entry against 0.02 ms, and five
  of its conveniences had to be worked around: a random UID and DTSTAMP in new(), a UID on the calendar
  (vdirsyncer then shows nothing), NAME unescaped, REFRESH-INTERVAL without VALUE, `fold` lost. Rejected:
  icalendar with a cache, which leaves the first fetch and every rebuild slow. icalendar reads our files in
  the tests instead.
2026-11: VTIMEZONE is our own RRULE text from the zone's POSIX footer. Rejected: icalendar's
  add_missing_timezones(), whose comma lists of RDATE put Thunderbird an hour off; fixed UTC times throughout,
  which most programs show well but which make a repeated event drift by an hour.
2026-11: A start or end in the doubled hour, and any time in a year for which the footer is not the whole
  truth (Morocco's Ramadan, a rule changed lately, Cairo's 24:00), goes out in UTC: libraries disagree about
  the first, and the second has no RRULE. Both ends then, so that they share a value type.
2026-11: A booking from local midnight to local midnight goes out as dates (VALUE=DATE, the last one exclusive):
  programs show it above the hours. One by whole days in a house that opens at eight keeps its hours, which are what
  its member has.
2026-11: One VEVENT with a UID of its own for each date of a series, also after edits. Each date can be moved,
  cancelled, released and handed over by itself, and all engines read that alike. Rejected: RRULE with EXDATE and
  RECURRENCE-ID: "this and following" would need a second master, and engines differ on overrides off their rule.
2026-11: No METHOD (it would tie DTSTAMP to the fetch and forbid a stable body), no UID on the calendar, no
  X-WR-TIMEZONE, no ATTENDEE, no alarms. An empty calendar carries its VTIMEZONE alone. Rejected: a marker
  event in the far past, which some programs list.
2026-11: A summary is one line; a description and a location keep their line breaks. Controls go, they are not
  replaced; a text over 4,000 characters is cut. Rejected: refusing such text here, since old rows and imports
  must not silence a feed.
2026-11: Contents are renewed with the booking, in its transaction, in the languages its member subscribes in
  (members without a feed pay one small statement). Making a feed makes them. What is stored says which bookings at
  which revision it was made of; one look at the index on bookings says which there are, and only where the two differ
  something is made. So the same few lines serve a changed booking, a new feed, a renamed house, midnight and a
  restored backup, and it does not matter who comes first. Rejected: entries for everybody (a million bookings are a
  gigabyte nobody reads).
2026-11: A month of entries is one deflated row, and a fetch joins a dozen of them, still compressed, into one gzip
  file (see packed.py). A thousand rows cost more to read than all the rest, compressing them in each answer twice
  that, and PostgreSQL, where its statistics were old, read the whole table for each. Programs that do not ask for
  gzip pay for the unpacking. Rejected: weeks, which compress to twice the size; one stored body a feed, which each
  change would write whole; bodies kept in each process, which are cold after every change and cost memory.
2026-11: Feeds are answered by a WSGI layer of their own (poll.py), before routes, session and hooks: a poll that finds
  nothing new, the common case by far, costs a third. It decides nothing: the answers are those of feed_views, and what
  is out of the ordinary is handed on to the view. Rejected: hooks that know feeds, in code that all pages share.
2026-11: One stamp for the whole house names the words, zone and address that entries were made with. A renamed
  place makes all entries old, and the next fetch makes them anew. Rejected: a stamp a place.
2026-11: The UID's host is a constant and not the base URL: a house that moves would duplicate every entry in
  every calendar.
2026-11: A feed's few words stand in rules.WORDS and not in the catalogue: its bytes must hang on this code and
  the rows alone. `test_version_rises_with_the_bytes` asks for a new VERSION when they change.
2026-11: The token is HMAC(secret key, member and a stored nonce), so that the page can show it again, while the
  row keeps its sha256 only. Rejected: the token in the row (a leaked backup would open every feed); a random
  one shown once (people lose it and make another).
2026-11: A booking that nobody came to stays CONFIRMED and ends when its place was released, SEQUENCE one up; its title
  begins with "Released". It was its member's until then, and the rest is somebody else's. Rejected: CANCELLED, which
  Google hides and which says that somebody gave it back; the whole span, which keeps the member busy with nothing.
2026-11: A fetch is noted at most once in ten minutes and never at the cost of the answer. Last-Modified is
  given only when its second is over, since two versions within it would share their date.
"""
