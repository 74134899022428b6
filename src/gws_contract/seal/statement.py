"""An in-toto Statement about a bundle: the sha256 of its files, and the result of the run that it is the evidence of.

https://github.com/in-toto/attestation, Statement v1 with the predicate test-result v0.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gws_contract import foreign

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class StatementError(Exception):
    """These bytes are no statement about a bundle; the message is a sentence without its subject."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated."""

    digests: Mapping[str, str]
    """The sha256 in hex of every file, by its path below the bundle, with slashes."""
    predicate: Mapping[str, Any]


def encoded(statement: Statement) -> bytes:
    """The statement as JSON in ASCII; the files in the order of their names."""
    subject = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(statement.digests.items())]
    data = {"_type": TYPE, "subject": subject, "predicateType": PREDICATE, "predicate": statement.predicate}
    return json.dumps(data, separators=(",", ":")).encode("ascii")


def read(data: bytes) -> Statement:
    """The statement that `encoded` wrote. Raises StatementError."""
    try:
        value = foreign.loads(data.decode("ascii"))
        named = [(one["name"], one["digest"]["sha256"]) for one in value["subject"]]
        statement = Statement(dict(named), value["predicate"])
        known = (value["_type"], value["predicateType"]) == (TYPE, PREDICATE)
    except (ValueError, TypeError, KeyError) as error:
        raise StatementError("is no in-toto statement about test results") from error
    if not known or not isinstance(statement.predicate, dict):
        raise StatementError("is no in-toto statement about test results")
    if len(statement.digests) < len(named):
        raise StatementError("names a file twice")
    if not all(isinstance(n, str) and isinstance(d, str) and _SHA256.fullmatch(d) for n, d in named):
        raise StatementError("names a file without its sha256")
    return statement
