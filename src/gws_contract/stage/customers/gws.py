"""A customer over the Customer Chat API of the same server (`gws.md` 5.1): no credentials, no CometD."""

from __future__ import annotations

from urllib.parse import quote

from gws_contract.journal import Clock, Exchange, Sink
from gws_contract.stage.abilities import EVERYTHING
from gws_contract.stage.purpose import purpose_of
from gws_contract.stage.reply import members, was_answered, went_well
from gws_contract.stage.switchboard import MARKER, LiveChat
from gws_contract.stage.target import NotReady
from gws_contract.wire.identity import Identity
from gws_contract.wire.rest import RestLine
from gws_contract.wire.wiring import Wiring

CHATS = "/api/v2/chats"


class GwsCustomer:
    """One person who chats; the connection may be lent to the next one."""

    abilities = EVERYTHING

    def __init__(self, wiring: Wiring, contact_center_id: str, *, clock: Clock, sink: Sink) -> None:
        self._line = RestLine(wiring, actor="customer", identity=Identity(None), clock=clock, sink=sink)
        self._headers = {"ContactCenterId": contact_center_id}
        self._live: LiveChat | None = None
        self._path = ""

    def request_chat(self, live: LiveChat) -> None:
        """Ask for a chat that carries the marker of `live`. Raises NotReady if the server offers none."""
        self._live = live
        body = {
            "operationName": "RequestChat",
            "nickname": live.nickname,
            "subject": live.marker,
            "userData": {**(live.scenario.user_data or {}), MARKER: live.marker},
        }
        answer = self._line.call("POST", CHATS, step="offer", chat=live.number, json=body, headers=self._headers)
        number = members(answer).get("id")
        if not went_well(answer) or not isinstance(number, str):
            raise NotReady(f"No chat could be offered: RequestChat {was_answered(answer)}")
        self._path = f"{CHATS}/{quote(number, safe='', errors='surrogatepass')}"

    def say(self, text: str, step: str = "say") -> Exchange:
        return self._do("SendMessage", step, text=text)

    def typing(self, what: str, step: str = "typing") -> Exchange:
        name = "SendStartTypingNotification" if what == "started" else "SendStopTypingNotification"
        return self._do(name, step)

    def leave(self, step: str = "customer-leaves") -> Exchange:
        return self._do("Complete", step)

    def look(self) -> Exchange:
        return self._get("", "look")

    def read(self) -> Exchange:
        return self._get("/messages?index=0", "read")

    def close(self) -> None:
        self._line.close()

    @property
    def _chat(self) -> int | None:
        return self._live.number if self._live else None

    def _do(self, operation: str, step: str, **parameters: object) -> Exchange:
        body = {"operationName": operation, **parameters}
        return self._line.call(
            "POST", self._path, step=step, chat=self._chat, purpose=purpose_of(step), json=body, headers=self._headers
        )

    def _get(self, tail: str, step: str) -> Exchange:
        return self._line.call("GET", self._path + tail, step=step, chat=self._chat, headers=self._headers)
