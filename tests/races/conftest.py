"""The processes of the races: started once for each database, they end with the last race on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from innovation_station.db import db, transaction
from innovation_station.members import service as members
from tests.conftest import NOW, PASSWORD, app_on
from tests.races.arena import CONTENDERS, Arena, forks
from tests.races.contenders import contend


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def open_arena(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """Start the processes on a database; they end with the last race."""
    kind = "postgres" if request.param == "postgresql" else "sqlite"
    template, folder = request.getfixturevalue(f"{kind}_template"), tmp_path_factory.mktemp("races")
    url = template.copy(folder)
    app = app_on(url, folder / "instance")
    people = [f"racer{number}@example.org" for number in range(CONTENDERS)]
    with app.app_context(), transaction():
        for email in people:
            members.create_member(email=email, name="Racer Ett", password=PASSWORD, now=NOW)
    yield from _started(Arena(app, template.small, people, [], None), url, folder)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _started(arena: Arena, url: str, folder: Path) -> Iterator[Arena]:
    context = forks()
    start, arena.told = context.Barrier(CONTENDERS), context.Queue()
    arena.queues = [context.Queue() for _ in range(CONTENDERS)]
    arguments = (
        (n, url, str(folder / "instance"), arena.people[n], NOW, start, arena.queues[n], arena.told)
        for n in range(CONTENDERS)
    )
    processes = [context.Process(target=contend, args=one, daemon=True) for one in arguments]
    for process in processes:
        process.start()
    assert sorted(arena.told.get(timeout=120) for _ in processes) == [(n, "ready") for n in range(CONTENDERS)]
    yield arena
    for queue in arena.queues:
        queue.put(None)
    for process in processes:
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join(5)


@pytest.fixture
def arena(open_arena: Arena) -> Arena:
    """Give the arena with nothing taken."""
    open_arena.clear()
    return open_arena
