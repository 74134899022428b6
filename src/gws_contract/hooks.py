"""The hook of gws-contract for pytest plugins. Imports nothing of the suite: strangers' sessions load it too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gws_contract.stage.customers.settings import Companion, CustomerSettings


@pytest.hookspec(firstresult=True)
def pytest_gws_customer(config: pytest.Config, settings: CustomerSettings) -> Callable[[], Companion] | None:
    """Somebody else's customer, in place of the one of `settings`; None leaves the choice to the options.

    What is returned is called once for every chat, in a thread of its own, and makes an object with one method,
    `do(request)`: a request of the protocol of `--customer command` as a dict, answered by a dict. Its `close()`, if it
    has one, is called when the chat is over.
    """
