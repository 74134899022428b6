"""Which smaller scenarios are tried: that the smallest is found, in few tries, whatever the server stumbles over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.scenario import Attempt, Depart, Outage, Say, Scenario, Stream, Typing, Visit
from gws_contract.stage.drawing import draw
from gws_contract.stage.smaller import TRIVIAL, parts, smallest, words

MOST = 60
"""Live chats of a whole run."""

Predicate = Callable[[Scenario], bool]


class Server:
    """Tells which scenarios show it, and remembers every one that was tried."""

    def __init__(self, shows: Predicate) -> None:
        self._shows = shows
        self.tried: list[Scenario] = []
        self.found: list[Scenario] = []

    def first(self, candidates: Sequence[Scenario]) -> Scenario | None:
        for candidate in candidates:
            if candidate not in self.tried:
                self.tried.append(candidate)
            if self._shows(candidate):
                self.found.append(candidate)
                return candidate
        return None


def shrunk(scenario: Scenario, shows: Predicate) -> tuple[Scenario, Server]:
    assert shows(scenario), "the scenario does not show it at all"
    server = Server(shows)
    return smallest(scenario, server.first), server


BUSY = Scenario(
    "Ann-Marie O'Neil",
    "Jürgen D'Arcy-Müller 𐐔𐐯𐑅",
    (
        Typing("started"),
        Say("Good morning, is anybody there?"),
        Visit("transfer", "Zoë O'Hara of the other department", ("One moment, please.", "I'll ask.")),
        Stream(("Hello?", "Are you there?"), 100),
        Say("Thanks, Zoë."),
        Say("Good morning, is anybody there?"),
    ),
    (Stream(("Still here",), 12), Typing("started")),
    (Say("Thank you."), Say("Bye.")),
    reply="How can I help you?",
    refusals=("unknown-chat", "wrong-case", Attempt("wrong-type", "an array", "[]")),
    accept_again=True,
    beside="same-agent",
    spelling="escaped",
    user_data={"FirstName": "Ann", "Reason for contact": "a question", "odd": None, "n": 5},
    uses=("SendStartTypingNotification", "SendMessage", "InFocus", "Leave"),
)


def texts_before(scenario: Scenario) -> list[str]:
    said: list[str] = []
    for step in scenario.before:
        said += [step.text] if isinstance(step, Say) else step.said if isinstance(step, Stream) else ()
    return said


def in_order(scenario: Scenario, first: type, then: type) -> bool:
    kinds = [type(step) for step in scenario.before]
    return first in kinds and then in kinds[kinds.index(first) :]


def leaves_and_later_says(scenario: Scenario) -> bool:
    partings = [at for at, s in enumerate(scenario.before) if isinstance(s, Visit) and s.parting != "reject"]
    return bool(partings) and any(isinstance(s, Say | Stream) for s in scenario.before[partings[0] :])


def streams(scenario: Scenario) -> int:
    return sum(step.total for step in scenario.before if isinstance(step, Stream))


CASES: dict[str, tuple[Predicate, Scenario]] = {
    "anything": (lambda _: True, TRIVIAL),
    "a nickname with an apostrophe": (lambda s: "'" in s.agent, Scenario("0", "'")),
    "a nickname with a space": (lambda s: " " in s.agent, Scenario("0", "0 0")),
    "a nickname outside the BMP": (lambda s: any(ord(c) > 0xFFFF for c in s.agent), Scenario("0", "𐐔")),
    "a long nickname": (lambda s: len(s.agent) > 13, Scenario("0", "0" * 14)),
    "a customer's hyphen": (lambda s: "-" in s.customer, Scenario("-", "0")),
    "a text longer than 16": (
        lambda s: any(len(text) > 16 for text in texts_before(s)),
        Scenario("0", "0", (Say("0" * 17),)),
    ),
    "a stream of at least 63": (lambda s: streams(s) >= 63, Scenario("0", "0", (Stream(("0",), 63),))),
    "more than 31 texts": (lambda s: len(texts_before(s)) > 31, Scenario("0", "0", (Stream(("0",), 32),))),
    "beside another chat": (lambda s: s.beside == "same-agent", Scenario("0", "0", beside="same-agent")),
    "an earlier agent, and something said later": (
        leaves_and_later_says,
        Scenario("0", "0", (Visit("leave", "0"), Say("0"))),
    ),
    "two equal texts": (
        lambda s: max(Counter(t for t in texts_before(s)).values(), default=0) > 1,
        Scenario("0", "0", (Say("0"), Say("0"))),
    ),
    "an earlier agent with an apostrophe who speaks": (
        lambda s: any(isinstance(v, Visit) and "'" in v.nickname and v.texts for v in s.before),
        Scenario("0", "0", (Visit("leave", "'", ("0",)),)),
    ),
    "user data with a null": (
        lambda s: None in (s.user_data or {}).values(),
        Scenario("0", "0", user_data={"0": None}),
    ),
    "a key with a space": (
        lambda s: any(" " in key for key in s.user_data or {}),
        Scenario("0", "0", user_data={"0 0": "0"}),
    ),
    "a second Accept": (lambda s: s.accept_again, Scenario("0", "0", accept_again=True)),
    "one of the refusals": (lambda s: "wrong-case" in s.refusals, Scenario("0", "0", refusals=("wrong-case",))),
    "a capability that is used": (lambda s: "InFocus" in s.uses, Scenario("0", "0", uses=("InFocus",))),
    "two capabilities": (
        lambda s: {"SendMessage", "Leave"} <= {*s.uses},
        Scenario("0", "0", uses=("SendMessage", "Leave")),
    ),
    "a reply": (lambda s: bool(s.reply), Scenario("0", "0", reply="0")),
    "escapes": (lambda s: s.spelling == "escaped", Scenario("0", "0", spelling="escaped")),
    "a text during the Accept": (
        lambda s: any(isinstance(step, Say) or (isinstance(step, Stream) and step.total > 0) for step in s.during),
        Scenario("0", "0", during=(Say("0"),)),
    ),
    "typing during the Accept": (
        lambda s: Typing("started") in s.during,
        Scenario("0", "0", during=(Typing("started"),)),
    ),
    "a text afterwards": (lambda s: len(s.after) > 0, Scenario("0", "0", after=(Say("0"),))),
    "escapes in a name outside ASCII": (
        lambda s: s.spelling == "escaped" and not s.agent.isascii(),
        Scenario("0", "ü", spelling="escaped"),
    ),
    "an earlier agent and a reply": (
        lambda s: bool(s.reply) and any(isinstance(v, Visit) for v in s.before),
        Scenario("0", "0", (Visit("leave", "0"),), reply="0"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_smallest_scenario_that_shows_it_is_found(name: str) -> None:
    shows, expected = CASES[name]
    found, _ = shrunk(BUSY, shows)
    assert found == expected


@pytest.mark.parametrize("name", CASES)
def test_it_takes_no_more_chats_than_a_run_has(name: str) -> None:
    _, server = shrunk(BUSY, CASES[name][0])
    assert len(server.tried) < MOST


@pytest.mark.parametrize("name", CASES)
def test_every_step_is_smaller_than_the_one_before(name: str) -> None:
    _, server = shrunk(BUSY, CASES[name][0])
    sizes = [BUSY.size, *(scenario.size for scenario in server.found)]
    assert sizes == sorted(set(sizes), reverse=True)


def test_only_smaller_scenarios_are_tried_the_smallest_of_a_batch_first() -> None:
    batches: list[list[Scenario]] = []
    smallest(BUSY, lambda batch: batches.append(list(batch)))
    assert batches
    for batch in batches:
        sizes = [scenario.size for scenario in batch]
        assert sizes == sorted(set(sizes))
        assert all(size < BUSY.size for size in sizes)


def test_what_nothing_smaller_shows_stays_as_it_is() -> None:
    assert smallest(BUSY, lambda _: None) == BUSY


def test_nothing_but_the_accept_is_tried_first_and_cannot_become_smaller() -> None:
    found, server = shrunk(BUSY, lambda _: True)
    assert server.tried[0] == found == TRIVIAL
    server = Server(lambda _: True)
    assert smallest(TRIVIAL, server.first) == TRIVIAL
    assert server.tried == []


@pytest.mark.parametrize("total", [63, 64, 70, 100, 128, 500, 1001, 2000])
@pytest.mark.parametrize("needed", [1, 17, 63])
def test_the_length_that_is_needed_is_found_in_few_tries(total: int, needed: int) -> None:
    found, server = shrunk(Scenario("Jo", "Kim", (Stream(("Hello?",), total),)), lambda s: streams(s) >= needed)
    assert streams(found) == needed
    assert len(server.tried) < MOST


@pytest.mark.parametrize(("total", "needed"), [(2000, 1900), (1000, 990), (513, 500), (40, 33)])
def test_a_length_just_below_is_found_in_few_tries(total: int, needed: int) -> None:
    found, server = shrunk(Scenario("Jo", "Kim", (Stream(("Hello?",), total),)), lambda s: streams(s) >= needed)
    assert streams(found) == needed
    assert len(server.tried) < MOST


def test_many_single_texts_become_a_stream_of_as_many_as_are_needed() -> None:
    said = Scenario("Jo", "Kim", tuple(Say(f"Message number {n}.") for n in range(40)))
    found, server = shrunk(said, lambda s: len(texts_before(s)) > 31)
    assert found.before == (Stream(("0",), 32),)
    assert len(server.tried) < MOST


def test_an_exotic_scenario_becomes_an_ordinary_one_if_that_shows_it() -> None:
    found, _ = shrunk(Scenario("Pat  👍", "Sam", (Say("Hi"),)), lambda s: bool(s.before))
    assert found.ordinary


def test_an_exotic_name_that_is_needed_is_one_character() -> None:
    found, _ = shrunk(Scenario("Pat", "Sam 👍 Smith"), lambda s: "👍" in s.agent)
    assert found == Scenario("0", "👍")


def test_a_withdrawn_offer_is_kept_if_it_is_needed() -> None:
    scenario = Scenario("Gil", "Liv", (Say("I cannot wait."), Depart()))
    assert shrunk(scenario, lambda s: Depart() in s.before)[0] == Scenario("0", "0", (Depart(),))


def test_an_outage_of_the_observer_is_smaller_than_one_of_the_session() -> None:
    scenario = Scenario("Gil", "Liv", (Say("Hello?"), Outage("session")))
    found, _ = shrunk(scenario, lambda s: any(isinstance(step, Outage) for step in s.before))
    assert found == Scenario("0", "0", (Outage("observer"),))
    found, _ = shrunk(scenario, lambda s: Outage("session") in s.before)
    assert found == Scenario("0", "0", (Outage("session"),))


def test_a_reject_with_what_is_refused_afterwards_is_kept_together() -> None:
    scenario = Scenario(
        "Pat", "Sam", (Say("Hello?"), Visit("reject"), Say("Well?")), refusals=("rejected", "wrong-case")
    )
    found, _ = shrunk(scenario, lambda s: "rejected" in s.refusals and any(isinstance(v, Visit) for v in s.before))
    assert found == Scenario("0", "0", (Visit("reject", "0"),), refusals=("rejected",))


DRAWN = tuple(draw(40, 1, situations=False))


@given(st.sampled_from(DRAWN), st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_it_ends_whatever_shows_it(scenario: Scenario, seed: int) -> None:
    """Even a server that answers as it likes, as long as it answers the same question in the same way."""
    server = Server(lambda s: hash((seed, s.size)) % 3 == 0)
    assert smallest(scenario, server.first).size <= scenario.size


@given(st.sampled_from(DRAWN))
@settings(deadline=None, max_examples=40)
def test_of_any_drawn_scenario_only_smaller_ones_are_tried(scenario: Scenario) -> None:
    tried: list[Scenario] = []
    smallest(scenario, lambda batch: tried.extend(batch))
    assert all(candidate.size < scenario.size for candidate in tried)


@given(st.text(max_size=30))
def test_plainer_words_are_no_longer_than_the_text(text: str) -> None:
    assert all(0 < len(word) <= len(text) for word in words(text))


@given(st.lists(st.integers(), max_size=30))
def test_parts_of_a_list_are_in_the_same_order(items: list[int]) -> None:
    for part in parts(items):
        assert len(part) <= len(items)
        rest = iter(items)
        assert all(any(item == other for other in rest) for item in part)
