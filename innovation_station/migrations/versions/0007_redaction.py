"""The history of bookings lets its titles be struck out and its actors left blank, and nothing else be changed"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    (_on_postgresql if op.get_bind().dialect.name == "postgresql" else _on_sqlite)()


# SQLite's JSON functions may not be used in triggers where the schema is not trusted, so the text is compared: before
# and after the place of «"title": null» it is as it was, and what stood there is one JSON string, without bare quotes.
_KEPT = """
    NEW.{0} IS NOT OLD.{0} AND NOT coalesce(
        instr(NEW.{0}, '"title": null') > 0
        AND substr(NEW.{0}, 1, instr(NEW.{0}, '"title": null') + 8)
            = substr(OLD.{0}, 1, instr(NEW.{0}, '"title": null') + 8)
        AND substr(NEW.{0}, instr(NEW.{0}, '"title": null') + 13)
            = substr(OLD.{0}, {1} + 1)
        AND substr(OLD.{0}, instr(NEW.{0}, '"title": null') + 9, 1) = '"' AND substr(OLD.{0}, {1}, 1) = '"'
        AND {2} = length(replace({3}, '"', '')) + 2
    , 0)
"""
_END = "(length(OLD.{0}) - (length(NEW.{0}) - instr(NEW.{0}, '\"title\": null') - 12))"
_STRUCK = """replace(replace(substr(OLD.{0}, instr(NEW.{0}, '"title": null') + 9,
    {1} - instr(NEW.{0}, '"title": null') - 8), '\\\\', ''), '\\"', '')"""


def _kept(column: str) -> str:
    end = _END.format(column)
    struck = _STRUCK.format(column, end)
    return _KEPT.format(column, end, f"length({struck})", struck)


def _on_sqlite() -> None:
    op.execute("DROP TRIGGER booking_history_is_kept_update")
    op.execute(
        f"""
        CREATE TRIGGER booking_history_is_kept_update BEFORE UPDATE ON booking_history
        WHEN NEW.id IS NOT OLD.id OR NEW.booking_id IS NOT OLD.booking_id OR NEW.at IS NOT OLD.at
          OR NEW.actor_role IS NOT OLD.actor_role OR NEW.action IS NOT OLD.action
          OR NEW.request_id IS NOT OLD.request_id
          OR (NEW.actor_id IS NOT NULL AND NEW.actor_id IS NOT OLD.actor_id)
          OR ({_kept("before")}) OR ({_kept("after")})
        BEGIN SELECT RAISE(ABORT, 'booking_history_is_kept'); END
        """
    )


def _on_postgresql() -> None:
    op.execute("DROP TRIGGER booking_history_is_kept ON booking_history")
    op.execute(
        """
        CREATE TRIGGER booking_history_is_kept BEFORE DELETE OR TRUNCATE ON booking_history
        FOR EACH STATEMENT EXECUTE FUNCTION booking_history_is_kept()
        """
    )
    op.execute(
        """
        CREATE OR REPLACE FUNCTION booking_history_without_title(facts json) RETURNS jsonb LANGUAGE sql IMMUTABLE AS
        $$ SELECT CASE WHEN json_typeof(facts) = 'object'
           THEN jsonb_set(facts::jsonb, '{title}', 'null', false) ELSE facts::jsonb END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER booking_history_is_kept_update BEFORE UPDATE ON booking_history FOR EACH ROW
        WHEN (NEW.id IS DISTINCT FROM OLD.id OR NEW.booking_id IS DISTINCT FROM OLD.booking_id
          OR NEW.at IS DISTINCT FROM OLD.at OR NEW.actor_role IS DISTINCT FROM OLD.actor_role
          OR NEW.action IS DISTINCT FROM OLD.action OR NEW.request_id IS DISTINCT FROM OLD.request_id
          OR (NEW.actor_id IS NOT NULL AND NEW.actor_id IS DISTINCT FROM OLD.actor_id)
          OR (NEW.before::text IS DISTINCT FROM OLD.before::text
              AND NEW.before::jsonb IS DISTINCT FROM booking_history_without_title(OLD.before))
          OR (NEW.after::text IS DISTINCT FROM OLD.after::text
              AND NEW.after::jsonb IS DISTINCT FROM booking_history_without_title(OLD.after)))
        EXECUTE FUNCTION booking_history_is_kept()
        """
    )
