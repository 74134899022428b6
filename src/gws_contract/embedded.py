"""The server of a wish at hand: the embedded mock, running for as long as it is needed, or one that is there anyway."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from gws_contract.mock import catalogue
from gws_contract.mock.server import Mock, MockError
from gws_contract.mock.variation import Variation
from gws_contract.stage.customers.settings import CustomerSettings
from gws_contract.stage.target import Account, Target, UsageError
from gws_contract.targeting import as_wished, customer_of, targeted
from gws_contract.wish import Wish


@contextlib.contextmanager
def target_at_hand(
    wish: Wish, environment: Mapping[str, str], here: Path, customer: CustomerSettings | None = None
) -> Iterator[Target]:
    """The target of a wish, if it is the embedded mock while that is running. Raises UsageError.

    `customer`: somebody else than was wished for.
    """
    if wish.mock is None:
        yield as_wished(targeted(wish, environment, here, customer), wish)
        return
    with Mock(variations=variations(wish.mock)) as mock:
        yield replace(as_wished(target_of(mock, wish.mock), wish), customer=customer or customer_of(wish))


def target_of(mock: Mock, fault: str = "") -> Target:
    """A running mock as a target."""
    guests = [Account(user, password) for user, password in mock.without_feature.items()]
    return Target(
        url=mock.url,
        agents=tuple(Account(user, password) for user, password in mock.agents.items()),
        contact_center_id=mock.contact_center_id,
        without_feature=guests[0] if guests else None,
        cometd_path=mock.options.cometd_path,
        label=label_of(fault),
    )


def label_of(fault: str) -> str:
    """What the certificate calls the embedded mock."""
    return "the embedded mock" + (f" with {fault}" if fault else "")


def variations(names: str | None) -> tuple[Variation, ...]:
    """Those of the catalogue that are named. Raises UsageError."""
    try:
        return catalogue.named(names or "")
    except MockError as error:
        raise UsageError(str(error)) from error
