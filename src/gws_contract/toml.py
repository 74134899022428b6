"""A TOML file that a user wrote, read with one sentence for whatever may be wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


class TomlError(ValueError):
    """A file cannot be read as TOML. The message is one sentence for a person."""


def table(path: Path, name: str) -> dict[str, Any]:
    """The table that a file holds. `name` is the file in the words of the sentence. Raises TomlError."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise TomlError(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise TomlError(f"{name} is not in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise TomlError(f"{name} is not TOML: {error}.") from error
    except RecursionError as error:
        raise TomlError(f"{name} is nested too deeply.") from error
