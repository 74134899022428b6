"""What a seal finds, and what a killed run leaves: python -m tests.bench.seal

A thousand random changes of single bytes in a signed bundle, in whichever file; a hundred runs that are killed at
random moments.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gws_contract import journal
from gws_contract.journal import JournalError
from gws_contract.report import leaves
from gws_contract.seal import files, keys
from gws_contract.verification import verify

CHANGES = 1000
KILLS = 100
SEED = 5
RUN = ("certify", "--mock=history-first", "--chats", "20", "--deadline", "1", "--quiet-period", "0.05")
ONE = '{"customer": "Jo", "agent": "Kim", "before": [{"say": "Hello"}]}'


def _certify(here: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "gws_contract", *words, "--report-dir", "out", "--store", "store"],
        cwd=here,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def random_changes() -> tuple[str, bool]:
    """1,000 random changes of single bytes in a signed bundle, verified with --key: all found."""
    dice = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        public = keys.new(here / "key")
        (here / "one.json").write_text(ONE)
        _certify(here, *RUN[:2], "--scenario", "one.json", "--quiet-period", "0.05", "--sign-key", "key").wait()
        out = here / "out"
        honest = not verify(out, public).altered
        names = sorted(files.found(out).regular)
        sizes = [(out / name).stat().st_size for name in names]
        tried = dict.fromkeys(names, 0)
        missed = []
        for number in range(CHANGES):
            # Half of them in whichever file, half in whichever byte.
            name = dice.choice(names) if number % 2 else dice.choices(names, sizes)[0]
            tried[name] += 1
            data = (out / name).read_bytes()
            place = dice.randrange(len(data))
            changed = bytes([data[place] ^ dice.randrange(1, 256)])
            (out / name).write_bytes(data[:place] + changed + data[place + 1 :])
            if not verify(out, public).altered:
                missed.append(f"{name} at {place}")
            (out / name).write_bytes(data)
        honest = honest and not verify(out, public).altered
    words = (
        f"{CHANGES} changed bytes in {len(names)} files, {min(tried.values())} or more in each: {len(missed)} not found"
    )
    return words if honest else f"{words}; the bundle itself is not verified", honest and not missed


def kills() -> tuple[str, bool]:
    """100 kill -9 at random moments: a journal readable to its last whole line, and `verify` says incomplete."""
    dice = random.Random(SEED)
    lasting = _lasting()
    outcomes: dict[str, int] = {}
    wrong = []
    for _ in range(KILLS):
        with tempfile.TemporaryDirectory() as folder:
            here = Path(folder)
            moment = dice.uniform(0, lasting)
            _kill(here, moment)
            outcome, fine = _looked_at(here / "out")
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            if not fine:
                wrong.append(f"after {moment:.3f} s: {outcome}")
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    return f"{KILLS} kills within {lasting:.1f} s: {told}; wrong: {'; '.join(wrong) or 'none'}", not wrong


def _lasting() -> float:
    """Seconds from the first byte of the journal to the end of a run."""
    with tempfile.TemporaryDirectory() as folder:
        process = _certify(Path(folder), "certify", "--mock", *RUN[2:])
        _until_it_begins(process, Path(folder) / "out" / leaves.JOURNAL)
        begun = time.perf_counter()
        process.wait()
        return time.perf_counter() - begun


def _until_it_begins(process: subprocess.Popen[bytes], path: Path) -> None:
    while process.poll() is None and not path.exists():
        time.sleep(0.001)


def _kill(here: Path, moment: float) -> None:
    process = _certify(here, "certify", "--mock", *RUN[2:])
    _until_it_begins(process, here / "out" / leaves.JOURNAL)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _looked_at(out: Path) -> tuple[str, bool]:
    """How `verify` finds what is left, and whether that is as it should be."""
    path = out / leaves.JOURNAL
    lines = path.read_bytes().count(b"\n")
    try:
        readable = sum(1 for _ in journal.read(path)) == lines
    except JournalError as error:
        return str(error), False
    command = [sys.executable, "-m", "gws_contract", "verify", str(out)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    last = ran.stdout.splitlines()[-1]
    if (out / leaves.SEAL).exists():
        return "complete", readable and ran.returncode == 0 and last.startswith("consistent")
    return "incomplete", readable and ran.returncode == 2 and last.startswith("INCOMPLETE")


if __name__ == "__main__":
    for bar in (random_changes, kills):
        print(bar()[0], flush=True)
