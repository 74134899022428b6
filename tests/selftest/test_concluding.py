"""What is concluded once of a conversation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gws_contract.conversation import Conversation
from gws_contract.judge.concluding import concluded
from gws_contract.judge.finding import Broken, Hidden, NotTestable

from .conversations import PLAIN, performed

Asked = list[tuple[object, ...]]


@pytest.fixture
def conversation() -> Conversation:
    return performed(PLAIN).conversation


def question(asked: Asked, answer: Callable[[], str]) -> Callable[..., str]:
    @concluded
    def ask(conversation: Conversation, *about: object) -> str:
        asked.append((conversation.chat, *about))
        return answer()

    return ask


def test_it_is_asked_once(conversation: Conversation) -> None:
    asked: Asked = []
    ask = question(asked, lambda: "yes")
    assert [ask(conversation), ask(conversation)] == ["yes", "yes"]
    assert asked == [(1,)]


def test_nothing_is_an_answer_too(conversation: Conversation) -> None:
    asked: list[Conversation] = []

    @concluded
    def ask(conversation: Conversation) -> None:
        asked.append(conversation)

    assert [ask(conversation), ask(conversation)] == [None, None]
    assert len(asked) == 1


def test_it_is_asked_about_each_thing(conversation: Conversation) -> None:
    asked: Asked = []
    ask = question(asked, lambda: "yes")
    for about in ("a", "b", "a"):
        ask(conversation, about)
    assert asked == [(1, "a"), (1, "b")]


def test_it_is_asked_of_each_conversation() -> None:
    asked: Asked = []
    ask = question(asked, lambda: "yes")
    chat = performed(PLAIN)
    for conversation in (chat.conversation, chat.conversation):
        ask(conversation)
    assert len(asked) == 2


def test_two_questions_have_two_answers(conversation: Conversation) -> None:
    assert question([], lambda: "yes")(conversation) == "yes"
    assert question([], lambda: "no")(conversation) == "no"


@pytest.mark.parametrize("kind", [NotTestable, Hidden])
def test_why_there_is_no_answer_is_told_again(kind: type[Exception], conversation: Conversation) -> None:
    def never() -> str:
        raise kind("why not")

    asked: Asked = []
    ask = question(asked, never)
    told = []
    for _ in range(2):
        with pytest.raises(kind, match=r"^why not$") as found:
            ask(conversation)
        told.append(found.value)
    assert len(asked) == 1
    assert told[0] is not told[1], "a traceback would grow"
    assert told[1].__context__ is None


def test_a_break_is_found_again(conversation: Conversation) -> None:
    def broken() -> str:
        raise Broken("this", "that", within_array=True)

    asked: Asked = []
    ask = question(asked, broken)
    for _ in range(2):
        with pytest.raises(Broken) as found:
            ask(conversation)
        assert found.value.within_array
    assert len(asked) == 2
