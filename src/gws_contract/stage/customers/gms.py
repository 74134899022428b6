"""A customer over the Chat API v2 of Genesys Mobile Services (`gws.md` 5.2): forms in, JSON out, polling.

What the server gives the customer to prove who he is (secureKey, userId, alias) is never recorded.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from gws_contract.customer_side import GMS
from gws_contract.journal import Clock, Exchange, Sink
from gws_contract.stage.abilities import EVERYTHING
from gws_contract.stage.purpose import purpose_of
from gws_contract.stage.reply import in_words, members, went_well
from gws_contract.stage.switchboard import MARKER, LiveChat
from gws_contract.stage.target import NotReady
from gws_contract.wire.identity import Identity
from gws_contract.wire.rest import RestLine
from gws_contract.wire.wiring import Wiring

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
MASK = "masked"
"""Stands in the journal for a secret of the chat; in a form as in JSON."""
KEYS = ("userId", "secureKey", "alias")

_IN_JSON = re.compile(rf'("(?:{"|".join(KEYS)})"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[^\s,}}\]]+)')
_IN_FORM = re.compile(rf"((?:^|&)(?:{'|'.join(KEYS)})=)[^&]*")
_WHOLE = "1"
"""The transcriptPosition with which all entries are answered; 0 is for none."""
_LEAST = 8
"""A value of fewer characters is masked under its name only: elsewhere it may be anything."""


class GmsCustomer:
    """One person who chats; the connection may be lent to the next one."""

    abilities = EVERYTHING

    def __init__(self, wiring: Wiring, service: str, *, clock: Clock, sink: Sink) -> None:
        """`wiring` leads to the server of Genesys Mobile Services; `service` is written as in a path."""
        self._line = RestLine(wiring, actor="customer", identity=Identity(None), clock=clock, sink=sink)
        self._service = f"{GMS}{service}"
        self._path = self._service
        self._chat: int | None = None
        self._keys: dict[str, str] = {}

    def request_chat(self, live: LiveChat) -> None:
        """Ask for a chat that carries the marker of `live`. Raises NotReady if the server offers none."""
        self._chat, self._keys, self._path = live.number, {}, self._service
        data = {**(live.scenario.user_data or {}), MARKER: live.marker}
        form = {"nickname": live.nickname, "subject": live.marker}
        form |= {f"userData[{name}]": _text(value) for name, value in data.items()}
        answer = self._post("", "offer", form)
        given, keys = members(answer), _keys_in(answer)
        if not went_well(answer) or not isinstance(given.get("chatId"), str) or len(keys) < len(KEYS):
            raise NotReady(f"No chat could be offered: Genesys Mobile Services answered {_told(answer)}")
        self._keys = keys
        self._path = f"{self._service}/{quote(given['chatId'], safe='', errors='surrogatepass')}"

    def say(self, text: str, step: str = "say") -> Exchange:
        return self._post("/send", step, {"message": text})

    def typing(self, what: str, step: str = "typing") -> Exchange:
        return self._post("/startTyping" if what == "started" else "/stopTyping", step)

    def leave(self, step: str = "customer-leaves") -> Exchange:
        return self._post("/disconnect", step)

    def look(self) -> Exchange:
        return self._post("/refresh", "look", {"transcriptPosition": _WHOLE})

    def read(self) -> Exchange:
        return self._post("/refresh", "read", {"transcriptPosition": _WHOLE})

    def close(self) -> None:
        self._line.close()

    def _post(self, tail: str, step: str, form: dict[str, str] | None = None) -> Exchange:
        body = urlencode({**(form or {}), **self._keys}, errors="surrogatepass").encode("ascii")
        return self._line.call(
            "POST",
            self._path + tail,
            step=step,
            chat=self._chat,
            purpose=purpose_of(step),
            body=body,
            content_type=FORM,
            recorded_as=self._masked,
        )

    def _masked(self, exchange: Exchange) -> Exchange:
        """The exchange without the secrets of the chat: under their names, and those of some length wherever."""
        keys = (*self._keys.values(), *_keys_in(exchange).values())
        values = [value for value in keys if len(value) >= _LEAST]
        request = _without(values, _IN_FORM.sub(rf"\1{MASK}", exchange.request or ""))
        answer = None if exchange.answer is None else _without(values, _IN_JSON.sub(rf'\1"{MASK}"', exchange.answer))
        return replace(exchange, request=request, answer=answer)


def _keys_in(answer: Exchange) -> dict[str, str]:
    given = members(answer)
    return {name: _text(given[name]) for name in KEYS if name in given}


def _without(secrets: list[str], text: str) -> str:
    for secret in secrets:
        for spelled in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
            text = text.replace(spelled, MASK)
    return text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _told(answer: Exchange) -> str:
    """The answer for a person; Genesys Mobile Services says in `errors` what it objects to."""
    errors = members(answer).get("errors")
    advice = [str(one.get("advice") or one.get("code")) for one in errors or () if isinstance(one, dict)]
    return in_words(answer) + (f", {advice[0]!r}" if advice else "")
