"""Fetching an address that anybody may have typed: where it may lead, how much may come, and how long it may take."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from innovation_station.errors import Refused
from innovation_station.external import fetching
from innovation_station.external.fetching import Reach, Validators, fetch, is_open, parse_address
from tests.external.calendars import calendar, event
from tests.external.server import Site, serving

DATA = calendar(event("DTSTART:20261123T080000Z\nDURATION:PT1H"))
PUBLIC = "93.184.215.14"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


def refused(address: str, reach: Reach | None = None) -> str:
    """Give the code with which an address is refused."""
    with pytest.raises(Refused) as caught:
        fetch(address, reach or Reach(10_000, resolver=_never))
    assert address not in str(caught.value) and "secret" not in repr(caught.value.refusals)
    return caught.value.refusals[0].code


def _never(host: str, _port: int) -> list[str]:
    raise AssertionError(f"{host} was looked up")


def _resolves(*found: str) -> fetching.Resolver:
    return lambda _host, _port: list(found)


def test_a_calendar_comes_and_is_asked_for_only_when_new(site: Site) -> None:
    stamp = "Sun, 22 Nov 2026 10:00:00 GMT"
    site.give("/a.ics?key=secret", DATA, ETag='"v1"', Last_Modified=stamp)
    answer = fetch(site.at("/a.ics?key=secret#part"), site.reach())
    assert answer == fetching.Answer(DATA, Validators('"v1"', stamp))
    site.give("/a.ics?key=secret", b"", 304)
    assert fetch(site.at("/a.ics?key=secret"), site.reach(), answer.validators) == fetching.Answer(
        None, answer.validators
    )
    [(_path, first), (_same, second)] = site.asked
    assert "If-None-Match" not in first
    assert (second["If-None-Match"], second["If-Modified-Since"]) == ('"v1"', stamp)
    assert second["User-Agent"].startswith("Mozilla/5.0") and second["Host"] == f"127.0.0.1:{site.port}"
    assert not {"Cookie", "Authorization", "Referer"} & second.keys()


def test_a_tag_that_would_break_a_request_is_not_kept(site: Site) -> None:
    site.give("/a.ics", DATA, ETag="x" * 500, Last_Modified="\u00e5")
    assert fetch(site.at("/a.ics"), site.reach()).validators == Validators()


def test_a_packed_answer_is_unpacked(site: Site) -> None:
    site.give("/a.ics", gzip.compress(DATA), Content_Encoding="gzip")
    assert fetch(site.at("/a.ics"), site.reach()).data == DATA


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("webcal://example.org/a.ics", "https://example.org/a.ics"),
        ("WEBCAL://example.org/a.ics", "https://example.org/a.ics"),
        (" https://example.org/a.ics ", "https://example.org/a.ics"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org/å b.ics".replace(" ", "%20"), "https://example.org/%C3%A5%20b.ics"),
    ],
)
def test_addresses_as_people_paste_them(text: str, address: str) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "address-unreadable"),
        ("https://", "address-unreadable"),
        ("https://exa mple.org/", "address-unreadable"),
        ("https://example.org/\r\nHost: other", "address-unreadable"),
        ("https:\\\\example.org\\a", "address-unreadable"),
        ("https://example.org:99999/", "address-unreadable"),
        ("https://[::1/", "address-unreadable"),
        ("https://example.org/" + "a" * 2000, "address-unreadable"),
        ("example.org/a.ics", "address-scheme"),
        ("file:///etc/passwd", "address-scheme"),
        ("ftp://example.org/a.ics", "address-scheme"),
        ("gopher://example.org/", "address-scheme"),
        ("data:text/calendar,BEGIN:VCALENDAR", "address-scheme"),
        ("javascript:alert(1)", "address-scheme"),
        ("unix:///run/docker.sock", "address-scheme"),
        ("https://member:word@example.org/a.ics", "address-password"),
        ("https://example.org@127.0.0.1/", "address-password"),
        ("https://:@example.org/", "address-password"),
    ],
)
def test_addresses_that_cannot_be_right(text: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_address(text)
    assert caught.value.refusals[0].code == code


INSIDE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::127.0.0.1", "::7f00:1",
    "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::10.0.0.1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2606:4700::5efe:127.0.0.1",
    "2606:4700:0:0:200:5efe:10.0.0.1", "168.63.129.16", "::ffff:168.63.129.16", "192.88.99.1", "3fff::1", "5f00::1",
    "2002:808:808::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_are_not_of_the_open_internet(address: str) -> None:
    assert not is_open(address)
    assert refused("https://calendar.example.org/a.ics", Reach(1000, resolver=_resolves(address))) == "address-private"
    host = f"[{address}]" if ":" in address else address
    for scheme in ("http", "https", "webcal"):
        assert refused(f"{scheme}://{host}/a.ics") == "address-private"


@pytest.mark.parametrize("address", ["130.238.7.10", "2001:6b0:e::1"])
def test_networks_that_the_house_closes_are_not_open(address: str) -> None:
    closed = (ip_network("130.238.0.0/16"), ip_network("2001:6b0::/32"))
    assert is_open(address) and not is_open(address, closed) and is_open(PUBLIC, closed)
    assert (
        refused("https://inside.example.org/", Reach(1, closed=closed, resolver=_resolves(address)))
        == "address-private"
    )


def test_this_machine_is_not_open_by_whatever_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetching.is_ours(ip_address("127.0.0.1")) and not fetching.is_ours(ip_address(PUBLIC))
    for own in {str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), 0, family=socket.AF_INET)}:
        assert fetching.is_ours(ip_address(own))
    monkeypatch.setattr(fetching, "is_ours", lambda address: address == ip_address(PUBLIC))
    reach = Reach(1, resolver=_resolves(PUBLIC))
    assert refused("https://elsewhere.example.org/", reach) == refused(f"https://{PUBLIC}/") == "address-private"
    assert refused(f"https://[::ffff:{PUBLIC}]/") == "address-private"


def test_the_house_is_not_asked_for_its_own_pages() -> None:
    """Also not by another name of the machine that stands in front of it."""
    reach = Reach(1, own="station.example.org", resolver=_resolves(PUBLIC))
    for host in ("station.example.org", "STATION.example.org.", "alias.example.org", PUBLIC):
        assert refused(f"https://{host}/calendar/a.ics", reach) == "address-private"
    names = {"station.example.org": ["192.0.2.1"], "other.example.org": ["127.0.0.1"]}
    other = Reach(1, own="station.example.org", seconds=0.3, resolver=lambda host, _port: names[host])
    assert refused("https://other.example.org/", other) == "address-private"


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700:4700::1111"])
def test_addresses_of_the_open_internet(address: str) -> None:
    assert is_open(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.1", "127.0.1", "0", "0x7f.0.0.1", "0x7f000001", "0X7F.1", "2130706433", "017700000001", "0177.0.0.1",
        "127.0.0.01", "00000127.0.0.1", "1.2.3.4.5", "256.0.0.1", "127.0.0.1.", "127。0。0。1", "１２７.0.0.1",
        "[::ffff:127.0.0.1%25eth0]", "[fe80::1%25lo]", "[0:0:0:0:0:0:0:1]", "[::ffff:0x7f.1]", "-a.example.org",
        "a..example.org", "exa_mple!.org", "a" * 64 + ".org",
    ],
)  # fmt: skip
def test_spellings_of_hosts_that_people_do_not_write(host: str) -> None:
    assert refused(f"http://{host}/latest/meta-data") in ("address-host", "address-private", "address-unreadable")


def test_local_names_go_nowhere() -> None:
    for host in ("localhost", "LOCALHOST", "ip6-localhost", "localhost.localdomain"):
        code = refused(f"http://{host}/", Reach(1000))
        assert code in ("address-private", "address-nowhere")


@pytest.mark.parametrize("port", [22, 25, 6379, 5432, 8080])
def test_other_ports_are_closed(port: int) -> None:
    assert refused(f"http://example.org:{port}/") == "address-port"


def test_a_name_with_one_address_inside_is_refused_with_all() -> None:
    reach = Reach(1000, resolver=_resolves(PUBLIC, "127.0.0.1"))
    assert refused("https://rebind.example.org/", reach) == "address-private"


def test_a_name_that_changes_its_answer_is_gone_to_where_it_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second answer would be ours; nobody asks for it, and the connection goes to the first."""
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    gone: list[tuple[str, int]] = []

    def connect(target: tuple[str, int], **_more: object) -> socket.socket:
        gone.append(target)
        raise ConnectionRefusedError

    monkeypatch.setattr(fetching.socket, "create_connection", connect)
    reach = Reach(1000, resolver=lambda _host, _port: next(answers))
    assert refused("http://rebind.example.org/", reach) == "fetch-failed"
    assert gone == [(PUBLIC, 80)] and len(list(answers)) == 2


def test_the_name_stays_what_is_asked_for_where_the_address_is_pinned(site: Site) -> None:
    site.give("/a.ics", DATA)
    reach = site.reach(hosts=frozenset({"timeedit.test"}), resolver=_resolves("127.0.0.1"))
    assert fetch(f"http://TimeEdit.test:{site.port}/a.ics", reach).data == DATA
    assert site.asked[0][1]["Host"] == f"timeedit.test:{site.port}"


def test_an_unknown_name_is_told() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    assert refused("https://nowhere.example.org/", Reach(1000, resolver=unknown)) == "address-nowhere"
    assert refused("https://nowhere.example.org/", Reach(1000, resolver=_resolves())) == "address-nowhere"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(site: Site, status: int) -> None:
    site.send_on("/old", "new/a.ics", status)
    site.give("/new/a.ics", DATA)
    assert fetch(site.at("/old"), site.reach()).data == DATA


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("http://169.254.169.254/latest/meta-data", "address-private"),
        ("http://[::ffff:10.0.0.1]/", "address-private"),
        ("http://127.0.0.1:1/", "address-port"),
        ("http://127.0.0.1/", "address-private"),
        ("http://0x7f.1/", "address-host"),
        ("http://inside.example.org/", "address-private"),
        ("file:///etc/passwd", "address-scheme"),
        ("ftp://example.org/", "address-scheme"),
        ("http://a:b@example.org/", "address-password"),
        ("http://exa mple.org/", "address-unreadable"),
        ("/loop", "address-redirects"),
        ("", "address-redirects"),
    ],
)
def test_redirects_are_looked_at_like_the_first(site: Site, to: str, code: str) -> None:
    site.send_on("/start", to)
    site.send_on("/loop", "/loop")
    assert refused(site.at("/start"), site.reach(resolver=_resolves("10.0.0.7"))) == code
    assert len(site.asked) <= fetching.MOST_REDIRECTS + 1


def test_a_redirect_may_not_leave_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_ask", lambda *_: (None, "http://example.org/a.ics"))
    assert refused("https://example.org/a.ics") == "address-downgrade"


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 429, 500, 503])
def test_other_answers_are_told(site: Site, status: int) -> None:
    site.give("/a.ics", b"" if status == 204 else DATA, status)
    with pytest.raises(Refused) as caught:
        fetch(site.at("/a.ics"), site.reach())
    [refusal] = caught.value.refusals
    assert (refusal.code, refusal.values) == ("fetch-status", {"status": status})


def test_a_large_answer_is_cut_off(site: Site) -> None:
    site.give("/a.ics", b"x" * 300_000)
    assert refused(site.at("/a.ics"), site.reach()) == "fetch-large"


def test_an_answer_without_end_is_cut_off(site: Site) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while True:
            request.wfile.write(b"x" * 65536)

    site.pages["/a.ics"] = endless
    assert refused(site.at("/a.ics"), site.reach()) == "fetch-large"


@pytest.mark.parametrize("layers", [1, 2])
def test_a_small_packet_that_unpacks_to_much_is_cut_off(site: Site, layers: int) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(b"\0" * 100_000_000) + packer.flush()
    if layers == 2:
        site.give("/a.ics", gzip.compress(bomb), Content_Encoding="gzip")
        assert len(fetch(site.at("/a.ics"), site.reach()).data or b"") < 200_000  # unpacked once and no more
        return
    assert len(bomb) < 150_000
    site.give("/a.ics", bomb, Content_Encoding="gzip")
    assert refused(site.at("/a.ics"), site.reach()) == "fetch-large"


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_other_packings_are_not_asked_for_and_not_read(site: Site, encoding: str) -> None:
    site.give("/a.ics", DATA, Content_Encoding=encoding)
    assert refused(site.at("/a.ics"), site.reach()) == "fetch-failed"


def test_what_breaks_off_is_no_answer(site: Site) -> None:
    def short(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(DATA)))
        request.end_headers()
        request.wfile.write(DATA[:50])

    def chunked(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.wfile.write(b"32\r\n" + DATA[:50] + b"\r\n")

    site.pages["/short"], site.pages["/chunked"] = short, chunked
    site.give("/packed", gzip.compress(DATA)[:-30], Content_Encoding="gzip")
    site.give("/garbage", DATA, Content_Encoding="gzip")
    for path in ("/short", "/chunked", "/packed", "/garbage"):
        assert refused(site.at(path), site.reach()) == "fetch-failed", path


def test_no_answer_in_time_is_told(site: Site) -> None:
    def silent(request: BaseHTTPRequestHandler) -> None:
        time.sleep(1)

    def dripping(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(40):
            request.wfile.write(b"x")
            time.sleep(0.05)

    def dripping_head(request: BaseHTTPRequestHandler) -> None:
        for _ in range(40):
            request.wfile.write(b"H")
            time.sleep(0.05)

    site.pages.update({"/silent": silent, "/dripping": dripping, "/head": dripping_head})
    assert refused(site.at("/silent"), site.reach(read_seconds=0.2)) == "fetch-slow"
    for path in ("/dripping", "/head"):
        started = time.monotonic()
        assert refused(site.at(path), site.reach(seconds=0.5)) == "fetch-slow", path
        assert time.monotonic() - started < 1.9


SAYS_CLOSE = b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 100 Continue\r\n",
        SAYS_CLOSE,
        SAYS_CLOSE + b"4\r\n",
        SAYS_CLOSE + b"1\r\nx\r\n0\r\nX-Trailer: ",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 900\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: ",
    ],
    ids=["status", "head", "continue", "size", "chunk", "trailer", "body", "length", "redirect"],
)
def test_a_server_that_drips_is_cut_off_wherever_it_does(before: bytes) -> None:
    """As `Connection: close` is what we ask for, http.client has let go of its socket by then."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port, over = server.getsockname()[1], threading.Event()

        def drip() -> None:
            line, _from = server.accept()
            with line, contextlib.suppress(OSError):
                line.recv(65536)
                line.sendall(before)
                while not over.wait(0.05):
                    line.sendall(b"0")

        thread = threading.Thread(target=drip)
        thread.start()
        threads, started = threading.active_count(), time.monotonic()
        reach = Reach(10_000, hosts=frozenset({f"127.0.0.1:{port}"}), seconds=0.6, read_seconds=0.4)
        stop = threading.Timer(8, over.set)
        stop.start()
        try:
            assert refused(f"http://127.0.0.1:{port}/a.ics", reach) == "fetch-slow"
            assert time.monotonic() - started < 4
        finally:
            stop.cancel()
            over.set()
            thread.join()
        assert threading.active_count() <= threads  # nothing waits for the end of what has ended


def test_a_fetch_that_ends_leaves_no_socket_and_no_thread(site: Site) -> None:
    site.give("/a.ics", DATA, Connection="close")
    site.send_on("/old", "/a.ics")
    before = set(threading.enumerate())
    assert fetch(site.at("/old"), site.reach()).data == DATA
    assert not [one for one in set(threading.enumerate()) - before if isinstance(one, threading.Timer)]


def test_a_name_that_nobody_answers_for_is_not_waited_for() -> None:
    over = threading.Event()

    def tarpit(_host: str, _port: int) -> list[str]:
        over.wait(8)
        return [PUBLIC]

    started = time.monotonic()
    try:
        assert refused("https://tarpit.example.org/", Reach(1, seconds=0.2, resolver=tarpit)) == "fetch-slow"
        assert time.monotonic() - started < 4
    finally:
        over.set()


def test_the_deadline_holds_for_all_redirects_together(site: Site) -> None:
    over, asked = threading.Event(), []

    def resolver(host: str, _port: int) -> list[str]:
        asked.append(host)
        over.wait(0.1 if host == "first.test" else 8)
        return ["127.0.0.1"]

    site.send_on("/start", f"http://second.test:{site.port}/a.ics")
    reach = site.reach(hosts=frozenset({"first.test", "second.test"}), seconds=1.0, resolver=resolver)
    started = time.monotonic()
    try:
        assert refused(f"http://first.test:{site.port}/start", reach) == "fetch-slow"
        assert time.monotonic() - started < 4 and asked == ["first.test", "second.test"]
    finally:
        over.set()
    asked.clear()
    assert refused(f"http://first.test:{site.port}/start", site.reach(seconds=0.0, resolver=resolver)) == "fetch-slow"
    assert asked == []


def test_a_server_that_is_no_web_server_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        reach = Reach(1000, hosts=frozenset({f"127.0.0.1:{port}"}), read_seconds=0.2)
        assert refused(f"http://127.0.0.1:{port}/", reach) == "fetch-slow"
        assert refused(f"https://127.0.0.1:{port}/", reach) == "fetch-slow"
    assert refused(f"http://127.0.0.1:{port}/", reach) == "fetch-failed"


def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.give("/a.ics", DATA)
    assert fetch(site.at("/a.ics"), site.reach()).data == DATA


def test_only_the_host_of_an_address_is_shown() -> None:
    assert fetching.shown_address("https://cloud.timeedit.net/su/ri1Xsecret.ics?k=secret") == "cloud.timeedit.net"
    assert fetching.shown_address("https://[::1/") == "…"


def test_a_list_of_hosts_is_read() -> None:
    assert fetching.trusted_hosts(" a.test, B.test:8080 ,,") == {"a.test", "b.test:8080"}
    assert Reach(1, hosts=frozenset({"b.test:8080"})).trusts("b.test", 8080)
    assert not Reach(1, hosts=frozenset({"b.test:8080"})).trusts("b.test", 80)


def test_a_server_that_cannot_prove_its_name_is_told(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "elsewhere.test")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = tmp_path / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with serving(context) as site:
        site.give("/a.ics", DATA)
        assert refused(f"https://127.0.0.1:{site.port}/a.ics", site.reach()) == "fetch-certificate"
        assert site.asked == []
