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
from typing import Any, BinaryIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib import dsse
from securesystemslib.signer import SSlibKey

from gws_contract import __version__, check
from gws_contract.cli import main
from gws_contract.journal import read
from gws_contract.report import leaves, sealing
from gws_contract.report.docket import Docket
from gws_contract.seal import envelope, files, keys, statement
from gws_contract.verdict import Verdict
from gws_contract.verification import verify

from .bundles import OTHER, OWN, bundle, said, seal_again, states, written
from .conversations import FOOTER, HEADER, PLAIN, Chat, journal_of, performed
from .test_reports import corpus
from .test_seal import public_pem

GOOD = performed(PLAIN)
ORDER = "accept.notifications.order"
TURNED = GOOD.arriving(*(GOOD.payloads[n] for n in (1, 0, 2)), polls=[107, 108, 108])
PUBLIC = OWN.public_key()
FINE = dict.fromkeys(("signature", "digests", "files", "judgement", "rendering"), "ok")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The bundle of a chat in which nothing was broken, signed."""
    bundle(tmp_path / "kept", GOOD)
    return tmp_path / "kept"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The bundle of a chat that broke the order, signed."""
    bundle(tmp_path / "broken", TURNED)
    return tmp_path / "broken"


# ---- honest bundles -------------------------------------------------------------------------------------------------


def test_an_honest_bundle_is_verified_with_the_status_of_its_run(tmp_path: Path) -> None:
    docket = bundle(tmp_path / "whole", *corpus())
    result = verify(tmp_path / "whole", PUBLIC)
    assert (states(result), result.status) == (FINE, 0)
    assert docket.conclusion.verdict == "conformant"


def test_the_broken_clause_of_an_honest_bundle_is_its_status(broken: Path) -> None:
    result = verify(broken, PUBLIC)
    assert (states(result), result.status, result.altered) == (FINE, 1, False)


def test_the_terms_of_the_run_are_read_from_the_journal(tmp_path: Path) -> None:
    """What was asked for, and what would be judged otherwise by default."""
    terms: dict[str, Any] = {"floor": 5, "strict": True, "only": (ORDER,), "given": False, "again": "again "}
    docket = bundle(tmp_path / "asked", TURNED, **terms)
    assert (docket.floor, docket.strict, docket.only, docket.again) == (5, True, (ORDER,), "again ")
    assert "again: again accept.notifications.order.json" in (tmp_path / "asked" / "junit.xml").read_text()
    assert states(verify(tmp_path / "asked", PUBLIC)) == FINE


def test_the_same_journal_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        bundle(tmp_path / name, TURNED)
    for name in files.found(tmp_path / "a").regular:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_nothing_is_written_into_a_bundle(kept: Path) -> None:
    for path in kept.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: path.stat().st_mtime_ns for path in [kept, *kept.rglob("*")]}
    verify(kept, PUBLIC)
    assert {path: path.stat().st_mtime_ns for path in [kept, *kept.rglob("*")]} == before


def test_the_contract_that_it_was_judged_by_lies_in_the_bundle(kept: Path) -> None:
    names = {"clauses.toml", "source.toml", "refinements.toml", "return_values.toml", "schemas/status_change.json"}
    assert names <= {path.relative_to(kept / "contract").as_posix() for path in (kept / "contract").rglob("*")}


def test_securesystemslib_verifies_the_seal_of_a_run(kept: Path) -> None:
    theirs = dsse.Envelope.from_dict(json.loads((kept / leaves.SEAL).read_bytes()))
    theirs.verify([SSlibKey.from_crypto(PUBLIC)], 1)
    stated = json.loads(theirs.payload)
    assert {one["name"] for one in stated["subject"]} == files.found(kept).regular - {leaves.SEAL}


# ---- the predicate --------------------------------------------------------------------------------------------------


def predicate_of(folder: Path) -> dict[str, object]:
    return dict(statement.read(envelope.read((folder / leaves.SEAL).read_bytes()).payload).predicate)


@pytest.mark.parametrize(
    ("chats", "terms", "result"),
    [
        (corpus(), {}, "PASSED"),
        (corpus(), {"only": (ORDER,)}, "WARNED"),
        (corpus(), {"floor": 1000}, "FAILED"),
        ((TURNED,), {}, "FAILED"),
        ((GOOD,), {}, "FAILED"),
    ],
    ids=["conformant", "a part", "too few", "broken", "inconclusive"],
)
def test_only_a_conformant_run_passes(
    tmp_path: Path, chats: tuple[Chat, ...], terms: dict[str, Any], result: str
) -> None:
    docket = bundle(tmp_path / "run", *chats, **terms)
    predicate = predicate_of(tmp_path / "run")
    assert predicate["result"] == result
    assert predicate["headline"] == docket.headline


def test_the_lists_of_the_predicate_are_the_outcomes_of_the_clauses(broken: Path) -> None:
    predicate = predicate_of(broken)
    certificate = json.loads((broken / "certificate.json").read_text())
    kept = [row["id"] for row in certificate["clauses"] if row["verdict"] == "kept"]
    assert (predicate["passedTests"], predicate["warnedTests"], predicate["failedTests"]) == (kept, [], [ORDER])


def test_a_declared_break_and_an_advisory_one_are_warnings() -> None:
    rows = {Verdict.DEVIATION: "skipped", Verdict.BROKEN: "passed", Verdict.KEPT: "error"}
    for verdict, outcome in rows.items():
        found = sealing.predicate(_Docket(verdict, outcome))  # type: ignore[arg-type]  # all that is read of one
        assert (found["result"], found["warnedTests"]) == ("WARNED", ["a"])


@pytest.mark.parametrize("verdict", [Verdict.NOT_TESTABLE, Verdict.INCONCLUSIVE, Verdict.HARNESS_ERROR])
def test_what_is_not_decided_is_in_no_list(verdict: Verdict) -> None:
    found = sealing.predicate(_Docket(verdict, "error"))  # type: ignore[arg-type]  # all that is read of one
    assert [found[name] for name in ("passedTests", "warnedTests", "failedTests")] == [[], [], []]


class _Docket:
    """One ruling of this verdict, in a run that is conformant."""

    def __init__(self, verdict: Verdict, outcome: str) -> None:
        class Part:
            header, id, status, headline = HEADER, "a", 0, ""

        part: type = Part
        part.clause = part.tally = part  # type: ignore[attr-defined]  # of whatever is asked
        self.evidence = part
        self.conclusion = type("Conclusion", (), {"status": 0, "verdict": "conformant"})
        self.rulings = [type("Ruling", (), {"clause": part, "tally": type("Tally", (), {"verdict": verdict})})]
        self.headline = ""
        self._outcome = outcome

    def outcome(self, _: object) -> str:
        return self._outcome


# ---- signatures -----------------------------------------------------------------------------------------------------


def test_without_a_key_nobody_vouches_for_a_signed_bundle(kept: Path) -> None:
    result = verify(kept)
    assert states(result) == {**FINE, "signature": "not done"}
    assert said(result, "signature").startswith("the seal is signed, but by whom was not asked")


def test_another_key_is_not_the_signers(kept: Path) -> None:
    result = verify(kept, OTHER.public_key())
    assert (states(result), result.status) == ({**FINE, "signature": "FAILED"}, 1)
    assert said(result, "signature").startswith("signed with another key")


def test_a_seal_under_a_strange_name_is_not_signed_by_its_owner(kept: Path) -> None:
    """Somebody else's signature with our key's id."""
    payload = envelope.read((kept / leaves.SEAL).read_bytes()).payload
    forged = envelope.Envelope(payload, keys.keyid(PUBLIC), OTHER.sign(envelope.message(payload)))
    (kept / leaves.SEAL).write_bytes(envelope.encoded(forged))
    assert states(verify(kept, PUBLIC)) == {**FINE, "signature": "FAILED"}


@pytest.mark.parametrize(("key", "state", "status"), [(None, "not done", 2), (PUBLIC, "FAILED", 1)])
def test_an_unsigned_bundle_says_so_and_fails_where_a_signature_is_asked_for(
    tmp_path: Path, key: Ed25519PublicKey | None, state: str, status: int
) -> None:
    bundle(tmp_path / "unsigned", GOOD, key=None)
    result = verify(tmp_path / "unsigned", key)
    assert (states(result), result.status) == ({**FINE, "signature": state}, status)
    assert "not signed" in said(result, "signature")


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
    "a link instead of a folder": (folder_instead, "missing: contract/clauses.toml, "),
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


# ---- runs that did not come to their end ----------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [1, 2, 100, 5000])
def test_the_journal_of_a_killed_run_is_judged_to_its_last_line(tmp_path: Path, lost: int) -> None:
    folder = tmp_path / "killed"
    written(folder, journal_of(GOOD, footer=None))
    path = folder / leaves.JOURNAL
    path.write_bytes(path.read_bytes()[:-lost])
    result = verify(folder)
    assert (result.status, result.complete) == (2, False)
    assert states(result) == dict.fromkeys(FINE, "not done")
    assert result.docket is not None
    assert len(list(read(path))) > 1


def test_a_run_that_was_killed_before_its_seal_is_incomplete(kept: Path) -> None:
    (kept / leaves.SEAL).rename(kept / leaves.UNFINISHED)
    (kept / "certificate.json").write_text((kept / "certificate.json").read_text()[:1000])
    assert (verify(kept).status, verify(kept).altered) == (2, False)


def test_a_run_that_was_killed_before_its_first_line_is_incomplete(tmp_path: Path) -> None:
    (tmp_path / leaves.JOURNAL).touch()
    assert (verify(tmp_path).status, verify(tmp_path).altered) == (2, False)
    assert said(verify(tmp_path), "judgement") == "The journal has no header."


def test_a_break_of_a_killed_run_stays_a_break(tmp_path: Path) -> None:
    written(tmp_path / "killed", journal_of(TURNED, footer=None))
    assert verify(tmp_path / "killed").status == 1
    assert not verify(tmp_path / "killed").altered


def test_a_complete_run_without_its_seal_fails_where_a_signature_is_asked_for(kept: Path) -> None:
    (kept / leaves.SEAL).unlink()
    assert (verify(kept).status, verify(kept, PUBLIC).status) == (2, 1)


def test_a_conformant_journal_without_a_seal_is_no_pass(tmp_path: Path) -> None:
    docket = bundle(tmp_path / "run", *corpus())
    (tmp_path / "run" / leaves.SEAL).unlink()
    assert (docket.conclusion.status, verify(tmp_path / "run").status) == (0, 2)


def test_an_interrupted_run_is_sealed_and_incomplete(tmp_path: Path) -> None:
    bundle(tmp_path / "run", *corpus(), footer=replace(FOOTER, ended="interrupted"))
    result = verify(tmp_path / "run", PUBLIC)
    assert (states(result), result.status) == (FINE, 2)


# ---- another release ------------------------------------------------------------------------------------------------


def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite that does not look at the order."""
    others = tuple(one for one in check.shipped() if one.clause != ORDER)
    monkeypatch.setattr(check, "shipped", lambda: others)


def test_another_release_judges_differently_and_accuses_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle(tmp_path / "old", TURNED, suite="0.0.9")
    (tmp_path / "pub").write_bytes(public_pem(OWN))
    blind(monkeypatch)
    status = main(["verify", str(tmp_path / "old"), "--key", str(tmp_path / "pub")])
    out = capsys.readouterr().out
    assert status == 2, "as this suite judges: nothing is broken, and one chat is too little"
    assert f"judged differently (the run was gws-contract 0.0.9, this is {__version__}): " in out
    assert "FAILED" not in out


def test_another_release_that_judges_alike_says_so(tmp_path: Path) -> None:
    bundle(tmp_path / "old", TURNED, suite="0.0.9")
    result = verify(tmp_path / "old", PUBLIC)
    assert (states(result), result.status) == ({**FINE, "rendering": "not done"}, 1)
    assert f"the run was gws-contract 0.0.9, this is {__version__}" in said(result, "rendering")


def test_another_contract_is_another_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle(tmp_path / "old", TURNED, contract="f" * 64)
    blind(monkeypatch)
    assert states(verify(tmp_path / "old", PUBLIC))["judgement"] == "differs"


def test_a_changed_journal_of_another_release_is_altered_all_the_same(tmp_path: Path) -> None:
    bundle(tmp_path / "old", TURNED, suite="0.0.9")
    path = tmp_path / "old" / leaves.JOURNAL
    path.write_text(path.read_text().replace("Hello World", "Hello_World"))
    assert verify(tmp_path / "old", PUBLIC).altered


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


# ---- the command ----------------------------------------------------------------------------------------------------


def test_a_bundle_that_is_not_there_or_no_folder_is_a_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    for name in ("gone", "file"):
        assert main(["verify", str(tmp_path / name)]) == 4
        assert capsys.readouterr().err == f"gws-contract: {tmp_path / name} is no directory.\n"


def test_a_key_that_is_none_is_a_wrong_use(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(kept), "--key", str(kept / "junit.xml")]) == 4
    assert capsys.readouterr().err == f"gws-contract: The file {kept / 'junit.xml'} holds no public key (PEM).\n"


def test_the_command_tells_every_step_and_the_headline(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pub").write_bytes(public_pem(OWN))
    assert main(["verify", str(broken), "--key", str(tmp_path / "pub")]) == 1
    first, *steps, last = capsys.readouterr().out.splitlines()
    assert first == f"gws-contract {__version__}"
    assert [line.split()[:2] for line in steps] == [[name, "ok"] for name in FINE]
    headline = json.loads((broken / "certificate.json").read_text())["headline"]
    assert last == f"verified: {headline}"
    assert main(["verify", str(broken)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == f"consistent, but verified by no signature: {headline}"


def test_an_empty_folder_holds_nothing_that_can_be_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path)]) == 2
    assert capsys.readouterr().out.splitlines()[-1].startswith("INCOMPLETE, ")


def test_the_docket_of_a_bundle_is_that_of_its_run(broken: Path) -> None:
    result = verify(broken, PUBLIC)
    assert isinstance(result.docket, Docket)
    assert list(result.docket.broken) == [ORDER]
