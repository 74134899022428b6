"""What is concluded from a conversation is concluded once, whichever of ninety checks asks: it never changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, TypeVarTuple

from gws_contract.conversation import Conversation
from gws_contract.judge.finding import Hidden, NotTestable

T = TypeVar("T")
About = TypeVarTuple("About")


class _Open:
    """A question that has no answer: why not."""

    def __init__(self, finding: NotTestable | Hidden) -> None:
        # Without the traceback, which would hold the conversation.
        self._kind, self._words = type(finding), finding.args

    def finding(self) -> NotTestable | Hidden:
        return self._kind(*self._words)


_NOTHING = object()


def concluded(question: Callable[[Conversation, *About], T]) -> Callable[[Conversation, *About], T]:
    """Decorates a question about a conversation. What it answers is kept, and nobody may change it.

    That it is not testable, or hidden, is an answer too. A break is none: it is told with the clause.
    """

    @wraps(question)
    def ask(conversation: Conversation, *about: *About) -> T:
        asked = (question, *about)
        answer: Any = conversation.concluded.get(asked, _NOTHING)
        if answer is _NOTHING:
            answer = conversation.concluded[asked] = _answer(question, conversation, *about)
        if type(answer) is _Open:
            raise answer.finding()
        return answer  # type: ignore[no-any-return]  # it is what `question` answered

    return ask


def _answer(question: Callable[[Conversation, *About], T], conversation: Conversation, *about: *About) -> T | _Open:
    try:
        return question(conversation, *about)
    except (NotTestable, Hidden) as finding:
        return _Open(finding)
