"""How long things took, as quantiles over the chats that can tell."""

from __future__ import annotations

import pickle
import statistics
from array import array
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.conversation import Conversation
from gws_contract.report.census import Census
from gws_contract.report.latency import WHAT, latencies
from gws_contract.report.times import Times

from .conversations import PLAIN, performed

GOOD = performed(PLAIN)


def latencies_of(conversations: Iterable[Conversation]) -> dict[str, dict[str, Any]]:
    census = Census()
    for conversation in conversations:
        census.count(conversation)
    return latencies(census.times)


def test_without_a_chat_there_are_no_quantiles() -> None:
    assert latencies_of([]) == {what: {"chats": 0, "quantiles": []} for what in WHAT}


def test_one_chat_gives_its_own_times_for_every_quantile() -> None:
    found = latencies_of([GOOD.conversation])
    accept = GOOD.conversation.accept
    assert accept is not None
    assert found["response"] == {"chats": 1, "quantiles": [round(accept.done - accept.sent, 6)] * 101}
    assert {what: row["chats"] for what, row in found.items()} == dict.fromkeys(WHAT, 1)


def test_quantiles_ascend_from_the_fastest_to_the_slowest() -> None:
    chats = [performed(PLAIN, number=n) for n in range(1, 4)]
    rows = latencies_of([chat.conversation for chat in chats])
    for row in rows.values():
        assert len(row["quantiles"]) == 101
        assert row["quantiles"] == sorted(row["quantiles"])


def test_a_chat_whose_session_was_disturbed_is_not_timed() -> None:
    assert latencies_of([GOOD.disturbed("poll-broken").conversation])["response"]["chats"] == 0


@given(st.integers(1, 20_000), st.randoms(use_true_random=False), st.sampled_from([1, 3, 10**9]))
@settings(deadline=None, max_examples=30)
def test_quantiles_are_the_same_to_the_last_bit_as_those_of_the_standard_library(
    many: int, random: Random, different: int
) -> None:
    times = array("d", (random.randrange(different) / 1e6 + random.random() * (different > 3) for _ in range(many)))
    between = statistics.quantiles(times, n=100, method="inclusive") if many > 1 else [times[0]] * 99
    known = [round(seconds, 6) for seconds in (min(times), *between, max(times))]
    assert latencies({"response": times})["response"]["quantiles"] == known


@given(st.lists(st.floats(-10.0, 1e6).map(lambda seconds: round(seconds, 6))))
@settings(deadline=None)
def test_times_are_kept_to_the_microsecond(seconds: list[float]) -> None:
    times = Times(seconds)
    assert list(times) == seconds
    assert times[1:] == seconds[1:]
    assert times == Times(seconds) != Times([*seconds, 1.0])


def test_a_time_takes_four_bytes() -> None:
    times = Times(number / 1000 for number in range(1000))
    assert len(pickle.dumps(times)) < 4500


def test_a_chat_of_thirty_years_or_of_no_time_at_all_is_not_timed() -> None:
    accept = GOOD.conversation.accept
    assert accept is not None
    for done in (1e300, float("nan"), float("inf")):
        odd = replace(
            GOOD.conversation,
            exchanges=tuple(replace(accept, done=done) if e is accept else e for e in GOOD.conversation.exchanges),
        )
        assert latencies_of([odd])["response"]["chats"] == 0
