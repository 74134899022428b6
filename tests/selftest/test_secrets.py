"""What a run keeps secret: what it is given and what it learns, where it is masked, and what its verdicts say of it."""

from __future__ import annotations

import ast
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gws_contract
from gws_contract import campaign, check
from gws_contract.campaign import Plan
from gws_contract.journal import Clock, Exchange, Footer, Header, Incident, Memory, Planned, Record, to_json
from gws_contract.mock.server import Mock
from gws_contract.mock.variation import Answer
from gws_contract.redaction import Redacting, Secrets
from gws_contract.report import certificate, text
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.scenario import Say, Scenario
from gws_contract.wire.bayeux import Observer, ObserverError
from gws_contract.wire.identity import Identity
from gws_contract.wire.rest import RestLine
from gws_contract.wire.wiring import Wiring

from .observing import PATH
from .scripted_server import CometServer, Records, Request, Script, ScriptedServer, answering, bayeux, hang_up, http
from .stages import Played, Scripted, aim, for_operation, json_answer, play, played

HELLO = Scenario("Pat", "Sam", (Say("Hello"),))
TOKEN = "8F1C2D3E-token/4455==&x"


class Line:
    """A REST line to a scripted server, and what a journal behind the redaction is given."""

    def __init__(self, script: Script) -> None:
        self.records, self.secrets = Records(), Secrets()
        self._server = ScriptedServer(script)
        wiring = Wiring(self._server.url, secrets=self.secrets)
        sink = Redacting(self.records, self.secrets)
        self._line = RestLine(
            wiring, actor="agent:agent1", identity=Identity(("agent1", "secret")), clock=Clock(), sink=sink
        )

    def __enter__(self) -> RestLine:
        self._server.__enter__()
        return self._line

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._server.__exit__()


def exchange(answer: bytes | Script, **call: Any) -> Exchange:
    """The record of one call."""
    line = Line(answer if callable(answer) else answering(answer))
    with line as caller:
        caller.call("GET", "/", step="me", **call)
    return line.records.exchanges()[0]


# ---- learned from answers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cookie",
    [
        f"JSESSIONID={TOKEN}",
        f"JSESSIONID={TOKEN}; Path=/; HttpOnly",
        f'JSESSIONID="{TOKEN}"; Path=/',
        f"JSESSIONID = {TOKEN} ; Domain=elsewhere.example",
    ],
)
def test_a_cookie_is_masked_in_the_very_answer_that_sets_it(cookie: str) -> None:
    record = exchange(http(f"you are {TOKEN}", Set_Cookie=cookie, Server=TOKEN))
    assert record.answer == "you are <masked: cookie of agent1>"
    assert record.headers["server"] == "<masked: cookie of agent1>"


def test_a_quoted_cookie_may_hold_a_semicolon() -> None:
    record = exchange(http("you are semi;colon;s", Set_Cookie='A="semi;colon;s"'))
    assert record.answer == "you are <masked: cookie of agent1>"


def test_every_cookie_of_an_answer_is_masked() -> None:
    answer = http("first-cookie second-cookie", Set_Cookie="A=first-cookie\r\nSet-Cookie: B=second-cookie")
    assert exchange(answer).answer == "<masked: cookie of agent1> <masked: cookie of agent1, 2>"


def test_a_cookie_of_a_call_without_credentials_is_masked_too() -> None:
    record = exchange(http(TOKEN, Set_Cookie=f"A={TOKEN}"), anonymous=True)
    assert record.answer == "<masked: cookie of a caller without credentials>"


def test_a_csrf_token_is_masked_even_if_it_cannot_be_sent() -> None:
    record = exchange(
        http("the token [token with blanks]", X_CSRF_HEADER="X-CSRF-TOKEN", X_CSRF_TOKEN="token with blanks")
    )
    assert record.answer == "the token [<masked: CSRF token of agent1>]"


def test_a_secret_in_a_location_is_masked_before_its_query_is_cut_off() -> None:
    record = exchange(http(status=302, Location="/login/ab;cd?ef#gh/x", Set_Cookie='A="ab;cd?ef#gh"'))
    assert record.headers["location"] == "/login/<masked: cookie of agent1>/x"


def test_a_content_length_that_is_a_secret_is_not_told() -> None:
    long = "long-" * 20
    record = exchange(hang_up(http("abc", Set_Cookie=f"A={long}", length=-1, Content_Length=long)))
    assert record.failure == "The Content-Length '<masked: cookie of agent1>' is not a number."


def test_the_session_id_of_an_observer_is_masked() -> None:
    secrets, records = Secrets(), Records()
    with CometServer() as server:
        observer = Observer(
            Wiring(server.url, secrets=secrets), path=PATH, agent="agent1", identity=Identity(None), clock=Clock(),
            sink=records,
        )  # fmt: skip
        server.handshake = lambda request: bayeux(
            {"channel": "/meta/handshake", "successful": True, "clientId": "1a2b3c4d5e6f", "id": request.message["id"]}
        )
        observer.open()
        observer.close()
    assert secrets.mask("1a2b3c4d5e6f") == "<masked: CometD session of agent1>"


def test_what_a_handshake_is_refused_with_is_cut_after_it_was_masked() -> None:
    def handshake(request: Request) -> bytes:
        error = "x" * 190 + TOKEN
        return bayeux({"channel": "/meta/handshake", "successful": False, "error": error}, Set_Cookie=f"A={TOKEN}")

    secrets = Secrets()
    with CometServer() as server:
        server.handshake = handshake
        wiring = Wiring(server.url, secrets=secrets)
        observer = Observer(wiring, agent="agent1", identity=Identity(None), clock=Clock(), sink=Records())
        with pytest.raises(ObserverError) as refused:
            observer.open()
    assert TOKEN[:6] not in secrets.mask(str(refused.value))


# ---- a whole run ----------------------------------------------------------------------------------------------------


def echo(request: Request) -> str:
    """What a careless server says about a request: everything."""
    return json.dumps({"statusCode": 0, "statusMessage": json.dumps(dict(request.headers))})


def said(records: list[Record]) -> str:
    return "\n".join(json.dumps(to_json(record)) for record in records)


def test_what_the_target_keeps_secret_is_masked_from_the_beginning() -> None:
    seen: list[str] = []

    def answers(request: Any) -> Answer | None:
        if request.operation in ("StartContactCenterSession", "Leave", "Complete") or request.api == "customer":
            seen.append(request.headers.get("authorization") or request.headers.get("contactcenterid", ""))
        return json_answer(echo(request)) if request.operation in ("NotReady", "Complete") else None

    with Mock(variations=[Scripted(answers)]) as mock:
        run = played(aim(mock), HELLO)
    basic = [value.removeprefix("Basic ") for value in seen if value.startswith("Basic ")]
    assert basic
    assert mock.contact_center_id in seen
    assert "<masked: credentials of agent1>" in said(run.records)
    assert "<masked: contact center id>" in said(run.records)
    for secret in (*basic, *mock.agents.values(), mock.contact_center_id):
        assert secret.rstrip("=") not in said(run.records)


def test_the_wrong_password_is_made_of_nobodys() -> None:
    tried: list[str] = []

    def look(request: Any) -> None:
        head, _, value = request.headers.get("authorization", "").partition(" ")
        tried.extend([base64.b64decode(value).decode()] if head == "Basic" and not request.agent else [])

    with Mock(variations=[Scripted(look)], agents={"agent1": "mellon-mellon"}) as mock:
        played(aim(mock), replace(HELLO, refusals=("wrong-credentials",)))
    with Mock(variations=[Scripted(look)], agents={"agent1": "gws-contract-not-the-password"}) as mock:
        played(aim(mock), replace(HELLO, refusals=("wrong-credentials",)))
    assert tried == ["agent1:gws-contract-not-the-password", "agent1:drowssap-eht-ton-tcartnoc-swg"]


def test_why_a_run_cannot_begin_is_said_without_secrets() -> None:
    words = json.dumps({"statusCode": 4, "statusMessage": 'the password "mellon\\mellon" is fine'})
    broken = for_operation("StartContactCenterSession", json_answer(words, 500))
    with Mock(variations=[broken], agents={"agent1": 'mellon"\\mellon', "agent2": "mellon\\mellon"}) as mock:
        run = played(aim(mock), HELLO)
    assert "<masked: password of agent2>" in str(run.error)
    assert "mellon" not in str(run.error) + said(run.records)


CAREFUL = {"agent1": "Chatting", "agent2": "Where is my parcel, please?", "agent3": "short", "agent4": "20261124"}
"""Passwords that a run must not mask by value."""


@pytest.fixture(scope="module")
def careful() -> tuple[Played, Docket]:
    scenario = Scenario("PersonP", "Marat", (Say("Where is my parcel, please?"),))
    with Mock(agents=CAREFUL) as mock:
        run = played(aim(mock), scenario, replace(scenario, agent="Sam"), HELLO)
    return run, judge_evidence(run.evidence, check.shipped(), floor=1)


def test_a_password_that_is_a_word_of_the_protocol_or_the_plan_changes_no_verdict(
    careful: tuple[Played, Docket],
) -> None:
    run, docket = careful
    assert {r.tally.verdict.value for r in docket.rulings if r.tally.broken or r.tally.inconclusive} == set()
    assert sum(r.tally.kept > 0 for r in docket.rulings) > 60
    (planned, *_) = [record for record in run.records if isinstance(record, Planned)]
    assert planned.scenario["before"] == [{"say": "Where is my parcel, please?"}]


def test_what_is_masked_in_headers_only_stands_in_the_header_the_certificate_and_on_the_screen(
    careful: tuple[Played, Docket],
) -> None:
    run, docket = careful
    why = "it is part of a word that the run or the protocol uses"
    notes = [
        f"Masked in headers only, because {why}: password of agent1, password of agent2.",
        "Masked in headers only, because it has fewer than 8 characters: password of agent3.",
        "Masked in headers only, because it may be part of any number: password of agent4.",
    ]
    header = run.records[0]
    assert isinstance(header, Header)
    assert list(header.notes) == notes
    assert certificate.certificate(docket)["notes"] == notes
    assert all(note in text.summary(docket).splitlines() for note in notes)


def test_what_turns_out_on_the_way_is_noted_at_the_end() -> None:
    class Crumbs(Scripted):
        def answer(self, cause: Any, request: Any, answer: Answer) -> Answer:
            return replace(answer, headers={**answer.headers, "Set-Cookie": "lang=en"})

    run = play(HELLO, variations=[Crumbs()])
    assert isinstance(run.records[-1], Footer)
    # A session id of the mock may look like a number, and is then noted too.
    (note,) = [note for note in run.records[-1].notes if "fewer than 8 characters" in note]
    assert note.startswith("Masked in headers only, because it has fewer than 8 characters: cookie of ")
    assert note in run.evidence.notes


def test_a_second_look_judges_what_is_on_disk() -> None:
    """A mask makes a difference to a verdict: then both must see it."""
    secret = "the-name-of-agent"
    with Mock(agents={"agent1": secret}) as mock:
        memory = Memory()
        run = campaign.Campaign(aim(mock), Plan((("drawn", HELLO),), seed=0, depth="quick"), memory)
        run._sink.write(Incident("agent1", 1, 0.0, "stopped", secret))
        assert run._witness._records == memory.records
        assert memory.records == [Incident("agent1", 1, 0.0, "stopped", "<masked: password of agent1>")]
        run._log_out()


def words_of(path: Path) -> Iterator[str]:
    """The string constants of a module that look like one word of a protocol, docstrings aside."""
    tree = ast.parse(path.read_text("utf-8"))
    said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        word = node.value if isinstance(node, ast.Constant) and node not in said else None
        if isinstance(word, str) and len(word) >= 8 and not set(word) & set(" \n,_"):
            yield word


READING = (
    "announced.py",
    "notification.py",
    "conversation.py",
    "customer_side.py",
    "judge/*.py",
    "stage/watch.py",
    "stage/reply.py",
    "stage/switchboard.py",
)
OURS = {"backslashreplace", "surrogateescape", "surrogatepass", "meanwhile"}
"""Of Python, and the name of what a judge remembers."""


def test_every_word_that_a_verdict_looks_for_is_one_that_the_run_says() -> None:
    """Else a password that is such a word would be masked, and the verdict would change."""
    source = Path(gws_contract.__file__).parent
    with Mock() as mock:
        spoken = "\n".join(campaign._said(aim(mock), Plan((), seed=0, depth="quick"))).lower()
    found = {word for pattern in READING for path in source.glob(pattern) for word in words_of(path)}
    assert len(found) > 50
    steps = {word for word in found if word.partition(":")[0] in STEPS or word in INCIDENTS}
    missing = sorted(word for word in found - steps - OURS if word.lower() not in spoken)
    assert missing == [], missing


STEPS: tuple[str, ...] = (
    "refusal",
    "use",
    "visit",
    "customer-leaves",
    "customer-leaves-before",
    "customer-leaves-during",
    "say-after",
)
STEPS += ("say-during", "typing-during", "rejected", "withdrawn")
INCIDENTS: tuple[str, ...] = (
    "direct-delivery",
    "new-session",
    "not-json",
    "poll-broken",
    "session-lost",
    "too-large",
    "http-success",
)
INCIDENTS += ("ack-order", "told-to-wait")
"""Words of the journal's own members, which are never masked."""


# ---- people ---------------------------------------------------------------------------------------------------------

STRANGER = "a stranger's words: 4711"


def me(answer: Answer) -> Scripted:
    return Scripted(lambda r: answer if r.path == "/api/v2/me" and r.method == "GET" else None)


@pytest.mark.parametrize(
    "answer",
    [
        json_answer(json.dumps({"statusCode": 0, "chats": [{"text": STRANGER}]})),
        json_answer(json.dumps({"statusCode": 0, "user": {"features": [{"text": STRANGER}, [STRANGER]]}})),
        json_answer(json.dumps({"statusCode": 0, "user": {"features": {"api-multimedia": STRANGER}}})),
        json_answer(json.dumps({"statusCode": 0, "statusMessage": {"chat": STRANGER}})),
        json_answer(json.dumps([{"text": STRANGER}])),
        json_answer(json.dumps([{"text": STRANGER}]), 203),
        json_answer(json.dumps({"chats": [STRANGER]}), 500),
        Answer(503, f"<html>{STRANGER}</html>".encode(), {"Content-Type": "text/html"}),
        Answer(200, STRANGER.encode(), {"Content-Type": "text/plain"}),
    ],
)
def test_an_agents_own_resource_is_not_recorded_whatever_its_status_and_form(answer: Answer) -> None:
    run = play(HELLO, variations=[me(answer)])
    assert STRANGER not in said(run.records)


@pytest.mark.parametrize("operation", ["StartContactCenterSession", "Ready", "NotReady", "EndContactCenterSession"])
def test_nor_is_what_an_operation_on_it_answers(operation: str) -> None:
    answer = json_answer(json.dumps({"statusCode": 0, "user": {"chats": [STRANGER]}, "chats": [STRANGER]}))
    run = play(HELLO, variations=[for_operation(operation, answer)], offer_timeout=0.3)
    assert STRANGER not in said(run.records)
    (record, *_) = [r for r in run.records if isinstance(r, Exchange) and r.step == operation]
    assert json.loads(record.answer or "")["statusCode"] == 0
