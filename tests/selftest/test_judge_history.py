from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.journal import Delivery, Exchange
from gws_contract.judge.customer import planted
from gws_contract.judge.entries import instant
from gws_contract.judge.history import visits
from gws_contract.scenario import Say, Scenario, Typing, Visit
from gws_contract.verdict import Verdict

from .conversations import (
    DOCUMENTED,
    JUDGED,
    LOG,
    PLAIN,
    VISITOR,
    Chat,
    Data,
    broken,
    delivery,
    having,
    kept,
    outcome,
    performed,
)

patiently = settings(deadline=None, max_examples=40)
GOOD = performed(PLAIN)
EARLIER = performed(
    Scenario("Pat", "Sam", (Say("Hi."), Visit("leave", "Lee", ("One moment.", "Bye.")), Say("Thanks.")))
)
COMPLETE, ORDER, AGENTS, JOIN = "history.complete", "history.in-order", "history.earlier-agents", "history.own-join"
OF_HISTORY = {COMPLETE, ORDER, AGENTS, JOIN, "history.ends-with-join", "history.once", "history.index-rises"}
OF_HISTORY |= {"history.timestamps-rise", "history.comings-and-goings", "history.identity"}


Entries = list[Data]
Change = Callable[[Entries], Entries]


def saying(*texts: str, **more: Any) -> Chat:
    return performed(Scenario("PersonP", "Marat", tuple(map(Say, texts)), **more))


def numbered(entries: Entries) -> Entries:
    return [{**entry, "index": index} for index, entry in enumerate(entries, 1)]


def of_type(*types: str) -> Change:
    return lambda entries: [e for e in entries if e["type"] not in types]


def retold(change: Callable[[str], str]) -> Change:
    """A change of every text, the entries left as they are."""
    return lambda entries: [{**e, "text": change(e["text"])} if "text" in e else e for e in entries]


def in_order_of(*texts: str) -> Change:
    """The text entries get these texts, in this order."""

    def change(entries: Entries) -> Entries:
        left = iter(texts)
        return [{**e, "text": next(left)} if e["type"] == "Text" else e for e in entries]

    return change


# ---- complete -------------------------------------------------------------------------------------------------------


def test_a_good_history_keeps_everything_that_is_said_about_histories() -> None:
    assert broken(EARLIER) == set()
    assert kept(EARLIER) >= OF_HISTORY


def test_a_history_that_lacks_a_text_breaks_that_clause_alone() -> None:
    chat = GOOD.with_entries(lambda entries: [e for e in entries if e.get("text") != "Hello World"])
    assert broken(chat) == {COMPLETE}
    found = outcome(chat, COMPLETE)
    assert found.documented == "all 2 texts that the customer had sent"
    assert found.received == '1 of 2; missing: "Hello World"'


def test_a_history_that_lacks_every_text_breaks_that_clause_alone() -> None:
    chat = GOOD.with_entries(of_type("Text"))
    assert broken(chat) == {COMPLETE}
    assert outcome(chat, COMPLETE).received == '0 of 2; missing: "Hello World"'


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (html.escape, 'instead of "a < Ä 👍": "a &lt; Ä 👍" (it was escaped for HTML)'),
        (
            lambda t: t.encode("ascii", "replace").decode(),
            'instead of "a < Ä 👍": "a < ? ?" (characters outside ASCII became ?)',
        ),
        (lambda t: t[:3], 'instead of "a < Ä 👍": "a <" (it was cut after 3 of 7 code points)'),
        (lambda t: t + "!", 'instead of "a < Ä 👍": "a < Ä 👍!" (something was added to it)'),
        (lambda _: "something else", 'missing: "a < Ä 👍"'),
    ],
)
def test_a_changed_text_is_missing_and_the_change_is_named(change: Callable[[str], str], words: str) -> None:
    chat = saying("a < Ä 👍").with_entries(retold(change))
    assert broken(chat) == {COMPLETE}
    assert outcome(chat, COMPLETE).received == f"0 of 1; {words}"


@pytest.mark.parametrize(("times", "received"), [(2, "2 times"), (3, "3 times")])
def test_a_text_that_stands_too_often_in_the_history_breaks_that_clause_alone(times: int, received: str) -> None:
    def doubled(entries: Entries) -> Entries:
        return numbered(
            [e for entry in entries for e in [entry] * (times if entry.get("text") == "Hello World" else 1)]
        )

    chat = GOOD.with_entries(doubled)
    assert broken(chat) == {COMPLETE}
    assert outcome(chat, COMPLETE).documented == '"Hello World" once'
    assert outcome(chat, COMPLETE).received == f'"Hello World" {received}'


def test_a_text_that_was_sent_twice_must_stand_there_twice() -> None:
    chat = saying("ok", "ok")
    assert COMPLETE in kept(chat)
    once = chat.with_entries(lambda entries: [e for e in entries if e["index"] != 2])
    assert outcome(once, COMPLETE).received == '1 of 2; missing: "ok"'
    assert broken(once) == {COMPLETE}
    thrice = chat.with_entries(lambda entries: numbered([entries[0], entries[1], *entries[1:]]))
    assert outcome(thrice, COMPLETE).documented == '"ok" 2 times'


def test_a_text_said_again_after_the_accept_may_follow_live() -> None:
    chat = saying("ok", after=(Say("ok"), Say("ok")))
    assert broken(chat) == set()
    assert [e["text"] for e in chat.conversation.history if e["type"] == "Text"] == ["ok"] * 3


def test_a_live_text_cannot_stand_in_for_one_that_was_sent_twice() -> None:
    chat = saying("ok", "ok", after=(Say("yes"),)).with_entries(lambda entries: [e for e in entries if e["index"] != 2])
    assert broken(chat) == {COMPLETE}


def test_an_agent_may_say_what_the_customer_said() -> None:
    chat = performed(Scenario("Pat", "Sam", (Say("Hello!"), Visit("leave", "Lee", ("Hello!",))), reply="Hello!"))
    assert broken(chat) == set()


def test_the_customers_text_among_those_of_an_agent_is_missing() -> None:
    agent = {"type": "Agent", "nickname": "Marat"}
    chat = GOOD.with_entries(
        lambda entries: [{**e, "from": agent} if e.get("text") == "Hello World" else e for e in entries]
    )
    assert COMPLETE in broken(chat)


def test_a_customer_who_said_nothing_tests_nothing() -> None:
    found = outcome(saying(), COMPLETE)
    assert (found.verdict, found.reason) == (Verdict.NOT_TESTABLE, "the customer sent no text before the Accept")


def test_a_customer_whose_nickname_is_empty_is_known_by_it() -> None:
    chat = performed(Scenario("", "Marat", (Say("a"), Say("b"))))
    guest = {"type": "Guest", "nickname": ""}
    renamed = chat.with_entries(
        lambda entries: [{**e, "from": guest} if e["from"]["type"] == "Customer" else e for e in entries]
    )
    nobodys = renamed.with_people(lambda people: [p for p in people if p["type"] == "Agent"])
    assert outcome(nobodys, COMPLETE).verdict is Verdict.KEPT


def test_only_what_the_server_took_before_the_accept_was_planted() -> None:
    chat = saying("a", "b", "c", after=(Say("d"),))
    assert planted(chat.conversation) == ("a", "b", "c")
    says = [r for r in chat.records if isinstance(r, Exchange) and r.step == "say"]
    late = replace(says[2], done=chat.accept.sent + 0.01)
    refused = replace(says[1], status=500, answer="")
    changed = chat.mapped(lambda r: {id(says[2]): late, id(says[1]): refused}.get(id(r), r))
    assert planted(changed.conversation) == ("a",)


def test_a_text_that_may_have_been_taken_may_stand_in_the_history() -> None:
    chat = saying("ok", "ok")
    says = [r for r in chat.records if isinstance(r, Exchange) and r.step == "say"]
    lost = replace(says[0], status=None, answer=None, failure="the connection was reset")
    assert broken(chat.mapped(lambda r: lost if r is says[0] else r)) == set()


def test_without_a_history_nothing_is_said_about_its_content() -> None:
    found = {name: outcome(GOOD.dropping(LOG), name) for name in OF_HISTORY - {"history.identity"}}
    assert {one.verdict for one in found.values()} == {Verdict.NOT_TESTABLE}
    assert found[COMPLETE].reason == "no NewMessages came"


def test_a_missing_text_may_be_a_lost_one() -> None:
    chat = GOOD.with_entries(of_type("Text")).disturbed("poll-broken")
    assert COMPLETE in having(chat, Verdict.INCONCLUSIVE)


def test_a_greeting_that_equals_a_text_is_no_second_copy_of_it() -> None:
    system = {"type": "External", "nickname": "system", "participantId": "00900000000000AA"}
    chat = saying("Hello!").with_entries(
        lambda entries: numbered([entries[0], {**entries[1], "from": system}, *entries[1:]])
    )
    assert broken(chat) == set()


def test_a_text_under_another_customers_name_is_not_the_customers_text() -> None:
    other = {"type": "Customer", "nickname": "Somebody", "participantId": "00900000000000AA"}
    chat = GOOD.with_entries(lambda entries: [{**e, "from": other} if e["type"] == "Text" else e for e in entries])
    assert COMPLETE in broken(chat)


# ---- batches --------------------------------------------------------------------------------------------------------

STORIES = [DOCUMENTED, EARLIER.scenario, PLAIN, Scenario("Al", "Bo", (Say("a"), Typing("started"), Say("b"), Say("c")))]
PERFORMED = [performed(scenario) for scenario in STORIES]


@given(st.sampled_from(PERFORMED), st.data())
@patiently
def test_any_split_of_the_history_into_batches_breaks_nothing(chat: Chat, data: st.DataObject) -> None:
    status, people, log = chat.payloads
    entries = log["messages"]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(entries) - 1))))
    edges = list(zip([0, *cuts], [*cuts, len(entries)], strict=True))
    batches = [{**log, "messages": entries[one:other]} for one, other in edges]
    polls = sorted(data.draw(st.lists(st.integers(101, 104), min_size=len(batches) + 2, max_size=len(batches) + 2)))
    split = chat.arriving(status, people, *batches, polls=polls)
    assert broken(split) == set()
    assert kept(split) >= kept(chat) - {"history.timestamps-rise", "history.index-rises"}


@given(st.sampled_from(PERFORMED), st.data())
@patiently
def test_any_entry_that_is_lost_is_missed_and_nothing_else_is_alleged(chat: Chat, data: st.DataObject) -> None:
    entries = chat.payloads[2]["messages"]
    lost = data.draw(st.sampled_from(entries))
    found = broken(chat.with_entries(lambda all_: [e for e in all_ if e != lost]))
    last = lost is entries[-1]
    match lost["type"], lost["from"]["type"]:
        case "Text", "Customer":
            assert found == {COMPLETE}
        case "Text", "Agent":
            assert found == {AGENTS}
        case "ParticipantJoined", "Agent" if last:
            assert JOIN in found
        case "ParticipantJoined" | "ParticipantLeft", "Agent":
            assert AGENTS in found
        case "ParticipantJoined", "Customer":
            assert found == set(), "nobody promised it"
        case _:
            assert found == set(), "typing may be left out"


@given(st.sampled_from(PERFORMED), st.data())
@patiently
def test_any_entry_that_is_delivered_again_is_found(chat: Chat, data: st.DataObject) -> None:
    entries = chat.payloads[2]["messages"]
    again = {**chat.payloads[2], "messages": [data.draw(st.sampled_from(entries))]}
    found = broken(chat.arriving(*chat.payloads, again))
    assert "history.once" in found
    assert found <= {"history.once", JOIN}


def test_typing_and_the_customers_join_may_be_left_out() -> None:
    chat = performed(DOCUMENTED).with_entries(of_type("TypingStarted"))
    assert broken(chat) == set()
    no_join = chat.with_entries(lambda entries: entries[1:])
    assert broken(no_join) == set()


def test_gaps_between_indexes_and_a_start_behind_1_are_legal() -> None:
    assert broken(GOOD.with_entries(lambda entries: [{**e, "index": e["index"] * 7 + 3} for e in entries])) == set()


@given(st.lists(st.sampled_from(["typing", "notice", "greeting"]), max_size=4))
@patiently
def test_live_entries_behind_the_history_break_nothing(kinds: list[str]) -> None:
    customer = GOOD.payloads[2]["messages"][0]["from"]
    live = {
        "typing": {
            "type": "TypingStarted",
            "from": customer,
            "visibility": "All",
            "timestamp": "2014-01-02T15:00:00.000Z",
        },
        "notice": {"type": "Notice", "visibility": "Agents"},
        "greeting": {"type": "Text", "from": {"type": "Agent", "nickname": "system"}, "text": "Welcome!"},
    }
    log = GOOD.payloads[2]
    more = [{**log, "messages": [{"index": 50 + n, **live[kind]}]} for n, kind in enumerate(kinds)]
    assert broken(GOOD.arriving(*GOOD.payloads, *more)) <= {"history.members"}


# ---- in order -------------------------------------------------------------------------------------------------------


@given(st.permutations(["a", "b", "c", "d"]))
@patiently
def test_every_other_order_of_different_texts_breaks_that_clause_alone(order: list[str]) -> None:
    chat = saying("a", "b", "c", "d").with_entries(in_order_of(*order))
    assert broken(chat) == (set() if order == ["a", "b", "c", "d"] else {ORDER})


def test_the_two_texts_that_changed_places_are_named() -> None:
    found = outcome(saying("a", "b", "c").with_entries(in_order_of("a", "c", "b")), ORDER)
    assert (found.documented, found.received) == ('"b", then "c"', '"c", then "b"')


def test_an_order_inside_one_notification_is_the_servers() -> None:
    chat = saying("a", "b").with_entries(in_order_of("b", "a")).horizonless().disturbed("direct-delivery")
    assert outcome(chat, ORDER).verdict is Verdict.BROKEN
    status, people, log = saying("a", "b").payloads
    entries = log["messages"]
    apart = [{**log, "messages": part} for part in ([entries[2]], [entries[0], entries[1], entries[3]])]
    turned = saying("a", "b").arriving(status, people, *apart)
    assert outcome(turned, ORDER).verdict is Verdict.BROKEN
    assert outcome(turned.disturbed("direct-delivery"), ORDER).verdict is Verdict.INCONCLUSIVE


def test_a_missing_text_is_no_break_of_the_order() -> None:
    chat = saying("a", "b", "c").with_entries(lambda entries: [e for e in entries if e.get("text") != "b"])
    assert ORDER in kept(chat)


@pytest.mark.parametrize("texts", [(), ("a",), ("a", "a")])
def test_fewer_than_two_different_texts_have_no_order(texts: tuple[str, ...]) -> None:
    found = outcome(saying(*texts), ORDER)
    assert found.verdict is Verdict.NOT_TESTABLE


def test_a_repeated_text_does_not_hide_the_order_of_the_others() -> None:
    chat = saying("a", "ok", "b", "ok").with_entries(in_order_of("b", "ok", "a", "ok"))
    assert broken(chat) == {ORDER}


@pytest.mark.parametrize(
    ("sent", "received"),
    [(("ok", "no", "ok", "no"), ("no", "no", "ok", "ok")), (("ok", "ok", "no"), ("no", "ok", "ok"))],
    ids=" ".join,
)
def test_an_order_of_repeated_texts_is_not_kept_unseen(sent: tuple[str, ...], received: tuple[str, ...]) -> None:
    assert outcome(saying(*sent).with_entries(in_order_of(*received)), ORDER).verdict is not Verdict.KEPT


# ---- earlier agents -------------------------------------------------------------------------------------------------


def test_what_earlier_agents_did_is_read_from_their_exchanges() -> None:
    before = (Visit("reject"), Visit("leave", "Lee", ("One.", "Two.")), Visit("transfer", "Kim"))
    chat = performed(Scenario("Pat", "Sam", before))
    assert visits(chat.conversation) == [("Lee", ["One.", "Two."], True), ("Kim", [], True)]


@pytest.mark.parametrize(
    ("is_it", "documented", "received"),
    [
        (
            lambda e: e["type"] == "ParticipantJoined" and e["from"]["nickname"] == "Lee",
            'ParticipantJoined of the earlier agent "Lee"',
            'ParticipantLeft "Lee", ParticipantJoined "Sam"',
        ),
        (
            lambda e: e["type"] == "ParticipantLeft",
            'ParticipantLeft of the earlier agent "Lee"',
            'ParticipantJoined "Lee", ParticipantJoined "Sam"',
        ),
        (lambda e: e.get("text") == "Bye.", 'the earlier agent\'s text "Bye."', "1 texts of agents without it"),
    ],
)
def test_what_an_earlier_agent_did_is_missed(is_it: Callable[[Data], bool], documented: str, received: str) -> None:
    chat = EARLIER.with_entries(lambda entries: [e for e in entries if not is_it(e)])
    assert AGENTS in broken(chat)
    assert broken(chat) <= {AGENTS, "history.comings-and-goings"}
    found = outcome(chat, AGENTS)
    assert (found.documented, found.received) == (documented, received)


def test_without_any_agent_in_the_history_that_is_said() -> None:
    chat = EARLIER.with_entries(lambda entries: [e for e in entries if e["from"]["type"] != "Agent"])
    assert outcome(chat, AGENTS).received == "no coming or going of an agent"


def test_an_agent_who_rejoins_has_joined() -> None:
    def rejoined(entries: Entries) -> Entries:
        return [{**e, "type": "ParticipantRejoined"} if e is entries[-1] else e for e in entries]

    chat = performed(DOCUMENTED).with_entries(rejoined)
    assert broken(chat) == set()


def test_two_stays_under_one_name_are_two_joins_and_two_leaves() -> None:
    chat = performed(Scenario("Pat", "Lee", (Visit("leave", "Lee"), Visit("leave", "Lee"))))
    assert broken(chat) == set()
    joins = [
        e for e in chat.payloads[2]["messages"] if e["type"] == "ParticipantJoined" and e["from"]["nickname"] == "Lee"
    ]
    assert len(joins) == 3
    left = [e for e in chat.payloads[2]["messages"] if e["type"] == "ParticipantLeft"]
    for lost in (*joins[:2], left[0]):

        def losing(entries: Entries, lost: Data = lost) -> Entries:
            return [e for e in entries if e != lost]

        assert AGENTS in broken(chat.with_entries(losing))


def test_without_an_earlier_agent_nothing_is_missed() -> None:
    assert outcome(GOOD, AGENTS).reason == "no agent had been in this chat before"


@pytest.mark.parametrize("body", [{"statusCode": 3, "statusMessage": "no"}, ""])
def test_an_earlier_agents_request_that_was_not_taken_leaves_no_trace(body: dict[str, Any] | str) -> None:
    said = EARLIER.answered("visit:say", body)
    assert [texts for _, texts, _ in visits(said.conversation)] == [[]]
    left = EARLIER.answered("visit:leave", body)
    assert [parted for *_, parted in visits(left.conversation)] == [False]
    joined = EARLIER.answered("visit:accept", body)
    assert visits(joined.conversation) == []


def test_an_earlier_agent_who_never_was_chatting_had_not_joined() -> None:
    silent = EARLIER.mapped(lambda r: None if isinstance(r, Delivery) and r.agent == VISITOR else r)
    assert visits(silent.conversation) == []
    assert outcome(silent, AGENTS).verdict is Verdict.NOT_TESTABLE


def test_an_earlier_join_that_failed_after_status_code_0_is_not_missed() -> None:
    scenario = Scenario("Pat", "Sam", (Visit("leave", "Lee"),))
    chat = performed(scenario, visitor=JUDGED)
    sent = chat.step("visit:accept").sent
    first = [r for r in chat.records if isinstance(r, Delivery) and sent < r.at < sent + 0.3]
    data = first[0].message["data"]
    failed = delivery({**data, "chat": {**data["chat"], "state": "JoinFailed"}}, at=first[0].at)
    chat = chat.mapped(lambda r: failed if r is first[0] else None if r in first else r)
    chat = chat.with_entries(lambda entries: numbered([e for e in entries if e["from"]["nickname"] != "Lee"]))
    assert broken(chat) == set()


# ---- the own join ---------------------------------------------------------------------------------------------------


def test_a_history_that_stops_before_the_own_join_breaks_that_clause_alone() -> None:
    chat = GOOD.with_entries(lambda entries: entries[:-1])
    assert broken(chat) == {JOIN}
    found = outcome(chat, JOIN)
    assert (found.documented, found.received) == (
        'ParticipantJoined of Agent "Marat"',
        "no coming or going of an agent",
    )
    assert outcome(chat, "history.ends-with-join").verdict is Verdict.NOT_TESTABLE


def test_the_join_of_an_earlier_agent_of_the_same_name_is_not_the_own_join() -> None:
    chat = performed(DOCUMENTED).with_entries(lambda entries: entries[:-1])
    assert broken(chat) >= {JOIN}
    assert outcome(chat, JOIN).received == 'ParticipantJoined "Marat", ParticipantLeft "Marat"'


@pytest.mark.parametrize("who", [{"type": "Customer", "nickname": "Marat"}, {"type": "Agent", "nickname": "agent1"}])
def test_the_join_of_somebody_else_is_not_the_own_join(who: dict[str, str]) -> None:
    chat = GOOD.with_entries(lambda entries: [*entries[:-1], {**entries[-1], "from": who}])
    assert JOIN in broken(chat)


def test_the_own_join_is_known_by_its_name_not_by_its_id() -> None:
    chat = GOOD.with_entries(
        lambda entries: [*entries[:-1], {**entries[-1], "from": {"type": "Agent", "nickname": "Marat"}}]
    )
    assert broken(chat) == {"history.members"}


def test_the_own_leave_at_the_end_of_the_chat_does_not_undo_the_join() -> None:
    log = GOOD.payloads[2]
    left = {**log["messages"][-1], "index": 9, "type": "ParticipantLeft"}
    chat = GOOD.plus(delivery({**log, "messages": [left]}, at=GOOD.step("complete").sent + 0.01))
    assert broken(chat) == set()


def test_a_history_that_comes_only_after_the_end_of_the_chat_is_read_all_the_same() -> None:
    late = delivery(GOOD.payloads[2], at=GOOD.step("complete").sent + 0.5)
    assert broken(GOOD.dropping(LOG).plus(late)) == set()


def test_an_entry_behind_the_own_join_in_its_notification_breaks_the_inferred_clause_alone() -> None:
    def turned(entries: Entries) -> Entries:
        *others, text, join = entries
        moved = [*others, {**join, "timestamp": text["timestamp"]}, {**text, "timestamp": join["timestamp"]}]
        return numbered(moved)

    chat = GOOD.with_entries(turned)
    assert broken(chat) == {"history.ends-with-join"}
    found = outcome(chat, "history.ends-with-join")
    assert found.documented == "the agent's own join comes last"
    assert found.received.startswith('1 entries behind it: {"index": 4')


def test_the_own_join_may_come_before_the_rest_of_the_history() -> None:
    chat = performed(DOCUMENTED)
    status, people, log = chat.payloads
    parts = [{**log, "messages": log["messages"][-1:]}, {**log, "messages": log["messages"][:-1]}]
    assert broken(chat.arriving(status, people, *parts)) == set()


# ---- once, indexes, timestamps, comings and goings ------------------------------------------------------------------


def test_an_entry_that_comes_again_breaks_that_clause_alone() -> None:
    status, people, log = GOOD.payloads
    chat = GOOD.arriving(status, people, log, {**log, "messages": log["messages"][1:2]})
    assert broken(chat) == {"history.once"}
    assert outcome(chat, "history.once").received.startswith('again: {"index": 2, "type": "Text"')


def test_an_entry_twice_in_one_notification_is_the_servers_doing() -> None:
    chat = GOOD.with_entries(lambda entries: [entries[0], entries[0], *entries[1:]])
    assert "history.once" in broken(chat)
    assert "history.index-rises" in broken(chat)


def test_after_a_broken_poll_the_acknowledge_extension_may_repeat_entries() -> None:
    again = GOOD.arriving(*GOOD.payloads, GOOD.payloads[2], polls=[101, 102, 103, 104])
    assert broken(again.disturbed("poll-broken", ack=True)) == set()
    assert broken(again.disturbed("poll-broken")) == {"history.once"}
    later = GOOD.arriving(*GOOD.payloads, GOOD.payloads[2], polls=[101, 102, 103, 105])
    assert broken(later.disturbed("poll-broken", ack=True)) == {"history.once"}


@pytest.mark.parametrize("indexes", [[2, 1, 3, 4], [1, 1, 2, 3], [1, 3, 3, 4], [4, 3, 2, 1]])
def test_indexes_that_do_not_rise_break_the_clause(indexes: list[int]) -> None:
    chat = GOOD.with_entries(lambda entries: [{**e, "index": n} for e, n in zip(entries, indexes, strict=True)])
    assert "history.index-rises" in broken(chat)
    assert outcome(chat, "history.index-rises").documented == "rising indexes"


def test_one_index_for_two_entries_in_two_notifications_breaks_the_clause() -> None:
    status, people, log = GOOD.payloads
    other = {**log["messages"][1], "text": "Something else"}
    chat = GOOD.arriving(status, people, log, {**log, "messages": [other]})
    assert broken(chat) == {"history.index-rises"}
    assert outcome(chat, "history.index-rises").received == "index 2 for two different entries"


def test_entries_without_an_index_say_nothing_about_indexes() -> None:
    chat = GOOD.with_entries(lambda entries: [{**e, "index": "x"} for e in entries])
    assert outcome(chat, "history.index-rises").reason == "no notification has an entry with an index"


@pytest.mark.parametrize("place", [1, 2, 3])
def test_timestamps_that_go_back_break_the_inferred_clause_alone(place: int) -> None:
    def turned(entries: Entries) -> Entries:
        seconds = [0 if n == place else n + 1 for n in range(len(entries))]
        return [{**e, "timestamp": f"2014-01-02T14:00:{s:02}.000-0800"} for e, s in zip(entries, seconds, strict=True)]

    chat = GOOD.with_entries(turned)
    assert broken(chat) == {"history.timestamps-rise"}
    assert outcome(chat, "history.timestamps-rise").documented == "rising timestamps"


def test_equal_timestamps_and_other_offsets_do_not_go_back() -> None:
    stamps = ["2014-01-02T14:00:00.000-0800", "2014-01-02T22:00:00.000Z", "2014-01-02 23:00:00.000+0100", "unreadable"]
    chat = GOOD.with_entries(lambda entries: [{**e, "timestamp": s} for e, s in zip(entries, stamps, strict=True)])
    assert broken(chat) == {"history.timestamp"}


def test_without_a_readable_timestamp_nothing_is_said_about_them() -> None:
    chat = GOOD.with_entries(lambda entries: [{**e, "timestamp": 5} for e in entries])
    assert outcome(chat, "history.timestamps-rise").reason == "no notification has two entries with a timestamp"


def entry_by_entry(chat: Chat) -> Chat:
    status, people, log = chat.payloads
    return chat.arriving(status, people, *({**log, "messages": [entry]} for entry in reversed(log["messages"])))


def test_timestamps_of_entries_that_come_one_by_one_are_not_compared() -> None:
    assert outcome(entry_by_entry(GOOD), "history.timestamps-rise").verdict is Verdict.NOT_TESTABLE


def test_indexes_of_entries_that_come_one_by_one_are_compared_with_each_other() -> None:
    assert outcome(entry_by_entry(GOOD), "history.index-rises").verdict is Verdict.KEPT


def test_a_customer_who_is_renamed_everywhere_is_missed_in_the_list_and_not_in_the_history() -> None:
    def renamed(person: Data) -> Data:
        return {**person, "nickname": "Ann O&#x27;Neil"} if person["type"] == "Customer" else person

    chat = performed(Scenario("Ann O'Neil", "Sam", (Say("Hi"),)))
    chat = chat.with_people(lambda people: [renamed(p) for p in people])
    chat = chat.with_entries(lambda entries: [{**e, "from": renamed(e["from"])} for e in entries])
    assert broken(chat) == {"participants.customer"}


PACIFIC = timezone(timedelta(hours=-8))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2014-01-02T14:23:18.000-0800", datetime(2014, 1, 2, 14, 23, 18, tzinfo=PACIFIC)),
        ("2014-01-02T14:23:18.000-08:00", datetime(2014, 1, 2, 14, 23, 18, tzinfo=PACIFIC)),
        ("2014-01-09 11:58:12.035+0200", datetime(2014, 1, 9, 9, 58, 12, 35000, tzinfo=UTC)),
        ("2014-01-02T14:23:18.000Z", datetime(2014, 1, 2, 14, 23, 18, tzinfo=UTC)),
        ("0001-01-01T00:00:00.000+1400", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
        ("2014-02-30T14:23:18.000Z", None),
        ("2014-01-02T24:23:18.000Z", None),
        ("2014-01-02T14:23:18.000+9900", None),
        ("2014-01-02T14:23:18Z", None),
        ("2014-01-02T14:23:18.000", None),
        ("2014-01-02T14:23:18.000Z\n", None),
        ("٢٠١٤-01-02T14:23:18.000Z", None),
        (1389261492035, None),
        (None, None),
    ],
)
def test_a_timestamp_names_a_moment(text: int | str | None, moment: datetime | None) -> None:
    assert instant(text) == moment


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60), st.sampled_from("T "), st.sampled_from(["", ":"]))
@patiently
def test_every_moment_that_is_written_is_read_back(naive: datetime, minutes: int, between: str, colon: str) -> None:
    moment = naive.replace(microsecond=naive.microsecond // 1000 * 1000, tzinfo=timezone(timedelta(minutes=minutes)))
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    spelled = moment.replace(tzinfo=None).isoformat(between, "milliseconds") + f"{sign}{hours:02}{colon}{rest:02}"
    read = instant(spelled)
    assert read is not None
    assert (read.replace(tzinfo=None), read.utcoffset()) == (moment.replace(tzinfo=None), moment.utcoffset())


def test_somebody_who_leaves_without_having_joined_breaks_the_inferred_clause_alone() -> None:
    ghost = {"type": "Agent", "nickname": "Ghost", "participantId": "00900000000000FF"}
    left = {**GOOD.payloads[2]["messages"][0], "type": "ParticipantLeft", "from": ghost}
    chat = GOOD.with_entries(lambda entries: numbered([entries[0], left, *entries[1:]]))
    assert broken(chat) == {"history.comings-and-goings"}
    assert outcome(chat, "history.comings-and-goings").received == '"00900000000000FF" leaves at index 2'


def test_somebody_who_joins_twice_breaks_the_inferred_clause_alone() -> None:
    chat = GOOD.with_entries(lambda entries: numbered([entries[0], *entries]))
    assert broken(chat) == {"history.comings-and-goings"}
    assert outcome(chat, "history.comings-and-goings").received.endswith(" joins again at index 2")


def test_a_history_is_replayed_by_its_indexes_whatever_the_order_of_the_batches() -> None:
    chat = performed(Scenario("Pat", "Sam", (Visit("leave", "Lee"), Say("Hi"))))
    status, people, log = chat.payloads
    reversed_ = [{**log, "messages": [entry]} for entry in reversed(log["messages"])]
    assert broken(chat.arriving(status, people, *reversed_)) == set()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda entries: entries[1:], "the history does not begin with a join"),
        (lambda _: [], "the history does not begin with a join"),
        (
            lambda entries: [{**e, "from": {"type": "Customer", "nickname": "PersonP"}} for e in entries],
            "comings and goings without participantId",
        ),
    ],
)
def test_a_history_that_cannot_be_replayed_says_nothing_about_comings_and_goings(change: Change, reason: str) -> None:
    assert outcome(GOOD.with_entries(change), "history.comings-and-goings").reason == reason


def test_a_lost_batch_does_not_make_anybody_leave_who_has_not_joined() -> None:
    status, people, log = EARLIER.payloads
    entries = log["messages"]
    assert entries[2]["type"] == "ParticipantJoined"
    batches = [{**log, "messages": part} for part in (entries[:2], entries[3:])]
    assert broken(EARLIER.arriving(status, people, *batches).disturbed("poll-broken")) == set()
