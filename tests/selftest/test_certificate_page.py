"""certificate.html: what it says, what it may never say, and that it is harmless."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markupsafe import Markup

from gws_contract.contract import load
from gws_contract.report import certificate_page, leaves, pages
from gws_contract.report.certificate import certificate
from gws_contract.report.docket import Docket
from gws_contract.scenario import Say, Scenario

from .conversations import BYSTANDER, FOOTER, HEADER, LOG, PEOPLE, STATUS, Chat, performed
from .dockets import FLOOR, GOOD, ORDER, declared, judged, of_every_kind, turned

EVIL = '</script><script>alert(1)</script>"><img src=x onerror=alert(1)>\u202egnp.\x1b[31m\ud800'
VOID = {"meta", "img", "br", "input", "link", "hr"}


class Page(HTMLParser):
    """A page, read strictly: every element that is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        """Everything that is read, in one line."""
        return " ".join(" ".join(self.words).split())

    def having(self, name: str) -> list[str]:
        """The values of an attribute."""
        return [attributes[name] or "" for _, attributes in self.elements if name in attributes]


def page(docket: Docket) -> Page:
    return Page(certificate_page.render(docket))


@pytest.fixture(scope="module")
def broken() -> Docket:
    return judged(turned(GOOD))


@pytest.fixture(scope="module")
def good() -> Docket:
    return judged()


# ---- what it says ---------------------------------------------------------------------------------------------------


def test_the_verdict_stands_at_the_top_in_one_sentence(good: Docket) -> None:
    text = page(good).text
    assert "conformant a server: conformant (" in text
    assert certificate_page.render(good).startswith("<!doctype html>\n")
    assert good.headline in text


def test_every_row_of_the_page_is_there_in_its_order_with_quote_strength_and_verdict(broken: Docket) -> None:
    rendered = page(broken)
    ids = [each for each in rendered.having("id") if each.startswith("accept.")]
    assert ids == [clause.id for clause in load().clauses]
    source = " ".join(html.unescape(certificate_page.render(broken)).split())
    for row in certificate(broken)["clauses"]:
        start = source.index(f'id="{row["id"]}"')
        about = re.sub("<[^>]*>", " ", source[start : start + 2500])
        assert row["verdict"] in about, row["id"]
        assert (row["strength"] or "") in about, row["id"]
    for clause in load().clauses:
        assert " ".join(clause.quote.split("\n", 1)[0].split()) in source, clause.id


def test_every_quote_links_to_its_words_on_the_page(good: Docket) -> None:
    links = [link for link in page(good).having("href") if link.startswith("http")]
    quotes = {(clause.section, clause.quote) for clause in load().clauses}
    assert len(links) > len(quotes)
    assert all(link.startswith(load().url) for link in links)
    assert f"{load().url}#:~:text=Here%20are%20the%20list%20of%20notifications%20received%20after%20accepting" in links
    assert f"{load().url}#:~:text=agent%20nickname%20as%20will%20be%20seen%20by%20customer" in links


def test_every_link_into_the_page_has_a_target(broken: Docket) -> None:
    rendered = page(broken)
    targets = rendered.having("id")
    assert len(targets) == len(set(targets))
    assert {link[1:] for link in rendered.having("href") if link.startswith("#")} <= set(targets)


def test_a_broken_clause_shows_documented_beside_received_and_the_frames(broken: Docket) -> None:
    rendered = page(broken)
    shown = [each for each in rendered.having("aria-label") if each.startswith(("Documented", "Received"))]
    assert len(shown) == 2
    assert "Received in chat 22: ParticipantsUpdated, StatusChange Chatting (out of order), NewMessages" in shown
    assert '"notificationType": "ParticipantsUpdated"' in rendered.text
    assert f"gws-contract certify {ORDER}.json" in rendered.text


def test_a_chat_that_broke_several_clauses_is_shown_once() -> None:
    both = turned(GOOD).edited(LOG, lambda payload: payload.update(messageType="Other"))
    rendered = page(judged(both))
    assert len(rendered.having("id")) == len(set(rendered.having("id")))
    assert [each for each in rendered.having("id") if each.startswith("chat-")] == ["chat-22"]
    assert f"chat 22, shown with {ORDER}" in rendered.text


def test_a_declared_deviation_is_told_with_its_chat_and_what_was_declared() -> None:
    text = page(judged(turned(GOOD), header=declared())).text
    assert "The participants come first. (GWS-1234, until 2026-01-02)" in text
    assert "Received in chat 22" in text


def test_what_was_not_tested_stands_there_with_its_reason(good: Docket) -> None:
    text = page(good).text
    for clause in load().clauses:
        if clause.not_tested:
            assert clause.not_tested in text


def test_it_says_what_was_judged_against_what_and_how(good: Docket) -> None:
    text = page(good).text
    for words in (HEADER.suite, HEADER.contract, f"seed {HEADER.seed}", HEADER.depth, "2026-01-02 03:04:05 UTC"):
        assert words in text
    for sentence in certificate(good)["means_not"]:
        assert sentence in text


def test_what_is_undecided_stands_near_the_top_with_its_reason() -> None:
    rendered = page(of_every_kind()["undecided"])
    assert rendered.having("id").index("undecided") < rendered.having("id").index("clauses")
    assert "What is undecided a disturbance of the CometD session may have caused it accept.status-change.arrives" in (
        rendered.text
    )


def test_how_to_get_the_same_chats_is_told() -> None:
    assert f"gws-contract certify --depth quick --chats {FLOOR} --seed 7" in page(judged(header={"seed": 7})).text
    kept = judged(header={"depth": "certify", "scenarios": "ab" * 32})
    assert "gws-contract certify --depth certify ," in page(kept).text
    given = judged(header={"scenarios": "cd" * 32}, given=True)
    assert f"the file of scenarios with the sha256 {'cd' * 32}" in page(given).text


def test_a_server_that_was_not_verified_is_warned_of() -> None:
    assert "it may have been anybody's" in page(judged(header={"insecure": True})).text


def test_a_start_that_is_no_time_is_shown_as_it_is() -> None:
    assert "Run 2026-01-02 ," in page(judged(header={"started": "2026-01-02"})).text.replace(" 00:00:00 UTC", " ")


# ---- what it never says ---------------------------------------------------------------------------------------------

KINDS = of_every_kind()


@pytest.mark.parametrize("kind", KINDS)
def test_no_other_run_can_be_taken_for_conformant(kind: str) -> None:
    """Wherever the word stands, `not` stands before it."""
    rendered = page(KINDS[kind])
    assert KINDS[kind].conclusion.verdict != "conformant"
    assert KINDS[kind].headline in rendered.text
    everything = rendered.text + " ".join(value or "" for _, each in rendered.elements for value in each.values())
    assert re.findall(r"(?i)(?<!not )\bconformant\b", everything) == []


@pytest.mark.parametrize("kind", ["cut off", "interrupted", "too few", "filtered", "no clause"])
def test_a_run_that_is_not_whole_says_at_the_top_that_nothing_is_certified(kind: str) -> None:
    begin = page(KINDS[kind]).text[:800]
    assert "othing is certified" in begin


# ---- that it is harmless, and the same every time ------------------------------------------------------------------


def hostile() -> Docket:
    chat = performed(Scenario(customer="Jo " + EVIL[:60].replace("\x1b", ""), agent="Kim"))
    answer = json.dumps({"statusCode": 0, "more": EVIL[:-1]}, ensure_ascii=False) + "\udc80"
    chat = turned(chat).edited(STATUS, lambda p: p["chat"].update(uri=EVIL)).answered("say-after", EVIL[:-1])
    chat = chat.plus(replace(chat.accept, step="look", sent=chat.accept.sent + 0.01, answer=answer))
    return judged(
        chat.later({"notificationType": STATUS, "chat": {"id": EVIL, "state": EVIL}}, agent=BYSTANDER),
        header={"target": EVIL, "target_version": EVIL, "notes": (EVIL,)},
        footer=replace(FOOTER, ended="interrupted", detail=EVIL, lacks=(EVIL,)),
        again=f"gws-contract certify '{EVIL}' ",
    )


def test_whatever_a_server_answers_is_only_text() -> None:
    rendered = page(hostile())
    assert rendered.having("id").count("chat-22") == 1, "there is a chat to be shown"
    assert not {"script", "img"} & {tag for tag, _ in rendered.elements}
    assert not [name for _, each in rendered.elements for name in each if name.startswith("on")]
    assert "</script><script>alert(1)" in rendered.text


def test_no_character_steers_who_reads_it() -> None:
    source = certificate_page.render(hostile())
    assert [c for c in source if not c.isprintable() and c != "\n"] == []
    assert "\\u202egnp" in source
    source.encode("utf-8")


@pytest.mark.parametrize("name", ["good", "broken"])
def test_nothing_is_loaded_from_elsewhere(name: str, request: pytest.FixtureRequest) -> None:
    source = certificate_page.render(request.getfixturevalue(name))
    rendered = Page(source)
    assert not {"script", "link", "iframe", "object", "img", "base"} & {tag for tag, _ in rendered.elements}
    assert not rendered.having("src")
    assert "url(" not in source
    assert "@import" not in source


def test_the_same_run_gives_the_same_page_to_the_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        certificate_page.write(judged(turned(GOOD)), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_it_is_one_of_the_files_that_a_run_leaves(tmp_path: Path, broken: Docket) -> None:
    leaves.WRITERS[leaves.PAGE](broken, tmp_path / leaves.PAGE)
    assert (tmp_path / "certificate.html").read_text("utf-8") == certificate_page.render(broken)
    leaves.clear(tmp_path)
    assert not (tmp_path / "certificate.html").exists()


def wordy(number: int, kind: str, member: str) -> Chat:
    """A chat of some 40 long frames that breaks a clause of its own."""
    chat = performed(Scenario(agent=f"Kim {number}", before=(Say("Hello"),) * 40), number=number)
    said = chat.answered("say", json.dumps({"statusCode": 0, "more": "x" * 5_000}))
    return said.edited(kind, lambda payload: payload.update({member: 7}))


def test_frames_are_bounded_however_many_and_long_they_are() -> None:
    members = ("messageType", "referenceId", "notificationType")
    wrong = [wordy(1, kind, member) for kind in (STATUS, PEOPLE, LOG) for member in members]
    wrong += [wordy(1, "no kind", "").answered("accept", status=202)]
    wrong += [wordy(1, "no kind", "").answered("accept", headers={"content-type": "text/html"})]
    docket = judged(*wrong)
    found = {
        row["first_counter_example"]["chat"] for row in certificate(docket)["clauses"] if row["first_counter_example"]
    }
    assert len(found) == 8
    frames = re.findall(r'<div class="frame">(.*?)</div>', certificate_page.render(docket), re.DOTALL)
    sizes = [len(html.unescape(re.sub("<[^>]*>", "", frame))) for frame in frames]
    assert 200_000 < sum(sizes) < 260_000
    assert max(sizes) < 2_000


def test_frames_of_one_chat_leave_room_for_those_of_others() -> None:
    frames = certificate_page.exhibit(wordy(1, LOG, "messageType").conversation, 40_000).frames
    source = certificate_page.render(judged(wordy(1, LOG, "messageType")))
    assert source.count('<div class="frame">') == len(frames.shown)
    assert frames.left_out > 5


def test_a_template_that_asks_for_what_nobody_gave_is_an_error() -> None:
    with pytest.raises(Exception, match="is undefined"):
        pages.render("certificate.html")


def test_markup_of_ours_is_left_as_it_is() -> None:
    assert pages._harmless(Markup("<b>\u202e</b>")) == "<b>\u202e</b>"
    assert pages._harmless("a\u202e") == "a\\u202e"
