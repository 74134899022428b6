"""A certificate is read back strictly: anything may have become of its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gws_contract.report import readback
from gws_contract.report.readback import ReadbackError

from .filing import ORDER, broke, leave, timed
from .filing import filed as certificate


def changed(path: list[str | int], value: object) -> dict[str, Any]:
    """A certificate with another value at a path."""
    data = certificate()
    *steps, last = path
    inner: Any = data
    for step in steps:
        inner = inner[step]
    inner[last] = value
    return data


def test_a_report_directory_stands_for_its_certificate(tmp_path: Path) -> None:
    folder = leave(tmp_path, certificate(broke()))
    assert readback.read(folder) == readback.read(folder / "certificate.json")
    row = readback.read(folder).rows[ORDER]
    assert (row.verdict, row.drawn.broken, row.drawn.chats) == ("broken", 25, 25)


def test_what_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        readback.read(tmp_path)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "is no certificate of gws-contract"),
        ({"verdict": "kept"}, "is no certificate of gws-contract"),
        ({"format": "gws-contract-certificate/2"}, "has the format gws-contract-certificate/2, and not"),
        ({"format": "gws-contract-certificate/1"}, "is no certificate: "),
        (changed(["clauses", 0, "verdict"], "fine"), r"is no certificate: clauses\[0\].verdict 'fine' is not one of"),
        (changed(["clauses", 1, "id"], "accept.page.title"), "names a clause twice"),
        (changed(["started"], "last night"), "says that the run began 'last night', which is no date"),
        (changed(["latencies", "response"], {"chats": 1, "quantiles": [0.1]}), "has no 101 quantiles of response"),
        (changed(["latencies", "response", "quantiles"], [*range(101)][::-1]), "has no 101 quantiles of response"),
        (changed(["latencies", "response"], timed(1e9)), "has no 101 quantiles of response"),
        (certificate(broke(broken=3, chats=2, kept=0)), f"counts what cannot be in the chats of {ORDER}"),
        (certificate(broke(kept=10**9)), f"counts what cannot be in the chats of {ORDER}"),
        (certificate(broke(chats=10**9)), f"counts what cannot be in the chats of {ORDER}"),
    ],
)
def test_what_is_no_certificate_is_refused_in_a_sentence(data: object, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ReadbackError, match=sentence):
        readback.read(leave(tmp_path, data))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff{", "is not in UTF-8"),
        (b"{", "cannot be read: "),
        (b'{"format": NaN}', "cannot be read: NaN is not a JSON number"),
        (b"[" * 100_000, "cannot be read: "),
        (b"1" * 5000, "cannot be read: an integer of it has 5,000 digits"),
        (b" " * (32 * 2**20 + 1), "is larger than 32 MB"),
    ],
)
def test_hostile_bytes_are_refused_in_a_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "certificate.json").write_bytes(content)
    with pytest.raises(ReadbackError, match=sentence):
        readback.read(tmp_path)


def test_a_certificate_may_hold_more_than_an_answer_of_a_server(tmp_path: Path) -> None:
    moments = [{"at": 0.1, "text": "said"}] * 60_000
    example = {
        **dict.fromkeys(("documented", "received", "summary", "replay"), ""),
        "chat": 1,
        "exotic": False,
        "scenario": {},
        "timeline": moments,
    }
    assert (
        readback.read(leave(tmp_path, certificate(broke(first_counter_example=example)))).rows[ORDER].documented == ""
    )


def test_every_text_becomes_one_line_of_printable_letters() -> None:
    data = certificate(headline="a\n server:\x1b[31m \u202e\ud800conformant")
    data["target"]["name"] = "\x07" + "x" * 10_000
    found = readback.parse(json.loads(json.dumps(data)))
    assert found.headline == "a server:\\u001b[31m \\u202e\\ud800conformant"
    assert len(found.target) <= 2_000
    assert all(text.isprintable() for text in (found.target, *found.circumstances.values()))


def test_when_a_run_began_is_told_in_utc() -> None:
    assert readback.parse(certificate(started="2026-11-24T01:00:00+03:00")).date == "2026-11-23 22:00"
    assert readback.parse(certificate(started="2026-11-24T01:00:00")).date == "2026-11-24 01:00"
