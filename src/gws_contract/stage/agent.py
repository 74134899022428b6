"""An agent of the run: one account, one REST line, one quiet observer."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator

from gws_contract.journal import Clock, Delivery, Exchange, Sink
from gws_contract.stage.reply import in_words, members, went_well
from gws_contract.stage.target import NOTIFICATIONS, TOPIC, Account, NotReady
from gws_contract.wire.bayeux import Observer, ObserverError
from gws_contract.wire.rest import Identity, RestLine, Wiring

ME = "/api/v2/me"
FEATURES = ("api-multimedia", "api-multimedia-chat")
"""The page names the first; the page of the chat resource names the second (`gws.md` 2.2)."""


class Agent:
    """Logs in, works on chats, logs out. Every request is in the journal; none raises for what a server answers."""

    def __init__(
        self,
        account: Account,
        wiring: Wiring,
        *,
        clock: Clock,
        sink: Sink,
        serials: Iterator[int],
        on_delivery: Callable[[Delivery], None],
    ) -> None:
        self.name = account.user
        self.account = account
        self._in_session = False
        identity = Identity((account.user, account.password))
        self.line = RestLine(wiring, actor=f"agent:{account.user}", identity=identity, clock=clock, sink=sink)
        self._new_observer = functools.partial(
            Observer,
            wiring,
            path=NOTIFICATIONS,
            agent=account.user,
            identity=identity,
            clock=clock,
            sink=sink,
            topics=(TOPIC,),
            serials=serials,
            on_delivery=on_delivery,
        )
        self._observer = self._new_observer()

    def log_in(self) -> None:
        """Credentials, features, CometD subscription, contact center session, Ready: in the order that loses nothing.

        Raises NotReady with a sentence that says which step failed, and how.
        """
        me = self.line.call("GET", ME, step="log in", recorded_as=_without_resources)
        if me.failure:
            raise NotReady(f"The server does not answer: {me.failure}")
        if me.status in (401, 403):
            raise NotReady(f"The server refuses the agent {self.name} ({in_words(me)}); is the password right?")
        if not went_well(me) or "statusCode" not in members(me):
            raise NotReady(
                f"GET {ME} was answered {in_words(me)}, not as a GWS answers; is the URL that of Genesys Web Services?"
            )
        self._must_have_the_feature(me)
        self._observe()
        self._in_session = True
        self._start_session()

    def _observe(self) -> None:
        try:
            self._observer.open()
        except ObserverError as error:
            raise NotReady(str(error)) from error

    def _start_session(self) -> None:
        started = self._ask("StartContactCenterSession", channels=["chat"])
        code = members(started).get("statusCode")
        if not went_well(started):
            why = "; is the chat channel set up for this agent?" if code == 7 else ""
            feature = f"; has the account the feature {FEATURES[0]}?" if code == 5 else ""
            raise NotReady(f"StartContactCenterSession of {self.name} was answered {in_words(started)}{why}{feature}")
        self.ready()

    def _must_have_the_feature(self, me: Exchange) -> None:
        user = members(me).get("user")
        listed = user.get("features") if isinstance(user, dict) else None
        if isinstance(listed, list) and listed and not set(FEATURES) & {str(name) for name in listed}:
            raise NotReady(f"The account {self.name} has not the feature {FEATURES[0]}, which the operation requires.")

    def ready(self) -> None:
        """Take offers. Raises NotReady."""
        answer = self._ask("Ready")
        if not went_well(answer):
            raise NotReady(f"Ready of {self.name} was answered {in_words(answer)}")

    def not_ready(self) -> None:
        """Take no more offers."""
        self._ask("NotReady")

    def observe_anew(self) -> None:
        """Give the CometD session up and begin another: the next epoch. Raises NotReady."""
        self._observer.close()
        observer = self._new_observer()
        observer.epoch = self._observer.epoch
        self._observer = observer
        self._observe()

    def leave_and_return(self) -> None:
        """Log out of the contact center and in again; what was offered meanwhile is offered anew. Raises NotReady."""
        self._ask("NotReady")
        self._ask("EndContactCenterSession")
        self._start_session()

    def log_out(self) -> None:
        """Leave the contact center, if it was entered, and end the CometD session; whatever the server answers."""
        if self._in_session:
            self._ask("NotReady")
            self._ask("EndContactCenterSession")
            self._in_session = False
        self.close()

    def close(self) -> None:
        """End the CometD session and give the connections back."""
        self._observer.close()
        self.line.close()

    def _ask(self, operation: str, **parameters: object) -> Exchange:
        body = {"operationName": operation, **parameters}
        return self.line.call("POST", ME, step=operation, json=body, recorded_as=_without_resources)

    def operate(self, operation: str, chat_id: str, *, step: str, chat: int, **parameters: object) -> Exchange:
        """POST an operation on a chat."""
        body = {"operationName": operation, **parameters}
        return self.line.call("POST", f"{ME}/chats/{chat_id}", step=step, chat=chat, json=body)

    def post(self, chat_id: str, body: bytes, *, step: str, chat: int) -> Exchange:
        """POST JSON on a chat as it is spelled."""
        return self.line.call(
            "POST", f"{ME}/chats/{chat_id}", step=step, chat=chat, body=body, content_type="application/json"
        )


def _without_resources(me: Exchange) -> Exchange:
    """Only what the run needs of an answer about the agent: whatever its status and form, it may tell of strangers."""
    answer = members(me)
    if not answer:
        return dataclasses.replace(me, answer=None)
    said = {name: answer.get(name) for name in ("statusCode", "statusMessage")}
    kept: dict[str, object] = {name: value for name, value in said.items() if isinstance(value, str | int | float)}
    user = answer.get("user")
    listed = user.get("features") if isinstance(user, dict) else None
    if isinstance(listed, list):
        kept["user"] = {"features": [name for name in listed if isinstance(name, str)]}
    return dataclasses.replace(me, answer=json.dumps(kept))
