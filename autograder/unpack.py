"""Zips from strangers: what is unpacked, what is refused, and why.

A path that climbs out of the zip, a symbolic link, a zip bomb or a file that cannot be read is
refused by a line of its own; the rest is unpacked. A zip inside is a file like others.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

__all__ = ["IGNORED", "MAX_FILE", "BadZip", "Budget", "unpack"]

MAX_FILE = 50_000_000
MAX_TOTAL = 20_000_000_000
MAX_FILES = 200_000
MAX_OF_A_STUDENT = 200_000_000  # in one student's own zip, that nobody takes another's room
MAX_FILES_OF_A_STUDENT = 2_000
MAX_PACKED, MAX_RATIO = 1_000_000, 200  # beyond so many bytes, how far a zip may have packed them
IGNORED = {"__MACOSX", ".DS_Store", ".ipynb_checkpoints", "__pycache__", "Thumbs.db"}
UTF8 = 0x800  # the flag that says a name is UTF-8


class BadZip(Exception):
    """A zip that cannot be opened at all: one line."""


class Budget:
    """What may still be unpacked: over all the zips of one collection or, as a part of that
    (`whole`), of one student's."""

    def __init__(self, whole: Budget | None = None) -> None:
        self.bytes, self.files = MAX_TOTAL, MAX_FILES
        if whole is not None:
            self.bytes, self.files = MAX_OF_A_STUDENT, MAX_FILES_OF_A_STUDENT
        self.whole = whole

    def spend(self, size: int) -> bool:
        """Whether so much more may be unpacked; what may not costs nothing."""
        if size > self.bytes or self.files < 1:
            return False
        if self.whole is not None and not self.whole.spend(size):
            return False
        self.bytes -= size
        self.files -= 1
        return True


def unpack(archive: Path, folder: Path, budget: Budget) -> Iterator[tuple[str, str]]:
    """Unpack `archive` into `folder`; yields (first part of the path, why) of what is refused.

    Raises `BadZip` when it is no zip.
    """
    try:
        bundle = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, ValueError, IndexError, struct.error) as error:
        raise BadZip(f"cannot be unpacked ({error})") from error
    with bundle:
        for entry in bundle.infolist():
            name = _name(entry).replace("\\", "/")
            parts = PurePosixPath(name).parts
            if entry.is_dir() or not parts or IGNORED & set(parts):
                continue
            target = folder.joinpath(*parts)
            why = _refused(entry, name, parts, budget)
            if why is None and os.path.lexists(target):
                why = "is in the zip twice; the first one counts"
            if why is None:
                why = _written(bundle, entry, target)
            if why is not None:
                yield _first(parts), f"{archive}: {_name(entry)!r:.200} {why}"


def _name(entry: zipfile.ZipInfo) -> str:
    """The entry's name. macOS writes UTF-8 and does not say so; Python then reads it as cp437."""
    if not entry.flag_bits & UTF8:
        try:
            return entry.filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return entry.filename


def _refused(
    entry: zipfile.ZipInfo, name: str, parts: tuple[str, ...], budget: Budget
) -> str | None:
    """Why an entry of a zip is not unpacked; None where it is."""
    if name.startswith("/") or ".." in parts or ":" in parts[0]:
        return "climbs out of the zip; it is left out, pack it again"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a symbolic link; it is left out, pack the file itself"
    if entry.file_size > MAX_FILE:
        return f"is too large ({entry.file_size / 1e6:.0f} MB); left out"
    if entry.file_size > max(MAX_PACKED, MAX_RATIO * entry.compress_size):
        return "holds far more than its size in the zip (a zip bomb); left out"
    if not budget.spend(entry.file_size):
        return "is too large together with, or comes after too many of, those before it; left out"
    return None


def _written(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> str | None:
    """Unpack one entry. Python reads no more of it than the size that was looked at before."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with bundle.open(entry) as packed, open(target, "wb") as file:
            shutil.copyfileobj(packed, file)
    except Exception as error:  # each way of packing has errors of its own
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        if os.path.isfile(target):
            target.unlink()
        reason = getattr(error, "strerror", None) or f"{error!s:.80}"
        return f"cannot be unpacked ({reason}); it is left out, pack it again"
    return None


def _first(parts: tuple[str, ...]) -> str:
    return next((part for part in parts if part not in ("..", "/")), "?")
