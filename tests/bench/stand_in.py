"""A mock in a process of its own, so that its work is not counted as the suite's."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection

from gws_contract.mock.server import Mock, Options
from gws_contract.stage.target import Account, Target

_PASSWORD = "of a bench"


@contextlib.contextmanager
def stand_in(agents: int, *, latency: float = 0.0, quiet_period: float = 0.25) -> Iterator[Target]:
    """A fresh mock with this many agents, as a target. `latency` is seconds added to every request except a poll."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, agents, latency), daemon=True)
    process.start()
    theirs.close()
    try:
        url, contact_center_id = ours.recv()
        accounts = tuple(Account(name, _PASSWORD) for name in _names(agents))
        yield Target(url, accounts, contact_center_id, quiet_period=quiet_period, label="the mock of a bench")
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection, agents: int, latency: float) -> None:
    """Serve until the other end of the pipe is closed."""
    with Mock(agents=dict.fromkeys(_names(agents), _PASSWORD), options=Options(latency=latency)) as mock:
        pipe.send((mock.url, mock.contact_center_id))
        with contextlib.suppress(EOFError):
            pipe.recv()


def _names(agents: int) -> list[str]:
    return [f"agent{number}" for number in range(1, agents + 1)]
