"""To whom a chat is offered after an agent gave it away."""

from __future__ import annotations

from gws_contract.conversation import Conversation
from gws_contract.judge.answer import carried_out
from gws_contract.judge.finding import Broken, NotTestable


def is_offered_to_another(conversation: Conversation) -> None:
    """The next agent to be invited after the request is another one, if another one was listening.

    Whether the chat is offered again at all is for routing to say.
    """
    request, own = carried_out(conversation), conversation.agent
    if not conversation.happenings.agents - {own}:
        raise NotTestable("no other agent was listening")
    later = [invited for invited in conversation.invitations if invited.at > request.sent]
    if not later:
        raise NotTestable("the chat was not offered again")
    if later[0].agent == own:
        seconds = later[0].at - request.sent
        raise Broken("the chat is presented to another agent", f"Invited to {own} again (+{seconds:.3f} s)")
