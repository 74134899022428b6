"""certificate.pdf on demand: said before the run if it cannot be made, and never a traceback after it."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gws_contract.certification import Certification
from gws_contract.cli import main
from gws_contract.journal import JournalWriter
from gws_contract.report import leaves, pdf
from gws_contract.stage.target import UsageError
from gws_contract.wish import Wish

from .conversations import PLAIN, journal_of, performed
from .dockets import of, turned

CHAT = turned(performed(PLAIN))


class Press:
    """Stands for WeasyPrint, which not every environment has; tests/browser uses the real one."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble = trouble
        self.asked: dict[str, Any] = {}

    def HTML(self, **asked: Any) -> SimpleNamespace:  # noqa: N802 - its name there
        self.asked = asked
        return SimpleNamespace(write_pdf=self._write)

    def _write(self, path: Path) -> None:
        if self.trouble:
            raise self.trouble
        path.write_bytes(b"%PDF")


def write_reports(certification: Certification) -> list[str]:
    """The reports of a run that left one chat."""
    with contextlib.closing(JournalWriter(certification.folder / leaves.JOURNAL)) as journal:
        for record in journal_of(CHAT):
            journal.write(record)
    return certification.write_reports(of(CHAT))


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Press:
    press = Press()
    monkeypatch.setitem(sys.modules, "weasyprint", press)
    return press


def test_without_the_extra_it_is_said_in_one_sentence_before_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match=r"^--pdf needs the extra pdf: pip install 'gws-contract\[pdf\]'\.$"):
        Certification(Wish(mock="", pdf=True), {}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_the_command_cannot_work_as_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    monkeypatch.chdir(tmp_path)
    assert main(["certify", "--mock", "--pdf", "--plan"]) == 4
    assert capsys.readouterr().err == "gws-contract: --pdf needs the extra pdf: pip install 'gws-contract[pdf]'.\n"


def test_a_system_without_pango_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoPango:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'\nand much more")

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoPango(), *sys.meta_path])
    with pytest.raises(UsageError, match=r"cannot load here \(cannot load library 'libpango-1\.0-0'\)\.$"):
        pdf.at_hand()


def test_a_run_that_asks_for_it_leaves_it_and_the_next_one_clears_it(press: Press, tmp_path: Path) -> None:
    certification = Certification(Wish(mock="", pdf=True, report_dir="out"), {}, tmp_path)
    certification.begin()
    write_reports(certification)
    assert (tmp_path / "out" / "certificate.pdf").read_bytes() == b"%PDF"
    assert "not conformant" in press.asked["string"]
    leaves.clear(tmp_path / "out")
    assert not (tmp_path / "out" / "certificate.pdf").exists()


def test_a_run_that_does_not_ask_for_it_leaves_none(press: Press, tmp_path: Path) -> None:
    certification = Certification(Wish(mock="", report_dir="out"), {}, tmp_path)
    certification.begin()
    write_reports(certification)
    assert not (tmp_path / "out" / "certificate.pdf").exists()
    assert press.asked == {}


def test_nothing_is_fetched_for_it(press: Press, tmp_path: Path) -> None:
    pdf.write(of(CHAT), tmp_path / pdf.NAME)
    with pytest.raises(ValueError, match="asks for http"):
        press.asked["url_fetcher"]("http://elsewhere.example.com/")


def test_if_it_fails_all_the_rest_is_written_and_a_sentence_says_so(press: Press, tmp_path: Path) -> None:
    press.trouble = AssertionError("no page")
    certification = Certification(Wish(mock="", pdf=True, report_dir="out"), {}, tmp_path)
    certification.begin()
    (remark,) = write_reports(certification)
    assert remark == "No certificate.pdf was made: AssertionError of WeasyPrint, no page."
    assert (tmp_path / "out" / "certificate.html").exists()
    assert (tmp_path / "out" / leaves.SEAL).exists()
