"""Customers of every kind on a mock, for the tests of who plays the customer: programs, people, strangers."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from gws_contract.campaign import Campaign, Plan
from gws_contract.journal import Memory
from gws_contract.mock.server import Mock
from gws_contract.scenario import Scenario
from gws_contract.stage.customers.person import Tell
from gws_contract.stage.customers.settings import CustomerSettings
from gws_contract.stage.target import NotReady, Target

from .mock_stage import Customer
from .stages import Played, rows

PROGRAM = (sys.executable, str(Path(__file__).with_name("customer_program.py")))
CALL = re.compile(r"offer chat (\d+) of (\d+) now: nickname (.*), subject (\S+) \(waiting (\S+) s\)")


def command(*arguments: str) -> CustomerSettings:
    """The program that chats over the Customer Chat API."""
    return CustomerSettings("command", command=(*PROGRAM, *arguments))


GMS = CustomerSettings("gms")
BY_HAND = CustomerSettings("wait", offer_timeout=20.0)


class Person:
    """Offers a chat whenever one is asked for, in the way of `offers`: nickname and subject are given."""

    def __init__(self, mock: Mock, offers: Callable[[Customer, str, str], object]) -> None:
        self.heard: list[str] = []
        self.customers: list[Customer] = []
        self._mock, self._offers = mock, offers
        self._threads: list[threading.Thread] = []

    def tell(self, line: str) -> None:
        self.heard.append(line)
        called = CALL.fullmatch(line)
        assert called, line
        self.customers.append(Customer(self._mock))
        self._threads.append(threading.Thread(target=self._offers, args=(self.customers[-1], called[3], called[4])))
        self._threads[-1].start()

    def go(self) -> None:
        for thread in self._threads:
            thread.join()
        for customer in self.customers:
            customer.close()


def performed(target: Target, *scenarios: Scenario, tell: Tell = lambda _: None) -> Played:
    """A campaign with somebody who may be told something."""
    memory = Memory()
    error = None
    try:
        Campaign(target, Plan(rows(*scenarios), 0, "quick"), memory, tell=tell).run()
    except NotReady as not_ready:
        error = not_ready
    return Played(memory, error)


def performed_by_hand(
    mock: Mock, target: Target, offers: Callable[[Customer, str, str], object], *scenarios: Scenario
) -> tuple[Played, Person]:
    """A campaign whose chats this person offers."""
    person = Person(mock, offers)
    try:
        return performed(target, *scenarios, tell=person.tell), person
    finally:
        person.go()
