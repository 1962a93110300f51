"""A web server on loopback that answers as a test wants it to, and the way to reach it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from innovation_station.external.fetching import Reach

Handler = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """What stands at which path, and what was asked for."""

    port: int = 0
    pages: dict[str, Handler] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def at(self, path: str) -> str:
        """Give the address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def reach(self, **more: object) -> Reach:
        """Give what a house may reach that has named this server."""
        given = {"size": 200_000, "hosts": frozenset({f"127.0.0.1:{self.port}"}), **more}
        return Reach(**given)  # type: ignore[arg-type]

    def give(self, path: str, data: bytes, status: int = 200, **headers: str) -> None:
        """Have a path answer with some bytes."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data)

        self.pages[path] = answer

    def send_on(self, path: str, to: str, status: int = 302) -> None:
        """Have a path send on to an address."""
        self.give(path, b"", status, Location=to)


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Run a server for as long as it is needed, with a `context` by TLS."""
    site = Site()

    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            if context:
                with suppress(OSError):
                    self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

        def do_GET(self) -> None:
            site.asked.append((self.path, dict(self.headers)))
            self.close_connection = True
            with suppress(OSError):
                site.pages.get(self.path, lambda request: request.send_error(404))(self)

        def log_message(self, *_arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
