"""A program that takes down what the tests ask, in every way there is, cannot show it: when a test
is run, all that the student's cells show is there already."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.judge import Job, Settings, Worker

pytestmark = pytest.mark.attack

SECRET = "0.123456"
WAYS = {
    "memory": ("seen = []\ndef f(x): seen.append(x); return x", "print(seen)"),
    "a file": (
        "def f(x): open('told', 'a').write(repr(x)); return x",
        "import os\nprint(os.path.exists('told') and open('told').read())",
    ),
    "shared memory": (
        "import mmap\nshared = mmap.mmap(-1, 4096)\n"
        "def f(x): shared[:8] = repr(x).ljust(8).encode()[:8]; return x",
        "print(shared[:8])",
    ),
    "a pipe": (
        "import os\nreader, writer = os.pipe()\nos.set_blocking(reader, False)\n"
        "def f(x): os.write(writer, repr(x).encode()); return x",
        "try: print(os.read(reader, 100))\nexcept OSError: print('nothing')",
    ),
    "a thread, so that there are no copies": (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "seen = []\ndef f(x): seen.append(x); return x",
        "print(seen)",
    ),
    "a crash, so that there are no copies": (
        "seen = []\ndef f(x): seen.append(x); return x",
        "print(seen, flush=True)\nimport os; os._exit(1)",
    ),
}


def graded(name, source):
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = {
        "grade": True, "grade_id": name, "locked": True, "points": 1, "schema_version": 3,
        "solution": False, "task": False,
    }  # fmt: skip
    return cell


@pytest.fixture(scope="module")
def worker():
    worker = Worker(Settings(preload=("numpy",)))
    yield worker
    worker.close()


@pytest.mark.parametrize("way", WAYS)
def test_what_a_test_asks_is_never_shown(worker, way):
    remember, show = WAYS[way]
    cells = [
        new_code_cell(remember),
        graded("first", f"assert f({SECRET}) == {SECRET}"),
        new_code_cell(show),
        graded("second", "assert f(2.0) == 2.0"),
    ]
    outcome = worker.mark(Job("eve", nbformat.writes(new_notebook(cells=cells)), b"key"))
    shown = nbformat.reads(outcome.notebook, 4).cells[2].outputs
    assert shown and SECRET not in str(shown) and SECRET[:6] not in str(shown)
    scores = [result["score"] for result in outcome.results]
    assert scores == [1.0, 0.0 if "crash" in way else 1.0]


def test_a_test_sees_the_names_as_they_are_at_its_place(worker):
    cells = [
        new_code_cell("n = 1"),
        graded("first", "assert n == 1"),
        new_code_cell("n = 2"),
        graded("second", "assert n == 2"),
    ]
    outcome = worker.mark(Job("alice", nbformat.writes(new_notebook(cells=cells)), b"key"))
    assert [result["score"] for result in outcome.results] == [1.0, 1.0]


def test_a_crash_after_a_test_costs_nothing_before_it(worker):
    cells = [
        new_code_cell("n = 1"),
        graded("first", "assert n == 1"),
        new_code_cell("import os; os._exit(1)"),
        graded("second", "assert n == 1"),
    ]
    outcome = worker.mark(Job("bob", nbformat.writes(new_notebook(cells=cells)), b"key"))
    assert [result["score"] for result in outcome.results] == [1.0, 0.0]
    assert len(outcome.events) == 1
    assert "os._exit(1)" in outcome.results[1]["findings"][0]["message"]
