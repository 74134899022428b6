"""What the customer says during the Accept: none of it lost, none doubled, nothing overtaken; and no false alarm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.journal import Delivery, Ended, Exchange, Record, Session
from gws_contract.scenario import Say, Scenario, Stream, Typing
from gws_contract.verdict import Verdict

from .conversations import JUDGED, LOG, PEOPLE, STATUS, Chat, Data, broken, delivery, having, kept, outcome, performed

patiently = settings(deadline=None, max_examples=60)
SEAM, AFTER, ONCE, ORDER = "history.seam", "history.live-after", "history.once", "notifications.order"
COMPLETE, IN_ORDER, JOIN, LAST = "history.complete", "history.in-order", "history.own-join", "history.ends-with-join"

SIX = Stream(("no.",), 6)
COUNTED = Scenario("PersonP", "Marat", (Say("Hello World"), Say("Hi")), (SIX,))
"""Two texts before the Accept, six during it: no. 1 to no. 6."""


def speaking(
    *texts: str, before: tuple[str, ...] = ("Hello World",), early: int = 1, behind: int = 0, **more: Any
) -> Chat:
    during = tuple(map(Say, texts))
    return performed(Scenario("PersonP", "Marat", tuple(map(Say, before)), during, **more), early=early, behind=behind)


def entries_of(record: Record) -> Sequence[Data]:
    if not isinstance(record, Delivery) or record.agent != JUDGED:
        return ()
    entries: Sequence[Data] = record.message["data"].get("messages", ())
    return entries


def told(record: Record) -> list[str]:
    """The texts that a delivery brings."""
    return [e["text"] for e in entries_of(record) if "text" in e]


def is_live(record: Record, chat: Chat) -> TypeGuard[Delivery]:
    return told(record) != [] and record not in chat.sequence


def without(chat: Chat, *texts: str) -> Chat:
    """These texts never arrive, neither in the history nor live; nor does a notification that held nothing else."""

    def change(record: Record) -> Record | None:
        if not isinstance(record, Delivery) or not set(told(record)) & set(texts):
            return record
        rest = [e for e in entries_of(record) if e.get("text") not in texts]
        data = {**record.message["data"], "messages": rest}
        return replace(record, message={**record.message, "data": data}) if rest else None

    return chat.mapped(change)


def live(chat: Chat, *entries: Data, after: float = 0.7, **others: Any) -> Chat:
    """With one more live message."""
    return chat.later({**chat.payloads[2], "messages": list(entries)}, after, **others)


def entry(chat: Chat, text: str) -> Data:
    return next(e for r in chat.records for e in entries_of(r) if e.get("text") == text)


def moved(chat: Chat, text: str, seconds: float) -> Chat:
    """The live message with this text arrives so many seconds after the Accept."""
    at = chat.accept.sent + seconds
    return chat.mapped(lambda r: replace(r, at=at) if is_live(r, chat) and told(r) == [text] else r)


def slow(chat: Chat, seconds: float, *kinds: str) -> Chat:
    """The notifications of these kinds of the sequence arrive so much later."""
    late = [d for d in chat.sequence if d.message["data"]["notificationType"] in kinds]
    return chat.mapped(lambda r: replace(r, at=r.at + seconds) if r in late else r)


# ---- what a good server may do --------------------------------------------------------------------------------------


@given(st.integers(0, 6), st.integers(0, 6))
@patiently
def test_wherever_the_seam_lies_a_good_server_breaks_nothing(early: int, behind: int) -> None:
    chat = performed(COUNTED, early=early, behind=behind)
    assert broken(chat) == set()
    assert {SEAM, COMPLETE, JOIN, LAST, ORDER} <= kept(chat)
    assert (AFTER in kept(chat)) is (early + behind < 6)


@given(st.integers(0, 7), st.integers(0, 7), st.data())
@patiently
def test_any_batches_and_any_polls_break_nothing(early: int, behind: int, data: st.DataObject) -> None:
    scenario = replace(COUNTED, during=(*COUNTED.during, Typing("started")))
    chat = performed(scenario, early=early, behind=behind)
    status, people, log = chat.payloads
    entries = log["messages"]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(entries) - 1))))
    edges = zip([0, *cuts], [*cuts, len(entries)], strict=True)
    parts = [{**log, "messages": entries[one:other]} for one, other in edges]
    polls = sorted(data.draw(st.lists(st.integers(101, 104), min_size=len(parts) + 2, max_size=len(parts) + 2)))
    split = chat.arriving(status, people, *parts, polls=polls)
    assert broken(split) == set()
    assert SEAM in kept(split)


def test_live_messages_may_come_several_at_a_time() -> None:
    chat = performed(COUNTED, early=2)
    lives = [r for r in chat.records if is_live(r, chat)]
    together = live(chat.mapped(lambda r: None if r in lives else r), *(e for r in lives for e in entries_of(r)))
    assert broken(together) == set()
    assert {SEAM, AFTER} <= kept(together)


def test_a_text_that_was_said_before_may_be_said_again_during_the_accept() -> None:
    for early, behind in [(2, 0), (1, 1), (0, 0)]:
        chat = speaking("ok", "Hello World", before=("Hello World", "ok"), early=early, behind=behind)
        assert broken(chat) == set()
        assert outcome(chat, SEAM).reason == "all that was said during the Accept had been said before"


def test_a_text_said_twice_during_the_accept_comes_twice() -> None:
    chat = speaking("ok", "ok", "no")
    assert broken(chat) == set()
    assert {SEAM, AFTER} <= kept(chat)


def test_the_agent_may_say_what_the_customer_said() -> None:
    assert broken(speaking("ok", "yes", reply="ok", after=(Say("ok"), Say("yes")))) == set()


def test_a_message_in_history_and_live_under_one_index_is_one_message() -> None:
    chat = performed(COUNTED, early=3)
    again = live(chat, entry(chat, "no. 2"))
    assert broken(again) == {ONCE}
    assert {SEAM, AFTER} <= kept(again)


def test_a_copy_that_differs_in_its_stamp_only_is_no_second_message() -> None:
    chat = performed(COUNTED, early=3)
    again = live(chat, {**entry(chat, "no. 2"), "timestamp": "2014-01-02T14:23:20.171-0800"})
    assert broken(again) == {"history.index-rises"}


def test_typing_during_the_accept_is_no_part_of_the_history() -> None:
    scenario = Scenario("PersonP", "Marat", (Say("Hi"),), (Typing("started"), Say("one"), Typing("stopped")))
    for early in range(4):
        assert broken(performed(scenario, early=early)) == set()
    chat = slow(performed(scenario, early=0), 0.5, STATUS, PEOPLE, LOG)
    assert broken(chat) == {AFTER}


# ---- lost and doubled -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("early", "behind"), [(0, 0), (3, 0), (1, 3), (6, 0), (0, 6)])
@pytest.mark.parametrize("number", [1, 2, 4, 6])
def test_a_text_that_never_comes_breaks_that_clause_alone(early: int, behind: int, number: int) -> None:
    chat = without(performed(COUNTED, early=early, behind=behind), f"no. {number}")
    assert broken(chat) == {SEAM}
    found = outcome(chat, SEAM)
    assert found.documented == "all 6 texts that the customer said during the Accept"
    assert found.received == f'5 of 6; missing: "no. {number}"'


def test_all_that_was_lost_is_named() -> None:
    found = outcome(without(performed(COUNTED), "no. 2", "no. 3"), SEAM)
    assert found.received == '4 of 6; missing: "no. 2", "no. 3"'


def test_one_of_two_equal_texts_is_missed() -> None:
    chat = speaking("ok", "ok", early=0)
    first = next(r for r in chat.records if is_live(r, chat))
    assert broken(chat.mapped(lambda r: None if r is first else r)) == {SEAM}


@pytest.mark.parametrize("early", [0, 1, 3, 6])
def test_a_text_in_history_and_live_under_two_indexes_breaks_that_clause_alone(early: int) -> None:
    chat = performed(COUNTED, early=early)
    again = live(chat, {**entry(chat, "no. 1"), "index": 77})
    assert broken(again) == {SEAM}
    assert (outcome(again, SEAM).documented, outcome(again, SEAM).received) == ('"no. 1" once', '"no. 1" 2 times')


def test_a_loss_on_the_way_is_inconclusive() -> None:
    chat = without(performed(COUNTED), "no. 3")
    assert outcome(chat.disturbed("poll-broken"), SEAM).verdict is Verdict.INCONCLUSIVE
    assert outcome(chat.disturbed("poll-broken", ack=True), SEAM).verdict is Verdict.BROKEN
    assert outcome(chat.disturbed("new-session"), SEAM).verdict is Verdict.INCONCLUSIVE


def test_after_a_broken_poll_the_acknowledge_extension_may_repeat_live_messages() -> None:
    chat = performed(COUNTED)
    texts = [r for r in chat.records if is_live(r, chat)]
    again = chat.plus(*(replace(r, at=r.at + 0.5, poll=r.poll + 1) for r in texts)).disturbed("poll-broken", ack=True)
    assert broken(again) == set()


# ---- out of order ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [(LOG,), (STATUS, PEOPLE, LOG)])
def test_live_messages_before_the_history_break_that_clause_alone(kinds: tuple[str, ...]) -> None:
    chat = slow(performed(COUNTED, early=2), 0.5, *kinds)
    assert broken(chat) == {AFTER}
    found = outcome(chat, AFTER)
    assert found.documented == "the history, then what follows it"
    assert found.received.startswith("index 7 (+0.4")
    assert "then a history up to index 6 (+0.6" in found.received


def test_a_live_message_before_a_later_part_of_the_history_breaks_the_clause() -> None:
    chat = performed(COUNTED, early=2)
    status, people, log = chat.payloads
    parts = [{**log, "messages": part} for part in (log["messages"][:3], log["messages"][3:])]
    split = chat.arriving(status, people, *parts)
    assert broken(split) == set()
    last = split.sequence[-1]
    assert broken(split.mapped(lambda r: replace(r, at=r.at + 0.6) if r == last else r)) == {AFTER}


def test_what_is_said_after_the_accept_is_no_part_of_the_history() -> None:
    chat = performed(replace(COUNTED, reply="Yes.", after=(Say("Ah."),)), early=2)
    chat = chat.mapped(
        lambda r: (
            replace(
                r, message={**r.message, "data": {**r.message["data"], "messages": [{**entries_of(r)[0], "index": 2}]}}
            )
            if isinstance(r, Delivery) and told(r) in (["Yes."], ["Ah."])
            else r
        )
    )
    assert AFTER in kept(chat)


def test_without_indexes_only_the_texts_have_an_order() -> None:
    def unnumbered(record: Record) -> Record:
        if not isinstance(record, Delivery) or not entries_of(record):
            return record
        data = {"messages": [{**e, "index": "x"} for e in entries_of(record)]}
        return replace(record, message={**record.message, "data": {**record.message["data"], **data}})

    chat = slow(performed(COUNTED, early=0), 0.5, LOG).mapped(unnumbered)
    assert broken(chat) == {"history.index"}
    chat = slow(performed(COUNTED, early=2), 0.5, LOG).mapped(unnumbered)
    assert outcome(chat, AFTER).received == '"no. 6", then "no. 1"'


@pytest.mark.parametrize(("text", "seconds", "received"), [("no. 3", 1.0, '"no. 6", then "no. 3"')])
def test_live_texts_out_of_order_break_that_clause_alone(text: str, seconds: float, received: str) -> None:
    chat = moved(performed(COUNTED, early=2), text, seconds)
    assert broken(chat) == {AFTER}
    assert outcome(chat, AFTER).documented == '"no. 3", then "no. 6"'
    assert outcome(chat, AFTER).received == received


def test_a_text_that_comes_live_after_a_history_with_a_later_one_breaks_the_clause() -> None:
    chat = performed(COUNTED, early=3)
    late = live(without(chat, "no. 2"), entry(chat, "no. 2"), after=0.35)
    assert broken(late) == {AFTER}


def test_texts_in_a_wrong_order_inside_the_history_break_the_clause_about_histories() -> None:
    def turned(entries: list[Data]) -> list[Data]:
        said = [e["text"] for e in entries if e["type"] == "Text"]
        return [{**e, "text": said.pop()} if e["type"] == "Text" else e for e in entries]

    assert broken(performed(COUNTED, early=3).with_entries(turned)) == {IN_ORDER}
    assert broken(performed(replace(COUNTED, before=()), early=3).with_entries(turned)) == {IN_ORDER}
    assert broken(performed(COUNTED, early=1).with_entries(turned)) == {IN_ORDER}


def test_an_order_that_the_transport_may_have_turned_is_inconclusive() -> None:
    chat = slow(performed(COUNTED, early=2), 0.5, LOG)
    assert outcome(chat.disturbed("direct-delivery"), AFTER).verdict is Verdict.INCONCLUSIVE
    one_array = chat.mapped(lambda r: replace(r, poll=7) if isinstance(r, Delivery) else r)
    assert outcome(one_array.disturbed("direct-delivery"), AFTER).verdict is Verdict.BROKEN


# ---- one cause, one clause ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        (lambda entries: [e for e in entries if e["type"] != "Text"], COMPLETE),
        (lambda entries: [e for e in entries if e.get("text") != "Hi"], COMPLETE),
        (lambda entries: [e for e in entries if e["from"]["type"] != "Agent"], JOIN),
    ],
)
def test_a_faulty_history_says_nothing_about_the_seam(change: Callable[[list[Data]], list[Data]], clause: str) -> None:
    chat = performed(COUNTED, early=2).with_entries(change)
    assert broken(chat) == {clause}
    assert outcome(chat, SEAM).verdict is Verdict.NOT_TESTABLE


@pytest.mark.parametrize("change", [str.upper, lambda t: t + "!", lambda t: t[:3]])
def test_a_text_that_arrives_changed_is_not_lost(change: Callable[[str], str]) -> None:
    chat = performed(COUNTED, early=3)
    changed = chat.with_entries(
        lambda entries: [
            {**e, "text": change(e["text"])} if e.get("text", "").startswith("no.") else e for e in entries
        ]
    )
    assert SEAM in kept(changed)
    changed = performed(COUNTED, early=6).with_entries(
        lambda entries: [
            {**e, "text": change(e["text"])} if e.get("text", "").startswith("no.") else e for e in entries
        ]
    )
    assert outcome(changed, SEAM).reason == "what was said during the Accept arrived changed"


def test_a_text_that_is_cut_to_another_one_is_neither_lost_nor_doubled() -> None:
    chat = speaking("Message 1", "Message 12", early=2).with_entries(
        lambda entries: [{**e, "text": e["text"][:9]} if e["type"] == "Text" else e for e in entries]
    )
    assert SEAM not in broken(chat)


@pytest.mark.parametrize("gone", [(STATUS,), (PEOPLE,), (STATUS, PEOPLE, LOG)])
def test_without_the_three_nothing_is_said_about_the_seam(gone: tuple[str, ...]) -> None:
    chat = without(performed(COUNTED).dropping(*gone), "no. 3")
    assert outcome(chat, SEAM).reason == "the three notifications did not all come in time"


def test_live_messages_are_not_taken_for_a_missing_history() -> None:
    chat = performed(COUNTED, early=0).dropping(LOG)
    assert broken(chat) == {"history.arrives"}
    assert outcome(chat, COMPLETE).reason == "no NewMessages came"
    assert outcome(chat, AFTER).reason == "the history did not come in time"


@pytest.mark.parametrize("seconds", [10.5, 11.5])
def test_a_late_history_is_late_and_nothing_else(seconds: float) -> None:
    chat = performed(COUNTED, early=0)
    end = chat.step("complete").sent
    chat = chat.mapped(lambda r: replace(r, sent=r.sent + 30) if isinstance(r, Exchange) and r.sent >= end else r)
    chat = slow(chat, seconds, LOG)
    assert broken(chat) == {"notifications.timely"}
    assert having(chat, Verdict.NOT_TESTABLE) >= {SEAM, AFTER}


SILENT = replace(COUNTED, before=())
"""Nothing is said before the Accept."""


@pytest.mark.parametrize(("number", "found"), [(1, set()), (2, set()), (4, {SEAM}), (6, {SEAM})])
def test_what_a_history_lacks_by_itself_is_not_lost_at_the_seam(number: int, found: set[str]) -> None:
    chat = without(performed(SILENT, early=3), f"no. {number}")
    assert broken(chat) == found
    if not found:
        reason = "nothing was said before the Accept, and what is wrong may be the history itself"
        assert outcome(chat, SEAM).reason == reason


def test_in_a_chat_that_is_silent_before_the_accept_a_history_without_texts_proves_nothing() -> None:
    chat = performed(SILENT, early=3).with_entries(lambda entries: [e for e in entries if e["type"] != "Text"])
    assert broken(chat) == set()
    assert SEAM in kept(performed(SILENT, early=0))
    assert broken(without(performed(SILENT, early=0), "no. 1")) == set()


def test_a_text_that_stands_twice_in_the_history_is_not_doubled_at_the_seam() -> None:
    def doubled(entries: list[Data]) -> list[Data]:
        first = next(e for e in entries if e["type"] == "Text")
        return [{**e, "index": at} for at, e in enumerate([entries[0], first, *entries[1:]], 1)]

    assert broken(performed(SILENT, early=6).with_entries(doubled)) == set()
    chat = performed(SILENT, early=2)
    assert broken(live(chat, {**entry(chat, "no. 1"), "index": 77})) == {SEAM}


@pytest.mark.parametrize("member", ["text", "index", "type", "from"])
@pytest.mark.parametrize("value", [{}, [], None, 3.5, "x"])
def test_entries_of_any_form_are_judged(member: str, value: float | str | None) -> None:
    chat = performed(COUNTED, early=2)
    odd = chat.with_entries(lambda entries: [*entries[:-1], {**entries[-2], member: value}, entries[-1]])
    live_too = live(chat, {**entry(chat, "no. 5"), member: value})
    for clause in (SEAM, AFTER, COMPLETE, IN_ORDER, JOIN, LAST, ORDER):
        assert Verdict.HARNESS_ERROR not in (outcome(odd, clause).verdict, outcome(live_too, clause).verdict)


# ---- what is open ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [{"status": 500, "answer": ""}, {"status": None, "answer": None, "failure": "the connection was reset"}]
)
@pytest.mark.parametrize("arrives", [True, False])
def test_a_text_that_the_server_did_not_take_may_arrive_or_not(answer: dict[str, Any], arrives: bool) -> None:
    chat = performed(COUNTED)
    third = [r for r in chat.records if isinstance(r, Exchange) and r.step == "say-during"][2]
    chat = chat.mapped(lambda r: replace(r, **answer) if r is third else r)
    assert broken(chat if arrives else without(chat, "no. 3")) == set()
    assert SEAM in kept(chat)


def test_if_the_server_took_nothing_there_is_no_seam() -> None:
    chat = without(performed(COUNTED), *SIX.said).answered("say-during", {"statusCode": 3}, status=403)
    assert broken(chat) == set()
    reason = "the server took nothing of what the customer said during the Accept"
    assert (outcome(chat, SEAM).reason, outcome(chat, AFTER).reason) == (reason, reason)


def test_a_text_said_when_the_chat_was_over_is_not_missed() -> None:
    chat = without(performed(COUNTED, early=2), "no. 6")
    end = chat.step("complete").sent
    sixth = chat.step("say-during")
    late = chat.mapped(lambda r: replace(r, sent=end + 0.01, done=end + 0.02) if r is sixth else r)
    assert broken(late) == set()
    status = chat.payloads[0]
    over = {**status, "chat": {**status["chat"], "state": "Completed"}}
    ended = chat.plus(delivery(over, at=sixth.sent - 0.001))
    assert broken(ended) == set()


@pytest.mark.parametrize("how", ["cut short", None])
def test_in_a_run_that_was_stopped_nothing_is_lost(how: str | None) -> None:
    chat = without(performed(COUNTED), "no. 6")
    ended = next(r for r in chat.records if isinstance(r, Ended))
    stopped = chat.mapped(lambda r: (replace(r, how=how) if how else None) if r is ended else r)
    assert outcome(stopped, SEAM).reason == "the run was stopped before everything could arrive"


@pytest.mark.parametrize("during", [(), (Typing("started"),)])
def test_a_customer_who_says_nothing_during_the_accept_tests_nothing(during: tuple[Typing, ...]) -> None:
    chat = performed(replace(COUNTED, during=during))
    reason = "the customer said nothing during the Accept"
    assert (outcome(chat, SEAM).reason, outcome(chat, AFTER).reason) == (reason, reason)
    assert broken(chat) == set()


def test_without_success_of_the_accept_there_is_no_seam() -> None:
    chat = performed(COUNTED).answered("accept", {"statusCode": 3, "statusMessage": "no"}, status=403)
    assert having(chat, Verdict.NOT_TESTABLE) >= {SEAM, AFTER}


# ---- the other checks -----------------------------------------------------------------------------------------------


def test_live_messages_are_no_part_of_the_order_of_the_three() -> None:
    chat = slow(performed(COUNTED, early=2), 0.5, PEOPLE, LOG)
    assert ORDER in kept(chat)
    turned = slow(performed(COUNTED, early=2), 0.5, PEOPLE)
    assert ORDER in broken(turned)


def test_behind_the_join_only_what_was_said_meanwhile_may_stand() -> None:
    chat = performed(COUNTED, early=1, behind=3)
    assert LAST in kept(chat)

    def own_join_before_the_last_planted(entries: list[Data]) -> list[Data]:
        hi = next(e for e in entries if e.get("text") == "Hi")
        rest = [e for e in entries if e is not hi]
        return [{**e, "index": at} for at, e in enumerate([*rest, hi], 1)]

    turned = chat.with_entries(own_join_before_the_last_planted)
    assert LAST in broken(turned)
    assert outcome(turned, LAST).received.startswith("1 entries behind it")


def test_a_doubled_planted_text_is_not_excused_by_what_was_said_meanwhile() -> None:
    chat = performed(COUNTED, early=2)
    hi = entry(chat, "Hi")
    assert broken(live(chat, {**hi, "index": 77})) == {COMPLETE}


def test_a_lost_planted_text_is_not_taken_for_a_longer_one_said_meanwhile() -> None:
    chat = speaking("Hello World 1", early=1)
    found = outcome(chat.with_entries(lambda entries: [e for e in entries if e.get("text") != "Hello World"]), COMPLETE)
    assert found.received == '0 of 1; missing: "Hello World"'


def test_what_the_customer_says_between_misuse_and_accept_is_no_effect_of_the_misuse() -> None:
    scenario = replace(COUNTED, refusals=("wrong-case",))
    chat = performed(scenario, early=3)
    preview = {**chat.payloads[2], "messages": [entry(chat, "no. 1")]}
    first = next(r for r in chat.records if isinstance(r, Exchange) and r.step == "say-during")
    assert broken(chat.plus(delivery(preview, at=first.done))) == set()
    assert "refused.no-effect" in broken(chat.plus(delivery(preview, at=first.sent - 0.01)))


def test_a_new_session_in_the_midst_of_the_chat_leaves_a_loss_open() -> None:
    chat = without(performed(COUNTED), "no. 6")
    anew = Session(JUDGED, 2, chat.accept.sent + 0.4, False, 20.0)
    assert outcome(replace(chat, sessions=(*chat.sessions, anew)), SEAM).verdict is Verdict.INCONCLUSIVE


def test_a_history_that_comes_only_after_the_end_is_read_though_live_messages_came_in_time() -> None:
    chat = performed(COUNTED, early=0)
    late = delivery(chat.payloads[2], at=chat.step("complete").sent + 0.5)
    assert broken(chat.dropping(LOG).plus(late)) == set()
