"""A job that is run by hand, beside the request that asked for it."""

from __future__ import annotations

import threading
from typing import Literal

from flask import Flask

from innovation_station.jobs.runner import Runner

WAITED = 8.0  # seconds: most jobs take less than one
Ran = Literal["done", "failed", "busy", "running"]


def run(app: Flask, name: str, *, wait: float = WAITED) -> Ran:
    """Run a job now, by the worker's claim; `busy` where somebody else has it, `running` where it goes on still.

    In a thread of its own, with a session of its own: it opens its transactions itself, and outlives the request where
    it takes long. Where the process ends meanwhile, another worker takes the job over when its lease has passed.
    """
    ended: list[bool | None] = []

    def work() -> None:
        ended.append(Runner(app).now(name))

    thread = threading.Thread(target=work, name=f"job-{name}", daemon=True)
    thread.start()
    thread.join(wait)
    if not ended:
        return "running" if thread.is_alive() else "failed"
    return {True: "done", False: "failed", None: "busy"}[ended[0]]  # type: ignore[return-value]
