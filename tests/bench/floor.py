"""The floor under a campaign: the requests of short chats made bare, and how much longer the suite takes for them.

Both sides make the same calls with as many threads as there are agents, against a fresh mock in a process of its own;
of both only the chats are timed, from the first request for a chat to the end of the last one. To the suite's time
comes the judging of all of them. The floor does what any client must: it parses what the polls bring and hands it to
whoever waits, and records and judges nothing.

    python -m tests.bench.floor [AGENTS ...]
"""

from __future__ import annotations

import gc
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import requests

from gws_contract.check import shipped
from gws_contract.scenario import Say
from gws_contract.stage.target import NOTIFICATIONS, TOPIC, Account, Target

from .stand_in import stand_in
from .suite import SHORT, Timed, timed

CHATS = 300
ROUNDS = 5
BAR = 1.3
CALLS = 8
"""Requests a chat that the floor makes, polls not counted."""
_DOCUMENTED = {"StatusChange", "ParticipantsUpdated", "NewMessages"}
_JSON = {"Content-Type": "application/json"}
_HANG_GUARD = 60.0


class Bare:
    """An agent of the floor: a session for its requests, and one for the poll that is parked in a thread."""

    def __init__(self, target: Target, account: Account, hear: Callable[[Bare, dict[str, Any]], None]) -> None:
        self.url, self._hear = target.url, hear
        self.rest, self._polls = (session(account) for _ in range(2))
        self._client = ""
        self._parked = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def log_in(self) -> None:
        self.rest.get(f"{self.url}/api/v2/me").raise_for_status()
        shake = {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
        self._client = self._bayeux(**shake, ext={"ack": True})[0]["clientId"]
        self._bayeux(channel="/meta/subscribe", clientId=self._client, subscription=TOPIC)
        self._thread.start()
        self._parked.wait()
        for operation in ({"operationName": "StartContactCenterSession", "channels": ["chat"]}, _operation("Ready")):
            self.rest.post(f"{self.url}/api/v2/me", json=operation).raise_for_status()

    def operate(self, chat_id: str, **body: Any) -> None:
        ask(self.rest, f"{self.url}/api/v2/me/chats/{chat_id}", body)

    def log_out(self) -> None:
        self.rest.post(f"{self.url}/api/v2/me", json=_operation("NotReady")).raise_for_status()
        self._bayeux(channel="/meta/disconnect", clientId=self._client)  # the poll is answered upon it
        self._thread.join(_HANG_GUARD)
        self.rest.close()
        self._polls.close()

    def _bayeux(self, **message: Any) -> list[dict[str, Any]]:
        answer = self._polls.post(f"{self.url}{NOTIFICATIONS}", json=[message])
        answer.raise_for_status()
        messages: list[dict[str, Any]] = answer.json()
        return messages

    def _listen(self) -> None:
        batch, at_once = -1, {"advice": {"timeout": 0}}
        connect = {"channel": "/meta/connect", "clientId": self._client, "connectionType": "long-polling"}
        while True:
            messages = self._bayeux(**connect, **at_once, ext={"ack": batch})
            at_once = {}
            for message in messages:
                if message["channel"] == TOPIC:
                    self._hear(self, message["data"])
                elif not message["successful"] or message.get("advice", {}).get("reconnect") == "none":
                    return
                else:
                    batch = message["ext"]["ack"]
            self._parked.set()


class Floor:
    """Short chats, bare: as many customers as agents, each a thread with a session of its own."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._agents = [Bare(target, account, self._hear) for account in target.agents]
        self._chats: dict[str, queue.SimpleQueue[tuple[Bare, dict[str, Any]]]] = {}
        self._failures: list[BaseException] = []

    def seconds(self, chats: int) -> float:
        """How long this many chats take."""
        for agent in self._agents:
            agent.log_in()
        numbers = deque(range(chats))
        threads = [threading.Thread(target=self._customer, args=(numbers,)) for _ in self._agents]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - start
        for agent in self._agents:
            agent.log_out()
        if self._failures:
            raise self._failures[0]
        return seconds

    def _hear(self, agent: Bare, payload: dict[str, Any]) -> None:
        chat = payload.get("chat", {})
        name = chat.get("id") or payload["chatUri"].rpartition("/")[2]
        waiting = self._chats.get(name)
        if waiting is None and chat.get("state") == "Invited":
            waiting = self._chats[name] = self._chats[chat["userData"]["bench"]]
        if waiting is not None:
            waiting.put((agent, payload))

    def _customer(self, numbers: deque[int]) -> None:
        with session() as customer:
            customer.headers["ContactCenterId"] = self._target.contact_center_id or ""
            while numbers and not self._failures:
                try:
                    self._chat(customer, str(numbers.popleft()))
                except BaseException as error:  # noqa: BLE001 - it belongs to the thread that asked
                    self._failures.append(error)

    def _chat(self, customer: requests.Session, number: str) -> None:
        heard = self._chats[number] = queue.SimpleQueue()
        chats = f"{self._target.url}/api/v2/chats"
        offer = {"nickname": SHORT.customer, "subject": number, "userData": {"bench": number}}
        chat = f"{chats}/{ask(customer, chats, _operation('RequestChat', **offer))['id']}"
        for said in SHORT.before:
            assert isinstance(said, Say)
            ask(customer, chat, _operation("SendMessage", text=said.text))
        agent, invitation = heard.get(timeout=_HANG_GUARD)
        chat_id = invitation["chat"]["id"]
        agent.operate(chat_id, operationName="Accept", nickname=SHORT.agent)
        missing = set(_DOCUMENTED)
        while missing:
            _, payload = heard.get(timeout=_HANG_GUARD)
            if payload.get("chat", {}).get("state") != "Invited":
                missing.discard(payload["notificationType"])
        ask(customer, chat)
        ask(customer, f"{chat}/messages?index=0")
        agent.operate(chat_id, operationName="Complete")
        customer.post(chat, json=_operation("Complete"))  # refused: the agent has ended the chat


def session(account: Account | None = None) -> requests.Session:
    """A session that asks the environment for nothing."""
    bare = requests.Session()
    bare.trust_env = False
    bare.auth = (account.user, account.password) if account else None
    return bare


def _operation(name: str, **parameters: Any) -> dict[str, Any]:
    return {"operationName": name, **parameters}


def ask(who: requests.Session, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """GET, or POST where there is a body."""
    answer = who.get(url) if body is None else who.post(url, json=body)
    members: dict[str, Any] = answer.json()
    if answer.status_code != 200 or members["statusCode"] != 0:
        raise RuntimeError(f"{url} was answered {answer.status_code}: {answer.text}")
    return members


def floor(target: Target, chats: int) -> float:
    """Seconds of the floor for this many short chats."""
    return Floor(target).seconds(chats)


@dataclass(frozen=True)
class Round:
    """One round: the floor and the suite, one right after the other."""

    bare: float
    suite: Timed

    @property
    def ratio(self) -> float:
        return self.suite.chats / self.bare


def rounds(agents: int, *, chats: int = CHATS, number: int = ROUNDS) -> Iterator[Round]:
    """Interleaved rounds, each side on a fresh mock, after a few chats that warm both up."""
    checks = shipped()
    with stand_in(agents) as target:
        floor(target, agents)
        timed(target, [SHORT] * agents, checks)
    for _ in range(number):
        with stand_in(agents) as target:
            bare = floor(target, chats)
        gc.collect()
        with stand_in(agents) as target:
            yield Round(bare, timed(target, [SHORT] * chats, checks))


def against_the_floor(agents: int) -> tuple[str, bool]:
    """Performing and judging short chats: at most 1.3 times what the same requests take bare; median of 5 rounds."""
    measured = sorted(rounds(agents), key=lambda one: one.ratio)
    middle = measured[len(measured) // 2]
    if {one.suite.calls for one in measured} != {CALLS}:
        return f"the suite makes {middle.suite.calls:.2f} calls a chat, the floor {CALLS}: adapt the floor", False
    words = (
        f"{CHATS} short chats, {agents} agents: {middle.ratio:.2f} times the bare requests (bar {BAR:g}; rounds"
        f" {measured[0].ratio:.2f} to {measured[-1].ratio:.2f}); bare {middle.bare:.2f} s,"
        f" performing {middle.suite.performing:.2f} s, judging {middle.suite.judging:.2f} s"
    )
    return words, middle.ratio <= BAR


def floor_4() -> tuple[str, bool]:
    """The floor with 4 agents."""
    return against_the_floor(4)


def floor_8() -> tuple[str, bool]:
    """The floor with 8 agents."""
    return against_the_floor(8)


if __name__ == "__main__":
    for wished in [int(word) for word in sys.argv[1:]] or [4, 8]:
        print(against_the_floor(wished)[0], flush=True)
