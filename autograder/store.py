"""The grader's own notes beside the gradebook: its secret, what came of each submission, what is
fully recorded.

    .autograder/key                     the course's secret
    .autograder/LAB/STUDENT.json        what the judge said last, and of what exactly it said so
    .autograder/LAB/STUDENT.done        which submission the marks in the gradebook are for

Everything is written to a new file that is then renamed, so a reader (and a second run after a
crash) finds the old text or the new one. What a failing machine may still do to a file is found out
on reading, and such a note counts as none. Marks live in nbgrader's gradebook alone; losing this
folder costs time.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Done", "Store", "fingerprint", "write"]


@dataclass(frozen=True)
class Done:
    """What is recorded of a student.

    Attributes:
        of: fingerprint of the submission whose marks are in the gradebook; "" while it is being
            marked again.
        seconds: how long the judge took over it.
        remarks: what had to be repaired, a sentence each.
        answers: {grade_id: digest of the text} of the cells that a person may have marked.
    """

    of: str
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)


class Store:
    """The notes of one course, in its `.autograder` folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def key(self) -> bytes:
        """The course's secret, made once: from it come the numbers that tests use. Keep it, and
        regrading repeats itself."""
        path = self.folder / "key"
        if not path.exists():
            write(path, secrets.token_hex(32).encode(), mode=0o600, lasting=True)
        return bytes.fromhex(path.read_text(encoding="ascii").strip())

    def outcome_path(self, lab: str, student: str) -> Path:
        return self.folder / lab / f"{_file(student)}.json"

    def save_outcome(
        self, lab: str, student: str, outcome: dict[str, Any], made_from: str = ""
    ) -> None:
        """Keep what came of a submission; `made_from` is the digest of all that it depends on."""
        note = {"made_from": made_from, "outcome": outcome, "sum": _sum(made_from, outcome)}
        write(self.outcome_path(lab, student), json.dumps(note).encode())

    def outcome(
        self, lab: str, student: str, made_from: str | None = None
    ) -> dict[str, Any] | None:
        """What came of a submission, or None when it was not marked yet (or the note cannot be
        read, or was made from something else than `made_from`)."""
        note = _read(self.outcome_path(lab, student))
        if note is None or made_from not in (None, note.get("made_from")):
            return None
        outcome = note.get("outcome")
        return outcome if note.get("sum") == _sum(note.get("made_from"), outcome) else None

    def done(self, lab: str, student: str) -> Done | None:
        """What was last marked *and* recorded for this student."""
        note = _read(self._done_path(lab, student))
        try:
            return Done(**note) if note is not None else None
        except TypeError:
            return None

    def set_done(self, lab: str, student: str, done: Done) -> None:
        """Written last of all: a run that was killed before it leaves no such note, and the next
        one marks again."""
        write(self._done_path(lab, student), json.dumps(asdict(done)).encode())

    def prune(self, lab: str, students: set[str]) -> None:
        """Forget what is noted of anybody else than `students`."""
        kept = {_file(student) for student in students}
        for path in (self.folder / lab).glob("*.*"):
            if path.suffix in (".json", ".done", ".page") and path.stem not in kept:
                path.unlink(missing_ok=True)

    def _done_path(self, lab: str, student: str) -> Path:
        return self.outcome_path(lab, student).with_name(f"{_file(student)}.done")


def _file(student: str) -> str:
    return student.replace("/", "_")


def _sum(made_from: Any, outcome: Any) -> str:
    return hashlib.sha256(json.dumps([made_from, outcome]).encode()).hexdigest()


def _read(path: Path) -> dict[str, Any] | None:
    try:
        note = json.loads(path.read_bytes())
    except (OSError, ValueError):  # a folder's name may even be too long to be a student's
        return None
    return note if isinstance(note, dict) else None


def write(path: Path, data: bytes, mode: int = 0o644, *, lasting: bool = False) -> None:
    """Replace `path` by `data`, wholly or not at all. `lasting`: it is on the disk on return, so
    that even a power cut cannot undo it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(scratch, mode)
        os.replace(scratch, path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def fingerprint(*parts: Any) -> str:
    """A digest of texts, bytes and folders (their files' names and contents)."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path) and part.is_dir():
            files = sorted(
                p for p in part.rglob("*") if p.is_file() and "__pycache__" not in p.parts
            )
            for file in files:
                digest.update(b"\0" + os.fsencode(file.relative_to(part)) + b"\0")
                digest.update(_digest(file))
        elif isinstance(part, Path):
            digest.update(_digest(part) if part.exists() else b"-")
        else:
            digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\1")
    return digest.hexdigest()


def _digest(file: Path) -> bytes:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()
