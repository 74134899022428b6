"""A program, or an object of a hook, that plays the customer: its lines, and everything it can do wrong."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from gws_contract.journal import Clock, Exchange, Memory
from gws_contract.scenario import Scenario
from gws_contract.stage.customers import lines
from gws_contract.stage.customers.lines import LineCustomer, Partner, PartnerError
from gws_contract.stage.customers.own import Own
from gws_contract.stage.customers.program import Program
from gws_contract.stage.switchboard import MARKER, LiveChat
from gws_contract.stage.target import NotReady

from .stages import HANG

ECHO = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    first = request["do"] == "offer"
    answer = {"offered": True, "can": ["say", "leave"]} if first else {"ok": True, "asked": request}
    print(json.dumps(answer), flush=True)
"""
PLAIN = Scenario("Pat", "Sam")
GOOD = 'print(\'{"offered": true, "can": ["say"]}\', flush=True)'


class Room:
    """A customer that is a program of a test, and what it leaves in the journal."""

    def __init__(self, here: Path) -> None:
        self.memory, self.stop, self.here = Memory(), threading.Event(), here
        self.started: list[Program] = []
        self.customer = LineCustomer(self.nobody, clock=Clock(), sink=self.memory)

    def nobody(self) -> Partner:
        raise AssertionError("no program was given")

    def written(self, source: str, name: str = "offer.py") -> Path:
        path = self.here / name
        path.write_text(f"#!{sys.executable}\n{source}")
        path.chmod(0o755)
        return path

    def play(self, source: str | Path, *arguments: str, **environment: str) -> LineCustomer:
        path = source if isinstance(source, Path) else self.written(source)

        def program() -> Partner:
            self.started.append(Program((str(path), *arguments), environment, self.stop))
            return self.started[-1]

        return self.cast(program)

    def cast(self, partners: Callable[[], Partner]) -> LineCustomer:
        self.customer = LineCustomer(partners, clock=Clock(), sink=self.memory)
        return self.customer

    def offer(self, scenario: Scenario = PLAIN, number: int = 1) -> LiveChat:
        live = LiveChat(number, f"gws-contract-run-{number}", scenario, "drawn", nickname=scenario.customer)
        self.customer.request_chat(live)
        return live

    def refused(self) -> str:
        with pytest.raises(NotReady) as error:
            self.offer()
        return str(error.value)

    @property
    def exchanges(self) -> list[Exchange]:
        return [record for record in self.memory.records if isinstance(record, Exchange)]

    @property
    def left_behind(self) -> list[object]:
        """Processes and threads that still are there."""
        alive = [p._process.pid for p in self.started if p._process.poll() is None]
        return [*alive, *(t for p in self.started for t in p._threads if t.is_alive())]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    room.customer.close()
    assert room.left_behind == []


def gone(pid: int) -> bool:
    """Whether a process has ended, soon; what nobody reaps, because its parent is gone, has ended too."""
    until = time.monotonic() + HANG
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if ") Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
    return False


# ---- the protocol ----------------------------------------------------------------------------------------------------


def test_the_first_line_offers_a_chat_with_its_marker(room: Room) -> None:
    room.play(ECHO)
    room.offer(Scenario("Grüße", "Sam", user_data={"Case": "7"}))
    (offer,) = room.exchanges
    marker = "gws-contract-run-1"
    assert json.loads(offer.request or "") == {
        "do": "offer",
        "marker": marker,
        "nickname": "Grüße",
        "subject": marker,
        "userData": {"Case": "7", MARKER: marker},
    }
    assert (offer.request or "").isascii()


def test_what_is_asked_and_answered_is_in_the_journal_as_it_was(room: Room) -> None:
    customer = room.play(ECHO)
    room.offer()
    customer.say("Hello", "say-during")
    customer.leave()
    assert [e.step for e in room.exchanges] == ["offer", "say-during", "customer-leaves"]
    assert {(e.actor, e.method, e.path, e.chat, e.status) for e in room.exchanges} == {
        ("customer", "RUN", "the program offer.py", 1, None)
    }
    assert [json.loads(e.answer or "").get("asked") for e in room.exchanges[1:]] == [
        {"do": "say", "text": "Hello"},
        {"do": "leave"},
    ]
    assert all(e.sent <= e.done and e.failure is None for e in room.exchanges)


def test_every_request_has_the_words_of_the_protocol(room: Room) -> None:
    customer = room.play(ECHO.replace('["say", "leave"]', '["say", "type", "leave", "look", "read"]'))
    room.offer()
    for ask in (customer.look, customer.read, lambda: customer.typing("started"), lambda: customer.typing("stopped")):
        ask()
    assert [json.loads(e.request or "") for e in room.exchanges[1:]] == [
        {"do": "look"},
        {"do": "read"},
        {"do": "type", "what": "started"},
        {"do": "type", "what": "stopped"},
    ]


def test_the_first_answer_says_what_the_customer_can_do(room: Room) -> None:
    customer = room.play(ECHO)
    assert "read" in customer.abilities, "until a program has answered, everything may be hoped for"
    room.offer()
    assert customer.abilities == {"say", "leave", "company"}


def test_a_program_that_only_offers_may_end_at_once(room: Room) -> None:
    customer = room.play("print('{\"offered\": true}')")
    room.offer()
    assert customer.abilities == {"company"}


@pytest.mark.parametrize("end", ["", "\nimport time\ntime.sleep(0.3)"])
def test_a_program_need_not_read_what_it_is_asked(room: Room, end: str) -> None:
    """Whether its answer is there before the request is written, or its end."""
    customer = room.play(f"import os, sys\nos.close(0)\n{GOOD}{end}")
    room.offer(Scenario("Pat", "Sam", user_data={"Case": "x" * 200_000}))
    assert customer.abilities == {"say", "company"}


def test_an_answer_that_is_there_before_it_is_asked_for_is_the_first_answer(room: Room) -> None:
    program = Program((str(room.written(GOOD)),), {}, room.stop)
    room.started.append(program)
    until = time.monotonic() + HANG
    while program._lines.empty():
        assert time.monotonic() < until
    assert json.loads(program.ask("{}", HANG)) == {"offered": True, "can": ["say"]}
    program.close()


def test_every_chat_has_a_program_of_its_own(room: Room) -> None:
    room.play(ECHO)
    room.offer(number=1)
    room.offer(number=2)
    one, other = room.started
    assert one._process.returncode is not None
    assert other._process.poll() is None


def test_a_text_longer_than_a_pipe_arrives_whole(room: Room) -> None:
    customer = room.play(ECHO)
    room.offer()
    answer = customer.say("𐐔" * 300_000)
    assert json.loads(answer.answer or "")["asked"]["text"] == "𐐔" * 300_000


def test_arguments_are_handed_over_without_a_shell(room: Room) -> None:
    room.play("import json, sys\nprint(json.dumps({'offered': False, 'reason': sys.argv[1:]}))", "$HOME; ls", "*")
    assert room.refused() == 'No chat was offered: the program offer.py says \'["$HOME; ls", "*"]\'.'


# ---- what a program can do wrong -------------------------------------------------------------------------------------


ENDED = "could be offered: the program offer.py ended with exit status"
SAYS = "was offered: the program offer.py says"
ANSWERED = "could be offered: the program offer.py answered"
LISTED = "it is a list of leave, look, name, read, say, type, user-data."
OFFENCES = {
    'print(\'{"offered": false, "reason": "closed"}\')': f"{SAYS} 'closed'.",
    "print('{}')": f"{SAYS} '{{}}'.",
    "print('{\"offered\": 1}')": f"{SAYS} '{{\"offered\": 1}}'.",
    "": f"{ENDED} 0 without an answer.",
    "raise SystemExit('\\x1b[31mno\\u202eroute\\n')": f"{ENDED} 1 without an answer; its last words: '[31mno route'.",
    "import sys; print('a\\nb\\n', file=sys.stderr); exit(5)": f"{ENDED} 5 without an answer; its last words: 'b'.",
    "import os; os.abort()": "could be offered: the program offer.py was ended by signal 6 without an answer.",
    "print('hello\\x07there')": f"{ANSWERED} 'hello there', which is no JSON.",
    "print('[1]')": f"{ANSWERED} '[1]', which is no JSON object.",
    "print('[' * 100000)": f"{ANSWERED} '{'[' * 77}...', which is no JSON.",
    "import sys; sys.stdout.buffer.write(b'\\xff\\n')": f"{ANSWERED} '\ufffd', which is no JSON.",
    "print('x' * (5 * 2**20))": f"{ANSWERED} with more than 4 MB.",
    'print(\'{"offered": true, "can": ["sing"]}\')': (
        f"could be offered: the program offer.py says `can` is '[\"sing\"]'; {LISTED}"
    ),
    'print(\'{"offered": true, "can": "say"}\')': (
        f"could be offered: the program offer.py says `can` is 'say'; {LISTED}"
    ),
}


@pytest.mark.parametrize(("source", "sentence"), OFFENCES.items())
def test_a_chat_that_is_not_offered_is_told_in_one_sentence(room: Room, source: str, sentence: str) -> None:
    room.play(source)
    assert room.refused() == f"No chat {sentence}"


def test_a_program_that_cannot_be_started_is_told_in_one_sentence(room: Room) -> None:
    path = room.written("")
    path.write_text("#!/no/such/interpreter\n")
    room.play(path)
    assert room.refused() == (
        "No chat could be offered: the program offer.py cannot be started: No such file or directory."
    )


def test_a_program_that_does_not_answer_is_not_waited_for_for_ever(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "PATIENCE", 0.3)
    room.play("import time\ntime.sleep(1000)")
    assert room.refused() == "No chat could be offered: the program offer.py gave no answer within 0.3 s."


def test_a_program_that_does_not_read_is_not_waited_for_for_ever(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = room.play(f"{GOOD}\nimport time\ntime.sleep(1000)")
    room.offer()
    monkeypatch.setattr(lines, "PATIENCE", 0.3)
    assert customer.say("x" * 1_000_000).failure == "the program offer.py gave no answer within 0.3 s"


def test_once_the_run_stops_nobody_is_waited_for_long(room: Room) -> None:
    room.play("import time\ntime.sleep(1000)")
    began = time.monotonic()
    threading.Timer(0.2, room.stop.set).start()
    assert room.refused() == "No chat could be offered: the program offer.py gave no answer before the run stopped."
    assert time.monotonic() - began < lines.PATIENCE / 2


def test_after_the_run_has_stopped_the_chat_can_still_be_left(room: Room) -> None:
    customer = room.play(ECHO)
    room.offer()
    room.stop.set()
    assert customer.leave().failure is None


def test_a_program_that_fails_once_is_asked_nothing_more(room: Room) -> None:
    customer = room.play(f"{GOOD}\ninput()")
    room.offer()
    first, second = customer.say("Hello"), customer.say("Hello?")
    assert first.failure == "the program offer.py ended with exit status 0 without an answer"
    assert second.failure == first.failure


def test_a_program_that_has_ended_before_it_is_asked_says_so_at_once(room: Room) -> None:
    customer = room.play(GOOD)
    room.offer()
    partner = customer._partner
    assert isinstance(partner, Program)
    partner._threads[0].join(lines.PATIENCE)
    assert customer.say("Hello").failure == "the program offer.py ended with exit status 0 without an answer"


def test_a_line_that_nobody_asked_for_is_no_answer(room: Room) -> None:
    customer = room.play(f"{GOOD}\nprint('by the way', flush=True)\ninput()")
    room.offer()
    deadline = time.monotonic() + HANG
    while room.started[0]._lines.empty():
        assert time.monotonic() < deadline
    assert customer.say("Hello").failure == (
        "the program offer.py printed a line that nobody asked for: b'by the way\\n'"
    )


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_is_neither_kept_nor_waited_for(room: Room, stream: str) -> None:
    flood = f"{GOOD}\nimport sys\nwhile True: sys.{stream}.write('{{\"ok\": true}}' + 'x' * 1000 + '\\n')"
    room.play(flood)
    room.offer()
    assert room.started[0]._lines.qsize() <= 8


def test_a_program_that_wants_to_stay_is_ended_with_all_it_has_started(room: Room, tmp_path: Path) -> None:
    source = f"""
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
open({str(tmp_path / "pids")!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
{GOOD}
time.sleep(1000)
"""
    customer = room.play(source)
    room.offer()
    customer.close()
    assert all(gone(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def test_what_a_program_leaves_behind_when_it_ends_is_ended_too(room: Room, tmp_path: Path) -> None:
    source = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
{GOOD}
"""
    customer = room.play(source)
    room.offer()
    customer.close()
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_failure_stands_in_the_journal_without_an_answer(room: Room) -> None:
    room.play("import sys\nsys.exit(3)")
    room.refused()
    (offer,) = room.exchanges
    assert (offer.answer, offer.failure) == (
        None,
        "the program offer.py ended with exit status 3 without an answer",
    )


# ---- an object of a hook ---------------------------------------------------------------------------------------------


class Widget:
    """Somebody's own customer."""

    made: ClassVar[list[Widget]] = []

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.closed = False
        Widget.made.append(self)

    def do(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self.asked.append((request["do"], threading.current_thread().name))
        if request["do"] == "offer":
            return {"offered": True, "can": ["say"]}
        if request["text"] == "fail":
            raise ValueError("cannot say that")
        return {"ok": True} if request["text"] != "odd" else [5]  # type: ignore[return-value]  # that is odd

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def owns(room: Room) -> LineCustomer:
    Widget.made = []
    return room.cast(lambda: Own(Widget, room.stop))


def test_an_object_is_asked_the_same_requests_in_one_thread(room: Room, owns: LineCustomer) -> None:
    room.offer()
    owns.say("Hello")
    owns.close()
    (widget,) = Widget.made
    assert [what for what, _ in widget.asked] == ["offer", "say"]
    assert len({thread for _, thread in widget.asked} | {threading.current_thread().name}) == 2
    assert widget.closed
    assert {(e.method, e.path) for e in room.exchanges} == {("RUN", "the customer Widget")}


def test_every_chat_has_an_object_of_its_own(room: Room, owns: LineCustomer) -> None:
    room.offer(number=1)
    room.offer(number=2)
    assert len(Widget.made) == 2


def test_what_goes_wrong_in_an_object_is_told_in_a_sentence_and_ends_nothing(room: Room, owns: LineCustomer) -> None:
    room.offer()
    assert owns.say("fail").failure == "the customer Widget failed: ValueError: cannot say that"
    assert "is a mapping, not [5]" in (owns.say("odd").failure or "")
    assert owns.say("Hello").failure is None


def test_an_object_that_cannot_be_made_offers_no_chat(room: Room) -> None:
    def broken() -> Any:
        raise OSError("no browser")

    room.cast(lambda: Own(broken, room.stop))
    assert room.refused() == "No chat could be offered: the customer broken failed: OSError: no browser."


def test_an_object_that_hangs_is_not_waited_for_for_ever(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "PATIENCE", 0.2)
    monkeypatch.setattr("gws_contract.stage.customers.own._GRACE", 0.1)
    released = threading.Event()

    class Hanging:
        def do(self, request: dict[str, Any]) -> Mapping[str, Any]:
            released.wait(HANG)
            return {}

    room.cast(lambda: Own(Hanging, room.stop))
    assert room.refused() == "No chat could be offered: the customer Hanging gave no answer within 0.2 s."
    partner = room.customer._partner
    assert partner is not None
    with pytest.raises(PartnerError):
        partner.ask("{}", 1.0)
    released.set()
