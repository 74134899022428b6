"""Is a bundle what its run left? Its seal, its files, its verdict; everything in it may be anybody's.

Nothing in the bundle is imported or executed, no link is followed, and nothing outside of it is read.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gws_contract import __version__, foreign, journal
from gws_contract.journal import JournalError
from gws_contract.report import certificate, har, leaves, sealing
from gws_contract.report.docket import Docket
from gws_contract.report.shards import MADE_UP, ShardsError, judge_anybodys
from gws_contract.seal import envelope, files, keys, statement
from gws_contract.seal.envelope import Envelope, EnvelopeError
from gws_contract.seal.files import FileError, Found
from gws_contract.seal.statement import Statement, StatementError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

State = Literal["ok", "FAILED", "not done", "differs"]
"""`differs`: another release of the suite judges otherwise, which is nobody's fault."""
RENDERED = ("certificate.json", "certificate.html", "junit.xml", "summary.md")
"""Of what WRITERS write, what comes out byte for byte alike on every machine."""
_NAMED = 3
_MOST = 64 * 2**20
"""Bytes of a seal or a certificate."""
_LONG = 100 * 2**20
"""Bytes of a HAR that is not made again for want of time: only what is signed vouches for it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at."""

    name: str
    state: State
    says: str


@dataclass
class Verification:
    """What came of it."""

    steps: list[Step] = field(default_factory=list)
    docket: Docket | None = None
    """The journal, judged again."""
    complete: bool = True
    """Whether there is a seal: the last thing that a run writes."""

    @property
    def altered(self) -> bool:
        """Whether something is not as the run left it."""
        return any(step.state == "FAILED" for step in self.steps)

    @property
    def status(self) -> int:
        """As `certify` would have ended; 1 if something was altered, 2 if the run did not come to its end."""
        if self.altered:
            return 1
        judged = self.docket.conclusion.status if self.docket else 2
        return judged if self.complete or judged in (1, 3) else 2


def verify(folder: Path, key: Ed25519PublicKey | None = None) -> Verification:
    """Look at everything in a bundle. Whatever is in there, it is told in the steps."""
    result = Verification()
    try:
        lying = files.found(folder)
    except FileError as error:
        result.steps.append(Step("files", "FAILED", str(error)))
        return result
    result.complete = leaves.SEAL in lying.regular or leaves.SEAL in lying.odd
    problem: str | None = None
    if journals := leaves.journals(lying.regular):
        result.docket, problem = _judged(folder, journals)
    sealed, step = _signature(folder, lying, key, ended=result.docket is not None and result.docket.complete)
    stated, digests, present = _sealed_files(folder, lying, sealed)
    result.steps += [step, digests, present]
    if result.docket is None:
        whose = "there is no journal" if problem is None else problem
        state: State = "FAILED" if result.complete else "not done"
        result.steps += [Step("judgement", state, whose), Step("rendering", "not done", "there is nothing to render")]
        return result
    result.steps.append(_guarded("judgement", lambda: _judgement(folder, lying, result)))
    result.steps.append(_guarded("rendering", lambda: _rendering(folder, lying, stated, result)))
    return result


def _guarded(name: str, look: Callable[[], Step]) -> Step:
    """A journal that was made up may break what works with every real one."""
    try:
        return look()
    except (FileError, JournalError) as error:
        return Step(name, "FAILED", str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, the bundle brought it about
        return Step(name, "FAILED", f"{MADE_UP} ({type(error).__name__}: {error})")


def _judged(folder: Path, names: Sequence[str]) -> tuple[Docket | None, str | None]:
    """The journals of a bundle, or why they cannot be judged."""
    try:
        for name in names:
            files.opened(folder, name).close()
        return judge_anybodys([folder / name for name in names]), None
    except (FileError, JournalError, ShardsError) as error:
        return None, str(error).replace(f"{folder}/", "")


def _signature(
    folder: Path, lying: Found, key: Ed25519PublicKey | None, *, ended: bool
) -> tuple[Envelope | None, Step]:
    if leaves.SEAL not in lying.regular:
        if leaves.SEAL in lying.odd:
            return None, Step("signature", "FAILED", f"{leaves.SEAL} is {lying.odd[leaves.SEAL]}")
        state: State = "FAILED" if key is not None and ended else "not done"
        return None, Step("signature", state, f"incomplete: there is no {leaves.SEAL}, the last thing a run writes")
    try:
        sealed = envelope.read(files.content(folder, leaves.SEAL, _MOST))
    except (FileError, EnvelopeError) as error:
        said = str(error) if isinstance(error, FileError) else f"{leaves.SEAL} {error}"
        return None, Step("signature", "FAILED", said)
    return sealed, _signed(sealed, key)


def _signed(sealed: Envelope, key: Ed25519PublicKey | None) -> Step:
    name = "signature"
    if sealed.signature is None:
        if key is not None:
            return Step(name, "FAILED", "the seal is not signed, by this key or any other")
        return Step(name, "not done", "the seal is not signed: anybody may have made this bundle")
    if key is None:
        said = "the seal is signed, but by whom was not asked: give the public key with --key"
        return Step(name, "not done", f"{said} (the seal says {sealed.keyid:.16})")
    if sealed.keyid != keys.keyid(key):
        return Step(name, "FAILED", f"signed with another key ({sealed.keyid:.16}) than {keys.keyid(key)[:16]}")
    if not keys.signed(key, sealed.signature, sealed.message):
        return Step(name, "FAILED", "the signature is not that of the key under this seal")
    return Step(name, "ok", f"signed with the key {sealed.keyid[:16]}")


def _sealed_files(folder: Path, lying: Found, sealed: Envelope | None) -> tuple[Statement | None, Step, Step]:
    """What the seal states, the digests, and what is missing or there besides."""
    if sealed is None:
        unknown = "without a seal nobody knows what it should hold"
        return None, Step("digests", "not done", unknown), Step("files", "not done", unknown)
    try:
        stated = statement.read(sealed.payload)
    except StatementError as error:
        said = f"the seal {error}"
        return None, Step("digests", "FAILED", said), Step("files", "not done", said)
    wrong = []
    there = sorted(set(stated.digests) & lying.regular)
    for name in there:
        try:
            if files.digest(folder, name) != stated.digests[name]:
                wrong.append(name)
        except FileError:
            wrong.append(name)
    digests = Step("digests", "ok", f"{len(there)} files are as they were sealed")
    if wrong:
        digests = Step("digests", "FAILED", f"{_listed(wrong)}: not as sealed")
    return stated, digests, _present(set(stated.digests), lying)


def _present(stated: set[str], lying: Found) -> Step:
    troubles = []
    if missing := sorted(stated - lying.regular):
        troubles.append(f"missing: {_listed(missing)}")
    if besides := sorted(lying.regular - stated - {leaves.SEAL}):
        troubles.append(f"not sealed: {_listed(besides)}")
    if odd := sorted(f"{name} ({what})" for name, what in lying.odd.items()):
        troubles.append(f"no part of any bundle: {_listed(odd)}")
    if not leaves.journals(stated) or "certificate.json" not in stated:
        troubles.append("the seal covers no journal or no certificate")
    said = "nothing is missing, and nothing is there besides"
    return Step("files", "FAILED" if troubles else "ok", "; ".join(troubles) or said)


def _judgement(folder: Path, lying: Found, result: Verification) -> Step:
    name, docket = "judgement", result.docket
    assert docket is not None
    state: State = "FAILED" if result.complete else "not done"
    if "certificate.json" not in lying.regular:
        return Step(name, state, "there is no certificate.json to compare with")
    try:
        theirs = foreign.loads(files.content(folder, "certificate.json", _MOST).decode("ascii"))
        differences = list(_differences(theirs, certificate.certificate(docket)))
    except (ValueError, TypeError, KeyError, AttributeError):
        # A run that is killed may leave half of one.
        return Step(name, state, "certificate.json is no certificate")
    if not differences:
        return Step(name, "ok", "the journal, judged again, says what the certificate says")
    said = _listed(differences)
    if _by_others(docket):
        return Step(name, "differs", f"judged differently ({_both(docket)}): {said}")
    return Step(name, "FAILED", f"the certificate does not say what the journal says: {said}")


def _differences(theirs: Any, ours: dict[str, Any]) -> Iterator[str]:
    """The verdicts in which a certificate differs from one made of the journal."""
    for name in ("verdict", "exit_status"):
        if theirs[name] != ours[name]:
            yield f"{name.replace('_', ' ')} {theirs[name]!r:.40}, now {ours[name]!r}"
    verdicts = {row["id"]: row["verdict"] for row in theirs["clauses"]}
    for row in ours["clauses"]:
        said = verdicts.pop(row["id"], "not known")
        if said != row["verdict"]:
            yield f"{row['id']} {said!r:.40}, now {row['verdict']!r}"
    yield from (f"{name!s:.80} is not known now" for name in verdicts)


def _rendering(folder: Path, lying: Found, stated: Statement | None, result: Verification) -> Step:
    name, docket = "rendering", result.docket
    assert docket is not None
    if not result.complete:
        return Step(name, "not done", "the run did not come to its end")
    if _by_others(docket):
        return Step(name, "not done", f"reports are compared with those of the same release only; {_both(docket)}")
    wrong = []
    count = 0
    for file, digest in _again(folder, lying, docket):
        count += 1
        if file in lying.regular and files.digest(folder, file) != digest:
            wrong.append(file)
    if stated is not None and stated.predicate != sealing.predicate(docket):
        wrong.append(f"the result in {leaves.SEAL}")
    if wrong:
        return Step(name, "FAILED", f"what the journal gives is not what is here: {_listed(wrong)}")
    said = f"{count} files, made again of the journal, are the same byte for byte"
    left_out = leaves.HAR in lying.regular and not _has_short_har(folder, lying)
    return Step(name, "ok", said + f"; {leaves.HAR} is too long to be made again" * left_out)


def _again(folder: Path, lying: Found, docket: Docket) -> Iterator[tuple[str, str]]:
    """What a run makes of its journal, made again: each file with its sha256, as far as there is one to compare."""
    with tempfile.TemporaryDirectory() as scratch:
        for file in RENDERED:
            if file in leaves.WRITERS and file in lying.regular:
                leaves.WRITERS[file](docket, Path(scratch) / file)
                yield file, files.digest(Path(scratch), file)
    for file, content in leaves.below(docket):
        yield file, hashlib.sha256(content).hexdigest()
    if _has_short_har(folder, lying):
        out = _Hashing()
        har.write(journal.read(folder / leaves.JOURNAL), out)
        yield leaves.HAR, out.total.hexdigest()


def _has_short_har(folder: Path, lying: Found) -> bool:
    return {leaves.HAR, leaves.JOURNAL} <= lying.regular and (folder / leaves.HAR).lstat().st_size <= _LONG


class _Hashing(io.StringIO):
    """A file of ASCII of which only the sha256 is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.total = hashlib.sha256()

    def write(self, text: str) -> int:
        self.total.update(text.encode("ascii"))
        return len(text)


def _by_others(docket: Docket) -> bool:
    """Whether another release of the suite, or of the contract, had judged."""
    header = docket.evidence.header
    return (header.suite, header.contract) != (__version__, docket.contract.digest)


def _both(docket: Docket) -> str:
    header = docket.evidence.header
    if header.suite != __version__:
        return f"the run was gws-contract {header.suite:.40}, this is {__version__}"
    return f"the run knew the contract {header.contract:.12}, this knows {docket.contract.digest[:12]}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(f"{name:.200}" for name in names[:_NAMED]) + more
