"""schemathesis' own command works with openapi.json: it finds our mock faultless, and a broken one broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from gws_contract.mock.faults import FAULTS
from gws_contract.mock.server import Mock

from ...bench.schemathesis_cli import PASSWORD, USER, AlwaysOffered, Reported, prepare, run

EXAMPLES = 20


def reported(folder: Path, *faults: str, old: str = "", new: str = "") -> Reported:
    """What the command says of a mock with these faults, of which a chat is offered before every request."""
    offered = AlwaysOffered()
    variations = (offered, *(FAULTS[name].make() for name in faults))
    with Mock(agents={USER: PASSWORD}, variations=variations) as mock:
        offered.desk = mock.desk
        prepare(folder, mock.call(offered.offer))
        if old:
            document = folder / "openapi.json"
            text = document.read_text("utf-8")
            assert old in text
            document.write_text(text.replace(old, new), "utf-8")
        told = run(folder, mock.url, EXAMPLES)
    assert offered.accepted > 0 or old
    return told


def test_schemathesis_finds_a_good_server_faultless_by_our_document(tmp_path: Path) -> None:
    assert reported(tmp_path) == Reported()


@pytest.mark.parametrize(
    ("fault", "code"),
    [("status-code-string", "ST108"), ("answer-array", "ST108"), ("code-not-in-table", "ST108")],
)
def test_schemathesis_finds_a_broken_server_by_our_document(tmp_path: Path, fault: str, code: str) -> None:
    told = reported(tmp_path, fault)
    assert told.trouble == ""
    assert [failure.partition(" ")[0] for failure in told.failures] == [code]


def test_schemathesis_works_with_no_damaged_document(tmp_path: Path) -> None:
    told = reported(tmp_path, old="schemas/request.json", new="schemas/requests.json")
    assert told.trouble or told.failures
