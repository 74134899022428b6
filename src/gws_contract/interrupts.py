"""Ctrl-C and SIGTERM as news that the main thread waits for.

Python's own way loses them, or tears what they strike. The kernel may give a signal to any thread; Python then only
makes a note of it, and a main thread that waits for a lock is not woken (measured: one Ctrl-C of fifty, while threads
are being started). And KeyboardInterrupt strikes the main thread wherever it is, also just after it took a lock, which
then nobody gives back.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

_T = TypeVar("_T")
_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """SIGINT and SIGTERM while it is entered. Outside the main thread they are left to whoever heeds them there."""

    def __enter__(self) -> Self:
        self._over = False
        self._ear, self._mouth = socket.socketpair()
        self._mouth.setblocking(False)
        self._in_main = threading.current_thread() is threading.main_thread()
        if self._in_main:
            # Python writes the number of a signal there from whichever thread took it.
            self._wakeup = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
            self._before = {number: signal.signal(number, lambda *_: None) for number in _NUMBERS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._in_main:
            for number, handler in self._before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(self._wakeup)
        self._ear.close()
        self._mouth.close()

    def over(self) -> None:
        """Nobody needs to wait any longer; safe to call from any thread."""
        self._over = True
        # Full of signals, there is something to be woken by already.
        with contextlib.suppress(BlockingIOError):
            self._mouth.send(b"\0")

    def wait(self) -> bool:
        """True for a signal, False once it is over."""
        while not self._over:
            if self._ear.recv(1)[0] in _NUMBERS:
                return True
        return False


def heeding(work: Callable[[], _T], interrupted: Callable[[], None]) -> _T:
    """What `work` returns or raises; it is done in a thread of its own.

    The first SIGINT or SIGTERM calls `interrupted`, which asks the work to end; further ones do not disturb what it
    then clears up.
    """
    ended: list[_T | BaseException] = []

    def job() -> None:
        try:
            ended.append(work())
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever called
            ended.append(error)
        signals.over()

    with Signals() as signals:
        thread = threading.Thread(target=job, name="work", daemon=True)
        thread.start()
        if signals.wait():
            interrupted()
        while signals.wait():
            pass
        thread.join()
    (outcome,) = ended
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
