"""Many nights on one page: which are found, what is told of them, and that the page is the same for the same nights."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gws_contract import cli
from gws_contract.report import history_page
from gws_contract.report.history import gather

from .filing import ARRIVES, INFERRED, ORDER, broke, filed, leave, not_asked, says, timed


def night(day: int, *clauses: dict[str, Any], **members: Any) -> dict[str, Any]:
    return filed(*clauses, started=f"2026-11-{day:02}T02:00:00+00:00", **members)


@pytest.fixture
def nights(tmp_path: Path) -> Path:
    """Three nights: good, broken, good again; in folders whose names are in another order."""
    leave(tmp_path / "b", night(1))
    leave(tmp_path / "deep" / "a", night(2, broke(broken=3)))
    leave(tmp_path / "c", night(3, broke(INFERRED, advisory=True)))
    return tmp_path


def page_of(folder: Path, nights: int = 30, page: Path | None = None) -> str:
    return history_page.render(gather(folder, nights), folder, page or folder / "history.html")


class Table(HTMLParser):
    """The rows of the matrix: what stands in each cell."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._row: list[str] | None = None
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._inside = self._inside or (tag == "table" and ("class", "matrix") in attributes)
        if self._inside and tag == "tr":
            self._row = []
        elif self._inside and self._row is not None and tag in ("td", "th"):
            self._row.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._inside = False
        elif self._inside and self._row is not None and tag == "tr":
            self.rows.append([cell.strip() for cell in self._row])
            self._row = None

    def handle_data(self, data: str) -> None:
        if self._inside and self._row:
            self._row[-1] += data


# ---- which nights ---------------------------------------------------------------------------------------------------


def test_nights_are_in_the_order_of_their_beginning_the_latest_first(nights: Path) -> None:
    (course,) = gather(nights, 30).courses
    assert [each.folder for each in course.nights] == ["c", "deep/a", "b"]
    assert [each.since and each.since.status for each in course.nights] == [0, 1, None]


def test_only_the_last_nights_are_shown_and_the_first_of_them_is_compared_too(nights: Path) -> None:
    (course,) = gather(nights, 2).courses
    assert [each.folder for each in course.nights] == ["c", "deep/a"]
    since = course.nights[-1].since
    assert since is not None
    assert since.status == 1
    assert course.earlier == 1


def test_each_server_has_a_course_of_its_own(nights: Path) -> None:
    other = night(4)
    other["target"]["name"] = "another server"
    leave(nights / "other", other)
    found = gather(nights, 30).courses
    assert [(course.server, len(course.nights)) for course in found] == [("another server", 1), ("a server", 3)]
    assert found[0].nights[0].since is None


def test_what_is_no_certificate_is_named_and_skipped(nights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (nights / "torn").mkdir()
    (nights / "torn" / "certificate.json").write_text("{")
    (nights / "folder" / "certificate.json").mkdir(parents=True)
    assert cli.main(["history", str(nights)]) == 0
    said = capsys.readouterr()
    assert "gws-contract: skipped: torn/certificate.json cannot be read: " in said.err
    assert "gws-contract: skipped: folder/certificate.json is no file." in said.err
    assert said.out.startswith("a server, 3 nights, conformant: Nothing newly broken; 1 newly broken, advisory")
    text = (nights / "history.html").read_text("utf-8")
    assert "<code>torn/certificate.json</code> cannot be read: " in text


def test_a_name_with_a_line_break_stays_one_line(nights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leave(nights / "a\nb", [])
    assert cli.main(["history", str(nights)]) == 0
    assert "skipped: a\\nb/certificate.json is no certificate of gws-contract.\n" in capsys.readouterr().err


def test_a_link_to_a_folder_is_not_followed(nights: Path) -> None:
    (nights / "loop").symlink_to(nights)
    assert len(gather(nights, 30).courses[0].nights) == 3


# ---- the page -------------------------------------------------------------------------------------------------------


def test_the_matrix_says_every_verdict_in_words(nights: Path) -> None:
    head, *rows = Table(page_of(nights)).rows
    assert head == ["Clause", "2026-11-03 02:00", "2026-11-02 02:00", "2026-11-01 02:00"]
    cells = {row[0]: row[1:] for row in rows}
    assert cells[ORDER] == ["✓kept (25 chats)", "✗broken (3 of 25 chats)", "✓kept (25 chats)"]
    assert cells[INFERRED][0] == "✗broken, advisory (25 of 25 chats)"
    assert set(cells[ARRIVES]) == {"✓kept (25 chats)"}


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (says("inconclusive", by_source={}), "?inconclusive"),
        (says("not testable", by_source={}), "–not testable"),
        (says("harness error", by_source={}), "!harness error"),
        (broke(verdict="deviation"), "◆deviation (25 of 25 chats)"),
        (not_asked(), "not judged"),
    ],
)
def test_every_verdict_has_a_mark_of_its_own(tmp_path: Path, clause: dict[str, Any], words: str) -> None:
    leave(tmp_path / "1", night(1))
    leave(tmp_path / "2", night(2, clause))
    assert next(row for row in Table(page_of(tmp_path)).rows if row[0] == ORDER)[1] == words


def test_what_is_advisory_is_marked_as_broken_where_the_run_was_strict(tmp_path: Path) -> None:
    leave(tmp_path / "1", night(1, broke(INFERRED, advisory=True)))
    leave(tmp_path / "2", night(2, broke(INFERRED, advisory=True), strict=True))
    text = page_of(tmp_path)
    assert text.count('class="i advisory"') == 2, "the legend and one night"
    assert text.count('class="i broken"') == 2, "the legend and the other"


def test_a_clause_that_only_some_nights_knew_has_empty_cells(tmp_path: Path) -> None:
    other = night(2)
    next(row for row in other["clauses"] if row["id"] == ORDER)["id"] = "accept.brand-new"
    leave(tmp_path / "1", night(1))
    leave(tmp_path / "2", other)
    cells = {row[0]: row[1:] for row in Table(page_of(tmp_path)).rows}
    assert cells["accept.brand-new"] == ["✓kept (25 chats)", "not in the contract"]
    assert cells[ORDER] == ["not in the contract", "✓kept (25 chats)"]


def test_nights_alike_are_told_in_one_line(nights: Path) -> None:
    text = page_of(nights)
    section = text.partition(f'id="c1-{ARRIVES}">')[2].partition("</section>")[0]
    assert "<li>2026-11-01 02:00 to 2026-11-03 02:00, 3 nights: kept (25 chats) the last time</li>" in section
    section = text.partition(f'id="c1-{ORDER}">')[2].partition("</section>")[0]
    assert section.count("<li>") == 3


def test_every_link_leads_somewhere(nights: Path) -> None:
    (nights / "c" / "certificate.html").write_text("x")
    text = page_of(nights)
    links = re.findall(r'href="([^"]*)"', text)
    assert "c/certificate.html" in links
    names = set(re.findall(r'id="([^"]*)"', text))
    for link in links:
        assert link.removeprefix("#") in names if link.startswith("#") else (nights / link).is_file(), link


def test_a_link_leads_from_where_the_page_lies(nights: Path) -> None:
    (nights / "deep" / "a" / "certificate.html").write_text("x")
    elsewhere = nights.parent / "pages of mine" / "history.html"
    assert f'href="../{nights.name}/deep/a/certificate.html"' in page_of(nights, page=elsewhere)


def test_where_only_the_root_is_above_both_there_is_no_link(nights: Path) -> None:
    (nights / "c" / "certificate.html").write_text("x")
    far = Path("/somewhere-else/history.html")
    assert "certificate.html" not in page_of(nights, page=far)


def test_the_median_of_every_night_is_drawn_with_a_gap_where_there_is_none(tmp_path: Path) -> None:
    latencies = filed()["latencies"]
    for day, row in enumerate((timed(0.1), timed(0.2), {"chats": 0, "quantiles": []}, timed(0.4)), 1):
        leave(tmp_path / str(day), night(day, latencies=latencies | {"StatusChange": row}))
    (curve,) = [
        c for c in history_page._curves(gather(tmp_path, 9).courses[0].nights[::-1]) if c.what == "StatusChange"
    ]
    assert (curve.latest, curve.fastest, curve.slowest) == ("0.400 s", "0.100 s", "0.400 s")
    assert curve.lines == ("4,31.8 81.3,23.6",)
    assert curve.dots == ((236.0, 7.3),)
    assert 'aria-label="StatusChange: medians between 0.100 s and 0.400 s, the latest 0.400 s"' in page_of(tmp_path)


def test_a_server_that_answers_at_once_is_drawn_too(tmp_path: Path) -> None:
    leave(tmp_path, night(1, latencies={what: timed(0.0) for what in filed()["latencies"]}))
    assert 'class="curve"' in page_of(tmp_path)


def test_a_hostile_certificate_stays_text(tmp_path: Path) -> None:
    bad = '"><script>alert(1)</script>{{ 7*7 }}\x1b\ud800'
    data = night(2, broke(quote=bad, reason=bad), headline=bad)
    data["target"]["name"] = bad
    leave(tmp_path / "<img src=x>", data)
    (tmp_path / "<img src=x>" / "certificate.html").write_text("x")
    text = page_of(tmp_path)
    text.encode("utf-8")
    assert "<script" not in text
    assert "<img" not in text
    assert html.escape('"><script>', quote=False).replace('"', "&#34;") in text
    assert 'href="%3Cimg%20src%3Dx%3E/certificate.html"' in text
    assert "\x1b" not in text
    assert "{{ 7*7 }}" in text


def test_the_same_nights_give_the_same_bytes_wherever_they_lie(
    nights: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("elsewhere")
    for name, data in (("c", night(3, broke(INFERRED, advisory=True))), ("deep/a", night(2, broke(broken=3)))):
        leave(other / name, data)
    leave(other / "b", night(1))
    assert page_of(nights) == page_of(other)
    assert str(nights) not in page_of(nights)


def test_the_page_loads_nothing(nights: Path) -> None:
    text = page_of(nights)
    assert re.findall(r"<(?:script|link|img|iframe|object)\b", text) == []
    assert re.findall(r"""(?:src|url\(|@import)\s*=?\s*["']?http""", text) == []


# ---- the command ----------------------------------------------------------------------------------------------------


def test_the_page_is_written_where_it_is_asked_for(
    nights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "new" / "page.html"
    assert cli.main(["history", str(nights), "--out", str(page), "--nights", "1"]) == 0
    assert "2 earlier nights are left out." in page.read_text("utf-8")
    assert capsys.readouterr().out.splitlines()[-1] == str(page)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{}/missing"], "missing is no folder."),
        (["{}"], "There is no certificate below {}."),
        (["{}", "--nights", "0"], "--nights must be 1 or more."),
    ],
)
def test_what_cannot_work_is_usage(
    tmp_path: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["history", *(word.format(tmp_path) for word in words)]) == 4
    assert sentence.format(tmp_path) in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_usage(nights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["history", str(nights), "--out", str(nights)]) == 4
    assert "cannot be written: Is a directory." in capsys.readouterr().err
