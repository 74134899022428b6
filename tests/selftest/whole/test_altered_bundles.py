"""Bundles that somebody altered or made up."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from gws_contract.cli import main
from gws_contract.report import leaves
from gws_contract.seal import envelope, files, keys, statement
from gws_contract.verification import verify

from ..bundles import FINE, OWN, PUBLIC, said, seal_again, states
from ..reported import ORDER

# ---- alterations ----------------------------------------------------------------------------------------------------


def test_random_changes_of_single_bytes_are_all_found(broken: Path) -> None:
    """Three in every file, of every size; `tests.bench.seal` tries a thousand."""
    dice = random.Random(5)
    for name in sorted(files.found(broken).regular):
        data = (broken / name).read_bytes()
        for place in dice.sample(range(len(data)), 3 if len(data) > 100_000 else 2):
            changed = bytearray(data)
            changed[place] ^= dice.randrange(1, 256)
            (broken / name).write_bytes(changed)
            assert verify(broken, PUBLIC).altered, (name, place)
        (broken / name).write_bytes(data)
    assert states(verify(broken, PUBLIC)) == FINE


def add_file(folder: Path) -> None:
    (folder / "scenarios" / "more.json").write_text("{}")


def add_link(folder: Path) -> None:
    (folder / "notes").symlink_to("/etc/hosts")


def add_folder(folder: Path) -> None:
    (folder / "more").mkdir()


def add_pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def lose_certificate(folder: Path) -> None:
    (folder / "certificate.json").unlink()


def link_instead(folder: Path) -> None:
    (folder / "junit.xml").rename(folder.parent / "junit.xml")
    (folder / "junit.xml").symlink_to(folder.parent / "junit.xml")


def folder_instead(folder: Path) -> None:
    (folder / "contract").rename(folder.parent / "contract")
    (folder / "contract").symlink_to(folder.parent / "contract")


def name_oddly(folder: Path) -> None:
    (folder / "a\x1b[31m\nb").touch()


MISPLACED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file more": (add_file, "not sealed: scenarios/more.json"),
    "a link more": (add_link, "no part of any bundle: notes (a symbolic link)"),
    "an empty folder more": (add_folder, "no part of any bundle: more/ (an empty folder)"),
    "a pipe more": (add_pipe, "no part of any bundle: pipe (no regular file)"),
    "a file less": (lose_certificate, "missing: certificate.json"),
    "a link instead of a file": (link_instead, "missing: junit.xml; no part of any bundle: junit.xml (a symbolic"),
    "a link instead of a folder": (folder_instead, "missing: contract/"),
}


@pytest.mark.parametrize(("change", "words"), MISPLACED.values(), ids=MISPLACED)
def test_what_is_there_besides_or_missing_is_found(broken: Path, change: Callable[[Path], None], words: str) -> None:
    change(broken)
    result = verify(broken, PUBLIC)
    assert (states(result)["files"], result.status) == ("FAILED", 1)
    assert words in said(result, "files")


def test_a_file_of_any_name_does_not_steer_the_terminal(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name_oddly(broken)
    assert main(["verify", str(broken)]) == 1
    assert "a\\u001b[31m" in capsys.readouterr().out


def test_a_verdict_that_the_journal_does_not_give_is_found_though_everything_was_sealed_again(broken: Path) -> None:
    path = broken / "certificate.json"
    certificate = json.loads(path.read_text())
    certificate |= {"verdict": "conformant", "exit_status": 0}
    next(row for row in certificate["clauses"] if row["id"] == ORDER)["verdict"] = "kept"
    path.write_text(json.dumps(certificate, indent=2) + "\n")
    seal_again(broken, OWN)
    result = verify(broken, PUBLIC)
    assert (states(result), result.status) == ({**FINE, "judgement": "FAILED", "rendering": "FAILED"}, 1)
    assert f"{ORDER} 'kept', now 'broken'" in said(result, "judgement")


@pytest.mark.parametrize(
    "name", ["junit.xml", leaves.HAR, f"scenarios/{ORDER}.json", "contract/clauses.toml", "certificate.json"]
)
def test_a_file_that_the_journal_does_not_give_is_found_though_everything_was_sealed_again(
    broken: Path, name: str
) -> None:
    with (broken / name).open("ab") as file:
        file.write(b" ")
    seal_again(broken, OWN)
    result = verify(broken, PUBLIC)
    assert states(result) == {**FINE, "rendering": "FAILED"}
    assert name in said(result, "rendering")


def test_a_result_that_the_journal_does_not_give_is_found_in_the_seal(broken: Path) -> None:
    read_ = statement.read(envelope.read((broken / leaves.SEAL).read_bytes()).payload)
    payload = statement.encoded(replace(read_, predicate={**read_.predicate, "result": "PASSED"}))
    sealed = envelope.Envelope(payload, keys.keyid(PUBLIC), OWN.sign(envelope.message(payload)))
    (broken / leaves.SEAL).write_bytes(envelope.encoded(sealed))
    assert states(verify(broken, PUBLIC)) == {**FINE, "rendering": "FAILED"}


@pytest.mark.parametrize("name", ["../outside", "/etc/hosts", "a/../../outside", "certificate.json/../../outside"])
def test_a_seal_that_names_files_elsewhere_opens_none_of_them(
    kept: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept.parent / "outside").write_text("x")
    payload = statement.encoded(statement.Statement({name: "0" * 64}, {}))
    (kept / leaves.SEAL).write_bytes(envelope.encoded(envelope.Envelope(payload)))
    opened: list[str] = []
    real = files.opened

    def watched(folder: Path, name: str) -> BinaryIO:
        opened.append(name)
        return real(folder, name)

    monkeypatch.setattr(files, "opened", watched)
    assert verify(kept).status == 1
    assert name not in opened
    assert f"missing: {name}" in said(verify(kept), "files")


# ---- bundles that were made up --------------------------------------------------------------------------------------


def header_with(folder: Path, **changes: object) -> None:
    path = folder / leaves.JOURNAL
    first, rest = path.read_text().split("\n", 1)
    path.write_text(json.dumps({**json.loads(first), **changes}) + "\n" + rest)


def record(folder: Path, line: str) -> None:
    with (folder / leaves.JOURNAL).open("a") as file:
        file.write(line + "\n")


def of_size(folder: Path, name: str, size: int) -> None:
    with (folder / name).open("ab") as file:
        file.truncate(size)


DELIVERY = '{"kind":"delivery","agent":"a","epoch":1,"poll":1,"position":0,"at":1,"link":"poll","chat":1,"message":%s}'
EXCHANGE = (
    '{"kind":"exchange","actor":"a","step":"accept","chat":1,"method":"POST","path":"/x","request":"","sent":%s,'
    '"headers_at":null,"done":2,"status":200,"headers":%s,"answer":"{}"}'
)
HOSTILE: dict[str, Callable[[Path], object]] = {
    "an empty journal": lambda folder: (folder / leaves.JOURNAL).write_bytes(b""),
    "a journal without lines": lambda folder: (folder / leaves.JOURNAL).write_bytes(b"{" * 1000),
    "a journal of bytes": lambda folder: (folder / leaves.JOURNAL).write_bytes(bytes(range(256)) * 100),
    "a journal of null": lambda folder: record(folder, "null"),
    "a journal of lists": lambda folder: record(folder, "[" * 100_000),
    "a journal of zeros": lambda folder: of_size(folder, leaves.JOURNAL, 300 * 2**20),
    "a huge journal": lambda folder: of_size(folder, leaves.JOURNAL, 2**35),
    "a line that blows up": lambda folder: record(folder, '{"kind":"stray","x":[' + "[]," * 2_000_000 + "[]]}"),
    "an unknown record": lambda folder: record(folder, '{"kind":"verdict"}'),
    "two headers": lambda folder: record(folder, (folder / leaves.JOURNAL).read_text().split("\n")[0]),
    "a footer of nothing": lambda folder: record(folder, '{"kind":"footer"}'),
    "a header without members": lambda folder: header_with(folder, suite=None),
    "a header of another form": lambda folder: header_with(folder, agents="all", deviations=[1]),
    "clauses that are none": lambda folder: header_with(folder, only=[["x"], {}]),
    "an unknown clause": lambda folder: header_with(folder, only=["no.such"]),
    "no floor": lambda folder: header_with(folder, floor="none"),
    "a start that is no time": lambda folder: header_with(folder, started="yesterday"),
    "a start beyond all time": lambda folder: header_with(folder, started="9999-12-31T23:59:59+00:00"),
    "a deadline of infinity": lambda folder: header_with(folder, deadline=float("inf")),
    "an unknown table": lambda folder: header_with(folder, table="9.9"),
    "a suite with a long name": lambda folder: header_with(folder, suite="x" * 1_000_000),
    "a message that is a number": lambda folder: record(folder, DELIVERY % "7"),
    "a message of nothing": lambda folder: record(folder, DELIVERY % "{}"),
    "a message of other things": lambda folder: record(folder, DELIVERY % '{"channel":[1],"data":{"message":[null]}}'),
    "a chat without a scenario": lambda folder: record(folder, '{"kind":"planned","chat":9,"at":1,"scenario":{"x":1}}'),
    "a time that is none": lambda folder: record(folder, EXCHANGE % ("NaN", "{}")),
    "an endless time": lambda folder: record(folder, EXCHANGE % ("1e308", "{}")),
    "headers that are none": lambda folder: record(folder, EXCHANGE % ("1", "[1]")),
    "headers of numbers": lambda folder: record(folder, EXCHANGE % ("1", '{"content-type":1}')),
    "a certificate that is no JSON": lambda folder: (folder / "certificate.json").write_bytes(b"<html>"),
    "a certificate of another form": lambda folder: (folder / "certificate.json").write_text('{"clauses":[[]]}'),
    "a certificate that is a list": lambda folder: (folder / "certificate.json").write_text("[]"),
    "a deep certificate": lambda folder: (folder / "certificate.json").write_text("[" * 100_000),
    "a huge certificate": lambda folder: of_size(folder, "certificate.json", 2**35),
    "a huge seal": lambda folder: of_size(folder, leaves.SEAL, 2**35),
    "an empty seal": lambda folder: (folder / leaves.SEAL).write_bytes(b""),
    "a seal that is a folder": lambda folder: instead_of(folder / leaves.SEAL, Path.mkdir),
    "a seal that is a pipe": lambda folder: instead_of(folder / leaves.SEAL, os.mkfifo),
    "a journal that is a link": lambda folder: link_of(folder, leaves.JOURNAL),
    "a journal that is a pipe": lambda folder: instead_of(folder / leaves.JOURNAL, os.mkfifo),
    "nothing but the seal": lambda folder: strip(folder),
}


def instead_of(path: Path, make: Callable[[Path], None]) -> None:
    path.unlink()
    make(path)


def strip(folder: Path) -> None:
    for path in folder.glob("*.*"):
        if path.name != leaves.SEAL:
            path.unlink()


def link_of(folder: Path, name: str) -> None:
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("sealed", ["as it was", "again"])
def test_a_bundle_of_anything_is_altered_in_one_sentence_a_step(
    broken: Path, name: str, sealed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    HOSTILE[name](broken)
    if sealed == "again":
        forge(broken)
    status = main(["verify", str(broken)])
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err
    assert len(told.out.splitlines()) == 7, told.out
    assert all(len(line) < 1000 for line in told.out.splitlines())
    assert (status, told.err) == (1, "") if sealed == "as it was" else status in (1, 2)


def forge(folder: Path) -> None:
    """Somebody else's seal of whatever there is, as far as it can be read."""
    digests = {}
    for name in files.found(folder).regular - {leaves.SEAL}:
        if (folder / name).stat().st_size < 2**30:
            digests[name] = files.digest(folder, name)
    payload = statement.encoded(statement.Statement(digests, {}))
    if not (folder / leaves.SEAL).exists() or (folder / leaves.SEAL).is_file():
        (folder / leaves.SEAL).unlink(missing_ok=True)
        (folder / leaves.SEAL).write_bytes(envelope.encoded(envelope.Envelope(payload)))


TRAPS = ("conftest.py", "sitecustomize.py", "harfile.py", "gws_contract.py", "json.py", "pytest.ini", "gws.toml")


def test_nothing_of_a_bundle_is_executed(broken: Path) -> None:
    """Though the command is run in it."""
    for name in TRAPS:
        (broken / name).write_text("open('/dev/null').close(); open('sprung', 'w')\n")
        (broken / "contract" / name).write_text("open('sprung', 'w')\n")
    command = shutil.which("gws-contract", path=str(Path(sys.executable).parent))
    assert command is not None
    ran = subprocess.run([command, "verify", "."], cwd=broken, check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert not (broken / "sprung").exists()
