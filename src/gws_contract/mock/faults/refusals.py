"""Faults of refusing: what should be refused is not, is refused in the wrong words, or has an effect all the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gws_contract.mock import payloads
from gws_contract.mock.alterations import Refused, Waived
from gws_contract.mock.encoding import DEPTH
from gws_contract.mock.faults.fault import Fault, fault
from gws_contract.mock.outcome import success
from gws_contract.mock.variation import Answer, Notice, Request, Variation
from gws_contract.nesting import is_deeper


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


class _Deleted(Variation):
    """DELETE of a chat succeeds, and deletes nothing."""

    def intercept(self, request: Request) -> Answer | None:
        chat = request.chat if request.api == "agent" and request.method == "DELETE" else None
        return success() if chat is not None and request.agent in chat.invited else None


def _begins_with_json(body: bytes) -> bool:
    try:
        text = body.decode()
        if is_deeper(text, DEPTH):
            return False
        json.JSONDecoder(parse_constant=int).raw_decode(text)  # int refuses NaN
    except ValueError:
        return False
    return True


def _replaced(body: bytes) -> bytes:
    return body.decode(errors="replace").encode()


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
        "withdrawn-accept-succeeds",
        "An Accept of a chat whose customer has left is answered with success.",
        "refused.withdrawn",
        Waived("withdrawn"),
    )
    yield fault(
        "unknown-chat-succeeds",
        "Accept of a chat that does not exist is answered with success.",
        "refused.unknown-chat",
        Waived("unknown-chat"),
        "F9",
    )
    yield fault(
        "every-method-accepts",
        "The body of an Accept is carried out whatever the method.",
        "refused.wrong-method",
        Waived("method"),
        "H14",
    )
    yield fault(
        "delete-succeeds",
        "DELETE of a chat is answered with success.",
        "refused.wrong-method",
        _Deleted(),
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
        "integer-nickname-accepts",
        "Accept with a number as nickname is carried out.",
        "refused.wrong-type",
        Waived("nickname-type", lambda r: isinstance(r.data["nickname"], int)),
        "H19",
    )
    yield fault(
        "operation-of-any-type-succeeds",
        "An operationName that is no string is answered with success.",
        "refused.wrong-type",
        Waived("operation-type"),
    )
    yield fault(
        "body-of-any-type-succeeds",
        "JSON that is no object is answered with success.",
        "refused.wrong-type",
        Waived("object"),
    )
    yield fault(
        "malformed-json-succeeds",
        "A body that is no JSON is answered with success.",
        "refused.malformed-json",
        Waived("json"),
        "H05",
    )
    yield fault(
        "cut-off-json-succeeds",
        "JSON that is cut off is answered with success.",
        "refused.malformed-json",
        Waived("json", lambda r: r.body[:1] == b"{" and b"}" not in r.body),
    )
    yield fault(
        "trailing-bytes-succeed",
        "JSON with something behind its end is answered with success.",
        "refused.malformed-json",
        Waived("json", lambda r: _begins_with_json(r.body)),
    )
    yield fault(
        "any-encoding-succeeds",
        "What is not UTF-8 is replaced before it is read as JSON.",
        "refused.malformed-json",
        Waived("json", lambda r: _replaced(r.body) != r.body and _begins_with_json(_replaced(r.body))),
    )
    yield fault(
        "last-member-counts",
        "Of a member that occurs twice the last one counts.",
        "refused.duplicate-keys",
        Waived("repeated-name"),
    )
    yield fault(
        "any-content-type",
        "The body is read as JSON whatever its label says.",
        "refused.content-type",
        Waived("content-type"),
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
