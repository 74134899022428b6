"""One certification: what was wished for, the campaign, the judgement, the files it leaves. Knows no pytest."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import randbelow, token_hex
from typing import TYPE_CHECKING

from gws_contract import cache, contract, deviations, embedded, planning, repeating
from gws_contract.campaign import Campaign, Plan
from gws_contract.check import Check
from gws_contract.contract import Contract
from gws_contract.deviations import Deviation, DeviationsError
from gws_contract.journal import JournalWriter
from gws_contract.judge.ruling import DRAWN
from gws_contract.mock.server import AGENTS
from gws_contract.onlooker import Onlooker, Progress
from gws_contract.planning import DEPTHS, Chosen
from gws_contract.records import Terms
from gws_contract.redaction import Secrets
from gws_contract.report import leaves, outlook, pdf, sealing, text
from gws_contract.report.docket import SCENARIOS, Docket, judge
from gws_contract.report.pdf import PdfError
from gws_contract.scenario import to_json
from gws_contract.seal import keys
from gws_contract.stage.abilities import distinct
from gws_contract.stage.customers.person import Tell
from gws_contract.stage.customers.settings import Companion, CustomerSettings
from gws_contract.stage.drawing import SITUATIONS
from gws_contract.stage.target import NotReady, UsageError
from gws_contract.store import Found, Store
from gws_contract.targeting import customer_of, targeted
from gws_contract.wish import Wish, contract_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FLOOR = len(SITUATIONS)
"""Fewer chats leave clauses untried."""
FLOOR_BY_HAND = len(list(distinct(SITUATIONS, frozenset())))
"""The same for a person who plays the customer: most situations are alike then."""
WITHOUT_ALLURE = "Allure results need allure-pytest: pip install 'gws-contract[allure]'."
Show = Callable[[Callable[[], Progress]], contextlib.AbstractContextManager[None]]
"""Shows somebody, while it is entered, what it is told when it asks."""
_NOBODY: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
_A_JUDGEMENT = 0.005
"""Seconds in which a chat is judged, on a slow machine."""


class Certification:
    """Everything that can be wrong with a wish is said by the constructor (UsageError), before any traffic."""

    def __init__(
        self,
        wish: Wish,
        environment: Mapping[str, str],
        here: Path,
        own_customer: Callable[[CustomerSettings], Callable[[], Companion] | None] = lambda _: None,
    ) -> None:
        """`own_customer`: somebody else's customer instead of the one of these settings, if there is any."""
        self._begun = time.monotonic()
        self._wish, self._environment, self._here = wish, environment, here
        self.secrets = Secrets()
        """What must not be said of this run, by whomever."""
        wish.check()
        self._operation = contract_of(wish).performed
        if wish.pdf:
            pdf.at_hand()
        if wish.allure and not leaves.allure_is_at_hand():
            raise UsageError(WITHOUT_ALLURE)
        embedded.variations(wish.mock)
        self._customer = customer_of(wish)
        own = own_customer(self._customer)
        if own is not None:
            self._customer = CustomerSettings("own", own=own)
        self._target = None if wish.mock is not None else targeted(wish, environment, here, self._customer)
        self._key = None if wish.sign_key is None else _key(wish, wish.sign_key, here)
        self._store = Store(self._store_folder(environment), self._label)
        seed = _seed(wish)
        chosen = self._chosen(seed)
        self.plan = Plan(
            rows=chosen.rows,
            seed=seed,
            depth=wish.depth,
            digest=chosen.digest,
            time_limit=wish.time_limit,
            table=wish.table,
            machine_runs=0 if wish.scenario or self._customer.by_hand else DEPTHS[wish.depth].machine_runs,
            max_rate=wish.max_rate,
            deviations=deviations_of(wish, here),
            # What is given is performed as it is given, and nothing else; a person is asked for no more than that.
            looks_again=wish.scenario is None and not self._customer.by_hand,
        )

    @property
    def _judging(self) -> float:
        """Seconds of the time limit that are kept for judging what the run leaves."""
        return min(_A_JUDGEMENT * len(self.plan.rows), (self.plan.time_limit or 0.0) / 4)

    @property
    def _label(self) -> str:
        return self._target.name if self._target else embedded.label_of(self._wish.mock or "")

    def _store_folder(self, environment: Mapping[str, str]) -> Path:
        if self._wish.store is not None:
            return self._here / self._wish.store
        return cache.folder(environment) / "counter-examples"

    def _chosen(self, seed: int) -> Chosen:
        if self._wish.scenario is not None:
            return planning.given(self._here / self._wish.scenario)
        chosen = self._planned(seed)
        return planning.by_hand(chosen, self._wish.chats) if self._customer.by_hand else chosen

    def _planned(self, seed: int) -> Chosen:
        wish = self._wish
        far = self._target is not None and not wish.long_histories
        longest = planning.LONGEST_ABROAD if far else planning.LONGEST
        if wish.depth == "certify" and wish.chats is None and wish.seed is None:
            return planning.released(longest)
        stored = self._store.scenarios() if wish.depth != "certify" else []
        favoured = self._operation.performed_by if self._operation.least else None
        return planning.drawn(wish.depth, wish.chats, seed, longest=longest, stored=stored, favoured=favoured)

    def outlook(self) -> str:
        """What the run would cause on the server, in words; without any traffic."""
        agents = len(self._target.agents) if self._target else len(AGENTS)
        return outlook.of(self.plan, agents, self._label, self._customer)

    def begin(self) -> None:
        """Make the report directory. Raises UsageError if it cannot be written."""
        self.folder = _folder(self._wish.report_dir, self._here)

    def enter(self) -> None:
        """As `begin`, but what lies there stays: others leave their part of the run there too. Raises UsageError."""
        self.folder = _folder(self._wish.report_dir, self._here, clear=False)

    def shown(self, name: str) -> str:
        """A file of this run as it is named to a person."""
        path = self.folder / name
        return str(path.relative_to(self._here)) if path.is_relative_to(self._here) else str(path)

    def run(self, checks: Sequence[Check], tell: Tell = lambda _: None, show: Show = lambda _: _NOBODY) -> Docket:
        """Perform and judge. If the environment is not ready the docket says so in its footer.

        `tell` says a line to the person who plays the customer; `show` shows how far the run is, while it is entered.
        """
        onlooker = Onlooker(len(self.plan.rows))
        with show(onlooker.look):
            writer = self._perform(checks, tell, onlooker)
            onlooker.does("judging")
            return judge(writer.path, checks)

    def _perform(self, checks: Sequence[Check], tell: Tell, onlooker: Onlooker) -> JournalWriter:
        writer = JournalWriter(self.folder / "journal.ndjson")
        plan = replace(self.plan, terms=self._terms(checks))
        with (
            contextlib.closing(writer),
            embedded.target_at_hand(self._wish, self._environment, self._here, self._customer) as target,
            # The footer says why a run could not begin; what was recorded is judged like any other run.
            contextlib.suppress(NotReady),
        ):
            spent = time.monotonic() - self._begun + self._judging
            Campaign(
                target,
                plan,
                writer,
                checks=checks,
                onlooker=onlooker,
                tell=tell,
                secrets=self.secrets,
                spent=spent,
            ).run()
        return writer

    def _terms(self, checks: Sequence[Check]) -> Terms:
        given, performs = self._wish.scenario is not None, self._operation.performed_by
        planned = sum(performs(scenario) for source, scenario in self.plan.rows if source in DRAWN)
        floor = FLOOR_BY_HAND if self._customer.by_hand else FLOOR
        return Terms(
            floor=len(self.plan.rows) if given else floor,
            strict=self._wish.strict,
            only=tuple(self._wish.clause or _only(checks, contract.load(self._wish.operation))),
            given=given,
            again=repeating.anywhere(self._wish, SCENARIOS),
            operation=self._wish.operation,
            # A person may be asked for few chats; what is given is asked of nothing but what it brings about.
            performed=0 if given else min(self._operation.least, max(1, planned)),
        )

    @property
    def again(self) -> str:
        """As `Docket.again`, for a person who sits where the run was started."""
        return self.secrets.mask(repeating.here(self._wish, self.shown(SCENARIOS)))

    def write_reports(self, docket: Docket) -> list[str]:
        """Everything that renders from the docket, beside the journal, and the seal.

        Returns what a person should know of it, in sentences. Raises OSError, FileError, JournalError.
        """
        remarks = []
        leaves.write(docket, self.folder, for_allure=self._wish.allure)
        if self._wish.pdf:
            try:
                pdf.write(docket, self.folder / pdf.NAME)
            except PdfError as error:
                remarks.append(str(error))
        besides = sealing.seal(docket, self.folder, self._key)
        return [*remarks, text.besides(besides)] if besides else remarks

    @property
    def seal(self) -> str:
        """Where the seal is and who signed it, in words."""
        signed = "not signed; --sign-key FILE signs it"
        if self._key is not None:
            signed = f"signed with the key {keys.keyid(self._key.public_key())[:16]}"
        return f"{self.shown(leaves.SEAL)} ({signed})"

    def remember(self, docket: Docket) -> None:
        """Keep the smallest chats that broke something undeclared for the next run. Raises OSError."""
        if self._wish.scenario is not None:
            return
        clauses: dict[str, list[str]] = {}
        examples = {}
        for clause, scenario in docket.broken.items():
            if docket.evidence.declared(clause):
                continue
            name = json.dumps(to_json(scenario), sort_keys=True)
            examples[name] = scenario
            clauses.setdefault(name, []).append(clause)
        found = [Found(examples[name], tuple(names)) for name, names in clauses.items()]
        self._store.remember(found, docket.replayed_in_vain)


def deviations_of(wish: Wish, here: Path) -> tuple[Deviation, ...]:
    """What is declared in the file that was wished for. Raises UsageError."""
    if wish.deviations is None:
        return ()
    try:
        return deviations.read(here / wish.deviations)
    except DeviationsError as error:
        raise UsageError(str(error)) from error


def _key(wish: Wish, name: str, here: Path) -> Ed25519PrivateKey:
    if wish.report_dir is not None and (here / name).resolve().is_relative_to((here / wish.report_dir).resolve()):
        raise UsageError(f"The private key {name} lies in the report directory, which is there to be handed on.")
    try:
        return keys.private(here / name)
    except keys.BadKeyError as error:
        raise UsageError(str(error)) from error


def _seed(wish: Wish) -> int:
    """As wished; random when nightly, so that no two nights try the same chats; else 0."""
    if wish.seed is not None:
        return wish.seed
    return randbelow(2**32) if wish.depth == "nightly" else 0


def _only(checks: Sequence[Check], document: Contract) -> tuple[str, ...]:
    """The clauses that are judged, if not all that can be are: however it was chosen, a part is only a part."""
    asked = {check.clause for check in checks}
    tested = [clause.id for clause in document.clauses if clause.not_tested is None]
    return () if asked.issuperset(tested) else tuple(name for name in tested if name in asked)


def _folder(wished: str | None, here: Path, *, clear: bool = True) -> Path:
    """The report directory, made, and empty of an earlier run if it is to be. Raises UsageError if it is no use."""
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(2)}"
    folder = (here / wished) if wished else here / "reports" / "out" / stamp
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if clear:
            leaves.clear(folder)
        probe = folder / f".{stamp}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(f"The report directory {folder} cannot be written: {error.strerror}.") from error
    return folder
