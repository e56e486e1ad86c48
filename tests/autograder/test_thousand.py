"""A large class in one run: every mark right, memory flat, and nothing left behind.

The class has sixty submissions, or as many as AUTOGRADER_CLASS_SIZE says: a thousand before a
release. What each kind of submission earns follows from the toy lab's exercises and is written
down here, cell by cell. `grade` runs as a user runs it, and is watched from outside.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import nbformat
import pytest

from autograder.build import build_release, read_lab
from autograder.course import Course
from autograder.sanitise import grade_id
from tests.autograder.toy import LAB, toy_course

ROOT = Path(__file__).resolve().parents[2]
SIZE = int(os.environ.get("AUTOGRADER_CLASS_SIZE", "60"))
SECONDS_EACH = 3.0  # before the run is given up
MIB = 2**20
# What a process that is there for the whole run may grow by in its second half, whatever the class.
# (Allocators keep what they once had, and hand it out again: it comes in steps.)
GROWTH = 8 * MIB

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(max(600, int(SECONDS_EACH * SIZE))),
    pytest.mark.usefixtures("bubblewrap"),
]

SLOPE = "def slope(x):\n    return 3 * x**2"
CENTRE = "def centre(numbers):\n    return [n - sum(numbers) / len(numbers) for n in numbers]"
TOTAL = "def total(numbers):\n    return sum(numbers)"


@dataclass(frozen=True)
class Kind:
    """Answers in the place of right ones, and what each cell then earns. `weight`: how many of them
    there are; those that cost much are rare."""

    earns: tuple[float, float, float]
    answers: dict[str, str] = field(default_factory=dict)
    weight: int = 4


def wrong(cell, source, earns, weight=4):
    return Kind(earns, {cell: source}, weight)


KINDS = {
    "right": Kind((2, 2, 1), weight=30),
    "blank": Kind((0, 0, 0), {f"ex1_{n}": "..." for n in (1, 2, 3)}),
    "sign": wrong("ex1_1", "def slope(x):\n    return -3 * x**2", (0, 2, 1)),
    # The hidden case is at a negative point.
    "half_right": wrong("ex1_1", "def slope(x):\n    return 3 * x * abs(x)", (1, 2, 1)),
    "raises": wrong("ex1_1", "def slope(x):\n    raise ValueError(x)", (0, 2, 1)),
    "no_python": wrong("ex1_1", "def slope(x) return 3", (0, 2, 1)),
    "in_place": wrong(
        "ex1_2",
        "def centre(numbers):\n    mean = sum(numbers) / len(numbers)\n"
        "    for i in range(len(numbers)):\n        numbers[i] -= mean\n    return numbers",
        (2, 1, 1),
    ),
    "fails_hidden": wrong("ex1_3", "def total(numbers):\n    return 3", (2, 2, 0)),
    "warns": wrong(
        "ex1_3",
        "import sys, warnings\ndef total(numbers):\n    warnings.warn('careful')\n"
        "    print('careful', file=sys.stderr)\n    return sum(numbers)",
        (2, 2, 1),
    ),
    # Crashes.
    "exits": wrong("ex1_3", "import os\ndef total(numbers):\n    os._exit(0)", (2, 2, 0)),
    "exits_early": wrong("ex1_1", "import os\ndef slope(x):\n    os._exit(0)", (0, 2, 1)),
    "segfaults": wrong(
        "ex1_3", "import ctypes\ndef total(numbers):\n    ctypes.string_at(0)", (2, 2, 0)
    ),
    "recursion": wrong("ex1_3", "def total(numbers):\n    return total(numbers)", (2, 2, 0)),
    # Floods, and things left behind.
    "print_flood": wrong(
        "ex1_3",
        "print('x' * 100_000 + '\\n')\n" * 20 + TOTAL,
        (2, 2, 1),
        weight=2,
    ),
    "descriptors": wrong(
        "ex1_3",
        "import os, socket\nkept = []\ndef total(numbers):\n"
        "    try:\n        while True: kept.append(socket.socketpair())\n"
        "    except OSError: pass\n    raise RuntimeError('no descriptor left')",
        (2, 2, 0),
        weight=2,
    ),
    "files": wrong(
        "ex1_3",
        "import tempfile\nfor n in range(200):\n"
        "    open(f'left-{n}', 'w').write('x' * 10_000)\n    tempfile.mkdtemp()\n" + TOTAL,
        (2, 2, 1),
        weight=2,
    ),
    "stays_behind": wrong(
        "ex1_3",
        "import subprocess, threading, time\n"
        "subprocess.Popen(['sleep', '1000'], start_new_session=True)\n"
        "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n" + TOTAL,
        (2, 2, 1),
        weight=2,
    ),
    "memory": wrong(
        "ex1_3",
        "hoard = []\ndef total(numbers):\n    while True:\n        hoard.append(bytearray(2**27))",
        (2, 2, 0),
        weight=1,
    ),
    "endless": wrong("ex1_3", "def total(numbers):\n    while True: pass", (2, 2, 0), weight=1),
    "forks": wrong(
        "ex1_3",
        "import os, time\ndef total(numbers):\n    for _ in range(500):\n        try:\n"
        "            if os.fork() == 0:\n                time.sleep(1000)\n"
        "        except OSError: pass\n    return -1",
        (2, 2, 0),
        weight=1,
    ),
    # Forgers.
    "liar": Kind(
        (0, 0, 0),
        {
            "ex1_1": "class Liar(float):\n"
            "    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = lambda *a: True\n"
            "    __hash__ = float.__hash__\n"
            "    __sub__ = __rsub__ = __abs__ = lambda *a: 0.0\n"
            "def slope(x): return Liar(0)",
            "ex1_2": "def centre(numbers): return [Liar(0) for _ in numbers]",
            "ex1_3": "def total(numbers): return Liar(0)",
        },
    ),
    "impostor": Kind(
        (0, 0, 0),
        {
            "ex1_1": "def check(number): return 2.0\nimport builtins\nbuiltins.check = check",
            "ex1_2": "import numpy as np\nnp.isclose = np.allclose = lambda *a, **k: True",
            "ex1_3": "from IPython.display import display\n"
            "def total(numbers):\n    display(1.0)\n    print('1.0')\n    return 0",
        },
    ),
    "reaches_out": Kind(
        (0, 0, 0),
        {
            "ex1_1": "import os, sqlite3\nfor folder, _, names in os.walk('/'):\n"
            "    if folder.count('/') > 5: continue\n"
            "    for name in names:\n        if name == 'gradebook.db':\n"
            "            sqlite3.connect(os.path.join(folder, name)).execute(\n"
            "                'UPDATE grade SET auto_score = 5')\n",
            "ex1_2": "import socket\ntry: socket.create_connection(('127.0.0.1', 80), 1)\n"
            "except OSError: pass",
            "ex1_3": "import os, signal\ntry: os.kill(os.getppid(), signal.SIGKILL)\n"
            "except OSError: pass",
        },
        weight=1,
    ),
}
CELLS = ("check1_1", "check1_2", "check1_3")


def the_class():
    """{student: name of a kind}: every kind, in the proportion of the weights, in a fixed disorder."""
    names = [name for name, kind in KINDS.items() for _ in range(kind.weight)]
    names = list(KINDS) + (names * (SIZE // len(names) + 1))[: SIZE - len(KINDS)]
    random.Random(0).shuffle(names)
    return {f"student{number:04}": name for number, name in enumerate(names)}


def test_the_class_has_every_kind_and_the_size_that_was_asked_for():
    counts = Counter(the_class().values())
    assert set(counts) == set(KINDS) and counts.total() == SIZE


# The run, and what was seen of it -------------------------------------------------------------------


@dataclass
class Sight:
    """One process at one moment."""

    seconds: float
    memory: int  # resident, bytes
    descriptors: int


@dataclass
class Run:
    course: Course
    status: int
    said: str
    seconds: float
    seen: dict[tuple[int, int], list[Sight]]  # by (pid, time of start)
    commands: dict[tuple[int, int], str]
    scratch: Path

    def lasting(self):
        """The processes that were there for more than half of the run."""
        return {
            key: sights
            for key, sights in self.seen.items()
            if sights[-1].seconds - sights[0].seconds > self.seconds / 2
        }

    def summary(self):
        """For a person to look at."""
        lasting = [
            (
                self.commands[key][:80],
                sights[len(sights) // 2].memory // MIB,
                sights[-1].memory // MIB,
            )
            for key, sights in self.lasting().items()
        ]
        return json.dumps({
            "submissions": SIZE,
            "seconds": round(self.seconds, 1),
            "lasting processes (MiB in the middle, at the end)": lasting,
        }, indent=1)  # fmt: skip


class Watch(threading.Thread):
    """Looks at a process and all its descendants until it is told to stop."""

    def __init__(self, root):
        super().__init__(daemon=True)
        self.root, self.enough = root, threading.Event()
        self.seen, self.commands = defaultdict(list), {}
        self.began = time.monotonic()

    def run(self):
        while not self.enough.wait(0.25):
            self.look()

    def look(self):
        processes = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] == "Z" or fields[21] == "0":  # it has ended
                continue
            processes[int(folder.name)] = int(fields[1]), int(fields[19]), int(fields[21])
        tree = {self.root} | {
            pid for pid, start in self.seen if processes.get(pid, (0, 0))[1] == start
        }
        for pid in sorted(processes, key=lambda pid: processes[pid][1]):
            if processes[pid][0] in tree:
                tree.add(pid)
        for pid in tree & set(processes):
            _, start, pages = processes[pid]
            try:
                descriptors = len(os.listdir(f"/proc/{pid}/fd"))
                words = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            now = time.monotonic() - self.began
            memory = pages * os.sysconf("SC_PAGE_SIZE")
            self.seen[pid, start].append(Sight(now, memory, descriptors))
            self.commands[pid, start] = words.replace(b"\0", b" ").decode(errors="replace")


@pytest.fixture(scope="module")
def run(tmp_path_factory, artefacts):
    course = toy_course(tmp_path_factory.mktemp("thousand"))
    build_release(course, LAB)
    right = read_lab(course.root / LAB / "lab.py")
    answers = {"ex1_1": SLOPE, "ex1_2": CENTRE, "ex1_3": TOTAL}
    for student, name in the_class().items():
        for cell in right.cells:
            if grade_id(cell) in answers:
                text = {**answers, **KINDS[name].answers}[grade_id(cell)]
                cell.source = f"{text}\n# {student}"
        folder = course.submitted / student / LAB
        folder.mkdir(parents=True)
        nbformat.write(right, folder / "lab.ipynb")
    scratch = tmp_path_factory.mktemp("scratch")
    log = open(course.root.parent / "log", "w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", "grade", LAB, "--course", str(course.root),
         "--seconds", "2"],
        stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(scratch)},
    )  # fmt: skip
    watch = Watch(process.pid)
    watch.start()
    try:
        status = process.wait(max(500, SECONDS_EACH * SIZE))
    finally:
        process.kill()
        seconds = time.monotonic() - watch.began
        watch.enough.set()
        watch.join()
    log.seek(0)
    with log:
        said = log.read()
    run = Run(course, status, said, seconds, dict(watch.seen), watch.commands, scratch)
    (artefacts / f"class-of-{SIZE}.json").write_text(run.summary())
    return run


def test_every_mark_is_right(run):
    assert run.status == 0, run.said[-3000:]
    gradebook = sqlite3.connect(f"file:{run.course.root / 'gradebook.db'}?mode=ro", uri=True)
    rows = gradebook.execute(
        "SELECT a.student_id, c.name, g.auto_score FROM grade g"
        " JOIN submitted_notebook n ON g.notebook_id = n.id"
        " JOIN submitted_assignment a ON n.assignment_id = a.id"
        " JOIN base_cell c ON g.cell_id = c.id WHERE c.name LIKE 'check%'"
    ).fetchall()
    assert gradebook.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    triggers = gradebook.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")
    assert triggers.fetchone() == (0,)
    marks = defaultdict(dict)
    for student, cell, score in rows:
        marks[student][cell] = score
    assert len(rows) == len(CELLS) * SIZE
    wrong = {
        (student, name): marks[student]
        for student, name in the_class().items()
        if marks[student] != dict(zip(CELLS, KINDS[name].earns, strict=True))
    }
    assert wrong == {}


def test_memory_is_flat(run):
    lasting = run.lasting()
    assert len(lasting) >= 3  # the main process, a judge and its fork server at least
    grown = {}
    for key, sights in lasting.items():
        middle, end = (sights[0].seconds + sights[-1].seconds) / 2, sights[-1].seconds
        early = [s.memory for s in sights if middle - 0.2 * end < s.seconds <= middle]
        late = [s.memory for s in sights if s.seconds > 0.8 * end]
        grown[run.commands[key]] = median(late) - median(early)
    assert all(growth < GROWTH for growth in grown.values()), grown


def test_descriptors_are_closed(run):
    grown = {}
    for key, sights in run.lasting().items():
        half = len(sights) // 2
        early, late = (max(s.descriptors for s in some) for some in (sights[:half], sights[half:]))
        grown[run.commands[key]] = late - early
    assert all(growth <= 8 for growth in grown.values()), grown  # a submission more under way


def test_no_process_is_left(run):
    end = time.monotonic() + 10  # what was killed takes a moment to be gone
    while (left := {key: run.commands[key] for key in run.seen if alive(*key)}) and (
        time.monotonic() < end
    ):
        time.sleep(0.1)
    assert left == {}


def alive(pid, start):
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return int(fields[19]) == start and fields[0] != "Z"


def test_no_file_is_left(run):
    assert list(run.scratch.rglob("*")) == []
    state = {path.name for path in run.course.state.iterdir()}
    assert not [name for name in state if name.startswith("collect-")]


def test_run_again_nothing_is_to_do(run):
    again = subprocess.run(
        [sys.executable, "-m", "autograder", "grade", LAB, "--course", str(run.course.root),
         "--seconds", "2"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert again.returncode == 0, again.stderr[-3000:]
    assert f"0 marked, {SIZE} unchanged" in again.stdout
