"""What measuring needs: servers that come and go, a meter for CPU time and memory, a client, a PostgreSQL."""

from __future__ import annotations

import atexit
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import psutil

from bench.fill import PASSWORD
from tests import plugins_services

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
BOUND = 20.0
IDLE = 15.0  # the server closes connections that have been quiet for twice as long
# As it would run for real: what is committed is on the disk.
POSTGRES = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "autovacuum": "off",  # its workers come and go as they like, and would be counted
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "unix_socket_directories": "",
    "listen_addresses": HOST,
    "log_min_messages": "fatal",
    "timezone": "UTC",
}


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running server: its port, and the roots of the process trees that work for it."""

    port: int
    roots: list[int]
    seconds: float = 0.0

    def pids(self) -> list[int]:
        """Name all processes that work for it now."""
        found = []
        for root in self.roots:
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(root)
                found += [root, *(child.pid for child in process.children(recursive=True))]
        return found

    def cpu(self) -> dict[int, float]:
        """Read the CPU seconds of each process, to the nanosecond: the clock of another process is its pid's."""
        read = {}
        for pid in self.pids():
            with suppress(OSError):
                read[pid] = time.clock_gettime(((~pid) << 3) | 2)
        return read

    def memory(self) -> float:
        """Give the proportional memory of the server's own tree in MiB."""
        root = psutil.Process(self.roots[0])
        return sum(each.memory_full_info().pss for each in (root, *root.children(recursive=True))) / 2**20


def spent(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """Give the CPU milliseconds between two readings."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items()) * 1000


@contextmanager
def serving(kind: str, *rest: str, workers: int = 2, database: int | None = None, **environ: str) -> Iterator[Server]:
    """Run one server of bench/serving.py; `database` is the root of the database server's processes."""
    port = free_port()
    environ.setdefault("STATION_BASE_URL", f"http://{HOST}:{port}")
    command = [sys.executable, "-m", "bench.serving", kind, str(port), str(workers), *rest]
    with started(command, port, "/" if kind != "station" else "/healthz", environ) as server:
        if database:
            server.roots.append(database)
        yield server


@cache
def _compiled() -> Mapping[str, str]:
    """Give an environment in which modules are compiled once, as an installer does it, and not at every start."""
    folder = tempfile.mkdtemp(prefix="station-bench-compiled-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": folder, **given}


@contextmanager
def started(command: list[str], port: int, path: str, environ: Mapping[str, str]) -> Iterator[Server]:
    """Start a command, wait for its first answer and end it."""
    begin = time.monotonic()
    log = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process
    process = subprocess.Popen(command, env={**_compiled(), **environ}, stdout=log, stderr=log, cwd=ROOT)
    try:
        while True:
            with suppress(OSError):
                Client(port).get(path)
                break
            if process.poll() is not None or time.monotonic() - begin > BOUND:
                log.seek(0)
                raise RuntimeError(f"{command[2]} does not start: {log.read().decode()[-2000:]}")
            time.sleep(0.005)
        yield Server(port, [process.pid], time.monotonic() - begin)
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(BOUND)
        process.kill()
        process.wait()


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Give the body as text."""
        return self.body.decode()


@dataclass
class Client:
    """A browser with one connection and its cookies; it never follows redirects."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    _connection: http.client.HTTPConnection | None = None
    _used: float = 0.0

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page; `If_None_Match` becomes If-None-Match."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """Send a form with its token."""
        body = urlencode({"csrf_token": self.token, **fields})
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        headers["Origin"] = f"http://{HOST}:{self.port}"
        return self._ask("POST", path, body, headers)

    def log_in(self, name: str) -> Client:
        """Log in as a member of the filled house, and keep the token of the session."""
        self._find_token("/login")
        answer = self.post("/login", {"email": f"{name}@example.org", "password": PASSWORD})
        if answer.status != 303:
            raise RuntimeError(f"{name} cannot log in: {answer.status}")
        self._find_token("/book")
        return self

    def _find_token(self, path: str) -> None:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        if found is None:
            raise RuntimeError(f"{path} has no token")
        self.token = found[1]

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        if self._connection is None or time.monotonic() - self._used > IDLE:
            self._connection = http.client.HTTPConnection(HOST, self.port, timeout=BOUND)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            named["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._connection.request(method, path, body, named)
        answer = self._connection.getresponse()
        content = answer.read()
        self._used = time.monotonic()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, content)


Ask = Callable[[Client], object]
CONNECTIONS = 4


def hello_world(client: Client) -> None:
    """Ask for as little as there is."""
    client.get("/")


@dataclass
class Figure:
    """CPU time of one kind of request: milliseconds, and times what hello costs (medians of the rounds)."""

    milliseconds: float
    ratio: float


class Meter:
    """Measures requests beside hello, in turns and in the same way, so that both meet the same machine.

    Pages are asked for on four connections at once: a server that idles between requests finds its caches cold, which
    costs a page more than a hello and says more about the machine's other work than about ours.
    """

    def __init__(self, server: Server, hello: Server, rounds: int = 5) -> None:
        self.server, self.hello, self.rounds = server, hello, rounds
        self._hello = [Client(hello.port) for _ in range(CONNECTIONS)]
        self._pool = ThreadPoolExecutor(CONNECTIONS)
        self._load(self.hello, self._hello, hello_world, 50)

    def pages(self, client: Client, ask: Ask, count: int) -> Figure:
        """Give the cost of `ask` on four connections that share the client's cookies."""
        clients = [Client(client.port, dict(client.cookies)) for _ in range(CONNECTIONS)]
        each = -(-count // CONNECTIONS)
        self._load(self.server, clients, ask, 3)
        return self._figure(
            lambda: self._load(self.hello, self._hello, hello_world, 50),
            lambda: self._load(self.server, clients, ask, each),
        )

    def single(self, client: Client, ask: Ask, count: int) -> Figure:
        """Give the cost of `ask`, one after the other on one connection."""
        return self._figure(
            lambda: self._load(self.hello, self._hello[:1], hello_world, 200),
            lambda: self._load(self.server, [client], ask, count),
        )

    def once_each(self, asks: list[Ask], before: Callable[[], object]) -> Figure:
        """Give the cost of what can be asked only once: `before` makes all of `asks` possible again, uncounted."""
        client = Client(self.server.port)

        def cost() -> float:
            before()
            start = self.server.cpu()
            for ask in asks:
                ask(client)
            return spent(start, self.server.cpu()) / len(asks)

        return self._figure(lambda: self._load(self.hello, self._hello[:1], hello_world, 200), cost)

    def _figure(self, floor: Callable[[], float], cost: Callable[[], float]) -> Figure:
        pairs = [(floor(), cost()) for _ in range(self.rounds)]
        ratio = statistics.median(ours / hello for hello, ours in pairs)
        return Figure(statistics.median(ours for _, ours in pairs), ratio)

    def _load(self, server: Server, clients: list[Client], ask: Ask, each: int) -> float:
        start = server.cpu()
        list(self._pool.map(lambda client: [ask(client) for _ in range(each)], clients))
        return spent(start, server.cpu()) / each / len(clients)


@contextmanager
def postgres() -> Iterator[tuple[plugins_services.PostgresServer, int | None]]:
    """Run a durable PostgreSQL for as long as it is needed; gives it with its root process.

    STATION_TEST_POSTGRES_URL names one that runs already; its CPU time can then not be counted.
    """
    if given := os.environ.get("STATION_TEST_POSTGRES_URL"):
        yield plugins_services.PostgresServer(given, None), None
        return
    programs = plugins_services.postgres_programs()
    if isinstance(programs, str):
        raise SystemExit(programs)
    folder = Path(tempfile.mkdtemp(prefix="station-bench-"))
    command = [sys.executable, "-m", "bench.stand", str(folder), str(programs), str(os.getpid())]
    keeper = subprocess.Popen(command, cwd=ROOT)
    try:
        while not (folder / "server.json").exists():
            time.sleep(0.05)
        told = json.loads((folder / "server.json").read_text("utf-8"))
        if "url" not in told:
            raise SystemExit(f"PostgreSQL did not start: {told['error']}")
        root = psutil.Process(keeper.pid).children()[0].pid
        yield plugins_services.PostgresServer(told["url"], Path(told["programs"])), root
    finally:
        (folder / "stop").touch()
        with suppress(subprocess.TimeoutExpired):
            keeper.wait(BOUND)
        keeper.kill()


if __name__ == "__main__":
    plugins_services.SERVER_OPTIONS = POSTGRES
    plugins_services.Keeper(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])).run()
