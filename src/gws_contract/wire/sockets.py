"""Connections of urllib3 that can be cut from another thread, and whose answers are read patiently (`reading`).

What urllib3 cannot do by itself: end a connecting or a read that another thread waits in.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import ProxyManager, make_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from gws_contract.wire.reading import WatchedResponse, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from urllib3.response import HTTPResponse

_IDLE = 10
"""Connections of one line that are kept for the next request."""
CLOSED = "The suite itself closed this connection."


class CutError(ConnectionAbortedError):
    """The suite closed its own connections."""


class Sockets:
    """The open sockets of one line, so that another thread can end what the line waits for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.why_cut: str | None = None
        """Once it is cut: why, in one sentence."""
        self.on_sent: Callable[[], None] | None = None
        """Called after the last byte of each request was handed to the operating system."""

    def add(self, sock: socket.socket) -> None:
        """Watch a fresh connection. Raises CutError once the line is cut."""
        with self._lock:
            if self.why_cut is not None:
                raise CutError
            self._open.add(sock)

    def cut(self, why: str = CLOSED) -> None:
        """End everything under way, connecting too, and refuse every later connection. The first reason counts."""
        with self._lock:
            self.why_cut = self.why_cut or why
            for sock in self._open:
                # Past the TLS layer, which must not be touched while another thread reads through it.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    response_class = WatchedResponse
    sockets: ClassVar[Sockets]
    _last: WatchedResponse | None = None
    _handle: socket.socket | None = None
    """Of the connection while TLS is agreed upon: the socket itself is out of reach then."""
    _held: bytearray | None = None
    """What waits to be sent, while a request is put together."""

    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError as error:
            if self._tunnel_host is not None:
                raise
            late = ssl.SSLError()
            late.reason = "it was not agreed upon in time"
            raise late from error
        finally:
            if self._handle is not None:
                self._handle.close()
        assert self.sock is not None
        self.sockets.add(self.sock)
        self._last = None

    def _new_conn(self) -> socket.socket:
        """As urllib3 makes it, but it can be cut, and all addresses of the host share its timeout."""
        host = self._dns_host.strip("[]")
        until = None if self.timeout is None else time.monotonic() + float(self.timeout)
        try:
            host.encode("idna")
        except UnicodeError as error:
            raise LocationParseError(host) from error
        try:
            found = socket.getaddrinfo(host, self.port, allowed_gai_family(), socket.SOCK_STREAM)
            return self._connected(found, until)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no connection in time") from error
        except CutError:
            raise
        except OSError as error:
            raise NewConnectionError(self, "no connection") from error

    def _connected(self, addresses: Sequence[tuple[Any, ...]], until: float | None) -> socket.socket:
        """To the first of the addresses that takes it. Raises OSError, CutError and TimeoutError among them."""
        last: OSError = OSError("the host has no address")
        for family, kind, protocol, _, address in addresses:
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(None if until is None else max(0.001, until - time.monotonic()))
                self.sockets.add(sock)
                sock.connect(address)
                self._handle = sock.dup()
                self.sockets.add(self._handle)
            except OSError as error:
                sock.close()
                if isinstance(error, CutError | TimeoutError):
                    raise
                last = error
            else:
                return sock
        raise last

    def request(self, *of_urllib3: Any, **more: Any) -> None:
        """As urllib3 sends it, but headers and a body that fits beside them leave together.

        Apart they are two system calls and, without Nagle's algorithm, two packets: the server is woken twice.
        """
        self._held = bytearray()
        super().request(*of_urllib3, **more)
        held, self._held = self._held, None
        super().send(held)

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
            return
        self._held += data

    @property
    def is_connected(self) -> bool:
        """Whether the next request may go over it: not if it holds bytes that its answer must not begin with."""
        out_of_step = self._last is not None and self._last.surplus > 0
        return not out_of_step and super().is_connected

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3 ignores the same
        if self.sockets.on_sent is not None:
            self.sockets.on_sent()
        response = super().getresponse()
        self._last = watched(response)
        return response


@dataclass(frozen=True, slots=True)
class Way:
    """How the host of a URL is reached: with which certificates, and through which proxy. Files are PEM."""

    verify: bool | str = True
    """Whether the server's certificate must be signed by an authority of certifi, or of this file or folder."""
    client_cert: str | None = None
    client_key: str | None = None
    client_key_password: str | None = field(default=None, repr=False)
    proxy: str | None = None
    proxy_auth: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def tls(self) -> dict[str, Any]:
        """The settings of a pool of TLS connections."""
        settings: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED"}
        if self.verify is False:
            settings["cert_reqs"] = "CERT_NONE"
        else:
            trusted = DEFAULT_CA_BUNDLE_PATH if self.verify is True else self.verify
            settings["ca_cert_dir" if Path(trusted).is_dir() else "ca_certs"] = trusted
        if self.client_cert is not None:
            settings |= {"cert_file": self.client_cert, "key_file": self.client_key}
            settings |= {"key_password": self.client_key_password}
        return settings


def pool(url: str, watch: Sockets, way: Way) -> HTTPConnectionPool | ProxyManager:
    """Connections to the host of a URL: kept alive, all under the watch of `watch`.

    Both are asked with `urlopen`: a pool for the path of a request, a proxy for its whole URL.
    """

    class Plain(_Watched):
        sockets = watch

    class Secure(_Watched, HTTPSConnection):
        sockets = watch

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    parts = urlsplit(url)
    assert parts.hostname is not None
    secure = parts.scheme == "https"
    if way.proxy is not None:
        account = make_headers(proxy_basic_auth=":".join(way.proxy_auth)) if way.proxy_auth else None
        manager = ProxyManager(way.proxy, proxy_headers=account, maxsize=_IDLE, **(way.tls if secure else {}))
        manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
        return manager
    if not secure:
        return PlainPool(parts.hostname, parts.port, maxsize=_IDLE)
    return SecurePool(parts.hostname, parts.port, maxsize=_IDLE, **way.tls)
