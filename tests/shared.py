"""What is made once for the whole run, though several processes need it: a lock, and the folder of the run."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

RUN_FOLDER = "STATION_TEST_RUN"  # as tests/plugins_services.py says, which runs as a program too and imports nothing


def once_a_run(name: str, make: Callable[[Path], object]) -> Path:
    """Return what lies in the run's folder under a name; the first process that asks makes it, at the path it is given.

    Without a run (a program that borrows from the tests) it is made for this process alone.
    """
    folder = Path(os.environ.get(RUN_FOLDER) or tempfile.mkdtemp(prefix="station-alone-")) / "made"
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / name).exists():
            beside = folder / f"{name}.new"
            shutil.rmtree(beside, ignore_errors=True)
            beside.unlink(missing_ok=True)  # left by one who failed at it
            make(beside)
            beside.rename(folder / name)
    return folder / name
