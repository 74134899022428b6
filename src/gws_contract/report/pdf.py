"""certificate.pdf: the printed form of certificate.html, made by WeasyPrint (the extra `pdf`)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from gws_contract.report import certificate_page
from gws_contract.stage.target import UsageError

if TYPE_CHECKING:
    from gws_contract.report.docket import Docket

NAME = "certificate.pdf"


class PdfError(Exception):
    """The PDF was not made; the message says why. The page is there all the same."""


def at_hand() -> None:
    """Raises UsageError if no PDF can be made on this machine: it is said before a run, not after it."""
    try:
        import weasyprint  # noqa: F401, PLC0415 - what it needs of the system is found only by loading it
    except ImportError as error:
        raise UsageError("--pdf needs the extra pdf: pip install 'gws-contract[pdf]'.") from error
    except OSError as error:
        raise UsageError(
            f"--pdf needs the library Pango, which WeasyPrint cannot load here ({str(error).splitlines()[0]})."
        ) from error


def write(docket: Docket, path: Path) -> None:
    """Write the certificate of a run as PDF. Raises PdfError."""
    import weasyprint  # noqa: PLC0415 - takes a second, and only who wants a PDF has it

    # It warns of every property that only browsers know.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    page = certificate_page.render(docket, paper=True)
    try:
        weasyprint.HTML(string=page, url_fetcher=_nothing).write_pdf(path)
    except Exception as error:
        raise PdfError(f"No certificate.pdf was made: {type(error).__name__} of WeasyPrint, {error}.") from error


def _nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    """What is fetched for the page: nothing, it holds all it needs."""
    raise ValueError(f"The page asks for {url}.")
