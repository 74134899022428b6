from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from gws_contract.journal import Exchange, JournalError, Record
from gws_contract.report import har

from .conversations import FOOTER, HEADER, PLAIN, journal_of, performed

GOOD = performed(PLAIN)
RECORDS = journal_of(GOOD)


def rendered(*records: Record) -> dict[str, Any]:
    out = io.StringIO()
    har.write(records, out)
    log: dict[str, Any] = json.loads(out.getvalue())["log"]
    return log


def entry(exchange: Exchange, **header: Any) -> dict[str, Any]:
    """The entry of one exchange."""
    (one,) = rendered(replace(HEADER, **header), exchange)["entries"]
    found: dict[str, Any] = one
    return found


def test_every_exchange_and_every_delivery_is_an_entry_in_the_order_of_the_journal() -> None:
    log = rendered(*RECORDS)
    kinds = ["_exchange" if "_exchange" in one["request"] else "_delivery" for one in log["entries"]]
    assert kinds == [f"_{r.kind}" for r in RECORDS if r.kind in ("exchange", "delivery")]
    assert {"_exchange", "_delivery"} == set(kinds)
    assert log["version"] == "1.2"
    assert log["creator"] == {"name": "gws-contract", "version": HEADER.suite}


def test_an_exchange_is_told_with_its_bodies_and_what_it_was_for() -> None:
    accept = GOOD.accept
    found = entry(accept, target="https://gws.example.com/gws")
    assert found["startedDateTime"] == "2026-01-02T03:04:" + found["startedDateTime"][17:]
    assert found["request"]["url"] == f"https://gws.example.com/gws{accept.path}"
    assert found["request"]["method"] == "POST"
    assert json.loads(found["request"]["postData"]["text"])["operationName"] == "Accept"
    assert found["request"]["_exchange"] == {"actor": accept.actor, "step": "accept", "chat": 1}
    assert (found["response"]["status"], found["response"]["content"]["text"]) == (accept.status, accept.answer)
    assert found["time"] == round((accept.done - accept.sent) * 1000, 3)
    assert sum(found["timings"][name] for name in ("send", "wait", "receive")) == pytest.approx(found["time"])


def test_a_delivery_is_told_with_its_place_and_no_poll_is_made_up() -> None:
    delivery = GOOD.sequence[0]
    (found,) = rendered(HEADER, delivery)["entries"]
    place = found["request"]["_delivery"]
    assert (place["agent"], place["poll"], place["position"]) == (delivery.agent, delivery.poll, delivery.position)
    assert json.loads(found["response"]["content"]["text"]) == delivery.message
    assert "postData" not in found["request"]
    assert (found["time"], found["request"]["headers"]) == (0, [])


def test_a_target_without_an_address_is_nowhere() -> None:
    assert entry(GOOD.accept, target="the embedded mock")["request"]["url"].startswith("http://target.invalid/api/")


def test_the_customer_of_another_product_is_elsewhere() -> None:
    offer = replace(GOOD.step("offer"), actor="customer", path="/genesys/2/chat/x")
    assert entry(offer, customer="gms")["request"]["url"] == "http://customer.invalid/genesys/2/chat/x"
    assert entry(offer, target="http://a.example")["request"]["url"] == "http://a.example/genesys/2/chat/x"


def test_what_a_program_was_asked_is_no_exchange_over_http() -> None:
    assert rendered(HEADER, replace(GOOD.accept, method="RUN", path="the program offer.py"))["entries"] == []


def test_an_answer_that_never_came_has_status_0_and_its_reason() -> None:
    lost = replace(GOOD.accept, status=None, answer=None, headers_at=None, failure="The connection was closed.")
    found = entry(lost)
    assert found["response"]["status"] == 0
    assert found["response"]["content"]["text"] == ""
    assert found["request"]["_exchange"]["failure"] == "The connection was closed."


def test_bytes_that_are_no_text_are_told_in_base64() -> None:
    found = entry(replace(GOOD.accept, answer=b"\xff{".decode("utf-8", "surrogateescape"), status=599))
    content = found["response"]["content"]
    assert (content["encoding"], base64.b64decode(content["text"])) == ("base64", b"\xff{")
    assert (content["size"], found["response"]["statusText"]) == (2, "")


def test_any_path_becomes_a_url() -> None:
    found = entry(replace(GOOD.accept, path="/a b/\udcff?q=1&q=\u00fc"))
    assert found["request"]["url"].isascii()
    assert " " not in found["request"]["url"]
    assert found["request"]["queryString"] == [{"name": "q", "value": "1"}, {"name": "q", "value": "\u00fc"}]


def test_a_journal_without_chats_is_a_har_without_entries() -> None:
    assert rendered(HEADER, FOOTER)["entries"] == []


@pytest.mark.parametrize("records", [(), (GOOD.accept, HEADER)])
def test_what_does_not_begin_with_a_header_is_no_journal(records: tuple[Record, ...]) -> None:
    with pytest.raises(JournalError):
        har.write(records, io.StringIO())


def test_times_that_make_no_sense_are_said() -> None:
    with pytest.raises(JournalError, match="times make no sense"):
        rendered(replace(HEADER, started="once"), GOOD.accept)
