"""The forbidden arrows and the floors of ARCHITECTURE.md, read from the imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

import gws_contract

SOURCE = Path(gws_contract.__file__).parent

FLOORS = (
    {"ordinary", "scenario", "journal", "records", "notification", "verdict", "options", "clause", "cache", "store"}
    | {"__init__", "__main__", "announced", "bottleneck", "compact", "customer_side", "foreign", "interrupts", "lazy"}
    | {"nesting", "parsing", "places", "record_lines", "scenario_json", "shards", "shelf", "toml"},
    {"redaction", "seal"},
    {"contract", "derive", "facts", "openapi", "asyncapi", "arazzo", "deviations"},
    {"contract_diff"},
    {"happenings", "conversation", "evidence", "filed", "check"},
    {"wire", "judge", "mock"},
    {"stage"},
    {"wish"},
    {
        "embedded",
        "repeating",
        "settings",
        "targeting",
        "planning",
        "shrinking",
        "onlooker",
        "second_look",
        "watchdog",
        "campaign",
        "doctor",
        "report",
    },
    {"certification", "verification"},
    {"load"},
    {"certifying", "alluredir"},
    {"commands", "plugin", "hooks"},
    {"cli"},
)
"""From the ground up; `__main__` imports cli and is nobody's ground."""

FORBIDDEN = (
    ("judge", "mock", "mock and judge are independent witnesses"),
    ("mock", "judge", "mock and judge are independent witnesses"),
    ("mock", "wire", "the mock is no part of the observer"),
    ("mock", "contract", "the mock's payloads are its own"),
    ("wire", "contract", "the observer records what it saw, not what it expected"),
    ("wire", "judge", "the observer records what it saw, not what it expected"),
    ("stage", "judge", "collecting evidence never depends on the verdict"),
    ("stage", "contract", "collecting evidence never depends on the promises"),
)


def room(path: Path) -> str:
    """The package or module directly below gws_contract."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The rooms that a module imports, wherever in the module."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            if parts[0] == "gws_contract" and len(parts) > 1:
                yield parts[1]
            elif parts[0] == "tests":
                yield "tests"


def arrows() -> set[tuple[str, str]]:
    """Which room imports which."""
    return {
        (room(path), to)
        for path in SOURCE.rglob("*.py")
        for to in imports(path)
        if (SOURCE / to).exists() or (SOURCE / f"{to}.py").exists() or to == "tests"
    }


@pytest.mark.parametrize(("source", "target", "because"), FORBIDDEN)
def test_a_forbidden_arrow_is_not_there(source: str, target: str, because: str) -> None:
    assert (source, target) not in arrows(), because


def test_nothing_in_src_imports_the_tests() -> None:
    assert [source for source, target in arrows() if target == "tests"] == []


def test_schemathesis_is_known_in_one_place_only() -> None:
    """It is pinned to a minor, and harms Hypothesis unless what it does is undone."""
    knowing = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if "schemathesis" in modules(path)}
    assert knowing == {"stage/generated.py"}


def test_allures_packages_are_an_extra_and_known_in_two_places_only() -> None:
    extras = {"allure", "allure_commons", "allure_pytest", "attr"}
    knowing = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if extras & modules(path)}
    assert knowing == {"alluredir.py", "report/allure.py"}


def test_locust_is_an_extra_and_known_to_load_runs_only() -> None:
    """It turns threads into greenlets wherever it is imported."""
    knowing = {
        path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if {"gevent", "locust"} & modules(path)
    }
    assert knowing == {"load/locustfile.py"}


def test_whoever_asks_for_a_load_run_has_no_greenlets() -> None:
    asked = "import sys, gws_contract.cli; print({'gevent', 'locust'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "set()\n"
    assert "gevent" not in sys.modules


def modules(path: Path) -> set[str]:
    """The top-level packages that a module imports, wherever in the module."""
    trees = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    whole = {alias.name for node in trees if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in trees if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in whole | parts}


def test_imports_run_downhill() -> None:
    level = {name: number for number, floor in enumerate(FLOORS) for name in floor}
    uphill = [
        (source, target)
        for source, target in arrows()
        if source not in (target, "__main__") and level[source] < level[target]
    ]
    assert uphill == []


def test_every_room_stands_on_a_floor() -> None:
    rooms = {room(path) for path in SOURCE.rglob("*.py")}
    assert rooms == set().union(*FLOORS)


def test_a_module_fits_a_head() -> None:
    lines = {
        path.relative_to(SOURCE).as_posix(): len(path.read_text("utf-8").splitlines()) for path in SOURCE.rglob("*.py")
    }
    assert {name: number for name, number in lines.items() if number > 300} == {}


def test_the_reader_of_imports_sees_an_arrow() -> None:
    assert ("judge", "conversation") in arrows()
    assert ("mock", "mock") in arrows()


def test_every_package_and_its_data_are_installed() -> None:
    """In a checkout they are there anyway; a wheel has only what is listed."""
    settings = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    data = settings["package-data"]
    for folder in {path.parent for path in SOURCE.rglob("*.py")} - {SOURCE / "tests"}:
        name = ".".join(["gws_contract", *folder.relative_to(SOURCE).parts])
        assert name in settings["packages"], name
        others = [path.name for path in folder.iterdir() if path.is_file() and path.suffix not in (".py", ".pyc")]
        missing = [other for other in others if not any(fnmatch(other, known) for known in data.get(name, ()))]
        assert missing == [], name


PAGE = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text("utf-8")


def test_the_floors_of_the_page_are_those_of_the_imports() -> None:
    """Every room is in the table once, and imports only what stands above it or beside it."""
    (table,) = re.findall(r"^\| floor \|.*\n\|---.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    rows = [re.findall(r"`([a-z_]+)/?`", row.split("|")[1]) for row in table.splitlines()]
    rank = {name: number for number, row in enumerate(rows) for name in row}
    assert sum(map(len, rows)) == len(rank)
    assert set(rank) == set().union(*FLOORS) - {"__init__", "__main__"}
    uphill = [
        f"{source} imports {target}"
        for source, target in sorted(arrows())
        if source in rank and target in rank and rank[source] < rank[target]
    ]
    assert uphill == []


def test_the_forbidden_arrows_of_the_page_are_those_that_are_held() -> None:
    told = {
        (source, target)
        for source, targets in re.findall(r"`(\w+) -/-> ([\w |]+)`", PAGE)
        for target in targets.split(" | ")
    }
    assert told == {(source, target) for source, target, _ in FORBIDDEN} | {("src", "tests")}
