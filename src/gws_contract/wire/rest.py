"""HTTP as one actor of a run: every request becomes an Exchange in the journal, whatever came of it."""

from __future__ import annotations

import json as json_text
from typing import TYPE_CHECKING, Any

from gws_contract.journal import Clock, Exchange, Sink
from gws_contract.wire.http import NOTHING, Line
from gws_contract.wire.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gws_contract.wire.leash import Purpose
    from gws_contract.wire.wiring import Wiring


class RestLine:
    """One actor's requests. Safe to use from many threads; each call in flight has a connection of its own."""

    def __init__(self, wiring: Wiring, *, actor: str, identity: Identity, clock: Clock, sink: Sink) -> None:
        """`actor` is agent:NAME, customer or stranger."""
        self._wiring = wiring
        self._actor = actor
        self._clock = clock
        self._sink = sink
        self._line = Line(wiring, identity, clock)

    def call(
        self,
        method: str,
        path: str,
        *,
        step: str,
        chat: int | None = None,
        json: Any = None,
        body: bytes | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] = NOTHING,
        anonymous: bool = False,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        purpose: Purpose = "work",
        recorded_as: Callable[[Exchange], Exchange] | None = None,
    ) -> Exchange:
        """Send one request, write its Exchange to the sink, and return it.

        `path` is under the base URL. Give `json` or `body`, or neither. An `anonymous` call, and one with other
        credentials in `auth`, goes over a connection of its own with no cookie and no CSRF token of the identity, and
        leaves none there. `timeout` is the silence allowed, in seconds; `purpose` says how long it may take once the
        run has to end. `recorded_as` makes of the Exchange what the sink is given instead, where an answer holds what
        must not be recorded.

        Never raises for anything the network or the server does: see `Exchange.failure`.
        """
        if json is not None:
            body = _encoded(json)
            content_type = content_type or "application/json"
        if content_type is not None:
            headers = {"Content-Type": content_type, **headers}
        guest = anonymous or auth is not None
        line = Line(self._wiring, Identity(None if anonymous else auth), self._clock) if guest else self._line
        if self._wiring.pace is not None and not self._wiring.leash.hurried:
            self._wiring.pace()
        try:
            answer = line.exchange(method, path, body=body, headers=headers, silence=timeout, purpose=purpose)
        finally:
            if guest:
                line.close()
        exchange = Exchange(
            actor=self._actor,
            step=step,
            chat=chat,
            method=method,
            path=path,
            request=None if body is None else body.decode("utf-8", "surrogateescape"),
            sent=answer.sent,
            headers_at=answer.headers_at,
            done=answer.done,
            status=answer.status,
            headers=answer.headers,
            answer=None if answer.body is None else answer.body.decode("utf-8", "surrogateescape"),
            failure=answer.failure,
        )
        self._sink.write(exchange if recorded_as is None else recorded_as(exchange))
        return exchange

    def close(self) -> None:
        """Give the connections back; what is still under way ends with a failure."""
        self._line.close()


def _encoded(value: Any) -> bytes:
    try:
        return json_text.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate: JSON can say it, UTF-8 cannot
        return json_text.dumps(value).encode("ascii")
