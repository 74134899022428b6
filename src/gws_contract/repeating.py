"""The command that performs a chat of a run once more, up to the name of the file that holds its scenario."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from gws_contract.options import CERTIFY, Option
from gws_contract.places import bare
from gws_contract.wish import Wish

_ALIKE = (
    *("operation", "config", "strict", "deviations", "table", "deadline", "quiet-period"),
    *("connect-timeout", "read-timeout", "second-observer"),
)
"""What a chat that is performed again has in common with the run in which it broke something, beside the server."""
_DEFAULTS = Wish()
_FILES = ("config", "deviations", "ca-file", "client-cert", "client-key")


def here(wish: Wish, scenarios: str) -> str:
    """As it is to be run where the run was started; `scenarios` is their folder as seen from there."""
    return _command(wish, scenarios, bared=False)


def anywhere(wish: Wish, scenarios: str) -> str:
    """As a report tells it: to be run in the folder of the results, with files by their names and not their places."""
    return _command(wish, scenarios, bared=True)


def _command(wish: Wish, scenarios: str, *, bared: bool) -> str:
    mock = ["--mock" + (f"={wish.mock}" if wish.mock else "")] if wish.mock is not None else []
    alike = [option for option in CERTIFY if option.where == "server" or option.name in _ALIKE]
    alike = [option for option in alike if getattr(wish, option.attribute) != getattr(_DEFAULTS, option.attribute)]
    words = [word for option in alike for word in _said(option, getattr(wish, option.attribute), bared=bared)]
    return shlex.join(["gws-contract", "certify", *mock, *words, "--scenario", f"{scenarios}/"])


def _said(option: Option, value: Any, *, bared: bool) -> Iterator[str]:
    for word in option.words(value):
        if bared and option.name in _FILES:
            yield bare(word)
        elif bared and option.name == "customer-command":
            yield f"--{option.name}={shlex.join(map(bare, shlex.split(value)))}"
        else:
            yield word
