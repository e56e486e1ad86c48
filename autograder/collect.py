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

import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.course import Course, CourseError

__all__ = ["Problem", "collect"]

STUDENT_ID = re.compile(r"[\w@+-][\w.@+ -]*", re.UNICODE)
MAX_FILE = 50_000_000
MAX_TOTAL = 20_000_000_000
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
    if not source.exists():
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
                destination.rename(Path(tempfile.mkdtemp(dir=scratch)) / "old")
            staged.rename(destination)
    return problems


def _unpack(archive: Path, folder: Path) -> list[Problem]:
    problems: list[Problem] = []
    total = 0
    try:
        with zipfile.ZipFile(archive) as bundle:
            for entry in bundle.infolist():
                name = entry.filename.replace("\\", "/")
                where = f"{archive}: {entry.filename!r}"
                parts = PurePosixPath(name).parts
                if name.startswith("/") or ".." in parts or (parts and ":" in parts[0]):
                    problems.append(
                        Problem(
                            _first(parts),
                            f"{where} climbs out of the zip; it is left out, pack it again",
                        )
                    )
                    continue
                if stat.S_ISLNK(entry.external_attr >> 16):
                    problems.append(
                        Problem(
                            _first(parts),
                            f"{where} is a symbolic link; it is left out, pack the file itself",
                        )
                    )
                    continue
                if entry.is_dir() or not parts or IGNORED & set(parts):
                    continue
                total += entry.file_size
                if entry.file_size > MAX_FILE or total > MAX_TOTAL:
                    problems.append(
                        Problem(
                            _first(parts),
                            f"{where} is too large ({entry.file_size / 1e6:.0f} MB); left out",
                        )
                    )
                    continue
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with bundle.open(entry) as packed, open(target, "wb") as file:
                    shutil.copyfileobj(packed, file)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise CourseError(f"{archive}: cannot be unpacked ({error}); download it again") from error
    return problems


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
        student = entry.stem if entry.suffix == ".ipynb" else entry.name
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
                    f"{entry}: {student!r} cannot be a student's id; rename it to letters, digits and . _ - @ +",
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
        if path.is_symlink():
            problems.append(
                Problem(
                    student,
                    f"{path}: is a symbolic link, which is never followed; left out",
                    marked=True,
                )
            )
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
        problems.append(
            Problem(student, f"{folder}: holds no lab.ipynb; ask {student} for the notebook")
        )
        return {}
    return files
