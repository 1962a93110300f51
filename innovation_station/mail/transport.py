"""How messages leave: into files that can be read, or to a mail server.

A transport says how a try ended and raises nothing of the network's. What the server said of the mail (4xx, 5xx to its
receiver or content) is told apart from the server not being there to talk to: only the first is the mail's own. All of
smtplib's errors are OSErrors.
"""

from __future__ import annotations

import errno
import os
import secrets
import smtplib
import ssl
from contextlib import suppress
from datetime import UTC
from email import policy
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from innovation_station.mail.rules import SENT, Outcome

TIMEOUT = 30.0  # for each answer of the server
READABLE = policy.default.clone(utf8=True, cte_type="8bit")
TOO_LARGE = 552
LOCAL = ("localhost", "127.0.0.1", "::1")


class Transport(Protocol):
    """A way out."""

    cte: str

    def deliver(self, message: EmailMessage) -> Outcome:
        """Send one message to its one receiver."""

    def close(self) -> None:
        """Let go of what is open; the next message opens it again."""

    def check(self) -> str:
        """Say in one line that it works. Raises OSError where it does not."""


def transport(url: str) -> Transport:
    """Give the transport of a checked STATION_MAIL_URL."""
    parts = urlsplit(url)
    return Files(Path(url.removeprefix("file://"))) if parts.scheme == "file" else Smtp(parts)


class Files:
    """Writes each message into a file, named by its time and id: one sent twice is one file."""

    cte = "8bit"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, message: EmailMessage) -> Outcome:
        """Write a file that appears whole or not at all."""
        moment = message["Date"].datetime.astimezone(UTC)
        target = self.folder / f"{moment:%Y%m%d-%H%M%S}-{message['Message-ID'].strip('<>')[:12]}.eml"
        try:
            self._write(target, message.as_bytes(policy=READABLE))
        except OSError as error:
            return Outcome("away", "unreachable", f"{error.filename or self.folder}: {error.strerror}")
        return SENT

    def _write(self, target: Path, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is open."""

    def check(self) -> str:
        """See that files can be written, by writing one where the folder is there already. Raises OSError."""
        if not self.folder.exists():
            above = next(place for place in self.folder.parents if place.exists())
            if not os.access(above, os.W_OK):
                raise PermissionError(errno.EACCES, "nothing can be written there", str(above))
            return f"files in {self.folder}, which the first one makes."
        probe = self.folder / f".check-{secrets.token_hex(4)}"
        self._write(probe, b"")
        probe.unlink()
        return f"files in {self.folder}."


class Smtp:
    """Talks to a server, over one connection for as long as there is something to send."""

    cte = "quoted-printable"

    def __init__(self, parts: SplitResult) -> None:
        self.host = parts.hostname or "localhost"
        self.tls = parts.scheme == "smtps"
        self.port = parts.port or (465 if self.tls else 25 if not parts.username else 587)
        self.user = unquote(parts.username) if parts.username else None
        self.password = unquote(parts.password or "")
        self._client: smtplib.SMTP | None = None

    def deliver(self, message: EmailMessage) -> Outcome:
        """Send over the open connection, or a new one."""
        try:
            client = self._connected()
        except (OSError, UnicodeError) as error:  # a host that cannot be a name
            self.close()
            return Outcome("away", "unreachable", _told(error))
        outcome = _sent(client, message)
        if outcome.kind == "away":
            self.close()
        return outcome

    def _connected(self) -> smtplib.SMTP:
        if self._client is not None:
            try:
                if self._client.noop()[0] == 250:
                    return self._client
            except OSError:
                pass
            self.close()  # the server ended it meanwhile, as servers do
        self._client = self._connect()
        return self._client

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        local = self.host in LOCAL
        if local:  # a server on this machine has a certificate for another name, if any that is known
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client: smtplib.SMTP
        if self.tls:
            client = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=context)
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            client.ehlo_or_helo_if_needed()
            secure = self.tls
            if not secure and client.has_extn("starttls"):
                client.starttls(context=context)
                client.ehlo()
                secure = True
            if self.user is not None:
                if not (secure or local):
                    raise smtplib.SMTPException("the server offers no encryption, so the password is not sent")
                client.login(self.user, self.password)
        except BaseException:
            client.close()
            raise
        return client

    def close(self) -> None:
        """Say goodbye and hang up."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError):
                client.quit()
            client.close()

    def check(self) -> str:
        """Connect and log in. Raises OSError."""
        try:
            self._connected()
        finally:
            self.close()
        return f"{self.host} port {self.port} answers{' and knows the user' if self.user else ''}."


def _sent(client: smtplib.SMTP, message: EmailMessage) -> Outcome:
    sender = parseaddr(message["From"].addresses[0].addr_spec)[1]
    receiver = message["To"].addresses[0].addr_spec
    try:
        client.send_message(message, sender, [receiver])
    except smtplib.SMTPRecipientsRefused as error:
        code, text = error.recipients[receiver]
        return _answered(code, text)
    except smtplib.SMTPSenderRefused as error:
        # a sender that may not send is the settings' fault: parking mail after mail would not help
        known = error.smtp_code == TOO_LARGE or error.smtp_code < 500
        return _answered(error.smtp_code, error.smtp_error) if known else Outcome("away", "refused", _told(error))
    except smtplib.SMTPDataError as error:
        return _answered(error.smtp_code, error.smtp_error)
    except smtplib.SMTPNotSupportedError as error:
        return Outcome("parked", "refused", str(error))
    except OSError as error:
        return Outcome("away", "unreachable", _told(error))
    return SENT


def _answered(code: int, text: bytes | str) -> Outcome:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if code == 421:  # the server is about to close
        return Outcome("away", "unreachable", f"{code} {said}")
    return Outcome("parked" if code >= 500 else "later", "refused", f"{code} {said}")


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
