"""What a hostile or broken server does, each with the exit status and the words that a run must end with."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .hostile_relay import Behaviour, Turn, bomb, cut, framed, on, reframed

KEPT, BROKEN, OPEN = 0, 1, 2

CUT = "The run ended before an answer came."
UNANSWERED = "had not been answered for"


@dataclass(frozen=True)
class Hostile:
    """One behaviour. `make` gives a fresh one for each run; `says` is part of what the run says."""

    status: int
    says: str
    make: Callable[[], Behaviour]
    limit: float = 2.0
    """Seconds of --time-limit."""
    agents: int = 2


PLENTY = 60.0
"""Seconds of --time-limit for a run that ends by itself, also on a busy machine."""


def hostile(status: int, says: str, behave: Behaviour, limit: float | None = None) -> Hostile:
    if limit is None:
        limit = 2.0 if status == OPEN else PLENTY
    return Hostile(status, says, lambda: behave, limit)


def messages(edit: Callable[[list[dict[str, Any]]], list[Any]], *labels: str) -> Behaviour:
    """Edit the Bayeux messages of an answer."""
    return on(*labels, then=lambda turn: reframed(turn, json.dumps(edit(json.loads(turn.body))).encode("ascii")))


def spelled(old: str, new: str, *labels: str) -> Behaviour:
    """Replace bytes in the body of an answer; what is not ASCII stands for one byte."""
    return on(
        *labels,
        then=lambda turn: reframed(turn, turn.body.replace(old.encode("latin-1"), new.encode("latin-1"))),
    )


def advising(**advice: Any) -> Behaviour:
    """Every poll advises this."""
    return messages(
        lambda heard: [{**message, "advice": {"reconnect": "retry", **advice}} for message in heard], "poll"
    )


def prefixed(headers: Callable[[int], bytes], *labels: str) -> Behaviour:
    """Put header lines in front of the honest ones."""
    return on(*labels, then=lambda turn: turn.honest().replace(b"\r\n", b"\r\n" + headers(turn.nth), 1))


def body(content: bytes, **headers: str) -> Behaviour:
    return lambda _: framed(content, **headers)


def unframed(start: bytes, piece: bytes) -> Behaviour:
    """A response without end."""

    def behave(turn: Turn) -> bytes:
        turn.send(start)
        return turn.endless(piece)

    return behave


def only(count: int, then: Behaviour) -> Behaviour:
    """Do it to this request of its label, counted from 1, and be honest to the others."""
    return lambda turn: then(turn) if turn.nth == count else turn.honest()


def huge(turn: Turn) -> bytes:
    """A notification of 100 MB."""
    turn.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b'[{"channel":"/v2/me/chats","data":"')
    for _ in range(100):
        turn.send(b"x" * 1_000_000)
    return cut(b'"}]', 3)


def ticking(times: int) -> Behaviour:
    """Before whatever a poll brings, so many notifications of a kind of which the page says nothing."""

    def more(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
        chats = [message["data"]["chat"] for message in heard if "chat" in message.get("data", {})]
        tick = {"messageType": "ChatStateNotification", "notificationType": "Tick"}
        ticks = [{"channel": "/v2/me/chats", "data": {**tick, "chat": {"id": chat["id"]}}} for chat in chats[:1]]
        return ticks * times + heard

    return messages(more, "poll")


def telling(times: int, *, at_once: bool) -> Behaviour:
    """Put so many texts in front of every history, in the same notification or each in one of its own."""

    def more(heard: list[dict[str, Any]]) -> list[Any]:
        out: list[Any] = []
        for message in heard:
            data = message.get("data", {})
            first = (data.get("messages") or [None])[0]
            if first is not None:
                texts = [{**first, "index": n, "type": "Text", "text": f"text {n}"} for n in range(times)]
                parts = [[*texts, *data["messages"]]] if at_once else [*([text] for text in texts), data["messages"]]
                out += [{**message, "data": {**data, "messages": part}} for part in parts]
            else:
                out.append(message)
        return out

    return messages(more, "poll")


def crowded(count: int) -> Behaviour:
    """List so many participants."""

    def more(heard: list[dict[str, Any]]) -> list[Any]:
        for message in heard:
            chat = message.get("data", {}).get("chat", {})
            if chat.get("participants"):
                first = chat["participants"][0]
                chat["participants"] = [{**first, "participantId": str(n)} for n in range(count)]
        return heard

    return messages(more, "poll")


def one_session() -> Behaviour:
    """Give every agent the same clientId, and know them apart by their credentials."""
    clients: dict[str, str] = {}

    def behave(turn: Turn) -> bytes:
        who = turn.request.headers.get("authorization", "")
        if turn.label == "handshake":
            (reply,) = json.loads(turn.body)
            clients[who] = reply["clientId"]
            return reframed(turn, json.dumps([{**reply, "clientId": "shared"}]).encode("ascii"))
        if b'"shared"' in turn.request.body:
            asked = turn.request.body.replace(b'"shared"', f'"{clients[who]}"'.encode())
            headers = {**turn.request.headers, "content-length": str(len(asked))}
            turn.request = dataclasses.replace(turn.request, body=asked, headers=headers)
        return turn.honest()

    return behave


def one_chat_id() -> Behaviour:
    """Call every chat by the same id on the agent's side."""
    ids: list[str] = []

    def behave(turn: Turn) -> bytes:
        if turn.label == "poll":
            heard = json.loads(turn.body)
            ids.extend(m["data"]["chat"]["id"] for m in heard if "data" in m and "chat" in m["data"])
            answer = turn.body
            for name in set(ids):
                answer = answer.replace(name.encode("ascii"), b"0000SAME00000000")
            return reframed(turn, answer)
        if ids and "0000SAME00000000" in turn.request.path:
            path = turn.request.path.replace("0000SAME00000000", ids[-1])
            turn.request = dataclasses.replace(turn.request, path=path)
        return turn.honest()

    return behave


def idle(turn: Turn) -> bytes:
    """Answer every poll at once, with nothing."""
    reply = {"channel": "/meta/connect", "successful": True, "id": turn.request.message["id"], "ext": {"ack": turn.nth}}
    return framed(json.dumps([reply]).encode("ascii"))


def old(turn: Turn) -> bytes:
    """A clock that has stopped long ago."""
    answer = turn.honest().replace(b"Date: ", b"X-Date: ").replace(b'"timestamp":"20', b'"timestamp":"19')
    return answer.replace(b"\r\n", b"\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n", 1)


packed = cache(bomb)

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HTML = framed(b"<!DOCTYPE html><html><title>Log in</title></html>", Content_Type="text/html")
LOGGING_IN = {
    "me": "The server does not answer: " + CUT,
    "handshake": "The handshake at ",
    "first connect": "The first connect at ",
    "subscribe": "The subscription to /v2/me/chats at ",
    "start": "StartContactCenterSession of ann was not answered: " + CUT,
    "ready": "Ready of ann was not answered: " + CUT,
}

HOSTILE: Mapping[str, Hostile] = {
    # It hangs at each step.
    "version-hangs": hostile(OPEN, "did not tell its version before the run ended", on("version", then=Turn.hang)),
    **{f"{name}-hangs": hostile(OPEN, says, on(name, then=Turn.hang)) for name, says in LOGGING_IN.items()},
    **{
        f"{name}-hangs": hostile(OPEN, UNANSWERED, on(name, then=Turn.hang), 4.0)
        for name in ("offer", "say", "accept", "look", "read", "complete", "leave")
    },
    "poll-hangs": hostile(OPEN, "time limit", on("poll", then=Turn.hang)),
    "not-ready-hangs": hostile(KEPT, "partial", on("not ready", then=Turn.hang), 10.0),
    "end-hangs": hostile(KEPT, "partial", on("end", then=Turn.hang), 10.0),
    "disconnect-hangs": hostile(KEPT, "partial", on("disconnect", then=Turn.hang), 10.0),
    # It answers slowly, or without end.
    "accept-drips": hostile(OPEN, UNANSWERED, on("accept", then=lambda t: t.drip(t.honest(), 0.05)), 4.0),
    "me-drips": hostile(OPEN, CUT, on("me", then=lambda t: t.drip(t.honest(), 0.05))),
    "poll-drips": hostile(OPEN, "time limit", on("poll", then=lambda t: t.drip(t.honest(), 0.05))),
    "accept-is-endless": hostile(OPEN, "more than", on("accept", then=unframed(JSON + b"\r\n", b" " * 65_536)), 8.0),
    "poll-is-endless": hostile(
        OPEN, "The server sent more than", on("poll", then=unframed(JSON + b"\r\n", b" " * 65_536))
    ),
    "endless-tiny-chunks": hostile(
        OPEN, CUT, on("me", then=unframed(JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 1000))
    ),
    "endless-headers": hostile(OPEN, "is not HTTP", on("me", then=unframed(JSON, b"X: " + b"a" * 60_000 + b"\r\n"))),
    "endless-header-line": hostile(OPEN, "is not HTTP", on("me", then=unframed(JSON + b"X: ", b"a" * 60_000))),
    "endless-continue": hostile(OPEN, CUT, on("me", then=unframed(b"", b"HTTP/1.1 100 Continue\r\n\r\n"))),
    # It sends too much.
    "notification-of-100-mb": hostile(OPEN, "larger than 16777216 bytes", on("poll", then=huge, after=2), 4.0),
    "gzip-bomb-for-me": hostile(OPEN, "larger than 16777216 bytes", on("me", then=lambda _: packed())),
    "gzip-bomb-for-accept": hostile(OPEN, "larger than 16777216 bytes", on("accept", then=lambda _: packed()), 4.0),
    "gzip-bomb-for-poll": hostile(OPEN, "larger than 16777216 bytes", on("poll", then=lambda _: packed()), 4.0),
    "nested-gzip-bomb": hostile(OPEN, "larger than 16777216 bytes", on("me", then=lambda _: packed(2))),
    "gzip-bomb-five-deep": hostile(OPEN, "larger than 16777216 bytes", on("poll", then=lambda _: packed(5)), 4.0),
    "gzip-bomb-nine-deep": hostile(OPEN, "cannot be unpacked", on("me", then=lambda _: packed(9))),
    "millions-of-arrays": hostile(
        OPEN,
        "The server sent more than",
        on("poll", then=lambda t: reframed(t, b"[[" + b"[]," * 5_000_000 + b"[]]]")),
        4.0,
    ),
    "fifteen-megabytes-for-accept": hostile(
        OPEN,
        "The server sent more than",
        spelled('"statusCode":0', '"x":"' + "x" * 15_000_000 + '","statusCode":0', "accept"),
        6.0,
    ),
    "fifteen-megabytes-for-poll": hostile(
        OPEN,
        "The server sent more than",
        spelled('"successful"', '"x":"' + "x" * 15_000_000 + '","successful"', "poll"),
        4.0,
    ),
    "a-text-of-six-megabytes": hostile(
        BROKEN, 'missing: "Hello"', spelled('"Hello"', '"' + "x" * 6_000_000 + '"', "poll", "read")
    ),
    "sixty-thousand-arrays": hostile(
        OPEN,
        "it holds 60,003 arrays and objects",
        on("poll", then=lambda t: reframed(t, b"[[" + b"[]," * 60_000 + b"[]]]")),
        4.0,
    ),
    "two-thousand-strangers-a-poll": hostile(
        KEPT,
        "partial",
        on("poll", then=lambda t: reframed(t, b"[" + b'{"channel":"/x","data":1},' * 2_000 + t.body[1:])),
    ),
    "a-million-tiny-notifications": hostile(OPEN, "more than", ticking(4000), 8.0),
    "a-notification-thirty-thousand-times": hostile(OPEN, "The server sent more than", ticking(30_000), 8.0),
    "a-million-digits": hostile(
        OPEN, "has 1,000,000 digits", spelled('"successful"', '"x":' + "1" * 1_000_000 + ',"successful"', "poll")
    ),
    "a-million-digits-for-accept": hostile(
        OPEN, "has 1,000,000 digits", on("accept", then=body(b'{"statusCode":0,"x":' + b"1" * 1_000_000 + b"}")), 5.0
    ),
    "a-number-beyond-all": hostile(
        OPEN, "1e999 is too large", spelled('"successful"', '"x":1e999,"successful"', "poll")
    ),
    "nested-too-deep": hostile(
        OPEN,
        "nested deeper than 100",
        spelled('"successful"', '"x":' + "[" * 900 + "]" * 900 + ',"successful"', "poll"),
    ),
    "nested-too-deep-for-accept": hostile(
        OPEN,
        "nested deeper than 100",
        on("accept", then=body(b'{"statusCode":0,"statusMessage":' + b"[" * 900 + b"]" * 900 + b"}")),
        5.0,
    ),
    "cookies-without-end": hostile(
        KEPT,
        "partial",
        prefixed(
            lambda n: b"".join(b"Set-Cookie: c%d-%d=%s\r\n" % (n, i, b"x" * 3000) for i in range(60)), "handshake"
        ),
    ),
    "a-new-cookie-each-time": hostile(
        KEPT,
        "partial",
        prefixed(lambda n: b"Set-Cookie: c%d=%s\r\n" % (n, b"x" * 3000), "poll", "say", "accept", "look", "complete"),
    ),
    "millions-of-escapes": hostile(
        OPEN,
        "The server sent more than",
        on("accept", then=body(b'{"statusCode":0,"x":"' + b"\\n" * 7_000_000 + b'"}')),
        4.0,
    ),
    "millions-of-control-characters": hostile(
        OPEN, "The server sent more than", on("accept", then=body(bytes(16_000_000))), 4.0
    ),
    "millions-of-bytes-that-are-no-text": hostile(
        OPEN, "The server sent more than", on("accept", then=body(b"\xff" * 16_000_000)), 4.0
    ),
    "millions-of-escapes-for-poll": hostile(
        OPEN,
        "The server sent more than",
        spelled('"successful"', '"x":"' + "\\n" * 7_000_000 + '","successful"', "poll"),
        4.0,
    ),
    "a-history-of-24,000-entries": Hostile(BROKEN, "index", lambda: telling(24_000, at_once=True), PLENTY, 1),
    "9,000-notifications-of-one-entry": Hostile(BROKEN, "index", lambda: telling(9_000, at_once=False), PLENTY, 1),
    "20,000-participants": Hostile(BROKEN, "no Customer", lambda: crowded(20_000), PLENTY, 1),
    # It does not speak HTTP well.
    "no-http-at-all": hostile(OPEN, "is not HTTP", on("accept", then=lambda _: cut(b'{"statusCode":0}', 99))),
    "informational-responses": hostile(
        KEPT,
        "partial",
        on(
            *("me", "handshake", "poll", "accept", "say"),
            then=lambda t: b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + t.honest(),
        ),
    ),
    "length-too-short": hostile(
        OPEN,
        "goes on for 11 bytes",
        on("accept", then=lambda t: cut(t.head.replace(b"Length: 16", b"Length: 5") + t.body, 999)),
    ),
    "length-too-long": hostile(
        OPEN,
        "ended after 16 of the 50 bytes",
        on("accept", then=lambda t: cut(t.head.replace(b"Length: 16", b"Length: 50") + t.body, 999)),
    ),
    "no-content-with-a-body": hostile(
        OPEN, "goes on for 16 bytes", on("accept", then=lambda t: t.honest().replace(b"200 OK", b"204 No Content"))
    ),
    "not-modified-with-a-body": hostile(
        OPEN, "goes on for 16 bytes", on("accept", then=lambda t: t.honest().replace(b"200 OK", b"304 Not Modified"))
    ),
    "chunks-that-lie": hostile(
        OPEN,
        "broken chunks",
        on("accept", then=lambda _: cut(JSON + b"Transfer-Encoding: chunked\r\n\r\nffffffffffff\r\n{}", 999)),
    ),
    "chunks-below-zero": hostile(
        OPEN,
        "broken chunks",
        on("accept", then=lambda _: cut(JSON + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}", 999)),
    ),
    "switching-protocols": hostile(
        BROKEN,
        "HTTP 101",
        on("accept", then=lambda _: cut(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n", 99)),
    ),
    "status-1000": hostile(OPEN, "is not HTTP", on("accept", then=lambda _: framed(b"{}", status="1000 What"))),
    "a-thousand-headers": hostile(
        OPEN, "is not HTTP", prefixed(lambda _: b"".join(b"X%d: y\r\n" % i for i in range(1000)), "accept")
    ),
    "a-header-of-64-kb": hostile(KEPT, "partial", prefixed(lambda _: b"X: " + b"x" * 65_000 + b"\r\n", "accept")),
    "control-characters-in-headers": hostile(
        KEPT,
        "partial",
        prefixed(
            lambda _: b"X: a\x00b\r\nServer: \x1b[2J\x07\r\nSet-Cookie: a\x00=\x01b\r\n",
            "me",
            "handshake",
            "poll",
            "accept",
        ),
    ),
    "closed-before-the-answer": hostile(OPEN, "without an answer", on("accept", then=lambda _: cut(b"", 0))),
    "polls-are-reset": hostile(
        OPEN, "broke before an answer came", on("poll", then=lambda t: cut(t.honest(), 30, reset=True))
    ),
    "one-poll-is-reset": hostile(KEPT, "partial", on("poll", then=only(3, lambda t: cut(t.honest(), 30, reset=True)))),
    "gone-after-the-log-in": hostile(
        OPEN, "closed the connection without an answer", on("offer", "complete", "leave", then=lambda _: cut(b"", 0))
    ),
    "redirects-in-a-loop": hostile(
        OPEN, "answered HTTP 302", lambda t: framed(b"", status="302 Found", Location=t.request.path)
    ),
    "accept-is-redirected": hostile(
        BROKEN,
        "HTTP 307",
        on("accept", then=lambda t: framed(b"", status="307 Moved", Location=t.request.path)),
    ),
    "always-401": hostile(
        OPEN, "refuses the agent", lambda _: framed(b"", status="401 No", WWW_Authenticate='Basic realm="x"')
    ),
    # It says something else than the page.
    "a-login-page-for-me": hostile(OPEN, "not as a GWS answers", on("me", then=lambda _: HTML)),
    "a-login-page-for-handshake": hostile(OPEN, "with text/html", on("handshake", then=lambda _: HTML)),
    "a-login-page-for-subscribe": hostile(OPEN, "with text/html", on("subscribe", then=lambda _: HTML)),
    "a-login-page-for-start": hostile(OPEN, "no contact center session", on("start", then=lambda _: HTML)),
    "a-login-page-for-ready": hostile(OPEN, "are agents Ready", on("ready", then=lambda _: HTML), 10.0),
    "a-login-page-for-offer": hostile(OPEN, "No chat could be offered", on("offer", then=lambda _: HTML)),
    "a-login-page-for-accept": hostile(BROKEN, "a body that is not JSON", on("accept", then=lambda _: HTML)),
    "a-login-page-for-poll": hostile(OPEN, "The body is not JSON", on("poll", then=lambda _: HTML)),
    "latin-1-for-accept": hostile(
        BROKEN, "not UTF-8 at byte 24", on("accept", then=body(b'{"statusCode": 0, "x": "\xe9"}'))
    ),
    "latin-1-for-poll": hostile(
        OPEN, "sessions of all other agents were disturbed", spelled("Pat", "P\xe9t", "poll"), 5.0
    ),
    "lone-surrogates": hostile(BROKEN, 'missing: "Hello"', spelled('"Hello"', '"\\ud800"', "poll")),
    "infinite-interval": hostile(OPEN, "advised to wait 86400 s", advising(interval=1e308), 5.0),
    "interval-infinity": hostile(
        OPEN,
        "Infinity is not a JSON number",
        spelled('"successful"', '"advice":{"interval":Infinity},"successful"', "poll"),
    ),
    "interval-of-an-hour": hostile(OPEN, "advised to wait 3600 s", advising(interval=3_600_000), 8.0),
    "negative-interval": hostile(KEPT, "partial", advising(interval=-5)),
    "interval-as-text": hostile(KEPT, "partial", advising(interval="Infinity")),
    "polls-held-for-years": hostile(KEPT, "partial", advising(timeout=1e15)),
    "polls-that-are-never-held": hostile(OPEN, "time limit", on("poll", then=idle)),
    "one-client-id-for-all": Hostile(OPEN, "the clientId is that of another session", one_session),
    "one-chat-id-for-all": Hostile(OPEN, "No agent was invited", one_chat_id, 15.0, agents=1),
    "replies-with-another-id": hostile(
        KEPT,
        "partial",
        messages(
            lambda heard: [{**m, "id": "99"} if "successful" in m else m for m in heard],
            *("handshake", "subscribe", "first connect", "poll"),
        ),
    ),
    "a-clock-years-off": hostile(KEPT, "partial", old),
    "ids-with-line-breaks": hostile(
        BROKEN, "no such chat", spelled('"id":"0000', '"id":"\\r\\nX: y\\u0000../../', "poll", "me")
    ),
    "ids-of-lone-surrogates": hostile(BROKEN, "no such chat", spelled('"id":"0000', '"id":"\\ud800', "poll")),
}
