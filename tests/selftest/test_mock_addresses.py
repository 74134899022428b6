"""Where the mock can be reached: below a prefix, over TLS, on several nodes."""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme

from gws_contract.mock.server import Mock, MockError, Options

from .mock_stage import ACCEPT, TIMEOUT, AgentClient, Scene, Stage, staged
from .sticky_proxy import StickyProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN = "402::Unknown client"


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


def hears_an_accept(scene: Scene, agent: AgentClient) -> list[dict[str, Any]]:
    """What an agent who is signed in is told when he accepts a chat."""
    scene.customer().request()
    chat = agent.invitation()
    assert agent.post(f"/api/v2/me/chats/{chat}", ACCEPT).json() == {"statusCode": 0}
    return [agent.hear()["data"] for _ in range(3)]


# below a prefix


def test_below_a_prefix_everything_is_there(stage: Stage) -> None:
    scene = stage(prefix="/gws/prod")
    assert scene.mock.url.endswith("/gws/prod")
    status, _, history = hears_an_accept(scene, scene.agent().sign_in())
    assert status["chat"]["uri"].startswith(f"{scene.mock.url}/api/v2/chats/")
    assert history["chatUri"].startswith(scene.mock.url)
    assert scene.stranger().get("/api/v2/diagnostics/version").json()["statusCode"] == 0
    assert scene.gms_customer().request()["statusCode"] == 0
    customer = scene.customer()
    body = {"operationName": "RequestChat", "nickname": "P"}
    assert customer.post("/api/v2/chats", body).json()["path"].startswith("/gws/prod/api/v2/chats/")


def test_outside_of_the_prefix_nothing_is_there(stage: Stage) -> None:
    scene = stage(prefix="/gws")
    agent = scene.agent()
    agent.url = scene.mock.url.removesuffix("/gws")
    for path in ("/api/v2/me", "/xyz/api/v2/me", "/gwsx/api/v2/me", "/api/v2/notifications", "/gws"):
        assert agent.get(path).status_code == 404


def test_cookies_are_for_what_is_below_the_prefix(stage: Stage) -> None:
    agent = stage(prefix="/gws/prod").agent().sign_in()
    assert {(cookie.name, cookie.path) for cookie in agent.http.cookies} == {
        ("JSESSIONID", "/gws/prod"),
        ("BAYEUX_BROWSER", "/gws/prod"),
    }


@pytest.mark.parametrize("path", ["gws", "/gws/", "/", "/gws?x"])
def test_a_prefix_that_is_no_path_is_refused_with_a_sentence(path: str) -> None:
    with pytest.raises(MockError, match=r"The prefix '.*' is no path"):
        Options(prefix=path)


def test_cometd_may_be_elsewhere(stage: Stage) -> None:
    scene = stage(prefix="/gws", cometd_path="/genesys/cometd")
    agent = scene.agent().sign_in()
    assert len(hears_an_accept(scene, agent)) == 3
    assert agent.post("/api/v2/notifications", []).status_code == 404
    assert agent.post("/genesys/cometd/connect", []).status_code == 500


# over TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> str:
    """The file of the certificate authority."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


def speaking_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def test_over_tls_an_agent_hears_his_accept(stage: Stage, authority: trustme.CA, trusted: str) -> None:
    scene = stage(made={"tls": speaking_tls(authority)})
    assert scene.mock.url.startswith("https://localhost:")
    agent, customer = scene.agent(), scene.customer()
    agent.http.verify = customer.http.verify = trusted
    agent.sign_in()
    customer.request()
    agent.operate("Accept", agent.invitation(), nickname="M")
    assert agent.hear()["data"]["chat"]["uri"].startswith("https://localhost:")


def test_over_tls_nobody_without_the_authority_gets_in(stage: Stage, authority: trustme.CA) -> None:
    scene = stage(made={"tls": speaking_tls(authority)})
    with pytest.raises(requests.exceptions.SSLError):
        scene.stranger().get("/api/v2/diagnostics/version")
    plain = scene.mock.url.replace("https:", "http:")
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"{plain}/api/v2/diagnostics/version", timeout=TIMEOUT)


def test_a_certificate_of_the_client_may_be_required(
    stage: Stage, authority: trustme.CA, trusted: str, tmp_path: Path
) -> None:
    context = speaking_tls(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    client = stage(made={"tls": context}).stranger()
    client.http.verify = trusted
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get("/api/v2/diagnostics/version")
    authority.issue_cert("suite@example.com").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "me.pem"))
    client.http.cert = str(tmp_path / "me.pem")
    assert client.get("/api/v2/diagnostics/version").status_code == 200


# on several nodes


def test_nodes_share_agents_and_chats(stage: Stage) -> None:
    scene = stage(made={"nodes": 2})
    here, there = scene.mock.urls
    assert here != there
    agent = scene.agent(url=there).sign_in()
    assert len(hears_an_accept(scene, agent)) == 3
    chats = scene.agent(url=here).get("/api/v2/me/chats").json()["chats"]
    assert [chat["state"] for chat in chats] == ["Chatting"]


def test_a_notification_goes_to_the_node_that_holds_the_session(stage: Stage) -> None:
    scene = stage(made={"nodes": 2})
    listener, actor = scene.agent(url=scene.mock.urls[1]).sign_in(), scene.agent(url=scene.mock.urls[0])
    scene.customer().request()
    actor.operate("Accept", listener.invitation(), nickname="M")
    assert listener.hear()["data"]["notificationType"] == "StatusChange"


def test_the_cookie_names_its_node_and_is_nothing_to_the_other(stage: Stage) -> None:
    scene = stage(made={"nodes": 2})
    agent = scene.agent().sign_in()
    cookie = agent.http.cookies["JSESSIONID"]
    assert cookie.endswith(".node1")
    agent.url = scene.mock.urls[1]
    assert agent.poll()[0]["error"] == UNKNOWN
    agent.get("/api/v2/me")
    assert agent.http.cookies["JSESSIONID"].endswith(".node2")
    agent.http.auth = None
    agent.http.cookies.set("JSESSIONID", cookie, domain="localhost.local", path="/")
    agent.url = scene.mock.urls[1]
    assert agent.get("/api/v2/me").json()["statusCode"] == 20


def test_the_token_of_one_node_is_nothing_to_the_other(stage: Stage) -> None:
    scene = stage(made={"nodes": 2}, csrf=True)
    agent = scene.agent()
    token = {"X-CSRF-TOKEN": agent.get("/api/v2/me").headers["X-CSRF-TOKEN"]}
    start = {"operationName": "StartContactCenterSession"}
    assert agent.post("/api/v2/me", start, headers=token).status_code == 200
    agent.url = scene.mock.urls[1]
    refused = agent.post("/api/v2/me", start, headers=token)
    assert (refused.status_code, refused.json()["statusMessage"]) == (403, "Missing or invalid Csrf token")


def test_the_nodes_of_a_port_listen_one_behind_the_other() -> None:
    mock = a_pair()
    try:
        port, behind = (int(url.rpartition(":")[2]) for url in mock.urls)
        assert behind == port + 1
        with pytest.raises(MockError, match=f"port {behind}"):
            Mock(port=behind, nodes=2).start()
    finally:
        mock.stop()


def a_pair() -> Mock:
    """Two nodes on ports that are given; somebody else may have taken the second one."""
    for _ in range(20):
        with Mock() as free:
            port = int(free.url.rpartition(":")[2])
        with contextlib.suppress(MockError):
            return Mock(port=port, nodes=2).start()
    raise AssertionError("no two ports in a row were free")


def test_behind_a_balancer_a_client_with_its_cookie_keeps_its_session(stage: Stage) -> None:
    scene = stage(made={"nodes": 2})
    with StickyProxy(scene.mock.urls) as proxy:
        agents = [scene.agent(name, url=proxy.url).sign_in() for name in ("agent1", "agent2")]
        first, second = (agent.http.cookies["JSESSIONID"][-5:] for agent in agents)
        assert {first, second} == {"node1", "node2"}
        assert len(hears_an_accept(scene, agents[0])) == 3
        assert set(proxy.went) == {1, 2}


def test_behind_a_balancer_a_client_that_loses_its_cookie_loses_its_session(stage: Stage) -> None:
    scene = stage(made={"nodes": 2})
    with StickyProxy(scene.mock.urls) as proxy:
        agent = scene.agent(url=proxy.url).sign_in()
        agent.http.cookies.clear(domain="localhost.local", path="/", name="JSESSIONID")
        assert agent.poll()[0]["error"] == UNKNOWN
