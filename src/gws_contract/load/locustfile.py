"""What Locust runs: one user is one agent; one process leads, and the workers put the server under load.

Locust has patched the standard library before it reads this file, so that threads are greenlets here.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

import gevent
import gevent.os
from locust import User, constant, events, runners, stats, task
from locust.env import Environment
from locust.exception import StopUser

from gws_contract.load.errand import Errand
from gws_contract.load.hand import Hand
from gws_contract.load.lead import BEGIN, CLOSED, HALT, MANNED, PLAN, Lead
from gws_contract.load.ledger import Entry

_SILENCE = 15
"""Seconds after which Locust takes a worker for missing. Three, as it would have it, end a run whose client stalled."""
_LOST = 60
"""Seconds more after which nobody waits for it any longer."""
_STDIN = 0

runners.HEARTBEAT_LIVENESS = _SILENCE


class Failed(Exception):
    """What Locust lists under failures."""


class Accepting(User):
    """One agent, from logging in to logging out. Which chats it accepts, the server decides."""

    wait_time = constant(0)
    hand: Hand

    def on_start(self) -> None:
        self._agent = self.hand.log_in()

    @task
    def attend(self) -> None:
        """Be there: the chats are offered by the worker, and whichever agent is invited accepts."""
        self.hand.attend()
        raise StopUser

    def on_stop(self) -> None:
        if self._agent is not None:
            self.hand.log_out(self._agent)
            self._agent = None


@events.init.add_listener
def _take_place(environment: Environment, **_: Any) -> None:
    """This process leads, or works, or both if it is the only one."""
    runner, errand = environment.runner, Errand.received(os.environ)
    assert runner is not None
    environment.process_exit_code = 0
    works, leads = not isinstance(runner, runners.MasterRunner), not isinstance(runner, runners.WorkerRunner)
    halt = None
    if works:
        hand = _hand(environment, errand, runner)
        halt = hand.halt
    if leads:
        halt = _lead(environment, errand, runner).halt
    forked = not leads and environment.parsed_options is not None and environment.parsed_options.processes
    if halt is not None and not forked:
        gevent.spawn(_heed, halt)


def _hand(environment: Environment, errand: Errand, runner: Any) -> Hand:
    def enter(entry: Entry) -> None:
        environment.events.request.fire(
            request_type=entry.kind,
            name=entry.name,
            response_time=entry.seconds * 1000,
            response_length=entry.size,
            exception=Failed(entry.failure) if entry.failure else None,
            context={},
        )

    def send(kind: str, data: Mapping[str, Any]) -> None:
        if kind == CLOSED and isinstance(runner, runners.WorkerRunner):
            # Else the last seconds are missing from what the lead writes.
            runner._send_stats()
        runner.send_message(kind, data)

    hand = Accepting.hand = Hand(errand, send, lambda: int(runner.worker_index), enter)
    runner.register_message(PLAN, lambda msg, **_: hand.plan(msg.data))
    runner.register_message(BEGIN, lambda **_: hand.begin())
    runner.register_message(HALT, lambda msg, **_: hand.halt(**msg.data))
    # Somebody stops the test in the web page, or the process itself is told to end.
    environment.events.test_stopping.add_listener(lambda **_: hand.halt("interrupted"))
    return hand


def _lead(environment: Environment, errand: Errand, runner: Any) -> Lead:
    def quit_all(begun: bool) -> None:
        if not begun:
            # Locust waits for its workers without looking up.
            os.kill(os.getpid(), signal.SIGTERM)
            return
        # Whoever says so may run in one of the greenlets that are ended with it.
        threading.Thread(target=_quit, args=(environment,), daemon=True).start()

    lead = Lead(errand, runner.send_message, quit_all)
    runner.register_message(MANNED, lambda msg, **_: lead.manned(msg.data["worker"], msg.data))
    runner.register_message(CLOSED, lambda msg, **_: lead.closed(msg.data["worker"]))
    environment.events.test_start.add_listener(lambda **_: _start(environment, lead, errand))
    if isinstance(runner, runners.MasterRunner):
        gevent.spawn(_miss, lead, runner)
    return lead


def _start(environment: Environment, lead: Lead, errand: Errand) -> None:
    """Begin, unless there are too many workers: Locust would share the agents among them."""
    runner = environment.runner
    if isinstance(runner, runners.MasterRunner) and len(runner.clients.ready) > errand.workers:
        came = f"{len(runner.clients.ready)} workers came where {errand.workers} were expected"
        print(f"gws-contract: {came}; is another run at the same port?", file=sys.stderr, flush=True)
        environment.process_exit_code = 1
        lead.halt("not ready")
    else:
        lead.start()


def _quit(environment: Environment) -> None:
    assert environment.runner is not None
    # The CSV files are written anew so often, and not once more at the end.
    gevent.sleep(1.5 * stats.CSV_STATS_INTERVAL_SEC)
    environment.runner.quit()
    if environment.web_ui is not None:
        environment.web_ui.stop()


def _miss(lead: Lead, runner: runners.MasterRunner) -> None:
    """Give up the workers that are missing for good."""
    while True:
        gevent.sleep(1)
        for client in runner.clients.all:
            if client.state == runners.STATE_MISSING and client.heartbeat < -_LOST:
                lead.lost(runner.get_worker_index(client.id))


def _heed(halt: Any) -> None:
    """The run is to end when whoever started this process closes its standard input, or is no more."""
    gevent.os.make_nonblocking(_STDIN)
    while gevent.os.nb_read(_STDIN, 1):
        pass
    halt("interrupted")
