"""From a folder or a zip of submissions to nbgrader's `submitted/<student>/<lab>/lab.ipynb`.

Accepted, from the outside in:

    ada/lab.ipynb                      one folder a student (any notebook name when it is the only one)
    ada/lab03_reverse_mode/lab.ipynb   nbgrader's own layout
    ada.ipynb, ada.zip                 one notebook or one zip a student
    what Canvas and Moodle download    see `autograder.platforms`
    a zip of any of these, with or without one folder around everything

Nothing is trusted: a path that climbs out of the zip, a symbolic link, a device or an odd name is
refused by a line of its own, and the others are collected. What was collected before stays until
its new version is complete.

When something was handed in is what the roster says (`autograder.roster`), and nothing else: a
`timestamp.txt` inside a submission is the student's own word.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.course import Course, CourseError
from autograder.platforms import Named, PlatformCollector, recognise
from autograder.roster import STUDENT_ID, Roster, is_student_id
from autograder.store import fingerprint
from autograder.times import stamp, zone
from autograder.unpack import IGNORED, MAX_FILE, BadZip, Budget, unpack

__all__ = ["STUDENT_ID", "Problem", "collect", "never_copied", "recover"]

REPLACED = "replaced"  # in a run's scratch folder: what was collected before, by student and lab
TIME = "timestamp.txt"
NOTEBOOK = "lab.ipynb"
MOST_LINES = 20  # about the files of one student's zip


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


def collect(course: Course, lab: str, source: Path, *, roster: Path | None = None) -> list[Problem]:
    """Copy every submission under `source` (a folder or a zip) into the course. Returns what was
    refused, and what has to be known of the rest.

    `roster` is a list as `autograder.roster` reads it; by default the one that the course's
    configuration names (`PlatformCollector.roster`), where there is one.

    Raises `CourseError` when there is no such folder, or nothing in it that could be a submission.
    """
    if not (source.is_dir() or source.is_file()):
        raise CourseError(f"{source}: there is no such folder or zip of submissions")
    config = course.config()
    rules = PlatformCollector(config=config)
    course.state.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=course.state, prefix="collect-") as scratch:
        listed = _roster(course, lab, rules, config, roster)
        known = frozenset(folder.name for folder in course.submitted.glob("*"))
        desk = _Desk(lab, rules, listed, Path(scratch), known)
        folder = source
        if source.is_file():
            folder = desk.opened(source)
        found = list(desk.submissions(folder))
        if not found and not desk.problems:
            raise CourseError(
                f"{source}: holds no notebook; expected <student>/lab.ipynb, <student>.ipynb, "
                "Canvas's or Moodle's download, or a zip of them"
            )
        for student, files in found:
            _put(course, desk, student, files)
    return desk.problems


def _roster(
    course: Course, lab: str, rules: PlatformCollector, config: object, named: Path | None
) -> Roster:
    path = named or course.root / rules.roster.replace("{lab}", lab)
    if named is None and not path.is_file():
        return Roster()
    try:
        home = zone(str(config.LatePolicy.get("timezone", "UTC")))  # type: ignore[attr-defined]
    except ValueError as error:
        raise CourseError(
            f"{course.root / 'nbgrader_config.py'}: LatePolicy.timezone: {error}"
        ) from None
    return Roster.read(path, home)


def _put(course: Course, desk: _Desk, student: str, files: dict[str, Path]) -> None:
    """One submission into the course: its new version is there before the old one goes."""
    staged = desk.scratch / "staged" / student
    staged.mkdir(parents=True)
    for name, path in files.items():
        target = staged / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            desk.tell(student, f"{path}: has the name of a folder beside it; left out", marked=True)
    when = desk.roster.times.get(student)
    destination = course.submitted / student / desk.lab
    if why := _stays(destination, staged, when, desk.rules):
        desk.tell(student, f"{destination}: {why}", marked=True)
        return
    if when is not None:
        (staged / TIME).write_text(stamp(when), encoding="utf-8")
    destination.parent.mkdir(parents=True, exist_ok=True)
    if destination.exists():
        replaced = desk.scratch / REPLACED / student / desk.lab
        replaced.parent.mkdir(parents=True)
        destination.rename(replaced)
    staged.rename(destination)


def _stays(
    destination: Path, staged: Path, when: datetime | None, rules: PlatformCollector
) -> str | None:
    """Why what was collected before counts, and not another attempt; None where the new one does."""
    if not (destination / NOTEBOOK).is_file():
        return None
    had = _time(destination / TIME)
    if rules.attempts == "first":
        # The same one again may bring the time that was not known.
        if fingerprint(destination / NOTEBOOK) == fingerprint(staged / NOTEBOOK):
            return None
        return "an attempt was collected before, and the first one counts; this one is left out"
    if had is not None and when is not None and when < had:
        return "is an attempt handed in later than this one, and the latest counts"
    return None


def _time(path: Path) -> datetime | None:
    try:
        return parse_utc(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError, OverflowError):
        return None


def recover(course: Course) -> None:
    """Clean up after a run that was killed: between two renamings a student had no submission."""
    for left in course.state.glob("collect-*"):
        for replaced in left.glob(f"{REPLACED}/*/*"):
            destination = course.submitted / replaced.relative_to(left / REPLACED)
            if not destination.exists():
                replaced.rename(destination)
        shutil.rmtree(left)


@dataclass
class _Sender:
    """What one person sent: files with what the platform says of them, or one folder."""

    student: str
    number: str = ""  # the platform's; "" in the other layouts
    parts: list[tuple[Named | None, Path]] = field(default_factory=list)


@dataclass
class _Desk:
    """One collection: where submissions are looked through, and what is to be told of them."""

    lab: str
    rules: PlatformCollector
    roster: Roster
    scratch: Path
    students: frozenset[str] = frozenset()  # from whom something was collected before
    problems: list[Problem] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)
    unpacked: dict[str, str] = field(default_factory=dict)  # {folder: the zip that was in it}

    def tell(self, student: str, message: str, marked: bool = False) -> None:
        for folder, archive in reversed(self.unpacked.items()):  # the scratch folder will be gone
            message = message.replace(folder, archive)
        self.problems.append(Problem(student, message, marked))

    def opened(self, archive: Path, student: str = "") -> Path:
        """A folder with what is in a zip: that of all submissions, or one of `student`'s."""
        folder = self.scratch / f"unpacked-{len(self.unpacked)}"
        folder.mkdir()
        self.unpacked[str(folder)] = str(archive)
        try:
            budget = Budget(self.budget) if student else self.budget
            refused = 0
            for first, line in unpack(archive, folder, budget):
                refused += 1
                if not student or refused <= MOST_LINES:
                    self.tell(student or first, line, marked=bool(student))
            if refused > MOST_LINES and student:
                more = f"{archive}: {refused - MOST_LINES} more of its files are left out"
                self.tell(student, more, marked=True)
        except BadZip as bad:
            if not student:
                raise CourseError(f"{archive}: {bad}; download it again") from bad
            self.tell(student, f"{archive}: {bad}; ask {student} for another one", marked=True)
        return folder

    def submissions(self, folder: Path) -> Iterator[tuple[str, dict[str, Path]]]:
        """(student, files by name inside the submission), the good ones; the others are told."""
        entries = _entries(folder)
        if (
            len(entries) == 1
            and not self._somebody(entries[0])
            and _is_wrapping(entries[0], self.lab)
        ):
            yield from self.submissions(entries[0])  # one folder around everything
            return
        senders: dict[str, _Sender] = {}
        refused: set[str] = set()
        for entry in entries:
            sender = self._sender(entry)
            if sender is None:
                continue
            key = sender.student.casefold()
            known = senders.setdefault(key, sender)
            if known is sender:
                continue
            if sender.number and known.number == sender.number:
                known.parts += sender.parts
                continue
            remedy = "name a roster" if sender.number and known.number else "keep one"
            self.tell(
                sender.student,
                f"{entry}: {sender.student!r} is there twice ({known.parts[0][1]}); {remedy}",
            )
            if sender.number or known.number:  # of two people of one name, neither is guessed
                refused.add(key)
        for key, sender in senders.items():
            if key not in refused and (files := self._files(sender)):
                yield sender.student, files

    def _somebody(self, entry: Path) -> bool:
        """Whether a folder has a student's name. What is in it is then theirs, whatever it is
        called: a folder `grace` in it hands in nothing for Grace."""
        return entry.name in self.students or entry.name in self.roster.students.values()

    def _sender(self, entry: Path) -> _Sender | None:
        """Whose this is; None where it is nobody's submission (or refused, which is told)."""
        named = recognise(entry.name)
        if named and entry.is_dir() and named.platform == "Canvas":
            named = None  # Canvas gives names to files alone
        plain = entry.stem if entry.suffix in (".ipynb", ".zip") else entry.name
        student = self.roster.student(named) if named else self.roster.students.get(plain, plain)
        # As one text, however the sender's system composes an accent.
        student = unicodedata.normalize("NFC", student)
        if entry.is_symlink():
            self.tell(
                student,
                f"{entry}: is a symbolic link, which is never followed; put the files themselves there",
            )
            return None
        if named is None and entry.is_file() and entry.suffix not in (".ipynb", ".zip"):
            return None
        if not is_student_id(student):
            self.tell(
                student,
                f"{entry}: {student!r} cannot be a student's id; "
                "rename it to letters, digits, spaces and . _ - @ + '",
            )
            return None
        return _Sender(student, named.number if named else "", [(named, entry)])

    def _files(self, sender: _Sender) -> dict[str, Path]:
        """{name in the submission: file}; {} where there is no notebook, which is told."""
        student = sender.student
        said = [named for named, _ in sender.parts if named]
        if said and self.roster.students and sender.number not in self.roster.students:
            self.tell(
                student,
                f"{sender.parts[0][1]}: {sender.number} is not in the roster; "
                f"collected as {student!r}",
                marked=True,
            )
        if any(named.late for named in said) and student not in self.roster.times:
            self.tell(
                student,
                f"{sender.parts[0][1]}: is late, and {said[0].platform} does not say how late; no "
                "points are taken off unless the roster says when ('submitted')",
                marked=True,
            )
        files: dict[str, Path] = {}
        uploads: list[str] = []  # in the order of the platform; of several attempts the last counts
        first = self.rules.attempts == "first"
        for named, path in sorted(
            sender.parts, key=lambda part: part[0].order if part[0] else 0, reverse=first
        ):
            if named and named.written:
                continue
            if path.is_dir():
                files.update(self._tree(path, student))
            elif why := _not_taken(path) or _no_name(_called(named, path)):
                self.tell(student, f"{path}: {why}; left out", marked=True)
            else:
                name = _called(named, path)
                files[name] = path
                uploads += [name] if named and named.order else []
        where = sender.parts[0][1]
        if not any(name.endswith(".ipynb") for name in files):
            zips = [name for name in files if name.lower().endswith(".zip")]
            if len(zips) == 1:
                files |= self._tree(self.opened(files.pop(zips[0]), student), student)
        own = [name for name in files if name.split("/")[0] == TIME]
        files = {name: path for name, path in files.items() if name not in own}
        if own:
            self.tell(
                student,
                f"{where}: its {TIME} is the student's own word and is left out; the roster says "
                "when it was handed in",
                marked=True,
            )
        return self._with_notebook(files, uploads, sender, where)

    def _tree(self, folder: Path, student: str) -> dict[str, Path]:
        root = folder
        while True:
            inner = root / self.lab
            entries = _entries(root)
            if not (inner.is_dir() and not inner.is_symlink()):
                if len(entries) != 1 or entries[0].is_symlink() or not entries[0].is_dir():
                    break
                inner = entries[0]
            root = inner
        files: dict[str, Path] = {}
        for path in sorted(root.rglob("*")):
            if why := never_copied(path) or (path.is_file() and _not_taken(path)):
                self.tell(student, f"{path}: {why}; left out", marked=True)
                continue
            name = path.relative_to(root)
            if path.is_file() and not IGNORED & set(name.parts) and str(name).isprintable():
                files[name.as_posix()] = path
        return files

    def _with_notebook(
        self, files: dict[str, Path], uploads: list[str], sender: _Sender, where: Path
    ) -> dict[str, Path]:
        """The files with the notebook that counts as lab.ipynb."""
        student = sender.student
        files = {name: path for name, path in files.items() if not name.startswith(f"{NOTEBOOK}/")}
        notebooks = [name for name in files if name.endswith(".ipynb") and "/" not in name]
        alike = [name for name in notebooks if _first_name(name) == NOTEBOOK]
        if not alike and len({_first_name(name) for name in notebooks}) == 1:
            alike = notebooks
        if alike and set(alike) <= set(uploads):
            counts = max(alike, key=lambda name: len(uploads) - uploads[::-1].index(name))
            others = [name for name in alike if name != counts]
            if others:
                self.tell(
                    student,
                    f"{files[counts]}: is the {self.rules.attempts} of {len(alike)} attempts and "
                    f"counts; left out: {', '.join(others)}",
                    marked=True,
                )
            files = {name: path for name, path in files.items() if name not in others}
            files[NOTEBOOK] = files.pop(counts)
        elif len(notebooks) == 1:
            files[NOTEBOOK] = files.pop(notebooks[0])
        if NOTEBOOK in files:
            return files
        if all(named is not None and named.written for named, _ in sender.parts):
            remedy = "it was typed into the platform"
        elif len(deeper := [name for name in files if name.endswith(f"/{NOTEBOOK}")]) == 1:
            remedy = f"it is at {deeper[0]}: move it up"
        elif deeper:
            remedy = (
                f"there are {len(deeper)} of them deeper inside; if it is a whole class, unpack it "
                "and name that folder with --submissions"
            )
        elif notebooks:
            remedy = f"which of {', '.join(notebooks)} counts? Rename it"
        elif packed := [name for name in files if name.lower().endswith(".zip")]:
            remedy = (
                f"{packed[0]} in it is a zip again, which is not opened: unpack that one, or ask "
                f"{student} for the notebook itself"
            )
        else:
            remedy = f"ask {student} for the notebook"
        self.tell(student, f"{where}: holds no {NOTEBOOK}; {remedy}")
        return {}


def _entries(folder: Path) -> list[Path]:
    return [
        entry
        for entry in sorted(folder.iterdir())
        if entry.name not in IGNORED and not entry.name.startswith(".")
    ]


def _first_name(name: str) -> str:
    """What a file was called at first: Canvas makes lab-1.ipynb of a lab.ipynb handed in again."""
    return re.sub(r"-\d+(\.\w+)$", r"\1", name)


def _called(named: Named | None, path: Path) -> str:
    """What a file of its own is called in the submission."""
    if named is None:
        return path.name
    # Nobody could import helper-1.py.
    return _first_name(named.file) if named.file.endswith(".py") else named.file


def _no_name(name: str) -> str | None:
    return "has no name that a file can have" if name in ("", ".", "..") else None


def _not_taken(path: Path) -> str | None:
    """Why a file is not taken; None where it is."""
    if why := never_copied(path):
        return why
    if path.stat().st_size > MAX_FILE:
        return f"is larger than {MAX_FILE // 10**6} MB"
    return None


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
    if folder.is_symlink() or not folder.is_dir() or recognise(folder.name):
        return False
    inside = _entries(folder)
    if (folder / NOTEBOOK).exists() or (folder / lab).exists():
        return False
    if any(recognise(entry.name) for entry in inside):
        return True
    notebooks = sum(entry.suffix == ".ipynb" for entry in inside)
    return notebooks != 1 or any(folder.glob("*/**/*.ipynb"))
