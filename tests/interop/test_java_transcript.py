"""Our mock against a recording of CometD for Java: the same requests, and what is different in the answers."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gws_contract.mock.encoding import encode
from gws_contract.mock.server import Mock, Options

from .peer import GUARD

HERE = Path(__file__).parent
AGENT = "agent1"
CHATS = "/v2/me/chats"

Differences = dict[tuple[str, str], tuple[Any, Any]]

# Channel and member of a message, what Java says there and what the mock says; None: the member is not there.
ALWAYS: Differences = {
    # The mock has no callback polling: it needs a script element of a browser.
    ("/meta/handshake", "supportedConnectionTypes"): (["long-polling", "callback-polling"], ["long-polling"]),
    # What a client publishes is delivered with the publisher's message id, as Bayeux allows.
    ("/v2/me/calls", "id"): (None, "8"),
}
# Java adds an empty `ext` to replies in which its acknowledge extension has nothing to say.
WITH_ACK: Differences = {("/meta/subscribe", "ext"): ({}, None), ("/meta/disconnect", "ext"): ({}, None)}


class Replay:
    """A client that sends what was recorded, over the connections of the recording."""

    def __init__(self, mock: Mock) -> None:
        self._mock = mock
        self._client = "CLIENT"
        self._cookie: str | None = None
        self._links: dict[str, http.client.HTTPConnection] = {}
        self._credentials = base64.b64encode(f"{AGENT}:{mock.agents[AGENT]}".encode()).decode()

    def close(self) -> None:
        for link in self._links.values():
            link.close()

    def send(self, link: str, body: Any, *, cookie: bool) -> None:
        address = urlsplit(self._mock.url)
        assert address.hostname is not None
        connection = self._links.setdefault(
            link, http.client.HTTPConnection(address.hostname, address.port, timeout=GUARD)
        )
        headers = {"Authorization": f"Basic {self._credentials}", "Content-Type": "application/json"}
        if cookie and self._cookie is not None:
            headers["Cookie"] = self._cookie
        text = body if isinstance(body, str) else json.dumps(body).replace('"CLIENT"', f'"{self._client}"')
        connection.request("POST", "/api/v2/notifications", text.encode(), headers)

    def receive(self, link: str) -> tuple[int, list[dict[str, Any]]]:
        """Status and messages of the answer."""
        response = self._links[link].getresponse()
        body = response.read()
        for cookie in response.headers.get_all("Set-Cookie", []):
            if cookie.startswith("BAYEUX_BROWSER="):
                self._cookie = cookie.partition(";")[0]
        messages: list[dict[str, Any]] = json.loads(body) if response.status == 200 else []
        for message in messages:
            if "clientId" in message:
                self._client, message["clientId"] = message["clientId"], "CLIENT"
        return response.status, messages

    def publish(self, items: list[Any]) -> None:
        texts = [encode({"channel": CHATS, "data": item}) for item in items]
        self._mock.call(lambda: self._mock.broker.publish(AGENT, CHATS, texts))

    def until_parked(self) -> None:
        self._mock.until(lambda: self._mock.cometd.parked(AGENT) == 1)


def recording(name: str) -> list[dict[str, Any]]:
    _, *steps = (json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines())
    return steps


def differences(java: list[dict[str, Any]], mock: list[dict[str, Any]]) -> Differences:
    """The members in which two answers differ; that they hold other messages, or in another order, fails the test."""
    assert [message["channel"] for message in mock] == [message["channel"] for message in java]
    return {
        (theirs["channel"], member): (theirs.get(member), ours.get(member))
        for theirs, ours in zip(java, mock, strict=True)
        for member in {*theirs, *ours}
        if theirs.get(member) != ours.get(member)
    }


@pytest.mark.parametrize(
    ("name", "known"),
    [("cometd_java_3.1.14.ndjson", ALWAYS), ("cometd_java_3.1.14_ack.ndjson", ALWAYS | WITH_ACK)],
    ids=["plain", "ack"],
)
def test_the_mock_answers_like_cometd_for_java_but_for_the_known_differences(name: str, known: Differences) -> None:
    found: Differences = {}
    with Mock(options=Options(hold=5.0, websocket=False)) as mock:
        replay = Replay(mock)
        for step, following in itertools.zip_longest(steps := recording(name), steps[1:], fillvalue=None):
            assert step is not None
            if "publish" in step:
                replay.publish(step["publish"])
            elif "send" in step:
                replay.send(step["link"], step["send"], cookie=step.get("cookie", False))
                if following is None or following.get("link") != step["link"]:
                    replay.until_parked()
            else:
                status, messages = replay.receive(step["link"])
                assert status == step["status"]
                found |= differences(step.get("receive", []), messages)
        replay.close()
    assert found == known
