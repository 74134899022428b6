"""Headless Chromium with a page in it: what a reader sees, hears and can reach."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Literal

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

HERE = Path(__file__).parent
PHONE, DESK = 390, 1100
"""Widths in CSS pixels."""
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
)

Scheme = Literal["light", "dark"]


def program(*names: str) -> str:
    """The path of a program. Fails the test, with what to do about it, where there is none."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail(
            f"There is no {' or '.join(names)} on the PATH. The browser tests need Chromium with its driver"
            " (Debian: chromium, chromium-driver), and node 20 or newer with its npm.",
            pytrace=False,
        )
    return found


def start() -> webdriver.Chrome:
    """A browser that the caller has to quit."""
    options = Options()
    options.binary_location = program("chromium", "chromium-browser", "google-chrome")
    for flag in _FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(program("chromedriver")))


def axe() -> str:
    """The source of axe-core, as the lock file below this directory names it; installed unless it is there."""
    wanted = (HERE / "package-lock.json").read_bytes()
    installed = HERE / "node_modules" / ".installed-lock.json"
    if not installed.exists() or installed.read_bytes() != wanted:
        command = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        npm = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
        if npm.returncode != 0:
            pytest.fail(f"npm could not install axe-core.\n{npm.stderr}", pytrace=False)
        installed.write_bytes(wanted)  # last, so that an installation that was cut short is done again
    return (HERE / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


class Page:
    """One page after the other in a browser; `open` comes first."""

    def __init__(self, driver: webdriver.Chrome, axe_source: str) -> None:
        self._driver = driver
        self._axe = axe_source

    def open(self, path: Path, *, width: int = DESK, scheme: Scheme = "light", printed: bool = False) -> None:
        """Show a file as it looks at this width, in light or dark, on a screen or printed."""
        self._command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._command("Emulation.setEmulatedMedia", media="print" if printed else "screen", features=features)
        self._driver.get("about:blank")
        self._drain("browser"), self._drain("performance")
        self._driver.get(path.as_uri())

    @property
    def complaints(self) -> list[str]:
        """What stood in the console since the page was opened."""
        return [str(entry["message"]) for entry in self._drain("browser")]

    @property
    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened, its own first."""
        messages = [json.loads(entry["message"])["message"] for entry in self._drain("performance")]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]

    @property
    def violations(self) -> list[str]:
        """What axe-core complains of: the rule, and the first element that breaks it."""
        self._driver.execute_script(self._axe)
        found = self._driver.execute_async_script(
            "const done = arguments[0]; axe.run(document).then(found => done(found.violations.map(one =>"
            " [one.id, one.help, one.nodes[0].html, one.nodes[0].failureSummary])))"
        )
        return [": ".join(words) for words in found]

    def run(self, script: str, *arguments: object) -> Any:
        """What a function body in JavaScript returns."""
        return self._driver.execute_script(script, *arguments)

    def press(self, *keys: str) -> None:
        """Press these keys, one after the other."""
        ActionChains(self._driver, duration=0).send_keys(*keys).perform()

    def reached_by_tab(self, what: str, most: int = 2000) -> list[Any]:
        """What an expression in JavaScript says of every element `e` that the Tab key reaches, until it leaves."""
        script = f"const e = document.activeElement; return e === document.body ? ['left'] : [null, {what}]"
        reached: list[Any] = []
        for _ in range(most):
            self.press(Keys.TAB)
            left, *found = self.run(script)
            if left:
                return reached
            reached += found
        pytest.fail(f"Tab goes round and round: {reached[-5:]}")

    def style(self, selector: str, name: str) -> str:
        """A computed style of the first element of a selector."""
        script = "return getComputedStyle(document.querySelector(arguments[0])).getPropertyValue(arguments[1])"
        return str(self.run(script, selector, name))

    def is_shown(self, selector: str) -> bool:
        """Whether the first element of a selector can be seen."""
        script = "return document.querySelector(arguments[0]).checkVisibility({contentVisibilityAuto: true})"
        return bool(self.run(script, selector))

    def printed(self) -> bytes:
        """The page as a PDF, as a browser prints it."""
        data = self._command("Page.printToPDF", preferCSSPageSize=True)["data"]
        return base64.b64decode(data)

    def screenshot(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        data = self._command("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))

    def _command(self, name: str, **parameters: object) -> Any:
        return self._driver.execute_cdp_cmd(name, parameters)

    def _drain(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._driver.get_log(name)
        return found
