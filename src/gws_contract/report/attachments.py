"""What an engineer opens beside a broken clause in Allure: one chat as diagram, plan, records and HTTP exchanges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gws_contract.conversation import Conversation
from gws_contract.journal import Delivery, Exchange, Invited, Record, to_json
from gws_contract.report import diagram, sequence, svg
from gws_contract.report.narrative import in_one_sentence
from gws_contract.report.text import printable
from gws_contract.scenario import to_json as plan

_MOST = 20
"""Exchanges that are shown; all are among the records."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file: its name for people, its media type, the extension of its file, its content."""

    name: str
    kind: str
    extension: str
    content: bytes


def of_chat(conversation: Conversation) -> Iterator[Attachment]:
    """The diagram, the scenario and the records of a chat."""
    yield drawn(conversation)
    scenario = json.dumps(plan(conversation.scenario), indent=2) + "\n"
    yield Attachment("scenario (gws-contract certify --scenario)", "application/json", "json", scenario.encode())
    lines = "".join(json.dumps(to_json(record), separators=(",", ":")) + "\n" for record in _records(conversation))
    name = f"records of chat {conversation.chat} in the journal"
    yield Attachment(name, "text/plain", "ndjson", lines.encode())


def drawn(conversation: Conversation) -> Attachment:
    """The sequence diagram of a chat, as an engineer sees it first."""
    picture = svg.on_paper(diagram.draw(sequence.received(conversation), in_one_sentence(conversation.scenario)))
    return Attachment("sequence", "image/svg+xml", "svg", f"{picture}\n".encode())


def exchanges(conversation: Conversation, begun: float) -> Iterator[Attachment]:
    """The HTTP exchanges of a chat from its last invitation on, in Allure's form. `begun`: time 0, in Unix seconds."""
    since = conversation.offer.at if conversation.offer else 0.0
    shown = [exchange for exchange in conversation.exchanges if exchange.sent >= since]
    for exchange in shown[:_MOST]:
        status = f" {exchange.status}" if exchange.status is not None else ""
        name = printable(f"{exchange.step}: {exchange.method} {exchange.path}{status}")
        content = json.dumps(_http(exchange, begun)).encode("ascii")
        yield Attachment(name, "application/vnd.allure.http+json", "httpexchange", content)


def _records(conversation: Conversation) -> list[Record]:
    """In the order of the journal's clock."""
    timed: list[Invited | Exchange | Delivery] = [
        *conversation.invitations,
        *conversation.exchanges,
        *(n.delivery for n in conversation.notifications),
    ]
    timed.sort(key=lambda record: record.at)
    return [conversation.planned, *timed, *([conversation.ended] if conversation.ended else [])]


def _http(exchange: Exchange, begun: float) -> dict[str, Any]:
    """Allure's HTTP exchange, version 1; the journal has masked what is secret."""
    told: dict[str, Any] = {
        "schemaVersion": 1,
        "request": {"method": exchange.method, "url": exchange.path, **_body(exchange.request, "application/json")},
        "start": round((begun + exchange.sent) * 1000),
        "stop": round((begun + exchange.done) * 1000),
    }
    if exchange.status is not None:
        headers = [{"name": name, "value": value} for name, value in exchange.headers.items()]
        answer = _body(exchange.answer, exchange.headers.get("content-type", ""))
        told["response"] = {"status": exchange.status, "headers": headers, **answer}
    if exchange.failure:
        told["error"] = {"message": exchange.failure}
    return told


def _body(text: str | None, content_type: str) -> dict[str, Any]:
    if text is None:
        return {}
    value, size = printable(text), len(text.encode("utf-8", "surrogateescape"))
    return {"body": {"contentType": content_type, "encoding": "utf8", "value": value, "size": size}}
