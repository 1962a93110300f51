"""The program ``innovation-station``: Flask's own, with our commands: parse, call, say how it went.

Exit codes: 0 fine, 1 refused or failed with one line, 2 wrong usage.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any, NoReturn
from zoneinfo import ZoneInfo

import click
from flask import Flask, current_app
from flask.cli import AppGroup, FlaskGroup, NoAppException
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from werkzeug.serving import run_simple

from innovation_station import clock, create_app, db, doctor, health, heap, operations, schema, serve, settings
from innovation_station.audit import queries as audit
from innovation_station.errors import DomainError, Refusal, Refused, Unavailable
from innovation_station.events import bringing
from innovation_station.external import jobs as external_jobs
from innovation_station.external.rules import zone_refusals
from innovation_station.external.words import problem_texts
from innovation_station.figures import service as figures
from innovation_station.housing import carried
from innovation_station.housing.files import LARGEST_FILE
from innovation_station.i18n import LANGUAGES, sentence, speaking
from innovation_station.jobs import queries as job_queries
from innovation_station.jobs import registry
from innovation_station.jobs.models import Job
from innovation_station.mail import bell
from innovation_station.mail import service as mail
from innovation_station.mail.rules import Receiver
from innovation_station.members import csv_lines
from innovation_station.members.bringing import Import
from innovation_station.members.csv_lines import Row
from innovation_station.members.models import Member
from innovation_station.members.service import create_member
from innovation_station.operating import service as operating
from innovation_station.preload import preload
from innovation_station.privacy import replay
from innovation_station.spaces.rules import Language
from innovation_station.worker import Worker

RUN_WORKERS = 2
DEMO_EMAILS = ("member@example.org", "host@example.org", "admin@example.org")


class _WrongSettings(NoAppException):
    """Settings that cannot be used, in Flask's own way of saying that there is no app."""

    exit_code = 1

    def show(self, _file: Any = None) -> None:
        """Write one line for each, without the usage: the command line was fine."""
        for line in self.message.splitlines():
            click.echo(f"Error: {line}", err=True)


def load_settings() -> settings.Settings:
    """Return the settings; wrong ones end the program with a line for each."""
    try:
        return settings.load(os.environ)
    except settings.SettingsError as error:
        raise _WrongSettings(str(error)) from None


def make_app() -> Flask:
    """Return the application for a command."""
    with heap.growing():
        return create_app({"STATION": load_settings()})


@contextmanager
def one_line() -> Iterator[None]:
    """Turn what may go wrong into one line and exit code 1."""
    try:
        yield
    except (operations.OperationError, serve.ServeError, settings.SettingsError) as error:
        raise click.ClickException(" ".join(str(error).splitlines())) from None
    except Unavailable as error:  # the sentence is for who waits at a page; at a terminal it can be put right
        origin = error.__cause__
        reason = _database_problem(origin) if isinstance(origin, DBAPIError) else _sentences(error)
        raise click.ClickException(reason) from None
    except DomainError as error:
        raise click.ClickException(_sentences(error)) from None
    except DBAPIError as error:
        raise click.ClickException(_database_problem(error)) from None
    except OSError as error:
        cause = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise click.ClickException(cause) from None


def _database_problem(error: DBAPIError) -> str:
    told = " ".join((str(error.orig).strip().splitlines() or ["no reason given"])[0].split())
    if "no such table" in told or ("relation" in told and "does not exist" in told):
        return "The database is not up to date: innovation-station db upgrade"
    if "unable to open database file" in told:
        return "There is no database that can be opened. To make one: innovation-station db upgrade"
    if "database" in told and "does not exist" in told:
        return f"The database cannot be used: {told}. Make it with createdb, then: innovation-station db upgrade"
    if "readonly" in told or "read-only" in told:
        return "The database is read-only for this user. What is wrong with it: innovation-station doctor"
    if "locked" in told or "lock timeout" in told:
        return "Another process holds the database. Nothing was changed; try again in a few seconds."
    return f"The database cannot be used: {told}. Where it is looked for: innovation-station doctor"


def _sentences(error: DomainError) -> str:
    with speaking("en"):
        return " ".join(sentence(refusal) for refusal in error.refusals)


def _version() -> str:
    try:
        return version("innovation-station")
    except PackageNotFoundError:
        return "not installed"


# load_dotenv: settings come from the environment and config.toml, nothing else
cli = FlaskGroup(
    name="innovation-station",
    create_app=make_app,
    load_dotenv=False,
    add_version_option=False,
    help="Bookings of a shared house: serve them, and look after them.",
)
# there is one app, it reads no such file, and debugging is `run --debug`: Flask's options would be taken for nothing
cli.params = [option for option in cli.params if option.name not in ("app", "env_file", "debug")]
click.version_option(_version(), prog_name="innovation-station", message="%(prog)s %(version)s")(cli)


def main() -> None:
    """Run the program."""
    os.umask(0o027)  # what it makes holds people's data: the database, mail, backups
    cli.main(prog_name="innovation-station")


# Serving


@cli.command("run", with_appcontext=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--empty", is_flag=True, help="Do not fill an empty database with demo data.")
@click.option("--debug", is_flag=True, help="Flask's development server, which reloads; never in public.")
def run_command(host: str, port: int, empty: bool, debug: bool) -> None:
    """Set up what is missing and serve, on this machine."""
    # Flask's reloader runs this command again in a child, when everything is set up and announced
    reloaded = debug and os.environ.get("WERKZEUG_RUN_MAIN") == "true"
    os.environ["FLASK_DEBUG"] = str(int(debug))  # where Flask looks when the application is made
    with ExitStack() as stack, one_line():
        if not reloaded:  # the port first: it is the likeliest thing to fail, and browsers may wait in it
            listener = stack.enter_context(serve.bind(host, port))
        if load_settings().secret_key is None:
            settings.ensure_secret_key(load_settings().instance)
        app = make_app()
        app.config["LOCAL_URL"] = _local_url(host, port)
        if not reloaded:
            prepare(app, demo=not empty)
            announce(app, host, port)
        if not debug:
            _serve(app, listener, RUN_WORKERS)
    if reloaded:
        threading.Thread(target=_work, args=(app,), daemon=True).start()
    run_simple(host, port, app, use_reloader=True, use_debugger=True, threaded=True)


@cli.command("serve", with_appcontext=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def serve_command(host: str, port: int, workers: int) -> None:
    """Serve in production: behind a reverse proxy, several processes, a stop that finishes what was begun."""
    os.environ.pop("FLASK_DEBUG", None)
    with ExitStack() as stack, one_line():
        if load_settings().secret_key is None:
            raise serve.ServeError("STATION_SECRET_KEY is not set, and `run` has generated none. Set one.")
        listener = stack.enter_context(serve.bind(host, port))
        app = make_app()
        app.config["LOCAL_URL"] = _local_url(host, port)
        _refuse_old_schema(app)
        _serve(app, listener, workers)


def _refuse_old_schema(app: Flask) -> None:
    if "migrations-pending" in health.reasons(app):
        raise serve.ServeError("The database is not up to date: innovation-station db upgrade")


def _serve(app: Flask, listener: socket.socket, workers: int) -> NoReturn:
    hops = app.config["STATION"].trusted_proxies
    listens, rings = socket.socketpair()
    bell.hang(rings)
    code = serve.serve(
        app, listener, workers=workers, before_fork=lambda: _before_fork(app), clear_proxy_headers=not hops,
        beside=lambda parent: _work(app, listens, parent),
    )  # fmt: skip
    sys.exit(code)


def _work(
    app: Flask, rung: socket.socket | None = None, parent: socket.socket | None = None, *caught: signal.Signals
) -> None:
    """Send mail and run jobs until told to stop; under a supervisor also until that seems enough for a while."""
    worker = Worker(app)
    worker.catch(*(caught or ([signal.SIGTERM] if parent else [])))
    if parent and serve.Worker.stopping:  # it was told before it listened
        worker.stop()
    worker.run(bell=rung, parent=parent, replaced=parent is not None)


@cli.command("worker", with_appcontext=False)
def worker_command() -> None:
    """Send mail and run jobs, without serving pages; several may share one database."""
    with one_line():
        app = make_app()
        _refuse_old_schema(app)
        _work(app, None, None, signal.SIGTERM, signal.SIGINT)


def _before_fork(app: Flask) -> None:
    """Make what all processes need; close every database connection: one that two share mixes up their answers."""
    with heap.growing():
        preload(app)
    with app.app_context():
        db.db.session.remove()
        for engine in db.db.engines.values():
            engine.dispose()


def prepare(app: Flask, *, demo: bool) -> None:
    """Bring the database up to date; fill it with demo data when it has no members and that is wanted."""
    app.config["STATION"].instance.mkdir(parents=True, exist_ok=True)
    if health.reasons(app):
        schema.upgrade(app)
    if demo and not _emails(app):
        click.echo("Filling the empty database with demo data...", err=True)
        _load_demo(app)


def _load_demo(app: Flask) -> None:
    from innovation_station import demo  # a house of invented people, which no other command needs

    demo.load(app)


def _emails(app: Flask) -> list[str]:
    """Return up to three addresses of members, those of the demo first."""
    with app.app_context():
        order = Member.email.not_in(DEMO_EMAILS)
        found = list(db.db.session.scalars(select(Member.email).order_by(order, Member.id).limit(3)))
        db.db.session.rollback()
        return found


def _local_url(host: str, port: int) -> str:
    shown_host = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{shown_host}:{port}"


def announce(app: Flask, host: str, port: int) -> None:
    """Print where the pages are, and the demo accounts where there are some."""
    click.echo(f"Innovation Station: {_local_url(host, port)}")
    accounts = [email for email in _emails(app) if email in DEMO_EMAILS]
    if accounts:
        from innovation_station.demo import PASSWORD  # see _load_demo

        click.echo(f"Demo accounts, password {PASSWORD}: {', '.join(accounts)}")
    click.echo("Stop with Ctrl-C.")
    sys.stdout.flush()


# Data


database = AppGroup("db", help="The database and its schema.")
cli.add_command(database)


@database.command("upgrade")
def upgrade_command() -> None:
    """Bring the schema up to date; makes the database where there is none."""
    with one_line():
        current_app.config["STATION"].instance.mkdir(parents=True, exist_ok=True)
        schema.upgrade(_app())
        click.echo(f"The schema is at {schema.current_revision(_app())}.")


demo_group = AppGroup("demo", help="Demo data: an invented house.")
cli.add_command(demo_group)


@demo_group.command("load")
def demo_command() -> None:
    """Fill an empty database with the demo house."""
    with one_line():
        if _emails(_app()):
            raise click.ClickException("The database has members; demo data goes into an empty one only.")
        _load_demo(_app())
        click.echo("Demo data is loaded.")


member_group = AppGroup("member", help="Members.")
cli.add_command(member_group)


@member_group.command("create")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["member", "host", "admin"]), default="member", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from one line of standard input.")
def member_command(email: str, name: str, role: str, password_stdin: bool) -> None:
    """Make an account; the password has at least 15 characters."""
    password = _password(password_stdin)
    with one_line():
        with db.transaction():
            member = create_member(email=email, name=name, role=role, password=password, now=clock.now())
            made = f"{member.role} {member.email}, number {member.id}"
        click.echo(f"Made {made}.")


def _password(from_stdin: bool) -> str:
    if not from_stdin:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


# Mail and jobs


jobs_group = AppGroup("jobs", help="What runs by itself.")
cli.add_command(jobs_group)


@jobs_group.command("list")
def jobs_command() -> None:
    """List the jobs: when each ran last, how it went, and when it runs next."""
    with one_line():
        known = job_queries.known()
        zone = _app().config["ZONE"]
        for name, task in registry.tasks(_app()).items():
            click.echo(f"{name:24} {_job_line(known.get(name), task, zone)}")


def _job_line(job: Job | None, task: registry.Task, zone: ZoneInfo) -> str:
    every, daily = task.schedule.every, task.schedule.daily
    schedule = f"every {every}" if every else f"daily {daily:%H:%M}"
    if job is None:
        return f"{schedule}, not run yet"
    if job.started_at is None or job.ended_at is None:
        ran = "not run yet"
    else:
        ended = "ok" if job.succeeded else "FAILED"
        seconds = (job.ended_at - job.started_at).total_seconds()
        ran = f"{job.started_at.astimezone(zone):%Y-%m-%d %H:%M} {ended} after {max(seconds, 0):.1f} s"
    result = f": {job.result}" if job.result else ""
    return f"{schedule}, {ran}{result}; next {job.next_at.astimezone(zone):%Y-%m-%d %H:%M}"


@jobs_group.command("run", with_appcontext=False)
@click.argument("name")
def jobs_run_command(name: str) -> None:
    """Run the job NAME now, whatever its schedule."""
    with one_line():
        app = make_app()
        if name not in registry.tasks(app):
            raise click.ClickException(f"There is no job {name!r}. What there is: innovation-station jobs list")
        _refuse_old_schema(app)
        from innovation_station.jobs.runner import Runner  # only who runs a job pays for it

        runner = Runner(app)
        went_well = runner.now(name)
        if went_well is None:
            raise click.ClickException(f"{name} is running at the moment.")
        with app.app_context():
            result = job_queries.known()[name].result
        if not went_well:
            raise click.ClickException(f"{name} failed: {result}")
        click.echo(f"{name}: {result or 'done'}")


figures_group = AppGroup("figures", help="The figures of how the house is used.")
cli.add_command(figures_group)


@figures_group.command("rebuild")
def figures_command() -> None:
    """Count everything anew. Nobody has to stop working meanwhile, and the figures are right all the time."""
    with one_line():
        with db.transaction():
            figures.mark_all()
        done = figures.refresh(now=clock.now(), zone=_app().config["ZONE"])
        click.echo(f"{done} days of spaces counted.")


mail_group = AppGroup("mail", help="Mail.")
cli.add_command(mail_group)


@mail_group.command("test")
@click.argument("address")
def mail_command(address: str) -> None:
    """Queue a mail to ADDRESS; it arrives when a worker runs and the settings are right."""
    language = _app().config["STATION"].locale
    with one_line():
        try:
            with db.transaction():
                mail.queue(Receiver(address, "", language), "test", {}, now=clock.now(), kind="operations")
        except ValueError as error:
            raise click.ClickException(f"{address!r} is {error}.") from None
        click.echo("Queued. Whether it left: /staff/operations, or the worker's log.")


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined]


audit_group = AppGroup("audit", help="The trail of who did what.")
cli.add_command(audit_group)


@audit_group.command("verify")
@click.option("--expect", metavar="HASH", help="A last hash noted down earlier, which has to be in the chain still.")
def audit_verify_command(expect: str | None) -> None:
    """Go through the trail and name every entry that was changed, put in between or taken out."""
    with one_line():
        verdict = audit.verify()
        for fault in verdict.faults:
            click.echo(fault, err=True)
        if verdict.faults:
            raise click.ClickException("The trail is not what was written.")
        if expect is not None and not audit.has_hash(_hash(expect)):
            raise click.ClickException("No entry has the hash that was noted down: the trail was written anew or cut.")
        click.echo(f"{verdict.entries} entries, unbroken. The last hash, to note down: {verdict.last.hex()}")


def _hash(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise click.UsageError("A hash is 64 hexadecimal digits.") from None


import_group = AppGroup("import", help="Take in what other programs have.")
cli.add_command(import_group)


@import_group.command("members")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and save nothing.")
@click.option("--invite", is_flag=True, help="Send each new member an invitation by mail.")
@click.option("--report", type=click.File("w", encoding="utf-8"), help="Write number and outcome of each line as CSV.")
def import_members_command(file: Path, dry_run: bool, invite: bool, report: IO[str] | None) -> None:
    """Take in members from a CSV file with the columns email, name and language."""
    locale = current_app.config["STATION"].locale
    run = Import(None, locale, only_try=dry_run, invite=invite)
    with one_line(), file.open("rb") as lines, speaking("en"):
        size = file.stat().st_size
        with _progress("Reading") as progress:
            for batch in csv_lines.batches(lines):
                with db.transaction():
                    outcomes = run.take(batch, now=clock.now())
                _report(outcomes, report)
                progress(lines.tell(), size)
    counts = run.counts
    click.echo(
        f"{'Would make' if dry_run else 'Made'} {counts['new']}; known {counts['known']}; "
        f"twice in the file {counts['double']}; not readable {counts['refused']}."
    )


@import_group.command("events")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and save nothing.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Which language its texts are in; else the house's.")
@click.option("--zone", help="In which time zone times are that name none; else the house's.")
def import_events_command(file: Path, dry_run: bool, language: str | None, zone: str | None) -> None:
    """Take in events from a calendar file, as drafts; a file that was taken in before makes nothing twice."""
    spoken: Language = "en" if (language or current_app.config["STATION"].locale) == "en" else "sv"
    now, house = clock.now(), current_app.config["ZONE"]
    with one_line(), speaking("en"):
        if refused := zone_refusals(zone):
            raise Refused(refused)
        most = external_jobs.means().reach.size
        with file.open("rb") as stream:
            data = stream.read(most + 1)
        if len(data) > most:
            raise Refused([Refusal("fetch-large", "file", {"mb": round(most / 1_000_000, 1)})])
        reading = bringing.read(data, zone, now=now, zone=house)
        for text in problem_texts(reading.problems):
            click.echo(text, err=True)
        with db.transaction(), _progress("Taking in") as progress:
            told = bringing.take(None, reading, spoken, now=now, only_try=dry_run, progress=progress)
    left = f"; {told['left']} more, run it again" if told["left"] else ""
    click.echo(
        f"{'Would make' if dry_run else 'Made'} {told['made']} drafts; "
        f"{'would bring' if dry_run else 'brought'} {told['updated']} up to date; as they were {told['same']}; "
        f"left alone {sum(told[one] for one in ('edited', 'planned', 'shown', 'cancelled'))}; "
        f"not taken {told['refused']}; remarks {len(reading.problems) + reading.more_problems}{left}."
    )


house_group = AppGroup("house", help="The house as a file: floors, zones, places, hours and rules.")
cli.add_command(house_group)


@house_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_house_command(file: Path) -> None:
    """Write the whole house into FILE."""
    with one_line():
        text = carried.written()
        file.write_text(text, "utf-8")
    click.echo(f"{file} holds the house.")


@house_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what it would do, and change nothing.")
def house_import_command(file: Path, dry_run: bool) -> None:
    """Have the house be as FILE says, all of it or nothing; refused where it hits what is booked."""
    with one_line(), speaking("en"), file.open("rb") as opened:
        lines, count = carried.take(opened.read(LARGEST_FILE + 1), only_look=dry_run, now=clock.now())
    for line in lines:
        click.echo(line)
    if count:
        raise click.ClickException(f"It would hit {count} bookings to come: decide about them at /staff/house/import.")
    click.echo("Nothing is changed." if dry_run or not lines else "The house is as the file says.")


def _report(outcomes: list[tuple[Row, str]], report: IO[str] | None) -> None:
    """Say of each line that cannot be read why, and write all of them where that is wanted."""
    for row, outcome in outcomes:
        why = sentence(row.refusal) if row.refusal else ""
        if row.refusal:
            click.echo(f"Line {row.number}: {why}", err=True)
        if report:
            report.write(f'{row.number},{outcome},"{why}"\n')


# Operations


@cli.command("backup", with_appcontext=False)
@click.argument("file", type=click.Path(path_type=Path))
def backup_command(file: Path) -> None:
    """Write a verified copy of the database to FILE, also while the servers run."""
    started = time.monotonic()
    with one_line(), _progress("Copying") as progress:
        size = operations.backup(load_settings(), file, progress)
    click.echo(f"{file}: {size:,} bytes, checked.")
    _note_backup(size, time.monotonic() - started)


def _note_backup(size: int, seconds: float) -> None:
    """Note a backup where staff and doctor see it; one that cannot be noted is a backup all the same."""
    app = make_app()
    try:
        with app.app_context():
            revision = schema.current_revision(app)
            if revision is None or not schema.is_current(app):
                return  # made before an upgrade: there may be nowhere to note it
            with db.transaction():
                operating.backed_up(size, seconds=seconds, revision=revision, now=clock.now())
    except (DBAPIError, DomainError) as error:
        click.echo(f"It could not be noted in the database ({type(error).__name__}).", err=True)


@cli.command("restore", with_appcontext=False)
@click.argument("file", type=click.Path(path_type=Path))
def restore_command(file: Path) -> None:
    """Put the content of a backup in place of the database, also while the servers run."""
    app = make_app()
    with one_line():
        forgotten = replay.forgotten(app)
        with _progress("Restoring") as progress:
            done = operations.restore(load_settings(), file, progress)
        erased = replay.again(app, forgotten, now=clock.now())
    click.echo(f"Restored {file} (revision {done.revision}). Everybody has to log in again.")
    if erased:
        click.echo(f"Erased again, having been erased since the backup: {erased}")
    if done.safety:
        click.echo(f"What was there before: {done.safety}")


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal, nothing elsewhere."""
    with click.progressbar(length=100, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda done, total: bar.update(max(0, 100 * done // max(total, 1) - bar.pos))


@cli.command("doctor", with_appcontext=False)
def doctor_command() -> None:
    """Print every setting, where it came from, and what is wrong."""
    found = load_settings()
    for name, value, source in doctor.settings_table(found):
        click.echo(f"{name:28} {value}  [{source}]")
    click.echo()
    wrong = 0
    for finding in doctor.findings(found):
        wrong += finding.state == "wrong"
        click.echo(f"{finding.state:8} {finding.subject}: {finding.text}")
    if wrong:
        raise click.ClickException(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")


if __name__ == "__main__":
    main()
