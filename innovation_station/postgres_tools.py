"""PostgreSQL's own programs to dump and restore it: found, called, their refusals put in one line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import URL, make_url

DEBIAN = Path("/usr/lib/postgresql")
INSTALL = "apt-get install postgresql-client"
LOCK_TIMEOUT = "30s"
EXTENSION = "CREATE EXTENSION IF NOT EXISTS btree_gist"
# Belong to whoever set the database up, often a superuser: to drop them is not ours, nor needed.
_NOT_OURS = re.compile(r"\d+; \d+ \d+ (COMMENT - |ACL - )?(EXTENSION|SCHEMA) ")


class ToolError(Exception):
    """A program is missing or failed; the text is one line for the operator."""


def find(name: str) -> str:
    """Return the path of a program. Raises ToolError that says how to get it."""
    if on_path := shutil.which(name):
        return on_path
    # Debian puts the newest onto the path when postgresql-client-common is there, and nowhere when it is not
    versions = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    if not versions:
        raise ToolError(f"{name} is not installed. On Debian: {INSTALL}")
    return str(versions[-1])


def dump(url: str, target: Path) -> None:
    """Write a dump in the custom format. Raises ToolError."""
    _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], url)


def restore(
    url: str, source: Path, *, folder: Path, tables: Iterable[str], functions: Iterable[str], then: Sequence[str]
) -> None:
    """Replace tables by what a dump holds and run statements after it, all in one transaction. Raises ToolError.

    `tables` and `functions` are all of ours that may be there, also those the dump knows nothing of. psql takes
    further statements into its transaction and pg_restore does not, so the dump becomes a script, in a private place
    in `folder`.
    """
    with TemporaryDirectory(prefix=".restore-", dir=folder) as private:
        wanted, script = Path(private, "list"), Path(private, "script")
        listing = _run("pg_restore", ["--list", str(source)]).splitlines()
        wanted.write_text("".join(f"{line}\n" for line in listing if not _NOT_OURS.match(line)), "utf-8")
        written = ["--clean", "--if-exists", "--no-owner", "--no-privileges", f"--use-list={wanted}"]
        _run("pg_restore", [*written, f"--file={script}", str(source)])
        # dropped at once and first: the script has no time limit on locks, this statement has
        gone = [_drop("TABLE", tables), _drop("FUNCTION", functions)]
        before = [f"--command={statement}" for statement in (EXTENSION, *gone)]
        options = ["--no-psqlrc", "--no-password", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        after = [f"--command={statement}" for statement in then]
        _run("psql", [*options, *before, f"--file={script}", *after], url)


def _drop(kind: str, names: Iterable[str]) -> str:
    return f"DROP {kind} IF EXISTS " + ", ".join(f'public."{name}"' for name in sorted(names))


def tables(source: Path) -> set[str]:
    """Return the names of the tables in a dump. Raises ToolError when it is damaged."""
    listing = _run("pg_restore", ["--list", str(source)])
    return set(re.findall(r"^\d+; \d+ \d+ TABLE public (\S+) ", listing, re.MULTILINE))


def revision(source: Path) -> str:
    """Return the schema revision of a dump, empty when it has none. Raises ToolError."""
    script = _run("pg_restore", ["--data-only", "--table=alembic_version", "--file=-", str(source)])
    match = re.search(r"^COPY [\w.]*alembic_version .*?\n(\S+)\n", script, re.MULTILINE)
    return match[1] if match and match[1] != "\\." else ""


def _run(name: str, options: list[str], url: str | None = None) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    if url:
        address = make_url(url)
        if password := address.password or address.query.get("password"):
            environment["PGPASSWORD"] = str(password)  # a command line can be read by every user
        environment["PGOPTIONS"] = f"-c lock_timeout={LOCK_TIMEOUT}"
        options = [*options, f"--dbname={_without_password(address)}"]
    done = subprocess.run(
        [find(name), *options], env=environment, capture_output=True, text=True, check=False, errors="replace"
    )
    if done.returncode:
        raise ToolError(_reason(name, done.stderr))
    return done.stdout


def _without_password(address: URL) -> str:
    query = {name: value for name, value in address.query.items() if name != "password"}
    parts = (address.username, None, address.host, address.port, address.database, query)
    return URL.create("postgresql", *parts).render_as_string(hide_password=False)


def _reason(name: str, output: str) -> str:
    if "server version mismatch" in output:
        server = re.search(r"server version: (\d+)", output)
        return f"{name} is older than the server. On Debian: {INSTALL}" + (f"-{server[1]}" if server else "")
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = [line for line in lines if "error" in line.lower() or "could not" in line.lower()] or lines or ["failed"]
    return " ".join(re.sub(r"^psql:.*?:\d+: ", "", told[0]).split())[:300]
