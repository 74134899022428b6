"""A check: a function of one conversation, bound to one clause. Its docstring is the quoted sentence.

    @clause("accept.participants.agent")
    def test_the_agent_is_listed(conversation):
        ...

What stands in the module afterwards is a pytest function that asks the fixture `rulings` for the verdict of the check
over all conversations of the run.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Protocol

from gws_contract.conversation import Conversation
from gws_contract.operation import DEFAULT


@dataclass(frozen=True)
class Check:
    """One check. `judge` returns if the clause was kept and raises a Finding otherwise."""

    clause: str
    judge: Callable[[Conversation], None]

    @property
    def operation(self) -> str:
        """The operation that its clause is about."""
        return self.clause.partition(".")[0]

    @property
    def quote(self) -> str:
        """The words of the page: the docstring as printed, without the indentation of the source."""
        return inspect.cleandoc(self.judge.__doc__ or "").strip()

    @property
    def source(self) -> str:
        """The source text of the check."""
        return inspect.getsource(self.judge)


class Rulings(Protocol):
    """What the fixture `rulings` offers a check."""

    def report(self, check: Check) -> None: ...


def clause(name: str) -> Callable[[Callable[[Conversation], None]], Callable[[Rulings], None]]:
    """Bind a function of one conversation to the clause `name`."""

    def bind(judge: Callable[[Conversation], None]) -> Callable[[Rulings], None]:
        check = Check(name, judge)

        def test(rulings: Rulings) -> None:
            rulings.report(check)

        # Not functools.wraps: pytest would look for a fixture named `conversation`.
        test.__name__, test.__qualname__ = judge.__name__, judge.__qualname__
        test.__doc__, test.__module__ = judge.__doc__, judge.__module__
        test.__code__ = test.__code__.replace(
            co_filename=judge.__code__.co_filename,
            co_firstlineno=judge.__code__.co_firstlineno,
            co_name=judge.__name__,
        )
        test.check = check  # type: ignore[attr-defined]  # functions take attributes; pytest and `shipped` read it
        return test

    return bind


def folder(operation: str = DEFAULT) -> Path:
    """The folder of the shipped checks of an operation."""
    return Path(str(resources.files("gws_contract.tests"))) / operation


def shipped(operation: str = DEFAULT) -> tuple[Check, ...]:
    """Every shipped check, in the order of the page."""
    found = []
    for path in sorted(folder(operation).glob("test_*.py")):
        module = _module(f"gws_contract.tests.{operation}.{path.stem}", path)
        found += [value.check for value in vars(module).values() if isinstance(getattr(value, "check", None), Check)]
    return tuple(found)


def _module(name: str, path: Path) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"The check file {path.name} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
