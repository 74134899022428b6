"""What many journals say together is what one journal of all their chats says."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gws_contract import shards
from gws_contract.campaign import Campaign, Plan
from gws_contract.check import Check, shipped
from gws_contract.conversation import Conversation
from gws_contract.embedded import target_of
from gws_contract.journal import Footer, Header, JournalError, JournalWriter, Load, Planned, read
from gws_contract.mock.catalogue import named
from gws_contract.mock.server import Mock
from gws_contract.report.certificate import certificate
from gws_contract.report.docket import Docket, judge
from gws_contract.report.shards import ShardsError, judge_shards
from gws_contract.report.text import summary
from gws_contract.scenario import Say, Scenario
from gws_contract.stage.drawing import SITUATIONS

from . import plainly
from .conversations import DOCUMENTED, FOOTER, HEADER, LOG, PLAIN, STATUS, Chat, journal_of, never_offered, performed
from .dockets import example_of, ruling_of
from .test_filed import written

CHECKS = shipped()
ORDER = "accept.notifications.order"


def turned(chat: Chat) -> Chat:
    """The same chat with the participants first."""
    return chat.arriving(*(chat.payloads[n] for n in (1, 0, 2)), polls=[107, 108, 108])


def shard(folder: Path, number: int, *chats: Chat, footer: Footer | None = FOOTER, **header: Any) -> Path:
    """The journal of these chats, as a shard."""
    _, *records = journal_of(*chats, footer=footer)
    started = f"2026-01-02T03:04:05.{number:03}+00:00"
    return written(folder / f"journal-{number}.ndjson", [replace(HEADER, started=started, **header), *records])


def both_ways(tmp_path: Path, first: Sequence[Chat], second: Sequence[Chat]) -> tuple[Docket, Docket]:
    """The docket of two shards, and that of one journal with the same chats."""
    paths = [shard(tmp_path, 1, *first), shard(tmp_path, 2, *second)]
    later = [chat.numbered(number) for number, chat in enumerate(second, len(first) + 1)]
    one = written(tmp_path / "journal.ndjson", journal_of(*first, *later, footer=FOOTER))
    return judge_shards(paths, CHECKS), judge(one, CHECKS)


def told(docket: Docket) -> dict[str, Any]:
    """The certificate, but for what a shard tells of itself."""
    return {**certificate(docket), "started": ""}


FIRST = (
    performed(DOCUMENTED),
    turned(performed(PLAIN, number=2, start=20.0)),
    performed(Scenario("0", "0"), number=3, start=30.0),
)
SECOND = (
    performed(Scenario("0", "0"), start=101.0).dropping(STATUS),
    turned(performed(Scenario("0", "0"), number=2, start=105.0)),
    performed(PLAIN, number=3, start=209.0).disturbed("poll-broken"),
    turned(performed(PLAIN, number=4, start=240.0)),
    never_offered(number=5),
)
"""At other times than the first, as in one journal."""


def test_two_shards_say_what_one_journal_says(tmp_path: Path) -> None:
    together, one = both_ways(tmp_path, FIRST, SECOND)
    assert json.dumps(told(together)) == json.dumps(told(one))
    assert plainly.of_docket(together).rulings[0][1] == plainly.of_docket(one).rulings[0][1]
    assert plainly.of_docket(together).counts == plainly.of_docket(one).counts
    for ours, theirs in zip(together.rulings, one.rulings, strict=True):
        assert (ours.tally, ours.reasons, ours.by_source, ours.repeated) == (
            theirs.tally,
            theirs.reasons,
            theirs.by_source,
            theirs.repeated,
        )
        assert list(ours.broken_in) == list(theirs.broken_in)
    assert ruling_of(together, ORDER).tally.broken == 3


def performances(tmp_path: Path) -> Path:
    """The journal of a campaign against a mock that puts the history first in every seventh chat."""
    rows = tuple(("drawn", scenario) for scenario in SITUATIONS)
    path = tmp_path / "journal.ndjson"
    with Mock(variations=named("sometimes-out-of-order")) as mock, contextlib.closing(JournalWriter(path)) as writer:
        target = replace(target_of(mock), deadline=1.5, quiet_period=0.2, offer_timeout=5.0)
        Campaign(target, Plan(rows, 0, "quick", looks_again=False), writer).run()
    return path


def dealt(path: Path, number: int) -> list[Path]:
    """Its chats in turn on so many shards, those beside one another together; what belongs to no chat on each."""
    records = list(read(path))
    groups: dict[int | None, int] = {r.chat: r.group or r.chat for r in records if isinstance(r, Planned)}
    paths = []
    for which in range(number):
        own = [r for r in records if groups.get(getattr(r, "chat", None), which) % number == which]
        (header, *rest) = own
        assert isinstance(header, Header)
        paths.append(written(path.with_name(f"journal-{which + 1}.ndjson"), [replace(header, seed=which), *rest]))
    return paths


def test_the_chats_of_a_campaign_say_the_same_however_they_are_dealt_onto_shards(tmp_path: Path) -> None:
    path = performances(tmp_path)
    one, together = judge(path, CHECKS), judge_shards(dealt(path, 3), CHECKS)
    assert ruling_of(one, ORDER).tally.broken > 1
    assert together.conclusion == one.conclusion
    for ours, theirs in zip(together.rulings, one.rulings, strict=True):
        assert (ours.tally, dict(ours.by_source), ours.repeated) == (
            theirs.tally,
            dict(theirs.by_source),
            theirs.repeated,
        )
        assert sorted(ours.reasons) == sorted(theirs.reasons)
        assert len(ours.broken_in) == len(theirs.broken_in)
        assert (ours.example is None) == (theirs.example is None)
        if ours.example is not None:
            assert example_of(ours).conversation.scenario == example_of(theirs).conversation.scenario
    many, single = certificate(together), certificate(one)
    assert many["latencies"] == single["latencies"]
    assert {**many["counts"], "incidents": 0} == {**single["counts"], "incidents": 0}


def test_the_order_of_the_shards_changes_no_verdict(tmp_path: Path) -> None:
    together, one = both_ways(tmp_path, FIRST, SECOND)
    turned_around = judge_shards([tmp_path / "journal-2.ndjson", tmp_path / "journal-1.ndjson"], CHECKS)
    assert [r.tally for r in turned_around.rulings] == [r.tally for r in one.rulings]
    assert turned_around.conclusion == together.conclusion


def test_plain_and_packed_shards_may_stand_side_by_side(tmp_path: Path) -> None:
    together, _ = both_ways(tmp_path, FIRST, SECOND)
    paths = [shards.pack(tmp_path / "journal-1.ndjson"), tmp_path / "journal-2.ndjson"]
    assert certificate(judge_shards(paths, CHECKS)) == certificate(together)


@pytest.mark.parametrize("processes", [1, 2, 7])
def test_how_many_are_judged_at_once_changes_nothing(tmp_path: Path, processes: int) -> None:
    together, _ = both_ways(tmp_path, FIRST, SECOND)
    paths = [tmp_path / "journal-1.ndjson", tmp_path / "journal-2.ndjson"]
    assert certificate(judge_shards(paths, CHECKS, processes=processes)) == certificate(together)


def test_one_shard_is_judged_as_it_is(tmp_path: Path) -> None:
    path = shard(tmp_path, 1, *FIRST)
    assert certificate(judge_shards([path], CHECKS)) == certificate(judge(path, CHECKS))


def test_a_clause_that_one_shard_broke_is_broken_and_the_chat_is_shown_with_its_number(tmp_path: Path) -> None:
    good = [performed(PLAIN, number=n, start=9.0 * n) for n in (1, 2, 3)]
    paths = [shard(tmp_path, 1, *good), shard(tmp_path, 2, performed(PLAIN), turned(performed(PLAIN, number=2)))]
    docket = judge_shards(paths, CHECKS)
    ruling = ruling_of(docket, ORDER)
    assert (ruling.tally.broken, ruling.tally.kept, list(ruling.broken_in)) == (1, 4, [5])
    assert (example_of(ruling).conversation.chat, docket.conclusion.status) == (5, 1)
    assert ruling.repeated is not None
    assert (ruling.repeated.broken, ruling.repeated.chats) == (1, 5)
    assert docket.evidence.conversations[4].notifications == example_of(ruling).conversation.notifications


def test_a_break_that_comes_back_in_another_shard_only_is_the_example(tmp_path: Path) -> None:
    """Seen alone, no shard knows that the plan of its chat was repeated."""
    once = Scenario("Pat", "Sam", (Say("x"), Say("yy"), Say("zzz")))
    small = Scenario("0", "0")
    first = [
        turned(performed(once)),
        turned(performed(small, number=2, start=9.0)),
        performed(small, number=3, start=20.0),
    ]
    paths = [shard(tmp_path, 1, *first), shard(tmp_path, 2, turned(performed(once)))]
    ruling = ruling_of(judge_shards(paths, CHECKS), ORDER)
    assert example_of(ruling).conversation.scenario == once
    assert ruling.repeated is not None
    assert (ruling.repeated.broken, ruling.repeated.chats) == (2, 2)


def hidden(number: int) -> Chat:
    return performed(PLAIN, number=number, start=100.0 * number).dropping(LOG).disturbed("new-session")


def test_the_share_of_inconclusive_chats_is_that_of_all_shards(tmp_path: Path) -> None:
    """Three of a hundred are no reason, three of four are."""
    few = [shard(tmp_path, 1, performed(PLAIN), *(hidden(number) for number in (2, 3, 4)))]
    assert ruling_of(judge(few[0], CHECKS), "accept.history.arrives").tally.inconclusive == 3
    assert ruling_of(judge(few[0], CHECKS), "accept.history.arrives").tally.verdict == "inconclusive"
    many = shard(tmp_path, 2, *(performed(PLAIN, number=n, start=9.0 * n) for n in range(1, 100)))
    assert ruling_of(judge_shards([*few, many], CHECKS), "accept.history.arrives").tally.verdict == "kept"


def test_chats_beside_one_another_are_beside_those_of_their_own_shard_only(tmp_path: Path) -> None:
    def beside(chat: Chat) -> Chat:
        return chat.plus(Planned(chat.number, 0.0, _plan(chat), group=7))

    paths = [shard(tmp_path, n, beside(turned(performed(PLAIN)))) for n in (1, 2)]
    repeated = ruling_of(judge_shards(paths, CHECKS), ORDER).repeated
    assert repeated is not None
    assert repeated.chats == 2


def _plan(chat: Chat) -> Any:
    (plan,) = (r.scenario for r in journal_of(chat) if isinstance(r, Planned))
    return plan


ENDS = {
    "complete": (FOOTER, FOOTER, "complete", ""),
    "one was cut off": (FOOTER, None, "cut off", "journal-2.ndjson: cut off"),
    "one had no time": (
        replace(FOOTER, ended="time limit", detail="60 s"),
        FOOTER,
        "time limit",
        "journal-1.ndjson: time limit (60 s)",
    ),
    "all ended for one reason": (
        replace(FOOTER, ended="not ready", detail="is the password right?"),
        replace(FOOTER, ended="not ready", detail="is the password right?"),
        "not ready",
        "is the password right?",
    ),
    "the worst is told first": (
        replace(FOOTER, ended="interrupted"),
        replace(FOOTER, ended="harness error"),
        "harness error",
        "journal-1.ndjson: interrupted; journal-2.ndjson: harness error",
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_run_is_complete_if_all_its_shards_are(tmp_path: Path, how: str) -> None:
    first, second, ended, detail = ENDS[how]
    paths = [shard(tmp_path, 1, performed(PLAIN), footer=first), shard(tmp_path, 2, performed(PLAIN), footer=second)]
    docket = judge_shards(paths, CHECKS)
    footer = docket.evidence.footer
    assert footer is not None
    assert (footer.ended, footer.detail) == (ended, detail)
    assert docket.complete == (ended == "complete")
    assert docket.conclusion.status == (3 if ended == "harness error" else 2)


def test_what_a_run_lacks_is_what_none_of_its_shards_had(tmp_path: Path) -> None:
    feet = [
        replace(FOOTER, lacks=lacks, notes=("a", lacks[0])) for lacks in (("routing", "second-agent"), ("routing",))
    ]
    paths = [shard(tmp_path, n, performed(PLAIN), footer=foot, notes=("h",)) for n, foot in enumerate(feet, 1)]
    evidence = judge_shards(paths, CHECKS).evidence
    assert evidence.footer is not None
    assert evidence.footer.lacks == ("routing",)
    assert evidence.notes == ("h", "a", "routing")


def test_what_belongs_to_no_chat_is_that_of_all_shards(tmp_path: Path) -> None:
    agents = [("agent1", "agent2"), ("agent2", "agent3")]
    paths = [shard(tmp_path, n, performed(PLAIN).disturbed("poll-broken"), agents=a) for n, a in enumerate(agents, 1)]
    evidence = judge_shards(paths, CHECKS).evidence
    assert evidence.header.agents == ("agent1", "agent2", "agent3")
    assert len(evidence.incidents) == 2
    assert [len(one.incidents) for one in evidence.shards] == [1, 1]
    assert [one.header.started[-10:] for one in evidence.shards] == [".001+00:00", ".002+00:00"]
    assert all(not one.conversations for one in evidence.shards)


OTHERS = {
    "suite": ("9.9.9", "suite: 9.9.9, not 1.2.3"),
    "contract": ("abc", "contract: abc, not "),
    "target": ("elsewhere", "target: elsewhere, not a server"),
    "floor": (7, "floor: 7, not 1"),
    "strict": (True, "strictness: True, not False"),
    "only": ((ORDER,), "clauses that were asked for"),
    "deviations": (
        ({"clause": ORDER, "reason": "r", "ticket": "T-1", "expires": "2026-12-31"},),
        "declared deviations",
    ),
    "customer": ("gms", "customer: gms, not gws"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_shards_of_different_runs_are_told_apart(tmp_path: Path, name: str) -> None:
    value, words = OTHERS[name]
    other: dict[str, Any] = {name: value}
    paths = [shard(tmp_path, 1, performed(PLAIN)), shard(tmp_path, 2, performed(PLAIN), **other)]
    with pytest.raises(ShardsError) as caught:
        judge_shards(paths, CHECKS)
    said = str(caught.value).replace(f"{tmp_path}/", "")
    assert said.startswith(f"journal-2.ndjson is not of the same run as journal-1.ndjson: it has another {words}")
    assert said.endswith(".")


def test_nothing_counts_twice(tmp_path: Path) -> None:
    path = shard(tmp_path, 1, performed(PLAIN))
    (tmp_path / "copy.ndjson").write_bytes(path.read_bytes())
    with pytest.raises(ShardsError, match=r"journal-1\.ndjson is named twice\.$"):
        judge_shards([path, tmp_path / ".." / tmp_path.name / path.name], CHECKS)
    with pytest.raises(ShardsError, match=r"journal-1\.ndjson and .+copy\.ndjson are the same shard\.$"):
        judge_shards([path, tmp_path / "copy.ndjson"], CHECKS)


def test_shards_of_two_load_runs_are_told_apart(tmp_path: Path) -> None:
    paths = [shard(tmp_path, n, performed(PLAIN), rate=5.0, shard="1 of 2") for n in (1, 2)]
    with pytest.raises(ShardsError, match=r"journal-2\.ndjson are of two load runs: both are shard 1 of 2\.$"):
        judge_shards(paths, CHECKS)


def test_a_run_of_which_a_shard_is_missing_is_not_complete(tmp_path: Path) -> None:
    paths = [shard(tmp_path, n, performed(PLAIN), rate=5.0, shard=f"{n} of 4") for n in (1, 3)]
    docket = judge_shards(paths, CHECKS)
    assert not docket.complete
    assert docket.trouble == "shards missing: not here: shard 2 of 4, 4 of 4"


def test_how_a_load_run_stood_is_told_by_all_shards(tmp_path: Path) -> None:
    loads = [Load(float(n), 1, 1, 1, 0.0, 0.1) for n in (1, 2)]
    paths = [
        shard(tmp_path, n, performed(PLAIN).plus(load), rate=5.0, shard=f"{n} of 2") for n, load in enumerate(loads, 1)
    ]
    evidence = judge_shards(paths, CHECKS).evidence
    assert evidence.loads == tuple(loads)
    assert [one.loads for one in evidence.shards] == [(load,) for load in loads]
    assert [one.header.rate for one in evidence.shards] == [5.0, 5.0]


def test_the_journal_and_the_number_there_of_a_chat_are_told(tmp_path: Path) -> None:
    paths = [shard(tmp_path, n, performed(PLAIN), rate=5.0, shard=f"{n} of 2") for n in (1,)]
    paths.append(shard(tmp_path, 2, performed(PLAIN), turned(performed(PLAIN, number=2)), rate=5.0, shard="2 of 2"))
    assert "  chat 3 of the run, which is 2 in the journal of shard 2 of 2; check: " in summary(
        judge_shards(paths, CHECKS)
    )


def test_no_shard_is_nothing_to_judge() -> None:
    with pytest.raises(ShardsError, match=r"^There is no journal to judge\.$"):
        judge_shards([], CHECKS)


def test_a_shard_that_is_none_is_told_as_if_it_were_alone(tmp_path: Path) -> None:
    good = shard(tmp_path, 1, performed(PLAIN))
    (tmp_path / "journal-2.ndjson").write_text("hello\n")
    with pytest.raises(JournalError, match=r"^journal-2\.ndjson, line 1, is not a record of a journal"):
        judge_shards([good, tmp_path / "journal-2.ndjson"], CHECKS)


def test_checks_of_anybody_are_asked_in_this_process(tmp_path: Path) -> None:
    asked: list[Conversation] = []
    paths = [shard(tmp_path, n, performed(PLAIN)) for n in (1, 2)]
    docket = judge_shards(paths, [Check(ORDER, asked.append)])
    assert len(asked) >= 2
    assert ruling_of(docket, ORDER).tally.kept == 2
