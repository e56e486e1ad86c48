"""From a folder or a zip of submissions to nbgrader's `submitted/<student>/<lab>/lab.ipynb`.

Accepted, from the outside in:

    ada/lab.ipynb                      one folder a student (any notebook name when it is the only one)
    ada/lab03_reverse_mode/lab.ipynb   nbgrader's own layout
    ada.ipynb                          one notebook a student
    a zip of any of these, with or without one folder around everything

Nothing is trusted: a path that climbs out of the zip, a symbolic link, a device or an odd name is
refused by a line of its own, and the others are collected. What was collected before stays until
its new version is complete.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.course import Course, CourseError

__all__ = ["Problem", "collect", "never_copied", "recover"]

STUDENT_ID = re.compile(r"[\w@+-][\w.@+ -]{,99}", re.UNICODE)  # files are called after them
REPLACED = "replaced"  # in a run's scratch folder: what was collected before, by student and lab
MAX_FILE = 50_000_000
MAX_TOTAL = 20_000_000_000
MAX_PACKED, MAX_RATIO = 1_000_000, 200  # beyond so many bytes, how far a zip may have packed them
IGNORED = {"__MACOSX", ".DS_Store", ".ipynb_checkpoints", "__pycache__", "Thumbs.db"}


@dataclass(frozen=True)
class Problem:
    """Something that one submission has wrong: one line with the file and the remedy. `marked` says
    whether it could be marked all the same."""

    student: str
    message: str
    marked: bool = False

    def __post_init__(self) -> None:
        # A file's name may hold anything, a line break or a terminal's commands among it.
        shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in self.message)
        object.__setattr__(self, "message", shown)


def collect(course: Course, lab: str, source: Path) -> list[Problem]:
    """Copy every submission under `source` (a folder or a zip) into the course. Returns what was
    refused.

    Raises `CourseError` when there is no such folder, or nothing in it that could be a submission.
    """
    if not (source.is_dir() or source.is_file()):
        raise CourseError(f"{source}: there is no such folder or zip of submissions")
    course.state.mkdir(parents=True, exist_ok=True)
    problems: list[Problem] = []
    with tempfile.TemporaryDirectory(dir=course.state, prefix="collect-") as scratch:
        folder = source
        if source.is_file():
            folder = Path(scratch) / "unpacked"
            problems += _unpack(source, folder)
        found = list(_submissions(folder, lab, problems, shown=source))
        if not found and not problems:
            raise CourseError(
                f"{source}: holds no notebook; expected <student>/lab.ipynb, <student>.ipynb or a zip of them"
            )
        for student, files in found:
            staged = Path(scratch) / "staged" / student
            staged.mkdir(parents=True)
            for name, path in files.items():
                target = staged / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
            destination = course.submitted / student / lab
            destination.parent.mkdir(parents=True, exist_ok=True)
            if destination.exists():
                replaced = Path(scratch) / REPLACED / student / lab
                replaced.parent.mkdir(parents=True)
                destination.rename(replaced)
            staged.rename(destination)
    return problems


def recover(course: Course) -> None:
    """Clean up after a run that was killed: between two renamings a student had no submission."""
    for left in course.state.glob("collect-*"):
        for replaced in left.glob(f"{REPLACED}/*/*"):
            destination = course.submitted / replaced.relative_to(left / REPLACED)
            if not destination.exists():
                replaced.rename(destination)
        shutil.rmtree(left)


def _unpack(archive: Path, folder: Path) -> list[Problem]:
    problems: list[Problem] = []
    total = 0
    try:
        bundle = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, ValueError, IndexError, struct.error) as error:
        raise CourseError(f"{archive}: cannot be unpacked ({error}); download it again") from error
    with bundle:
        for entry in bundle.infolist():
            name = entry.filename.replace("\\", "/")
            parts = PurePosixPath(name).parts
            if entry.is_dir() or not parts or IGNORED & set(parts):
                continue
            total += entry.file_size
            target = folder.joinpath(*parts)
            why = _refused(entry, name, parts, total)
            if why is None and os.path.lexists(target):
                why = "is in the zip twice; the first one counts"
            if why is None:
                try:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with bundle.open(entry) as packed, open(target, "wb") as file:
                        shutil.copyfileobj(packed, file)
                except Exception as error:  # each way of packing has errors of its own
                    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                        raise
                    reason = getattr(error, "strerror", None) or f"{error!s:.80}"
                    why = f"cannot be unpacked ({reason}); it is left out, pack it again"
                    if os.path.isfile(target):
                        target.unlink()
            if why is not None:
                line = f"{archive}: {entry.filename!r:.200} {why}"
                problems.append(Problem(_first(parts), line))
    return problems


def _refused(entry: zipfile.ZipInfo, name: str, parts: tuple[str, ...], total: int) -> str | None:
    """Why an entry of a zip is not unpacked; None where it is."""
    if name.startswith("/") or ".." in parts or ":" in parts[0]:
        return "climbs out of the zip; it is left out, pack it again"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a symbolic link; it is left out, pack the file itself"
    if entry.file_size > MAX_FILE or total > MAX_TOTAL:
        return f"is too large ({entry.file_size / 1e6:.0f} MB); left out"
    if entry.file_size > max(MAX_PACKED, MAX_RATIO * entry.compress_size):
        return "holds far more than its size in the zip (a zip bomb); left out"
    return None


def _first(parts: tuple[str, ...]) -> str:
    return next((part for part in parts if part not in ("..", "/")), "?")


def _submissions(
    folder: Path, lab: str, problems: list[Problem], shown: Path
) -> Iterator[tuple[str, dict[str, Path]]]:
    """(student, files by name inside the submission), the good ones; the others go to `problems`."""
    entries = [
        entry
        for entry in sorted(folder.iterdir())
        if entry.name not in IGNORED and not entry.name.startswith(".")
    ]
    if len(entries) == 1 and _is_wrapping(entries[0], lab):
        yield from _submissions(entries[0], lab, problems, shown)  # one folder around everything
        return
    seen: dict[str, Path] = {}
    for entry in entries:
        # As one text, however the sender's system composes an accent.
        student = unicodedata.normalize(
            "NFC", entry.stem if entry.suffix == ".ipynb" else entry.name
        )
        if entry.is_symlink():
            problems.append(
                Problem(
                    student,
                    f"{entry}: is a symbolic link, which is never followed; put the files themselves there",
                )
            )
            continue
        if entry.is_file() and entry.suffix != ".ipynb":
            continue
        if not STUDENT_ID.fullmatch(student) or student.endswith(" "):
            problems.append(
                Problem(
                    student,
                    f"{entry}: {student!r} cannot be a student's id; "
                    "rename it to letters, digits, spaces and . _ - @ +",
                )
            )
            continue
        if student.casefold() in seen:
            problems.append(
                Problem(
                    student,
                    f"{entry}: {student!r} is there twice ({seen[student.casefold()]}); keep one",
                )
            )
            continue
        seen[student.casefold()] = entry
        files = {"lab.ipynb": entry} if entry.is_file() else _files(entry, lab, student, problems)
        if files:
            yield student, files


def never_copied(path: Path) -> str | None:
    """Why something in a submission is not handed on; None for ordinary files and folders."""
    if path.is_symlink():
        return "is a symbolic link, which is never followed"
    if not (path.is_file() or path.is_dir()):
        return "is a pipe, a socket or a device"
    if not path.name.isprintable():
        return "has a name that cannot be written down"
    return None


def _is_wrapping(folder: Path, lab: str) -> bool:
    """Whether the only entry is a folder around all submissions, not the one submission there is."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    if (folder / "lab.ipynb").exists() or (folder / lab).exists():
        return False
    inside = len(list(folder.glob("*.ipynb")))
    return inside != 1 or any(folder.glob("*/**/*.ipynb"))


def _files(folder: Path, lab: str, student: str, problems: list[Problem]) -> dict[str, Path]:
    root = folder / lab if (folder / lab).is_dir() and not (folder / lab).is_symlink() else folder
    files: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        if why := never_copied(path):
            problems.append(Problem(student, f"{path}: {why}; left out", marked=True))
        elif path.is_file() and not IGNORED & set(path.relative_to(root).parts):
            if path.stat().st_size > MAX_FILE:
                problems.append(
                    Problem(
                        student,
                        f"{path}: is larger than {MAX_FILE // 10**6} MB; left out",
                        marked=True,
                    )
                )
            else:
                files[path.relative_to(root).as_posix()] = path
    notebooks = [name for name in files if name.endswith(".ipynb") and "/" not in name]
    if "lab.ipynb" not in files and len(notebooks) == 1:
        files["lab.ipynb"] = files.pop(notebooks[0])
    if "lab.ipynb" not in files:
        deeper = [name for name in files if name.endswith("/lab.ipynb")]
        remedy = (
            f"it is at {deeper[0]}: move it up"
            if len(deeper) == 1
            else f"ask {student} for the notebook"
        )
        problems.append(Problem(student, f"{folder}: holds no lab.ipynb; {remedy}"))
        return {}
    return files
