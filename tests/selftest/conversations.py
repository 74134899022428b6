"""Chats as a journal tells them, for tests of the judge: what a good server leaves of a scenario, to be altered.

Independent of the mock: the payloads have the form of the page's samples. Times are seconds; every event takes 0.1 s.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from gws_contract import contract, notification
from gws_contract.check import Check, shipped
from gws_contract.conversation import Conversation
from gws_contract.evidence import Evidence, assemble
from gws_contract.journal import (
    Delivery,
    Ended,
    Exchange,
    Footer,
    Header,
    Incident,
    Invited,
    Planned,
    Record,
    Session,
)
from gws_contract.judge.ruling import Outcome, rule_one
from gws_contract.scenario import (
    SAID_TO_USE,
    Attempt,
    Capability,
    Depart,
    DuringStep,
    Outage,
    Say,
    Scenario,
    Stream,
    Typing,
    Visit,
    to_json,
)
from gws_contract.verdict import Verdict

JUDGED, VISITOR, BYSTANDER = "agent1", "agent2", "agent3"
"""Who accepts, who had been in the chat before, and who is never invited."""
CHAT_ID = "0000Na9B26EF002X"
STATUS, PEOPLE, LOG = notification.DOCUMENTED
DEADLINE, QUIET = 10.0, 2.0
TICK = 0.1

DOCUMENTED = Scenario("PersonP", "Marat", (Visit("leave", "Marat"), Typing("started"), Say("Hello World")))
"""The page's own example."""
PLAIN = Scenario("PersonP", "Marat", (Say("Hello World"), Say("Is anybody there?")))
"""No earlier agent, two texts."""

CAPABILITIES = ["Transfer", "Complete", "Leave", "InFocus", "SendMessage"]
CAPABILITIES += ["SendStartTypingNotification", "SendStopTypingNotification"]

HEADER = Header(
    suite="1.2.3",
    contract=contract.load().digest,
    target="a server",
    target_version="8.5.202.96",
    table="8.5.2",
    seed=7,
    depth="quick",
    deadline=DEADLINE,
    quiet_period=QUIET,
    started="2026-01-02T03:04:05+00:00",
    agents=(JUDGED, VISITOR, BYSTANDER),
)
FOOTER = Footer(at=60.0, ended="complete", chats=1)

Data = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Chat:
    """One chat's records. In the journal they stand in the order of their time. A change makes another chat."""

    scenario: Scenario
    records: tuple[Record, ...]
    number: int = 1
    sessions: tuple[Session, ...] = tuple(
        Session(agent=name, epoch=1, at=0.0, ack=False, timeout=20.0) for name in (JUDGED, VISITOR, BYSTANDER)
    )
    header: Header = HEADER

    @property
    def journal(self) -> tuple[Record, ...]:
        """As a whole journal."""
        return journal_of(self)

    @property
    def conversation(self) -> Conversation:
        return assemble(self.journal).conversations[0]

    @property
    def accept(self) -> Exchange:
        return self.step("accept")

    def step(self, name: str) -> Exchange:
        """The last exchange of a step."""
        return [r for r in self.records if isinstance(r, Exchange) and r.step == name][-1]

    @property
    def sequence(self) -> tuple[Delivery, ...]:
        """The deliveries that the judged Accept caused."""
        return tuple(r for r in self.records if self._is_own(r))

    @property
    def payloads(self) -> tuple[Data, ...]:
        """Fresh copies of the payloads of the sequence."""
        return tuple(copy.deepcopy(dict(notification.payload_of(d.message))) for d in self.sequence)

    def _is_own(self, record: Record) -> TypeGuard[Delivery]:
        if not isinstance(record, Delivery) or record.agent != JUDGED:
            return False
        return 0 < record.at - self.accept.sent < 4 * TICK

    def plus(self, *records: Record) -> Chat:
        """With more records behind the others."""
        return replace(self, records=(*self.records, *records))

    def mapped(self, change: Callable[[Record], Record | None]) -> Chat:
        """With every record changed, or dropped where the change is None."""
        changed = (change(record) for record in self.records)
        return replace(self, records=tuple(record for record in changed if record is not None))

    def numbered(self, number: int) -> Chat:
        """The same under another number."""

        def change(record: Record) -> Record:
            if isinstance(record, Planned | Invited | Ended | Exchange | Delivery):
                return replace(record, chat=number)
            return record

        return replace(self.mapped(change), number=number)

    def answered(self, step: str, body: object = None, **changes: Any) -> Chat:
        """With other answers to the exchanges of a step; `body` is text, or data that becomes JSON."""
        if body is not None:
            changes["answer"] = body if isinstance(body, str) else json.dumps(body)

        def change(record: Record) -> Record:
            return replace(record, **changes) if isinstance(record, Exchange) and record.step == step else record

        return self.mapped(change)

    def without_step(self, *steps: str) -> Chat:
        return self.mapped(lambda r: None if isinstance(r, Exchange) and r.step in steps else r)

    def refused(self, name: str, body: object = None, status: int = 403, *, early: float = 1.5 * TICK) -> Chat:
        """With one more misuse tried before the Accept."""
        body = {"statusCode": 3, "statusMessage": "Operation forbidden"} if body is None else body
        sent = self.accept.sent - early
        exchange = replace(
            self.accept,
            step=f"refusal:{name}",
            sent=sent,
            headers_at=sent + 0.02,
            done=sent + 0.03,
            status=status,
            answer=body if isinstance(body, str) else json.dumps(body),
        )
        return self.plus(exchange)

    def edited(self, kind: str, change: Callable[[Data], object]) -> Chat:
        """With the payloads of one kind in the sequence changed in place."""

        def edit(record: Record) -> Record:
            if not self._is_own(record) or notification.kind_of(notification.payload_of(record.message)) != kind:
                return record
            message = copy.deepcopy(dict(record.message))
            change(message["data"])
            return replace(record, message=message)

        return self.mapped(edit)

    def with_entries(self, change: Callable[[list[Data]], Sequence[Data]]) -> Chat:
        """With the entries of the history changed."""
        return self.edited(LOG, lambda payload: payload.update(messages=list(change(payload["messages"]))))

    def with_people(self, change: Callable[[list[Data]], Sequence[Any]]) -> Chat:
        """With the participants of the ParticipantsUpdated changed."""
        return self.edited(
            PEOPLE, lambda payload: payload["chat"].update(participants=list(change(participants(payload))))
        )

    def arriving(self, *payloads: Mapping[str, Any], polls: Sequence[int] | None = None, pause: float = 0.01) -> Chat:
        """With these payloads instead of the sequence, each in a poll of its own unless `polls` says otherwise."""
        polls = polls or range(101, 101 + len(payloads))
        epoch = self.conversation.epoch or 1
        deliveries = [
            delivery(
                payload,
                at=self.accept.sent + pause * (polls[i] - min(polls) + 1),
                poll=polls[i],
                position=i,
                chat=self.number,
                epoch=epoch,
            )
            for i, payload in enumerate(payloads)
        ]
        before = [r for r in self.records if not self._is_own(r)]
        at = before.index(self.accept) + 1
        return replace(self, records=(*before[:at], *deliveries, *before[at:]))

    def dropping(self, *kinds: str) -> Chat:
        """Without the notifications of these kinds in the sequence."""
        return self.arriving(*(p for p in self.payloads if p["notificationType"] not in kinds))

    def later(self, payload: Mapping[str, Any], after: float = 1.0, **others: Any) -> Chat:
        """With one more delivery, seconds after the Accept."""
        return self.plus(delivery(payload, at=self.accept.sent + after, **{"chat": self.number, **others}))

    def disturbed(self, what: str, after: float = 0.05, *, agent: str = JUDGED, ack: bool = False) -> Chat:
        """With an incident on an agent's session, seconds after the Accept."""
        incident = Incident(agent=agent, epoch=1, at=self.accept.sent + after, what=what, detail="as the test says")
        return replace(self.plus(incident), sessions=tuple(replace(s, ack=ack) for s in self.sessions))

    def horizonless(self) -> Chat:
        """Nothing behind the sequence but its end: nobody spoke, nobody completed the chat."""
        last = self.accept.sent + 4 * TICK
        return self.mapped(lambda r: r if isinstance(r, Ended) or getattr(r, "at", 0.0) < last else None)


def participants(payload: Mapping[str, Any]) -> list[Data]:
    found: list[Data] = payload["chat"]["participants"]
    return found


def delivery(payload: Mapping[str, Any], *, at: float, **others: Any) -> Delivery:
    """A message of CometD with this payload."""
    given = {"agent": JUDGED, "epoch": 1, "poll": 900, "position": 0, "link": "poll", "chat": 1, **others}
    channel = given.pop("channel", "/v2/me/chats")
    message = given.pop("message", None) or {"channel": channel, "data": dict(payload)}
    return Delivery(at=at, message=message, **given)


def journal_of(*chats: Chat, footer: Footer | None = FOOTER) -> tuple[Record, ...]:
    """A whole journal of these chats, interleaved by their clock, with the deliveries numbered in this order."""
    plans = [Planned(chat.number, 0.0, to_json(chat.scenario)) for chat in chats]
    records = sorted((r for chat in chats for r in chat.records), key=lambda r: getattr(r, "at", 0.0))
    serials = iter(range(1, len(records) + 1))
    records = [replace(r, serial=next(serials)) if isinstance(r, Delivery) else r for r in records]
    ends = [footer] if footer is not None else []
    return (chats[0].header, *plans, *chats[0].sessions, *records, *ends)


def evidence_of(*chats: Chat, footer: Footer | None = FOOTER) -> Evidence:
    return assemble(journal_of(*chats, footer=footer))


def _singly(step: DuringStep) -> list[Say | Typing | Depart]:
    return [Say(text) for text in step.said] if isinstance(step, Stream) else [step]


class _Performance:
    """A good server, and the people of a scenario in front of it."""

    def __init__(
        self, scenario: Scenario, number: int, chat_id: str, start: float, visitor: str, early: int, behind: int
    ) -> None:
        self.scenario, self.number, self.chat_id, self.visitor = scenario, number, chat_id, visitor
        doings = [one for step in scenario.during for one in _singly(step)]
        last = early + behind
        self.early, self.behind, self.live = doings[:early], doings[early:last], doings[last:]
        self.sessions: list[Session] = []
        self.epoch = 1
        self.now = start
        self.polls = 0
        self.references = 16
        self.log: list[Data] = []
        self.customer = self.person("Customer", scenario.customer)
        self.present = [self.customer]
        self.records: list[Record] = []
        self.offered = False
        """Whether the judged agent has an invitation already."""
        self.announced = CAPABILITIES

    def person(self, role: str, nickname: str) -> Data:
        number = sum(1 for e in getattr(self, "log", ()) if e["type"] == "ParticipantJoined")
        return {"type": role, "nickname": nickname, "participantId": f"{self.number:03}052C5E6D6{number:04X}"}

    def tick(self) -> float:
        self.now = round(self.now + TICK, 6)
        return self.now

    def note(self, kind: str, who: Data, **members: Any) -> Data:
        index = len(self.log) + 1
        stamp = f"2014-01-02T14:{index // 60:02}:{index % 60:02}.000-0800"
        entry = {"index": index, "type": kind, "from": dict(who), **members, "visibility": "All", "timestamp": stamp}
        self.log.append(entry)
        return entry

    def call(
        self,
        actor: str,
        step: str,
        request: Data | None,
        answer: object = None,
        status: int = 200,
        method: str = "POST",
    ) -> None:
        sent = self.tick()
        body = {"statusCode": 0} if answer is None else answer
        tail = f"chats/{self.chat_id}"
        self.records.append(
            Exchange(
                actor=actor if actor == "customer" else f"agent:{actor}",
                step=step,
                chat=self.number,
                method=method,
                path=f"/api/v2/{'' if actor == 'customer' else 'me/'}{tail}",
                request=None if request is None else json.dumps(request),
                sent=sent,
                headers_at=sent + 0.02,
                done=sent + 0.03,
                status=status,
                headers={"content-type": "application/json"},
                answer=body if isinstance(body, str) else json.dumps(body),
            )
        )

    def deliver(self, agent: str, *payloads: Data, pause: float = 0.05) -> None:
        for payload in payloads:
            self.polls += 1
            self.now = round(self.now + pause, 6)
            epoch = self.epoch if agent == JUDGED else 1
            found = delivery(
                copy.deepcopy(payload), at=self.now, agent=agent, poll=self.polls, chat=self.number, epoch=epoch
            )
            self.records.append(found)

    def resource(self, state: str, people: Sequence[Data], capabilities: Sequence[str]) -> Data:
        out: Data = {"state": state, "capabilities": list(capabilities), "id": self.chat_id}
        return out | {
            "uri": f"http://localhost:8080/api/v2/chats/{self.chat_id}",
            "participants": [dict(one) for one in people],
        }

    def status_change(self, state: str, capabilities: Sequence[str] = (), *, reference: bool = True) -> Data:
        self.references += 1
        out: Data = {"messageType": "ChatStateChangeMessage"}
        if reference:
            out["referenceId"] = self.references
        return out | {"notificationType": STATUS, "chat": self.resource(state, [], capabilities)}

    def people(self) -> Data:
        chat = self.resource("Chatting", self.present, CAPABILITIES)
        return {"messageType": "ChatStateChangeMessage", "notificationType": PEOPLE, "chat": chat}

    def messages(self, entries: Iterable[Data]) -> Data:
        return {
            "messageType": "MessageLogUpdated",
            "notificationType": LOG,
            "messages": [dict(entry) for entry in entries],
            "chatUri": f"http://localhost:8080/api/v2/chats/{self.chat_id}",
        }

    def invite(self, agent: str) -> None:
        self.deliver(agent, self.status_change("Invited", ["Accept", "Reject"], reference=False))
        self.records.append(Invited(self.number, self.chat_id, agent, self.now))

    def join(self, agent: str, nickname: str, step: str) -> Data:
        self.call(agent, step, {"operationName": "Accept", "nickname": nickname})
        who = self.person("Agent", nickname)
        self.present.insert(0, who)
        self.note("ParticipantJoined", who)
        if step == "accept":
            for doing in self.behind:
                self.meanwhile(doing, self.now + 0.01)
        self.deliver(
            agent, self.status_change("Chatting", CAPABILITIES), self.people(), self.messages(self.log), pause=0.06
        )
        return who

    def say(self, agent: str, who: Data, step: str, text: str, listener: str) -> None:
        operation = {"operationName": "SendMessage", "text": text}
        self.call(agent, step, operation)
        self.deliver(listener, self.messages([self.note("Text", who, text=text)]))

    def meanwhile(self, doing: Say | Typing | Depart, sent: float) -> Data:
        """What the customer does during the Accept, sent at this moment; the entry that says so."""
        match doing:
            case Say(text):
                step, operation, entry = "say-during", "SendMessage", self.note("Text", self.customer, text=text)
            case Typing(what):
                step, operation = "typing-during", f"Typing {what}"
                entry = self.note(f"Typing{what.capitalize()}", self.customer)
            case Depart():
                step, operation, entry = (
                    "customer-leaves-during",
                    "Complete",
                    self.note("ParticipantLeft", self.customer),
                )
                self.present.remove(self.customer)
        request = {"operationName": operation} | ({"text": entry["text"]} if "text" in entry else {})
        now, self.now = self.now, round(sent - TICK, 6)
        self.call("customer", step, request)
        self.now = now
        return entry

    def outage(self, what: str) -> None:
        self.invite(JUDGED)
        if what == "observer":
            self.epoch += 1
            self.sessions.append(Session(JUDGED, self.epoch, self.tick(), False, 20.0))
            self.offered = True
        else:
            self.deliver(JUDGED, self.status_change("Revoked", reference=False))

    def depart(self) -> None:
        """The customer leaves while the chat is Invited; the agent accepts it nevertheless."""
        self.invite(JUDGED)
        self.call("customer", "customer-leaves-before", {"operationName": "Complete"})
        self.deliver(JUDGED, self.status_change("Revoked", reference=False))
        self.refuse("withdrawn")
        self.records.append(Ended(self.number, self.tick(), "complete"))

    def visit(self, visit: Visit) -> None:
        self.invite(self.visitor)
        if visit.parting == "reject":
            self.call(self.visitor, "visit:reject", {"operationName": "Reject"}, "")
            self.deliver(self.visitor, self.status_change("Completed"))
            if "rejected" in self.scenario.refusals:
                self.refuse("rejected", self.visitor)
            return
        who = self.join(self.visitor, visit.nickname, "visit:accept")
        for text in visit.texts:
            self.say(self.visitor, who, "visit:say", text, self.visitor)
        self.call(self.visitor, f"visit:{visit.parting}", {"operationName": visit.parting.capitalize()})
        self.present.remove(who)
        self.note("ParticipantLeft", who)
        self.deliver(self.visitor, self.status_change("LeftChat"))

    def refuse(self, wrong: str | Attempt, agent: str = JUDGED) -> None:
        request = {"operationName": "Accept", "nickname": self.scenario.agent}
        name, method = (wrong, "POST") if isinstance(wrong, str) else (wrong.kind, wrong.method)
        no = {"statusCode": 3, "statusMessage": "Operation forbidden"}
        self.call(agent, f"refusal:{name}", request, no, 403, method)

    def use(self, capability: Capability, own: Data) -> None:
        """The agent uses a capability of the chat, or tries what is not announced."""
        parameters = {"SendMessage": {"text": SAID_TO_USE}, "Transfer": {"targetUri": "http://localhost/users/1"}}
        request = {"operationName": capability, **parameters.get(capability, {})}
        if capability not in self.announced:
            no = {"statusCode": 2, "statusMessage": "The operation is not possible in this state of the chat"}
            self.call(JUDGED, f"use:{capability}", request, no, 403)
            return
        self.call(JUDGED, f"use:{capability}", request)
        match capability:
            case "SendMessage":
                self.deliver(JUDGED, self.messages([self.note("Text", own, text=SAID_TO_USE)]))
            case "SendStartTypingNotification" | "SendStopTypingNotification":
                kind = "TypingStarted" if "Start" in capability else "TypingStopped"
                self.deliver(JUDGED, self.messages([self.note(kind, own)]))
            case "Leave":
                self.announced = CAPABILITIES[:4]
                self.deliver(JUDGED, self.status_change("LeftChat", self.announced))
            case "Transfer":
                self.deliver(JUDGED, self.status_change("Completed"))
                self.invite(self.visitor)
            case "Complete":
                self.deliver(JUDGED, self.status_change("Completed"))

    def look(self) -> None:
        chat = self.resource("Chatting", self.present, [])
        self.call("customer", "look", None, {"statusCode": 0, "chat": chat}, method="GET")

    def run(self) -> None:
        scenario = self.scenario
        self.call("customer", "offer", {"operationName": "RequestChat"}, {"statusCode": 0, "id": "customer-side"})
        self.note("ParticipantJoined", self.customer)
        for step in scenario.before:
            match step:
                case Say(text):
                    self.call("customer", "say", {"operationName": "SendMessage", "text": text})
                    self.note("Text", self.customer, text=text)
                case Typing(what):
                    self.call("customer", "typing", {"operationName": f"Typing {what}"})
                    self.note(f"Typing{what.capitalize()}", self.customer)
                case Visit():
                    self.visit(step)
                case Outage(what):
                    self.outage(what)
                case Depart():
                    self.depart()
                    return
        if not self.offered:
            self.invite(JUDGED)
        for name in scenario.refusals:
            if name != "rejected":
                self.refuse(name)
        for doing in self.early:
            self.meanwhile(doing, self.tick())
        own = self.join(JUDGED, scenario.agent, "accept")
        self.tick()
        self.tick()
        if self.live:
            self.tick()
        for doing in self.live:
            entry = self.meanwhile(doing, self.now + 0.001)
            people = [self.people()] if isinstance(doing, Depart) else []
            self.deliver(JUDGED, *people, self.messages([entry]), pause=0.01)
        self.look()
        if scenario.reply:
            self.say(JUDGED, own, "reply", scenario.reply, JUDGED)
        if scenario.accept_again:
            self.refuse("second-accept")
        for after in scenario.after:
            self.say("customer", self.customer, "say-after", after.text, JUDGED)
        self.call("customer", "read", None, {"statusCode": 0, "messages": self.log}, method="GET")
        for capability in scenario.uses:
            self.use(capability, own)
        if "Complete" not in scenario.uses:
            self.call(JUDGED, "complete", {"operationName": "Complete"})
            self.deliver(JUDGED, self.status_change("Completed"))
        self.call("customer", "customer-leaves", {"operationName": "Complete"})
        self.records.append(Ended(self.number, self.tick(), "complete"))


def performed(
    scenario: Scenario = DOCUMENTED,
    *,
    number: int = 1,
    chat_id: str = CHAT_ID,
    start: float = 1.0,
    visitor: str = VISITOR,
    early: int = 1,
    behind: int = 0,
) -> Chat:
    """The chat as a server leaves it that does exactly what the page says. Earlier agents are all `visitor`.

    Of what the customer does during the Accept, text by text, the first `early` doings come before the agent's join, so
    many `behind` it but in the same history, and the others live.
    """
    performance = _Performance(scenario, number, chat_id, start, visitor, early, behind)
    performance.run()
    chat = Chat(scenario, tuple(performance.records), number)
    return replace(chat, sessions=(*chat.sessions, *performance.sessions))


def never_offered(scenario: Scenario = DOCUMENTED, number: int = 1) -> Chat:
    """A chat that reached no agent."""
    chat = performed(scenario, number=number)
    return replace(chat, records=(chat.step("offer"), Ended(number, 30.0, "not offered", "nobody was invited")))


@functools.cache
def checks() -> dict[str, Check]:
    """The shipped checks by clause, without the prefix of the operation."""
    return {check.clause.removeprefix("accept."): check for check in shipped()}


def outcome(chat: Chat | Conversation, name: str) -> Outcome:
    """What the shipped check of one clause finds in a chat."""
    conversation = chat.conversation if isinstance(chat, Chat) else chat
    check = checks()[name]
    return rule_one(check, contract.load().clause(check.clause), conversation)


def outcomes(chat: Chat | Conversation) -> dict[str, Outcome]:
    """What every shipped check finds in a chat."""
    conversation = chat.conversation if isinstance(chat, Chat) else chat
    return {name: outcome(conversation, name) for name in checks()}


def having(chat: Chat | Conversation, *verdicts: Verdict) -> set[str]:
    """The clauses with one of these verdicts in a chat."""
    return {name for name, found in outcomes(chat).items() if found.verdict in verdicts}


def broken(chat: Chat | Conversation) -> set[str]:
    """The clauses that are broken in a chat; a check that crashed counts."""
    return having(chat, Verdict.BROKEN, Verdict.HARNESS_ERROR)


def kept(chat: Chat | Conversation) -> set[str]:
    return having(chat, Verdict.KEPT)
