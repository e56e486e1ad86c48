"""The judge: marks one submission after the other, in a process that is trusted.

It holds the exercises with their hidden cases, and no gradebook. Everything it needs comes with the
call, as plain data, so the same function serves a process on this machine and one on another:

    outcome = mark(settings, job)
"""

from __future__ import annotations

import autograder.warm  # noqa: F401

# isort: split

import atexit
import hashlib
import hmac
import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from autograder.device import turn
from autograder.exercise import Lab, lab_from, load_lab
from autograder.marking import Marking
from autograder.sandbox.limits import Limits
from autograder.session import Zygote

__all__ = ["Job", "Outcome", "Settings", "Worker", "close_workers", "mark", "worker", "zygote"]

LABS_KEPT = 3  # judges that a process keeps ready


@dataclass(frozen=True)
class Settings:
    """How a lab is marked: all but the submission. Plain data, for any machine that has the same
    version of the packages.

    Attributes:
        exercises: the text of the lab's exercises.py; "" where there are ordinary tests alone.
        name: what messages call it.
        sandbox: "auto", "bwrap", "landlock" or "off".
        limits: what one submission may use; the device, too.
        preload: modules imported before the first submission.
    """

    exercises: str = ""
    name: str = "exercises.py"
    sandbox: str = "auto"
    limits: Limits = field(default_factory=Limits)
    preload: tuple[str, ...] = ("numpy", "matplotlib.pyplot", "dpkit")

    @classmethod
    def of(cls, exercises: Path, **others: Any) -> Settings:
        """The settings for the lab whose exercises.py is at `exercises`, which need not exist: a
        course may have assignments with ordinary test cells and nothing else."""
        if not exercises.is_file():
            return cls(name=str(exercises), **others)
        text = exercises.read_text(encoding="utf-8")
        return cls(text, str(exercises), preload=load_lab(exercises).preload, **others)

    @cached_property
    def digest(self) -> str:
        """One text for everything that is set here, but the name."""
        parts = {**asdict(self), "name": ""}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        limits, preload = Limits(**data["limits"]), tuple(data["preload"])
        return cls(**{**data, "limits": limits, "preload": preload})


@dataclass(frozen=True)
class Job:
    """One submission, ready to be marked: plain data, a few tens of kilobytes."""

    student: str
    notebook: str  # JSON, rebuilt on the source
    key: bytes  # the course's secret: fresh numbers that nobody can foresee
    files: Mapping[str, bytes] = field(default_factory=dict)

    @cached_property
    def work(self) -> str:
        """A digest of the program that was handed in."""
        cells = json.loads(self.notebook)["cells"]
        program = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        return hashlib.sha256(json.dumps(program).encode()).hexdigest()

    def seed(self, what: str) -> int:
        """A number that the course's key fixes and nobody else can know: the same at every marking
        of this work, and another for the student's next attempt, which may have learnt from it."""
        message = json.dumps([self.student, self.work, what]).encode()
        return int.from_bytes(hmac.new(self.key, message, hashlib.sha256).digest()[:16], "big")


@dataclass
class Outcome:
    """What came of it."""

    student: str
    notebook: str
    results: list[dict[str, Any]]  # one Result (as JSON) a graded cell
    sandbox: str
    seconds: float
    events: list[str] = field(default_factory=list)  # crashes and timeouts, a sentence each

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outcome:
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})


class Worker:
    """The judge of one lab, with its own sandboxed fork server.

    Args:
        shared: where a fork server for the lab is warm already (`Zygote.share`); "" for none.

    Raises `SandboxUnavailable` when students' code cannot be run safely here.
    """

    def __init__(self, settings: Settings, shared: str = ""):
        self.settings = settings
        self.lab: Lab | None = (
            lab_from(settings.exercises, settings.name) if settings.exercises else None
        )
        self.zygote = zygote(settings, shared)

    def mark(self, job: Job) -> Outcome:
        started = time.perf_counter()
        notebook = nbformat.reads(job.notebook, as_version=4)
        marking = Marking(self.lab, self.settings.limits, job.seed)
        seed = job.seed("child") % 2**32
        with turn(self.settings.limits.device):
            marking.run(notebook, lambda: self.zygote.open(seed=seed, files=job.files))
        notebook.metadata["autograder"] = {
            "sandbox": self.zygote.sandbox,
            "scores": {result["number"]: result["score"] for result in marking.results},
        }
        return Outcome(
            student=job.student,
            notebook=nbformat.writes(notebook),
            results=marking.results,
            sandbox=self.zygote.sandbox,
            seconds=time.perf_counter() - started,
            events=marking.events,
        )

    def close(self) -> None:
        self.zygote.close()


def zygote(settings: Settings, shared: str = "") -> Zygote:
    """A fork server for a lab."""
    return Zygote(
        sandbox=settings.sandbox,
        preload=settings.preload,
        limits=settings.limits,
        shared=shared,
    )


_workers: OrderedDict[str, Worker] = OrderedDict()


def mark(settings: Settings, job: Job) -> Outcome:
    """Mark `job` in this process, whose judge for the lab is kept ready for the next one.

    Raises `SandboxUnavailable` when there is none to be had.
    """
    return worker(settings).mark(job)


def worker(settings: Settings, shared: str = "") -> Worker:
    """This process's judge for a lab; of several labs, those asked for last are kept."""
    if settings.digest not in _workers:
        _workers[settings.digest] = Worker(settings, shared)
    _workers.move_to_end(settings.digest)
    while len(_workers) > LABS_KEPT:
        _workers.popitem(last=False)[1].close()
    return _workers[settings.digest]


@atexit.register
def close_workers() -> None:
    """End this process's judges, with their sandboxes."""
    while _workers:
        _workers.popitem()[1].close()
