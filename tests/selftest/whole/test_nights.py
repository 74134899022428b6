"""The shell of the CI files, run against a mock as their CI would: a good night, a broken one, one without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gws_contract.mock import catalogue
from gws_contract.mock.server import Mock
from gws_contract.verification import verify

from ..ci_steps import FILES, KEPT, REPORT, Workspace

QUICK = {"GWS_DEPTH": "quick", "GWS_CHATS": "22", "GWS_SEED": "0", "GWS_QUIET_PERIOD": "0.2", "GWS_TIME_LIMIT": "120"}


def stored(mock: Mock) -> dict[str, str]:
    agents = ",".join(f"{user}:{password}" for user, password in mock.agents.items())
    return {"GWS_URL": mock.url, "GWS_AGENTS": agents, "GWS_CONTACT_CENTER_ID": mock.contact_center_id}


@pytest.mark.parametrize("file", FILES)
def test_three_nights(tmp_path: Path, file: str) -> None:
    workspace, steps = Workspace(tmp_path), FILES[file]
    with Mock() as mock:
        assert workspace.night(steps(stored(mock)), **QUICK) == 0, workspace.said
        passwords = list(mock.agents.values())
    with Mock(variations=catalogue.named("participants-first")) as mock:
        assert workspace.night(steps(stored(mock)), **QUICK) == 1, workspace.said
        gone = stored(mock)
        passwords += mock.agents.values()
    for name in ("bundle/certificate.json", "bundle/junit.xml", "history.html", "night.md", "status"):
        assert workspace.has(f"{REPORT}/{name}"), name
    verified = verify(tmp_path / REPORT / "bundle")
    assert [step.name for step in verified.steps if step.state == "FAILED"] == []
    assert workspace.has(f"{KEPT}/counter-examples")
    told = json.loads(workspace.text(f"{REPORT}/difference.json"))
    assert [each["clause"] for each in told["clauses"]][:1] == ["accept.notifications.order"]
    last = workspace.text(f"{KEPT}/last/certificate.json")
    assert workspace.night(steps(gone), **QUICK) == 2, workspace.said
    assert workspace.text(f"{KEPT}/last/certificate.json") == last
    assert len(list((tmp_path / KEPT / "nights").iterdir())) == 3
    uploaded = b"".join(path.read_bytes() for path in (tmp_path / REPORT).rglob("*") if path.is_file())
    assert [word for word in passwords if word.encode() in uploaded] == []
    if file == "github.yml":
        pages = [line for line in workspace.text("github-summary").splitlines() if line.startswith("# gws-contract: ")]
        assert len(pages) == 3
