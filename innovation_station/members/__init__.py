"""Members: the people with an account, and how they prove who they are.

Vocabulary: a *member* is a person with an account; the *role* is member, host (staff) or admin; a *login session*
is one signed-in browser, a row that the server can end.

Invariants
- An e-mail address belongs to one member, whatever its case.
- A cookie is worth what its row says: log-out, a new password and disabling delete the row, so a copied cookie
  dies with it. (2026-11: Flask-Login's own signed cookie outlives log-out; rejected.)
- The database holds only the SHA-256 of a session's token.
- A wrong password and an unknown address cost the same time and get the same answer.
"""
