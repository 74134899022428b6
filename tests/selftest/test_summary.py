"""The Markdown summary for the page of a CI job, read by a parser that links whatever looks like an address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from gws_contract.check import Check, shipped
from gws_contract.deviations import Deviation
from gws_contract.deviations import to_json as to_data
from gws_contract.evidence import assemble
from gws_contract.journal import Footer
from gws_contract.judge.finding import Broken, NotTestable
from gws_contract.report import leaves
from gws_contract.report.docket import Docket, judge_evidence
from gws_contract.report.summary import summary
from gws_contract.stage.drawing import SITUATIONS

from .conversations import FOOTER, HEADER, PLAIN, STATUS, Chat, evidence_of, journal_of, performed

ORDER = "accept.notifications.order"
ARRIVES = "accept.history.arrives"
GOOD = performed(PLAIN)
TURNED = GOOD.arriving(*(GOOD.payloads[n] for n in (1, 0, 2)), polls=[107, 108, 108])
KNOWN = Deviation(ORDER, "Until | release 9.", "GWS-1234", date(2027, 3, 31))
HOSTILE = (
    "| a | b |\n\n# head\n* item [link](https://evil.example/x) ![i](https://evil.example/i.png)"
    " <script>alert(1)</script> @somebody #12 :smile: https://evil.example www.evil.example me@evil.example `code`"
    " **bold** ~~gone~~ $x$ \\| &amp; &lt;"
)


def told(*chats: Chat, **how: Any) -> str:
    return summary(judge_evidence(evidence_of(*chats), shipped(), floor=1, **how))


def saying(words: str) -> Docket:
    def breaks(_: object) -> None:
        raise Broken(words, words)

    def is_open(_: object) -> None:
        raise NotTestable(words)

    return judge_evidence(evidence_of(GOOD), [Check(ORDER, breaks), Check(ARRIVES, is_open)], floor=1)


def declaring(deviation: Deviation, *chats: Chat, floor: int = 1) -> str:
    _, *records = journal_of(*chats)
    declared = replace(HEADER, deviations=(to_data(deviation),))
    return summary(judge_evidence(assemble([declared, *records]), shipped(), floor=floor))


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("gfm-like").parse(text):
        yield token
        yield from token.children or ()


def test_the_verdict_comes_first_then_the_headline() -> None:
    lines = told(TURNED).splitlines()
    assert lines[0] == "## gws-contract: not conformant"
    assert lines[2].startswith("a server: not conformant (")


def test_a_healthy_run_fits_a_screen() -> None:
    chats = [performed(scenario, number=n) for n, scenario in enumerate(SITUATIONS, 1)]
    assert len(told(*chats).splitlines()) <= 24


def test_a_broken_clause_stands_in_a_table_with_what_was_documented_and_received() -> None:
    (row,) = [line for line in told(TURNED).splitlines() if line.startswith(f"| `{ORDER}`")]
    assert row == (
        f"| `{ORDER}` | shown | 1 of 1 | <code>StatusChange, ParticipantsUpdated, NewMessages</code>"
        " | <code>ParticipantsUpdated (+0.010 s), StatusChange (+0.020 s), NewMessages (+0.020 s)</code> |"
    )


def test_an_advisory_break_is_called_so() -> None:
    exotic = performed(replace(PLAIN, agent="x" * 65))
    turned = exotic.arriving(*(exotic.payloads[n] for n in (1, 0, 2)), polls=[107, 108, 108])
    (row,) = [line for line in told(turned).splitlines() if line.startswith(f"| `{ORDER}`")]
    assert "| shown, advisory |" in row


def test_a_declared_deviation_has_a_heading_of_its_own() -> None:
    text = declaring(KNOWN, TURNED)
    assert "### Broken" not in text
    (row,) = [line for line in text.splitlines() if line.startswith(f"| `{ORDER}`")]
    assert text.index("### Declared deviations") < text.index(row)
    assert "| deviation | <code>Until &#124; release 9." in row
    assert "GWS-1234" in row
    assert "ParticipantsUpdated (+0.010 s)" in row


def test_an_expired_deviation_stands_beside_the_break() -> None:
    text = declaring(replace(KNOWN, expires=HEADER.day.replace(year=2020)), TURNED)
    assert "### Broken" in text
    assert f"| `{ORDER}` | expired |" in text


def test_what_is_out_of_date_is_told_under_the_deviations() -> None:
    chats = [performed(scenario, number=n) for n, scenario in enumerate(SITUATIONS, 1)]
    assert f"| `{ORDER}` | deviations file out of date |" in declaring(KNOWN, *chats, floor=len(chats))


def test_what_was_not_tested_is_one_row_for_each_reason() -> None:
    text = told(GOOD.dropping(STATUS).disturbed("poll-broken"))
    rows = [line for line in text.splitlines() if line.startswith(("| inconclusive", "| not testable"))]
    assert len({row.rpartition("<code>")[2] for row in rows}) == len(rows) > 2
    assert any(" more | " in row for row in rows)


def test_of_a_run_that_was_not_ready_only_the_trouble_is_told() -> None:
    footer = Footer(1.0, "not ready", 0, detail="Nobody | logs in at https://x.example.")
    text = summary(judge_evidence(evidence_of(GOOD, footer=footer), shipped(), floor=1))
    assert "<code>not ready: Nobody &#124; logs in at https&#58;//x.example.</code>" in text
    assert "| clause |" not in text
    assert "certificate.json" in text


def test_the_same_run_gives_the_same_summary() -> None:
    assert told(TURNED) == told(TURNED)


def test_what_a_server_says_makes_no_markup() -> None:
    text = summary(saying(HOSTILE))
    found = list(tokens(text))
    kinds = {token.type for token in found}
    assert not kinds & {"link_open", "image", "html_block", "strong_open", "s_open", "em_open", "bullet_list_open"}
    html = {token.content for token in found if token.type == "html_inline"}
    assert html == {"<code>", "</code>"}
    headings = [token.tag for token in found if token.type == "heading_open"]
    assert headings == ["h2", "h3", "h3"]
    words = "".join(token.content for token in found if token.type == "text")
    assert "[link](https://evil.example/x)" in words


def test_what_a_server_says_is_nowhere_but_in_code() -> None:
    """There no forge looks for mentions, references and emojis."""
    depth, outside = 0, []
    for token in tokens(summary(saying(HOSTILE))):
        if token.type == "html_inline":
            depth += 1 if token.content == "<code>" else -1
        elif token.type == "text" and not depth:
            outside.append(token.content)
    assert "evil" not in " ".join(outside)


def test_what_a_server_says_breaks_no_table() -> None:
    rows = [0]
    for token in tokens(summary(saying(HOSTILE))):
        if token.type == "tr_open":
            rows.append(0)
        rows[-1] += token.type in ("td_open", "th_open")
    assert rows == [0, *[4] * 2, *[5] * 2, *[3] * 2]


@pytest.mark.parametrize("text", ["\x1b[31m", "\u202eevil", "\ud83d"])
def test_what_steers_a_reader_is_spelled_out(text: str) -> None:
    shown = summary(saying(text))
    shown.encode("utf-8")
    assert text not in shown
    assert f"u{ord(text[0]):04x}" in shown


def test_a_long_text_is_cut() -> None:
    assert max(map(len, summary(saying("x" * 10_000)).splitlines())) < 1000


def test_a_run_leaves_a_summary(tmp_path: Path) -> None:
    docket = judge_evidence(evidence_of(TURNED, footer=FOOTER), shipped(), floor=1)
    leaves.WRITERS["summary.md"](docket, tmp_path / "summary.md")
    assert (tmp_path / "summary.md").read_text("utf-8") == told(TURNED)
