"""Quirks: legal variations, seen in real servers or allowed by the page, which must break nothing.

They are alternatives on axes; two alternatives of one axis exclude each other, any two of different axes go together.
Sources: `gws.md` 2, 3 and 8.7; the false alarms of `bayeux.md` 5.6; what DESIGN 6 calls legal.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gws_contract.mock import habits
from gws_contract.mock.alterations import (
    LOG,
    PEOPLE,
    STATUS,
    Answered,
    Edit,
    Everywhere,
    Intercepted,
    Logged,
    Refused,
    Sequenced,
    Set,
    failure,
)
from gws_contract.mock.seam import Apart, OnItsWay, behind_the_join
from gws_contract.mock.variation import Combined, Variation

ALL = (STATUS, PEOPLE, LOG)


@dataclass(frozen=True)
class Quirk:
    """One legal variation. `origin` names fault catalogue entries that are legal after all."""

    name: str
    axis: str
    says: str
    make: Callable[[], Variation]
    origin: tuple[str, ...] = ()


def _quirks() -> Iterator[Quirk]:
    def quirk(axis: str, name: str, says: str, make: Variation | Callable[[], Variation], origin: str = "") -> Quirk:
        maker = (lambda: copy.deepcopy(make)) if isinstance(make, Variation) else make
        return Quirk(name, axis, says, maker, tuple(origin.split()))

    yield quirk(
        "polls", "one-array", "All that is published in one moment leaves in one array.", Set({"together": True})
    )
    yield quirk("polls", "apart", "Each notification rides in a poll of its own.", Apart)
    yield quirk(
        "polls",
        "history-on-its-way",
        "The history leaves 40 milliseconds after the join, with what is said meanwhile behind the join.",
        lambda: OnItsWay(behind_the_join),
    )
    yield quirk(
        "batches",
        "history-in-batches",
        "The history comes in several NewMessages.",
        Sequenced(habits.split_log),
    )
    yield quirk(
        "batches",
        "own-join-apart",
        "The agent's own join comes in a NewMessages of its own.",
        Sequenced(habits.own_join_apart),
    )

    yield quirk(
        "moment", "notified-first", "Notifications come before the HTTP answer.", habits.PublishedFirst(), "F11 N14"
    )
    yield quirk(
        "moment", "slow-answer", "The answer takes 0.3 seconds.", Answered(lambda a: replace(a, delay=0.3)), "H13"
    )
    yield quirk("moment", "slow-server", "Every request takes 20 milliseconds more.", Set({"latency": 0.02}))

    yield quirk(
        "extras", "metrics", "Every notification has metrics.", Everywhere(ALL, lambda d: d.update(habits.METRICS))
    )
    yield quirk(
        "extras",
        "newer-members",
        "Chats carry userData, receivedDate, chatType and path.",
        Everywhere(
            (STATUS, PEOPLE),
            habits.in_chat(
                lambda c: c.update(
                    chatType="Inbound",
                    path="/chats/1",
                    receivedDate="2016-03-16 09:55:18.000+1000",
                    userData=c.get("userData", {"a b ?:>": None, "n": 1}),
                )
            ),
        ),
    )

    yield quirk(
        "capabilities",
        "set-in-focus",
        "Capabilities are sorted, say SetInFocus, and there are more of them.",
        Everywhere((STATUS, PEOPLE), habits.in_chat(habits.set_in_focus)),
    )
    yield quirk(
        "capabilities",
        "capabilities-grow",
        "StatusChange and ParticipantsUpdated list different capabilities.",
        Edit(PEOPLE, lambda d, _: d["chat"]["capabilities"].append("Invite")),
        "F43",
    )

    yield quirk(
        "capabilities",
        "focus-withdrawn",
        "InFocus is announced, withdrawn by a PropertiesUpdated behind the sequence, and then refused.",
        habits.FocusWithdrawn,
    )
    yield quirk(
        "operations",
        "set-in-focus-only",
        "InFocus may be announced, but the operation is called SetInFocus.",
        Intercepted("InFocus", failure(400, 2, "There is no such operation")),
    )
    yield quirk(
        "operations", "focus-with-parameters", "InFocus wants an undocumented parameter.", habits.FOCUS_WANTS_MORE
    )

    yield quirk(
        "chat-name",
        "chat-path-only",
        "The history names its chat by chatPath.",
        Everywhere((LOG,), lambda d: d.update(chatPath="/chats/" + d.pop("chatUri").rpartition("/")[2])),
    )
    yield quirk(
        "chat-name",
        "chat-path-too",
        "The history names its chat by chatUri and chatPath.",
        Everywhere((LOG,), lambda d: d.update(chatPath="/chats/" + d["chatUri"].rpartition("/")[2])),
    )
    yield quirk(
        "chat-name",
        "uri-of-other-host",
        "URIs name another host, scheme and prefix.",
        Everywhere(ALL, habits.other_host),
        "F32",
    )

    yield quirk(
        "people",
        "agent-twice",
        "The agent is listed twice, with two participant ids.",
        habits.people(lambda p: [*p, {**p[0], "participantId": "00900000000000AB"}]),
        "F48",
    )
    yield quirk(
        "identities",
        "other-ids",
        "Participant ids in list and history differ, as in the samples.",
        habits.people(lambda p: [habits.other_id(x) for x in p]),
        "F33",
    )
    yield quirk(
        "people",
        "customer-first",
        "The list begins with the customer and a supervisor is there too.",
        habits.people(lambda p: [*reversed(p), {"type": "External", "nickname": "system", "participantId": "7"}]),
    )
    yield quirk(
        "identities",
        "listed-in-status",
        "The StatusChange lists participants already.",
        Edit(STATUS, lambda d, c: d["chat"].update(participants=[{"type": "Agent", "nickname": c.nickname}])),
        "F50",
    )

    yield quirk(
        "log",
        "index-gaps",
        "Indexes have gaps and do not begin at 1.",
        habits.entries(lambda e: {**e, "index": e["index"] * 3 - 1}),
        "F51 N09",
    )
    yield quirk(
        "log",
        "greeting-and-notice",
        "A greeting and a notice without author are in the history.",
        Logged(habits.with_notices),
    )
    yield quirk("log", "no-typing", "The history has no typing entries.", Logged(habits.without_typing))

    yield quirk(
        "entries",
        "timestamps-with-space",
        "Timestamps have a space and there are timestampSeconds.",
        habits.entries(habits.spaced),
    )
    yield quirk(
        "entries",
        "timestamps-in-utc",
        "Timestamps end in Z.",
        habits.entries(lambda e: {**e, "timestamp": str(e["timestamp"])[:23] + "Z"}),
    )
    yield quirk(
        "entries", "newer-from", "Authors have uri, path, id and visibility.", habits.entries(habits.newer_from)
    )

    yield quirk(
        "failing", "join-fails", "Every fifth Accept ends in JoinFailed.", lambda: habits.FailsAfterwards("JoinFailed")
    )
    yield quirk(
        "failing",
        "error-notification",
        "Every fifth Accept ends in an Error notification.",
        lambda: habits.FailsAfterwards("error"),
    )
    yield quirk(
        "failing",
        "completed-instead",
        "Every fifth Accept ends in Completed.",
        lambda: habits.FailsAfterwards("Completed"),
    )

    yield quirk("beside", "interleaved", "Other messages stand between the three.", habits.Interleaved)
    yield quirk(
        "beside",
        "keys-in-any-order",
        "The members of notifications stand in alphabetical order.",
        Everywhere(ALL, habits.reordered_keys),
    )
    yield quirk(
        "answer",
        "token-in-answer",
        "The answer has a further member.",
        Answered(lambda a: replace(a, body=b' {"sessionToken": "x",\n "statusCode": 0}\n')),
        "H17",
    )
    yield quirk(
        "answer",
        "reference-in-answer",
        "The answer carries a referenceId and a charset.",
        Answered(
            lambda a: replace(
                a,
                body=b'{"referenceId":35,"statusCode":0.0}',
                headers={"Content-Type": "application/json;charset=UTF-8"},
            )
        ),
    )

    yield quirk("refusing", "refused-with-200", "Refusals come with HTTP 200.", Refused(habits.code_only_in_200))
    yield quirk("refusing", "refused-without-body", "Refusals have no body.", Refused(habits.empty_error))
    yield quirk("refusing", "refused-with-page", "Refusals have an HTML body.", Refused(habits.error_page))
    yield quirk(
        "refusing", "refused-with-500", "Refusals are HTTP 500 with statusCode 4.", Refused(habits.internal), "H16"
    )
    yield quirk("cometd", "no-ack", "The acknowledge extension is not installed.", Set({"ack": False}))
    yield quirk(
        "cometd", "connect-only", "Notifications leave with polls only.", Set({"ack": False, "meta_connect_only": True})
    )
    yield quirk(
        "polling", "replies-first", "Replies stand before notifications in an array.", Set({"replies_first": True})
    )
    yield quirk("polling", "short-polls", "Polls are held for 50 milliseconds.", Set({"hold": 0.05}))

    yield quirk("session", "csrf", "Changing requests need a CSRF token.", Set({"csrf": True}))
    yield quirk(
        "session",
        "newer-version",
        "The server is an 8.6.0, and refuses with codes that older ones do not know.",
        Combined((Set({"version": "8.6.000.01"}), Refused(habits.newer_codes))),
    )
    yield quirk(
        "words",
        "reject-says-status",
        "Reject is answered with status instead of statusCode.",
        Answered(lambda a: replace(a, body=b'{"status": 0}'), lambda c: c.operation == "reject"),
    )
    yield quirk(
        "words",
        "refused-by-notification",
        "A second Accept is taken back by an Error notification.",
        habits.RefusedByNotification,
    )


QUIRKS: dict[str, Quirk] = {quirk.name: quirk for quirk in _quirks()}
"""Every quirk by name."""

AXES: dict[str, tuple[str, ...]] = {}
for _quirk in QUIRKS.values():
    AXES[_quirk.axis] = (*AXES.get(_quirk.axis, ()), _quirk.name)
