"""Who plays the customer, as options say it, and what is wrong with that."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from gws_contract.stage.customers.settings import CustomerSettings, WrongCustomer, customer_settings
from gws_contract.stage.target import Account, Target


@pytest.mark.parametrize(
    ("kind", "given", "settings"),
    [
        (None, {}, CustomerSettings()),
        ("gws", {}, CustomerSettings()),
        ("wait", {}, CustomerSettings("wait", offer_timeout=300.0)),
        ("wait", {"offer_timeout": 60.0}, CustomerSettings("wait", offer_timeout=60.0)),
        ("gms", {"mock": True}, CustomerSettings("gms")),
        ("gms", {"mock": True, "gms_service": "a b/c"}, CustomerSettings("gms", gms_service="a%20b%2Fc")),
        (
            "command",
            {"command": f"{sys.executable} 'my offer.py' --fast"},
            CustomerSettings("command", command=(sys.executable, "my offer.py", "--fast")),
        ),
    ],
)
def test_options_become_settings(kind: str | None, given: dict[str, Any], settings: CustomerSettings) -> None:
    assert customer_settings(kind, **given) == settings


@pytest.mark.parametrize(
    ("url", "base", "service"),
    [
        ("https://gms:8080", "https://gms:8080", "customer-support"),
        ("https://gms/genesys", "https://gms", "customer-support"),
        ("https://gms/genesys/2/", "https://gms", "customer-support"),
        ("https://gms/genesys/2/chat", "https://gms", "customer-support"),
        ("https://gms/genesys/2/chat/web", "https://gms", "web"),
        ("https://gms/genesys/2/chat/web%20chat", "https://gms", "web%20chat"),
        ("https://gms/edge/genesys/2/chat/web", "https://gms/edge", "web"),
        ("https://gms/genesys2", "https://gms/genesys2", "customer-support"),
    ],
)
def test_the_address_of_gms_may_be_that_of_server_api_or_service(url: str, base: str, service: str) -> None:
    settings = customer_settings("gms", gms_url=url)
    assert (settings.gms_url, settings.gms_service) == (base, service)


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        ("gms", {}, "--customer gms needs --gms-url URL, the address of Genesys Mobile Services."),
        ("command", {}, '--customer command needs --customer-command "PROGRAM ARGUMENTS".'),
        ("command", {"command": "  "}, '--customer command needs --customer-command "PROGRAM ARGUMENTS".'),
        ("command", {"command": "'open"}, "--customer-command cannot be read: No closing quotation."),
        (
            "command",
            {"command": "no-such-program --x"},
            "The program 'no-such-program' of --customer-command is not there, or cannot be run.",
        ),
        ("gws", {"command": "ls"}, "--customer-command is for --customer command, but the customer is gws."),
        (None, {"gms_url": "https://gms"}, "--gms-url is for --customer gms, but the customer is gws."),
        ("wait", {"gms_service": "x"}, "--gms-service is for --customer gms, but the customer is wait."),
        ("robot", {}, "There is no customer 'robot'; there are gws, gms, command, wait."),
        (
            "gms",
            {"gms_url": "https://gms/genesys/2/chat/web", "gms_service": "mail"},
            "--gms-url names the service web, --gms-service mail.",
        ),
    ],
)
def test_what_cannot_work_is_said_in_a_sentence(kind: str | None, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WrongCustomer) as refused:
        customer_settings(kind, **given)
    assert str(refused.value) == sentence


def test_only_the_first_invitation_waits_for_a_person() -> None:
    ann = Target("https://gws", (Account("ann", "one"),), offer_timeout=20.0)
    assert ann.first_offer_timeout == 20.0
    by_hand = Target("https://gws", (Account("ann", "one"),), customer=customer_settings("wait"))
    assert (by_hand.first_offer_timeout, by_hand.offer_timeout) == (300.0, 30.0)
