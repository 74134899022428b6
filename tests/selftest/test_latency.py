"""How long things took, as quantiles over the chats that can tell."""

from __future__ import annotations

from gws_contract.report.latency import WHAT, latencies

from .conversations import PLAIN, performed

GOOD = performed(PLAIN)


def test_without_a_chat_there_are_no_quantiles() -> None:
    assert latencies([]) == {what: {"chats": 0, "quantiles": []} for what in WHAT}


def test_one_chat_gives_its_own_times_for_every_quantile() -> None:
    found = latencies([GOOD.conversation])
    accept = GOOD.conversation.accept
    assert accept is not None
    assert found["response"] == {"chats": 1, "quantiles": [round(accept.done - accept.sent, 6)] * 101}
    assert {what: row["chats"] for what, row in found.items()} == dict.fromkeys(WHAT, 1)


def test_quantiles_ascend_from_the_fastest_to_the_slowest() -> None:
    chats = [performed(PLAIN, number=n) for n in range(1, 4)]
    rows = latencies([chat.conversation for chat in chats])
    for row in rows.values():
        assert len(row["quantiles"]) == 101
        assert row["quantiles"] == sorted(row["quantiles"])


def test_a_chat_whose_session_was_disturbed_is_not_timed() -> None:
    assert latencies([GOOD.disturbed("poll-broken").conversation])["response"]["chats"] == 0
