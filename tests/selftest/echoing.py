"""A careless server: a proxy before the mock that repeats everything it was sent, and tells of strangers."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Self
from urllib.parse import quote, urlsplit

from .spelled import SPELLINGS

STRANGERS = (
    "I am the stranger of this canary, born 1971-02-03",
    "\"My card\\number\" is 4711-0815/15, señor",
    "StrangerWroteThis-But-Who?",
)  # fmt: skip
NOT_THE_PASSWORD = "gws-contract-not-the-password"
_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding", "date", "server")
_PARTS = 9
"""An answer holds every ninth spelling, the next one the next ninth."""


class Heard:
    """A request, its answer, and the secrets that are in either of them."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.method, self.path, self.body = handler.command, handler.path, body
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.secrets: dict[str, str] = dict(self._sent())
        self.status = 0
        self.answer_headers: list[tuple[str, str]] = []
        self.answer = b""

    @property
    def data(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def operation(self) -> str | None:
        return self.data.get("operationName") if isinstance(self.data, dict) else None

    @property
    def bayeux(self) -> bool:
        return self.path.endswith("/notifications")

    @property
    def user(self) -> str:
        return base64.b64decode(self.headers.get("authorization", "").removeprefix("Basic ")).decode().partition(":")[0]

    def answered(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.answer = answer.status, answer.read()
        self.answer_headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
        for name, value in self.answer_headers:
            if name.lower() == "set-cookie":
                self.secrets["cookie"] = value.partition(";")[0].partition("=")[2]
            elif name.lower() == "x-csrf-token":
                self.secrets["CSRF token"] = value

    def _sent(self) -> Iterator[tuple[str, str]]:
        basic = self.headers.get("authorization", "").removeprefix("Basic ")
        if basic:
            user, _, password = base64.b64decode(basic).decode().partition(":")
            if password != NOT_THE_PASSWORD:
                yield from ((f"password of {user}", password), ("Basic", basic.rstrip("=")))
        for pair in filter(None, self.headers.get("cookie", "").split("; ")):
            yield f"cookie {pair.partition('=')[0]}", pair.partition("=")[2]
        for name in ("x-csrf-token", "contactcenterid"):
            if name in self.headers:
                yield name, self.headers[name]
        for message in self.data if self.bayeux and isinstance(self.data, list) else []:
            if "clientId" in message:
                yield "clientId", message["clientId"]


Script = Callable[[Heard], tuple[int, bytes] | None]
"""What is answered instead of asking the mock: a status and a JSON body; None asks it."""


class Echo:
    """Repeats, in bodies, headers, notifications, errors and redirects, the secrets of each request and its answer."""

    def __init__(self, url: str, *, instead: Script = lambda _: None, sees: Callable[[Heard], object] = id) -> None:
        self._mock = urlsplit(url)
        self._instead, self._sees = instead, sees
        self._turn = count()
        self._told = {name: count() for name in ("connect", "complete", "gossip")}
        self.secrets: dict[str, str] = {}
        """Every value that a client sent or was given."""
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            _upstream: http.client.HTTPConnection | None = None

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return lambda: echo._serve(self)
                raise AttributeError(name)

            def upstream(self) -> http.client.HTTPConnection:
                if self._upstream is None:
                    self._upstream = http.client.HTTPConnection(echo._mock.hostname or "", echo._mock.port, timeout=60)
                return self._upstream

            def finish(self) -> None:
                super().finish()
                if self._upstream is not None:
                    self._upstream.close()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                """Clients may hang up."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def spelled(self, secrets: Sequence[str]) -> list[tuple[str, str]]:
        """Spellings of these, every ninth of them in turn."""
        turn = next(self._turn)
        names = [name for number, name in enumerate(SPELLINGS) if number % _PARTS == turn % _PARTS]
        return [(name, SPELLINGS[name](secret)) for secret in secrets for name in names]

    def _serve(self, handler: Any) -> None:
        heard = Heard(handler, handler.rfile.read(int(handler.headers.get("Content-Length", 0))))
        self._sees(heard)
        instead, cut = self._instead(heard) or self._refused(heard), 0
        if instead is not None:
            heard.status, body = instead
            heard.answer_headers = [("Content-Type", "application/json")]
        else:
            upstream = handler.upstream()
            upstream.putrequest(heard.method, heard.path, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() not in _HOP:
                    upstream.putheader(name, value)
            upstream.putheader("Content-Length", str(len(heard.body)))
            upstream.endheaders(heard.body)
            heard.answered(upstream.getresponse())
            body, cut = self._repeated(heard)
        self.secrets |= {f"{name}: {value}": value for name, value in heard.secrets.items()}
        self._send(handler, heard, body, cut)

    def _send(self, handler: Any, heard: Heard, body: bytes, cut: int) -> None:
        handler.send_response_only(heard.status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in heard.answer_headers:
            handler.send_header(name, value)
        for name, value in self._headers(heard):
            handler.send_header(name, value.encode().decode("latin-1"))
        handler.end_headers()
        handler.wfile.write(body[:-cut] if cut else body)
        handler.close_connection = bool(cut)

    def _headers(self, heard: Heard) -> Iterator[tuple[str, str]]:
        secrets = list(heard.secrets.values())
        words = [spelled for _, spelled in self.spelled(secrets) if not set(spelled) & set("\r\n")]
        yield "Server", f"Echo ({'; '.join(words[::2])})"
        yield "Via", f"1.1 echo ({'; '.join(words[1::2])})"
        if secrets:
            yield "WWW-Authenticate", f'Basic realm="{secrets[-1]}"'
            yield "Location", f"{self.url}/login/{secrets[0]}/{quote(secrets[-1])};token={secrets[0]}?t={secrets[-1]}"
            yield "X-Trace", secrets[0]
        # After a line that is no header, http.client reads no further, and urllib3 logs what it did not read.
        yield "Malformed header", " ".join(secrets)

    def _repeated(self, heard: Heard) -> tuple[bytes, int]:
        """The answer with everything repeated in it, and how many bytes of its end are not sent."""
        secrets = list(heard.secrets.values())
        if heard.bayeux:
            return self._notifications(heard, secrets), 0
        if heard.status in (401, 403) or not heard.answer.startswith(b"{"):
            words = "".join(f"<li>{name}: {spelled}</li>" for name, spelled in self.spelled(secrets))
            kept = [(name, value) for name, value in heard.answer_headers if name.lower() != "content-type"]
            heard.answer_headers = [*kept, ("Content-Type", "text/html;charset=utf-8")]
            return f"<html><form>{words}</form></html>".encode(), 0
        body = self._members(heard, secrets)
        if heard.operation == "Complete" and secrets and next(self._told["complete"]) % 2:
            whole = body[:-1] + b', "rest": "' + secrets[-1].encode() + b'"}'
            return whole, len(secrets[-1].encode()) // 3 + 2
        return body, 0

    def _members(self, heard: Heard, secrets: list[str]) -> bytes:
        """The JSON object of an answer with members before its own; its raw text holds JSON spellings as they are."""
        shouted = json.dumps(f"You are {' '.join(secrets)}", ensure_ascii=False)
        members = [f'"statusMessage":{shouted}']
        for number, (name, spelled) in enumerate(self.spelled(secrets)):
            text = spelled if name.startswith("in JSON") else json.dumps(spelled)[1:-1]
            members += [f'"echo{number}":"{text}"', f'"{number} {text}":{number}']
        if heard.path.endswith("/me"):
            members.append('"chats":' + json.dumps([{"subject": STRANGERS[0], "messages": [{"text": STRANGERS[1]}]}]))
        return "{{{},{}".format(",".join(members), heard.answer.decode()[1:]).encode()

    def _notifications(self, heard: Heard, secrets: list[str]) -> bytes:
        try:
            messages = json.loads(heard.answer)
        except ValueError:
            return heard.answer
        events = [message for message in messages if isinstance(message.get("data"), dict)]
        for message in events:
            message["data"]["echo"] = dict(self.spelled(secrets))
            message["data"] |= {f"{n} {spelled}": n for n, (_, spelled) in enumerate(self.spelled(secrets))}
            message["said"] = secrets
        for message in messages:
            message["ext"] = {**message.get("ext", {}), "echo": secrets}
        told = [*(_gossip(next(self._told["gossip"])) if events else ()), *messages]
        return json.dumps(told, ensure_ascii=False).encode()

    def _refused(self, heard: Heard) -> tuple[int, bytes] | None:
        """An error, to the third poll of agent2."""
        if not heard.bayeux or heard.user != "agent2" or b"/meta/connect" not in heard.body:
            return None
        if next(self._told["connect"]) != 2:
            return None
        (message,) = heard.data
        error = "500::" + "x" * 150 + " ".join(spelled for _, spelled in self.spelled(list(heard.secrets.values())))
        reply = {"channel": message["channel"], "id": message["id"], "successful": False, "error": error}
        return 200, json.dumps([reply | {"advice": {"reconnect": "retry", "interval": 0}}]).encode()


def _gossip(turn: int) -> Iterator[dict[str, Any]]:
    """What an agent hears of strangers' chats; now and then an Error without a chat."""
    chat = {"id": "0000STRANGER", "state": "Chatting", "subject": STRANGERS[0], "userData": {"card": STRANGERS[1]}}
    log = {"messageType": STRANGERS[0], "notificationType": "NewMessages", "chatUri": f"/x/{quote(STRANGERS[2])}"}
    yield {"channel": "/v2/me/chats", "data": {"notificationType": "StatusChange", "chat": chat, STRANGERS[2]: 1}}
    yield {"channel": "/v2/me/chats", "data": {**log, "messages": [{"text": STRANGERS[1], "from": STRANGERS}]}}
    yield {"channel": STRANGERS[0], "data": STRANGERS[1]}
    if turn % 8 == 0:
        error = {"notificationType": "Error", "errorMessage": "Request failed"}
        yield {"channel": "/v2/me/chats", "data": {**error, "messages": [{"text": STRANGERS[1]}]}}
