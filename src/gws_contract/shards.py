"""The files of journals: plain or packed, and which of them lie in a folder.

A load run leaves a shard for each of its workers, `journal-1.ndjson` and so on, packed when it is closed. A packed
journal (gzip) is read like a plain one, from its beginning to its end.
"""

from __future__ import annotations

import gzip
import io
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, BinaryIO

PACKED = ".gz"
"""How the name of a packed journal ends."""
_NAME = re.compile(r"journal-(\d{1,9})\.ndjson(\.gz)?")
_CHUNK = 2**20
_LEVEL = 3
"""Of gzip: a quarter of the time of its default, for a tenth more bytes."""
_RATIO, _AT_LEAST = 500, 2**28
"""So many times its size a packed journal may hold, or so many bytes; a journal packs to a twentieth."""


class PackedError(OSError):
    """A packed journal is damaged, or is none; `strerror` says it, without the name."""

    def __init__(self, says: str) -> None:
        super().__init__(None, says)


def shards(names: Iterable[str]) -> list[str]:
    """Which of the names of files are those of shards, by number. Of a plain one and its packed one: the plain one."""
    found = {match[0]: match for name in names if (match := _NAME.fullmatch(name))}
    those = [match for name, match in found.items() if not match[2] or name.removesuffix(PACKED) not in found]
    return [match[0] for match in sorted(those, key=lambda match: (int(match[1]), match[0]))]


def pack(path: Path) -> Path:
    """Pack a closed journal and remove the plain file; where the packed one is. The same bytes give the same bytes.

    The packed one appears whole. Raises OSError; then the plain one is still there.
    """
    packed = path.with_name(path.name + PACKED)
    part = path.with_name(f"{packed.name}.part")
    try:
        with (
            path.open("rb") as source,
            part.open("wb") as out,
            # Neither a name nor a time stands in it.
            gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=out, mtime=0) as target,
        ):
            shutil.copyfileobj(source, target, _CHUNK)
        part.replace(packed)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    path.unlink()
    return packed


def is_packed(path: Path) -> bool:
    """Whether a journal is packed, by its name."""
    return path.suffix == PACKED


def opened(path: Path) -> BinaryIO:
    """A journal, plain or packed, to be read from its beginning; a packed one that was cut ends where it was cut.

    Raises OSError, of a packed one also while it is read: PackedError if it is damaged.
    """
    if not is_packed(path):
        return path.open("rb")
    return io.BufferedReader(_Unpacking(path), _CHUNK)


def unpacked(path: Path) -> IO[bytes]:
    """What a packed journal holds, in a file without a name. Raises OSError; PackedError if it is damaged."""
    out = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked closes it, or lets it go
    try:
        with opened(path) as source:
            shutil.copyfileobj(source, out, _CHUNK)
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return out


class _Unpacking(io.RawIOBase):
    """The bytes of a packed journal."""

    def __init__(self, path: Path) -> None:
        self._file = gzip.open(path, "rb")  # noqa: SIM115 - closed with this
        size = path.stat().st_size
        self._left = max(size * _RATIO, _AT_LEAST)
        # gzip calls the half of its own mark damaged, where any longer beginning of a file is one that was cut.
        self._over = size == 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        if self._over:
            return 0
        try:
            chunk = self._file.read1(len(buffer))
        except EOFError:
            # The machine or the copying ended in the middle of it: as with a plain journal what is whole counts.
            self._over = True
            return 0
        except (gzip.BadGzipFile, zlib.error) as error:
            raise PackedError(f"it is damaged ({error})") from error
        self._left -= len(chunk)
        if self._left < 0:
            raise PackedError("it unpacks to more than any journal")
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._file.close()
        super().close()
