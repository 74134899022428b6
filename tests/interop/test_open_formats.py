"""Tools of others read the contract in open formats: they find it valid, refuse a damaged copy, and work with it."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from gws_contract.contract import directory, load

from .peer import GUARD, HERE, Peer

ACCEPT = Path(str(directory()))
CONTRACTS = sorted(file.parent for file in ACCEPT.parent.glob("*/source.toml"))
EVERY = pytest.mark.parametrize("folder", CONTRACTS, ids=lambda folder: folder.name)
START = 120.0
"""Seconds after which a program of node that does not start hangs."""
SILENT = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
ERROR, WARNING, INFORMATION = 0, 1, 2
"""The severities of AsyncAPI's parser."""
NOTIFICATIONS = ["StatusChange", "ParticipantsUpdated", "NewMessages"]

StartPeer = Callable[..., Peer]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ACCEPT, tmp_path / "accept"))


def edit(file: Path, old: str, new: str) -> Path:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


# ---- AsyncAPI: its parser and its generator of models ---------------------------------------------------------------


def read(start_peer: StartPeer, file: Path) -> dict[str, Any]:
    parser = start_peer("asyncapi_reader.mjs", file)
    found = parser.hear("read")
    parser.end()
    return found


@EVERY
def test_the_asyncapi_parser_has_nothing_to_complain_of_but_that_there_is_a_later_version(
    start_peer: StartPeer, folder: Path
) -> None:
    complaints = read(start_peer, folder / "asyncapi.json")["complaints"]
    later = [(INFORMATION, "asyncapi-latest-version")]
    assert [(row["severity"], row["code"]) for row in complaints] in ([], later)


def test_the_asyncapi_parser_reads_the_notifications_in_their_order(start_peer: StartPeer) -> None:
    found = read(start_peer, ACCEPT / "asyncapi.json")
    assert found["channels"] == [{"address": "/v2/me/chats", "messages": NOTIFICATIONS}]
    assert found["operations"] == [{"action": "receive", "messages": [name]} for name in NOTIFICATIONS]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("asyncapi.json", '"action": "receive"', '"action": "accept"'),
        ("asyncapi.json", '"protocol": "bayeux",', ""),
        ("asyncapi.json", "schemas/new_messages.json", "schemas/messages.json"),
        ("asyncapi.json", "/messages/new_messages", "/messages/messages"),
        ("schemas/status_change.json", '"integer"', '"whole"'),
    ],
)
def test_the_asyncapi_parser_refuses_a_damaged_copy(
    start_peer: StartPeer, copy: Path, file: str, old: str, new: str
) -> None:
    edit(copy / file, old, new)
    complaints = read(start_peer, copy / "asyncapi.json")["complaints"]
    assert min(row["severity"] for row in complaints) <= WARNING, complaints


def test_modelina_makes_a_type_of_every_notification(start_peer: StartPeer) -> None:
    generator = start_peer("asyncapi_models.mjs", ACCEPT / "asyncapi.json")
    models = generator.hear("made")["models"]
    generator.end()
    for name, kind in zip(NOTIFICATIONS, ("status_change", "participants_updated", "new_messages"), strict=True):
        inside = re.search(r"data: (\w+);", models[name])
        assert inside is not None
        assert "channel: '/v2/me/chats'" in models[name]
        for member, value in load().sample(kind).items():
            typed = f"'{value}'" if member in ("messageType", "notificationType") else ""
            assert re.search(rf"\b{member}\??: {typed}", models[inside[1]]), (member, models[inside[1]])


# ---- Redocly: all three ---------------------------------------------------------------------------------------------


def problems(file: Path, severity: str = "error") -> list[str]:
    """What Redocly's linter has against a document."""
    done = subprocess.run(
        [str(HERE / "node_modules" / ".bin" / "redocly"), "lint", file.name, "--format", "json"],
        cwd=file.parent,
        env={**os.environ, **SILENT},
        capture_output=True,
        text=True,
        timeout=START,
        check=False,
    )
    found = json.loads(done.stdout)
    rows = [f"{row['ruleId']}: {row['message']}" for row in found["problems"] if row["severity"] == severity]
    assert severity != "error" or (done.returncode != 0) == bool(rows), done.stderr
    return rows


@EVERY
@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json", "arazzo.json"])
def test_redocly_finds_every_document_valid(npm_packages: None, folder: Path, name: str) -> None:
    assert problems(folder / name) == []


@EVERY
def test_redocly_does_not_even_warn_of_the_arazzo_document(npm_packages: None, folder: Path) -> None:
    assert problems(folder / "arazzo.json", "warn") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"action": "receive"', '"action": "recieve"'),
        ('"type": "asyncapi"', '"type": "async"'),
        ('"timeout": 10000', '"timeout": "soon"'),
        ('"stepId": "participants_updated"', '"stepId": "status_change"'),
        ('"stepId": "call",', ""),
        ('"condition": "$response', '"criterion": "$response'),
    ],
)
def test_redocly_refuses_a_damaged_arazzo_document(npm_packages: None, copy: Path, old: str, new: str) -> None:
    assert problems(edit(copy / "arazzo.json", old, new))


# ---- Prism: a mock of somebody else's, from our OpenAPI document ----------------------------------------------------


@pytest.fixture
def prism(npm_packages: None) -> Iterator[Callable[[Path], str]]:
    """Starts Prism with a document; its URL. Fails the test, with what Prism said, if it does not listen."""
    running: list[subprocess.Popen[str]] = []

    def start(file: Path) -> str:
        process = subprocess.Popen(
            [str(HERE / "node_modules" / ".bin" / "prism"), "mock", str(file), "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=overhear, args=(process, lines), daemon=True).start()
        said = []
        while line := lines.get(timeout=START):
            said.append(line)
            if found := re.search(r"listening on (http://\S+)", line):
                return found[1]
        pytest.fail("".join(said), pytrace=False)

    yield start
    for process in running:
        process.kill()
        process.wait()


def overhear(process: subprocess.Popen[str], lines: queue.SimpleQueue[str]) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.put(line)
    lines.put("")


def posted(url: str, body: object, account: tuple[str, str] | None = ("agent", "secret")) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{url}/api/v2/me/chats/0000Na9B26EF002X", json=body, auth=account, timeout=GUARD)


def test_a_mock_made_of_the_openapi_document_answers_an_accept_and_refuses_what_is_none(
    prism: Callable[[Path], str],
) -> None:
    url = prism(ACCEPT / "openapi.json")
    accepted = posted(url, {"operationName": "Accept", "nickname": "Marat"})
    assert (accepted.status_code, accepted.json()) == (200, {"statusCode": 0})
    wrong: tuple[object, ...] = (
        {"operationName": "Accept"},
        {"operationName": "accept", "nickname": "Marat"},
        {"nickname": 7},
        [],
    )
    for body in wrong:
        refused = posted(url, body)
        assert refused.status_code == 422
        assert refused.json()["statusCode"] in load().codes("8.5.2") - {0}
    assert posted(url, load().sample("request"), account=None).status_code == 401


def test_a_mock_made_of_a_damaged_document_lets_a_wrong_request_by(prism: Callable[[Path], str], copy: Path) -> None:
    edit(copy / "schemas" / "request.json", '"nickname",\n    "operationName"', '"operationName"')
    assert posted(prism(copy / "openapi.json"), {"operationName": "Accept"}).json() == {"statusCode": 0}
