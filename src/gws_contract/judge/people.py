"""Who is in the chat: the participant list, the customer's view, and one identity for one id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from gws_contract import customer_side
from gws_contract import notification as notice
from gws_contract.conversation import Conversation
from gws_contract.judge.answer import accepted
from gws_contract.judge.finding import Broken, Hidden, NotTestable, brief
from gws_contract.judge.form import judged
from gws_contract.judge.names import explained, shown


def lists(conversation: Conversation, role: str, nickname: str) -> None:
    """A participant list after the Accept shows this role under exactly this nickname."""
    _, found = judged(conversation, "participants")
    people = [(p.get("type"), p.get("nickname")) for n in found for p in n.participants]
    if (role, nickname) in people:
        return
    same_role = [str(name) for kind, name in people if kind == role]
    other_role = [f"{kind} {shown(str(name))}" for kind, name in people if name == nickname]
    received = f"{role} " + explained(nickname, same_role) if same_role else f"no {role}"
    if other_role:
        received += f"; {other_role[0]}"
    raise Broken(f"{role} {shown(nickname)}", received)


def lists_the_customer(conversation: Conversation) -> None:
    """A participant list after the Accept shows the customer, if anybody knows under which nickname."""
    accepted(conversation)
    if conversation.customer is None:
        raise NotTestable("nobody knows under which nickname the customer came")
    lists(conversation, "Customer", conversation.customer)


def ids_are_distinct(conversation: Conversation) -> None:
    """No participantId occurs twice in one list."""
    _, found = judged(conversation, "participants")
    ids = [[p.get("participantId") for p in n.participants if "participantId" in p] for n in found]
    if not any(ids):
        raise NotTestable("no participant has a participantId")
    for one_list in ids:
        twice = [str(name) for name, times in Counter(map(str, one_list)).items() if times > 1]
        if twice:
            raise Broken("one participantId for each participant", f"{twice[0]} twice in one list")


def state_of_first_list(conversation: Conversation, state: str) -> None:
    """The first participant list after the Accept says this state."""
    _, found = judged(conversation, "participants")
    if found[0].state != state and conversation.own_transport.may_have_lost:
        raise Hidden("an earlier list may have been lost")
    if found[0].state != state:
        raise Broken(f"state {state}", f"state {brief(notice.chat_of(found[0].payload).get('state'))}")


def _identities(conversation: Conversation) -> Iterator[Mapping[str, Any]]:
    for n in conversation.received:
        yield from n.participants
        for entry in n.entries:
            if isinstance(entry.get("from"), dict):
                yield entry["from"]


def ids_have_one_identity(conversation: Conversation) -> None:
    """A participantId has the same type and nickname wherever it occurs in this chat."""
    accepted(conversation)
    known: dict[str, tuple[Any, Any]] = {}
    met_again = False
    for person in _identities(conversation):
        number = person.get("participantId")
        if not isinstance(number, str):
            continue
        identity = (person.get("type"), person.get("nickname"))
        met_again = met_again or number in known
        before = known.setdefault(number, identity)
        if before != identity:
            raise Broken(
                f"{number} is {before[0]} {brief(before[1])}", f"{number} is {identity[0]} {brief(identity[1])}"
            )
    if not met_again:
        raise NotTestable("no participantId occurs twice")


def customer_sees(conversation: Conversation, nickname: str) -> None:
    """The customer's own view of the chat shows an agent under exactly this nickname."""
    accept = accepted(conversation)
    looks = [e for e in conversation.steps("look", "read") if e.sent > accept.sent]
    if not looks:
        raise NotTestable("nobody looked at the chat from the customer's side")
    if not any(customer_side.was_taken(e) for e in looks):
        raise Hidden("the customer's side did not answer")
    present = [name for e in looks for name in customer_side.present(e)]
    seen = present or [name for e in looks for name in customer_side.last_joined(e)]
    if nickname not in seen and (conversation.ended is None or conversation.ended.how == "cut short"):
        raise NotTestable("the run ended before the customer could see the agent")
    if nickname not in seen:
        earlier = set(conversation.scenario.names[2:])
        now = [name for name in seen if name not in earlier] or seen
        raise Broken(f"the customer sees {shown(nickname)}", f"the customer sees {explained(nickname, now)}")
