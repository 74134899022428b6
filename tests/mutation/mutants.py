"""The mutants of a module: mutmut's operators, on everything that runs.

mutmut itself leaves out what its trampolines cannot carry: decorated functions, of which the judge's most important
ones are, and what stands outside functions. Here a mutant is the text of its whole module.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import Mutation, MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

TOP = "<module>"
"""Stands for the function of what is in none."""

_STRICT = m.Arg(keyword=m.Name("strict"), value=m.Name("True"))
"""Of zip: it asserts what is always so."""
_FOR_TYPES_ONLY = m.OneOf(
    m.Assign(targets=[m.AssignTarget(target=m.Name("__all__"))]),
    m.Assign(value=m.Call(func=m.Name("TypeVar") | m.Name("TypeVarTuple"))),
    m.Assign(value=m.Subscript()),  # an alias of a type
    m.If(test=m.Name("TYPE_CHECKING")),
    _STRICT,
)


class _Visitor(MutationVisitor):
    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if m.matches(node, _FOR_TYPES_ONLY):
            return True
        if isinstance(node, cst.Call) and m.matches(node.func, m.Name("cast")):
            # Only the value that is cast runs.
            node.args[1].visit(self)
            return True
        if isinstance(node, cst.FunctionDef):
            return False
        return super()._skip_node_and_children(node)

    def _create_mutations(self, node: cst.CSTNode) -> None:
        made = len(self.mutations)
        super()._create_mutations(node)
        if isinstance(node, cst.Call) and any(m.matches(arg, _STRICT) for arg in node.args):
            self.mutations[made:] = [
                each
                for each in self.mutations[made:]
                if any(m.matches(arg, _STRICT) for arg in getattr(each.mutated_node, "args", ()))
            ]
        if isinstance(node, cst.SimpleString):
            # Whoever holds the words holds their capitals too.
            del self.mutations[made + 1 :]


Key = tuple[str, int]
"""The path of a module, and the number of a mutant in it."""


@dataclass(frozen=True, eq=False)
class Mutant:
    """One small change. `number` counts the mutants of a module."""

    source: Source
    number: int
    mutation: Mutation
    place: int
    """Which statement of the module it is in."""
    function: str
    """In which it is, as `name` or `Class.name`."""
    at_import: bool
    """Whether it acts when the module is imported, and not when the function is called."""
    lines: range
    """Where it is in the text as it is."""

    @property
    def constants(self) -> tuple[str, ...]:
        """The names that its statement gives a value, if it is in no function and no class."""
        statement = self.source.module.body[self.place]
        return tuple(
            target.value
            for small in (statement.body if isinstance(statement, cst.SimpleStatementLine) else ())
            for target in _targets(small)
            if isinstance(target, cst.Name)
        )

    @property
    def key(self) -> Key:
        """What tells it from all others in this run."""
        return self.source.path.as_posix(), self.number

    @property
    def text(self) -> str:
        """The text of the module with this change."""
        return self.source.with_statement(self.place, self._changed)

    @property
    def diff(self) -> str:
        """The lines that differ, without their numbers: what tells it from others however lines move."""
        before = self.source.code_of(self.place).splitlines()
        after = self.source.render(self._changed).splitlines()
        lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
        return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if line[0] in "+-")

    @property
    def _changed(self) -> cst.CSTNode:
        statement = self.source.module.body[self.place]
        changed = deep_replace(statement, self.mutation.original_node, self.mutation.mutated_node)
        assert isinstance(changed, cst.CSTNode)
        return changed


class Source:
    """One module of which there are mutants."""

    def __init__(self, path: Path) -> None:
        self.path = path
        wrapper = MetadataWrapper(cst.parse_module(path.read_text("utf-8")))
        self._visitor = _Visitor(mutation_operators, IgnoredCode(set(), set(), set()))
        wrapper.visit(self._visitor)
        self.module = wrapper.module
        self._positions = wrapper.resolve(PositionProvider)

    @property
    def file(self) -> str:
        """Its whole path, as code objects name it."""
        return str(self.path.resolve())

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions and methods, as mutants name them."""
        return tuple(name for _, name in self._functions())

    @property
    def name(self) -> str:
        """The name of the module, as it is imported."""
        return ".".join(self.path.with_suffix("").parts[1:])

    @cached_property
    def mutants(self) -> tuple[Mutant, ...]:
        """In the order of the text."""
        return tuple(self._mutants())

    def _mutants(self) -> Iterator[Mutant]:
        owner = {id(node): place for place, statement in enumerate(self.module.body) for node in _walk(statement)}
        names = dict(self._functions())
        outside = {id(node) for function in names for node in _walk(function.params)}
        for number, mutation in enumerate(self._visitor.mutations):
            node, function = mutation.original_node, mutation.contained_by_top_level_function
            name = names.get(function) if isinstance(function, cst.FunctionDef) else None
            yield Mutant(
                source=self,
                number=number,
                mutation=mutation,
                place=owner[id(node)],
                function=name or TOP,
                at_import=name is None or id(node) in outside,
                lines=self._lines(node),
            )

    def _lines(self, node: cst.CSTNode) -> range:
        position = self._positions.get(node)
        return range(position.start.line, position.end.line + 1) if position else range(0)

    def _functions(self) -> Iterator[tuple[cst.FunctionDef, str]]:
        for statement in self.module.body:
            if isinstance(statement, cst.FunctionDef):
                yield statement, statement.name.value
            elif isinstance(statement, cst.ClassDef):
                for member in statement.body.body:
                    if isinstance(member, cst.FunctionDef):
                        yield member, f"{statement.name.value}.{member.name.value}"

    @cached_property
    def _pieces(self) -> tuple[str, ...]:
        return tuple(self.render(statement) for statement in self.module.body)

    @cached_property
    def _head(self) -> str:
        return "".join(self.module.code_for_node(line) for line in self.module.header)

    def render(self, node: cst.CSTNode) -> str:
        """The text of a statement."""
        return self.module.code_for_node(node)

    def code_of(self, place: int) -> str:
        """The text of a statement as it is."""
        return self._pieces[place]

    def with_statement(self, place: int, statement: cst.CSTNode) -> str:
        """The text of the module with another statement at a place."""
        pieces = [*self._pieces]
        pieces[place] = self.render(statement)
        return self._head + "".join(pieces)

    @property
    def text(self) -> str:
        """The text of the module."""
        return self._head + "".join(self._pieces)


def _walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(current.children)


def _targets(statement: cst.BaseSmallStatement) -> list[cst.BaseExpression]:
    if isinstance(statement, cst.Assign):
        return [target.target for target in statement.targets]
    return [statement.target] if isinstance(statement, cst.AnnAssign) else []
