"""`gws-contract report`, with programs that play the npm package `allure`; the real one is in tests/interop."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gws_contract import cli
from gws_contract.report import leaves, rendering
from gws_contract.report.rendering import RenderingError, stripped

PAGE = """<!DOCTYPE html><html><HEAD lang="en">
<title>x</title></HEAD><body><div id="app"></div>
<script src="data:text/javascript;base64,AAAA"></script>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
<script>
    window.dataLayer = window.dataLayer || [];
    function gtag(){dataLayer.push(arguments);}
    gtag('config', 'G-1');
</script>
<script async>d("widgets/x.json","eyJ4IjoxfQ==")</script>
</body></html>
"""
FAKE = """#!{python}
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
if words == ["--version"]:
    print({version!r})
    sys.exit()
settings = json.loads(pathlib.Path(words[words.index("--config") + 1]).read_text())
(here / "asked.json").write_text(json.dumps([words, settings]))
{then}
"""
LEAVES_A_PAGE = f"""
out = pathlib.Path(settings["output"])
out.mkdir()
(out / "index.html").write_text({PAGE!r})
"""


@pytest.fixture
def bin_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The report directory of a run with Allure results."""
    results = tmp_path / "out" / leaves.ALLURE
    results.mkdir(parents=True)
    (results / "1-result.json").write_text("{}")
    (tmp_path / "out" / leaves.CERTIFICATE).write_text(json.dumps({"verdict": "not conformant"}))
    return tmp_path / "out"


def install(bin_: Path, name: str = "allure", version: str = "3.18.0", then: str = LEAVES_A_PAGE) -> None:
    program = bin_ / name
    program.write_text(FAKE.format(python=sys.executable, version=version, then=then))
    program.chmod(0o755)


def asked(bin_: Path) -> Any:
    return json.loads((bin_ / "asked.json").read_text())


# ---- what becomes of the page ---------------------------------------------------------------------------------------


def test_scripts_from_elsewhere_and_analytics_are_taken_out_and_the_rest_stays() -> None:
    page = stripped(PAGE)
    assert "googletagmanager" not in page
    assert "gtag(" not in page
    assert '<script src="data:text/javascript;base64,AAAA"></script>' in page
    assert '<script async>d("widgets/x.json","eyJ4IjoxfQ==")</script>' in page


def test_the_page_is_forbidden_to_load_anything() -> None:
    page = stripped(PAGE)
    assert page.index("<HEAD") < page.index("Content-Security-Policy") < page.index("<title>")
    policy = page.partition('content="')[2].partition('"')[0]
    assert policy.startswith("default-src data: blob: ")
    assert "http" not in policy
    assert "*" not in policy


@pytest.mark.parametrize(
    "script",
    [
        '<script src="//cdn.example/x.js"></script>',
        "<script type='module' src='http://cdn.example/x.js'>\n</script>",
        "<SCRIPT defer SRC=https://cdn.example/x.js></SCRIPT>",
    ],
)
def test_a_script_from_elsewhere_is_found_however_it_is_written(script: str) -> None:
    assert "cdn.example" not in stripped(f"<head></head>{script}")


def test_what_is_no_page_is_not_passed_on() -> None:
    with pytest.raises(RenderingError, match="no HTML page"):
        stripped("an error occurred")


# ---- the command ----------------------------------------------------------------------------------------------------


def test_a_run_is_rendered_to_one_file_beside_its_certificate(
    bin_: Path, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(bin_)
    assert cli.main(["report", str(run)]) == 0
    assert capsys.readouterr().out == f"report: {run.parent / f'{run.name}-allure.html'}\n"
    assert (run.parent / f"{run.name}-allure.html").read_text("utf-8") == stripped(PAGE)
    words, settings = asked(bin_)
    assert words[0] == "generate"
    assert words[-1] == str(run / leaves.ALLURE)
    assert settings["name"] == "gws-contract: not conformant"
    page = settings["plugins"]["awesome"]["options"]
    assert (page["singleFile"], page["groupBy"]) == (True, ["epic", "feature", "story"])
    assert "Declared deviations" in {kind["name"] for kind in settings["categories"]}
    assert "historyPath" not in settings


def test_history_and_output_are_where_they_are_asked_for(bin_: Path, run: Path, tmp_path: Path) -> None:
    install(bin_)
    page, history = tmp_path / "page.html", tmp_path / "history.jsonl"
    assert cli.main(["report", str(run), "--output", str(page), "--history", str(history)]) == 0
    assert page.exists()
    _, settings = asked(bin_)
    assert (settings["historyPath"], settings["appendHistory"]) == (str(history), True)


def test_the_folder_of_the_results_will_do(bin_: Path, run: Path) -> None:
    install(bin_)
    assert cli.main(["report", str(run / leaves.ALLURE)]) == 0
    assert asked(bin_)[1]["name"] == "gws-contract"


def test_npx_will_do_without_a_network(bin_: Path, run: Path) -> None:
    npx = LEAVES_A_PAGE + '(here / "words.json").write_text(json.dumps(sys.argv))'
    install(bin_, "npx", then=npx)
    (bin_ / "npx").write_text((bin_ / "npx").read_text().replace('words == ["--version"]', 'words[-1] == "--version"'))
    assert cli.main(["report", str(run)]) == 0
    assert asked(bin_)[0][:3] == ["--no-install", "allure", "generate"]


def said(run: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    status = cli.main(["report", str(run), *more])
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return status, line


@pytest.mark.usefixtures("bin_")
def test_without_allure_a_sentence_says_what_to_install(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, line = said(run, capsys)
    assert (status, line) == (
        2,
        "gws-contract: There is no Allure here to render the report: npm install --global allure@3.",
    )
    assert not (run.parent / f"{run.name}-allure.html").exists()


def test_another_generation_of_allure_is_named(bin_: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(bin_, version="2.46.1")
    status, line = said(run, capsys)
    assert status == 2
    assert line == "gws-contract: This is Allure 2.46.1, and version 3 is needed: npm install --global allure@3."


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("sys.exit('the regex is wrong.')", "Allure rendered nothing: the regex is wrong."),
        ("sys.exit(7)", "Allure rendered nothing: exit status 7."),
        ("print('\\x1b[31mall is well')", "Allure rendered nothing: \\u001b[31mall is well."),
    ],
    ids=["it fails", "it says nothing", "it ends with 0 and leaves nothing"],
)
def test_where_allure_leaves_no_page_a_sentence_says_so(
    bin_: Path, run: Path, capsys: pytest.CaptureFixture[str], then: str, words: str
) -> None:
    install(bin_, then=then)
    assert said(run, capsys) == (2, f"gws-contract: {words}")


def test_an_allure_that_hangs_is_given_up(
    bin_: Path, run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "_SECONDS", 0.5)
    install(bin_, then="import time; time.sleep(1000)")
    assert said(run, capsys) == (2, "gws-contract: Allure did not end within 0.5 s.")


def test_a_program_that_cannot_be_started_is_a_sentence(
    bin_: Path, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bin_ / "allure").write_text("#!/nowhere/at/all\n")
    (bin_ / "allure").chmod(0o755)
    status, line = said(run, capsys)
    assert (status, line) == (2, "gws-contract: Allure cannot be started: No such file or directory.")


@pytest.mark.usefixtures("bin_")
def test_without_results_there_is_nothing_to_render(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, line = said(tmp_path, capsys)
    assert status == 4
    assert line == f"gws-contract: There are no Allure results in {tmp_path}; certify --allure leaves them."


def test_a_file_that_cannot_be_written_is_named(bin_: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(bin_)
    page = run / "no" / "such" / "page.html"
    status, line = said(run, capsys, "--output", str(page))
    assert (status, line) == (4, f"gws-contract: {page} cannot be written: No such file or directory.")


def test_a_new_run_takes_the_results_of_the_last_one_away(run: Path) -> None:
    leaves.clear(run)
    assert list(run.iterdir()) == []
