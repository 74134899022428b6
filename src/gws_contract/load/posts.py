"""Who works where in a load run: which server and which agents every worker has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gws_contract.stage.target import Account, UsageError, accounts, checked_url


@dataclass(frozen=True, slots=True)
class Post:
    """One server, and the agents of it that one worker has, or all of them. Holds passwords."""

    url: str
    agents: tuple[Account, ...]
    contact_center_id: str = ""


def posts(url: str | None, listed: str | None, environment: Mapping[str, str], workers: int) -> tuple[Post, ...]:
    """The posts of so many workers, in their order. Raises UsageError.

    `url` may name several servers, separated by commas. `listed` is what a file of accounts holds: a user:password a
    line, or what `gws-contract mock` prints, which may tell of several servers and their agents. Worker i of n takes
    the i-th server, and begins with the first again when there are no more; those at one server share its agents: of n
    of them the i-th has every n-th.
    """
    known = _of_a_file(listed) if listed is not None else ()
    urls = [checked_url(part.strip()) for part in (url or "").split(",") if part.strip()]
    if known and known[0].url:
        servers: Sequence[Post] = known
    else:
        if not urls:
            raise UsageError("There is no server: give --url URL (or GWS_URL), several separated by commas.")
        agents = known[0].agents if known else accounts(environment.get("GWS_AGENTS", ""), "GWS_AGENTS")
        servers = [Post(each, agents[n :: len(urls)]) for n, each in enumerate(urls)]
    if not any(server.agents for server in servers):
        raise UsageError("There is no agent: set GWS_AGENTS to user:password, or give --accounts FILE.")
    if workers < len(servers):
        raise UsageError(f"There are {len(servers)} servers and {workers} to work at them: give --processes.")
    found = [_post(servers, worker, workers) for worker in range(workers)]
    if not all(post.agents for post in found):
        raise UsageError(f"There are fewer agents than workers ({workers}) to be shared among.")
    return tuple(found)


def _post(servers: Sequence[Post], worker: int, workers: int) -> Post:
    server = servers[worker % len(servers)]
    colleagues = range(worker % len(servers), workers, len(servers))
    return Post(server.url, server.agents[colleagues.index(worker) :: len(colleagues)], server.contact_center_id)


def text_of(path: Path) -> str:
    """What a file of accounts holds. Raises UsageError."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"The accounts {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The accounts {path} are not in UTF-8.") from error


def _of_a_file(text: str) -> tuple[Post, ...]:
    if text.lstrip()[:1] in ("{", "["):
        try:
            first, *others = _told(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UsageError("The accounts are JSON, but not as gws-contract mock prints it.") from error
        return (first, *others)
    agents = [account for line in text.splitlines() for account in _of_a_line(line.strip())]
    if len({account.user for account in agents}) != len(agents):
        raise UsageError("The file of accounts names an agent twice; every agent needs an account of its own.")
    return (Post("", tuple(agents)),)


def _of_a_line(line: str) -> Iterator[Account]:
    user, colon, password = line.partition(":")
    if line and not (user and colon and password):
        raise UsageError("A line of the file of accounts is not of the form user:password.")
    if line:
        yield Account(user, password)


def _told(told: Any) -> Iterator[Post]:
    if isinstance(told, dict):
        told = told.get("targets", [told])
    for one in told:
        agents = one["agents"]
        if isinstance(agents, dict):
            agents = ",".join(f"{user}:{password}" for user, password in agents.items())
        text = agents if isinstance(agents, str) else ",".join(agents)
        yield Post(checked_url(one["url"]), accounts(text, "agents"), one["contact_center_id"])
