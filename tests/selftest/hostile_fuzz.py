"""Honest answers with a few bytes changed, at places that a seed picks."""

from __future__ import annotations

import json
import random
from typing import Any

from .hostile_relay import Behaviour, Turn, reframed

LOGGING_IN = ("version", "me", "handshake", "first connect", "subscribe", "start", "ready", "other")
"""What is honest for three seeds of four, so that they come to their chats."""
RATES = (0.02, 0.1, 0.5)
"""How many of the answers are changed; by turns."""


def changed(data: bytes, chance: random.Random) -> bytes:
    """The bytes with one to three places flipped, deleted, doubled, or replaced by a byte that means something."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at, size = chance.randrange(len(out) or 1), chance.randint(1, 8)
        match chance.randrange(5):
            case 0 if out:
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                del out[at : at + size]
            case 2:
                out[at:at] = out[at : at + size] * chance.choice((1, 1, 2, 50))
            case 3:
                out[at:at] = chance.choice(
                    (b'"', b"{", b"[", b"}", b",", b"\x00", b"\r\n", b"\xff", b"\\", b"-", b"9", b"null")
                )
            case _:
                out[at : at + size] = bytes(chance.randrange(256) for _ in range(size))
    return bytes(out)


def mutating(seed: int) -> Behaviour:
    """Change some of the answers anywhere, or their body alone so that it is still read."""
    rate = RATES[seed % len(RATES)]

    def behave(turn: Turn) -> bytes:
        chance = random.Random(f"{seed} {turn.label} {turn.nth}")
        if (turn.label in LOGGING_IN and seed % 4) or chance.random() >= rate:
            return turn.honest()
        if chance.random() < 0.3:
            return changed(turn.honest(), chance)
        return reframed(turn, changed(turn.body, chance))

    return behave


def _texts(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    """Every text of JSON data that an Accept's notification must not have otherwise, with where it stands."""
    found: list[tuple[tuple[str, ...], str]] = []
    if isinstance(value, dict):
        for name, inner in value.items():
            found += _texts(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            found += _texts(inner, path)
    elif isinstance(value, str) and path[-1:] in (("text",), ("state",), ("notificationType",), ("messageType",)):
        found.append((path, value))
    return found


def falsifying(seed: int) -> Behaviour:
    """Change one letter of what each poll says of state, kind or text, once the chat was accepted."""
    accepted: list[str] = []

    def behave(turn: Turn) -> bytes:
        if turn.label == "accept" and turn.request.headers.get("authorization"):
            accepted.append(turn.request.path.rpartition("/")[2])
        if turn.label != "poll" or not accepted:
            return turn.honest()
        heard = json.loads(turn.body)
        texts = [text for m in heard if accepted[-1] in json.dumps(m) for _, text in _texts(m.get("data", {})) if text]
        if not texts:
            return turn.honest()
        chance = random.Random(f"{seed} {turn.nth}")
        text = chance.choice(texts)
        at = chance.randrange(len(text))
        other = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        return reframed(turn, turn.body.replace(json.dumps(text).encode(), json.dumps(other).encode()))

    return behave
