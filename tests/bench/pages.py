"""How long the page of a certificate takes, and how large it is, where a server breaks much.

python -m tests.bench.pages
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from gws_contract import planning
from gws_contract.mock import catalogue
from gws_contract.report import certificate_page
from gws_contract.report.docket import Docket
from tests.selftest import loads

from .campaigns import campaign

FAULTS = (
    *("http-202", "content-type-html", "message-with-success", "code-not-in-table", "refusal-without-message"),
    *("second-accept-succeeds", "reversed", "everything-twice", "everybody-hears-it", "offer-without-reject"),
    *("status-change-message-type", "status-change-capability-missing", "reference-id-as-text"),
    *("participants-message-type", "participant-id-as-number", "customer-renamed", "nickname-ascii"),
    *("customer-sees-mojibake", "own-join-not-last", "index-falls", "timestamp-not-a-date"),
    *("visibility-as-number", "history-message-type", "work-refused"),
)
"""Of every sort, but none that ends a run early."""
CHATS = 200
LOADED, BROKEN, RATE = 6_000, 300, 100.0
"""Chats under load, those of them that break a clause, and how many are accepted a second."""
MOST_SECONDS, MOST_BYTES = 1.0, 1_000_000
ROUNDS = 5


def bar() -> tuple[str, bool]:
    """The page of a run of 200 chats: under 1 MB, and written in under 1 s; median of 5."""
    rows = planning.released(planning.LONGEST).rows
    docket = campaign(catalogue.named(",".join(FAULTS)), rows, depth="certify", deadline=5.0).docket
    return _measured(docket, f"{CHATS} chats and {len(docket.broken)} broken clauses")


def under_load() -> tuple[str, bool]:
    """The page of a load run of 6,000 chats, 300 of which break a clause: the same."""
    moments = loads.evenly(RATE, LOADED / RATE)
    docket = loads.judged(moments, RATE, breaks=range(LOADED // 2, LOADED, LOADED // 2 // BROKEN))
    return _measured(docket, f"{LOADED:,} chats under load, {BROKEN} of them broken")


def _measured(docket: Docket, what: str) -> tuple[str, bool]:
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate.html"
        for _ in range(ROUNDS):
            docket.__dict__.pop("under_load", None)  # each time from the beginning
            start = time.perf_counter()
            certificate_page.write(docket, path)
            seconds.append(time.perf_counter() - start)
        size = path.stat().st_size
    median = statistics.median(seconds)
    words = (
        f"the page of {what}: {median:.2f} s (bar {MOST_SECONDS:g} s), {size / 1e6:.2f} MB"
        f" (bar {MOST_BYTES / 1e6:g} MB)"
    )
    return words, median < MOST_SECONDS and size < MOST_BYTES


if __name__ == "__main__":
    for each in (bar, under_load):
        print(each()[0], flush=True)
