"""Journals packed when they are closed are read as the plain ones are."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract import filed, shards, shelf
from gws_contract.check import shipped
from gws_contract.evidence import assemble
from gws_contract.journal import JournalError, read
from gws_contract.report.certificate import certificate
from gws_contract.report.docket import judge

from .test_filed import JOURNAL, line_of, written

patiently = settings(deadline=None, max_examples=30)


def packed(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return shards.pack(path)


def test_a_packed_journal_holds_what_the_plain_one_held_and_takes_its_place(tmp_path: Path) -> None:
    path = written(tmp_path / "journal-1.ndjson", JOURNAL)
    plain = path.read_bytes()
    where = shards.pack(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["journal-1.ndjson.gz"]
    assert gzip.decompress(where.read_bytes()) == plain
    assert list(read(where)) == list(JOURNAL)


def test_the_same_journal_packs_to_the_same_bytes_whatever_its_name_and_time(tmp_path: Path) -> None:
    one, other = (written(tmp_path / name, JOURNAL) for name in ("journal-1.ndjson", "journal-2.ndjson"))
    os.utime(other, (1, 1))
    packed = shards.pack(one).read_bytes()
    assert packed == shards.pack(other).read_bytes()
    assert packed[3:8] == bytes(5), "neither a name nor a time"


def test_what_cannot_be_packed_stays_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path / "journal-1.ndjson", JOURNAL)
    (tmp_path / "journal-1.ndjson.gz.part").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        shards.pack(path)
    assert list(read(path)) == list(JOURNAL)


def test_a_packed_journal_is_judged_as_the_plain_one(tmp_path: Path) -> None:
    path = written(tmp_path / "journal-1.ndjson", JOURNAL)
    plain = certificate(judge(path, shipped()))
    assert json.dumps(certificate(judge(shards.pack(path), shipped()))) == json.dumps(plain)


@given(st.data())
@patiently
def test_of_a_packed_journal_that_was_cut_what_is_whole_is_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = written(tmp_path_factory.mktemp("cut") / "journal-1.ndjson", JOURNAL)
    where = shards.pack(path)
    whole = where.read_bytes()
    where.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    found = list(read(where))
    assert found == list(JOURNAL[: len(found)])


@pytest.mark.parametrize("length", [0, 1, 2, 9])
def test_of_a_packed_journal_that_was_cut_at_its_very_beginning_nothing_is_read(tmp_path: Path, length: int) -> None:
    path = packed(tmp_path / "journal-1.ndjson", b"".join(map(line_of, JOURNAL)))
    path.write_bytes(path.read_bytes()[:length])
    assert list(read(path)) == []


def test_of_a_packed_journal_that_lost_its_end_hardly_anything_is_missing(tmp_path: Path) -> None:
    path = packed(tmp_path / "journal-1.ndjson", b"".join(map(line_of, JOURNAL)))
    path.write_bytes(path.read_bytes()[:-8])
    assert list(read(path)) == list(JOURNAL), "only its checksum is missing"


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "other bytes in the middle": lambda data: data[:200] + bytes(40) + data[240:],
    "a checksum that is another": lambda data: data[:-8] + bytes(4) + data[-4:],
    "no gzip": lambda data: b"hello\n",
    "something behind it": lambda data: data + b"hello\n",
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("reader", [lambda path: list(read(path)), filed.evidence], ids=["read", "judged"])
def test_a_damaged_journal_is_refused_with_a_sentence(
    tmp_path: Path, damage: str, reader: Callable[[Path], object]
) -> None:
    path = packed(tmp_path / "journal-1.ndjson", b"".join(map(line_of, JOURNAL)))
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(
        JournalError, match=r"^The journal .+journal-1\.ndjson\.gz cannot be read: it is damaged \(.+\)\.$"
    ):
        reader(path)


def test_what_unpacks_to_more_than_any_journal_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "_AT_LEAST", 1000)
    monkeypatch.setattr(shards, "_RATIO", 100)
    path = packed(tmp_path / "journal-1.ndjson", bytes(10_000_000))
    with pytest.raises(JournalError, match="cannot be read: it unpacks to more than any journal"):
        filed.evidence(path)


@pytest.mark.parametrize("name", ["journal-1.ndjson", "journal-1.ndjson.gz"])
def test_a_journal_that_is_not_there_is_told_as_such(tmp_path: Path, name: str) -> None:
    with pytest.raises(JournalError, match=rf"^The journal .+{name} cannot be read: No such file or directory\.$"):
        filed.evidence(tmp_path / name)


def test_shards_are_found_by_their_names_and_counted_by_their_numbers() -> None:
    lying = ["journal-10.ndjson.gz", "journal-2.ndjson", "journal-1.ndjson.gz", "journal-x.ndjson", "journal.ndjson"]
    lying += ["journal-2.ndjson.gz", "journal-3.ndjson.gz.part", "certificate.json"]
    found = ["journal-1.ndjson.gz", "journal-2.ndjson", "journal-10.ndjson.gz"]
    assert shards.shards(lying) == found, "of one that is being packed the plain file"


FULL = """
import resource, sys
from pathlib import Path
from gws_contract import filed, shelf
from gws_contract.evidence import assemble
from gws_contract.journal import JournalError
shelf._BUFFERED, shelf._IN_MEMORY = 16, 64
before = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (512, before[1]))
try:
    filed.evidence(Path(sys.argv[1]))
except JournalError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, before)  # for whoever measures this process
"""


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_disk_that_is_full_is_told_in_a_sentence(tmp_path: Path, is_packed: bool) -> None:
    """Here for want of room in a file: the process may write none that is longer."""
    path = written(tmp_path / "journal-1.ndjson", JOURNAL)
    path = shards.pack(path) if is_packed else path
    ran = subprocess.run([sys.executable, "-c", FULL, path], check=True, capture_output=True, text=True)
    assert ran.stdout == "There is no room for the temporary files that judging takes: File too large.\n"
    assert ran.stderr == ""


@pytest.mark.parametrize("waiting", [1, 2, 7, 2**16])
def test_lines_that_lie_far_apart_come_together_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: int
) -> None:
    monkeypatch.setattr(shelf, "_BUFFERED", waiting)
    path = written(tmp_path / "journal-1.ndjson", JOURNAL)
    found, known = filed.evidence(path).conversations, assemble(JOURNAL).conversations
    assert [one.exchanges for one in found] == [one.exchanges for one in known]
    assert [one.notifications for one in found] == [one.notifications for one in known]
