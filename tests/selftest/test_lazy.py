"""What is made when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gws_contract.lazy import lazy


@dataclass(frozen=True)
class Loaf:
    flour: str
    baked: list[str] = field(default_factory=list)

    @lazy
    def bread(self) -> str:
        """Of this flour."""
        self.baked.append(self.flour)
        return f"{self.flour} bread"


def test_it_is_made_once_when_it_is_first_asked_for() -> None:
    loaf = Loaf("rye")
    assert loaf.baked == []
    assert [loaf.bread, loaf.bread] == ["rye bread"] * 2
    assert loaf.baked == ["rye"]


def test_every_object_has_its_own() -> None:
    loaf = Loaf("rye")
    assert loaf.bread == "rye bread"
    assert replace(loaf, flour="oat").bread == "oat bread"


def test_two_objects_are_equal_whatever_was_asked_of_them() -> None:
    one, other = Loaf("rye", []), Loaf("rye", [])
    assert one.bread
    one.baked.clear()
    assert one == other


def test_it_has_the_words_of_its_method() -> None:
    assert Loaf.bread.__doc__ == "Of this flour."
