"""The secrets of a run: given, or learned while it goes on; what they are, and whether they can be masked."""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from gws_contract.redaction.disguise import LEAST, encoded, spellings
from gws_contract.redaction.needles import Needles

KEPT = 200
"""Values of one kind that are masked at least, the newest: a load balancer may set another cookie with every answer."""

_NUMBER = re.compile(r"[-+.0-9eE]*[0-9][-+.0-9eE]*")
_SHORT = f"it has fewer than {LEAST} characters"
_FIGURES = "it may be part of any number"
_SAID = "it is part of a word that the run or the protocol uses"


class Secrets:
    """Masks secrets by value, in whatever spelling a server echoes them. Safe to use from many threads.

    What cannot be masked without changing what the evidence means is not: a secret shorter than LEAST, one that could
    be a number, and one that stands within the words which the run itself says. `take_notes` says so.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: list[bytes] = []
        self._masks: dict[str, bytes] = {}
        self._values: dict[str, list[str]] = defaultdict(list)
        """By what they are, the oldest first."""
        self._counted: Counter[str] = Counter()
        self._excused: dict[tuple[str, str], bool] = {}
        """Why and what is not masked, and whether that was told."""
        self._needles = Needles()

    def say(self, *texts: str) -> None:
        """Words that the run itself says: a secret within them that is added afterwards is not masked."""
        with self._lock:
            self._said.append(b"\n".join(encoded(text)[0] for text in texts).lower())

    def add(self, value: str, what: str) -> None:
        """Mask this value in everything written from now on; `what` it is stands in its place: password of agent1."""
        with self._lock:
            if not value or value in self._masks:
                return
            spelled = spellings(value)
            why = self._excuse(value, spelled)
            if why is not None:
                self._excused.setdefault((why, what), False)
                return
            self._masks[value] = self._new_mask(what)
            self._values[what].append(value)
            if len(self._values[what]) < 2 * KEPT:
                self._needles.add(spelled, self._masks[value])
            else:
                self._forget(what)

    def take_notes(self) -> tuple[str, ...]:
        """A sentence about the secrets that are not masked by value, for each reason; what was told is not repeated."""
        with self._lock:
            news = [key for key, told in self._excused.items() if not told]
            self._excused.update(dict.fromkeys(news, True))
        reasons = dict.fromkeys(why for why, _ in news)
        return tuple(
            f"Masked in headers only, because {why}: {', '.join(what for other, what in news if other == why)}."
            for why in reasons
        )

    def mask(self, text: str, *, cut: bool = False) -> str:
        """The text without secrets. If it was `cut` off, the beginning of a secret at its end is masked too."""
        return self._needles.masked(text, cut=cut)

    def masked(self, data: Any) -> Any:
        """JSON data without secrets in its keys and values; the same object if it holds none."""
        needles = self._needles
        return _changed(data, needles.masked) if needles.found_in(_strings(data)) else data

    def _excuse(self, value: str, spelled: Iterable[bytes]) -> str | None:
        if len(value) < LEAST:
            return _SHORT
        if _NUMBER.fullmatch(value):
            return _FIGURES
        return _SAID if any(each in text for text in self._said for each in spelled) else None

    def _new_mask(self, what: str) -> bytes:
        """What stands for a value: nothing in it has to be escaped in JSON, and no other value has the same."""
        words = re.sub(r"[^A-Za-z0-9 @._-]", "_", what)
        self._counted[words] += 1
        number = f", {self._counted[words]}" if self._counted[words] > 1 else ""
        return f"<masked: {words}{number}>".encode("ascii")

    def _forget(self, what: str) -> None:
        """Leave the older values out of the search; who is searching goes on with what there was."""
        for value in self._values[what][:KEPT]:
            del self._masks[value]
        del self._values[what][:KEPT]
        needles = Needles()
        for value, mask in self._masks.items():
            needles.add(spellings(value), mask)
        self._needles = needles


def _strings(data: Any) -> list[str]:
    """Every string of JSON data, keys included, however deep it is."""
    found: list[str] = []
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            found += value
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value
    return found


def _changed(data: Any, change: Callable[[str], str]) -> Any:
    """A copy of JSON data with every string changed, however deep it is."""
    out = [data]
    waiting: list[Any] = [out]
    while waiting:
        holder = waiting.pop()
        for place in range(len(holder)) if isinstance(holder, list) else list(holder):
            value = holder[place]
            if isinstance(value, str):
                holder[place] = change(value)
            elif isinstance(value, dict):
                holder[place] = {change(key): inner for key, inner in value.items()}
                waiting.append(holder[place])
            elif isinstance(value, list | tuple):
                holder[place] = list(value)
                waiting.append(holder[place])
    return out[0]
