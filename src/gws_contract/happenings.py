"""What happened to the CometD sessions of all agents of a run, found by agent and time.

Every chat of a run asks, so no answer may cost more the longer the run is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from gws_contract.lazy import lazy
from gws_contract.records import Incident, Load, Session
from gws_contract.verdict import Transport

_LOSES = {"poll-broken"}
_LOSES_THE_SESSION = {"session-lost", "new-session", "stopped", "too-large", "not-json", "told-to-wait", "flooded"}
_LOSES_FOR_GOOD = {"session-lost", "stopped", "told-to-wait", "flooded"}
"""After these much may be missed until the next session; in a flood nobody knows what had to wait."""


class Line:
    """The sessions and incidents of one agent."""

    def __init__(self, sessions: Iterable[Session], incidents: Iterable[Incident]) -> None:
        numbered = sorted(enumerate(sessions), key=lambda told: told[1].at)
        self._begun = [session.at for _, session in numbered]
        self._in_force = [session for _, session in accumulate(numbered, _later)]
        self._incidents = sorted(incidents, key=_at)
        self._earliest = list(accumulate((i.begun for i in reversed(self._incidents)), min))[::-1]
        self._for_good = [i for i in self._incidents if i.what in _LOSES_FOR_GOOD]
        repeats = [i for i in self._incidents if i.what == "ack-order"]
        self._repeated = [i.at for i in repeats]
        self._repeating = list(accumulate((i.epoch for i in repeats), max))

    @property
    def ever_begun(self) -> bool:
        """Whether there was any session."""
        return bool(self._begun)

    def session(self, at: float) -> Session | None:
        """The session in force at a time: of those that had begun the one of the latest epoch."""
        begun = bisect_right(self._begun, at)
        return self._in_force[begun - 1] if begun else None

    def transport(self, start: float, end: float, over: float) -> Transport:
        """What happened from start to end; a session that was given up after `over` took nothing with it."""
        last = self.session(min(start, end))
        if last is None:
            return Transport(new_session=True)
        newest = self.session(min(end, over))
        given_up = newest is not None and newest.epoch > last.epoch
        if not self._incidents:
            return Transport(ack=last.ack, new_session=given_up)
        # What still happens to a session that was given up for the one in force hides nothing.
        happened = {i.what for i in self._touching(start, end) if i.epoch >= last.epoch}
        lost = any(i.epoch >= last.epoch for i in _between(self._for_good, last.at, min(start, end)))
        repeats = bisect_right(self._repeated, end)
        return Transport(
            ack=last.ack,
            poll_broken=bool(happened & _LOSES),
            new_session=lost or given_up or bool(happened & _LOSES_THE_SESSION),
            direct="direct-delivery" in happened,
            repeating=bool(repeats) and self._repeating[repeats - 1] >= last.epoch,
        )

    def _touching(self, start: float, end: float) -> Iterator[Incident]:
        """Those of which a part of the time from start to end knows nothing."""
        for number in range(bisect_left(self._incidents, start, key=_at), len(self._incidents)):
            if self._earliest[number] > end:
                return
            if self._incidents[number].begun <= end:
                yield self._incidents[number]


def _later(one: tuple[int, Session], other: tuple[int, Session]) -> tuple[int, Session]:
    """Which of two sessions is the later one; of one epoch, the one told first."""
    return max(one, other, key=lambda told: (told[1].epoch, -told[0]))


def _at(incident: Incident) -> float:
    return incident.at


def _moment(load: Load) -> float:
    return load.at


def _between(incidents: Sequence[Incident], start: float, end: float) -> Iterator[Incident]:
    first, last = bisect_left(incidents, start, key=_at), bisect_right(incidents, end, key=_at)
    return (incidents[number] for number in range(first, last))


class _Lines:
    """The lines of all agents: what each of an agent's observers told, and under None what all of them did."""

    def __init__(self, sessions: Sequence[Session], incidents: Sequence[Incident]) -> None:
        self._sessions: dict[tuple[str, int | None], list[Session]] = defaultdict(list)
        self._incidents: dict[tuple[str, int | None], list[Incident]] = defaultdict(list)
        self._made: dict[tuple[str, int | None], Line] = {}
        for session in sessions:
            self._sessions[session.agent, None].append(session)
            self._sessions[session.agent, session.observer].append(session)
        for incident in incidents:
            self._incidents[incident.agent, None].append(incident)
            self._incidents[incident.agent, incident.observer].append(incident)

    def of(self, agent: str, observer: int | None) -> Line:
        which = (agent, observer)
        if which not in self._made:
            self._made[which] = Line(self._sessions.get(which, ()), self._incidents.get(which, ()))
        return self._made[which]


@dataclass(frozen=True)
class Told:
    """All that the observers of a run told of their sessions, in the order of the journal."""

    sessions: tuple[Session, ...] = ()
    incidents: tuple[Incident, ...] = ()
    loads: tuple[Load, ...] = ()
    """How the client itself stood, second by second, in a load run."""

    def lag(self, start: float, end: float) -> float:
        """Seconds by which the client woke too late between two moments, at worst."""
        first, last = (bisect_left(self.loads, moment, key=_moment) for moment in (start, end))
        return max((load.lag for load in self.loads[first : last + 1]), default=0.0)

    @lazy
    def lines(self) -> _Lines:
        return _Lines(self.sessions, self.incidents)

    @lazy
    def agents(self) -> frozenset[str]:
        """Those who ever had a session."""
        return frozenset(session.agent for session in self.sessions)

    @lazy
    def twice(self) -> frozenset[str]:
        """The agents who had a second observer."""
        return frozenset(session.agent for session in self.sessions if session.observer == 2)


@dataclass(frozen=True)
class Happenings:
    """What is believed of what the observers told."""

    told: Told = Told()
    observers: Mapping[str, int] | None = None
    """Whom to believe, by agent, and of all others the first one; None: everybody."""

    def believes(self, agent: str, observer: int) -> bool:
        """Whether this observer of an agent is believed."""
        return self.observers is None or observer == self.observers.get(agent, 1)

    def line(self, agent: str) -> Line:
        """What happened to an agent's sessions."""
        return self.told.lines.of(agent, None if self.observers is None else self.observers.get(agent, 1))

    @property
    def agents(self) -> frozenset[str]:
        """Those who ever had a session."""
        if self.observers is None:
            return self.told.agents
        return frozenset(agent for agent in self.told.agents if self.line(agent).ever_begun)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Of all agents, in the order of the journal."""
        return tuple(s for s in self.told.sessions if self.believes(s.agent, s.observer))

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Of all agents, in the order of the journal."""
        return tuple(i for i in self.told.incidents if self.believes(i.agent, i.observer))
