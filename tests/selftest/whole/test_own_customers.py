"""Customers of the user's own: a program, a person, a class."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gws_contract import contract
from gws_contract.journal import Planned
from gws_contract.mock.server import Mock, Options
from gws_contract.scenario import Depart, Say, Scenario, Visit
from gws_contract.stage.customers.settings import CustomerSettings
from gws_contract.stage.situations import SITUATIONS
from gws_contract.verdict import Verdict

from ..mock_stage import Customer
from ..offering import BY_HAND, PROGRAM, Person, command, performed, performed_by_hand
from ..stages import (
    Finished,
    Played,
    Scripted,
    aim,
    credentials,
    environment,
    nobody_is_left,
    started,
    varied,
)
from .customers import FULL, TEXTS, run

# ---- the program ----------------------------------------------------------------------------------------------------


def test_the_program_is_not_given_what_the_agents_log_in_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tmp_path / "environment.json"
    program = tmp_path / "look.py"
    program.write_text(
        f"import json, os\njson.dump(dict(os.environ), open({str(seen)!r}, 'w'))\n"
        """print('{"offered": false, "reason": "only looking"}')"""
    )
    for name in ("GWS_AGENTS", "GWS_AGENT_WITHOUT_FEATURE", "GWS_HEADERS", "GWS_PROXY_AUTH", "GWS_CLIENT_KEY_PASSWORD"):
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("OFFICE", "Daly City")
    with Mock() as mock:
        words = CustomerSettings("command", command=(sys.executable, str(program)))
        error = performed(aim(mock, customer=words), FULL).error
        given = json.loads(seen.read_text())
        assert str(error) == f"No chat was offered: the program {Path(sys.executable).name} says 'only looking'."
        assert "canary" not in given.values()
        assert (given["GWS_URL"], given["GWS_CONTACT_CENTER_ID"]) == (mock.url, mock.contact_center_id)
        assert given["OFFICE"] == "Daly City"
        secrets = {*mock.agents.values(), *mock.without_feature.values()}
        assert not secrets & set(given.values())


def test_a_program_that_can_do_less_at_times_is_asked_for_less_then(tmp_path: Path) -> None:
    half = tmp_path / "half.py"
    half.write_text(
        "import os, sys, runpy\n"
        f"mark = {str(tmp_path / 'mark')!r}\n"
        "able = not os.path.exists(mark)\n"
        "open(mark, 'w').close()\n"
        f"sys.argv = [{PROGRAM[1]!r}] + ([] if able else ['--can=name,look'])\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    words = CustomerSettings("command", command=(sys.executable, str(half)))
    with Mock(agents={"ann": "one"}) as mock:
        run = performed(aim(mock, customer=words), FULL, FULL)
        assert nobody_is_left(mock)
    assert run.hows == ["complete", "complete"]
    assert [c.scenario == FULL for c in run.conversations] == [True, False]
    assert [len(c.steps("say")) for c in run.conversations] == [2, 0]
    assert "customer-texts" not in run.footer.lacks
    assert run.with_verdict(Verdict.BROKEN) == set()
    last = [r for r in run.records if isinstance(r, Planned) and r.chat == 2][-1]
    assert "user_data" not in last.scenario


def test_a_program_that_dies_in_the_middle_raises_no_alarm(tmp_path: Path) -> None:
    dying = tmp_path / "dying.py"
    dying.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(Path(PROGRAM[1]).parent)!r})\n"
        "import customer_program as program\n"
        "whole = program.done\n"
        "def done(path, request):\n"
        "    return whole(path, request) if request.get('text') == 'Hello' else sys.exit('oops')\n"
        "program.done = done\n"
        "program.main()\n"
    )
    words = CustomerSettings("command", command=(sys.executable, str(dying)))
    with Mock() as mock:
        run = performed(aim(mock, customer=words), replace(FULL, before=(Say("Hello"), Say("Hello?"))))
        assert nobody_is_left(mock)
    assert run.with_verdict(Verdict.BROKEN) == set()
    failures = [e.failure for e in run.steps("say", "say-during", "look") if e.failure]
    assert failures
    ended = "ended with exit status 1 without an answer; its last words: 'oops'"
    assert set(failures) == {f"the program {Path(sys.executable).name} {ended}"}


def test_ctrl_c_ends_the_program_and_leaves_no_chat_open(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import os, sys\n"
        f"sys.path.insert(0, {str(Path(PROGRAM[1]).parent)!r})\n"
        "import customer_program as program\n"
        "whole = program.done\n"
        "def done(path, request):\n"
        "    if request['do'] == 'say':\n"
        f"        open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "        __import__('time').sleep(1000)\n"
        "    return whole(path, request)\n"
        "program.done = done\n"
        "program.main()\n"
    )
    with Mock() as mock:
        words = ("certify", "--url", mock.url, "--customer=command", "--report-dir=out")
        process = started(*words, f"--customer-command={sys.executable} {slow}", cwd=tmp_path, env=environment(mock))
        while not (tmp_path / "pid").exists() and process.poll() is None:
            mock.until(lambda: (tmp_path / "pid").exists() or process.poll() is not None)
        os.killpg(process.pid, signal.SIGINT)
        finished = Finished(process)
        assert nobody_is_left(mock)
    assert (finished.status, finished.err) == (2, "")
    assert "incomplete: interrupted" in finished.out
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_the_program_of_the_documents_certifies(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "customers.md").read_text("utf-8")
    (source,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "sys.stdin" in block]
    (tmp_path / "offer.py").write_text(source)
    words = CustomerSettings("command", command=(sys.executable, str(tmp_path / "offer.py")))
    with Mock() as mock:
        run = performed(aim(mock, customer=words), FULL, Scenario("Jo", "Kim", (Say("Hello"), Depart())))
        assert nobody_is_left(mock)
    assert run.hows == ["complete", "complete"]
    assert run.with_verdict(Verdict.BROKEN) == set()
    assert {"accept.history.complete", "accept.refused.withdrawn"} <= run.with_verdict(Verdict.KEPT)
    assert run.footer.lacks == ("customer-side",)


# ---- a person -------------------------------------------------------------------------------------------------------

Offers = Callable[[Customer, str, str], object]


def by_hand(
    offers: Offers, *scenarios: Scenario, options: Options | None = None, **changes: Any
) -> tuple[Played, Person]:
    with Mock(options=options) as mock:
        run, person = performed_by_hand(mock, aim(mock, customer=BY_HAND, **changes), offers, *scenarios)
        assert nobody_is_left(mock)
    return run, person


@pytest.mark.parametrize(
    "offers",
    [
        lambda customer, name, marker: customer.request(name, subject=marker),
        lambda customer, name, marker: customer.request("Kimberly"),
        lambda customer, name, marker: customer.request(name, userData={"gws-contract": marker}),
    ],
    ids=["with the subject", "with nothing", "with user data"],
)
def test_by_hand_chats_are_offered_one_after_the_other(offers: Offers) -> None:
    run, person = by_hand(offers, Scenario("Kim", "Sam", reply="Hi."), Scenario("Lee", "Max", (Visit("reject"),)))
    assert run.hows == ["complete", "complete"]
    one, other = run.conversations
    assert one.ended is not None
    assert other.planned.at > one.ended.at
    assert len(person.heard) == 2
    assert run.with_verdict(Verdict.BROKEN) == set()
    assert [c.customer for c in run.conversations] == [None, None]


def test_by_hand_the_first_chat_is_asked_for_when_strangers_have_had_time_to_show() -> None:
    offers: Offers = lambda customer, name, _: customer.request(name)  # noqa: E731
    with Mock() as mock:
        target = aim(mock, customer=BY_HAND, quiet_period=1.0)
        run, _ = performed_by_hand(mock, target, offers, Scenario("Kim", "Sam"))
    ready = max(e.done for e in run.evidence.exchanges if e.step == "Ready")
    first = next(r for r in run.records if isinstance(r, Planned))
    assert first.at - ready >= target.settle


def test_by_hand_the_nickname_counts_if_the_invitation_shows_it() -> None:
    def listed(cause: Any, notices: list[Any]) -> list[Any]:
        for notice in notices:
            if cause.operation == "offer":
                who = {"type": "Customer", "nickname": cause.chat.customer.nickname, "participantId": "0" * 16}
                notice.data["chat"]["participants"] = [who]
        return notices

    offers: Offers = lambda customer, name, _: customer.request(name)  # noqa: E731
    with Mock(variations=[Scripted(sends=listed)]) as mock:
        run, _ = performed_by_hand(mock, aim(mock, customer=BY_HAND), offers, Scenario("Kim", "Sam"))
    assert [c.customer for c in run.conversations] == ["Kim"]
    assert "accept.participants.customer" in run.with_verdict(Verdict.KEPT)


def chatty(customer: Customer, name: str, marker: str) -> None:
    """A person who does not keep quiet: before the Accept, during it and after it."""
    customer.request(name, subject=marker)
    for number in range(40):
        customer.operate("SendStartTypingNotification")
        if customer.operate("SendMessage", text=f"Is anybody there? {number}").status_code != 200:
            return


@pytest.mark.parametrize("quirk", ["", "history-in-batches", "notified-first", "history-on-its-way"])
def test_a_person_who_speaks_unasked_raises_no_alarm(quirk: str) -> None:
    few = [Scenario("Kim", "Sam", reply="Hi."), Scenario("Lee", "Max", (Visit("leave", "Zoë", ("One moment.",)),))]
    with Mock(variations=varied(*filter(None, [quirk]))) as mock:
        run, _ = performed_by_hand(mock, aim(mock, customer=BY_HAND, deadline=3.0), chatty, *few)
    assert run.with_verdict(Verdict.BROKEN) == set()
    assert run.with_verdict(Verdict.HARNESS_ERROR) == set()


def test_by_hand_who_offers_nothing_is_not_waited_for_for_ever() -> None:
    quick = CustomerSettings("wait", offer_timeout=0.3)
    with Mock() as mock:
        heard: list[str] = []
        run = performed(aim(mock, customer=quick), Scenario("Kim", "Sam"), tell=heard.append)
        assert nobody_is_left(mock)
    assert "within 0.3 s" in str(run.error)
    assert heard[0].endswith("(waiting 0.3 s)")


# ---- somebody else's customer ---------------------------------------------------------------------------------------


class Widget:
    """A customer of a pytest plugin's: over the Customer Chat API, without texts."""

    def __init__(self, mock: Mock) -> None:
        self.customer = Customer(mock)

    def do(self, request: dict[str, Any]) -> dict[str, Any]:
        match request["do"]:
            case "offer":
                self.customer.request(request["nickname"], userData=request["userData"])
                return {"offered": True, "can": ["name", "user-data", "leave", "look"]}
            case "leave":
                return {"ok": self.customer.operate("Complete").status_code == 200}
            case "look":
                people = self.customer.look()["chat"]["participants"]
                return {"agents": [person["nickname"] for person in people if person["type"] == "Agent"]}
        return {"ok": False, "reason": "no such thing"}

    def close(self) -> None:
        self.customer.close()


def test_somebody_elses_customer_certifies_the_mock(tmp_path: Path) -> None:
    with Mock() as mock:
        variables = {name: value for name, value in credentials(mock).items() if name != "GWS_CONTACT_CENTER_ID"}
        seen: list[CustomerSettings] = []

        def own(settings: CustomerSettings) -> Callable[[], Widget]:
            seen.append(settings)
            return lambda: Widget(mock)

        found = run(tmp_path, variables, mock=None, url=mock.url, chats=20, own_customer=own)
        assert nobody_is_left(mock)
    assert seen == [CustomerSettings()]
    assert (found.status, set(found.reasons())) == (0, TEXTS)
    assert found.certificate["customer"] == "own"


def test_every_want_of_a_customer_is_one_that_a_run_can_lack() -> None:
    wants = {clause.wants for clause in contract.load().clauses if clause.wants}
    assert {"customer-texts", "customer-leaves", "customer-name", "customer-side"} <= wants


def test_all_situations_without_a_customer_who_can_do_anything_leave_no_clause_broken() -> None:
    with Mock() as mock:
        run = performed(aim(mock, customer=command("--can=")), *SITUATIONS)
        assert nobody_is_left(mock)
    assert run.footer.ended == "complete"
    assert run.with_verdict(Verdict.BROKEN) == set()
    assert run.judged().conclusion.status == 0
