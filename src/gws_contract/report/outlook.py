"""What a run would cause on a server, before anything is sent."""

from __future__ import annotations

from collections import Counter

from gws_contract import __version__
from gws_contract.campaign import MACHINE_CHATS, MACHINE_STEPS, Plan
from gws_contract.scenario import Depart, Outage, Say, Scenario, Stream, Typing, Visit
from gws_contract.shrinking import CHATS
from gws_contract.stage.customers.settings import GWS_CUSTOMER, CustomerSettings

_LOOKS = 2
"""How often a customer looks for the agent, as a rule."""
_SOURCES = {
    "drawn": "drawn",
    "kept": "kept with this release",
    "stored": "that broke something before",
    "given": "given",
    "misuse": "on which wrong requests are tried first",
}


_CUSTOMERS = {
    "gws": "the Customer Chat API of the server",
    "gms": "the Chat API v2 of Genesys Mobile Services",
    "command": "a program, started for every chat; what it cannot do is left out",
    "own": "a pytest hook; what its customers cannot do is left out",
    "wait": "a person, who offers every chat by hand and does nothing else",
}


def of(plan: Plan, agents: int, target: str, customer: CustomerSettings = GWS_CUSTOMER) -> str:
    """The plan in a few lines; numbers of requests are estimates, long polls are not among them."""
    scenarios = [scenario for _, scenario in plan.rows]
    by_source = Counter(source for source, _ in plan.rows)
    chats = [f"{number} {_SOURCES.get(source, source)}" for source, number in by_source.items()]
    if plan.machine_runs:
        chats.append(f"about {plan.machine_runs * MACHINE_CHATS} by a state machine of {MACHINE_STEPS} steps")
    wrong = sum(len(scenario.refusals) for scenario in scenarios)
    passwords = sum("wrong-credentials" in scenario.refusals for scenario in scenarios)
    by_agents, by_customers = sum(map(by_agent, scenarios)), sum(map(by_customer, scenarios))
    by_customers *= not customer.by_hand
    lengths = [scenario.entries for scenario in scenarios]
    lines = [
        f"gws-contract {__version__}: what this run would do to {target}",
        f"  customer   {_CUSTOMERS[customer.kind]}",
        f"  agents     {agents} log in, each with a CometD session, and log out at the end",
        f"  chats      {', '.join(chats)}",
        *_more(customer),
        f"  requests   about {by_agents:,} by agents, {by_customers:,} by customers; long polls not counted",
        f"  refusals   {wrong:,} wrong requests; {passwords} of them with a wrong password (servers may lock accounts)",
        f"  histories  {sum(lengths):,} lines; the longest {max(lengths, default=0):,}",
    ]
    if plan.max_rate:
        seconds = (by_agents + by_customers) / plan.max_rate
        lines.append(f"  rate       at most {plan.max_rate:g} requests a second: {seconds:,.0f} s or more")
    return "\n".join(lines)


def _more(customer: CustomerSettings) -> list[str]:
    if customer.by_hand:
        return []
    return [f"             if a clause is broken: up to {CHATS} more, to find the smallest chat that shows it"]


def by_agent(scenario: Scenario) -> int:
    """The requests of all agents in this chat."""
    visits = [step for step in scenario.before if isinstance(step, Visit)]
    visited = sum(1 if visit.parting == "reject" else 3 + len(visit.texts) for visit in visits)
    outages = 3 * scenario.before.count(Outage("session"))
    afterwards = bool(scenario.reply) + scenario.accept_again + len(scenario.uses)
    if "Complete" in scenario.uses:  # nobody completes the chat once more
        afterwards -= 1
    return 2 + visited + outages + len(scenario.refusals) + afterwards


def by_customer(scenario: Scenario) -> int:
    """The requests of the customer in this chat."""
    requests = 2 + (0 if Depart() in (*scenario.before, *scenario.during) else _LOOKS + 1)
    for step in (*scenario.before, *scenario.during, *scenario.after):
        if isinstance(step, Stream):
            requests += step.total
        elif isinstance(step, Say | Typing | Depart):
            requests += 1
    return requests
