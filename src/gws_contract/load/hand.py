"""A process that puts a server under load: a shift, as the lead of the run says."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gws_contract.load.errand import Errand, targets
from gws_contract.load.lead import CLOSED, MANNED, Send
from gws_contract.load.ledger import Entry
from gws_contract.load.plan import task_of
from gws_contract.load.shift import Shift
from gws_contract.shards import pack
from gws_contract.stage.agent import Agent
from gws_contract.stage.target import UsageError


class Hand:
    """Of one worker. `number` tells which, from 0, once it is known; `enter` is told every entry of the statistics."""

    def __init__(self, errand: Errand, send: Send, number: Callable[[], int], enter: Callable[[Entry], None]) -> None:
        self._errand, self._send, self._number, self._enter = errand, send, number, enter
        self._shift: Shift | None = None
        self._open, self._go = threading.Event(), threading.Event()

    def plan(self, plan: Mapping[str, Any]) -> None:
        """What to do is known: begin the shard, and let the agents log in. Who is one too many has nothing to do."""
        if self._number() >= plan["workers"]:
            return
        threading.Thread(target=self._work, args=(plan,), name="shift", daemon=True).start()

    def begin(self) -> None:
        """All agents of all workers are logged in."""
        self._go.set()

    def halt(self, why: str, detail: str = "") -> None:
        """The run is to end."""
        if self._shift is not None and not self._shift.closed.is_set():
            self._shift.stop(why, detail)
        self._go.set()

    # what an agent does

    def log_in(self) -> Agent | None:
        """The next agent; None if there is none for whoever asks."""
        self._open.wait()
        shift = self._shift
        account = shift.take_on() if shift else None
        return shift.log_in(account) if shift and account else None

    def attend(self) -> None:
        """Be there until the shift is over."""
        if self._shift is not None:
            self._shift.over.wait()

    def log_out(self, agent: Agent) -> None:
        """Go home, when the shift is over: Locust may send agents away earlier, because more workers have come."""
        if self._shift is not None:
            self._shift.over.wait()
            self._shift.log_out(agent)

    def _work(self, plan: Mapping[str, Any]) -> None:
        worker = self._number()
        try:
            self._shift = shift = self._made(plan, worker)
            shift.open()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must not wait for this worker
            said = _in_words(error)
            print(f"gws-contract: {said}", file=sys.stderr, flush=True)
            self._open.set()
            self._send(MANNED, {"worker": worker, "why": "harness error", "detail": said})
            self._send(CLOSED, {"worker": worker})
            return
        self._open.set()
        shift.wait_until_manned()
        why, detail = shift.trouble
        self._send(MANNED, {"worker": worker, "why": why, "detail": detail})
        self._go.wait()
        shift.work()
        # If it cannot be packed, it is still there.
        with contextlib.suppress(OSError):
            pack(shift.shard)
        self._send(CLOSED, {"worker": worker})

    def _made(self, plan: Mapping[str, Any], worker: int) -> Shift:
        errand = self._errand.among(plan["workers"])
        target = targets(errand, os.environ)[worker]
        task = task_of(plan, worker, replace(errand.wish(os.environ), url=target.url), Path(errand.here))
        return Shift(target, task, Path(errand.folder) / f"journal-{worker + 1}.ndjson", self._enter)


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"The journal cannot be written: {error.strerror}."
    # What else it says may be anybody's.
    return str(error) if isinstance(error, UsageError) else f"A worker could not begin: {type(error).__name__}."
