"""verify of what a load run leaves: shards, sealed or not."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gws_contract import __version__, check, shards
from gws_contract.cli import main
from gws_contract.report import docket, leaves, one_shard, sealing
from gws_contract.report.certificate import certificate
from gws_contract.report.shards import judge_shards
from gws_contract.seal import envelope, files, keys, statement
from gws_contract.verification import verify

from ..bundles import FINE, OWN, PUBLIC, states
from ..conversations import PLAIN, performed
from ..test_judging_shards import FIRST, SECOND, shard


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two shards of a run that broke the order, one of them packed."""
    where = tmp_path / "run"
    where.mkdir()
    shard(where, 1, *FIRST, suite=__version__)
    shards.pack(shard(where, 2, *SECOND, suite=__version__))
    return where


def words(folder: Path) -> list[str]:
    return [str(folder / "journal-1.ndjson"), str(folder / "journal-2.ndjson.gz")]


def test_shards_are_judged_together_and_nothing_vouches_for_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *words(folder)]) == 1
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == (
        f"gws-contract {__version__}: the 2 journals of a run, not sealed: nothing vouches for what is judged here."
    )
    assert last == judge_shards([Path(word) for word in words(folder)], check.shipped()).headline


def test_a_folder_stands_for_the_shards_that_lie_in_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *words(folder)]) == 1
    one_by_one = capsys.readouterr().out
    (folder / "notes.txt").write_text("mine")
    assert main(["verify", str(folder)]) == 1
    assert capsys.readouterr().out == one_by_one
    for number in (1, 2):
        (tmp_path / f"host{number}").mkdir()
    shutil.move(folder / "journal-1.ndjson", tmp_path / "host1")
    shutil.move(folder / "journal-2.ndjson.gz", tmp_path / "host2")
    assert main(["verify", str(tmp_path / "host1"), str(tmp_path / "host2")]) == 1
    assert capsys.readouterr().out == one_by_one


def test_one_journal_is_judged_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(folder / "journal-1.ndjson")]) == 1
    assert "the journal of a run, not sealed" in capsys.readouterr().out


def test_the_reports_of_shards_are_written_where_nothing_is_yet(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = tmp_path / "new" / "reports"
    assert main(["verify", *words(folder), "--report-dir", str(where)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == f"certificate: {where / 'certificate.html'}"
    assert {path.name for path in where.iterdir()} == {*leaves.WRITERS, "scenarios", "contract"}
    written = json.loads((where / "certificate.json").read_text())
    assert written == certificate(judge_shards([Path(word) for word in words(folder)], check.shipped()))
    assert written["counts"]["chats"] == 8
    assert "Received in chat 5" in (where / "certificate.html").read_text()
    assert main(["verify", *words(folder), "--report-dir", str(where)]) == 4
    assert capsys.readouterr().err == (
        f"gws-contract: {where} is there already; reports are written to a new folder.\n"
    )


def test_what_cannot_be_judged_together_is_a_wrong_use(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shard(tmp_path, 3, performed(PLAIN), suite=__version__, target="elsewhere")
    assert main(["verify", *words(folder), str(other)]) == 4
    told = capsys.readouterr()
    assert told.err.endswith("it has another target: elsewhere, not a server.\n")
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert main(["verify", *words(folder), words(folder)[0]]) == 4
    assert capsys.readouterr().err.endswith("journal-1.ndjson is named twice.\n")


@pytest.mark.parametrize("damaged", ["first", "last"])
def test_a_damaged_shard_is_told_in_a_sentence(folder: Path, damaged: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / ("journal-1.ndjson" if damaged == "first" else "journal-2.ndjson.gz")
    path.write_bytes(b"hello\n")
    assert main(["verify", str(folder)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert path.name in told.err


def test_a_journal_with_which_the_suite_cannot_cope_is_told_in_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether it is judged in this process, being alone, or in another."""
    broken = "import sys, gws_contract.report.one_shard as o; o.asked = None; o.main(sys.argv[1:])"
    monkeypatch.setattr(one_shard, "_CHILD", broken)
    monkeypatch.setattr(docket, "asked", None)
    for given, name in ((words(folder)[:1], ""), (words(folder), "journal-1.ndjson: ")):
        assert main(["verify", *given]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err == (
            f"gws-contract: {name}the journal is not one that a run leaves, or this suite cannot cope with it"
            " (TypeError: 'NoneType' object is not callable)\n"
        )


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--key", "x.pub"], "--key is for a bundle: these journals are not sealed."),
        (["gone"], "gone holds no journal, or is a bundle, which is verified alone."),
    ],
)
def test_what_makes_no_sense_of_shards_is_told(
    folder: Path, more: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *words(folder), *more]) == 4
    assert capsys.readouterr().err == f"gws-contract: {says}\n"


# ---- a sealed load run ----------------------------------------------------------------------------------------------


@pytest.fixture
def sealed(folder: Path) -> Path:
    """The bundle of a load run, signed."""
    judged = judge_shards([Path(word) for word in words(folder)], check.shipped())
    leaves.write(judged, folder)
    digests = {name: files.digest(folder, name) for name in files.found(folder).regular}
    payload = statement.encoded(statement.Statement(digests, sealing.predicate(judged)))
    message = envelope.Envelope(payload).message
    whole = envelope.Envelope(payload, keys.keyid(PUBLIC), OWN.sign(message))
    (folder / leaves.SEAL).write_bytes(envelope.encoded(whole))
    return folder


def test_the_bundle_of_a_load_run_is_verified_as_every_other(sealed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = verify(sealed, PUBLIC)
    assert (states(result), result.status) == (FINE, 1)
    assert main(["verify", str(sealed)]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("consistent, but verified by no signature: ")


ALTERED: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "a shard that is gone": (lambda where: (where / "journal-1.ndjson").unlink(), {"files", "judgement", "rendering"}),
    "a shard that is another": (
        lambda where: shard(where, 1, performed(PLAIN), suite=__version__),
        {"digests", "judgement", "rendering"},
    ),
    "one more": (
        lambda where: shard(where, 3, performed(PLAIN), suite=__version__),
        {"files", "judgement", "rendering"},
    ),
    "a shard of another run": (
        lambda where: shard(where, 1, performed(PLAIN), target="elsewhere"),
        {"digests", "judgement"},
    ),
    "a damaged one": (
        lambda where: (where / "journal-2.ndjson.gz").write_bytes(b"hello\n"),
        {"digests", "judgement"},
    ),
}


@pytest.mark.parametrize("what", ALTERED)
def test_whatever_is_done_to_a_shard_of_a_bundle_is_seen(sealed: Path, what: str) -> None:
    change, failing = ALTERED[what]
    change(sealed)
    result = verify(sealed, PUBLIC)
    assert result.status == 1
    assert {name for name, state in states(result).items() if state == "FAILED"} >= failing - {"judgement"}
    assert str(sealed) not in "".join(step.says for step in result.steps)


def test_without_a_seal_the_folder_of_a_run_with_a_certificate_is_incomplete(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judged = judge_shards([Path(word) for word in words(folder)], check.shipped())
    leaves.write(judged, folder)
    result = verify(folder)
    assert (result.complete, result.altered, result.status) == (False, False, 1)
    assert states(result)["judgement"] == "ok"
    assert main(["verify", str(folder)]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("INCOMPLETE, the run did not come to its end: ")


# ---- children -------------------------------------------------------------------------------------------------------


def command(*given: str) -> list[str]:
    found = shutil.which("gws-contract", path=str(Path(sys.executable).parent))
    assert found is not None
    return [found, *given]


def test_nothing_that_lies_beside_shards_is_executed(folder: Path) -> None:
    """Though the command is run there, and its children too."""
    for name in ("sitecustomize.py", "gws_contract.py", "json.py", "pickle.py", "signal.py", "conftest.py"):
        (folder / name).write_text("open('sprung', 'w')\n")
    ran = subprocess.run(command("verify", "."), cwd=folder, check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert not (folder / "sprung").exists()


UNGUARDED = """
import sys
from pathlib import Path
from gws_contract.check import shipped
from gws_contract.report.shards import judge_shards
print(judge_shards([Path(name) for name in sys.argv[1:]], shipped()).conclusion.verdict)
"""


def test_a_program_without_a_guard_may_judge_shards(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(UNGUARDED)
    ran = subprocess.run(
        [sys.executable, tmp_path / "program.py", *words(folder)], check=True, capture_output=True, text=True
    )
    assert (ran.stdout, ran.stderr) == ("not conformant\n", "")


def children(pid: int) -> set[int]:
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    return {int(child) for task in tasks for child in (task / "children").read_text().split()}


def endless(folder: Path) -> list[str]:
    """Two shards that never come to an end."""
    pipes = [folder / f"journal-{number}.ndjson" for number in (1, 2)]
    for pipe in pipes:
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
    return [str(pipe) for pipe in pipes]


ENDLESS = """
import sys
from pathlib import Path
from gws_contract.check import shipped
from gws_contract.report.shards import judge_shards
try:
    judge_shards([Path(name) for name in sys.argv[1:]], shipped(), processes=2)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_who_ends_the_command_ends_its_children(tmp_path: Path, number: signal.Signals) -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, *endless(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    # Whoever opens a pipe to write waits until it is read.
    held = [os.open(tmp_path / f"journal-{which}.ndjson", os.O_WRONLY) for which in (1, 2)]
    those = children(running.pid)
    assert len(those) == 2
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (out, err) == ("" if number == signal.SIGKILL else "interrupted\n", "")
    for each in those:
        gone(each)
    for one in held:
        os.close(one)


def gone(pid: int) -> None:
    """Wait until a process that is not ours has ended."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    assert select.select([handle], [], [], 60)[0]
    os.close(handle)


TELLING = "from gws_contract.journal import JournalError" + ENDLESS.replace(
    'except KeyboardInterrupt:\n    print("interrupted")', "except JournalError as error:\n    print(error, flush=True)"
)


def test_of_several_that_cannot_be_judged_the_first_is_told_whichever_is_known_first(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", TELLING, *endless(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    first, second = (os.open(tmp_path / f"journal-{which}.ndjson", os.O_WRONLY) for which in (1, 2))
    processes = [os.pidfd_open(child) for child in children(running.pid)]
    os.write(second, b"{}\n")
    os.close(second)
    assert len(select.select(processes, [], [], 60)[0]) == 1
    os.write(first, b"{}\n")
    os.close(first)
    out, err = running.communicate(timeout=60)
    assert err == ""
    assert out.startswith("journal-1.ndjson, line 1, is not a record of a journal")
    for process in processes:
        os.close(process)


def test_a_child_that_dies_is_told_in_a_sentence(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", TELLING, *endless(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    held = [os.open(tmp_path / f"journal-{which}.ndjson", os.O_WRONLY) for which in (1, 2)]
    first, second = children(running.pid)
    os.kill(first, signal.SIGKILL)
    out, err = running.communicate(timeout=60)
    gone(second)
    assert err == ""
    assert re.fullmatch(r"The process that judged journal-[12]\.ndjson came to no end \(status -9\)\.\n", out)
    for one in held:
        os.close(one)
