"""The end of a chat that nobody has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gws_contract.stage.cast import Cast
from gws_contract.stage.reply import went_well

if TYPE_CHECKING:
    from gws_contract.stage.switchboard import LiveChat


def end_anyway(cast: Cast, live: LiveChat) -> None:
    """End a chat that its customer cannot leave and that no agent has accepted: who was invited last accepts it.

    A reject would not end it: it would be offered to the next.
    """
    if not live.left_open:
        return
    invited = live.invitations[-1]
    agent = cast.agents[invited.agent]
    agent.operate("Accept", invited.chat_id, step="end:accept", chat=live.number, nickname=live.scenario.agent)
    done = agent.operate("Complete", invited.chat_id, step="complete", chat=live.number)
    live.ended_at = done.sent if went_well(done) else live.ended_at
