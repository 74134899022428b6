"""The end of a chat that nobody has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gws_contract import notification as notice
from gws_contract.stage.cast import Cast
from gws_contract.stage.reply import went_well

if TYPE_CHECKING:
    from gws_contract.stage.switchboard import LiveChat


def end_anyway(cast: Cast, live: LiveChat) -> None:
    """End a chat that its customer cannot leave and that no agent has accepted: who was invited last accepts it.

    A reject would not end it: it would be offered to the next. So is ended what the agent has handed on, if whoever was
    invited to it is not told a little later that the customer has left.
    """
    if not live.left_open and not _offered_in_vain(cast, live):
        return
    live.handed_on_at = None
    invited = live.invitations[-1]
    agent = cast.agents[invited.agent]
    agent.operate("Accept", invited.chat_id, step="end:accept", chat=live.number, nickname=live.scenario.agent)
    done = agent.operate("Complete", invited.chat_id, step="complete", chat=live.number)
    live.ended_at = done.sent if went_well(done) else live.ended_at


def _offered_in_vain(cast: Cast, live: LiveChat) -> bool:
    """Whether somebody has an open invitation to a chat that was handed on, and nobody withdraws it."""
    invited = live.invitations[-1] if live.invitations else None
    if invited is None or live.handed_on_at is None or invited.at < live.handed_on_at:
        return False

    def told() -> bool:
        heard = [d for d in live.deliveries if d.agent == invited.agent and d.at > invited.at]
        return any(notice.state_of(notice.payload_of(d.message)) not in (None, "Invited") for d in heard)

    return not live.wait(told, cast.clock.now() + cast.target.patience, cast.clock, cast.stop)
