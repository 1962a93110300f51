"""The memory of the program: filled quickly at the start, and made ready to be shared by forked processes.

What is said of the C library holds of glibc; elsewhere nothing is done.

Forked processes share each page of memory until one of them writes to it, and then each has its own. Small pieces that
were freed before the fork lie all over the heap. What a process asks for later would be put there, and take a copy of
nearly every page for a few bytes in each: 4 MiB a process in the heap of the C library, and 2 in Python's.
"""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

M_ARENA_MAX = -8  # of malloc.h
LARGEST, SMALL, STEP = 65536, 1024, 16
POOL, HEADER, PYTHONS = 16 * 1024, 48, 512  # bytes: of CPython's pools, of what each begins with, of its largest piece
IN_ORDER = 8  # pieces of a pool, from its first: it is new
MOST_PYTHONS = 4 * 1024 * 1024  # bytes, where pools look otherwise
HELD = 512 * 1024  # bytes at most that a thread has at hand (its tcache), which mallinfo2() does not count as free

Result = TypeVar("Result")


class _Told(ctypes.Structure):
    """What mallinfo2() tells; in bytes: `fordblks` is free, of that `keepcost` at the heap's end."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


@contextmanager
def growing() -> Iterator[None]:
    """Look for no cycles while much is made that stays: to look through it again and again takes a third of a start."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def apart(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begin something in a forked process that ends with it; the function returned waits for the result.

    What it loads and leaves behind is not in this process's memory, and another processor can do it meanwhile. Where
    that does not go, or fails, the function does it here.
    """
    if not hasattr(os, "fork"):
        return work
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(write, pickle.dumps(work()))
        finally:
            os._exit(0)
    os.close(write)

    def result() -> Result:
        with os.fdopen(read, "rb") as end:
            told = end.read()
        with suppress(ChildProcessError):  # who started us may have it that nobody waits for children
            os.waitpid(pid, 0)
        try:
            made: Result = pickle.loads(told)  # noqa: S301 - of our own process
        except Exception:  # noqa: BLE001 - half an answer may raise anything
            return work()
        return made

    return result


def keep_one() -> None:
    """Let all threads take memory from one heap.

    glibc gives each thread a heap of its own, and eight of them keep the memory of eight largest pages. As Python runs
    one thread at a time, they do not get into each other's way.
    """
    with suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def give_back() -> None:
    """Give whole pages that are free back to the system. It takes a millisecond or two."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def close_gaps() -> None:
    """Take the free pieces between what is in use, and never give them back, so that the next is put at the end.

    To be called right before a fork. It takes some milliseconds, and some hundred kilobytes to two MiB for good.
    """
    with suppress(OSError, TypeError, AttributeError):
        _close_pythons(ctypes.pythonapi)
    with suppress(OSError, TypeError, AttributeError):
        _close_gaps(ctypes.CDLL(None))


def _close_pythons(python: ctypes.PyDLL) -> None:
    """Take the free pieces of CPython's own heap, which gives out pools in which all pieces are of one size.

    A new pool is only begun when all of that size are full. Where it looks otherwise, `MOST_PYTHONS` ends it.
    """
    python.PyObject_Malloc.restype, python.PyObject_Malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    left = MOST_PYTHONS
    for size in range(STEP, PYTHONS + 1, STEP):
        last, in_order = 0, 0
        while in_order < IN_ORDER and left > 0:
            piece = python.PyObject_Malloc(size) or 0
            begun = 1 if piece % POOL == HEADER else 0
            in_order = in_order + 1 if in_order and piece == last + size else begun
            last = piece
            left -= size


def _close_gaps(c: ctypes.CDLL) -> None:
    c.mallinfo2.restype = _Told
    c.malloc.restype = c.sbrk.restype = ctypes.c_void_p
    c.malloc.argtypes, c.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]
    c.sbrk.argtypes = [ctypes.c_ssize_t]
    c.malloc_trim(0)  # joins neighbouring pieces
    told = c.mallinfo2()
    end, left = c.sbrk(0) - told.keepcost, told.fordblks + HELD
    for size in [LARGEST >> halved for halved in range(6)] + list(range(SMALL, 0, -STEP)):
        while (piece := c.malloc(size)) is not None and piece < end and left > 0:
            left -= size
        c.free(piece)
