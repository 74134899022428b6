"""HTTP as nearly everybody speaks it, read and written with little ado: what a mock spends under load is spent here.

A request is ordinary if it is HTTP/1.1 with a plain path, plain headers and at most a megabyte of body whose length is
told. What is not is left, with its connection and for good, to aiohttp, which knows the whole of HTTP. Nothing that a
client can see tells the two apart.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE

from gws_contract.mock.gate import Gate, Incoming
from gws_contract.mock.outcome import JSON
from gws_contract.mock.thorough import Thorough
from gws_contract.mock.variation import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

_REQUEST = re.compile(rb"(GET|POST|PUT|DELETE) (/[\w/.~-]*)(?:\?([\w.*~&=-]*))? HTTP/1\.1", re.ASCII)
_LINE = re.compile(rb"([A-Za-z0-9-]+): ?([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)")
_ODD = frozenset({"transfer-encoding", "content-encoding", "expect", "upgrade", "trailer", "te"})
"""Headers that change how a request is to be read."""
_HEAD_LIMIT, _BODY_LIMIT, _AHEAD_LIMIT = 8000, 1 << 20, 1 << 16
"""Bytes of a head and of a body that are ordinary, and of what a client may send ahead of its answer."""
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_BROKEN = Answer(500, b"", {"Content-Type": "text/plain"})
_PATIENCE = 0.02
"""Seconds that a mock which is stopped gives the requests under way."""


class Door:
    """Makes a protocol for every connection of a node; to be called by a server, on the loop."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.aiohttp = web.Server(Thorough(gate).handle, access_log=None)
        self.open: set[Swift] = set()

    def __call__(self) -> Swift:
        return Swift(self)

    async def close(self) -> None:
        """Close every connection; parked polls are cut."""
        for connection in list(self.open):
            connection.close()
        self.aiohttp.pre_shutdown()
        await self.aiohttp.shutdown(_PATIENCE)


class Swift(asyncio.Protocol):
    """One connection: its requests, one after the other."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._held = b""
        """What was received and not understood yet."""
        self._busy = False
        """Whether a request is being answered."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._door.open.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._door.open.discard(self)

    def data_received(self, data: bytes) -> None:
        self._held = self._held + data if self._held else data
        if self._busy:
            if len(self._held) > _AHEAD_LIMIT:
                self._transport.pause_reading()
        else:
            self._read()

    def close(self) -> None:
        self._transport.close()

    def _read(self) -> None:
        """Answer the request that has come, once it is here to its end."""
        held = self._held
        end = held.find(b"\r\n\r\n")
        if end < 0:
            if len(held) > _HEAD_LIMIT:
                self._leave_to_aiohttp()
            return
        request = _head(held[:end]) if end <= _HEAD_LIMIT else None
        if request is None:
            self._leave_to_aiohttp()
            return
        method, path, query, headers, cookies, length = request
        whole = end + 4 + length
        if len(held) < whole:
            return
        self._held = held[whole:]
        self._busy = True
        body = held[end + 4 : whole]
        try:
            self._door.gate.ask(
                Incoming(method, path, query, headers, cookies, body, self._transport.abort), self._reply
            )
        except Exception:
            logging.getLogger(__name__).exception("%s %s could not be answered", method, path)
            self._reply(_BROKEN, {})

    def _leave_to_aiohttp(self) -> None:
        self._door.open.discard(self)
        other = self._door.aiohttp()
        self._transport.set_protocol(other)
        other.connection_made(self._transport)
        other.data_received(self._held)

    def _reply(self, answer: Answer, cookies: Mapping[str, str]) -> bool:
        if answer.delay > 0:
            asyncio.get_running_loop().call_later(answer.delay, self._write, answer, cookies)
            return False
        self._write(answer, cookies)
        return True

    def _write(self, answer: Answer, cookies: Mapping[str, str]) -> None:
        if not self._transport.is_closing():
            self._transport.write(written(answer, cookies, self._door.gate.cookie_path))
        if answer.cut is not None:
            self._transport.close()
        self._busy = False
        if self._held and not self._transport.is_closing():
            self._transport.resume_reading()
            # Not here: whoever sent a thousand requests ahead would have them answered a thousand calls deep.
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        if not self._busy and self._held and not self._transport.is_closing():
            self._read()


Named = dict[str, str]


def _head(head: bytes) -> tuple[str, str, Named, Named, Named, int] | None:
    """Method, path, query, headers, cookies and length of the body of an ordinary request; None of any other."""
    first, _, rest = head.partition(b"\r\n")
    begun, told = _first(first), _headers(rest)
    return (*begun, *told) if begun is not None and told is not None else None


@lru_cache(maxsize=4096)
def _headers(block: bytes) -> tuple[Named, Named, int] | None:
    """Headers, cookies and length of the body. Whoever polls sends the same ones again and again."""
    lines = block.split(b"\r\n") if block else []
    headers: Named = {}
    for line in lines:
        header = _header(line)
        if header is None:
            return None
        headers[header[0]] = header[1]
    length = headers.get("content-length", "0")
    if len(headers) != len(lines) or not length.isdigit() or len(length) > 7 or int(length) > _BODY_LIMIT:
        return None
    return headers, _cookies(headers.get("cookie", "")), int(length)


@lru_cache(maxsize=1024)
def _first(line: bytes) -> tuple[str, str, Named] | None:
    """Method, path and query."""
    found = _REQUEST.fullmatch(line)
    if found is None:
        return None
    method, path, pairs = found.groups()
    query: Named = {}
    if pairs:
        for pair in pairs.decode().split("&"):
            name, _, value = pair.partition("=")
            query.setdefault(name, value)
    return method.decode(), path.decode(), query


@lru_cache(maxsize=8192)
def _header(line: bytes) -> tuple[str, str] | None:
    """A header, its name in lower case; None if it asks for more than is done here. Most come again and again."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    name, value = found[1].decode().lower(), found[2].decode()
    ordinary = name not in _ODD and (name != "connection" or value.lower() == "keep-alive") and '"' not in value
    return (name, value) if ordinary else None


def _cookies(header: str) -> Named:
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return {name: value for name, _, value in pairs}


def written(answer: Answer, cookies: Mapping[str, str], path: str) -> bytes:
    """An answer as bytes, with cookies for everything below the path; one that is cut closes its connection."""
    body = answer.body
    head = _begun(answer.status, *answer.headers.items())
    if answer.status not in _BODILESS:
        head += f"Content-Length: {len(body)}\r\n"
    if answer.cut is not None:
        body = body[: answer.cut]
    elif cookies:
        head += "".join(f"Set-Cookie: {name}={value}; HttpOnly; Path={path}\r\n" for name, value in cookies.items())
    if answer.status in _BODILESS:
        body = b""
    elif (
        answer.headers is not JSON
        and answer.body
        and not any(name.lower() == "content-type" for name in answer.headers)
    ):
        head += "Content-Type: application/octet-stream\r\n"
    head += _dated(int(time.time()))
    if answer.cut is not None:
        head += "Connection: close\r\n"
    return f"{head}\r\n".encode() + body


@lru_cache(maxsize=256)
def _begun(status: int, *headers: tuple[str, str]) -> str:
    """The head of an answer as far as it is the same for many."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    return f"HTTP/1.1 {status} {phrase}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)


@lru_cache(maxsize=2)
def _dated(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\nServer: {SERVER_SOFTWARE}\r\n"
