"""Which worker of a load run has which server and which agents."""

from __future__ import annotations

import json

import pytest

from gws_contract.load.posts import Post, posts
from gws_contract.stage.target import UsageError

FOUR = {"GWS_AGENTS": "a:1,b:2,c:3,d:4"}
URL = "http://one.example"


def users(post: Post) -> str:
    return "".join(agent.user for agent in post.agents)


def test_of_so_many_workers_each_has_every_so_manieth_agent() -> None:
    assert [users(post) for post in posts(URL, None, FOUR, 3)] == ["ad", "b", "c"]


def test_of_several_servers_each_worker_has_one_and_agents_of_its_own() -> None:
    found = posts("http://one.example, http://two.example:81/gws/", None, FOUR, 2)
    assert [(post.url, users(post)) for post in found] == [(URL, "ac"), ("http://two.example:81/gws", "bd")]


def test_workers_at_one_server_share_its_agents() -> None:
    found = posts("http://one.example,http://two.example", None, FOUR, 4)
    assert [(post.url, users(post)) for post in found] == [
        (URL, "a"),
        ("http://two.example", "b"),
        (URL, "c"),
        ("http://two.example", "d"),
    ]


def test_a_file_may_hold_an_account_a_line_whose_password_has_any_character() -> None:
    (post,) = posts(URL, "a:one,two:three\n\n  b:x  \n", {}, 1)
    assert [(agent.user, agent.password) for agent in post.agents] == [("a", "one,two:three"), ("b", "x")]


def test_a_file_may_be_what_the_mock_printed() -> None:
    one = {"url": "http://one.example", "agents": "a:1,b:2", "contact_center_id": "cc"}
    (post,) = posts(None, json.dumps(one), {}, 1)
    assert (post.url, users(post), post.contact_center_id) == (URL, "ab", "cc")


def test_a_file_may_tell_of_several_servers_and_their_agents() -> None:
    one = {"url": "http://one.example", "agents": "a:1,b:2", "contact_center_id": "x"}
    two = {"url": "http://two.example", "agents": "c:1,d:2", "contact_center_id": "y"}
    found = posts(None, json.dumps({"targets": [one, two]}), {}, 2)
    assert [(post.url, users(post), post.contact_center_id) for post in found] == [
        (URL, "ab", "x"),
        ("http://two.example", "cd", "y"),
    ]


@pytest.mark.parametrize(
    ("url", "listed", "environment", "workers", "says"),
    [
        (None, None, FOUR, 1, "There is no server"),
        (URL, None, {}, 1, "There is no agent"),
        (URL, "", {}, 1, "There is no agent"),
        (URL, "nonsense", {}, 1, "not of the form user:password"),
        (URL, "a:1\na:2", {}, 1, "names an agent twice"),
        (URL, '{"url": 1}', {}, 1, "not as gws-contract mock prints it"),
        (URL, None, FOUR, 5, "fewer agents than workers (5)"),
        ("http://one.example,http://two.example", None, FOUR, 1, "2 servers and 1 to work at them"),
    ],
)
def test_what_cannot_work_is_said_in_a_sentence(
    url: str | None, listed: str | None, environment: dict[str, str], workers: int, says: str
) -> None:
    with pytest.raises(UsageError, match=says.replace("(", r"\(").replace(")", r"\)")):
        posts(url, listed, environment, workers)


def test_a_password_is_in_no_sentence() -> None:
    with pytest.raises(UsageError) as said:
        posts(URL, "user secret-word", {}, 1)
    assert "secret-word" not in str(said.value)


def test_a_password_is_in_no_representation() -> None:
    assert "'1'" not in repr(posts(URL, None, FOUR, 1))
