"""The grader's own notes beside the gradebook: its secret, what came of each submission, what is
fully recorded.

Everything is written to a new file that is then renamed, so a reader (and a second run after a
crash) finds the old text or the new one, never half of either. Marks live in nbgrader's gradebook
alone; losing this folder costs time.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["Store", "fingerprint"]


class Store:
    """The notes of one course, in its `.autograder` folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def key(self) -> bytes:
        """The course's secret, made once: from it come the numbers that tests use. Keep it, and
        regrading repeats itself."""
        path = self.folder / "key"
        if not path.exists():
            write(path, secrets.token_hex(32).encode(), mode=0o600)
        return bytes.fromhex(path.read_text(encoding="ascii").strip())

    def outcome_path(self, lab: str, student: str) -> Path:
        return self.folder / lab / f"{_file(student)}.json"

    def save_outcome(self, lab: str, student: str, outcome: dict[str, Any]) -> None:
        write(self.outcome_path(lab, student), json.dumps(outcome).encode())

    def outcome(self, lab: str, student: str) -> dict[str, Any] | None:
        """What came of a submission, or None when it was not marked yet (or the note cannot be
        read)."""
        try:
            return json.loads(self.outcome_path(lab, student).read_bytes())
        except (OSError, ValueError):  # a folder's name may even be too long to be a student's
            return None

    def students(self, lab: str) -> list[str]:
        """Those whose outcome is noted."""
        outcomes = (json.loads(path.read_bytes()) for path in (self.folder / lab).glob("*.json"))
        return sorted(outcome["student"] for outcome in outcomes)

    def done(self, lab: str, student: str) -> str | None:
        """The fingerprint of what was last marked *and* recorded for this student."""
        try:
            return self._done_path(lab, student).read_text(encoding="ascii")
        except FileNotFoundError:
            return None

    def set_done(self, lab: str, student: str, fingerprint: str | None) -> None:
        """Written last of all: a run that was killed before it leaves no such note, and the next
        one marks again."""
        path = self._done_path(lab, student)
        if fingerprint is None:
            path.unlink(missing_ok=True)
        else:
            write(path, fingerprint.encode("ascii"))

    def _done_path(self, lab: str, student: str) -> Path:
        return self.outcome_path(lab, student).with_suffix(".done")


def _file(student: str) -> str:
    return student.replace("/", "_")


def write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace `path` by `data`, wholly or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
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
                digest.update(hashlib.sha256(file.read_bytes()).digest())
        elif isinstance(part, Path):
            digest.update(part.read_bytes() if part.exists() else b"-")
        else:
            digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\1")
    return digest.hexdigest()
