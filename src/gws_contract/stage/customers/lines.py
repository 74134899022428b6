"""A customer that answers lines: a program (`program`) or an object of a pytest hook (`own`); see docs/customers.md.

Every request and every answer is one JSON object. The first request offers a chat; its answer says what else the
customer can do, and nothing else is asked of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from gws_contract import foreign
from gws_contract.customer_side import RUN
from gws_contract.journal import Clock, Exchange, Sink
from gws_contract.stage.abilities import EVERYTHING, Ability
from gws_contract.stage.switchboard import MARKER, LiveChat
from gws_contract.stage.target import NotReady

PATIENCE = 30.0
"""Seconds that an answer may take."""
LONGEST = 4 * 1024 * 1024
"""Bytes of an answer, at most."""

_SOLO: frozenset[Ability] = frozenset({"company"})
"""What every such customer can do: chat beside others, because each chat has one of its own."""
_TOLD = sorted(EVERYTHING - _SOLO)


class PartnerError(Exception):
    """No answer can be had. The message is the end of a sentence that begins with the name of the partner."""


class Partner(Protocol):
    """Who answers the lines of one chat."""

    @property
    def name(self) -> str:
        """As a sentence and the journal call it."""

    def ask(self, line: str, seconds: float) -> str:
        """The answer to one line. Raises PartnerError, then and ever after if it cannot be asked any more."""

    def close(self) -> None:
        """End it, whatever it does."""


class LineCustomer:
    """One customer after the other, each a partner of its own."""

    def __init__(self, partners: Callable[[], Partner], *, clock: Clock, sink: Sink) -> None:
        self.abilities = EVERYTHING
        """Until a chat is offered: what may be hoped for; then what the partner of that chat can do."""
        self._partners, self._clock, self._sink = partners, clock, sink
        self._partner: Partner | None = None
        self._chat: int | None = None

    def request_chat(self, live: LiveChat) -> None:
        """Have a chat offered that carries the marker of `live`. Raises NotReady if none is."""
        self.close()
        self._chat, self.abilities = live.number, _SOLO
        try:
            self._partner = self._partners()
        except PartnerError as error:
            raise NotReady(f"No chat could be offered: {error}.") from error
        data = {**(live.scenario.user_data or {}), MARKER: live.marker}
        exchange = self._ask(
            "offer", do="offer", marker=live.marker, nickname=live.nickname, subject=live.marker, userData=data
        )
        if exchange.failure:
            raise NotReady(f"No chat could be offered: {exchange.failure}.")
        answer = json.loads(exchange.answer or "")
        if answer.get("offered") is not True:
            raise NotReady(f"No chat was offered: {self._partner.name} says {_brief(answer.get('reason') or answer)}.")
        self.abilities = _SOLO | self._claimed(answer.get("can", []))

    def say(self, text: str, step: str = "say") -> Exchange:
        return self._ask(step, do="say", text=text)

    def typing(self, what: str, step: str = "typing") -> Exchange:
        return self._ask(step, do="type", what=what)

    def leave(self, step: str = "customer-leaves") -> Exchange:
        return self._ask(step, do="leave")

    def look(self) -> Exchange:
        return self._ask("look", do="look")

    def read(self) -> Exchange:
        return self._ask("read", do="read")

    def close(self) -> None:
        if self._partner is not None:
            self._partner.close()
            self._partner = None

    def _claimed(self, can: object) -> frozenset[Ability]:
        assert self._partner is not None
        if not isinstance(can, list) or not set(map(str, can)) <= set(_TOLD):
            words = ", ".join(_TOLD)
            raise NotReady(
                f"No chat could be offered: {self._partner.name} says `can` is {_brief(can)}; it is a list of {words}."
            )
        return frozenset(cast("list[Ability]", can))

    def _ask(self, step: str, **request: object) -> Exchange:
        """Ask, and write the exchange down; what goes wrong is its failure."""
        if self._partner is None:
            raise RuntimeError("no chat was offered")
        line = json.dumps(request)
        sent = self._clock.now()
        answer: str | None = None
        failure: str | None = None
        try:
            answer = self._partner.ask(line, PATIENCE)
            failure = _complaint(answer)
        except PartnerError as error:
            failure = str(error)
        if failure is not None:
            failure = f"{self._partner.name} {failure}"
        exchange = Exchange(
            actor="customer",
            step=step,
            chat=self._chat,
            method=RUN,
            path=self._partner.name,
            request=line,
            sent=sent,
            headers_at=None,
            done=self._clock.now(),
            status=None,
            headers={},
            answer=answer,
            failure=failure,
        )
        self._sink.write(exchange)
        return exchange


def _complaint(answer: str) -> str | None:
    """What is wrong with an answer as such."""
    try:
        value = foreign.loads(answer)
    except ValueError:
        return f"answered {_brief(answer)}, which is no JSON"
    return None if isinstance(value, Mapping) else f"answered {_brief(answer)}, which is no JSON object"


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    line = "".join(c if c.isprintable() else " " for c in text[:200])
    return repr(line if len(line) <= 80 else line[:77] + "...")
