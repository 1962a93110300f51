"""Figures as a table, and docs/benchmarks.md out of them."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
PARTS = {False: "<!-- 100,000 -->", True: "<!-- 1,000,000 -->"}


@dataclass(frozen=True)
class Line:
    """One figure. Smaller is better; `must` and `aim` are in its own unit, None where nothing is demanded."""

    task: str
    database: str
    shown: str
    value: float
    must: float | None
    aim: float | None
    unit: str
    milliseconds: float | None = None

    @property
    def verdict(self) -> str:
        """Say whether the budget holds."""
        if self.aim is not None and self.value <= self.aim:
            return "aim"
        if self.must is None:
            return "" if self.aim is None else "above the aim"
        return "must" if self.value <= self.must else "OVER"


def table(lines: Iterable[Line]) -> str:
    """Write the figures as a table, the databases side by side."""
    rows: dict[str, dict[str, Line]] = {}
    for line in lines:
        rows.setdefault(line.task, {})[line.database] = line
    databases = sorted({name for row in rows.values() for name in row}, reverse=True)
    head = "| task | must | aim | " + " | ".join(f"{name} | holds" for name in databases) + " |"
    text = [head, "|---" * (3 + 2 * len(databases)) + "|"]
    for task, row in rows.items():
        some = next(iter(row.values()))
        cells = [task.strip(), _limit(some.must, some.unit), _limit(some.aim, some.unit)]
        for name in databases:
            found = row.get(name)
            cells += [_shown(found), found.verdict] if found else ["", ""]
        text.append("| " + " | ".join(cells) + " |")
    return "\n".join(text)


def _shown(line: Line) -> str:
    return line.shown if line.milliseconds is None else f"{line.shown} ({line.milliseconds:.1f} ms)"


def _limit(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if value < 0:
        return f"≥ {-value:g}{unit}"
    return f"{value:g}{unit}" if unit in ("x", "") else f"{value:g} {unit}"


def machine() -> str:
    """Describe what it ran on, without its name."""
    cores = os.cpu_count()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cores} cores, {platform.system()} {platform.machine()}, {python}, SQLite {sqlite3.sqlite_version}"


def write(lines: list[Line]) -> None:
    """Put the table into its part of docs/benchmarks.md; the other parts stay."""
    mark = PARTS[any("1,000,000" in line.task for line in lines)]
    before, rest = PAGE.read_text("utf-8").split(f"{mark}\n", 1)
    _, after = rest.split("<!-- end -->", 1)
    PAGE.write_text(f"{before}{mark}\n\n{machine()}\n\n{table(lines)}\n\n<!-- end -->{after}", "utf-8")
