"""Privacy: what the house knows of people, and how it gives that out, forgets it and lets people go.

Vocabulary: a *data class* is one kind of data about people with purpose, legal basis, retention and end; each feature
lists its own (`innovation_station/personal.py`). An *export* is all of them about one member, in a file. An *erasure*
is a case: asked for, waiting, withdrawn or done, with an outcome for each class. A *hold* keeps the data of a member
from going while the law or a dispute needs it. A *leave* is a membership that is paused or ended.

Invariants
- One table of classes makes export, erasure, retention, preview and the public page: what is said is what is done.
- A table that no class covers fails the suite.
- After an erasure address and name of the person are in no table, file, feed or mail of the house; what was booked and
  billed counts as before.
- Nothing goes while a hold stands, neither by erasure nor by retention.
"""
