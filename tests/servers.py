"""A local server whose behaviour a test decides."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LABELS = ["neg", "pos"]


def probabilities(texts: list[str]) -> list[list[float]]:
    """ "good" makes a text positive, "bad" negative."""
    shares = [0.5 + 0.4 * ("good" in text) - 0.3 * ("bad" in text) for text in texts]
    return [[1 - share, share] for share in shares]


class Server:
    """Where it is, and the requests that came: their bodies and headers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.stopped = threading.Event()

    @property
    def calls(self) -> int:
        return len(self.bodies)


Behaviour = Callable[[Server, BaseHTTPRequestHandler, Any], None]


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def answer(server: Server, handler: BaseHTTPRequestHandler, body: Any) -> None:
    """As a server should."""
    send(handler, json.dumps({"probabilities": probabilities(body["texts"])}).encode())


@contextmanager
def serving(behave: Behaviour = answer) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.bodies.append(body)
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
            try:
                behave(server, self, body)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on stderr."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    httpd.block_on_close = False
    server = Server(f"http://127.0.0.1:{httpd.server_port}/classify")
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        httpd.shutdown()
        httpd.server_close()
