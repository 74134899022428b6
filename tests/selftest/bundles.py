"""Bundles as runs leave them, made of performed chats in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gws_contract import __version__, check
from gws_contract.journal import Footer, JournalWriter, Record
from gws_contract.report import leaves, sealing
from gws_contract.report.docket import Docket, judge
from gws_contract.verification import Verification

from .conversations import FOOTER, HEADER, Chat, journal_of

OWN = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PUBLIC = OWN.public_key()
FINE = dict.fromkeys(("signature", "digests", "files", "judgement", "rendering"), "ok")
"""How every step ends of a bundle that is as it was sealed."""


def written(folder: Path, records: Sequence[Record]) -> Docket:
    """The journal of a bundle, and what it says."""
    folder.mkdir(exist_ok=True)
    path = folder / leaves.JOURNAL
    path.unlink(missing_ok=True)
    writer = JournalWriter(path)
    for record in records:
        writer.write(record)
    writer.close()
    return judge(path, check.shipped())


def bundle(
    folder: Path,
    *chats: Chat,
    key: Ed25519PrivateKey | None = OWN,
    footer: Footer | None = FOOTER,
    **header: Any,
) -> Docket:
    """What a run of these chats leaves, sealed."""
    _, *records = journal_of(*chats, footer=footer)
    docket = written(folder, [replace(HEADER, **{"suite": __version__, **header}), *records])
    leaves.write(docket, folder)
    sealing.seal(docket, folder, key)
    return docket


def seal_again(folder: Path, key: Ed25519PrivateKey | None) -> None:
    """The seal of whatever the folder holds now, as somebody makes it who may."""
    sealing.seal(judge(folder / leaves.JOURNAL, check.shipped()), folder, key)


def states(result: Verification) -> dict[str, str]:
    """How every step ended, by its name."""
    return {step.name: step.state for step in result.steps}


def said(result: Verification, name: str) -> str:
    """What a step says."""
    (step,) = [step for step in result.steps if step.name == name]
    return step.says
