"""Every way to get Accept wrong that this suite tries while a chat is Invited. Each is named as its clause is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gws_contract.journal import Exchange
from gws_contract.scenario import Attempt
from gws_contract.stage.agent import Agent, path_of
from gws_contract.stage.malformed import encoded
from gws_contract.stage.reply import said_yes


@dataclass(frozen=True)
class Invitation:
    """A chat that an agent was invited to, and who else is there."""

    chat: int
    chat_id: str
    agent: Agent
    nickname: str
    bystander: Agent | None
    """An agent who was not offered the chat."""
    guest: Agent | None
    """An account without the feature."""

    @property
    def path(self) -> str:
        return path_of(self.chat_id)

    @property
    def correct(self) -> dict[str, str]:
        return {"operationName": "Accept", "nickname": self.nickname}


def attempt(at: Invitation, wrong: Attempt) -> Exchange:
    """A wrong request that is spelled out, by the invited agent; its step is refusal:KIND."""
    return at.agent.call(
        wrong.method,
        at.path,
        step=f"refusal:{wrong.kind}",
        chat=at.chat,
        body=None if wrong.body is None else encoded(wrong.body),
        content_type=wrong.content_type,
    )


Misuse = Callable[[Invitation], Exchange | None]

_WRONG = "gws-contract-not-the-password"
"""Nobody's password, and made from nobody's: a server may write down what it refuses."""


def _post(agent: Agent, at: Invitation, name: str, body: Mapping[str, str], path: str | None = None) -> Exchange:
    return agent.call("POST", path or at.path, step=f"refusal:{name}", chat=at.chat, json=dict(body))


def unknown_chat(at: Invitation) -> Exchange:
    """A chat id that does not exist: that of the chat, turned round."""
    turned = at.chat_id[::-1]
    path = path_of(turned if turned != at.chat_id else turned + "0")
    return _post(at.agent, at, "unknown-chat", at.correct, path)


def no_credentials(at: Invitation) -> Exchange:
    """Neither credentials nor cookie."""
    return at.agent.call("POST", at.path, step="refusal:no-credentials", chat=at.chat, json=at.correct, anonymous=True)


def wrong_credentials(at: Invitation) -> Exchange:
    """The agent's name with another password, once; servers may lock an account that errs too often."""
    wrong = (at.agent.name, _WRONG if at.agent.account.password != _WRONG else _WRONG[::-1])
    return at.agent.call("POST", at.path, step="refusal:wrong-credentials", chat=at.chat, json=at.correct, auth=wrong)


def unknown_operation(at: Invitation) -> Exchange:
    """An operationName that no server knows."""
    return _post(at.agent, at, "unknown-operation", {**at.correct, "operationName": "Welcome"})


def missing_operation(at: Invitation) -> Exchange:
    """Only the nickname."""
    return _post(at.agent, at, "missing-operation", {"nickname": at.nickname})


def not_offered(at: Invitation) -> Exchange | None:
    """An agent who was not offered the chat; None if there is none."""
    return _post(at.bystander, at, "not-offered", at.correct) if at.bystander else None


def without_feature(at: Invitation) -> Exchange | None:
    """An account without the feature; None if there is none."""
    return _post(at.guest, at, "without-feature", at.correct) if at.guest else None


def wrong_case(at: Invitation) -> Exchange:
    """The operationName accept."""
    return _post(at.agent, at, "wrong-case", {**at.correct, "operationName": "accept"})


def missing_nickname(at: Invitation) -> Exchange:
    """Only the operationName."""
    return _post(at.agent, at, "missing-nickname", {"operationName": "Accept"})


MISUSES: dict[str, Misuse] = {
    "unknown-chat": unknown_chat,
    "no-credentials": no_credentials,
    "wrong-credentials": wrong_credentials,
    "unknown-operation": unknown_operation,
    "missing-operation": missing_operation,
    "not-offered": not_offered,
    "without-feature": without_feature,
    # These two a server may well take for an Accept, so they come last.
    "wrong-case": wrong_case,
    "missing-nickname": missing_nickname,
}
"""In the order in which they are tried on one chat. `rejected` and `second-accept` belong to other moments."""


def tried(at: Invitation, wrong: str | Attempt) -> Exchange | None:
    """The answer to one of them, or to a wrong request that is spelled out; None if nobody can try it."""
    return attempt(at, wrong) if isinstance(wrong, Attempt) else MISUSES[wrong](at)


def may_have_accepted(answer: Exchange) -> bool:
    """Whether the chat may be accepted after this answer: not by reading it, and not under another id."""
    return said_yes(answer) and answer.method != "GET" and answer.step != "refusal:unknown-chat"
