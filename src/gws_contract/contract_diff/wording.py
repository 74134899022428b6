"""What changed beside clauses and schemas: return values, samples, sections, the page, the reasons of refinements."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from gws_contract.contract_diff.change import Because, Change, Force, Turn

if TYPE_CHECKING:
    from gws_contract.contract import Contract, ReturnValues, Sample
    from gws_contract.contract_diff.reading import Edition

_WORDS: Final = Because("nothing is judged by it", "nothing is judged by it")
_OF_THE_PAGE: Final = frozenset({"document", "section", "sample", "repair"})
"""Tables of source.toml."""
_OTHERS: Final = "every other version"


def changes(old: Edition, new: Edition) -> Iterator[Change]:
    """Codes first, for they are judged; then words."""
    yield from _codes(old.contract.return_values, new.contract.return_values)
    yield from _meanings(old.contract.return_values, new.contract.return_values)
    yield from _samples(old.samples, new.samples)
    yield from _sections(old.contract, new.contract)
    yield from _page(old.source["document"], new.source["document"])
    yield from _operation(old.source, new.source)
    yield from _reasons(old.refinements, new.refinements)


def _codes(old: ReturnValues, new: ReturnValues) -> Iterator[Change]:
    """A version without a table is judged by that of the default version."""
    less = Because("it may send codes that B forbids", "it needs to know no more codes")
    more = Because("it may still send all codes that A allowed", "it has to cope with codes that A forbade")
    for version in (*sorted(old.tables.keys() | new.tables.keys()), _OTHERS):
        before, now = (values.tables.get(version, values.tables[values.default]) for values in (old, new))
        for turn, what, because, codes in (
            (Turn.STRONGER, "B forbids codes that A allows", less, before - now),
            (Turn.WEAKER, "B allows codes that A forbids", more, now - before),
        ):
            if codes:
                yield Change(
                    subject="return values",
                    name=f"statusCode of {version}",
                    what=f"{what}: {', '.join(map(str, sorted(codes)))}",
                    turn=turn,
                    because=because,
                )


def _meanings(old: ReturnValues, new: ReturnValues) -> Iterator[Change]:
    for code in sorted(old.meanings.keys() | new.meanings.keys()):
        yield from _text("return values", f"meaning of {code}", old.meanings.get(code), new.meanings.get(code))
    for name in ("page", "url", "default"):
        yield from _text("return values", name, getattr(old, name), getattr(new, name))


def _samples(old: tuple[Sample, ...], new: tuple[Sample, ...]) -> Iterator[Change]:
    before, now = _numbered(old), _numbered(new)
    for key in [*now, *(key for key in before if key not in now)]:
        one, other = before.get(key), now.get(key)
        name = key[0] if key[1] == 1 else f"{key[0]}, number {key[1]}"
        if one is None or other is None:
            yield _word("sample", name, "new in B" if one is None else "no longer in B")
            continue
        for field in ("title", "section"):
            yield from _text("sample", name, getattr(one, field), getattr(other, field), f"its {field} is another")
        for field, as_ in (("printed", "as printed"), ("repaired", "as repaired")):
            lines = _first_difference(getattr(one, field), getattr(other, field))
            yield from _text("sample", name, *lines, f"{as_} it reads otherwise, first in this line")


def _numbered(samples: tuple[Sample, ...]) -> Mapping[tuple[str, int], Sample]:
    counts: dict[str, itertools.count[int]] = {}
    return {(sample.kind, next(counts.setdefault(sample.kind, itertools.count(1)))): sample for sample in samples}


def _first_difference(old: str, new: str) -> tuple[str, str]:
    """The first lines in which two texts differ, without their indentation; two empty ones if they do not."""
    pairs = itertools.zip_longest(old.splitlines(), new.splitlines(), fillvalue="")
    before, now = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
    return before.strip(), now.strip()


def _sections(old: Contract, new: Contract) -> Iterator[Change]:
    before, now = ({section.id: section for section in contract.sections} for contract in (old, new))
    for id_ in [*now, *(id_ for id_ in before if id_ not in now)]:
        if id_ not in before or id_ not in now:
            yield _word("section", id_, "new in B" if id_ in now else "no longer in B")
            continue
        for field, what in (
            ("title", "its title is another"),
            ("first_line", "it begins with another line"),
            ("headings", "its headings are others"),
            ("file", "its checks are in another file"),
        ):
            yield from _text("section", id_, getattr(before[id_], field), getattr(now[id_], field), what)


def _page(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for field in sorted(old.keys() | new.keys()):
        yield from _text("page", field, old.get(field), new.get(field))


def _operation(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """What source.toml says beside the page: how the operation is performed and what it brings."""
    why = "what every clause is judged by is another, and nobody can prove what follows"
    for table in sorted((old.keys() | new.keys()) - _OF_THE_PAGE):
        before, now = (None if table not in source else _json(source[table]) for source in (old, new))
        if before != now:
            what = "it is described otherwise"
            yield Change("operation", table, what, Turn.EITHER, Because(why, why), proved=False, old=before, new=now)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _reasons(old: tuple[Mapping[str, Any], ...], new: tuple[Mapping[str, Any], ...]) -> Iterator[Change]:
    """Only of refinements that both have; what others do is seen in the schemas."""
    before, now = ({tuple(row[key] for key in ("schema", "at", "what")): row for row in rows} for rows in (old, new))
    for key in now:
        if key in before:
            name = f"{key[0]} {key[1]} {key[2]}"
            yield from _text(
                "refinement", name, before[key]["reason"], now[key]["reason"], "its reason reads otherwise"
            )


def _text(subject: str, name: str, old: object, new: object, what: str = "it reads otherwise") -> Iterator[Change]:
    if old != new:
        yield _word(subject, name, what, _quoted(old), _quoted(new))


def _quoted(value: object) -> str:
    return "nothing" if value is None else " / ".join(value) if isinstance(value, tuple) else str(value)


def _word(subject: str, name: str, what: str, old: str | None = None, new: str | None = None) -> Change:
    return Change(subject, name, what, Turn.SAME, _WORDS, Force.NONE, old=old, new=new)
