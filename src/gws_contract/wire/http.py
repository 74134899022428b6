"""One line to a server: HTTP requests over `urllib3`, whose every outcome is an answer.

No proxies of the environment, no redirects, no retries: each of them would send something that nobody asked for.
"""

from __future__ import annotations

import re
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3

from gws_contract.wire.answer import Answer, Reading
from gws_contract.wire.failures import NETWORK_ERRORS, sentence
from gws_contract.wire.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gws_contract.journal import Clock
    from gws_contract.wire.identity import Identity
    from gws_contract.wire.leash import Purpose
    from gws_contract.wire.wiring import Wiring

NOTHING: Mapping[str, str] = MappingProxyType({})

_OURS = {"User-Agent": "gws-contract", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_HEADER = re.compile(r"(\S[^\r\n]*)?")


class Line:
    """The connections of one user of the network to one server; safe to use from many threads."""

    def __init__(self, wiring: Wiring, identity: Identity, clock: Clock) -> None:
        self.wiring = wiring
        self._identity = identity
        self._clock = clock
        self._lane = Lane(wiring)
        self._last: Lane | None = None
        self._closed = False
        self._making = threading.Lock()
        self._prefix = urlsplit(wiring.base_url.rstrip("/")).path
        if wiring.verify is False:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def when_sent(self, tell: Callable[[], None]) -> None:
        """From now on, call `tell` each time a request has left and its answer is awaited."""
        self._lane.sockets.on_sent = tell

    def exchange(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] = NOTHING,
        silence: float | None = None,
        purpose: Purpose = "work",
    ) -> Answer:
        """Send one request and read its whole answer; never raises for what the network or the server does.

        `silence` is the read timeout in seconds, that of the wiring if None. `headers` win over all others. `purpose`
        says how long it may take once the run has to end.
        """
        leash = self.wiring.leash
        silence = leash.patience(purpose, self.wiring.read_timeout if silence is None else silence)
        connect = min(self.wiring.connect_timeout, silence)
        url = self.wiring.url(path)
        reading = Reading(self.wiring.max_body, self.wiring.ration, self.wiring.secrets)
        headers_at: float | None = None
        sent = self._clock.now()
        lane = self._lane_for(purpose)
        try:
            identity = self._identity.headers(method, url)
            together = _together(_OURS, self.wiring.headers, identity, headers)
            with leash.held(purpose, lane.sockets, f"{method} {path}"):
                sent = self._clock.now()
                response = lane.connections.urlopen(
                    method,
                    self._prefix + path if self.wiring.proxy is None else url,
                    body=body,
                    headers=together,
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    timeout=urllib3.Timeout(connect=connect, read=silence),
                    preload_content=False,
                    decode_content=False,
                )
                headers_at = self._clock.now()
                try:
                    self._identity.learn(url, response, self.wiring.secrets)
                    reading.read(response)
                finally:
                    response.close()
                    response.release_conn()
        except NETWORK_ERRORS as error:
            reading.failure = lane.sockets.why_cut or sentence(
                error,
                where=self.wiring.where,
                connect=connect,
                silence=silence,
                begun=headers_at is not None,
                proxy=self.wiring.where_proxy,
            )
        return reading.answer(sent, headers_at, self._clock.now())

    def cut(self) -> None:
        """End what the line waits for in other threads, and refuse every later request."""
        with self._making:
            self._closed = True
            lanes = [self._lane] if self._last is None else [self._lane, self._last]
        for lane in lanes:
            lane.sockets.cut()

    def close(self) -> None:
        """Cut the line and give its connections back."""
        self.cut()
        for lane in (self._lane, self._last):
            if lane is not None:
                lane.close()

    def _lane_for(self, purpose: Purpose) -> Lane:
        """Once the run has to end, what clears up goes over connections that nothing else hangs on."""
        if not self.wiring.leash.hurried or purpose in ("work", "poll"):
            return self._lane
        with self._making:
            if self._last is None:
                self._last = Lane(self.wiring)
                if self._closed:
                    self._last.sockets.cut()
            return self._last


def _together(*given: Mapping[str, str]) -> dict[str, str]:
    """The headers of one request; a later one of the same name wins. Raises InvalidHeader."""
    out: dict[str, tuple[str, str]] = {}
    for headers in given:
        for name, value in headers.items():
            if not (_HEADER.fullmatch(value) and _HEADER.fullmatch(name)):
                raise urllib3.exceptions.InvalidHeader
            out[name.lower()] = name, value
    return dict(out.values())
