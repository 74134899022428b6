"""Whole runs with each kind of customer: what is certified, what is not testable for want of what, what is left."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gws_contract import check, contract
from gws_contract.certification import FLOOR_BY_HAND, Certification
from gws_contract.journal import Exchange, Planned, read
from gws_contract.mock.server import Mock, Options
from gws_contract.mock.variation import Answer, Request
from gws_contract.report import text
from gws_contract.report.docket import Docket
from gws_contract.scenario import Depart, Say, Scenario, Stream, Typing, Visit, from_json, to_json
from gws_contract.stage.customers.settings import CustomerSettings
from gws_contract.stage.situations import SITUATIONS
from gws_contract.stage.target import UsageError
from gws_contract.verdict import Verdict
from gws_contract.wish import Wish

from ..mock_stage import Customer
from ..offering import BY_HAND, PROGRAM, Person, command, performed, performed_by_hand
from ..stages import (
    Finished,
    Played,
    Scripted,
    aim,
    credentials,
    environment,
    json_answer,
    nobody_is_left,
    played,
    started,
    varied,
)

CHECKS = check.shipped()
WORDS = shlex.join(PROGRAM)
TEXTS = {"history.complete", "history.in-order", "history.seam", "history.live-after"}
FULL = Scenario(
    "Pat",
    "Sam",
    (Typing("started"), Say("Hello"), Visit("leave", "Zoë"), Say("Hello?")),
    (Stream(("Still there?",), 3),),
    (Say("Fine."),),
    reply="Hi.",
    user_data={"Case": "7"},
)


class Run:
    """A certification that was run in this process."""

    def __init__(self, here: Path, wish: Wish, variables: dict[str, str], **how: Any) -> None:
        tell = how.pop("tell", lambda _: None)
        certification = Certification(wish, {"XDG_CACHE_HOME": str(here / "cache"), **variables}, here, **how)
        certification.begin()
        self.certification = certification
        self.docket: Docket = certification.run(CHECKS, tell)
        certification.write_reports(self.docket)
        self.folder = certification.folder
        self.certificate = json.loads((self.folder / "certificate.json").read_text())
        self.records = list(read(self.folder / "journal.ndjson"))

    @property
    def status(self) -> int:
        return self.docket.conclusion.status

    def reasons(self, verdict: Verdict = Verdict.NOT_TESTABLE) -> dict[str, str]:
        """Why a clause has the verdict, by the name of the clause."""
        rows = [row for row in self.certificate["clauses"] if row["verdict"] == verdict and row["tested"]]
        return {row["id"].removeprefix("accept."): row["reason"] for row in rows}


def run(here: Path, variables: dict[str, str] | None = None, **wish: Any) -> Run:
    short = {"mock": "", "deadline": 2.0, "quiet_period": 0.1, "report_dir": "out"}
    how = {name: wish.pop(name) for name in ("tell", "own_customer") if name in wish}
    return Run(here, Wish(**{**short, **wish}), variables or {}, **how)


# ---- a conformant server is certified by whoever plays the customer -------------------------------------------------


@pytest.mark.parametrize("wish", [{"customer": "gms"}, {"customer": "command", "customer_command": WORDS}])
def test_a_customer_who_can_do_everything_certifies_the_mock(tmp_path: Path, wish: dict[str, Any]) -> None:
    found = run(tmp_path, **wish)
    assert (found.status, found.reasons()) == (0, {})
    assert found.reasons(Verdict.BROKEN) == {}
    assert found.certificate["lacks"] == []
    assert found.certificate["customer"] == wish["customer"]
    assert f", customer {wish['customer']}," in text.summary(found.docket)
    assert found.certificate["counts"]["machine"] > 0


def test_a_program_that_only_offers_certifies_what_needs_no_more(tmp_path: Path) -> None:
    found = run(tmp_path, customer="command", customer_command=f"{WORDS} --can ''")
    assert found.status == 0
    why = found.reasons()
    assert set(why) == TEXTS | {"refused.withdrawn", "parameters.nickname", "participants.customer"}
    assert {why[name] for name in TEXTS} == {"the customer of this run cannot speak"}
    assert found.certificate["counts"]["machine"] > 0
    assert why["participants.customer"] == "nobody knows the customer's nickname"
    assert why["parameters.nickname"] == "nothing is known from the customer's side"
    for words in ("the customer of this run cannot speak", "nobody knows the customer's nickname"):
        assert words in found.docket.headline


def test_a_person_certifies_with_a_handful_of_chats(tmp_path: Path) -> None:
    with Mock() as mock:
        person = Person(mock, lambda customer, name, marker: customer.request(name, subject=marker))
        wish = {"mock": None, "url": mock.url, "customer": "wait"}
        found = run(tmp_path, credentials(mock), tell=person.tell, **wish)
        person.go()
        assert nobody_is_left(mock)
    assert found.status == 0, found.docket.headline
    lacking_for_want_of_customers = TEXTS | {"refused.withdrawn", "parameters.nickname", "participants.customer"}
    not_tried = {"wrong-type", "malformed-json", "duplicate-keys", "wrong-method", "content-type"}
    assert set(found.reasons()) == lacking_for_want_of_customers | {f"refused.{name}" for name in not_tried}
    assert len(person.heard) == found.certificate["counts"]["chats"] == FLOOR_BY_HAND <= 8
    assert re.fullmatch(
        rf"offer chat 1 of {FLOOR_BY_HAND} now: nickname PersonP, subject gws-contract-\w+-1 \(waiting 300 s\)",
        person.heard[0],
    )


def test_by_hand_as_many_chats_as_wished_are_asked_for(tmp_path: Path) -> None:
    few: dict[str, Any] = {"mock": None, "url": "http://localhost:1", "customer": "wait"}
    variables = {"GWS_AGENTS": "ann:one"}

    def rows(**wish: Any) -> list[Scenario]:
        return [s for _, s in Certification(Wish(**few, **wish), variables, tmp_path).plan.rows]

    assert len(rows()) == len(rows(depth="certify")) == FLOOR_BY_HAND
    assert len(rows(chats=3)) == 3
    many = rows(chats=60)
    assert FLOOR_BY_HAND < len(many) <= 60
    for scenario in many:
        steps = (*scenario.before, *scenario.during, *scenario.after)
        assert not [step for step in steps if isinstance(step, Say | Stream | Typing | Depart)]
        assert scenario.beside == "nobody"


def test_by_hand_fewer_chats_than_the_situations_need_are_not_enough(tmp_path: Path) -> None:
    with Mock() as mock:
        person = Person(mock, lambda customer, name, marker: customer.request(name, subject=marker))
        wish = {"mock": None, "url": mock.url, "customer": "wait", "chats": 2}
        found = run(tmp_path, credentials(mock), tell=person.tell, **wish)
        person.go()
    assert found.status == 2
    assert f"every clause needs at least {FLOOR_BY_HAND} chats" in found.docket.headline


@pytest.mark.parametrize(
    ("wish", "broken"),
    [
        ({"customer": "command", "customer_command": WORDS, "mock": "text-missing"}, "accept.history.complete"),
        ({"customer": "gms", "mock": "participants-first"}, "accept.notifications.order"),
        ({"customer": "command", "customer_command": f"{WORDS} --can ''", "mock": "participants-first"}, None),
    ],
)
def test_a_break_is_found_and_made_small_with_every_customer(
    tmp_path: Path, wish: dict[str, Any], broken: str | None
) -> None:
    found = run(tmp_path, chats=20, **wish)
    clause = broken or "accept.notifications.order"
    assert found.status == 1
    smallest = from_json(json.loads((found.folder / "scenarios" / f"{clause}.json").read_text()))
    assert smallest.events <= 1
    assert "--customer" in found.docket.again


def test_given_scenarios_are_played_as_far_as_the_customer_can(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(to_json(FULL)))
    found = run(tmp_path, scenario="one.json", customer="command", customer_command=f"{WORDS} --can type,look")
    (chat,) = found.docket.evidence.conversations
    assert chat.scenario == replace(FULL, before=(FULL.before[0], FULL.before[2]), during=(), after=(), user_data=None)
    assert found.status == 0
    assert not [r for r in found.records if isinstance(r, Exchange) and r.step in ("say", "read", "customer-leaves")]


# ---- what is wrong is said before any traffic -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"mock": "", "customer": "command", "customer_command": "no-such-program"}, "is not there, or cannot be run"),
        ({"mock": "", "gms_url": "http://gms"}, "--gms-url is for --customer gms, but the customer is gws."),
        ({"mock": "", "customer": "gms", "gms_url": "gms"}, "The URL of Genesys Mobile Services 'gms' is not that of"),
        ({"url": "http://gws", "customer": "gms"}, "--customer gms needs --gms-url URL"),
        ({"url": "http://gws"}, "There is no customer: set GWS_CONTACT_CENTER_ID"),
    ],
)
def test_a_customer_who_cannot_play_is_told_in_a_sentence(tmp_path: Path, wish: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        Certification(Wish(**wish), {"GWS_AGENTS": "ann:one"}, tmp_path)


def test_only_the_customer_chat_api_needs_a_contact_center(tmp_path: Path) -> None:
    Certification(Wish(url="http://gws", customer="wait"), {"GWS_AGENTS": "ann:one"}, tmp_path)
    Certification(Wish(url="http://gws", customer="gms", gms_url="http://gms"), {"GWS_AGENTS": "ann:one"}, tmp_path)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"customer": "wait"}, "a person, who offers every chat by hand"),
        ({"customer": "gms"}, "the Chat API v2 of Genesys Mobile Services"),
        ({}, "the Customer Chat API of the server"),
    ],
)
def test_the_outlook_says_who_offers_the_chats(tmp_path: Path, wish: dict[str, Any], words: str) -> None:
    said = Certification(Wish(mock="", **wish), {}, tmp_path).outlook()
    assert words in said
    assert ("to find the smallest chat" in said) is (wish.get("customer") != "wait")


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


def test_the_program_of_the_readme_certifies(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
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


# ---- what is left ---------------------------------------------------------------------------------------------------


def refused_accept(request: Request) -> Answer | None:
    """A server that refuses the judged Accept and every one before it, but not that which ends the chat."""
    accepts = request.operation == "Accept" and request.agent is not None
    first = accepts and request.data.get("nickname") == "Sam" and request.chat not in refused
    if first:
        refused.append(request.chat)
    return json_answer('{"statusCode": 4, "statusMessage": "Internal error"}', 500) if first else None


refused: list[Any] = []


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario("Pat", "Sam"),
        Scenario("Pat", "Sam", (Visit("leave", "Zoë"),)),
        Scenario("Pat", "Sam", (Visit("reject"),)),
    ],
)
@pytest.mark.parametrize("can", ["", "name,look"])
def test_a_chat_that_nobody_accepted_and_nobody_can_leave_is_ended(scenario: Scenario, can: str) -> None:
    refused.clear()
    with Mock(variations=[Scripted(refused_accept)]) as mock:
        run = performed(aim(mock, customer=command(f"--can={can}")), scenario)
        assert nobody_is_left(mock)
    assert run.hows == ["failed"]
    assert len(run.steps("accept")) == 1
    (chat,) = run.conversations
    assert chat.accept is not None
    assert chat.ended is not None
    assert chat.accept.status == 500
    (ending,) = run.steps("end:accept")
    assert ending.sent < chat.ended.at, "before the next chat begins"
    assert "accept.overview.accepts" in run.with_verdict(Verdict.BROKEN), "the chat's end is not its Accept"


def test_an_invitation_that_comes_too_late_is_cleared_up_at_the_end() -> None:
    """It comes when its chat was given up for lost, and other chats go on."""

    class Late:
        def __init__(self) -> None:
            self.held: list[Any] = []

        def __call__(self, cause: Any, notices: list[Any]) -> list[Any]:
            if cause.operation == "offer" and cause.chat.number == 2 and not self.held:
                self.held = list(notices)
                return []
            if cause.operation == "offer" and cause.chat.number == 3:
                return [*self.held, *notices]
            return notices

    some = [Scenario(name, "Sam") for name in ("Pat", "Jo", "Lee")]
    with Mock(agents={"ann": "one"}, variations=[Scripted(sends=Late())]) as mock:
        run = performed(aim(mock, customer=command("--can=name"), offer_timeout=3.0), *some)
        assert nobody_is_left(mock)
    assert run.hows == ["complete", "not offered", "complete"]
    (ending,) = run.steps("end:accept")
    assert ending.chat == 2
    assert run.with_verdict(Verdict.BROKEN) == set()


def test_a_run_that_stops_leaves_no_chat_open_that_nobody_can_leave() -> None:
    with Mock() as mock:
        run = played(
            aim(mock, customer=command("--can=")), *[Scenario("Pat", "Sam", reply="Hi.")] * 300, time_limit=1.5
        )
        assert nobody_is_left(mock)
    assert run.footer.ended == "time limit"


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
