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


def dirtied(how: str) -> int:
    """Give the kilobytes that a child has to itself after asking for 4.5 MB."""
    told = subprocess.run([sys.executable, "-c", FORKED, how], capture_output=True, text=True, check=True, timeout=60)
    return int(told.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's heap, and the kernel's word for it")
def test_what_a_child_asks_for_is_not_strewn_over_the_shared_pages() -> None:
    strewn, closed = dirtied("open"), dirtied("closed")
    assert strewn - closed > 5_000, (strewn, closed)
