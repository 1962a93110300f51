"""Compare production servers under what a public server meets: load, slow clients and a stop in the middle of
a request.

Usage: ``python bench/servers.py [--only NAME]``. Everything happens on loopback, every step has a bound in
count and in time, the whole takes about four minutes. The figures of one run are comparable with each other,
not with those of another machine.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psutil
from flask import Flask, request

HERE = Path(__file__).resolve()
HOST = "127.0.0.1"
SLOW = 200
BOUND = 15.0

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    """Answer as little as Flask can."""
    return "hello"


@app.get("/pid")
def pid() -> str:
    """Name the process that answers, after a moment."""
    time.sleep(0.05)
    return str(os.getpid())


@app.get("/wait")
def wait() -> str:
    """Take a second."""
    time.sleep(1)
    return "done"


@app.post("/echo")
def echo() -> bytes:
    """Read the whole body."""
    return request.get_data()


@app.get("/large")
def large() -> bytes:
    """Send four megabytes."""
    return b"x" * 4_000_000


def commands(port: int, workers: int) -> dict[str, list[str]]:
    """Return the command line of every candidate."""
    python = [sys.executable, "-m"]
    return {
        "station": [sys.executable, str(HERE), "--serve", str(port), "--workers", str(workers)],
        "waitress": [*python, "waitress", f"--listen={HOST}:{port}", "--threads=8", "servers:app"],
        "gunicorn gthread": [
            *python, "gunicorn", "-k", "gthread", "-w", str(workers), "--threads", "8",
            "-b", f"{HOST}:{port}", "--log-level", "critical", "servers:app",
        ],
        "granian": [
            *python, "granian", "--interface", "wsgi", "--workers", str(workers), "--blocking-threads", "8",
            "--host", HOST, "--port", str(port), "--http", "1", "--no-ws", "--no-log",
            "--respawn-failed-workers", "--workers-kill-timeout", "10", "servers:app",
        ],
    }  # fmt: skip


@contextmanager
def running(name: str, workers: int):
    """Start a candidate, yield (process, port, seconds to the first answer), and end it."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    start = time.monotonic()
    process = subprocess.Popen(
        commands(port, workers)[name], cwd=HERE.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
    )  # fmt: skip
    try:
        while True:
            with suppress(OSError):
                get(port, "/", 2)
                break
            if process.poll() is not None or time.monotonic() - start > BOUND:
                raise RuntimeError(f"{name} does not start")
            time.sleep(0.02)
        yield process, port, time.monotonic() - start
    finally:
        family = [process]
        with suppress(psutil.NoSuchProcess):
            family += psutil.Process(process.pid).children(recursive=True)
        for member in family:
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                member.kill()
        process.wait()


def get(port: int, path: str, timeout: float = BOUND) -> bytes:
    """Make one request on a connection of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def tree(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return a process and its descendants."""
    root = psutil.Process(process.pid)
    return [root, *root.children(recursive=True)]


def cpu(process: subprocess.Popen[bytes]) -> float:
    """Return the CPU seconds of a process tree."""
    return sum(sum(member.cpu_times()[:2]) for member in tree(process))


def cost(process: subprocess.Popen[bytes], port: int, keep_alive: bool, count: int = 1000) -> float:
    """Return the server's CPU milliseconds a request."""
    before = cpu(process)
    connection = http.client.HTTPConnection(HOST, port, timeout=BOUND)
    for _ in range(count):
        if keep_alive:
            connection.request("GET", "/")
            connection.getresponse().read()
        else:
            get(port, "/")
    return (cpu(process) - before) / count * 1000


def memory(process: subprocess.Popen[bytes]) -> float:
    """Return the proportional memory of a process tree in MiB."""
    return sum(member.memory_full_info().pss for member in tree(process)) / 2**20


def with_slow_clients(port: int, beginning: bytes, count: int = SLOW) -> float | None:
    """Return the slowest of ten ordinary requests while clients dawdle, None when one exceeds the bound."""
    slow = []
    try:
        for _ in range(count):
            client = socket.create_connection((HOST, port), timeout=BOUND)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(beginning)
            slow.append(client)
        time.sleep(0.5)
        slowest = 0.0
        for _ in range(10):
            start = time.monotonic()
            get(port, "/")
            slowest = max(slowest, time.monotonic() - start)
        return slowest
    except OSError:
        return None
    finally:
        for client in slow:
            client.close()


def stop_with_request(process: subprocess.Popen[bytes], port: int, company: bool) -> tuple[bool, float | None]:
    """Send SIGTERM while a request runs; return whether that was answered, and when the server ended.

    With ``company`` 20 idle connections and 20 half-open ones are there too.
    """
    answers: list[bytes] = []
    others = []
    for number in range(40 if company else 0):
        client = socket.create_connection((HOST, port), timeout=BOUND)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + (b"\r\n" if number % 2 else b""))
        others.append(client)

    def ask() -> None:
        with suppress(OSError, http.client.HTTPException):
            answers.append(get(port, "/wait"))

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.5)
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(BOUND)
        ended: float | None = time.monotonic() - start
    except subprocess.TimeoutExpired:
        ended = None
    asking.join(BOUND)
    for client in others:
        client.close()
    return answers == [b"done"], ended


def survives_kill(process: subprocess.Popen[bytes], port: int) -> bool:
    """Kill one worker and say whether there are as many again, answering, within eight seconds."""
    root = psutil.Process(process.pid)
    before = len(root.children())
    if not before:
        return False
    os.kill(int(get(port, "/pid")), signal.SIGKILL)
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        time.sleep(0.2)
        with suppress(OSError, psutil.NoSuchProcess, http.client.HTTPException):
            alive = [child for child in root.children() if child.status() != psutil.STATUS_ZOMBIE]
            if len(alive) == before and get(port, "/", 1) == b"hello":
                return True
    return False


def processes_that_answer(port: int) -> int:
    """Count the processes among the answers to 60 simultaneous-ish connections."""
    seen: set[bytes] = set()
    threads = [threading.Thread(target=lambda: seen.add(get(port, "/pid"))) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    return len(seen)


def seconds(value: float | None) -> str:
    """Format seconds, or say that the bound was passed."""
    return f"> {BOUND:.0f} s" if value is None else f"{value:.2f} s"


def measure(name: str) -> dict[str, str]:
    """Return every figure of one candidate."""
    workers = 1 if name == "waitress" else 2
    figures: dict[str, str] = {}
    slow: dict[str, Callable[[int], float | None]] = {
        f"{SLOW} half headers": lambda port: with_slow_clients(port, b"GET / HTTP/1.1\r\nHost: x\r\n"),
        f"{SLOW} half bodies": lambda port: with_slow_clients(
            port, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nhalf"
        ),
        f"{SLOW // 4} that never read 4 MB": lambda port: with_slow_clients(
            port, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", SLOW // 4
        ),
        "1,200 half headers": lambda port: with_slow_clients(port, b"GET / HTTP/1.1\r\nHost: x\r\n", 1200),
    }
    with running(name, 1) as (process, port, started):
        figures["start"] = seconds(started)
        cost(process, port, True, 200)
        # the least of three: whatever else the machine does only adds
        figures["CPU, keep-alive"] = f"{min(cost(process, port, True) for _ in range(3)):.2f} ms"
        figures["CPU, new connection"] = f"{min(cost(process, port, False) for _ in range(3)):.2f} ms"
    with running(name, workers) as (process, port, _):
        figures["processes that answer"] = str(processes_that_answer(port))
        figures["memory, 2 workers"] = f"{memory(process):.0f} MiB" if workers == 2 else "-"
        figures["worker replaced after kill -9"] = "yes" if survives_kill(process, port) else "no"
    for label, attack in slow.items():
        with running(name, workers) as (_, port, _):
            figures[label] = seconds(attack(port))
    for company, label in ((False, "alone"), (True, "with 40 idle or half-open")):
        with running(name, workers) as (process, port, _):
            answered, ended = stop_with_request(process, port, company)
            outcome = "answered" if answered else "CUT"
            figures[f"1 s request at SIGTERM, {label}"] = f"{outcome}, ended after {seconds(ended)}"
    return figures


def main() -> None:
    """Measure all candidates and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        from innovation_station.serve import bind, serve

        sys.exit(serve(app, bind(HOST, options.serve), workers=options.workers))
    wanted = [name for name in commands(0, 2) if options.only in (None, name)]
    missing = [name for name in wanted if name != "station" and not find_spec(name.split()[0])]
    if missing:
        print(f"not installed, left out: {', '.join(missing)}", file=sys.stderr)
    results = {name: measure(name) for name in wanted if name not in missing}
    print("| | " + " | ".join(results) + " |")
    print("|---" * (len(results) + 1) + "|")
    for row in next(iter(results.values())):
        print(f"| {row} | " + " | ".join(figures[row] for figures in results.values()) + " |")


if __name__ == "__main__":
    main()
