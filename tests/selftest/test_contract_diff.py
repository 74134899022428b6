"""What changed between two versions of a contract, and whom it breaks: every kind of change."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gws_contract.contract_diff.comparison import ContractDifference, compare
from gws_contract.contract_diff.shown import essence

from .editions import (
    Edit,
    Told,
    clause,
    copy_of,
    edition,
    refinement,
    says,
    shipped,
    since_shipped,
    told,
    with_rows,
    without_refinement,
)

NOBODY = ("no", "no")
SERVER = ("yes", "no")
CLIENT = ("no", "yes")
OPEN = ("not proved", "not proved")
SERVER_IF_STRICT = ("only with --strict", "no")
CLIENT_IF_STRICT = ("no", "only with --strict")

NEW_CLAUSE = """[[clause]]
id = "accept.foot.new"
section = "foot"
quote = "Contact us for support!"
"""
JUDGED = 'needs = "content"\nsays = "Somebody answers."\n'
OFFER, ACCEPTS, ARRIVES = "accept.overview.offer", "accept.overview.accepts", "accept.notifications.arrive"
INDEX = "new_messages $.messages[*].index"
STAMP = "new_messages $.messages[*].timestamp"


def mirrored(rows: list[Told]) -> list[Told]:
    return [Told(row.name, row.client, row.server) for row in rows]


def by_name(rows: list[Told]) -> list[Told]:
    return sorted(rows, key=lambda row: (row.name, row.server, row.client))


CHANGES: dict[str, tuple[Edit, list[tuple[str, tuple[str, str]]]]] = {
    "a clause is new": (
        with_rows("clauses.toml", f'{NEW_CLAUSE}strength = "stated"\n{JUDGED}'),
        [("accept.foot.new", SERVER)],
    ),
    "an inferred clause is new": (
        with_rows("clauses.toml", f'{NEW_CLAUSE}strength = "inferred"\n{JUDGED}'),
        [("accept.foot.new", SERVER_IF_STRICT)],
    ),
    "a clause that nothing judges is new": (
        with_rows("clauses.toml", f'{NEW_CLAUSE}not_tested = "Nobody can."\n'),
        [("accept.foot.new", NOBODY)],
    ),
    "an inferred clause becomes stated": (
        clause(OFFER, 'strength = "inferred"', 'strength = "stated"'),
        [(OFFER, SERVER)],
    ),
    "a stated clause becomes inferred": (
        clause(ACCEPTS, 'strength = "stated"', 'strength = "inferred"'),
        [(ACCEPTS, CLIENT)],
    ),
    "a stated clause becomes shown": (
        clause(ACCEPTS, 'strength = "stated"', 'strength = "shown"'),
        [(ACCEPTS, NOBODY)],
    ),
    "a clause is no longer judged": (
        clause(
            ACCEPTS,
            'strength = "stated"\nneeds = "content"\nsays = "A correct Accept of an offered chat is not refused."',
            'not_tested = "Nobody can."',
        ),
        [(ACCEPTS, CLIENT)],
    ),
    "why a clause is not judged reads otherwise": (
        clause("accept.page.part-of", "it promises nothing", "no promise"),
        [("accept.page.part-of", NOBODY)],
    ),
    "a disturbed session no longer excuses": (
        clause("accept.status-change.once", 'needs = "once"', 'needs = "content"'),
        [("accept.status-change.once", SERVER)],
    ),
    "a disturbed session excuses": (
        clause(ACCEPTS, 'needs = "content"', 'needs = "once"'),
        [(ACCEPTS, CLIENT)],
    ),
    "a disturbed session hides something else": (
        clause("accept.status-change.once", 'needs = "once"', 'needs = "absence"'),
        [("accept.status-change.once", OPEN)],
    ),
    "a clause may be left out of a run": (
        clause(ACCEPTS, 'needs = "content"', 'needs = "content"\nwants = "second-agent"'),
        [(ACCEPTS, CLIENT)],
    ),
    "a clause may no longer be left out of a run": (
        clause("accept.refused.not-offered", 'wants = "second-agent"\n', ""),
        [("accept.refused.not-offered", SERVER)],
    ),
    "a clause is left out for want of something else": (
        clause("accept.refused.not-offered", 'wants = "second-agent"', 'wants = "routing"'),
        [("accept.refused.not-offered", OPEN)],
    ),
    "what is judged has other words": (
        clause(ACCEPTS, "is not refused", "is never refused"),
        [(ACCEPTS, OPEN)],
    ),
    "what is judged has other words, advisory": (
        clause(OFFER, "name both", "list both"),
        [(OFFER, ("only with --strict", "only with --strict"))],
    ),
    "a quote reads otherwise": (
        clause(ACCEPTS, "This operation accepts an incoming chat", "This operation accepts a chat"),
        [(ACCEPTS, NOBODY)],
    ),
    "a clause moves to another section": (
        clause(ACCEPTS, 'section = "overview"', 'section = "title"'),
        [(ACCEPTS, NOBODY)],
    ),
    "the linked page says something else": (
        clause("accept.delivery.channel", "chat state, participants, data, transcript", "chats"),
        [("accept.delivery.channel", NOBODY)],
    ),
    "a server must send a member": (
        without_refinement("status_change", "$.chat.uri", "optional"),
        [("status_change $.chat.uri", SERVER), ("status_change $.chat.uri", NOBODY)],
    ),
    "a server may leave out a member": (
        with_rows(
            "refinements.toml",
            f'{refinement("status_change", "$.chat.state", "optional")}clause = "accept.status-change.state"\n'
            'reason = "It may be left out."\n',
        ),
        [("status_change $.chat.state", CLIENT)],
    ),
    "a client may leave out a member": (
        with_rows(
            "refinements.toml",
            f'{refinement("request", "$.nickname", "optional")}clause = "accept.request.body"\n'
            'reason = "It may be left out."\n',
        ),
        [("request $.nickname", SERVER)],
    ),
    "a client must send another value": (
        says("refinements.toml", 'value = "Accept"', 'value = "Take"'),
        [
            ("request $.operationName", SERVER),
            ("request $.operationName", CLIENT),
        ],
    ),
    "a client must send something more": (
        says("samples/1_request.json", '"Accept",', '"Accept",\n  "subject": "help",'),
        [("request $.subject", CLIENT), ("request $.subject", CLIENT), ("request", NOBODY)],
    ),
    "a server may send a smaller number": (
        says(
            "refinements.toml",
            "value = 1",
            "value = 0",
            after=refinement("new_messages", "$.messages[*].index", "minimum"),
        ),
        [(INDEX, CLIENT)],
    ),
    "a server may send a fraction": (
        says("samples/2_response.json", "0", "0.5"),
        [("response $.statusCode", CLIENT), ("response", NOBODY)],
    ),
    "a server must send something else": (
        says("samples/2_response.json", "0", '"0"'),
        [("response $.statusCode", CLIENT), ("response $.statusCode", SERVER), ("response", NOBODY)],
    ),
    "a server may send a null": (
        says("samples/5_new_messages.json", '"visibility": "All"', '"visibility": null'),
        [("new_messages $.messages[*].visibility", CLIENT), ("new_messages", NOBODY)],
    ),
    "a server may spell a text otherwise": (
        without_refinement("new_messages", "$.messages[*].timestamp", "pattern"),
        [(STAMP, CLIENT), (STAMP, NOBODY)],
    ),
    "a server must name a chat in one way": (
        says("refinements.toml", '["chatUri", "chatPath"]', '["chatUri"]'),
        [("new_messages $", SERVER)],
    ),
    "a server must add something on a condition": (
        says("refinements.toml", 'is = "Text", then = "text"', 'is = "Text", then = "from"'),
        [("new_messages $.messages[*]", CLIENT), ("new_messages $.messages[*]", SERVER)],
    ),
    "nothing is said any more of a member": (
        without_refinement("new_messages", "$.chatPath", "property"),
        [("new_messages $.chatPath", CLIENT)],
    ),
    "nothing is said any more of items": (
        without_refinement("status_change", "$.chat.participants", "items"),
        [("status_change $.chat.participants[*]", CLIENT)],
    ),
    "another clause answers, as firmly": (
        says("refinements.toml", 'clause = "accept.status-change.uri"', 'clause = "accept.status-change.state"'),
        [("status_change $.chat.uri", NOBODY)],
    ),
    "another clause answers, less firmly": (
        says("refinements.toml", '"$.chat.state" = "accept.status-change.state"', f'"$.chat.state" = "{OFFER}"'),
        [("status_change $.chat.state", CLIENT)],
    ),
    "another clause answers for a condition": (
        says("refinements.toml", 'clause = "accept.history.chat-uri"', f'clause = "{OFFER}"', after='what = "either"'),
        [("new_messages $", CLIENT)],
    ),
    "reports call something otherwise": (
        says("refinements.toml", 'described = "a timestamp', 'described = "a moment'),
        [(STAMP, NOBODY)],
    ),
    "a code is no longer known": (
        says("return_values.toml", ", 7]", "]"),
        [("statusCode of 8.5.1", SERVER)],
    ),
    "a code is known": (
        says("return_values.toml", ", 7]", ", 7, 8]"),
        [("statusCode of 8.5.1", CLIENT)],
    ),
    "a version has its own codes": (
        says("return_values.toml", "[tables]", '[tables]\n"8.4.0" = [0, 1]'),
        [("statusCode of 8.4.0", SERVER)],
    ),
    "another version is the default": (
        says("return_values.toml", 'default = "8.5.2"', 'default = "8.5.1"'),
        [("statusCode of every other version", SERVER), ("default", NOBODY)],
    ),
    "a code means something else": (
        says("return_values.toml", "not authenticated", "who are you"),
        [("meaning of 20", NOBODY)],
    ),
    "a sample is printed otherwise": (
        says("samples/2_response.txt", "statusCode", "status"),
        [("response", NOBODY)],
    ),
    "a sample belongs to another section": (
        says("source.toml", 'section = "http-response"', 'section = "notification"', after='kind = "response"'),
        [("response", NOBODY)],
    ),
    "a second sample of a kind is new": (
        with_rows(
            "source.toml",
            '[[sample]]\nfile = "2_response"\nkind = "response"\nsent_by = "server"\nsection = "http-response"\n'
            'title = "HTTP Response"\nsha256 = ""\n',
        ),
        [("response, number 2", NOBODY)],
    ),
    "a section is new": (
        says(
            "source.toml",
            "# file    samples",
            '[[section]]\nid = "more"\ntitle = "More"\nfirst_line = "More"\nheadings = []\nfile = "more.py"\n# file',
        ),
        [("more", NOBODY)],
    ),
    "the headings of a section are others": (
        says("source.toml", 'headings = ["Overview"]', "headings = []"),
        [("overview", NOBODY)],
    ),
    "the page is a later one": (
        says("source.toml", "wording of 2014-06-20", "wording of 2015-06-20"),
        [("revision", NOBODY)],
    ),
    "the words of the page are others": (
        says("source.toml", 'file = "page.txt"', 'file = "page.txt"\nlanguage = "English"'),
        [("language", NOBODY)],
    ),
    "what is performed is described otherwise": (
        with_rows("source.toml", '[later]\nsteps = ["accept"]'),
        [("later", OPEN)],
    ),
    "the reason of a refinement reads otherwise": (
        says("refinements.toml", "The sample counts from 1.", "It counts from 1."),
        [("new_messages $.messages[*].index minimum", NOBODY)],
    ),
    "the order is another": (
        says("return_values.toml", "[0, 1, 2, 3, 4, 5, 6]", "[6, 1, 2, 3, 4, 5, 0]"),
        [("order", NOBODY)],
    ),
}


@pytest.mark.parametrize("which", CHANGES)
def test_a_change_is_told_with_whom_it_breaks_and_the_other_way_round_it_breaks_the_other(
    which: str, tmp_path: Path
) -> None:
    edit, expected = CHANGES[which]
    other = edition(copy_of(tmp_path / "b", edit))
    there, back = compare(shipped(), other), compare(other, shipped())
    rows = [told(change) for change in there.changes]
    assert rows == [Told(name, *effect) for name, effect in expected]
    assert by_name([told(change) for change in back.changes]) == by_name(mirrored(rows))
    for difference in (there, back):
        assert_witnesses(difference)


def assert_witnesses(difference: ContractDifference) -> None:
    """Every change of what is valid is shown by a message that one version allows and the other forbids."""
    for change in difference.changes:
        if change.subject == "schema" and "A" in change.what.split():
            assert change.witness is not None, change
            kind = change.name.partition(" ")[0]
            a, b = (Draft202012Validator(each.contract.schema(kind)) for each in (difference.a, difference.b))
            allows = [validator.is_valid(change.witness.value) for validator in (a, b)]
            assert allows == ([True, False] if change.witness.allowed_by == "A" else [False, True])
        elif change.subject == "schema" and change.what in ("it must be there in B", "it may be missing in B"):
            assert change.witness is not None, change


def test_a_copy_has_no_change(tmp_path: Path) -> None:
    difference = since_shipped(copy_of(tmp_path / "b"))
    assert (difference.changes, difference.uncompared, difference.status()) == ((), (), 0)
    assert essence(difference) == "Nothing changed."


def test_what_is_not_compared_is_no_reason_to_say_that_nothing_changed(tmp_path: Path) -> None:
    difference = since_shipped(copy_of(tmp_path / "b", says("page.txt", "Overview", "Survey")))
    assert difference.changes == ()
    assert essence(difference) == "Nothing changed in what is compared."


def test_a_comment_changes_nothing(tmp_path: Path) -> None:
    difference = since_shipped(copy_of(tmp_path / "b", with_rows("clauses.toml", "# More.")))
    assert difference.changes == ()


def test_the_clause_that_answers_is_the_one_that_a_report_would_name(tmp_path: Path) -> None:
    """Not that of the message, where a condition has a clause of its own."""
    edit, _ = CHANGES["a server must name a chat in one way"]
    (change,) = since_shipped(copy_of(tmp_path / "b", edit)).changes
    assert (change.name, change.clause) == ("new_messages $", "accept.history.chat-uri")
