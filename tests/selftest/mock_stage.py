"""A running mock with its agents and customers, for the tests of the mock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from gws_contract.mock.server import Mock, Options

if TYPE_CHECKING:
    from gws_contract.mock.variation import Variation

CHATS = "/v2/me/chats"
TIMEOUT = 20


class Client:
    """An HTTP client with a cookie jar."""

    cometd = "/api/v2/notifications"

    def __init__(self, url: str, user: str | None = None, password: str = "") -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False
        if user is not None:
            self.http.auth = (user, password)

    def close(self) -> None:
        self.http.close()

    def get(self, path: str) -> requests.Response:
        return self.http.get(f"{self.url}{path}", timeout=TIMEOUT)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        if body is not None:
            options["json"] = body
        return self.http.post(f"{self.url}{path}", timeout=TIMEOUT, **options)

    def bayeux(self, *messages: dict[str, Any]) -> list[dict[str, Any]]:
        response = self.post(self.cometd, list(messages))
        assert response.status_code == 200
        replies: list[dict[str, Any]] = response.json()
        return replies


class AgentClient(Client):
    """An agent with a desktop: contact center session, CometD session, ready."""

    def __init__(self, mock: Mock, name: str = "agent1", url: str | None = None) -> None:
        super().__init__(url or mock.url, name, mock.agents[name])
        self.cometd = mock.options.cometd_path
        self.client_id = ""
        self.queue: list[dict[str, Any]] = []

    def sign_in(self) -> AgentClient:
        self.handshake()
        self.operate("StartContactCenterSession", channels=["voice", "chat"])
        self.operate("Ready")
        return self

    def handshake(self) -> None:
        (reply,) = self.bayeux({"channel": "/meta/handshake", "supportedConnectionTypes": ["long-polling"]})
        self.client_id = reply["clientId"]
        self.poll()
        self.bayeux({"channel": "/meta/subscribe", "clientId": self.client_id, "subscription": CHATS})

    def operate(self, name: str, chat: str | None = None, **parameters: Any) -> dict[str, Any]:
        path = "/api/v2/me" if chat is None else f"/api/v2/me/chats/{chat}"
        response = self.post(path, {"operationName": name, **parameters})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def poll(self) -> list[dict[str, Any]]:
        return self.bayeux({"channel": "/meta/connect", "clientId": self.client_id, "connectionType": "long-polling"})

    def hear(self) -> dict[str, Any]:
        """The next notification."""
        while not self.queue:
            self.queue = [message for message in self.poll() if not message["channel"].startswith("/meta/")]
        return self.queue.pop(0)

    def invitation(self) -> str:
        """The id of the chat this agent is invited to next."""
        while True:
            chat = self.hear()["data"].get("chat", {})
            if chat.get("state") == "Invited":
                return str(chat["id"])


class Customer(Client):
    def __init__(self, mock: Mock) -> None:
        super().__init__(mock.url)
        self.http.headers["ContactCenterId"] = mock.contact_center_id
        self.chat = ""

    def request(self, nickname: str = "PersonP", **more: Any) -> str:
        self.chat = self.post("/api/v2/chats", {"operationName": "RequestChat", "nickname": nickname, **more}).json()[
            "id"
        ]
        return self.chat

    def operate(self, name: str, **parameters: Any) -> requests.Response:
        return self.post(f"/api/v2/chats/{self.chat}", {"operationName": name, **parameters})

    def look(self, tail: str = "") -> dict[str, Any]:
        seen: dict[str, Any] = self.get(f"/api/v2/chats/{self.chat}{tail}").json()
        return seen


class GmsCustomer(Client):
    """A customer over the GMS Chat API, who keeps what was answered to his request for a chat."""

    def __init__(self, mock: Mock) -> None:
        super().__init__(mock.url)
        self.service = f"/genesys/2/chat/{mock.options.gms_service}"
        self.me: dict[str, str] = {}
        self.chat = ""

    def request(self, nickname: str = "PersonP", **more: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.post(self.service, data={"nickname": nickname, **more}).json()
        self.me = {name: answer[name] for name in ("userId", "secureKey", "alias")}
        self.chat = answer["chatId"]
        return answer

    def operate(self, operation: str, **parameters: Any) -> requests.Response:
        return self.post(f"{self.service}/{self.chat}/{operation}", data={**self.me, **parameters})

    def look(self, **parameters: Any) -> dict[str, Any]:
        seen: dict[str, Any] = self.operate("refresh", **parameters).json()
        return seen


Own = TypeVar("Own", bound=Client)


class Scene:
    """A running mock and the clients of one test."""

    def __init__(self, *variations: Variation, made: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.mock = Mock(variations=variations, options=Options(**options), **(made or {})).start()
        self._clients: list[Client] = []

    def agent(self, name: str = "agent1", url: str | None = None) -> AgentClient:
        return self._kept(AgentClient(self.mock, name, url))

    def customer(self) -> Customer:
        return self._kept(Customer(self.mock))

    def gms_customer(self) -> GmsCustomer:
        return self._kept(GmsCustomer(self.mock))

    def stranger(self, user: str | None = None, password: str = "") -> Client:
        return self._kept(Client(self.mock.url, user, password))

    def _kept(self, client: Own) -> Own:
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.mock.stop()


Stage = Callable[..., Scene]


def staged() -> Iterator[Stage]:
    """For a fixture: opens scenes, each with its own mock, and closes them after the test."""
    scenes: list[Scene] = []

    def open_scene(*variations: Variation, made: Mapping[str, Any] | None = None, **options: Any) -> Scene:
        scenes.append(Scene(*variations, made=made, **options))
        return scenes[-1]

    yield open_scene
    for scene in scenes:
        scene.close()


ACCEPT = {"operationName": "Accept", "nickname": "Marat"}


class Misuse:
    """How to run into one guard, the others not objecting."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.agent = scene.agent().sign_in()
        self.customer = scene.customer()
        self.customer.request()
        self.chat = self.agent.invitation()

    def send(self, guard: str) -> requests.Response:
        answer: requests.Response = getattr(self, guard.replace("-", "_"))()
        return answer

    def body(self, body: Any) -> requests.Response:
        return self.agent.post(f"/api/v2/me/chats/{self.chat}", body)

    def method(self) -> requests.Response:
        url = f"{self.agent.url}/api/v2/me/chats/{self.chat}"
        return self.agent.http.put(url, json=ACCEPT, timeout=TIMEOUT)

    def credentials(self) -> requests.Response:
        return self.scene.stranger("agent1", "wrong").post(f"/api/v2/me/chats/{self.chat}", ACCEPT)

    def feature(self) -> requests.Response:
        ((guest, password),) = self.scene.mock.without_feature.items()
        return self.scene.stranger(guest, password).post(f"/api/v2/me/chats/{self.chat}", ACCEPT)

    def raw(self, body: bytes, label: str | None = "application/json") -> requests.Response:
        headers = {"Content-Type": label} if label else {}
        return self.agent.post(f"/api/v2/me/chats/{self.chat}", data=body, headers=headers)

    def content_type(self) -> requests.Response:
        return self.raw(json.dumps(ACCEPT).encode(), "text/plain")

    def json(self) -> requests.Response:
        return self.raw(b'{"operationName"')

    def repeated_name(self) -> requests.Response:
        return self.raw(b'{"nickname": "Tamar", "operationName": "Accept", "nickname": "Marat"}')

    def object(self) -> requests.Response:
        return self.body([ACCEPT])

    def operation_missing(self) -> requests.Response:
        return self.body({"nickname": "Marat"})

    def operation_type(self) -> requests.Response:
        return self.body({**ACCEPT, "operationName": ["Accept"]})

    def operation_unknown(self) -> requests.Response:
        return self.body({**ACCEPT, "operationName": "Acept"})

    def operation_case(self) -> requests.Response:
        return self.body({**ACCEPT, "operationName": "accept"})

    def unknown_chat(self) -> requests.Response:
        return self.agent.post("/api/v2/me/chats/0000AAAAAAAAAAAA", ACCEPT)

    def not_offered(self) -> requests.Response:
        return self.scene.agent("agent2").post(f"/api/v2/me/chats/{self.chat}", ACCEPT)

    def rejected(self) -> requests.Response:
        self.scene.agent("agent2").sign_in()
        self.agent.operate("Reject", self.chat)
        return self.body(ACCEPT)

    def withdrawn(self) -> requests.Response:
        self.customer.operate("Complete")
        return self.body(ACCEPT)

    def state(self) -> requests.Response:
        self.agent.operate("Accept", self.chat, nickname="Marat")
        return self.body(ACCEPT)

    def nickname(self) -> requests.Response:
        return self.body({"operationName": "Accept"})

    def nickname_type(self) -> requests.Response:
        return self.body({**ACCEPT, "nickname": 5})

    def text(self) -> requests.Response:
        self.agent.operate("Accept", self.chat, nickname="Marat")
        return self.body({"operationName": "SendMessage", "text": 5})

    def target(self) -> requests.Response:
        self.agent.operate("Accept", self.chat, nickname="Marat")
        return self.body({"operationName": "Transfer", "targetUri": "nobody"})
