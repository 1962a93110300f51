"""Calendars: what leaves the house as iCalendar, so that bookings stand in people's own calendars.

Vocabulary
----------
Feed: a secret address that a calendar program polls; it belongs to one member and can be renewed and revoked.
Scope: what a feed is of: the own bookings, a space, a zone, an organisation, the whole house, or a view: the filters of
the Book page. Level: how much an entry says: "busy" that the time is taken, "public" what its member shows to all,
"full" title and who. Coverage: whose stored entries a feed of another scope is joined of, for who polls, now.
Entry: what one VEVENT says, before it is written. Fragment: the bytes of one VEVENT. Edition: language, level and
reminder. Contents: all fragments of a member in one edition, stored by the month of their start and compressed. Shelf:
the same of a space or an organisation, by the week. Piece: bytes compressed so that they can be joined.
Window: the days a member's feed covers, 12 months back to 400 days ahead. Doubled hour: the local hour that autumn
repeats. Health: how a subscription fares, by what is known of its fetches.

Invariants
----------
- A feed is a pure function of the bookings it is of, the house, the local date and the edition: the same
  bytes for every program, twice in a row, from any process. So a strong ETag is honest and a 304 costs no
  bookings.
- Whether its member may have a feed is asked at every fetch, by the rules of the pages (`scopes`): who has lost role,
  grant or account gets the 404 that every wrong address gets. No name below the level full, nowhere an address of mail.
- A booking writes no entry of a place: that is done by the fetch, which costs as many statements for one place as for
  all, one where nothing has changed and four where all is stored.
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
  X-WR-TIMEZONE, no ATTENDEE. An empty calendar carries its VTIMEZONE alone. Rejected: a marker
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
  file (see ../packed.py). A thousand rows cost more to read than all the rest, compressing them in each answer twice
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
2026-11: Entries of places are stored by the space that was booked, and a zone, a view or the house joins those of its
  spaces: a booking makes one week of one space stale, whoever polls. A space also joins what takes it: of a part its
  whole. Rejected: allocations as entries, which are there twice where one booking takes two parts; a shelf a zone,
  which would hold the same bytes again; feeds made at each fetch, a second for ten thousand entries.
2026-11: Of places by the week, not by the month: a large house books thousands a week, a feed of it holds two, and a
  month would be four times too much. It holds about 10,000 entries (7,000 ahead, 3,000 behind), whole weeks, the
  nearest, and says in its description which. Where the count reaches it is asked by one statement with an offset, which
  counts bookings and not the rows that they take time by. What runs on into the next week is stored apart from the
  rest of its week, so that a feed which begins there has it. Rejected: in both weeks, where it would be told twice.
2026-11: Feeds of places are dated by when one of their weeks was made anew, and by the house: a shelf names the house's
  revision, for with it changes what a feed is joined of.
2026-11: What was given back leaves feeds of places, and busy ones, at once: they say what is taken. In the own feed it
  stays for 14 days, crossed out, for there it is news.
2026-11: An organisation has no counter of its own, and one would make each booking dearer. Its shelf keeps the sum of
  all spaces' revisions and a name of its parts: where the sum differs the parts are compared, and where they do not the
  answer is still a 304. Rejected: the ETag from the sum, which would send everything whenever anybody books.
2026-11: What takes a place and is no booking is one entry in each feed of places that it meets, made at the fetch: a
  closure, also of the whole house; a session or a room of an event, with the UID that the session has elsewhere; what
  another calendar has, of which nothing is said but that. There are few, and one statement reads them all. Their stamps
  are those of what stamps the spaces too (a claim, not its event), so that no byte changes under an ETag. Titles are
  those that everybody may read, at every level: who manages a place is no reader of drafts. Rejected: with what is
  stored of each place, where a house that is shut would be told once for each.
2026-11: Events are few, and who may see them depends on who asks: their calendars are made at the fetch, and named by
  the ids and revisions of what is in them. Rejected: a stored body for each reader and filter.
2026-11: The public feed of a space is busy only, also where a booking's title is shown: what members agree to is that
  other members see it. Rejected: the level public, with everybody as its readers.
2026-11: A form asks for all or for busy, and the level follows from who asks. Rejected: three levels to choose from, of
  which one would be refused. Who loses the right to names loses the feed, and does not get a lesser one unawares.
2026-11: Reminders are an edition of the own bookings: their bytes differ, and no other feed shares them. Rejected:
  alarms put in at the fetch, which would open every piece. Places remind nobody.
2026-11: How often a program comes is one running average in the feed's row. Rejected: a row for each fetch, which would
  be the largest table of the house for a number that nobody needs exactly.
2026-11: A fetch is noted at most once in ten minutes and never at the cost of the answer. Last-Modified is
  given only when its second is over, since two versions within it would share their date.
"""
