"""A DSSE envelope of one statement: signed by one key or by nobody, in the one spelling that this suite writes.

DSSE, https://github.com/secure-systems-lab/dsse: what is signed is the statement with its type and its length. Of all
ways to write an envelope only one is read, so that not one byte of it can be changed without being found.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from gws_contract import foreign

TYPE = "application/vnd.in-toto+json"


class EnvelopeError(Exception):
    """These bytes are no envelope as this suite writes it; the message is a sentence without its subject."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A statement's bytes; `keyid` and `signature` are None if nobody signed it."""

    payload: bytes
    keyid: str | None = None
    signature: bytes | None = None

    @property
    def message(self) -> bytes:
        """What is signed."""
        return message(self.payload)


def message(payload: bytes) -> bytes:
    """What is signed of a statement: DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode("ascii"), len(payload), payload)


def encoded(envelope: Envelope) -> bytes:
    """The envelope as a line of ASCII."""
    signatures = []
    if envelope.keyid is not None and envelope.signature is not None:
        signatures.append({"keyid": envelope.keyid, "sig": _base64(envelope.signature)})
    data = {"payload": _base64(envelope.payload), "payloadType": TYPE, "signatures": signatures}
    return json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"


def read(data: bytes) -> Envelope:
    """The envelope that `encoded` wrote. Raises EnvelopeError for everything else."""
    try:
        envelope = _read(foreign.loads(data.decode("ascii")))
    except (ValueError, TypeError, KeyError) as error:
        raise EnvelopeError("is no DSSE envelope of an in-toto statement") from error
    if encoded(envelope) != data:
        raise EnvelopeError("is not spelled as it was written")
    return envelope


def _read(data: Any) -> Envelope:
    payload = base64.b64decode(data["payload"], validate=True)
    if data["payloadType"] != TYPE:
        raise ValueError
    if data["signatures"] == []:
        return Envelope(payload)
    (signature,) = data["signatures"]
    if not isinstance(signature["keyid"], str):
        raise TypeError
    return Envelope(payload, signature["keyid"], base64.b64decode(signature["sig"], validate=True))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
