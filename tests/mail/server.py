"""A real mail server on loopback that does what it is told: takes mail, says no, says later, dawdles, dies."""

# ruff: noqa: N802  aiosmtpd calls its handlers so
from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Received:
    """One message that the server took."""

    sender: str
    receiver: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])


@dataclass
class Behaviour:
    """What the server does. `answers` are given to DATA one after the other, then 250; `rcpt` by receiver."""

    answers: list[str] = field(default_factory=list)
    rcpt: dict[str, list[str]] = field(default_factory=dict)
    sender: str | None = None
    delay: float = 0.0
    die_after_data: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    users: list[tuple[bytes, bytes]] = field(default_factory=list)
    during: Callable[[], Any] | None = None

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.sender or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = self.rcpt.get(address)
        if answers:
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.delay)
        if self.during:
            self.during()
        if self.answers:
            return self.answers.pop(0)
        message = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
        self.received.append(Received(str(envelope.mail_from), envelope.rcpt_tos[0], message))  # type: ignore[arg-type]
        if self.die_after_data:
            self.die_after_data -= 1
            assert server.transport
            server.transport.abort()
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        return [one.subject for one in self.received]


@contextmanager
def serving(behaviour: Behaviour, port: int = 0, **options: Any) -> Iterator[int]:
    """Run the server; give its port."""

    def known(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
        behaviour.users.append((data.login, data.password))
        return AuthResult(success=data.password != b"wrong", handled=False)

    controller = Controller(behaviour, "127.0.0.1", port, authenticator=known, **options)
    if not port:
        controller.port = free_port()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    """Give a port that nobody listens on."""
    import socket
    from contextlib import closing

    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
