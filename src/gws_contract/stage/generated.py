"""Wrong requests that schemathesis makes of contracts/accept/openapi.json: the only place that knows schemathesis.

What is used of it is public (`openapi.from_dict`, `as_strategy`), except for `iter_coverage_cases`, a method of the
public schema that no page documents: the version is pinned to a minor, and selftests look at what comes out.

schemathesis is imported where it is used: 0.2 s for what the modules import at once, 1 s more with the first case.
"""

from __future__ import annotations

import functools
import json
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import hypothesis.core
import hypothesis.internal.conjecture.engine
import hypothesis.strategies._internal.collections
import hypothesis.vendor.pretty
from hypothesis import HealthCheck, Phase, given, seed, settings

from gws_contract.scenario import Attempt
from gws_contract.stage.malformed import OPEN, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from importlib.resources.abc import Traversable

    import schemathesis

_LONGEST: Final = 160
"""Code points of a name."""
_LARGEST: Final = 20_000
"""Code points of a body that is worth a chat; one that is huge on purpose is among those written by hand."""
_ROUNDS: Final = 20

_BUFFER_SIZE: Final = hypothesis.internal.conjecture.engine.BUFFER_SIZE
_WITH_BUFFER_SIZE: Final = (
    hypothesis.core,
    hypothesis.internal.conjecture.engine,
    hypothesis.strategies._internal.collections,
)


@contextmanager
def hypothesis_unharmed() -> Iterator[None]:
    """Undo what schemathesis does to the Hypothesis of the whole process.

    It puts a printer in place that prints nothing, so that every counter-example reads test_x(a=, b=), and a larger
    buffer, with which the same seed draws something else.
    """
    try:
        yield
    finally:
        # The genuine one, not the one found: the pytest plugin of schemathesis may have been here before.
        genuine = hypothesis.vendor.pretty.RepresentationPrinter
        hypothesis.core.RepresentationPrinter = genuine  # type: ignore[attr-defined]  # not public
        for module in _WITH_BUFFER_SIZE:
            module.BUFFER_SIZE = _BUFFER_SIZE  # type: ignore[attr-defined]  # not public


@functools.cache
def coverage() -> tuple[Attempt, ...]:
    """Every boundary of the request that schemathesis names, each broken by itself; the same in every process.

    No two are alike, and none is in truth a correct Accept. Those about credentials and the chat id are not among them:
    they are misuses of their own.
    """
    with hypothesis_unharmed():
        from schemathesis import GenerationMode  # noqa: PLC0415 - it costs two seconds

        schema = _carrier()
        operation = schema[_PATH]["POST"]
        config = schema.config.generation_for(operation=operation, phase="coverage")
        cases = schema.iter_coverage_cases(
            operation, generation_modes=[GenerationMode.NEGATIVE], generation_config=config
        )
        return tuple(_attempts(cases))


def fuzz(count: int, number: int) -> tuple[Attempt, ...]:
    """Up to `count` wrong requests, drawn with the seed `number`: random breaches of the schema, and random bytes.

    No two are alike, and none is in truth a correct Accept. The same again for the same arguments in the same
    installation: Hypothesis mixes in constants of local modules.
    """
    with hypothesis_unharmed():
        from schemathesis import GenerationMode  # noqa: PLC0415 - it costs two seconds

        strategy = _carrier()[_PATH]["POST"].as_strategy(generation_mode=GenerationMode.NEGATIVE)
    found: dict[str | None, Attempt] = {}
    for turn in range(_ROUNDS):
        drawn = _draw(strategy, 2 * (count - len(found)) + 10, number * _ROUNDS + turn)
        for attempt in _attempts(drawn):
            found.setdefault(attempt.body, attempt)
        if len(found) >= count:
            break
    return tuple(found.values())[:count]


def _draw(strategy: Any, count: int, number: int) -> list[schemathesis.Case[Any]]:
    cases: list[schemathesis.Case[Any]] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,  # the profile that Hypothesis loads under CI
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(case: schemathesis.Case[Any]) -> None:
        cases.append(case)

    collect()
    return cases


_PATH: Final = "/accept"


def _carrier() -> Any:
    """The request body of the documented operation as an operation of its own.

    Without chat id and credentials, which an Attempt leaves as they are: most of what is generated would break those.
    """
    from schemathesis import openapi  # noqa: PLC0415 - it costs two seconds

    document = json.loads((_contract() / "openapi.json").read_text(encoding="utf-8"))
    (path,) = document["paths"].values()
    operation = {"requestBody": _resolved(path["post"]["requestBody"]), "responses": {"200": {"description": ""}}}
    return openapi.from_dict(
        {"openapi": document["openapi"], "info": document["info"], "paths": {_PATH: {"post": operation}}}
    )


def _resolved(part: Any) -> Any:
    """A part of the document with the schemas in place of the references to their files."""
    if isinstance(part, list):
        return [_resolved(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return json.loads((_contract() / part["$ref"]).read_text(encoding="utf-8"))
    return {name: _resolved(member) for name, member in part.items()}


def _contract() -> Traversable:
    """Where the document lies: in the installed package, or in the checkout that runs from src.

    Read as a file of the package: what is tried on a server needs the form of a request, none of the promises.
    """
    try:
        contracts = resources.files("gws_contract.contracts")
    except ModuleNotFoundError:
        contracts = Path(__file__).resolve().parents[3] / "contracts"
    return contracts / "accept"


def _attempts(cases: Iterable[schemathesis.Case[Any]]) -> Iterator[Attempt]:
    """The cases as attempts, each once; those left out that are no misuse of Accept, or too large."""
    correct = _correct()
    seen = set()
    for case in cases:
        body = _text(case.body)
        label = None if body is None else case.headers.get("Content-Type") or case.media_type
        kind = kind_of(body, case.method, label)
        wrong_around = kind in ("wrong-method", "content-type", OPEN)
        if kind is None or len(body or "") > _LARGEST or not (wrong_around or not correct(body)):
            continue
        if (body, case.method, label) not in seen:
            seen.add((body, case.method, label))
            yield Attempt(kind, _name(case, body, wrong_around), body, case.method, label)


def _correct() -> Callable[[str | None], bool]:
    """Whether a body is valid by the request schema: the second opinion beside `kind_of`."""
    import jsonschema_rs  # noqa: PLC0415 - comes with schemathesis, which says which version

    schema = json.loads((_contract() / "schemas" / "request.json").read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(schema)

    def correct(body: str | None) -> bool:
        try:
            return validator.is_valid(json.loads(body or ""))
        except ValueError:
            return False

    return correct


def _text(body: object) -> str | None:
    """A generated body as an Attempt holds it; None for schemathesis' own word for no body."""
    if isinstance(body, bytes):
        return body.decode("utf-8", "surrogateescape")
    if body is not None and not isinstance(body, str | int | float | list | dict):
        return None
    try:
        return json.dumps(body, ensure_ascii=False).encode().decode()
    except UnicodeEncodeError:  # lone surrogates: JSON can say them, UTF-8 cannot
        return json.dumps(body)


def _name(case: schemathesis.Case[Any], body: str | None, wrong_around: bool) -> str:
    """What schemathesis says is wrong, and the value or the body that is."""
    described = case.meta.phase.data.description if case.meta else None
    says = (described or "negative").removeprefix("- ").replace("\n- ", " and ")
    if not wrong_around and body is not None:
        members = case.body if isinstance(case.body, dict) else {}
        member = says.partition(":")[0]
        says += f": {_text(members[member]) if member in members else body}"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in says)[:_LONGEST]
