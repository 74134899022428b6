"""What the process that was asked for a load run tells those which Locust starts: how it was asked, and no secrets.

They read the secrets where it read them: from the environment, which they inherit, and from the file of accounts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gws_contract.load.posts import Post, posts, text_of
from gws_contract.operation import DEFAULT
from gws_contract.settings import settled
from gws_contract.stage.target import Target, UsageError
from gws_contract.targeting import as_wished, targeted
from gws_contract.wish import Wish

VARIABLE = "GWS_CONTRACT_ERRAND"
"""The variable of the environment that it travels in."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One load run, as one command was asked for it."""

    given: Mapping[str, Any]
    """The options of the command line that `settled` reads."""
    here: str
    """The folder that names of files are meant from."""
    folder: str
    """The report directory."""
    workers: int
    rate: float
    """Chats a second, all workers together."""
    seconds: float
    """How long chats are offered."""
    accounts: str | None = None
    """The file of accounts."""

    def sent(self) -> dict[str, str]:
        """As variables of the environment."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def received(cls, environment: Mapping[str, str]) -> Errand:
        """As `sent` wrote it. Raises KeyError if nobody did."""
        return cls(**json.loads(environment[VARIABLE]))

    def among(self, workers: int) -> Errand:
        """The same of so many workers: who came to a lead from elsewhere learns it there."""
        return replace(self, workers=workers)

    def wish(self, environment: Mapping[str, str]) -> Wish:
        """What was asked for besides. Raises UsageError."""
        wish = settled(self.given, environment, Path(self.here))
        wish.check()
        if wish.operation != DEFAULT:
            raise UsageError(f"A load run is about {DEFAULT}, not {wish.operation}: leave GWS_OPERATION out of it.")
        return wish

    def posts(self, environment: Mapping[str, str]) -> tuple[Post, ...]:
        """One for every worker, in their order. Raises UsageError."""
        listed = None if self.accounts is None else text_of(Path(self.here) / self.accounts)
        return posts(self.wish(environment).url, listed, environment, self.workers)


def wish_at(wish: Wish, post: Post) -> Wish:
    """The wish of whoever works at one post."""
    return replace(wish, url=post.url)


def targets(errand: Errand, environment: Mapping[str, str]) -> list[Target]:
    """Where every worker works, in their order: all under one name, that of all their servers. Raises UsageError."""
    wish, here = errand.wish(environment), Path(errand.here)
    found = [_target_at(wish, post, environment, here) for post in errand.posts(environment)]
    name = ", ".join(dict.fromkeys(target.name for target in found))
    return [replace(target, label=name) for target in found]


def _target_at(wish: Wish, post: Post, environment: Mapping[str, str], here: Path) -> Target:
    """The server of one post, with the agents of that post. Raises UsageError."""
    # One agent stands for all: in a file a password may hold a comma, in the environment it cannot.
    told = {**environment, "GWS_AGENTS": f"{post.agents[0].user}:-", "GWS_AGENT_WITHOUT_FEATURE": ""}
    if post.contact_center_id:
        told["GWS_CONTACT_CENTER_ID"] = post.contact_center_id
    target = targeted(wish_at(wish, post), told, here)
    if target.customer.by_hand:
        raise UsageError("A person cannot offer chats at a rate; --customer wait is for certify.")
    return replace(as_wished(target, wish), agents=post.agents)
