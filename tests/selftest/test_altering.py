"""Every fault, quirk and profile says something that an honest server would not say, in the situations that runs play.

Quicker than the kill matrix, and blind for what it means: an honest mock plays the situations once, and every variation
is asked beside it at every seam.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from gws_contract.campaign import Campaign, Plan
from gws_contract.embedded import target_of
from gws_contract.journal import Memory
from gws_contract.mock.chat import Chat
from gws_contract.mock.faults import FAULTS
from gws_contract.mock.profiles import PROFILES
from gws_contract.mock.quirks import QUIRKS
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer, Cause, Notice, Request, Variation

from .killing import rows

ACTING = {"rejected-chat-comes-back"}
"""Those that do something to a chat instead of saying something: the server would not be honest any more."""
NAMES: Mapping[str, Callable[[], Variation]] = {
    name: one.make for table in (FAULTS, QUIRKS, PROFILES) for name, one in table.items() if name not in ACTING
}


class Beside(Variation):
    """The honest server, and what others would have said in its place. All of it runs on the mock's thread."""

    def __init__(self) -> None:
        self.others = {name: make() for name, make in NAMES.items()}
        self.altered: set[str] = set()
        self.failed: dict[str, Exception] = {}
        self.spoilt: list[Cause] = []
        """Whose notices somebody has changed in place; their data may be shared."""

    def _ask(self, question: Callable[[Variation], Any]) -> None:
        honest = repr(question(Variation()))  # the order of members counts too
        for name, other in self.others.items():
            try:
                if repr(question(other)) != honest:
                    self.altered.add(name)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test of this variation fails
                self.failed.setdefault(name, error)

    def options(self) -> Mapping[str, Any]:
        self._ask(lambda one: dict(one.options()))
        return {}

    def intercept(self, request: Request) -> Answer | None:
        self._ask(lambda one: one.intercept(request))
        return None

    def waives(self, guard: str, request: Request) -> bool:
        self._ask(lambda one: one.waives(guard, request))
        return False

    def refusal(self, request: Request, guard: str, answer: Answer) -> tuple[Answer, Sequence[Notice]]:
        def refusal(one: Variation) -> tuple[Answer, list[Notice]]:
            said, notices = one.refusal(request, guard, answer)
            return said, list(notices)

        self._ask(refusal)
        return answer, ()

    def answer(self, cause: Cause, request: Request, answer: Answer) -> Answer:
        self._ask(lambda one: one.answer(cause, request, answer))
        return answer

    def notices(self, cause: Cause, notices: Sequence[Notice]) -> Sequence[Notice]:
        before = repr(list(notices))
        self._ask(lambda one: list(one.notices(cause, notices)))
        self.spoilt += [cause] if repr(list(notices)) != before else []
        return notices

    def customer_view(self, chat: Chat, body: dict[str, Any]) -> dict[str, Any]:
        self._ask(lambda one: one.customer_view(chat, copy.deepcopy(body)))
        return body

    def published_first(self, cause: Cause) -> bool:
        self._ask(lambda one: one.published_first(cause))
        return False

    def history(self, cause: Cause, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self._ask(lambda one: one.history(cause, copy.deepcopy(entries)))
        return entries


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    """After a campaign of all situations and wrong requests."""
    variation = Beside()
    with Mock(variations=(variation,)) as mock:
        target = replace(target_of(mock), deadline=5.0, quiet_period=0.1, offer_timeout=20.0)
        Campaign(target, Plan(rows(), 0, "quick"), Memory()).run()
        yield variation


@pytest.mark.parametrize("name", NAMES)
def test_a_variation_alters_what_an_honest_server_says(beside: Beside, name: str) -> None:
    if name in beside.failed:
        raise beside.failed[name]
    assert name in beside.altered


def test_no_variation_changes_a_notice_that_others_may_have(beside: Beside) -> None:
    assert beside.spoilt == []
