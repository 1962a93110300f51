"""Fetches a calendar from an address that anybody may have typed, and lets nobody reach the house's own network by it.

The name is resolved here; every address it has must be one of the open internet; the connection goes to the very
address that was looked at, with the name kept for Host, SNI and the certificate. So a name that changes its answer
between the look and the connection changes nothing. Redirects are followed by hand, each looked at like the first.
No proxy, cookie, netrc or password of the environment is used. The address is a secret: no error repeats it.

One deadline holds for all of it: for names, which the system looks up as long as it likes, for every step of a redirect
and for every byte. It ends the connection itself, whatever the reader waits for.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from innovation_station.errors import Refusal, Refused

LONGEST_ADDRESS = 2_000
MOST_REDIRECTS = 5
CONNECT_SECONDS = 10.0
READ_SECONDS = 15.0  # between two pieces
TOTAL_SECONDS = 60.0
_CHUNK = 1 << 15
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Outlook's server answers programs it does not know with an error (nextcloud/server#54799)
USER_AGENT = "Mozilla/5.0 (compatible; InnovationStation/1.0; calendar)"
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBERS_ONLY = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*\.?")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

_EMBEDDING = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
# What registers call global, or have not heard of, and is not: Azure's host agent, the relays of 6to4 (RFC 7526), names
# for documents (RFC 9637), segments of routes (RFC 9602).
_CLOSED = tuple(
    map(ipaddress.ip_network, ("168.63.129.16/32", "192.88.99.0/24", "2002::/16", "3fff::/20", "5f00::/16"))
)  # 6to4 (2002::) is given up (RFC 7526), and Python's releases differ about it


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a house lets its program go: `hosts` ("host" or "host:port") may lie anywhere, all others on the open
    internet at one of some `ports`; no answer is longer than `size` bytes, unpacked.

    Not of the open internet are also `closed` networks, this machine by whatever address, and `own`, the host by which
    people reach the house.
    """

    size: int
    ports: frozenset[int] = frozenset({80, 443})
    hosts: frozenset[str] = frozenset()
    closed: tuple[Network, ...] = ()
    own: str | None = None
    resolver: Resolver = field(default=resolve, compare=False)
    seconds: float = TOTAL_SECONDS
    read_seconds: float = READ_SECONDS

    def trusts(self, host: str, port: int) -> bool:
        """Tell whether the house has named a host itself."""
        return not self.hosts.isdisjoint((host, f"{host}:{port}"))


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask with whether anything is new."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the bytes, or None where nothing is new; and what to ask with the next time."""

    data: bytes | None
    validators: Validators


def _no(refusal: Refusal) -> Refused:
    return Refused([refusal])


def parse_address(text: str) -> str:
    """Give an address as it is fetched: webcal is https.

    Raises Refused for one that cannot be right, wherever it leads: address-unreadable, address-scheme,
    address-password.
    """
    return _split(text.strip()).geturl()


def shown_address(text: str) -> str:
    """Give what may be shown of an address: its host. The rest is a key in most of them."""
    try:
        return urlsplit(text).hostname or "…"
    except ValueError:
        return "…"


def _split(text: str) -> SplitResult:
    if not text or len(text) > LONGEST_ADDRESS or re.search(r"[\x00-\x20\x7f-\x9f\\]", text):
        raise _no(Refusal("address-unreadable", "address"))
    text = re.sub(r"^webcals?://", "https://", text, flags=re.IGNORECASE)
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise _no(Refusal("address-unreadable", "address")) from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise _no(Refusal("address-scheme", "address"))
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise _no(Refusal("address-password", "address"))
    if not host:
        raise _no(Refusal("address-unreadable", "address"))
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return parts._replace(path=path, query=query, fragment="")


def _plain_host(host: str) -> str:
    """Give a host as it is looked up: an address in its one strict form, or a name of letters. Raises Refused."""
    if ":" in host:
        try:
            if "%" in host:
                raise ValueError(host)
            return str(ipaddress.IPv6Address(host))
        except ValueError:
            raise _no(Refusal("address-host", "address")) from None
    try:
        name = host.encode("ascii").decode() if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise _no(Refusal("address-host", "address")) from None
    name = name.lower().rstrip(".")
    if _NUMBERS_ONLY.fullmatch(name):
        # 127.1, 0x7f.1, 2130706433, 017700000001: what the system would take for an address and people do not write
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise _no(Refusal("address-host", "address")) from None
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise _no(Refusal("address-host", "address"))
    return name


def is_open(text: str, closed: Sequence[Network] = ()) -> bool:
    """Tell whether an address is one of the open internet and of no `closed` network, also by what it carries within:
    IPv4 in IPv6, in all the ways that routers unpack it."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_is_global(one, closed) and not is_ours(one) for one in (address, *_within(address)))


def is_ours(address: Address) -> bool:
    """Tell whether an address is one of this machine. Nothing is sent: the system is asked by which address of its own
    it would go there, and to itself it goes by the very same."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as there:
            there.connect((str(address), 9))
            return ipaddress.ip_address(there.getsockname()[0].partition("%")[0]) == address
    except (OSError, ValueError):
        return False  # there is no way to it at all


def _is_global(address: Address, closed: Sequence[Network]) -> bool:
    site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return (
        address.is_global and not site_local and not address.is_multicast and not address.is_reserved
        and not address.is_unspecified and not address.is_loopback and not address.is_link_local
        and not address.is_private and not any(address in network for network in (*_CLOSED, *closed))
    )  # fmt: skip


def _within(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[Address] = [one for one in (address.ipv4_mapped, address.sixtofour) if one is not None]
    found += address.teredo or ()
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    compatible = int(address) >> 32 == 0 and int(address) > 1
    isatap = (int(address) >> 32) & 0xFFFFFFFF in (0x00005EFE, 0x02005EFE)
    if compatible or isatap or any(address in network for network in _EMBEDDING):
        found.append(low)
    return found


def fetch(address: str, reach: Reach, known: Validators | None = None) -> Answer:
    """Fetch an address, or learn that nothing is new.

    Raises Refused: what `parse_address` says; address-host, address-port, address-nowhere, address-private,
    address-redirects; fetch-failed, fetch-status, fetch-slow, fetch-large, fetch-certificate.
    """
    deadline = time.monotonic() + reach.seconds
    asked = known or Validators()
    secure = False
    for _step in range(MOST_REDIRECTS + 1):
        if time.monotonic() >= deadline:
            raise _no(Refusal("fetch-slow", "address"))
        parts = _split(address)
        if secure and parts.scheme != "https":
            raise _no(Refusal("address-downgrade", "address"))
        secure = parts.scheme == "https"
        answer, location = _ask(parts, reach, asked, deadline)
        if answer is not None:
            return answer
        address = urljoin(parts.geturl(), location)
    raise _no(Refusal("address-redirects", "address", {"most": MOST_REDIRECTS}))


def _ask(parts: SplitResult, reach: Reach, known: Validators, deadline: float) -> tuple[Answer | None, str]:
    """Ask one server; give its answer, or where it sends us."""
    host = _plain_host(parts.hostname or "")
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    trusted = reach.trusts(host, port)
    if not trusted and port not in reach.ports:
        raise _no(Refusal("address-port", "address", {"port": port}))
    targets = _target(host, port, reach, trusted, deadline)
    connection = _connection(parts.scheme, host, port, targets, reach, deadline)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers=_headers(parts, host, port, known))
        with contextlib.closing(connection.getresponse()) as response:
            if response.status in _REDIRECTS:
                return None, response.getheader("Location") or ""
            if response.status == 304:
                return Answer(None, known), ""
            if response.status != 200:
                raise _no(Refusal("fetch-status", "address", {"status": response.status}))
            given = Validators(_tag(response.getheader("ETag")), _tag(response.getheader("Last-Modified")))
            return Answer(_body(response, reach, deadline), given), ""
    except TimeoutError:
        raise _no(Refusal("fetch-slow", "address")) from None
    except ssl.SSLCertVerificationError:
        raise _no(Refusal("fetch-certificate", "address")) from None
    except (OSError, http.client.HTTPException, zlib.error, ValueError):
        late = time.monotonic() >= deadline
        raise _no(Refusal("fetch-slow" if late else "fetch-failed", "address")) from None
    finally:
        connection.finish()


def _target(host: str, port: int, reach: Reach, trusted: bool, deadline: float) -> list[str]:
    """Resolve a host to where may be gone. One address that is not open spoils all: a name that has both is a trick."""
    found = _addresses(host, port, reach, deadline)
    if not found:
        raise _no(Refusal("address-nowhere", "address"))
    if trusted:
        return found
    own = set(_addresses(reach.own, port, reach, deadline)) if reach.own else set()
    if host == reach.own or not own.isdisjoint(found) or not all(is_open(one, reach.closed) for one in found):
        raise _no(Refusal("address-private", "address"))
    return found


def _addresses(host: str, port: int, reach: Reach, deadline: float) -> list[str]:
    """Give the addresses of a host, none of one that nobody knows. The system asks for a name as long as it likes, so
    it is asked aside, and waited for no longer than there is time. Raises Refused: fetch-slow."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    asked: Future[list[str]] = Future()

    def ask() -> None:
        try:
            asked.set_result(list(reach.resolver(host, port)))
        except Exception as error:  # noqa: BLE001  whatever it is, it is raised where it is waited for
            asked.set_exception(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        return asked.result(timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        raise _no(Refusal("fetch-slow", "address")) from None
    except (OSError, UnicodeError):
        return []


class _Pinned(http.client.HTTPConnection):
    """A connection to addresses that were looked at, by the name that was asked for. It ends at its deadline.

    http.client lets go of its socket as soon as an answer says `Connection: close`, and reads on from a file of it. So
    the deadline has a handle of its own on the line (`_line`), which nobody closes but `finish`.
    """

    def __init__(self, host: str, port: int, targets: Sequence[str], reach: Reach, deadline: float) -> None:
        super().__init__(host, port, timeout=reach.read_seconds)
        self._targets, self._deadline = targets, deadline
        self._line: socket.socket | None = None
        self._end: threading.Timer | None = None

    def connect(self) -> None:
        """Go to the first of the addresses that answers."""
        trouble: OSError = OSError("no address")
        for target in self._targets[:4]:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                self.sock = socket.create_connection((target, self.port), timeout=min(CONNECT_SECONDS, left))
            except OSError as error:
                trouble = error
                continue
            self.sock.settimeout(min(self.timeout or READ_SECONDS, left))
            self._line = self.sock.dup()
            self._end = threading.Timer(max(0.0, self._deadline - time.monotonic()), _cut, [self._line])
            self._end.daemon = True
            self._end.start()
            return
        raise trouble

    def finish(self) -> None:
        """Close it, and let nothing wait for its end any more."""
        if self._end is not None:
            self._end.cancel()
            self._end.join()  # it is not to cut what has got the same number since
        if self._line is not None:
            self._line.close()
        self.close()


class _PinnedTLS(_Pinned):
    """The same behind TLS: the certificate must be of the name."""

    def connect(self) -> None:
        """Connect, then shake hands."""
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()


def _cut(line: socket.socket) -> None:
    """End what goes on: a server that sends a byte now and then is never silent for long."""
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _connection(
    scheme: str, host: str, port: int, targets: Sequence[str], reach: Reach, deadline: float
) -> _Pinned:  # fmt: skip
    kind = _PinnedTLS if scheme == "https" else _Pinned
    return kind(host, port, targets, reach, deadline)


def _headers(parts: SplitResult, host: str, port: int, known: Validators) -> dict[str, str]:
    name = f"[{host}]" if ":" in host else host
    headers = {
        "Host": name if port == _DEFAULT_PORTS[parts.scheme] else f"{name}:{port}",
        "User-Agent": USER_AGENT,
        "Accept": "text/calendar, */*;q=0.1",
        "Accept-Encoding": "gzip, identity;q=0.5",
        "Connection": "close",
    }
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


def _tag(value: str | None) -> str | None:
    """Keep what a server gives to ask with, where it can be sent back as it came."""
    return value if value and len(value) <= 200 and value.isascii() and value.isprintable() else None


def _body(response: http.client.HTTPResponse, reach: Reach, deadline: float) -> bytes:
    """Read an answer, unpacked as it comes, no longer than it may be and no later."""
    encoding = (response.getheader("Content-Encoding") or "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise _no(Refusal("fetch-failed", "address"))
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    whole = bytearray()
    while piece := response.read1(_CHUNK):
        # one byte more than may be, so that a small packet cannot become a large answer before anybody looks
        whole += unpack.decompress(piece, reach.size + 1 - len(whole)) if unpack else piece
        if len(whole) > reach.size or (unpack and unpack.unconsumed_tail):
            raise _no(Refusal("fetch-large", "address", {"mb": round(reach.size / 1_000_000, 1)}))
        if time.monotonic() >= deadline:
            break
    if time.monotonic() >= deadline:
        raise TimeoutError  # the line was cut: what has come may look whole, and need not be
    if (response.length or 0) > 0 or (unpack and not unpack.eof):
        raise _no(Refusal("fetch-failed", "address"))  # it broke off: what is missing would be taken for free
    return bytes(whole)


def trusted_hosts(text: str) -> Collection[str]:
    """Read a list of hosts, separated by commas, each with or without a port."""
    return frozenset(one.strip().lower() for one in text.split(",") if one.strip())
