"""The sentences of findings, word by word: they are all that an engineer gets to read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gws_contract.journal import Incident, Invited
from gws_contract.scenario import Depart, Say, Scenario, Stream, Visit

from .conversations import (
    CHAT_ID,
    JUDGED,
    LOG,
    PEOPLE,
    PLAIN,
    STATUS,
    VISITOR,
    Chat,
    Data,
    delivery,
    outcome,
    performed,
)

GOOD = performed(PLAIN)
CHANGE, LIST, HISTORY = GOOD.payloads
OK = '{"statusCode": 0}'
TRIED = performed(replace(PLAIN, refusals=("wrong-case",)))
SEAM = performed(Scenario("PersonP", "Marat", (Say("Hello World"), Say("Hi")), (Stream(("no.",), 6),)), early=2)
LEFT = performed(replace(PLAIN, before=(*PLAIN.before, Depart())))
REJECTED = performed(Scenario("Pat", "Sam", (Visit("reject"), Say("Hello?")), refusals=("rejected",)))
WORKING = performed(replace(PLAIN, reply="Hello."))


def entries(*told: Data) -> Chat:
    return GOOD.with_entries(lambda _: told)


def invited(after: float) -> Chat:
    return GOOD.later({**CHANGE, "chat": {**CHANGE["chat"], "state": "Invited"}}, after)


def renumbered(told: list[Data]) -> list[Data]:
    return [{**entry, "index": 1 + at} for at, entry in enumerate(told)]


JOIN, *_ = HISTORY["messages"]
GHOST = {"type": "Agent", "nickname": "Ghost", "participantId": "00900000000000FF"}
WRONG_STATE = GOOD.edited(PEOPLE, lambda payload: payload["chat"].update(state="Waiting"))
OFFERED_AGAIN = REJECTED.plus(Invited(1, CHAT_ID, VISITOR, REJECTED.step("refusal:rejected").done + 0.01)).answered(
    "refusal:rejected", OK, status=200
)


@pytest.mark.parametrize(
    ("chat", "clause", "words"),
    [
        (GOOD.answered("accept", headers={}), "response.content-type", "Content-Type application/json"),
        (GOOD.answered("accept", "\ufeff" + OK), "response.content-type", "JSON in UTF-8"),
        (
            GOOD.answered("accept", {"statusCode": 0, "statusMessage": "ok"}),
            "response.no-message",
            "statusCode 0 without statusMessage",
        ),
        (GOOD.later({**HISTORY, "x": 1}, 0.3), "history.once", "every entry once"),
        (
            GOOD.later({**HISTORY, "messages": [{**HISTORY["messages"][1], "text": "another"}]}, 0.3),
            "history.index-rises",
            "one entry for one index",
        ),
        (entries(*renumbered([JOIN, *HISTORY["messages"]])), "history.comings-and-goings", "nobody joins twice"),
        (
            entries(*renumbered([JOIN, {**JOIN, "type": "ParticipantLeft", "from": GHOST}])),
            "history.comings-and-goings",
            "nobody leaves who has not joined",
        ),
        (
            GOOD.with_people(lambda people: [{**one, "participantId": "1"} for one in people]),
            "participants.distinct",
            "one participantId for each participant",
        ),
        (
            LEFT.answered("refusal:withdrawn", OK, status=200),
            "refused.withdrawn",
            "an Accept of a chat whose customer has left is refused",
        ),
        (
            REJECTED.answered("refusal:rejected", OK, status=200),
            "refused.rejected",
            "an Accept by the agent who has just rejected the chat is refused",
        ),
        (WORKING.answered("reply", "", status=403), "overview.work", "the agent can start working on the chat"),
        (
            TRIED.answered("refusal:wrong-case", {"statusCode": 3}),
            "return-values.message",
            "statusCode and statusMessage, and no other attributes",
        ),
        (
            TRIED.plus(delivery(LIST, at=TRIED.step("refusal:wrong-case").sent + 0.04)),
            "refused.no-effect",
            "nothing changes after a refused request",
        ),
        (invited(0.3), "status-change.final", "Chatting until the chat ends"),
    ],
)
def test_what_is_documented_is_said_in_these_words(chat: Chat, clause: str, words: str) -> None:
    found = outcome(chat, clause)
    assert (found.verdict, found.documented) == ("broken", words)


WITHDRAWN = GOOD.dropping(STATUS, PEOPLE, LOG).answered("accept", {"statusCode": 3}, status=403)


@pytest.mark.parametrize(
    ("chat", "clause", "words"),
    [
        (
            WITHDRAWN.later({**CHANGE, "chat": {**CHANGE["chat"], "state": "Revoked"}}, 0.05),
            "overview.accepts",
            "the offer was withdrawn while the Accept was on its way",
        ),
        (
            TRIED.plus(delivery(LIST, at=TRIED.step("refusal:wrong-case").sent + 0.04)),
            "history.arrives",
            "a refused request had already had the effect of an Accept",
        ),
        (entries(), "history.once", "no entry came"),
        (entries(JOIN), "history.index-rises", "no notification has two entries with an index"),
        (entries({**JOIN, "index": "x"}), "history.index-rises", "no notification has an entry with an index"),
        (OFFERED_AGAIN, "refused.rejected", "the chat was offered to the same agent again"),
        (
            TRIED.answered("refusal:wrong-case", "<html>"),
            "return-values.code",
            "no refusal with a statusCode in this chat",
        ),
        (
            TRIED.answered("refusal:wrong-case", {"statusCode": 7}, status=200),
            "return-values.message",
            "nothing but partial success",
        ),
        (
            SEAM.with_entries(lambda told: [e for e in told if e["from"]["type"] != "Agent"]),
            "history.seam",
            "the history does not reach the point of joining",
        ),
        (
            SEAM.with_entries(lambda told: [e for e in told if e.get("text") != "Hi"]),
            "history.seam",
            "the history itself lacks a text, or has one too often",
        ),
        (
            performed(replace(PLAIN, during=(Say("Now."),)), early=1),
            "history.live-after",
            "nothing that was said during the Accept came live",
        ),
        (
            GOOD.edited(STATUS, lambda payload: payload["chat"].update(state="Waiting")),
            "status-change.final",
            "the chat did not change to Chatting",
        ),
    ],
)
def test_why_nothing_can_be_said_is_said_in_these_words(chat: Chat, clause: str, words: str) -> None:
    found = outcome(chat, clause)
    assert (found.verdict, found.reason) == ("not testable", words)


@pytest.mark.parametrize(
    ("chat", "clause", "words"),
    [
        (WRONG_STATE.disturbed("poll-broken"), "participants.state", "an earlier list may have been lost"),
        (
            TRIED.plus(Incident(JUDGED, 1, TRIED.step("refusal:wrong-case").sent + 0.02, "poll-broken", "")),
            "refused.no-effect",
            "the CometD session was disturbed between the refused request and the Accept",
        ),
        (
            invited(0.3).disturbed("ack-order"),
            "status-change.final",
            "Invited came after Chatting, but it may have been sent again",
        ),
    ],
)
def test_what_hides_the_truth_is_said_in_these_words(chat: Chat, clause: str, words: str) -> None:
    found = outcome(chat, clause)
    assert (found.verdict, found.reason) == ("inconclusive", words)


def test_the_states_that_are_documented_and_received_are_told() -> None:
    found = outcome(GOOD.edited(STATUS, lambda payload: payload["chat"].update(state="Waiting")), "status-change.state")
    assert (found.documented, found.received) == ("state Chatting", "state Waiting")
