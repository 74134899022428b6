"""What a run is asked for, from three places: the command line, then the environment, then the file gws.toml.

An option `--read-timeout` is the variable GWS_READ_TIMEOUT and the key `read-timeout` of the file. The file holds no
secrets: it may be committed. With `--mock`, what describes another server is heeded on the command line only.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gws_contract import toml
from gws_contract.options import CERTIFY, Option
from gws_contract.stage.target import SECRETS, UsageError
from gws_contract.toml import TomlError
from gws_contract.wish import Wish

FILE = "gws.toml"
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def settled(given: Mapping[str, Any], environment: Mapping[str, str], here: Path) -> Wish:
    """The wish of one run. `given` are the options of the command line by attribute, None where nothing was said.

    Raises UsageError with one sentence, which names the place where something wrong was said.
    """
    said = {name: value for name, value in given.items() if value is not None}
    mock = said.get("mock") is not None
    surroundings = _of_environment(environment)
    file = _of_file(said.get("config", surroundings.get("config")), here)
    heeded = [option for option in CERTIFY if option.where == "anywhere" or (option.where == "server" and not mock)]
    for option in heeded:
        for place in (surroundings, file):
            if option.attribute in place:
                said.setdefault(option.attribute, place[option.attribute])
    return Wish(**said)


def _of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for option in CERTIFY:
        text = environment.get(option.variable, "").strip()
        if option.where != "words" and text:
            found[option.attribute] = _read(option, text)
    return found


def _read(option: Option, text: str) -> Any:
    """The value of a variable."""
    if option.is_flag:
        if text.lower() in (*_YES, *_NO):
            return text.lower() in _YES
        raise UsageError(f"{option.variable} is {text!r}; it is either 1 or 0.")
    if option.is_list:
        return [part.strip() for part in text.split(",") if part.strip()]
    kind = option.settings.get("type", str)
    try:
        value = kind(text)
    except ValueError:
        raise UsageError(f"{option.variable} is {text!r}, which is no number{_whole(option)}.") from None
    return _allowed(option, value, option.variable)


def _of_file(name: str | None, here: Path) -> dict[str, Any]:
    path = here / (name or FILE)
    if name is None and not path.exists():
        return {}
    shown = name or FILE
    try:
        table = toml.table(path, f"The settings file {shown}")
    except TomlError as error:
        raise UsageError(str(error)) from error
    return {option.attribute: value for option, value in (_entry(key, value, shown) for key, value in table.items())}


def _entry(key: str, value: Any, file: str) -> tuple[Option, Any]:
    """The option and the value of one line of the file."""
    variable = f"GWS_{key.upper().replace('-', '_')}"
    if variable in SECRETS:
        raise UsageError(f"{file} holds no secrets: {key} comes from the environment, as {variable}.")
    known = {option.name: option for option in CERTIFY if option.where != "words" and option.name != "config"}
    if key not in known:
        close = get_close_matches(key, known, n=1)
        raise UsageError(
            f"{file} knows no {key}; "
            + (f"did you mean {close[0]}?" if close else "its keys are the options of certify, as --help lists them.")
        )
    option = known[key]
    return option, _fitting(option, value, f"{key} in {file}")


def _fitting(option: Option, value: Any, where: str) -> Any:
    """The value of a key of the file, if it is of the kind of the option."""
    if option.is_flag:
        fits, wanted = isinstance(value, bool), "true or false"
    elif option.is_list:
        value = [value] if isinstance(value, str) else value
        fits, wanted = isinstance(value, list) and all(isinstance(one, str) for one in value), "a list of texts"
    elif "type" in option.settings:
        kinds = (int,) if option.settings["type"] is int else (int, float)
        fits, wanted = type(value) in kinds, f"a number{_whole(option)}"
    else:
        fits, wanted = isinstance(value, str), "a text"
    if not fits:
        raise UsageError(f"{where} is {value!r:.60}; it is {wanted}.")
    return _allowed(option, value, where)


def _allowed(option: Option, value: Any, where: str) -> Any:
    choices = option.settings.get("choices")
    if choices and value not in choices:
        raise UsageError(f"{where} is {value!r:.60}; it is one of {', '.join(choices)}.")
    return value


def _whole(option: Option) -> str:
    return " without fractions" if option.settings.get("type") is int else ""
