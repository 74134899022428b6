"""Invitations that reached another worker's agents: then no routing brings a worker's chats to the worker's agents."""

from __future__ import annotations

import threading

from gws_contract import notification as notice
from gws_contract.journal import Delivery
from gws_contract.stage.switchboard import MARKER, marker_of


class Astray:
    """Counts them among what the agents of one worker receive. Safe to use from many threads."""

    def __init__(self, run: str, own: str) -> None:
        """`run` is in the markers of all chats of the load run, `own` in those of this worker."""
        self._ours, self._own = f"{MARKER}-{run}", f"{MARKER}-{own}-"
        self._lock = threading.Lock()
        self._seen: set[str] = set()

    def look_at(self, delivery: Delivery) -> None:
        """Count it if it invites to another worker's chat."""
        payload = notice.payload_of(delivery.message)
        if notice.kind_of(payload) != notice.STATUS_CHANGE or notice.state_of(payload) != "Invited":
            return
        marker = marker_of(notice.chat_of(payload))
        if marker.startswith(self._ours) and not marker.startswith(self._own):
            with self._lock:
                self._seen.add(marker)

    @property
    def sentence(self) -> str | None:
        """What to say of it; None if there was none."""
        if not self._seen:
            return None
        chats = f"{len(self._seen)} chat{'' if len(self._seen) == 1 else 's'}"
        return (
            f"{chats} of other workers came to the agents of this one: the routing of the server must bring the chats"
            " of a worker to the agents of that worker, or a single worker must do all of it."
        )
