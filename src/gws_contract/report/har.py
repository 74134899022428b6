"""exchanges.har: the traffic of a journal as HAR 1.2, for the many tools that show and search such files.

Rendered record by record, so that a long journal takes no memory. What the journal does not hold is not made up:

* Every REST exchange is an entry, with what it was for under `_exchange`; what was asked of a program is none.
* Of CometD the journal keeps what arrived, not the polls: every message is an entry with its place under `_delivery`
  (agent, epoch, number of the response and position in it). Its request is bare, and its time is that of arrival.
* The path of CometD, and the address of a target that has only a name, are not in the journal: they end in `.invalid`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import parse_qsl, quote, urlsplit

import harfile

from gws_contract.customer_side import RUN
from gws_contract.journal import Delivery, Exchange, Header, JournalError, Record

NOWHERE = "http://target.invalid"
"""Stands for a target without an address, the embedded mock for one."""
ELSEWHERE = "http://customer.invalid"
"""Stands for the server of another product over which the chats were offered."""
_COMETD = "/cometd.invalid"
_SAYS = (
    "Rendered from journal.ndjson, which is the evidence. Secrets are masked, headers that no verdict needs are left"
    " out, and of CometD every message is an entry of its own: the polls that brought them are not recorded."
)
_UTF_8 = "application/json; charset=utf-8"


@dataclass(slots=True)
class _Request(harfile.Request):
    custom: dict[str, Any] = field(default_factory=dict)

    def asdict(self) -> dict[str, Any]:
        return {**harfile.Request.asdict(self), **self.custom}


def write(records: Iterable[Record], out: IO[str]) -> None:
    """Write the records of a journal. Raises JournalError if the header does not come first, OSError."""
    header: Header | None = None
    har: harfile.HarFile | None = None
    for record in records:
        if isinstance(record, Header):
            header = record
            har = harfile.HarFile(
                out,
                creator=harfile.Creator(name="gws-contract", version=record.suite),
                browser=harfile.Browser(name="gws-contract", version=record.suite),
                comment=_SAYS,
            )
        elif header is None or har is None:
            raise JournalError("The journal does not begin with a header.")
        elif isinstance(record, Exchange) and record.method != RUN:
            har.add_entry(**_exchange(record, header))
        elif isinstance(record, Delivery):
            har.add_entry(**_delivery(record, header))
    if har is None:
        raise JournalError("The journal has no header.")
    har.close()
    out.write("\n")


def _exchange(exchange: Exchange, header: Header) -> dict[str, Any]:
    url = _base(exchange, header) + quote(exchange.path, safe="/?&=%:@!$'()*+,;~[]", errors="surrogatepass")
    headers_at = exchange.done if exchange.headers_at is None else exchange.headers_at
    whose = {"actor": exchange.actor, "step": exchange.step, "chat": exchange.chat, "failure": exchange.failure}
    data = None if exchange.request is None else harfile.PostData(mimeType="", text=_text(exchange.request)[0])
    size = len((exchange.request or "").encode("utf-8", "surrogatepass"))
    return {
        "startedDateTime": _moment(header, exchange.sent),
        "time": _ms(exchange.done - exchange.sent),
        "request": _Request(
            method=exchange.method,
            url=url,
            httpVersion="HTTP/1.1",
            queryString=[harfile.Record(name=n, value=v) for n, v in parse_qsl(urlsplit(url).query, True)],
            postData=data,
            bodySize=size,
            custom={"_exchange": {name: value for name, value in whose.items() if value is not None}},
        ),
        "response": _response(exchange),
        "timings": harfile.Timings(
            send=0, wait=_ms(headers_at - exchange.sent), receive=_ms(exchange.done - headers_at)
        ),
    }


def _response(exchange: Exchange) -> harfile.Response:
    """Status 0, as browsers write it, where no answer came."""
    text, encoding = _text(exchange.answer or "")
    size = len(exchange.body)
    kind = str(exchange.headers.get("content-type", ""))
    return harfile.Response(
        status=exchange.status or 0,
        statusText=_phrase(exchange.status),
        httpVersion="HTTP/1.1",
        headers=[harfile.Record(name=name, value=value) for name, value in exchange.headers.items()],
        content=harfile.Content(size=size, mimeType=kind, text=text, encoding=encoding),
        redirectURL=str(exchange.headers.get("location", "")),
        bodySize=size,
    )


def _delivery(delivery: Delivery, header: Header) -> dict[str, Any]:
    text = json.dumps(delivery.message, separators=(",", ":"))
    place = {
        "agent": delivery.agent,
        "observer": delivery.observer,
        "epoch": delivery.epoch,
        "poll": delivery.poll,
        "position": delivery.position,
        "link": delivery.link,
        "serial": delivery.serial,
        "chat": delivery.chat,
    }
    return {
        "startedDateTime": _moment(header, delivery.at),
        "time": 0,
        "request": _Request(
            method="POST", url=_target(header) + _COMETD, httpVersion="HTTP/1.1", custom={"_delivery": place}
        ),
        "response": harfile.Response(
            # Of other answers the observer takes no messages.
            status=200,
            statusText=_phrase(200),
            httpVersion="HTTP/1.1",
            content=harfile.Content(size=len(text), mimeType=_UTF_8, text=text),
        ),
        "timings": harfile.Timings(send=0, wait=0, receive=0),
    }


def _base(exchange: Exchange, header: Header) -> str:
    if exchange.actor == "customer" and header.customer != "gws":
        return ELSEWHERE
    return _target(header)


def _target(header: Header) -> str:
    return header.target if header.target.startswith(("http://", "https://")) else NOWHERE


def _moment(header: Header, seconds: float) -> str:
    try:
        return (datetime.fromisoformat(header.started) + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
    except (ValueError, OverflowError) as error:
        raise JournalError(f"The journal's times make no sense: {error}.") from error


def _ms(seconds: float) -> float:
    return round(max(seconds, 0) * 1000, 3)


def _text(body: str) -> tuple[str, str | None]:
    """A body as HAR holds it: text, or base64 where it is not UTF-8."""
    try:
        body.encode("utf-8")
    except UnicodeEncodeError:
        return base64.b64encode(body.encode("utf-8", "surrogateescape")).decode("ascii"), "base64"
    return body, None


def _phrase(status: int | None) -> str:
    try:
        return HTTPStatus(status or 0).phrase
    except ValueError:
        return ""
