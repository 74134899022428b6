"""Chats in which the customer speaks or leaves during the Accept, and agents who were away, played against the mock."""

from __future__ import annotations

import pytest

from gws_contract.mock.faults import FAULTS
from gws_contract.mock.faults.seam import faults
from gws_contract.scenario import Depart, Outage, Say, Scenario, Stream, Typing, Visit
from gws_contract.verdict import Verdict

from .stages import PATIENT, play, varied

SEAM, AFTER = "accept.history.seam", "accept.history.live-after"
SPEAKING = (
    Scenario("PersonP", "Marat", (Say("Hello World"),), (Stream(("no.", "Zoë 👍"), 20),)),
    Scenario(
        "Jo",
        "Kim",
        (Visit("leave", "Kim", ("Hi.",)), Say("Hello?")),
        (Typing("started"), Say("ok"), Say("ok"), Stream(("",), 20), Typing("stopped")),
        after=(Say("ok"),),
        reply="ok",
    ),
)


def test_a_good_server_loses_nothing_of_what_is_said_meanwhile() -> None:
    chats = play(*SPEAKING, deadline=PATIENT)
    assert chats.hows == ["complete", "complete"]
    assert chats.with_verdict(Verdict.BROKEN) | chats.with_verdict(Verdict.INCONCLUSIVE) == set()
    assert chats.with_verdict(Verdict.KEPT) >= {SEAM, AFTER, "accept.history.ends-with-join"}


@pytest.mark.parametrize("name", [fault.name for fault in faults()])
def test_a_fault_of_the_seam_is_found_and_nothing_else(name: str) -> None:
    chats = play(*SPEAKING, variations=varied(name), deadline=1.5, quiet_period=0.5)
    assert chats.with_verdict(Verdict.BROKEN) == FAULTS[name].breaks
    assert chats.with_verdict(Verdict.INCONCLUSIVE) == set()


@pytest.mark.parametrize("names", [("history-on-its-way",), ("apart",), ("history-on-its-way", "own-join-apart")])
def test_a_slow_history_is_legal_if_nothing_overtakes_it(names: tuple[str, ...]) -> None:
    chats = play(*SPEAKING, variations=varied(*names), deadline=PATIENT, quiet_period=0.8)
    assert chats.with_verdict(Verdict.BROKEN) | chats.with_verdict(Verdict.INCONCLUSIVE) == set()
    assert SEAM in chats.with_verdict(Verdict.KEPT)


def test_what_is_said_while_the_history_is_on_its_way_comes_behind_the_join() -> None:
    (chat,) = play(SPEAKING[0], variations=varied("history-on-its-way"), deadline=PATIENT).conversations
    batches = [[entry["type"] for entry in n.entries] for n in chat.of("NewMessages")]
    assert "ParticipantJoined" in batches[0]
    assert batches[0][-1] == "Text"


def test_neither_a_customer_who_leaves_nor_an_agent_who_was_away_raises_an_alarm() -> None:
    said = Say("Hello World")
    chats = play(
        Scenario("Jo", "Kim", (said,), (Say("Bye."), Depart())),
        Scenario("Jo", "Kim", (said, Depart())),
        Scenario("Jo", "Kim", (said, Outage("observer"))),
        Scenario("Jo", "Kim", (said, Outage("session"))),
        deadline=PATIENT,
    )
    assert chats.hows == ["customer left", "complete", "complete", "complete"]
    assert chats.with_verdict(Verdict.BROKEN) | chats.with_verdict(Verdict.INCONCLUSIVE) == set()
    assert [c.epoch is not None and len(c.received) >= 3 for c in chats.conversations[2:]] == [True, True]
