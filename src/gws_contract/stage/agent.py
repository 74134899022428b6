"""An agent of the run: one account, one REST line, and what it hears with."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from gws_contract import notification as notice
from gws_contract.journal import Clock, Delivery, Exchange, Sink
from gws_contract.stage.hearing import Hearing
from gws_contract.stage.purpose import purpose_of
from gws_contract.stage.reply import in_words, members, was_answered, went_well
from gws_contract.stage.switchboard import MARKER, marker_of
from gws_contract.stage.target import Account, NotReady, Target
from gws_contract.wire.identity import Identity
from gws_contract.wire.leash import Purpose
from gws_contract.wire.rest import RestLine
from gws_contract.wire.wiring import Wiring

ME = "/api/v2/me"
USERS = "/api/v2/users"
FEATURES = ("api-multimedia", "api-multimedia-chat")
"""The page names the first; the page of the chat resource names the second (`gws.md` 2.2)."""
_CHAT = {"chat", "multimedia"}
"""What the chat channel is called where it failed (`gws.md` 2.2)."""
_FRESH_TOKENS = 3
"""So often a request is repeated with a fresh CSRF token."""
_PERHAPS_ON = (2, 3, 18, 19)
"""What a server may answer to who is logged in already: state, forbidden, exists, in use."""


class Agent:
    """Logs in, works on chats, logs out. Every request is in the journal; none raises for what a server answers."""

    def __init__(
        self,
        account: Account,
        target: Target,
        wiring: Wiring,
        *,
        clock: Clock,
        sink: Sink,
        serials: Iterator[int],
        on_delivery: Callable[[Delivery], None],
    ) -> None:
        self.name = account.user
        self.account = account
        self.uri: str | None = None
        """By which a chat is transferred to the agent; None if the server has not told it."""
        self._target = target
        self._in_session = False
        self._identity = identity = Identity((account.user, account.password))
        self._line = RestLine(wiring, actor=f"agent:{account.user}", identity=identity, clock=clock, sink=sink)
        self._hearing = Hearing(
            account,
            target,
            wiring,
            identity,
            clock=clock,
            sink=sink,
            serials=serials,
            on_delivery=on_delivery,
            prepare=lambda line: _identify(line, "log in a second observer"),
        )

    @property
    def has_csrf_token(self) -> bool:
        """Whether the server has told one."""
        return self._identity.has_csrf_token

    def best_observer(self, since: float) -> int:
        """Which of its observers is believed about the time since a moment, on the journal's clock."""
        return self._hearing.best_since(since)

    # one request

    def call(self, method: str, path: str, *, step: str, **content: Any) -> Exchange:
        """One request, as `RestLine.call` sends it.

        If the server refuses it for its CSRF token, the token is read anew and the request sent once more: tokens end
        with their HTTP session (`gws.md` 1.5), and another request may have ended this one meanwhile. In the journal
        such an attempt has the step stale-token.
        """
        as_it_is = content.pop("recorded_as", _as_it_is)
        content.setdefault("purpose", purpose_of(step))
        for _ in range(_FRESH_TOKENS):
            answer = self._line.call(method, path, step=step, recorded_as=lambda e: as_it_is(_told_apart(e)), **content)
            if not _token_refused(answer):
                return answer
            self.identify(step="read the CSRF token")
        return self._line.call(method, path, step=step, recorded_as=as_it_is, **content)

    def _ask(self, operation: str, purpose: Purpose = "work", **parameters: object) -> Exchange:
        body = {"operationName": operation, **parameters}
        return self.call("POST", ME, step=operation, purpose=purpose, json=body, recorded_as=_without_resources)

    def operate(self, operation: str, chat_id: str, *, step: str, chat: int | None, **parameters: object) -> Exchange:
        """POST an operation on a chat."""
        body = {"operationName": operation, **parameters}
        return self.call("POST", path_of(chat_id), step=step, chat=chat, json=body)

    def post(self, chat_id: str, body: bytes, *, step: str, chat: int) -> Exchange:
        """POST JSON on a chat as it is spelled."""
        return self.call("POST", path_of(chat_id), step=step, chat=chat, body=body, content_type="application/json")

    # logging in, step by step

    def log_in(self) -> None:
        """Credentials, features, CometD subscription, contact center session, Ready: in the order that loses nothing.

        Raises NotReady with a sentence that says which step failed, and how.
        """
        self.must_have_the_feature(self.show_credentials())
        self.observe()
        self.start_session()
        self.clear_away()
        self.ready()

    def identify(self, *, step: str) -> Exchange:
        """Read the agent's own resource, which brings cookie and CSRF token."""
        return _identify(self._line, step)

    def show_credentials(self) -> Exchange:
        """The agent's own resource. Raises NotReady if the server does not know the agent, or is no GWS."""
        me = self.identify(step="log in")
        if me.failure:
            raise NotReady(f"The server does not answer: {me.failure}")
        if me.status in (401, 403):
            raise NotReady(f"The server refuses the agent {self.name} ({in_words(me)}); is the password right?")
        if not went_well(me) or "statusCode" not in members(me):
            raise NotReady(
                f"GET {ME} was answered {in_words(me)}, not as a GWS answers; is the URL that of Genesys Web Services?"
            )
        self.uri = self._uri_of(members(me).get("user"))
        return me

    def _uri_of(self, user: object) -> str | None:
        """The URI of a user resource: as it says itself, or as the page of Transfer prints it."""
        known = user if isinstance(user, dict) else {}
        if isinstance(known.get("uri"), str):
            return str(known["uri"])
        return f"{self._target.url}{USERS}/{known['id']}" if isinstance(known.get("id"), str) else None

    def must_have_the_feature(self, me: Exchange) -> None:
        """Raises NotReady if the agent's own resource lists features, and not the one that is required."""
        user = members(me).get("user")
        listed = user.get("features") if isinstance(user, dict) else None
        if isinstance(listed, list) and listed and not set(FEATURES) & {str(name) for name in listed}:
            raise NotReady(f"The account {self.name} has not the feature {FEATURES[0]}, which the operation requires.")

    def observe(self) -> None:
        """Begin the CometD session. Raises NotReady."""
        self._hearing.open()

    def start_session(self) -> None:
        """Enter the contact center; a session that an earlier run has left is ended first. Raises NotReady."""
        self._in_session = True
        started = self._start()
        if not went_well(started) and members(started).get("statusCode") in _PERHAPS_ON:
            self._ask("EndContactCenterSession")
            started = self._start()
        code, failed = members(started).get("statusCode"), _failed_channels(started)
        if went_well(started) or (code == 7 and failed and not _CHAT & set(failed)):
            return
        said = was_answered(started) + (f" ({_listed(failed)})" if failed else "")
        hint = self._advised(code, failed)
        raise NotReady(f"StartContactCenterSession of {self.name} {said}{hint}")

    def _advised(self, code: object, failed: Collection[str]) -> str:
        """What to look at, for a sentence."""
        if code == 5:
            return f"; has the account the feature {FEATURES[0]}?"
        if code != 7:
            return ""
        renamed = "multimedia" in failed and "multimedia" not in self._target.channels
        return "; is the chat channel set up for this agent" + (
            ", or is it to be asked for as multimedia (--channel multimedia)?" if renamed else "?"
        )

    def _start(self) -> Exchange:
        return self._ask("StartContactCenterSession", channels=list(self._target.channels))

    def clear_away(self) -> list[str]:
        """End the chats that an earlier run of the suite has left to this agent, and no others; their ids.

        A server that does not list chats has none to clear away.
        """
        listed = self._line.call("GET", f"{ME}/chats?fields=*", step="list chats", recorded_as=_without_resources)
        chats = members(listed).get("chats") if went_well(listed) else None
        ended = []
        for chat in chats if isinstance(chats, list) else ():
            name = chat.get("id") if isinstance(chat, dict) else None
            if not isinstance(name, str) or not marker_of(chat).startswith(f"{MARKER}-"):
                continue
            if notice.state_of({"chat": chat}) == "Invited":
                self.operate("Accept", name, step="left over", chat=None, nickname=self.name)
            self.operate("Complete", name, step="left over", chat=None)
            ended.append(name)
        return ended

    def ready(self) -> None:
        """Take offers. Raises NotReady."""
        answer = self._ask("Ready")
        if not went_well(answer):
            raise NotReady(f"Ready of {self.name} {was_answered(answer)}")

    # being away

    def not_ready(self) -> None:
        """Take no more offers."""
        self._ask("NotReady")

    def observe_anew(self) -> None:
        """Give the CometD session up and begin another: the next epoch. Raises NotReady."""
        self._hearing.begin_anew()

    def leave_and_return(self) -> None:
        """Log out of the contact center and in again; what was offered meanwhile is offered anew. Raises NotReady."""
        self._ask("NotReady")
        self._ask("EndContactCenterSession")
        self.start_session()
        self.ready()

    def log_out(self) -> None:
        """Leave the contact center, if it was entered, and end the CometD session; whatever the server answers."""
        if self._in_session:
            self._ask("NotReady", purpose="log out")
            self._ask("EndContactCenterSession", purpose="log out")
            self._in_session = False
        self.close()

    def close(self) -> None:
        """End the CometD session and give the connections back."""
        self._hearing.close()
        self._line.close()


def path_of(chat_id: str) -> str:
    """Of a chat, as an agent reaches it: an id may hold anything that JSON can say."""
    return f"{ME}/chats/{quote(chat_id, safe='', errors='surrogatepass')}"


def _identify(line: RestLine, step: str) -> Exchange:
    return line.call("GET", ME, step=step, recorded_as=_without_resources)


def _token_refused(answer: Exchange) -> bool:
    """Whether it was refused for its CSRF token, or for want of one."""
    return answer.status == 403 and "csrf" in (answer.answer or "").lower()


def _as_it_is(answer: Exchange) -> Exchange:
    return answer


def _told_apart(answer: Exchange) -> Exchange:
    return dataclasses.replace(answer, step="stale-token") if _token_refused(answer) else answer


def _failed_channels(started: Exchange) -> dict[str, str]:
    """The channels that a partial success names as failed, each with what is said of it."""
    failed = members(started).get("failed")
    found = [each for each in failed if isinstance(each, dict)] if isinstance(failed, list) else []
    return {str(each.get("channel", "")): str(each.get("statusMessage", "")) for each in found}


def _listed(failed: Mapping[str, str]) -> str:
    return ", ".join(f"{channel}: {why}" if why else channel for channel, why in failed.items())


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
