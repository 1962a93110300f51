"""Memory that forked processes share stays shared."""

import subprocess
import sys

import pytest

FORKED = """
import ctypes, os, sys
from innovation_station import heap

heap.keep_one()
c = ctypes.CDLL(None)
c.malloc.restype, c.malloc.argtypes, c.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
held = [c.malloc(600) for _ in range(20_000)]
for piece in held[::2]:
    c.free(piece)
if sys.argv[1] == "closed":
    heap.close_gaps()
child = os.fork()
if child == 0:
    for _ in range(9_000):
        ctypes.memset(c.malloc(500), 1, 500)
    pages = [line.split() for line in open("/proc/self/smaps") if line.startswith("Private_Dirty")]
    print(sum(int(line[1]) for line in pages), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


SMALL = """
import ctypes, gc, os, sys
from innovation_station import heap

heap.keep_one()
c = ctypes.CDLL(None)
c.malloc.restype, c.malloc.argtypes, c.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
sizes = range(24, 1000, 48)
if sys.argv[2] == "python":
    held = [[bytes(size - 24) for size in sizes if size < 480] for _ in range(4_000)]
    held = [row for number, row in enumerate(held) if number % 40]
else:
    held = [[c.malloc(size) for size in sizes] for _ in range(1_000)]
    for number, row in enumerate(held):
        c.free(row[number % len(row)])
gc.collect()
if sys.argv[1] == "closed":
    heap.close_gaps()
child = os.fork()
if child == 0:
    if sys.argv[2] == "python":
        mine = [[bytes(size - 24) for size in sizes if size < 480] for _ in range(50)]
    else:
        for _ in range(40):
            for size in sizes:
                ctypes.memset(c.malloc(size), 1, size)
    pages = [line.split() for line in open("/proc/self/smaps") if line.startswith("Private_Dirty")]
    print(sum(int(line[1]) for line in pages), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's heap, and the kernel's word for it")


def dirtied(program: str, *how: str) -> int:
    """Give the kilobytes that a child has to itself after asking for some."""
    told = subprocess.run([sys.executable, "-c", program, *how], capture_output=True, text=True, check=True, timeout=60)
    return int(told.stdout)


@on_linux
def test_what_a_child_asks_for_is_not_strewn_over_the_shared_pages() -> None:
    strewn, closed = dirtied(FORKED, "open"), dirtied(FORKED, "closed")
    assert strewn - closed > 5_000, (strewn, closed)


@on_linux
@pytest.mark.parametrize("whose", ["c", "python"])
def test_no_gap_is_left_for_small_pieces_of_any_size(whose: str) -> None:
    strewn, closed = dirtied(SMALL, "open", whose), dirtied(SMALL, "closed", whose)
    assert strewn - closed > 2_600, (strewn, closed)
