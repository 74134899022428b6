"""Ways to a server: through a proxy, with certificates of one's own, with headers of a gateway."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
import trustme

from gws_contract.journal import Clock, Exchange
from gws_contract.wire.identity import Identity
from gws_contract.wire.rest import RestLine
from gws_contract.wire.wiring import Wiring

from .scripted_server import GUARD, Records, Request, ScriptedServer, answering, http

ANSWER = http("{}", Content_Type="application/json")


def get(url: str, **settings: Any) -> Exchange:
    line = RestLine(Wiring(url, **settings), actor="agent:ann", identity=Identity(None), clock=Clock(), sink=Records())
    with contextlib.closing(line):
        return line.call("GET", "/api/v2/me", step="log in")


# ---- proxies --------------------------------------------------------------------------------------------------------


@dataclass
class Proxy:
    """An HTTP proxy: forwards requests for whole URLs, and tunnels for CONNECT."""

    auth: str | None = None
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(GUARD)
        for each in (self._listener, *self._open):
            each.close()

    def _start(self, target: Any, *words: Any) -> None:
        thread = threading.Thread(target=target, args=words)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        method, where, _ = head.decode().split("\r\n")[0].split()
        self.asked.append(f"{method} {where}")
        shown = dict(header.lower().split(": ", 1) for header in head.decode().split("\r\n")[1:] if header)
        if self.auth is not None and shown.get("proxy-authorization") != self.auth.lower():
            client.sendall(b"HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        host, _, port = (where if method == "CONNECT" else where.split("/")[2]).partition(":")
        server = socket.create_connection((host, int(port)))
        self._open.append(server)
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            server.sendall(head)
        self._start(_pump, server, client)
        _pump(client, server)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for each in (source, sink):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def test_a_plain_request_goes_through_the_proxy_that_was_asked_for() -> None:
    with ScriptedServer(answering(ANSWER)) as server, Proxy() as proxy:
        assert get(server.url, proxy=proxy.url).status == 200
        assert proxy.asked == [f"GET {server.url}/api/v2/me"]


def test_a_secure_request_goes_through_a_tunnel(tls: Tls) -> None:
    with tls.server() as server, Proxy() as proxy:
        assert get(server.url, proxy=proxy.url, verify=tls.ca_file).status == 200
        assert proxy.asked == [f"CONNECT {server.url.removeprefix('https://')}"]


@pytest.mark.parametrize("secure", [False, True])
def test_the_account_of_the_proxy_is_shown_to_the_proxy_alone(tls: Tls, secure: bool) -> None:
    basic = "Basic " + base64.b64encode(b"pat:word").decode()
    server = tls.server() if secure else ScriptedServer(answering(ANSWER))
    with server, Proxy(auth=basic) as proxy:
        assert get(server.url, proxy=proxy.url, verify=tls.ca_file, proxy_auth=("pat", "word")).status == 200
    assert secure is ("proxy-authorization" not in server.requests[0].headers)


def test_a_proxy_that_refuses_is_named(tls: Tls) -> None:
    with tls.server() as server, Proxy(auth="Basic x") as proxy:
        failure = get(server.url, proxy=proxy.url, verify=tls.ca_file).failure
        assert failure == f"the proxy {proxy.url[7:]} did not let the request through: it answered 407."


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    failure = get(f"{scheme}://gws.example.com", proxy=f"http://127.0.0.1:{port}").failure
    assert failure == f"the proxy 127.0.0.1:{port} refused the connection."


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")
    with ScriptedServer(answering(ANSWER)) as server:
        assert get(server.url).status == 200


# ---- certificates ---------------------------------------------------------------------------------------------------


@dataclass
class Tls:
    """A certificate authority of one's own, and servers with its certificates."""

    folder: Path
    ca: trustme.CA = field(default_factory=trustme.CA)

    def __post_init__(self) -> None:
        self.ca_file = str(self.folder / "ca.pem")
        self.ca.cert_pem.write_to_path(self.ca_file)

    def server(self, *names: str, wants_client: bool = False) -> SecureServer:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
        if wants_client:
            self.ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return SecureServer(context)

    def client(self) -> tuple[str, str]:
        """The files of a client's certificate and key."""
        issued = self.ca.issue_cert("client.example.com")
        issued.cert_chain_pems[0].write_to_path(self.folder / "client.pem")
        issued.private_key_pem.write_to_path(self.folder / "client.key")
        return str(self.folder / "client.pem"), str(self.folder / "client.key")


class SecureServer(ScriptedServer):
    """A scripted server behind TLS."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(answering(ANSWER))
        self._context = context
        self.url = self.url.replace("http://", "https://")

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError):
            secured = self._context.wrap_socket(connection, server_side=True)
            self._sockets[number - 1] = secured
            super()._serve(secured, number)


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return Tls(tmp_path)


def test_a_server_of_a_private_authority_is_trusted_with_its_file(tls: Tls) -> None:
    with tls.server() as server:
        assert get(server.url, verify=tls.ca_file).status == 200


def test_without_the_file_it_is_not_trusted(tls: Tls) -> None:
    with tls.server() as server:
        failure = get(server.url).failure
        assert failure is not None
        assert failure.startswith(f"The certificate of {server.url[8:]} was not accepted: ")


def test_with_the_name_of_another_host_it_is_not_trusted(tls: Tls) -> None:
    with tls.server("gws.example.com") as server:
        failure = get(server.url, verify=tls.ca_file).failure
        assert failure is not None
        assert "IP address mismatch, certificate is not valid for '127.0.0.1'" in failure


def test_whoever_does_not_verify_gets_through(tls: Tls) -> None:
    with tls.server("gws.example.com") as server:
        assert get(server.url, verify=False).status == 200


def test_a_client_certificate_is_shown(tls: Tls) -> None:
    cert, key = tls.client()
    with tls.server(wants_client=True) as server:
        assert get(server.url, verify=tls.ca_file, client_cert=cert, client_key=key).status == 200


def test_without_a_client_certificate_the_server_refuses(tls: Tls) -> None:
    with tls.server(wants_client=True) as server:
        assert get(server.url, verify=tls.ca_file).failure


# ---- headers --------------------------------------------------------------------------------------------------------


def test_the_headers_of_a_gateway_go_with_every_request() -> None:
    seen: list[Request] = []

    def script(request: Request) -> bytes:
        seen.append(request)
        return ANSWER

    with ScriptedServer(script) as server:
        get(f"{server.url}/gws", headers={"ssid": "one"})
    assert (seen[0].path, seen[0].headers["ssid"]) == ("/gws/api/v2/me", "one")
