"""Which scenarios a campaign performs: the situations that every clause needs, then Hypothesis' draws."""

from __future__ import annotations

import unicodedata

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from gws_contract.scenario import Say, Scenario, Typing, Visit
from gws_contract.stage.misuse import MISUSES

LONG = 40
"""Texts of the long history among the situations; at most 50 entries are planted on a server we do not own."""

_ZOE = "Zoë O'Hara-𐐔𐐯𐑅𐐨𐑉𐐯𐐻 of the other department"

SITUATIONS: tuple[Scenario, ...] = (
    # The documented example: Marat came and left, the customer typed and said Hello World, Marat comes back.
    Scenario("PersonP", "Marat", (Visit("leave", "Marat"), Typing("started"), Say("Hello World"))),
    Scenario("Ann-Marie O'Neil", "Jürgen Müller", reply="How can I help you?"),
    Scenario("Jo", "Kim", (Say("Hello?"),), refusals=tuple(MISUSES), accept_again=True),
    Scenario("Pat", "Sam", (Visit("reject"), Say("Isn't anybody there?"), Say("I can wait.")), refusals=("rejected",)),
    Scenario("𠮷野家", "𐐔𐐯𐑅𐐨𐑉𐐯𐐻", (Say("こんにちは 👋🏽"), Say("Grüße, Ωmega, 𝄞?"))),
    Scenario("مريم", "नेहा शर्मा", (Say("مرحبا"), Say("שלום"), Say("สวัสดี")), reply="नमस्ते"),
    Scenario("Lee", "Max", tuple(Say(f"Message number {n}.") for n in range(1, LONG + 1))),
    Scenario("Al", "Bo", (Say("ok"), Typing("started"), Typing("stopped"), Say("ok"), Say("no"))),
    Scenario("Kay", "Eve", (Say("Hi."), Visit("leave", _ZOE, ("One moment, please.",)), Say("Thanks, Zoë."))),
    Scenario("Bea", "Dr. Siobhán Aoife O'Sullivan-Fitzgerald, of the night shift", reply="Good evening."),
    Scenario("Ray", "Ida", (Say("A question:"),), after=(Say("Are you there?"),), reply="Yes."),
    Scenario("Uma", "Ben", (Say("First of two."),), beside="same-agent"),
    Scenario("Vic", "Ben", (Say("Second of two."),), beside="same-agent"),
)
"""What every campaign performs first; fewer chats cannot test every clause."""

_NAMES = (
    "Marat",
    "PersonP",
    "Ann-Marie",
    "O'Brien",
    "Jean Luc",
    "Zoë",
    "Łukasz",
    "Nguyễn Văn A",
    "Иван",
    "李雷",
    "さくら",
    "Müller-Lüdenscheidt",
    "N'Diaye",
    "محمد",
    "דָּוִד",
    "J. R. Smith",
    "x",
    "Agent 007",
    "𐍈𐌰𐌹",
    "김철수",
)
_TEXTS = (
    "Hello World",
    "Hi!",
    "ok",
    "Where is my order, please?",
    "It's no. 4711-08/15.",
    "Ça va? Très bien, merci.",
    "Спасибо большое!",
    "谢谢你",
    "👍",
    "😀 fine, thanks",
    "e-mail: person@example.com",
    "١٢٣",
    "…",
    "100% sure?",
)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


_letters = st.characters(categories=("L", "M", "N", "P"))
names = st.one_of(
    st.sampled_from(_NAMES),
    st.text(_letters, min_size=1, max_size=24).map(_plain).filter(bool),
)
texts = st.one_of(st.sampled_from(_TEXTS), st.text(_letters, min_size=1, max_size=60).map(_plain).filter(bool))


def steps() -> st.SearchStrategy[Say | Typing]:
    """What a customer does before the Accept."""
    return st.one_of(st.builds(Say, texts), st.sampled_from((Typing("started"), Typing("stopped"))))


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """An ordinary chat: anybody's name, a few texts, now and then an earlier agent."""
    before: list[Say | Typing | Visit] = list(draw(st.lists(steps(), max_size=6)))
    if draw(st.integers(0, 7)) == 0:
        visitor = Visit("leave", draw(names), tuple(draw(st.lists(texts, max_size=2))))
        before.insert(draw(st.integers(0, len(before))), visitor)
    return Scenario(
        customer=draw(names),
        agent=draw(names),
        before=tuple(before),
        reply=draw(st.one_of(st.just(""), texts)),
        after=tuple(draw(st.lists(st.builds(Say, texts), max_size=2))),
    )


def draw(count: int, number: int) -> list[Scenario]:
    """`count` scenarios: the situations, then draws with the seed `number`.

    The same again for the same arguments in the same installation: Hypothesis mixes in constants of local modules.
    """
    head = list(SITUATIONS[:count])
    wanted = count - len(head)
    drawn: list[Scenario] = []
    if wanted > 0:

        @seed(number)
        @settings(
            max_examples=wanted,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(scenarios())
        def collect(scenario: Scenario) -> None:
            drawn.append(scenario)

        collect()
    return head + [drawn[position % len(drawn)] for position in range(wanted)]
