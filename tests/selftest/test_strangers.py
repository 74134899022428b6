"""Chats of others on the same server: never accepted, touched or recorded, whoever plays the customer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gws_contract.journal import Exchange, Invited, Stray, to_json
from gws_contract.mock.chat import State
from gws_contract.mock.server import Mock
from gws_contract.scenario import Say, Scenario, Visit
from gws_contract.stage.customers.settings import CustomerSettings
from gws_contract.verdict import Verdict

from .mock_stage import Customer
from .offering import BY_HAND, GMS, command, performed, performed_by_hand
from .stages import Played, aim, nobody_is_left

SECRET = "the stranger's credit card 4711"
OURS = Scenario("Kim", "Sam", (Say("Hello"), Visit("leave", "Zoë"), Say("Hello?")), reply="Hi.")

AS_MARKED = command()
BY_NAME = command("--as=nickname", "--can=say,leave,look,read,name")
"""A program that can hand over no marker."""


class Strangers:
    """Who asks for chats of their own on the same server."""

    def __init__(self, nickname: str = "Stranger", **more: Any) -> None:
        self.nickname, self.more = nickname, more
        self.ids: list[str] = []

    def ask(self, mock: Mock) -> None:
        customer = Customer(mock)
        customer.request(self.nickname, **{"userData": {"card": SECRET}, **self.more})
        customer.operate("SendMessage", text=SECRET)
        customer.close()
        self.ids.append(customer.chat)

    def left_alone(self, mock: Mock) -> None:
        """Their chats are as they were: offered, perhaps, and neither accepted nor rejected nor ended."""
        assert self.ids
        for chat in mock.call(lambda: [mock.desk.chat_of_customer(each) for each in self.ids]):
            assert chat is not None
            assert not chat.ended
            assert not chat.joined
            assert set(chat.states.values()) <= {State.INVITED, State.REVOKED}
            assert not [line for line in chat.history if line.sender.type == "Agent"]


def unrecorded(run: Played, strangers: Strangers, mock: Mock) -> None:
    ids = {mock.desk.books.by_customer[each].id for each in strangers.ids}
    for record in run.records:
        line = json.dumps(to_json(record))
        assert SECRET not in line
        assert isinstance(record, Stray) or not any(each in line for each in ids), line
        assert not isinstance(record, Invited | Exchange) or not any(each in line for each in ids)


@pytest.mark.parametrize("nickname", ["Stranger", "Kim"])
@pytest.mark.parametrize(
    "customer", [CustomerSettings(), GMS, AS_MARKED, BY_NAME], ids=["gws", "gms", "command", "command by name"]
)
def test_the_chat_of_a_stranger_is_left_alone(customer: CustomerSettings, nickname: str) -> None:
    strangers = Strangers(nickname, subject="Kim", userData={"FirstName": "Kim", "card": SECRET})
    with Mock() as mock:
        for _ in range(3):
            strangers.ask(mock)
        run = performed(aim(mock, customer=customer), OURS, OURS)
        strangers.left_alone(mock)
        unrecorded(run, strangers, mock)
    assert run.hows == ["complete", "complete"]
    assert len(run.steps("accept")) == 2


def test_a_chat_that_nothing_marks_is_left_alone_even_if_it_is_the_only_one() -> None:
    nobody = command("--as=nobody", "--can=leave,name")
    with Mock() as mock:
        run = performed(aim(mock, customer=nobody, offer_timeout=0.3), OURS)
        assert nobody_is_left(mock)
    assert run.error is not None
    assert "No agent was invited to the offered chat" in str(run.error)
    assert not run.steps("accept", "end:accept")


def test_a_program_that_hands_over_no_marker_is_known_by_a_nickname_that_nobody_else_has() -> None:
    with Mock() as mock:
        run = performed(aim(mock, customer=BY_NAME), OURS, Scenario("Kim", "Sam"))
    assert run.hows == ["complete", "complete"]
    names = [json.loads(e.request or "")["nickname"] for e in run.steps("offer")]
    assert len(set(names)) == 2
    assert all(name.startswith("Kim ") for name in names)
    assert [c.customer for c in run.conversations] == names
    assert "accept.participants.customer" in run.with_verdict(Verdict.KEPT)


@pytest.mark.parametrize("marker", ["gws-contract-0badcafe-1", "gws-contract-0badcafe-2"])
def test_a_person_is_not_taken_for_another_run_of_the_suite(marker: str) -> None:
    strangers = Strangers("Kim", userData={"gws-contract": marker})
    with Mock() as mock:
        strangers.ask(mock)
        run, _ = performed_by_hand(mock, aim(mock, customer=BY_HAND), lambda c, name, _: c.request(name), OURS)
        strangers.left_alone(mock)
        unrecorded(run, strangers, mock)
    assert run.hows == ["complete"]


def test_by_hand_a_chat_that_comes_when_none_is_waited_for_is_nobodys() -> None:
    """It comes after ours was accepted, and before the next one is asked for."""
    strangers = Strangers()

    def accepted() -> bool:
        return any(chat.joined for chat in mock.desk.books.chats.values())

    def offers(customer: Customer, name: str, marker: str) -> None:
        customer.request(name, subject=marker)
        mock.until(accepted)
        strangers.ask(mock)

    with Mock() as mock:
        run, _ = performed_by_hand(mock, aim(mock, customer=BY_HAND), offers, OURS)
        strangers.left_alone(mock)
        unrecorded(run, strangers, mock)
    assert run.hows == ["complete"]


def test_by_hand_a_chat_with_the_marker_is_ours_though_another_came_first() -> None:
    """The stranger's is taken by nobody if it comes before the chat is asked for."""
    strangers = Strangers()
    with Mock() as mock:
        strangers.ask(mock)
        run, person = performed_by_hand(
            mock, aim(mock, customer=BY_HAND), lambda c, name, marker: c.request(name, subject=marker), OURS
        )
        del person
        strangers.left_alone(mock)
        unrecorded(run, strangers, mock)
    assert run.hows == ["complete"]
