"""Where the mock listens: sockets on an address, and the name clients should call it by."""

from __future__ import annotations

import ipaddress
import socket

try:
    import resource
except ImportError:  # pragma: no cover - not on Windows
    resource = None  # type: ignore[assignment]  # asked for before it is used

from gws_contract.mock.options import MockError

BACKLOG = 4096
_PORT_TRIES = 20


def name_of(host: str) -> str:
    """What clients should call the host: localhost, because cookie jars take no cookies from IP addresses."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_loopback or address.is_unspecified:
        return "localhost"
    return f"[{host}]" if address.version == 6 else host


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on the host; for IPv4 loopback also on ::1, if that is what localhost means first to clients.

    Raises MockError with a sentence.
    """
    both = host == "127.0.0.1" and _localhost_is_ipv6()
    for _ in range(_PORT_TRIES if both and port == 0 else 1):
        first = _bind(host, port)
        if not both:
            return [first]
        try:
            return [first, _bind("::1", first.getsockname()[1])]
        except MockError:
            first.close()
    raise MockError(f"The mock cannot listen on both 127.0.0.1 and ::1, port {port}, which localhost means here.")


def allow_many_connections() -> None:
    """Let this process have as many open sockets as the system allows it, not only as many as it starts with."""
    if resource is not None:  # pragma: no branch - not on Windows
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # Without the protocol asyncio does not set TCP_NODELAY, and every second write of a response waits 40 ms.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise MockError(f"The mock cannot listen on {host}: {error.strerror}.") from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        sock.close()
        reason = str(error.strerror if isinstance(error, OSError) else error).rstrip(".")
        raise MockError(f"The mock cannot listen on {host}, port {port}: {reason}.") from error
    return sock


def _localhost_is_ipv6() -> bool:
    try:
        families = [each[0] for each in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)]
        if families[:1] != [socket.AF_INET6]:
            return False
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
