"""The start script and the lists it installs from."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def station() -> ModuleType:
    """Load the script as a module of its own, so that a test can bend it."""
    loader = SourceFileLoader("station_script", str(ROOT / "station"))
    spec = importlib.util.spec_from_file_location("station_script", ROOT / "station", loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def checkout(station: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the script at a checkout in a temporary folder, with everything a set-up looks at."""
    names = [*station.LOCKS.values(), "pyproject.toml", "hatch_build.py", "innovation_station/assets.py"]
    for name in [*names, "static/fonts/fonts.css", ".venv/bin/python", ".venv/pyvenv.cfg"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(station, "ROOT", tmp_path)
    monkeypatch.setattr(station, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(station, "PYTHON", tmp_path / ".venv/bin/python")
    monkeypatch.setattr(station, "STAMP", tmp_path / ".venv/station.json")
    return tmp_path


def mark_all_done(station: ModuleType) -> None:
    """Write the stamp as after a whole set-up for `run`."""
    station.note(
        place=station.place(),
        run=station.digest("requirements.txt"),
        assets=station.assets_digest(),
        project=station.digest("pyproject.toml", "hatch_build.py"),
    )


def test_second_start_has_nothing_to_do(station: ModuleType, checkout: Path) -> None:
    assert len(station.missing_steps("run")) == 4
    mark_all_done(station)
    assert station.missing_steps("run") == []


@pytest.mark.parametrize(
    ("changed", "steps"),
    [
        ("requirements.txt", 2),  # the packages, and the fonts that are cut from some of them
        ("pyproject.toml", 1),
        ("innovation_station/assets.py", 1),
        ("innovation_station/translations/sv/LC_MESSAGES/messages.po", 1),
        (".venv/pyvenv.cfg", 4),  # another Python: everything anew
    ],
)
def test_change_repeats_only_its_own_steps(station: ModuleType, checkout: Path, changed: str, steps: int) -> None:
    mark_all_done(station)
    (checkout / changed).parent.mkdir(parents=True, exist_ok=True)
    (checkout / changed).write_text("changed")
    assert len(station.missing_steps("run")) == steps


def test_interrupted_set_up_goes_on_where_it_broke(
    station: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def fail() -> None:
        raise station.SetupError("no network")

    monkeypatch.setattr(station, "make_venv", lambda: station.note(place=station.place()))
    monkeypatch.setattr(station, "install", lambda level: station.note(run=station.digest(station.LOCKS[level])))
    monkeypatch.setattr(station, "build_assets", fail)
    monkeypatch.setattr(station, "install_project", lambda: done.append("project"))
    with pytest.raises(station.SetupError, match="no network"):
        station.set_up("run")
    assert not done
    assert [step.__name__ for step in station.missing_steps("run")] == ["fail", "<lambda>"]


def test_damaged_stamp_counts_as_none(station: ModuleType, checkout: Path) -> None:
    station.STAMP.write_text("{")
    assert station.read_stamp() == {}


def test_what_needs_rights_is_named_with_its_command(station: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(station.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(station.SetupError, match=r"sudo sh -c 'apt-get update && apt-get install --yes .*chromium"):
        station.get_from_debian(["chromium"], "Chromium")


def test_old_python_is_told_which_one_is_needed() -> None:
    source = (ROOT / "station").read_text("utf-8")
    head = source[: source.index("import contextlib")]
    script = f"import sys\nsys.version_info = (3, 9, 2, 'final', 0)\n{head}"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert answer.stderr == "station: Python 3.11 or newer is needed, this is 3.9.\n"


def test_locks_fit_the_dependencies(station: ModuleType) -> None:
    assert station.locks_fit()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt", "requirements-check.txt"])
def test_lock_pins_every_file_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    packages = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(packages) > 40
    assert all("==" in package and "--hash=sha256:" in package for package in packages)
    assert "://" not in text
    assert "index" not in text
    assert "find-links" not in text


def test_larger_lock_holds_the_smaller_one(station: ModuleType) -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][^ ]*==[^ ]*", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    for name in ("requirements-test.txt", "requirements-check.txt"):
        assert pins("requirements.txt") <= pins(name)
