"""doctor: what a run needs of a server, step by step."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from pathlib import Path

from gws_contract.commands import EXIT_NOT_READY, Commands, add_options
from gws_contract.doctor import Examination
from gws_contract.embedded import target_at_hand
from gws_contract.interrupts import heeding
from gws_contract.options import CERTIFY
from gws_contract.report.text import printable
from gws_contract.settings import settled

_OF_DOCTOR = ("mock", "config", "offer-timeout", "connect-timeout", "read-timeout")


def add(commands: Commands) -> None:
    """The command `doctor`."""
    doctor = commands.add("doctor", _doctor, "look step by step at what a run needs of a server")
    known = (option for option in CERTIFY if option.where == "server" and option.name != "long-histories")
    add_options(doctor, (*known, *(option for option in CERTIFY if option.name in _OF_DOCTOR)))


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _doctor(options: argparse.Namespace) -> int:
    """0 if everything was fine, 2 if something was not."""
    given = {option.attribute: getattr(options, option.attribute, None) for option in CERTIFY}
    wish = settled(given, os.environ, Path.cwd())
    wish.check()
    with target_at_hand(wish, os.environ, Path.cwd()) as target:
        examination = Examination(target, _tell)
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            examination.stop()

        fine = heeding(lambda: _printed(examination, stopped), stop)
    if stopped.is_set():
        print("gws-contract: interrupted.", file=sys.stderr)
        return EXIT_NOT_READY
    return 0 if fine else EXIT_NOT_READY


def _printed(examination: Examination, stopped: threading.Event) -> bool:
    """Whether everything was fine; nothing is printed any more once it was stopped."""
    fine = True
    with contextlib.closing(examination.steps()) as steps:
        for step in steps:
            if stopped.is_set():
                return False
            fine = fine and step.fine
            print(f"{'ok  ' if step.fine else 'FAIL'}  {step.name:<12} {printable(step.seen)}", flush=True)
            if step.todo:
                print(f"{'':<18} {step.todo}", flush=True)
    return fine
