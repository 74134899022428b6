"""What a run was asked for, and what can be wrong with that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gws_contract import contract
from gws_contract.contract import Contract, UnknownClause, UnknownOperation
from gws_contract.operation import DEFAULT
from gws_contract.stage.target import UsageError

_ENDLESS = 1_000_000
_NUMBERS = (
    *("chats", "deadline", "offer_timeout", "time_limit", "max_rate", "quiet_period"),
    *("connect_timeout", "read_timeout"),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a run was asked for; None where the default applies. Seconds."""

    operation: str = DEFAULT
    mock: str | None = None
    url: str | None = None
    chats: int | None = None
    seed: int | None = None
    depth: str = "quick"
    report_dir: str | None = None
    pdf: bool = False
    deadline: float | None = None
    quiet_period: float | None = None
    offer_timeout: float | None = None
    time_limit: float | None = None
    allure: bool = False
    quiet: bool = False
    strict: bool = False
    clause: Sequence[str] | None = None
    table: str | None = None
    scenario: str | None = None
    long_histories: bool = False
    max_rate: float | None = None
    store: str | None = None
    deviations: str | None = None
    sign_key: str | None = None
    plan: bool = False
    config: str | None = None
    cometd_path: str | None = None
    topic: Sequence[str] | None = None
    channel: Sequence[str] | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    insecure: bool = False
    proxy: str | None = None
    connect_timeout: float | None = None
    read_timeout: float | None = None
    second_observer: bool = False
    customer: str | None = None
    customer_command: str | None = None
    gms_url: str | None = None
    gms_service: str | None = None

    def check(self) -> None:
        """Raises UsageError, in one sentence, if it contradicts itself or asks for what cannot be."""
        if self.mock is not None and self.url is not None:
            raise UsageError("Give either --mock or --url: the mock has an address of its own.")
        document = contract_of(self)
        _positive(self)
        _known_clauses(self.clause or (), document)
        if self.table is not None and self.table not in document.versions:
            known = ", ".join(document.versions)
            raise UsageError(f"There is no table of return values for {self.table}; there are {known}.")


def contract_of(wish: Wish) -> Contract:
    """The contract of the operation that was wished for. Raises UsageError if there is none."""
    try:
        return contract.load(wish.operation)
    except UnknownOperation as error:
        raise UsageError(str(error)) from error


def _positive(wish: Wish) -> None:
    for name in _NUMBERS:
        value, option = getattr(wish, name), f"--{name.replace('_', '-')}"
        if value is None:
            continue
        if name == "quiet_period" and not value >= 0:
            raise UsageError(f"{option} must be 0 or more, not {value}.")
        if name != "quiet_period" and not value > 0:
            raise UsageError(f"{option} must be greater than 0, not {value}.")
        if value >= _ENDLESS:
            raise UsageError(f"{option} must be less than {_ENDLESS:,}: a run has to end.")


def _known_clauses(names: Sequence[str], document: Contract) -> None:
    for name in names:
        try:
            document.tested(name)
        except UnknownClause as error:
            raise UsageError(str(error)) from error
