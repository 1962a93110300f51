"""Alembic migrations; they travel with the package and run on SQLite and PostgreSQL."""
