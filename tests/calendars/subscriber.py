"""Runs vdirsyncer and khal, each time in a process of its own that is forked: to load them takes longer than they do.

A program: it takes a command and its environment a line, writes what it prints to a file, and answers with its end.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from importlib.metadata import entry_points

PARTS = ("vdirsyncer.cli.tasks", "vdirsyncer.storage.http", "vdirsyncer.storage.filesystem", "khal.controllers")


def main(told: str) -> None:
    """Answer until there is no more to do."""
    programs = {
        one.name: one.load() for one in entry_points(group="console_scripts") if one.name in ("vdirsyncer", "khal")
    }
    for name in PARTS:
        importlib.import_module(name)
    for line in sys.stdin:
        command, environment = json.loads(line)
        child = os.fork()
        if child == 0:
            begin(told, command, environment)
            sys.exit(programs[command[0]]())
        _child, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def begin(told: str, command: list[str], environment: dict[str, str]) -> None:
    """Look like a program that was just started."""
    with open(told, "wb") as file:  # noqa: PTH123 - its descriptor is all that is wanted
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    os.environ.update(environment)
    sys.argv = list(command)


if __name__ == "__main__":
    main(sys.argv[1])
