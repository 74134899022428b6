"""The roll of a run says of a clause what a look at all outcomes at once would say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.check import Check
from gws_contract.clause import Clause
from gws_contract.conversation import Conversation
from gws_contract.judge.finding import Broken, Hidden, NotTestable
from gws_contract.judge.roll import Roll, rule
from gws_contract.scenario import Say, Scenario, to_json
from gws_contract.verdict import Verdict

from . import plainly
from .conversations import performed
from .dockets import example_of

CLAUSE = Clause("accept.x", "overview", "a quote", "stated", "content", "a fact")
PLANS = (
    Scenario("0", "0"),
    Scenario("Pat", "Sam", (Say("a text"),)),
    Scenario("Pat", "Sam", (Say("b text"),)),
    Scenario("Pat", "  ", (Say("a text"),)),
)
"""The smallest, two of one length, and an exotic one."""
CHATS = [performed(plan).conversation for plan in PLANS]
FOUND = (None, None, Broken("a", "b"), NotTestable("x"), NotTestable("y"), Hidden("z"), KeyError("oops"))

rows = st.lists(
    st.tuples(
        st.sampled_from(CHATS),
        st.sampled_from(["drawn", "kept", "given", "stored", "misuse", "machine", "shrink"]),
        st.sampled_from(FOUND[:3]) | st.sampled_from(FOUND),
        st.none() | st.integers(1, 4),
    ),
    max_size=12,
)


def run_of(told: list[tuple[Conversation, str, Exception | None, int | None]]) -> tuple[Conversation, ...]:
    """The chats of a run, numbered."""
    return tuple(
        replace(chat, planned=replace(chat.planned, chat=number, source=source, group=group))
        for number, (chat, source, _, group) in enumerate(told, 1)
    )


@given(rows, st.booleans())
@settings(deadline=None, max_examples=400)
def test_a_ruling_is_what_all_outcomes_at_once_say(
    told: list[tuple[Conversation, str, Exception | None, int | None]], declared: bool
) -> None:
    def judge(conversation: Conversation) -> None:
        found = told[conversation.chat - 1][2]
        if found is not None:
            raise found

    check, chats = Check("accept.x", judge), run_of(told)
    ours = rule(check, CLAUSE, chats, declared=declared)
    plain = plainly.rule(check, CLAUSE, chats, declared=declared)
    assert plainly.told(ours) == plainly.told(plain)


def test_the_wording_decides_between_steady_chats_of_one_length() -> None:
    def judge(conversation: Conversation) -> None:
        raise Broken("a", "b")

    one, other = (CHATS[number] for number in (2, 1))
    told: list[tuple[Conversation, str, Exception | None, int | None]] = [
        (one, "drawn", None, None),
        (other, "drawn", None, None),
    ] * 2
    ruling = rule(Check("accept.x", judge), CLAUSE, run_of(told))
    assert ruling.repeated is not None
    assert ruling.repeated.broken == 2
    assert ruling.example is not None
    assert example_of(ruling).conversation.chat == 2


def test_only_the_examples_are_looked_at_again() -> None:
    asked = []

    class Counting(list[Conversation]):
        def __getitem__(self, which: Any) -> Any:
            asked.append(which)
            return super().__getitem__(which)

    def judge(conversation: Conversation) -> None:
        if conversation.chat in (2, 4):
            raise Broken("a", "b")

    chats = Counting(run_of([(CHATS[number % 4], "drawn", None, None) for number in range(8)]))
    roll = Roll([(Check(name, judge), replace(CLAUSE, id=name)) for name in ("accept.x", "accept.y")])
    for chat in list(chats):
        roll.enter(chat)
    rulings = roll.rulings(chats, lambda _: False)
    assert [ruling.tally.verdict for ruling in rulings] == [Verdict.BROKEN, Verdict.BROKEN]
    assert asked == [1], "both clauses have one example"
    assert to_json(PLANS[1]) == example_of(rulings[0]).conversation.planned.scenario
