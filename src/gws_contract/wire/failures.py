"""One sentence for everything that can go wrong between a request and the last byte of its answer.

The texts of exceptions are not used: some quote a header, and headers hold credentials.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from typing import TYPE_CHECKING

import urllib3
from urllib3.exceptions import (
    ClosedPoolError,
    ConnectTimeoutError,
    DecodeError,
    IncompleteRead,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)

from gws_contract.wire.sockets import CutError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NETWORK_ERRORS = (
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,  # also what http.client says to a chunk size that is no number, and UnicodeError to a strange host
)
"""What a request may end with because of the network, the server, or a header that cannot be sent."""


_TUNNEL = "Tunnel connection failed: "
_STATUS = re.compile("[0-9]{3}")


def sentence(
    error: Exception, *, where: str, connect: float, silence: float, begun: bool, proxy: str | None = None
) -> str:
    """What happened, for people.

    `where` is host:port; `connect` and `silence` are the timeouts in seconds; `begun` says that headers had come.
    `proxy` is what stands between, if anything does.
    """
    causes = list(_causes(error))
    if proxy is not None and any(isinstance(cause, ProxyError) for cause in causes):
        where = proxy
        said = next((str(cause) for cause in causes if str(cause).startswith(_TUNNEL)), "")
        if status := _STATUS.match(said.removeprefix(_TUNNEL)):
            return f"{where} did not let the request through: it answered {status[0]}."

    def caused_by(*kinds: type[BaseException]) -> BaseException | None:
        return next((cause for cause in causes if isinstance(cause, kinds)), None)

    if caused_by(CutError, ClosedPoolError):
        return "The suite itself closed this connection."
    if caused_by(NameResolutionError, socket.gaierror):
        return f"The name in {where} is not known here."
    if caused_by(ConnectionRefusedError):
        return f"{where} refused the connection."
    untrusted = caused_by(ssl.SSLCertVerificationError)
    if isinstance(untrusted, ssl.SSLCertVerificationError):
        return f"The certificate of {where} was not accepted: {untrusted.verify_message}."
    if caused_by(ssl.SSLError, urllib3.exceptions.SSLError):
        reason = next((getattr(cause, "reason", None) for cause in causes if isinstance(cause, ssl.SSLError)), None)
        return f"The TLS connection with {where} failed: {reason or 'no reason given'}."
    short = caused_by(IncompleteRead)
    if isinstance(short, IncompleteRead) and isinstance(short.partial, int) and isinstance(short.expected, int):
        expected = short.partial + short.expected
        return f"The body ended after {short.partial} of the {expected} bytes that its Content-Length announces."
    if caused_by(DecodeError):
        return "The body cannot be unpacked as its Content-Encoding says."
    if caused_by(ReadTimeoutError):
        return _late(silence, begun=begun)
    if caused_by(ConnectTimeoutError) and not caused_by(NewConnectionError):
        return f"No connection to {where} came about within {connect:g} s."
    if caused_by(TimeoutError):
        return _late(silence, begun=begun)
    return _broken(error, causes, where=where, begun=begun)


def _late(silence: float, *, begun: bool) -> str:
    what = "The answer was not complete" if begun else "No answer came"
    return f"{what}: nothing more was heard for {silence:g} s, or it took too long as a whole."


def _broken(error: Exception, causes: list[BaseException], *, where: str, begun: bool) -> str:
    if any(isinstance(cause, http.client.RemoteDisconnected) for cause in causes):
        return f"{where} closed the connection without an answer."
    if any(isinstance(cause, ConnectionError) for cause in causes):
        moment = "in the middle of the answer" if begun else "before an answer came"
        return f"The connection with {where} broke {moment}."
    if begun:
        return "The body is not what its headers say: broken chunks, or it ended too early."
    if any(isinstance(cause, http.client.HTTPException) for cause in causes):
        return f"What {where} answered is not HTTP."
    if isinstance(error, urllib3.exceptions.InvalidHeader):
        return "A header of the request or of the answer is not a valid one."
    system = next((cause for cause in causes if isinstance(cause, OSError) and cause.strerror), None)
    if isinstance(system, OSError):
        return f"The connection with {where} failed: {system.strerror}."
    return f"The request could not be made ({type(error).__name__})."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it wraps: requests and urllib3 put the cause in arguments, in `reason`, or behind."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
        waiting += [cause for cause in inner if isinstance(cause, BaseException)]


def mismatch(headers: Mapping[str, str], *, size: int, surplus: int, plain: bool) -> str | None:
    """What is wrong with a body that was read to its end without complaint, None if nothing.

    `size` is its bytes; `surplus` those received after it; `plain` says that neither Transfer-Encoding nor
    Content-Encoding changed it. http.client ignores all of this.
    """
    if surplus:
        return f"The answer goes on for {surplus} bytes after the end of its body."
    if "content-length" not in headers or not plain:
        return None
    announced = headers["content-length"].strip(" \t")
    if not (announced.isascii() and announced.isdigit()):
        return f"The Content-Length {announced!r} is not a number."
    if int(announced[:20]) != size:
        return f"The body has {size} bytes, its Content-Length announces {announced}."
    return None
