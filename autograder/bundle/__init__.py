"""The students' repository: all that a lab needs on a student's laptop or on Binder, and no secret.

    README.md  LICENSE  LICENSE-text
    environment.yml  requirements.txt  constraints.txt  pyproject.toml
    labs/LAB/        the release: lab.ipynb, checks.py, assets
    course/          the notes that the labs send students to, with their figures
    dpkit/           the library
    autograder/      the checker alone: no judge, no sandbox, no gradebook

It is built from the course's sources, searched file by file for solutions and hidden tests, and only
then written. The same sources give the same bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.bundle.contents import contents
from autograder.bundle.folder import update, zipped_bytes
from autograder.course import Course, CourseError
from autograder.leaks import Leak, find_leaks
from autograder.store import write

__all__ = ["Bundle", "bundle"]

Progress = Callable[[str, int, int], None]
IN_A_ROW = 4  # lines of a secret that make a leak in a library, where a single one may be chance


@dataclass(frozen=True)
class Bundle:
    """What was done: names of files, relative to `folder`."""

    folder: Path
    labs: list[str]
    written: list[str]
    removed: list[str]
    unchanged: list[str]
    archive: Path | None = None

    def __str__(self) -> str:
        told = f"{len(self.written)} files written, {len(self.unchanged)} as they were"
        return told + (f", {len(self.removed)} removed" if self.removed else "")

    def to_json(self) -> dict[str, Any]:
        archive = str(self.archive) if self.archive else None
        return {**asdict(self), "folder": str(self.folder), "archive": archive}


def bundle(
    course: Course,
    folder: Path,
    *,
    labs: Sequence[str] = (),
    repository: str = "",
    zipped: bool = False,
    overwrite: bool = False,
    progress: Progress = lambda stage, done, total: None,
) -> Bundle:
    """Write the students' repository of `labs` (all of them, when none is named) into `folder`.

    `folder` is new, empty (a `.git` may be there) or an earlier bundle. An earlier bundle is brought
    up to date: files that went out of it are removed, and what a person added stays. `repository`:
    its "owner/name" on GitHub, for the Binder button. `zipped`: write `folder`.zip, too.

    Raises `CourseError`, before anything is written: when some file of the bundle holds a line of a
    solution or a hidden test of any lab of the course; when `folder` holds something else; when
    files of the bundle were edited in it and `overwrite` is not set.
    """
    chosen = list(dict.fromkeys(labs)) or course.labs
    if not chosen:
        raise CourseError(f"{course.root}: has no lab (a folder with exercises.py)")
    for lab in chosen:
        course.lab_folder(lab)
    files = contents(course, chosen, repository, progress)
    leaks = _leaks(course, files, progress)
    if leaks:
        told = "; ".join(leak for leak in leaks[:5])
        raise CourseError(f"no bundle was written: {told}")
    archive = None
    written, removed, unchanged = update(folder, files, overwrite=overwrite)
    if zipped:
        archive = folder.resolve().with_name(f"{folder.resolve().name}.zip")
        write(archive, zipped_bytes(files, folder.resolve().name))
    return Bundle(folder, chosen, written, removed, unchanged, archive)


def _leaks(course: Course, files: dict[str, bytes], progress: Progress) -> list[str]:
    """Where a bundle gives a secret of any lab away, in words that name its file.

    A later lab may build on the solution of an earlier one, and say it.
    """
    weeks = {lab: course.load(lab).week for lab in course.labs}
    found: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        everything = course.labs
        for done, lab in enumerate(everything):
            progress("searching for leaks", done, len(everything))
            home = course.lab_folder(lab)
            leaks: list[Leak] = []
            if (root / "course").is_dir():
                leaks += find_leaks(home, root / "course")
            for folder in (root / "labs").glob("*"):
                own = folder.name == lab
                later = weeks.get(folder.name, 0) > weeks[lab]
                leaks += find_leaks(home, folder, run=1 if own else IN_A_ROW, solved=later)
            for folder in {root / name.split("/")[0] for name in files} - {root / "labs"}:
                leaks += find_leaks(home, folder, run=IN_A_ROW)
            found += [str(leak).replace(f"{root}/", "") for leak in leaks]
        progress("searching for leaks", len(everything), len(everything))
    return list(dict.fromkeys(found))
