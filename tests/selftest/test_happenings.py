"""What happened to the sessions of an agent, found without looking at all that happened in the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gws_contract.happenings import Happenings, Told
from gws_contract.journal import Incident, Session
from gws_contract.verdict import Transport

moments = st.integers(0, 12).map(float)
epochs = st.integers(1, 4)
agents = st.sampled_from(["ann", "bob"])
observers = st.sampled_from([1, 1, 2])
WHATS = ["poll-broken", "not-json", "session-lost", "new-session", "direct-delivery", "multiple-clients", "ack-order"]
WHATS += ["too-large", "told-to-wait", "flooded", "stopped"]
sessions = st.lists(
    st.builds(Session, agents, epochs, moments, st.booleans(), st.just(20.0), observers), max_size=8
).map(tuple)
incidents = st.lists(
    st.builds(
        lambda incident, since: replace(incident, since=since and min(since, incident.at)),
        st.builds(Incident, agents, epochs, moments, st.sampled_from(WHATS), st.just(""), observers),
        st.none() | moments,
    ),
    max_size=10,
).map(tuple)
patiently = settings(deadline=None, max_examples=400)


def plainly(
    sessions: Sequence[Session], incidents: Sequence[Incident], agent: str, start: float, end: float, over: float
) -> Transport:
    """As it is told: by looking at everything."""
    begun = [s for s in sessions if s.agent == agent and s.at <= end]
    last = max((s for s in begun if s.at <= start), key=lambda s: s.epoch, default=None)
    if last is None:
        return Transport(new_session=True)
    ever = [i for i in incidents if i.agent == agent and i.epoch >= last.epoch]
    mine = [i for i in ever if i.at <= end]
    happened = {i.what for i in ever if i.at >= start and i.begun <= end}
    for_good = {"session-lost", "stopped", "told-to-wait", "flooded"}
    lost_before = any(i.what in for_good and last.at <= i.at <= start for i in mine)
    given_up = any(s.epoch > last.epoch and s.at <= over for s in begun)
    return Transport(
        ack=last.ack,
        poll_broken="poll-broken" in happened,
        new_session=lost_before or given_up or bool(happened & {*for_good, "new-session", "too-large", "not-json"}),
        direct="direct-delivery" in happened,
        repeating=any(i.what == "ack-order" for i in mine),
    )


@given(sessions, incidents, moments, moments, moments | st.just(float("inf")))
@patiently
def test_a_transport_is_what_a_look_at_everything_says(
    sessions: tuple[Session, ...], incidents: tuple[Incident, ...], start: float, end: float, over: float
) -> None:
    line = Happenings(Told(sessions, incidents)).line("ann")
    assert line.transport(start, end, over) == plainly(sessions, incidents, "ann", start, end, over)


@given(sessions, incidents, moments)
@patiently
def test_the_session_in_force_is_the_latest_epoch_that_had_begun(
    sessions: tuple[Session, ...], incidents: tuple[Incident, ...], at: float
) -> None:
    begun = [s for s in sessions if s.agent == "ann" and s.at <= at]
    assert Happenings(Told(sessions)).line("ann").session(at) == max(begun, key=lambda s: s.epoch, default=None)


@given(sessions, incidents, st.dictionaries(agents, st.sampled_from([1, 2])), moments)
@patiently
def test_of_an_observer_who_is_not_believed_nothing_counts(
    sessions: tuple[Session, ...], incidents: tuple[Incident, ...], believed: dict[str, int], start: float
) -> None:
    heard = replace(Happenings(Told(sessions, incidents)), observers=believed)
    left = tuple(s for s in sessions if s.observer == believed.get(s.agent, 1))
    happened = tuple(i for i in incidents if i.observer == believed.get(i.agent, 1))
    assert (heard.sessions, heard.incidents) == (left, happened)
    assert heard.agents == {s.agent for s in left}
    assert heard.line("bob").transport(start, 9.0, 9.0) == plainly(left, happened, "bob", start, 9.0, 9.0)


def test_a_loss_that_came_to_light_late_hides_what_came_since_the_last_good_poll() -> None:
    session = Session("ann", 1, 0.0, False, 30.0)
    broken = Incident("ann", 1, 40.0, "poll-broken", "", since=10.0)
    line = Happenings(Told((session,), (broken,))).line("ann")
    assert [line.transport(start, start + 2.0, 99.0).poll_broken for start in (7.0, 9.0, 30.0, 41.0)] == [
        False,
        True,
        True,
        False,
    ]
