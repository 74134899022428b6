"""How the cost of a run grows: with the entries of a history, and with the agents that share the chats.

python -m tests.bench.scale
"""

from __future__ import annotations

import statistics

from gws_contract.check import shipped
from gws_contract.scenario import Say, Scenario

from .stand_in import stand_in
from .suite import SHORT, timed

SHORT_HISTORY, LONG_HISTORY = 20, 2000
ENTRIES = 2000
"""Of either length, so many entries a round."""
ROUNDS = 3
GROWTH = 1.5

LATENCY = 0.2
AGENTS = 8
CHATS = 13 * AGENTS
FASTER = 6.0


def history(entries: int) -> Scenario:
    """A chat in which the customer says so much before the Accept."""
    return Scenario(before=tuple(Say(f"This is line {number} of my complaint.") for number in range(entries)))


def per_entry(entries: int) -> tuple[float, float]:
    """Seconds for an entry, of performing and of judging, where a history has so many."""
    chats = ENTRIES // entries
    with stand_in(1) as target:
        took = timed(target, [history(entries)] * chats, shipped())
    return took.performing / ENTRIES, took.judging / ENTRIES


def cost_of_an_entry() -> tuple[str, bool]:
    """An entry of a history of 2,000 costs at most 1.5 times what it costs in one of 20; median of 3 rounds."""
    measured = [(per_entry(SHORT_HISTORY), per_entry(LONG_HISTORY)) for _ in range(ROUNDS)]
    ratio = statistics.median(sum(long) / sum(short) for short, long in measured)
    judging = statistics.median(long[1] / short[1] for short, long in measured)
    costs = [statistics.median(sum(one[which]) for one in measured) * 1000 for which in (0, 1)]
    words = (
        f"an entry of {LONG_HISTORY:,}: {ratio:.2f} times one of {SHORT_HISTORY} (bar {GROWTH:g});"
        f" {costs[1]:.2f} and {costs[0]:.2f} ms each, judged alone {judging:.2f} times"
    )
    return words, ratio <= GROWTH


def more_agents() -> tuple[str, bool]:
    """With 200 ms of latency, 8 agents finish a campaign at least 6 times faster than 1."""
    seconds = {}
    for agents in (1, AGENTS):
        with stand_in(agents, latency=LATENCY, quiet_period=2.0) as target:
            seconds[agents] = timed(target, [SHORT] * CHATS, shipped())
    one, many = seconds[1], seconds[AGENTS]
    ratio = one.campaign / many.campaign
    words = (
        f"{CHATS} chats, {LATENCY * 1000:.0f} ms latency: {AGENTS} agents {ratio:.1f} times as fast as 1 (bar"
        f" {FASTER:g}); {one.campaign:.1f} and {many.campaign:.1f} s, the chats alone"
        f" {one.performing / many.performing:.1f} times"
    )
    return words, ratio >= FASTER


if __name__ == "__main__":
    for bar in (cost_of_an_entry, more_agents):
        print(bar()[0], flush=True)
