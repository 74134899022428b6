"""The situations: what every campaign performs first, so that each clause can be tested."""

from __future__ import annotations

from gws_contract.scenario import Capability, Depart, Say, Scenario, Stream, Typing, Visit
from gws_contract.stage.misuse import MISUSES

LONG = 40
"""Texts of the long history among the situations; at most 50 entries are planted on a server we do not own."""

_SIOBHAN = "Dr. Siobhán Aoife O'Sullivan-Fitzgerald, of the night shift"
_ZOE = "Zoë O'Hara-𐐔𐐯𐑅𐐨𐑉𐐯𐐻 of the other department"

_AT_WORK: tuple[Capability, ...] = (
    "SendStartTypingNotification",
    "SendMessage",
    "SendStopTypingNotification",
    "InFocus",
    "Complete",
)

SITUATIONS: tuple[Scenario, ...] = (
    # The documented example: Marat came and left, the customer typed and said Hello World, Marat comes back.
    Scenario("PersonP", "Marat", (Visit("leave", "Marat"), Typing("started"), Say("Hello World"))),
    Scenario("Ann-Marie O'Neil", "Jürgen Müller", reply="How can I help you?", spelling="escaped", uses=_AT_WORK),
    Scenario("Jo", "Kim", (Say("Hello?"),), refusals=tuple(MISUSES), accept_again=True),
    Scenario("Pat", "Sam", (Visit("reject"), Say("Isn't anybody there?"), Say("I can wait.")), refusals=("rejected",)),
    Scenario("𠮷野家", "𐐔𐐯𐑅𐐨𐑉𐐯𐐻", (Say("こんにちは 👋🏽"), Say("Grüße, Ωmega, 𝄞?"))),
    Scenario("مريم", "नेहा शर्मा", (Say("مرحبا"), Say("שלום"), Say("สวัสดี")), reply="नमस्ते"),
    Scenario("Lee", "Max", tuple(Say(f"Message number {n}.") for n in range(1, LONG + 1))),
    Scenario("Al", "Bo", (Say("ok"), Typing("started"), Typing("stopped"), Say("ok"), Say("no"))),
    Scenario(
        "Kay",
        "Eve",
        (Say("Hi."), Visit("leave", _ZOE, ("One moment, please.",)), Say("Thanks, Zoë.")),
        uses=("Transfer",),
    ),
    # Whoever has left the chat may not speak in it any more: the page of Leave announces nothing of the kind.
    Scenario("Bea", _SIOBHAN, reply="Good evening.", uses=("Leave", "SendMessage")),
    Scenario(
        "Ray",
        "Ida",
        (Say("A question:"),),
        after=(Say("Are you there?"),),
        reply="Yes.",
        user_data={"FirstName": "Ray", "Reason for contact": "a question"},
    ),
    # The seam between history and live messages: the customer goes on while the agent accepts.
    Scenario("Ned", "Amy", (Say("I begin to count."),), (Stream(("Are you there?",), 12),)),
    Scenario("Gil", "Liv", (Say("I cannot wait any longer."), Depart())),
    # What no vendor promised: markup, quotes, blanks at the ends, an emoji in a name of 256 code points.
    Scenario("Robert'); --", "😀" + 255 * "n", (Say("  <b>2 &lt; 3</b>\t"),)),
    Scenario("Uma", "Ben", (Say("First of two."),), beside="same-agent"),
    Scenario("Vic", "Ben", (Say("Second of two."),), beside="same-agent"),
    *(Scenario(name, "Ada", (Say("All at once."),), beside="all-agents") for name in ("Una", "Duo", "Tre", "Quattro")),
)
"""What every campaign performs first; fewer chats cannot test every clause."""
