"""Faults of refusing: what should be refused is not, is refused in the wrong words, or has an effect all the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gws_contract.mock import payloads
from gws_contract.mock.alterations import Refused, Waived
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.variation import Answer, Notice, Request, Variation


class _Effect(Variation):
    """A refused request changes the chat for the agent who is invited to it."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds

    def refusal(self, request: Request, guard: str, answer: Answer) -> tuple[Answer, Sequence[Notice]]:
        chat = request.chat
        if guard != "operation-unknown" or chat is None or request.agent not in chat.invited:
            return answer, ()
        agent = str(request.agent)
        status = payloads.status_change(chat, agent, 1)
        status["chat"]["state"] = "Chatting"
        people = payloads.participants_updated(chat, agent)
        people["chat"]["state"] = "Chatting"
        log = payloads.new_messages(chat, [payloads.entry(line) for line in chat.history])
        all_three = {"StatusChange": status, "ParticipantsUpdated": people, "NewMessages": log}
        return answer, [Notice(agent, all_three[kind]) for kind in self.kinds]


def _members(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Refused:
    def changed(answer: Answer) -> Answer:
        try:
            members = json.loads(answer.body)
        except ValueError:
            return answer
        return replace(answer, body=json.dumps(change(members)).encode())

    return Refused(changed)


def faults() -> Iterator[Fault]:
    """In the order of the page."""
    yield fault(
        "foreign-accept-succeeds",
        "An agent who was not offered the chat accepts it with success.",
        "refused.not-offered",
        Waived("not-offered"),
        "F13",
    )
    yield fault(
        "rejected-accept-succeeds",
        "An agent who has rejected the chat accepts it with success.",
        "refused.rejected",
        Waived("rejected"),
    )
    yield fault(
        "second-accept-succeeds",
        "A second Accept of the same chat is answered with success.",
        "refused.second-accept",
        Waived("state", lambda r: r.operation == "Accept"),
        "F8",
    )
    yield fault(
        "unknown-chat-succeeds",
        "Accept of a chat that does not exist is answered with success.",
        "refused.unknown-chat",
        Waived("unknown-chat"),
        "F9",
    )
    yield fault(
        "feature-not-checked",
        "An account without the feature accepts with success.",
        "feature.required",
        Waived("feature", lambda r: r.operation == "Accept"),
    )
    yield fault(
        "any-operation-accepts",
        "An unknown operationName is answered with success.",
        "refused.unknown-operation",
        Waived("operation-unknown"),
        "F7 H07",
    )
    yield fault(
        "no-operation-accepts",
        "A request without operationName is answered with success.",
        "refused.missing-operation",
        Waived("operation-missing"),
        "F7",
    )
    yield fault(
        "case-does-not-matter",
        "The operationName accept is carried out.",
        "refused.wrong-case",
        Waived("operation-case"),
    )
    yield fault(
        "no-nickname-needed",
        "Accept without nickname is carried out.",
        "refused.missing-nickname",
        Waived("nickname"),
        "F7 H06",
    )
    yield fault(
        "no-authentication",
        "Nobody is asked for credentials.",
        "refused.no-credentials refused.wrong-credentials",
        Waived("credentials"),
        "H15",
    )
    yield fault(
        "any-password",
        "Any password is good enough.",
        "refused.wrong-credentials",
        Waived("credentials", lambda r: r.claimed is not None),
    )
    yield fault(
        "code-not-in-table",
        "Refusals carry the statusCode 99.",
        "return-values.code",
        _members(lambda m: {**m, "statusCode": 99}),
    )
    yield fault(
        "code-0-with-http-error",
        "Refusals carry the statusCode 0.",
        "return-values.code",
        _members(lambda m: {**m, "statusCode": 0}),
        "F3",
    )
    yield fault(
        "code-as-string",
        "Refusals carry their statusCode as a string.",
        "return-values.code",
        _members(lambda m: {**m, "statusCode": str(m["statusCode"])}),
    )
    yield fault(
        "refusal-without-message",
        "Refusals have no statusMessage.",
        "return-values.message",
        _members(lambda m: {"statusCode": m["statusCode"]}),
        "F2",
    )
    yield fault(
        "refusal-with-attributes",
        "Refusals have further attributes.",
        "return-values.message",
        _members(lambda m: {**m, "stackTrace": "at com.example"}),
        "F6",
    )
    yield fault(
        "refused-yet-chatting",
        "After a refused request the chat changes to Chatting.",
        "refused.no-effect",
        lambda: _Effect("StatusChange"),
        "F10",
    )
    yield fault(
        "refused-yet-listed",
        "After a refused request the participants are sent.",
        "refused.no-effect",
        lambda: _Effect("ParticipantsUpdated"),
        "F10",
    )
    yield fault(
        "refused-yet-history",
        "After a refused request the history is sent.",
        "refused.no-effect",
        lambda: _Effect("NewMessages"),
        "F10",
    )
