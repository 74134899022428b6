"""The server that a wish and the environment describe, and everything that can be wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme

from gws_contract.mock.server import Mock
from gws_contract.stage.target import Account, UsageError
from gws_contract.targeting import as_wished, targeted
from gws_contract.wish import Wish

from .stages import aim

COMPLETE = {"GWS_AGENTS": "ann:uno,bob:t:w:o", "GWS_CONTACT_CENTER_ID": "cc-1"}
URL = "https://gws.example.com"


def without(*names: str, **more: str) -> dict[str, str]:
    return {name: value for name, value in COMPLETE.items() if name not in names} | more


def test_the_environment_gives_the_accounts(tmp_path: Path) -> None:
    target = targeted(Wish(url=URL), without(GWS_AGENT_WITHOUT_FEATURE="eve:three"), tmp_path)
    assert target.url == URL
    assert [agent.user for agent in target.agents] == ["ann", "bob"]
    assert target.contact_center_id == "cc-1"
    assert target.without_feature == Account("eve", "three")


def test_what_is_not_wished_for_is_as_the_page_says(tmp_path: Path) -> None:
    target = targeted(Wish(url=URL), COMPLETE, tmp_path)
    assert (target.cometd_path, target.topics, target.channels) == (
        "/api/v2/notifications",
        ("/v2/me/chats",),
        ("chat",),
    )
    wiring = target.wiring
    assert (wiring.verify, wiring.proxy, wiring.client_cert, dict(wiring.headers)) == (True, None, None, {})
    assert (wiring.connect_timeout, wiring.read_timeout) == (5, 30)


def test_what_is_wished_for_reaches_the_wiring(tmp_path: Path) -> None:
    wish = Wish(
        url="https://gws.example.com/gws/",
        cometd_path="/cometd",
        topic=["/v2/me/*", "/v2/me/devices"],
        channel=["voice", "multimedia"],
        insecure=True,
        proxy="http://proxy.example.com:3128/",
        connect_timeout=1,
        read_timeout=2,
    )
    secrets = {"GWS_HEADERS": "ssid: one two\n\n X-Api-Key:k ", "GWS_PROXY_AUTH": "pat:word"}
    target = as_wished(targeted(wish, COMPLETE | secrets, tmp_path), wish)
    assert (target.url, target.cometd_path) == ("https://gws.example.com/gws", "/cometd")
    assert target.topics == ("/v2/me/*", "/v2/me/devices")
    assert target.channels == ("voice", "multimedia")
    wiring = target.wiring
    assert (wiring.verify, wiring.proxy, wiring.proxy_auth) == (False, "http://proxy.example.com:3128", ("pat", "word"))
    assert wiring.headers == {"ssid": "one two", "X-Api-Key": "k"}
    assert (wiring.connect_timeout, wiring.read_timeout) == (1, 2)


def test_patience_with_an_answer_grows_with_the_deadline(tmp_path: Path) -> None:
    wish = Wish(url=URL, deadline=60)
    assert as_wished(targeted(wish, COMPLETE, tmp_path), wish).wiring.read_timeout == 120


def test_the_embedded_mock_has_the_times_that_are_wished_for() -> None:
    with Mock() as mock:
        target = as_wished(aim(mock), Wish(mock="", deadline=3, offer_timeout=4, read_timeout=5, second_observer=True))
    assert (target.deadline, target.offer_timeout, target.wiring.read_timeout) == (3, 4, 5)
    assert target.second_observer


@pytest.mark.parametrize(
    ("wish", "environment", "why"),
    [
        ({"url": None}, COMPLETE, "There is no server to certify"),
        ({}, without("GWS_AGENTS"), "There is no agent"),
        ({}, without("GWS_CONTACT_CENTER_ID"), "There is no customer"),
        ({}, without(GWS_CONTACT_CENTER_ID="  "), "There is no customer"),
        ({}, without(GWS_AGENT_WITHOUT_FEATURE="ann:uno"), "not among GWS_AGENTS"),
        ({}, without(GWS_AGENT_WITHOUT_FEATURE="eve:1,fay:2"), "is one account"),
        ({"cometd_path": "notifications"}, COMPLETE, "The path of CometD is 'notifications'; it should look like"),
        ({"cometd_path": "/a?b"}, COMPLETE, "The path of CometD is"),
        ({"topic": ["/v2/me/devices"]}, COMPLETE, "The subscription to /v2/me/devices does not bring the chats"),
        ({"insecure": True, "ca_file": "ca.pem"}, COMPLETE, "either --ca-file or --insecure"),
        ({"client_key": "key.pem"}, COMPLETE, "give --client-cert too"),
        ({"ca_file": "nowhere.pem"}, COMPLETE, "nowhere.pem cannot be used: No such file or directory"),
        ({"ca_file": "text.pem"}, COMPLETE, "text.pem cannot be used: no certificate or crl found"),
        ({"client_cert": "nowhere.pem"}, COMPLETE, "nowhere.pem cannot be used: No such file or directory"),
        ({"client_cert": "text.pem"}, COMPLETE, "text.pem cannot be used: "),
        ({"proxy": "http://pat:word@proxy:1"}, COMPLETE, "they belong into the variable GWS_PROXY_AUTH"),
        ({"proxy": "proxy:1"}, COMPLETE, "The URL of the proxy 'proxy:1' is not that of a server"),
        ({"proxy": "http://proxy:1"}, without(GWS_PROXY_AUTH="a:b,c:d"), "GWS_PROXY_AUTH is one account"),
        ({}, without(GWS_PROXY_AUTH="a:b"), "GWS_PROXY_AUTH is set, but there is no proxy"),
        ({}, without(GWS_HEADERS="X-Good: 1\nno header"), "Line 2 of GWS_HEADERS is not of the form Name: value"),
        ({}, without(GWS_HEADERS="X: ü"), "Line 1 of GWS_HEADERS"),
        ({}, without(GWS_HEADERS="authorization: Basic x"), "GWS_HEADERS holds authorization, which the suite sends"),
    ],
)
def test_what_cannot_work_is_said_in_a_sentence(
    tmp_path: Path, wish: dict[str, Any], environment: dict[str, str], why: str
) -> None:
    (tmp_path / "text.pem").write_text("nothing of the kind")
    with pytest.raises(UsageError, match=why) as refused:
        targeted(Wish(**{"url": URL} | wish), environment, tmp_path)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("text", ["X: secret line\nno header with secret", "cookie: secret"])
def test_no_sentence_about_a_header_repeats_its_value(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        targeted(Wish(url=URL), COMPLETE | {"GWS_HEADERS": text}, tmp_path)
    assert "secret" not in str(refused.value)


def test_no_representation_shows_a_secret(tmp_path: Path) -> None:
    secrets = {
        "GWS_AGENT_WITHOUT_FEATURE": "eve:three",
        "GWS_HEADERS": "ssid: four",
        "GWS_CLIENT_KEY_PASSWORD": "five",
        "GWS_PROXY_AUTH": "pat:word6",
    }
    target = targeted(Wish(url=URL, proxy="http://proxy"), COMPLETE | secrets, tmp_path)
    shown = repr(target) + repr(target.wiring) + repr(target.wiring.way)
    assert not [s for s in ("uno", "t:w:o", "three", "cc-1", "four", "five", "word6") if s in shown]


def test_a_client_certificate_is_tried_with_the_password_of_its_key(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("client.example.com")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "client.pem")
    target = targeted(Wish(url=URL, client_cert="client.pem"), COMPLETE, tmp_path)
    assert target.wiring.client_cert == str(tmp_path / "client.pem")
