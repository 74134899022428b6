"""A vendor's server as an engineer meets it: certified unattended, from a settings file and the environment."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme

from gws_contract.mock import catalogue
from gws_contract.mock.profiles import PROFILES
from gws_contract.mock.server import Mock, Options

from ..stages import HANG, Finished, environment, nobody_is_left, started
from ..sticky_proxy import StickyProxy

LIKE = "like-8.5.202"


@dataclass
class Vendor:
    """A server, and what is said of it in gws.toml and in the environment."""

    mock: Mock
    url: str
    settings: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def plain(_: Path) -> Iterator[Vendor]:
    with Mock(variations=catalogue.named(LIKE)) as mock:
        yield Vendor(mock, mock.url)


@contextlib.contextmanager
def behind_a_prefix(_: Path) -> Iterator[Vendor]:
    options = Options(prefix="/gws/prod", cometd_path="/cometd")
    with Mock(variations=catalogue.named(LIKE), options=options) as mock:
        assert mock.url.endswith("/gws/prod")
        yield Vendor(mock, mock.url, {"cometd-path": "/cometd", "topic": ["/**"]})


@contextlib.contextmanager
def behind_tls(here: Path) -> Iterator[Vendor]:
    ca, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    ca.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    ca.cert_pem.write_to_path(here / "ca.pem")
    ca.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(here / "client.pem")
    with Mock(variations=catalogue.named(LIKE), tls=context) as mock:
        assert mock.url.startswith("https://")
        yield Vendor(mock, mock.url, {"ca-file": "ca.pem", "client-cert": "client.pem"})


@contextlib.contextmanager
def behind_a_balancer(_: Path) -> Iterator[Vendor]:
    with Mock(variations=catalogue.named(LIKE), nodes=2) as mock, StickyProxy(mock.urls) as proxy:
        yield Vendor(mock, proxy.url)
        assert set(proxy.went) == {1, 2}


@contextlib.contextmanager
def with_strict_sessions(_: Path) -> Iterator[Vendor]:
    options = Options(strict_sessions=True, csrf_lifetime=7, voice_down=True)
    with Mock(variations=catalogue.named(LIKE), options=options) as mock:
        for agent in mock.agents:
            mock.call(partial(mock.desk.start_session, mock.desk.agents[agent], ["chat"]))
        yield Vendor(mock, mock.url, {"channel": ["voice", "chat"]})


@contextlib.contextmanager
def with_a_second_observer(_: Path) -> Iterator[Vendor]:
    with Mock(variations=catalogue.named(LIKE)) as mock:
        yield Vendor(mock, mock.url, {"second-observer": True, "topic": ["/v2/me/*"]})


VENDORS: tuple[Callable[[Path], contextlib.AbstractContextManager[Vendor]], ...] = (
    *(plain, behind_a_prefix, behind_tls, behind_a_balancer, with_strict_sessions, with_a_second_observer),
)


def certified(vendor: Vendor, here: Path, *words: str) -> Finished:
    lines = [f"{name} = {json.dumps(value)}" for name, value in vendor.settings.items()]
    (here / "gws.toml").write_text("\n".join(lines), "utf-8")
    variables = environment(vendor.mock, GWS_URL=vendor.url, GWS_QUIET_PERIOD="0.5", **vendor.variables)
    return Finished(started("certify", "--report-dir", "out", *words, cwd=here, env=variables))


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda each: each.__name__)
def test_certify_ends_with_status_0_unattended(
    vendor: Callable[[Path], contextlib.AbstractContextManager[Vendor]], tmp_path: Path
) -> None:
    with vendor(tmp_path) as server:
        run = certified(server, tmp_path)
        assert run.status == 0, run.said
        assert nobody_is_left(server.mock)
    assert run.err == ""


def test_a_server_that_is_not_verified_says_so_in_the_headline(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("gws.example.com").configure_cert(context)
    with Mock(tls=context) as mock:
        run = certified(Vendor(mock, mock.url), tmp_path, "--insecure")
    assert run.status == 0, run.said
    headline = run.out.splitlines()[-3]
    assert ": conformant (THE SERVER'S TLS CERTIFICATE WAS NOT VERIFIED (--insecure); " in headline
    certificate = json.loads((tmp_path / "out" / "certificate.json").read_text())
    assert certificate["headline"] == headline
    assert certificate["target"]["insecure"] is True


def test_a_server_that_is_verified_and_should_not_be_trusted_is_not_ready(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with Mock(tls=context) as mock:
        run = certified(Vendor(mock, mock.url), tmp_path)
    assert run.status == 2
    assert "The certificate of localhost:" in run.err


@pytest.mark.parametrize("name", PROFILES)
def test_a_server_like_those_of_a_version_is_conformant(name: str, tmp_path: Path) -> None:
    words = ["certify", f"--mock={name}", "--depth=quick", "--quiet-period=0.5", f"--report-dir={tmp_path}"]
    run = Finished(started(*words, cwd=tmp_path, env=environment()))
    assert run.status == 0, run.said
    assert f"the embedded mock with {name}: conformant" in run.out


def test_a_night_is_conformant_and_prints_its_random_seed(tmp_path: Path) -> None:
    words = ["certify", "--mock", "--depth=nightly", "--quiet-period=0.5", "--report-dir=out"]
    run = Finished(started(*words, cwd=tmp_path, env=environment()), hang=10 * HANG)
    assert run.status == 0, run.said
    seed = json.loads((tmp_path / "out" / "certificate.json").read_text())["seed"]
    assert f"depth nightly, seed {seed}," in run.out
    assert seed != 0
