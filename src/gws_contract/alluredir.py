"""Our results in a stranger's `pytest --alluredir`: from the rulings, in place of what allure-pytest makes of outcomes.

allure-pytest would call a declared deviation skipped, and label every result with host, process and thread. Whatever
else is in the session stays as allure-pytest writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pytest


def folder(config: pytest.Config) -> Path | None:
    """Where the results of this session go; None if nobody asked for any."""
    wished = getattr(config.option, "allure_report_dir", None)
    return Path(wished).absolute() if wished else None


def take_over(items: Iterable[pytest.Item]) -> None:
    """Keep allure-pytest from writing results of these items. After it was configured."""
    import allure_commons  # noqa: PLC0415 - only where allure-pytest is in use
    from allure_commons.logger import AllureFileLogger  # noqa: PLC0415 - as above
    from allure_pytest.utils import allure_full_name  # noqa: PLC0415 - as above

    ours = frozenset(allure_full_name(item) for item in items)
    plugins = allure_commons.plugin_manager
    for name, logger in plugins.list_name_plugin():
        if isinstance(logger, AllureFileLogger):
            plugins.unregister(name=name)
            plugins.register(_others(logger, ours), name=name)


def _others(logger: Any, ours: Collection[str]) -> object:
    """A logger that passes on everything but the results of ours, and the fixtures of nobody else."""
    from allure_commons import hookimpl  # noqa: PLC0415 - only where allure-pytest is in use

    ours_were, theirs_were, waiting = set[str](), set[str](), list[Any]()

    def settle() -> None:
        """Fixtures are reported before the tests that used them: they wait until it is known whose those were."""
        for container in list(waiting):
            if ours_were.union(theirs_were).issuperset(container.children):
                waiting.remove(container)
                container.children = [child for child in container.children if child in theirs_were]
                if container.children:
                    logger.report_container(container)

    class Others:
        """What allure-pytest reports of others."""

        @hookimpl
        def report_result(self, result: Any) -> None:
            if result.fullName in ours:
                ours_were.add(result.uuid)
            else:
                theirs_were.add(result.uuid)
                logger.report_result(result)
            settle()

        @hookimpl
        def report_container(self, container: Any) -> None:
            waiting.append(container)
            settle()

        @hookimpl
        def report_attached_file(self, source: Any, file_name: str) -> None:
            logger.report_attached_file(source, file_name)

        @hookimpl
        def report_attached_data(self, body: Any, file_name: str) -> None:
            logger.report_attached_data(body, file_name)

        @hookimpl
        def report_globals(self, globals_item: Any) -> None:
            logger.report_globals(globals_item)

    return Others()
