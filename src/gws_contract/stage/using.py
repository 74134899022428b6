"""An agent uses the capabilities of a chat that he has accepted, and tries those that the server does not announce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gws_contract.journal import Exchange
from gws_contract.scenario import SAID_TO_USE, Capability
from gws_contract.stage.reply import said_yes, went_well

if TYPE_CHECKING:
    from gws_contract.stage.agent import Agent
    from gws_contract.stage.play import Play

_TYPES = {"SendStartTypingNotification": "TypingStarted", "SendStopTypingNotification": "TypingStopped"}
"""By capability, the type of the entry that it causes."""


def use(play: Play) -> None:
    """Everything that the scenario says, in its order. Each is waited for, and nothing follows what is not answered."""
    assert play.accepted is not None
    agent, accept = play.accepted
    play.live.busy_agent = agent.name
    try:
        for capability in play.live.scenario.uses:
            play.cast.goes_on()
            if not _used(play, agent, accept, capability):
                break
    finally:
        play.live.busy_agent = None


def _used(play: Play, agent: Agent, accept: Exchange, capability: Capability) -> bool:
    """One of them, under its other name too if the first is refused; False if it was not answered.

    What was announced and is no longer is left alone, and so is everything of which the server says nothing.
    """
    live, watch = play.live, play.watch
    announced = watch.announced(agent, accept)
    parameters = _parameters(play, agent, capability)
    if announced.says_of(capability) == "nothing" or parameters is None:
        return True
    chat_id = next(i.chat_id for i in reversed(live.invitations) if i.agent == agent.name)
    for name in announced.names_of(capability):
        done = agent.operate(name, chat_id, step=f"use:{capability}", chat=live.number, **parameters)
        if done.failure:
            return False
        if went_well(done) and _takes_effect(play, agent, done, capability):
            _goes_on_elsewhere(play, done, agent, capability)
            return True
        if not went_well(done) and announced.says_of(capability) == "yes":
            # What is refused may have been withdrawn a moment before, and the agent be told about now.
            watch.settle()
    return True


def _parameters(play: Play, agent: Agent, capability: Capability) -> dict[str, str] | None:
    """What is sent with the operation; None if nobody can say it."""
    if capability == "SendMessage":
        return {"text": SAID_TO_USE}
    if capability != "Transfer":
        return {}
    others = (other for other in play.cast.agents.values() if other.name != agent.name and other.uri)
    target = next(others, None)
    return {"targetUri": target.uri} if target and target.uri else None


def _takes_effect(play: Play, agent: Agent, done: Exchange, capability: Capability) -> bool:
    """Wait a little for what the operation should bring; False if the server takes its yes back."""
    watch = play.watch
    match capability:
        case "SendMessage":
            return watch.brings(agent, done, lambda heard: SAID_TO_USE in heard.texts)
        case "SendStartTypingNotification" | "SendStopTypingNotification":
            return watch.brings(agent, done, lambda heard: _TYPES[capability] in heard.types)
        case "InFocus":
            return not (said_yes(done) and watch.error_follows(agent, done.sent))
    return watch.brings(agent, done, lambda heard: heard.changed)


def _goes_on_elsewhere(play: Play, done: Exchange, agent: Agent, capability: Capability) -> None:
    """What an end, or a parting, means for clearing up: somebody else may have to end the chat."""
    live, cast = play.live, play.cast
    if capability == "Complete":
        live.completed_by, live.ended_at = agent.name, done.sent
    elif capability in ("Transfer", "Leave"):
        live.handed_on_at = done.sent
        patience = cast.target.patience if live.can("leave") else cast.target.offer_timeout
        until = cast.clock.now() + patience
        if capability == "Transfer" or not live.can("leave"):
            live.wait(lambda: any(i.at > done.sent for i in live.invitations), until, cast.clock, cast.stop)
