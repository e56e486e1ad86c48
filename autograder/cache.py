"""What was judged once is not judged again.

Of each student the last outcome is kept, under a digest of all that it depends on: the notebook
that is marked and the files beside it, the student's own numbers, the exercises and limits, the
code of the grader and the versions of everything installed. Where any of that has changed, the
digest is another one. So a lost gradebook or another late policy costs the recording, and a run
that was killed between a verdict and its mark goes on from the verdict.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.code import code_digest
from autograder.judge import Job, Outcome, Settings
from autograder.store import Store, fingerprint

__all__ = ["Cache", "environment"]


@dataclass(frozen=True)
class Cache:
    """The outcomes of one lab, marked with `settings`."""

    store: Store
    lab: str
    settings: Settings

    def get(self, job: Job) -> Outcome | None:
        """What came of exactly this job before."""
        kept = self.store.outcome(self.lab, job.student, self.digest(job))
        return None if kept is None else Outcome.from_json(kept)

    def put(self, job: Job, outcome: Outcome) -> None:
        self.store.save_outcome(self.lab, job.student, outcome.to_json(), self.digest(job))

    def digest(self, job: Job) -> str:
        """One text for all that `mark(settings, job)` depends on."""
        files = {name: hashlib.sha256(data).hexdigest() for name, data in job.files.items()}
        parts = [self.settings.digest, environment(), job.student, job.key.hex(), job.notebook]
        text = json.dumps([*parts, files], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@cache
def environment() -> str:
    """A digest of the code that marks, and of the name and version of every package installed."""
    installed = {
        found.name
        for folder in map(Path, sys.path)
        if folder.is_dir()
        for found in folder.glob("*.dist-info")
    }
    return fingerprint(code_digest(), platform.machine(), sorted(installed))
