"""The files of a folder that nobody vouches for: no link is followed, nothing but regular files is opened."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

MOST = 100_000
"""Files and folders that are looked at."""
LARGEST = 16 * 2**30
"""Bytes of a file that is read."""
_CHUNK = 2**20


class FileError(Exception):
    """A file or folder cannot be read as one of a bundle; the message is a sentence."""


@dataclass
class Found:
    """What lies in a folder and below it, by name: the path below the folder, with slashes."""

    regular: set[str] = field(default_factory=set)
    odd: dict[str, str] = field(default_factory=dict)
    """What is no regular file and no folder, and what each is; empty folders too."""


def found(folder: Path, among: Collection[str] | None = None) -> Found:
    """Everything that lies there. Raises FileError.

    `among`: what the names of our own files and folders are; others are odd, and nobody looks into them.
    """
    result, waiting, seen = Found(), [""], 0
    while waiting:
        below = waiting.pop()
        before = seen
        try:
            with os.scandir(folder / below) as entries:
                for entry in entries:
                    seen += 1
                    if seen > MOST:
                        raise FileError(f"More than {MOST:,} files and folders lie there.")
                    name = below + entry.name
                    if among is not None and not below and name not in among:
                        result.odd[name] = "not of a run"
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(name + "/")
                    elif entry.is_file(follow_symlinks=False):
                        result.regular.add(name)
                    else:
                        result.odd[name] = "a symbolic link" if entry.is_symlink() else "no regular file"
        except OSError as error:
            raise FileError(f"The folder {below or '.'} cannot be read: {error.strerror}.") from error
        if seen == before and below:
            result.odd[below] = "an empty folder"
    return result


def opened(folder: Path, name: str) -> BinaryIO:
    """A file that `found` there, opened for reading; whatever it has become since, it is no link. Raises FileError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        number = os.open(folder / name, flags)
    except OSError as error:
        raise FileError(f"{name} cannot be read: {error.strerror}.") from error
    state = os.fstat(number)
    if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST:
        os.close(number)
        size = f"holds {state.st_size:,} bytes, more than any run leaves"
        raise FileError(f"{name} {size if stat.S_ISREG(state.st_mode) else 'is no regular file'}.")
    return os.fdopen(number, "rb")


def digest(folder: Path, name: str) -> str:
    """The sha256 in hex of a file that `found` there. Raises FileError."""
    with opened(folder, name) as file:
        total = hashlib.sha256()
        try:
            while chunk := file.read(_CHUNK):
                total.update(chunk)
        except OSError as error:
            raise FileError(f"{name} cannot be read: {error.strerror}.") from error
        return total.hexdigest()


def content(folder: Path, name: str, most: int) -> bytes:
    """The bytes of a small file that `found` there. Raises FileError if it has more than `most`."""
    with opened(folder, name) as file:
        try:
            data = file.read(most + 1)
        except OSError as error:
            raise FileError(f"{name} cannot be read: {error.strerror}.") from error
    if len(data) > most:
        raise FileError(f"{name} holds more than {most:,} bytes.")
    return data
