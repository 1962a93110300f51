"""Wakes the worker of this machine when a transaction that queued mail has been committed.

Without it mail leaves all the same, at the worker's next look. A worker that runs finds a byte in its socket; where it
rests, whoever forked this process forks it on a signal.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from typing import Any

from sqlalchemy import event

from innovation_station.db import db

_ends: list[socket.socket] = []
_hung_by: list[int] = []


def hang(end: socket.socket) -> None:
    """Write a byte into this socket whenever mail was queued in this process, or in one forked from it.

    The latter send this process SIGALRM, too.
    """
    end.setblocking(False)
    _ends[:], _hung_by[:] = [end], [os.getpid()]


def _ring(session: Any) -> None:
    if session.info.pop("mail_queued", None) and _ends:
        with suppress(OSError):  # full: the worker has been told; closed: it is gone, and will look when it is back
            _ends[0].send(b"!")
        if os.getppid() in _hung_by:
            os.kill(os.getppid(), signal.SIGALRM)


def _forget(session: Any) -> None:
    session.info.pop("mail_queued", None)


event.listen(db.session, "after_commit", _ring)
event.listen(db.session, "after_rollback", _forget)
