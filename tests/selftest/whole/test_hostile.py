"""Hostile and broken servers: the run ends in time, with the right status and a clear sentence, and leaves nothing."""

from __future__ import annotations

import datetime as dt
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from gws_contract import check
from gws_contract.campaign import Campaign, Plan
from gws_contract.evidence import assemble
from gws_contract.journal import Memory
from gws_contract.mock.server import Mock
from gws_contract.report.docket import judge_evidence
from gws_contract.scenario import Say, Scenario
from gws_contract.verdict import Verdict

from ..hostile_behaviours import HOSTILE, PLENTY, UNANSWERED
from ..hostile_fuzz import falsifying, mutating
from ..hostile_relay import Relay, Turn, cut, honest, on
from ..hostility import GUARD, measured, meet
from ..stages import aim, varied

POSITIONS = 64


@pytest.mark.parametrize("name", HOSTILE)
def test_a_run_against_a_hostile_server_ends_in_time_with_the_right_status(name: str, tmp_path: Path) -> None:
    hostile = HOSTILE[name]
    ended = meet(hostile.make(), tmp_path, limit=hostile.limit, agents=hostile.agents)
    assert (ended.status, hostile.says in ended.said) == (hostile.status, True), ended.said


def test_there_are_forty_hostile_behaviours_or_more() -> None:
    assert len(HOSTILE) >= 40


# resets


def test_a_reset_at_any_byte_of_the_accepts_answer_is_no_break(tmp_path: Path) -> None:
    """Whether the server keeps the contract is not known then: the transport hides it."""
    length = 0

    def reset(turn: Turn) -> bytes:
        nonlocal length
        length = max(length, len(turn.honest()))
        return cut(turn.honest(), turn.nth - 1, reset=True) if turn.nth <= length else turn.honest()

    chats = [Scenario(f"Customer {n}", f"Agent {n}") for n in range(250)]
    ended = meet(on("accept", then=reset), tmp_path, limit=PLENTY, scenarios=chats)
    verdicts = {ruling.tally.verdict for ruling in ended.docket.rulings}
    answered = ended.docket.ruling("accept.overview.accepts")
    assert answered is not None
    assert not verdicts & {Verdict.BROKEN, Verdict.HARNESS_ERROR}
    assert (answered.tally.inconclusive, answered.tally.kept) == (length, len(chats) - length)
    assert 100 < length < len(chats)
    assert ended.status == 2


ONE = (Scenario("Pat", "Sam", (Say("Hello"),)),)


@pytest.mark.parametrize(
    "name", ["version", "me", "handshake", "first connect", "subscribe", "start", "ready", "offer"]
)
def test_a_reset_while_logging_in_says_which_step_failed(name: str, tmp_path: Path) -> None:
    for number in range(POSITIONS):
        folder = tmp_path / str(number)
        folder.mkdir()

        def reset(turn: Turn, number: int = number) -> bytes:
            return cut(turn.honest(), len(turn.honest()) * number // POSITIONS, reset=True)

        ended = meet(on(name, then=reset), folder, limit=PLENTY, scenarios=ONE, agents=1, quiet_period=0.05)
        assert ended.status == (0 if name == "version" else 2)
        # A chat whose RequestChat was cut may have been offered all the same.
        assert name in ("version", "offer") or "not ready: " in ended.trouble


@pytest.mark.parametrize("name", ["poll", "say", "look", "read", "complete", "leave"])
def test_a_reset_in_the_middle_of_a_chat_is_neither_a_break_nor_an_error_of_ours(name: str, tmp_path: Path) -> None:
    """At so many positions of its answers, every other time; polls are not broken often enough to be given up."""
    chats = [Scenario(f"Customer {n}", f"Agent {n}", (Say("Hello"),)) for n in range(2 * POSITIONS)]

    def reset(turn: Turn) -> bytes:
        if turn.nth % 2:
            return turn.honest()
        answer = turn.honest()
        return cut(answer, len(answer) * (turn.nth // 2 % POSITIONS) // POSITIONS, reset=True)

    ended = meet(on(name, then=reset, after=2), tmp_path, limit=PLENTY, scenarios=chats)
    assert ended.seen[name] >= 2 * POSITIONS
    assert {r.tally.verdict for r in ended.docket.rulings}.isdisjoint({Verdict.BROKEN, Verdict.HARNESS_ERROR})
    assert ended.docket.complete
    assert ended.status in (0, 2)


# the connection itself


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls(authority: trustme.CA, *names: str, ended: bool = False) -> ssl.SSLContext:
    """What a server shows that has a certificate for these names."""
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = authority.issue_cert(*names, not_after=past if ended else None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def certificate_of(authority: trustme.CA, folder: Path) -> str:
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(file)
    return str(file)


def test_a_server_behind_tls_is_certified(authority: trustme.CA, tmp_path: Path) -> None:
    context = tls(authority, "127.0.0.1")
    ca_file = certificate_of(authority, tmp_path)
    assert meet(honest, tmp_path, limit=PLENTY, relay={"tls": context}, ca_file=ca_file).status == 0


@pytest.mark.parametrize(
    ("names", "expired", "trusted", "told"),
    [
        (["127.0.0.1"], False, False, "unable to get local issuer certificate"),
        (["gws.example.com"], False, True, "IP address mismatch"),
        (["127.0.0.1"], True, True, "certificate has expired"),
    ],
    ids=["unknown authority", "another host", "expired"],
)
def test_a_certificate_that_is_not_accepted_is_said_in_one_sentence(
    names: list[str], expired: bool, trusted: bool, told: str, authority: trustme.CA, tmp_path: Path
) -> None:
    context = tls(authority, *names, ended=expired)
    ca_file = certificate_of(authority, tmp_path) if trusted else None
    ended = meet(honest, tmp_path, relay={"tls": context}, ca_file=ca_file)
    assert ended.status == 2
    assert "not ready: The server does not answer: The certificate of 127.0.0.1:" in ended.trouble
    assert told in ended.trouble


def test_plain_http_on_a_tls_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"

        def answer() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, name="relay")
        thread.start()
        ended = meet(honest, tmp_path, url=url)
        thread.join()
    assert ended.status == 2
    assert "The TLS connection with 127.0.0.1:" in ended.trouble


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def full() -> Iterator[int]:
    """A port that takes no connection any more, and refuses none."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for sock in waiting:
            sock.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_never_says_a_word_does_not_hold_up_the_end(scheme: str, deaf: int, tmp_path: Path) -> None:
    ended = meet(honest, tmp_path, url=f"{scheme}://127.0.0.1:{deaf}")
    assert (ended.status, ended.trouble) == (
        2,
        "time limit: The server did not tell its version before the run ended.",
    )


def test_a_port_that_takes_no_connection_does_not_hold_up_the_end(full: int, tmp_path: Path) -> None:
    ended = meet(honest, tmp_path, url=f"http://127.0.0.1:{full}", connect_timeout=30.0)
    assert ended.status == 2


@pytest.mark.parametrize(
    ("scheme", "told"), [("https", "it was not agreed upon in time"), ("http", "No answer came")], ids=["TLS", "plain"]
)
def test_without_a_time_limit_silence_ends_a_run_too(scheme: str, told: str, deaf: int, tmp_path: Path) -> None:
    url = f"{scheme}://127.0.0.1:{deaf}"
    ended = meet(honest, tmp_path, limit=None, url=url, connect_timeout=0.3, read_timeout=0.3)
    assert ended.status == 2
    assert told in ended.trouble


def test_without_a_time_limit_a_port_that_takes_no_connection_ends_a_run_too(full: int, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{full}"
    ended = meet(honest, tmp_path, limit=None, url=url, connect_timeout=0.3)
    assert f"No connection to 127.0.0.1:{full} came about within 0.3 s" in ended.trouble


# without a time limit, and while more is going on than chats


@pytest.mark.parametrize("name", ["say", "accept", "look", "complete"])
def test_without_a_time_limit_a_server_that_answers_no_more_is_given_up(name: str, tmp_path: Path) -> None:
    chats = [Scenario(f"Customer {n}", f"Agent {n}", (Say("Hello"),)) for n in range(30)]
    ended = meet(on(name, then=Turn.hang, after=3), tmp_path, limit=None, scenarios=chats, read_timeout=1.0)
    # An agent whose chats cannot be completed gets no more of them.
    footer = ended.docket.evidence.footer
    assert footer is not None
    assert footer.ended in ("silent server", "no more offers")
    assert ended.status == 2


def test_the_time_limit_ends_a_state_machine_that_waits_for_an_answer(tmp_path: Path) -> None:
    """Its chats come after those of the plan."""
    plain: dict[str, Any] = {"scenario": None, "chats": 1, "depth": "quick", "clause": ["accept.overview.accepts"]}
    first = meet(honest, tmp_path, limit=PLENTY, **plain)
    planned = sum(c.planned.source != "machine" for c in first.docket.evidence.conversations)
    assert planned < len(first.docket.evidence.conversations)
    (tmp_path / "again").mkdir()
    hang = on("offer", then=Turn.hang, after=planned)
    ended = meet(hang, tmp_path / "again", limit=first.seconds + 3.0, **plain)
    assert UNANSWERED in ended.trouble


def test_the_time_limit_ends_a_second_look_that_waits_for_an_answer() -> None:
    """The smallest chat, which is tried first, is never offered."""
    looked = threading.Event()

    def behave(turn: Turn) -> bytes:
        if turn.label == "offer" and json.loads(turn.request.body)["nickname"] == "0":
            looked.set()
            return turn.hang()
        return turn.honest()

    memory = Memory()
    plan = Plan((("drawn", Scenario("Pat", "Sam", (Say("Hello"),))),), seed=0, depth="bench", time_limit=4.0)
    with Mock(variations=varied("participants-first")) as mock, Relay(mock.url, behave) as relay:
        begun = time.monotonic()
        footer = Campaign(aim(mock, url=relay.url), plan, memory, checks=check.shipped()).run()
    assert looked.is_set()
    assert time.monotonic() - begun < 4.0 + GUARD
    assert footer.ended == "time limit"
    assert judge_evidence(assemble(memory.records), check.shipped(), floor=1).conclusion.status == 1


# answers changed at random


@pytest.mark.parametrize("seed", range(24))
def test_whatever_bytes_change_no_error_is_ours(seed: int, tmp_path: Path) -> None:
    ended = meet(mutating(seed), tmp_path, limit=8.0)
    assert ended.status in (0, 1, 2)
    assert Verdict.HARNESS_ERROR not in {ruling.tally.verdict for ruling in ended.docket.rulings}


@pytest.mark.parametrize("seed", range(12))
def test_one_letter_that_changes_what_a_notification_says_is_never_conformant(seed: int, tmp_path: Path) -> None:
    assert meet(falsifying(seed), tmp_path, limit=PLENTY).status == 1


# memory


GREEDY = (
    *("accept-is-endless", "notification-of-100-mb", "gzip-bomb-for-accept", "nested-gzip-bomb"),
    *("millions-of-arrays-for-accept", "millions-of-escapes", "a-million-tiny-notifications"),
)


def test_a_hostile_server_costs_little_memory(tmp_path: Path) -> None:
    def run(name: str) -> int:
        folder = tmp_path / name
        folder.mkdir()
        make = HOSTILE[name].make if name in HOSTILE else lambda: honest
        return measured(make(), folder, limit=4.0).peak

    usual = run("honest")
    more = {name: (run(name) - usual) / 2**20 for name in GREEDY}
    assert max(more.values()) < 200, more
