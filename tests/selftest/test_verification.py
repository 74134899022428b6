"""What verification says of whole bundles: of every run, of another release, and as a command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib import dsse
from securesystemslib.signer import SSlibKey

from gws_contract import __version__, check
from gws_contract.cli import main
from gws_contract.journal import read
from gws_contract.report import leaves
from gws_contract.report.docket import Docket
from gws_contract.seal import envelope, files, keys
from gws_contract.verification import verify

from .bundles import FINE, OTHER, OWN, PUBLIC, bundle, said, states, written
from .conversations import FOOTER, journal_of
from .reported import GOOD, ORDER, TURNED, corpus
from .test_seal import public_pem

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
    monkeypatch.setattr(check, "shipped", lambda _: others)


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
