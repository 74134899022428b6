"""HTML pages from the templates beside this module: every text escaped, and made harmless to read."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from gws_contract.report.text import printable

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **values: Any) -> str:
    """The page of a template with these values. What a template asks for and nobody gives is an error."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - only who writes a page pays

    return Environment(
        loader=PackageLoader("gws_contract.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _harmless(value: object) -> object:
    """A text as a person may read it; markup of ours as it is."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
