"""Answers that no comparison may take for right, and that must not cost the judge its memory, its
time or its life."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder import overrun
from autograder.build import build_release, read_lab
from autograder.errors import StudentError
from autograder.grade import grade
from autograder.mark import agree
from autograder.marking import _number
from autograder.overrun import within_memory
from autograder.pool import Pool
from autograder.sandbox.limits import Limits
from dpkit.diagnose import Diagnosis
from tests.autograder.crossing import a_judge
from tests.autograder.test_grade import marks, send
from tests.autograder.toy import LAB, MACHINE_POINTS, toy_course

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.attack


@pytest.fixture(scope="module")
def judge(bubblewrap):
    pytest.importorskip("torch")
    with a_judge() as judge:
        yield judge


# ------------------------------------------------------------------------------ what is a number

WANTED = {"zero": 0, "zeros": [0, 0], "number": 6.75, "numbers": [1.5, -2.0], "truth": True}
ODD = [
    "np.int64(-2**63)", "np.full(2, -2**63)", "-2**63", "np.uint64(2**63)", "np.int8(-128)",
    "float('nan')", "float('inf')", "np.full(2, np.nan)", "complex('nan')", "1e400", "10**400",
    "'6.75'", "b'6.75'", "['1.5', '-2.0']", "np.array(['1.5', '-2.0'])", "[]", "[[]]", "{}", "None",
    "()", "np.array([])", "np.zeros((0, 2))", "np.zeros((2, 0))", "np.array(6.75, dtype=object)",
    "np.array([(6.75,)], dtype=[('x', 'f8')])", "np.ma.masked_all(2)", "np.array(['2026'], 'M8[Y]')",
    "np.timedelta64(0)", "memoryview(b'00')", "range(2)", "{1.5, -2.0}", "iter([1.5, -2.0])",
    "np.array([0x7ff8dead00000000], 'u8').view('f8')", "[[1.5], [-2.0]]", "[1.5, [-2.0]]", "[1.5]",
    "[True, 'x']", "[None, None]", "[{}, {}]", "6.75 + 1e-3", "-6.75", "[-2.0, 1.5]",
    "__import__('decimal').Decimal('6.75')", "__import__('fractions').Fraction(27, 4)",
    "type('F', (float,), {'__eq__': lambda s, o: True, '__float__': lambda s: 6.75})(0)",
    "type('A', (), {'__array_interface__': np.zeros(2).__array_interface__})()",
    "type('D', (dict,), {'__getitem__': lambda s, k: 6.75})()",
    "np.array([1.5, -2.0])[::-1]", "np.lib.stride_tricks.as_strided(np.zeros(1), (2,), (0,)) + 9",
    "5e-324", "[5e-324, -5e-324, 0.0]", "np.float16(6.7)", "complex(6.75, 1e-3)",
]  # fmt: skip


def plain(judge, expression):
    """What comes of a student's value by way of a probe; None where nothing does."""
    with judge.zygote.open() as session:
        session.run_cell(f"import numpy as np\ndef f(): return {expression}")
        try:
            return session.probe("def probe(student): return student.f()", "probe", {})
        except StudentError:
            return None


@pytest.mark.parametrize("expression", ODD)
def test_no_odd_value_agrees_with_a_number_that_it_is_not(judge, expression):
    value = plain(judge, expression)
    for name, wanted in WANTED.items():
        if expression == "5e-324" and name == "zero":
            continue  # it is zero, to every number of digits
        assert agree(value, wanted) is not None, (value, wanted)


def test_honest_numbers_in_other_dress_agree():
    for value in (np.float32(6.75), np.array(6.75), 6.75 + 0j, np.longdouble(6.75)):
        assert agree(value, 6.75) is None
    for value in ([1.5, -2], (1.5, -2.0), np.array([1.5, -2.0], "f4"), np.array([3, -4]) / 2):
        assert agree(value, [1.5, -2.0]) is None
    for value in (0, -0.0, np.uint64(0), np.int8(0), 1e-12):
        assert agree(value, 0) is None
    assert agree(2**62, 2**62) is None and agree([2**63 - 1], [2**63 - 1]) is None


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), 2 + 0j, np.zeros(3), np.zeros((0,)),
              np.array([[5.0, 5.0]]), np.complex128(3), np.float64("nan"), np.full(1, np.nan)],
)  # fmt: skip
def test_points_that_are_no_number_are_none(value):
    """A test may calculate its points from an answer; an array there was full marks once."""
    with pytest.raises(StudentError, match="number of points"):
        _number(value)


def test_points_that_are_a_number_count_and_anything_else_is_full_marks():
    """As with nbgrader, for which a test that ends without a number has passed."""
    for value in (1, 1.0, np.float64(1), np.int8(1), np.ones(1), np.ones((1, 1)), np.array(1.0)):
        assert _number(value) == 1.0
    for value in (None, True, np.True_, "done", [1.0], np.array([True, False]), print):
        assert _number(value) is None
    torch = pytest.importorskip("torch")
    assert _number(torch.tensor(0.5, requires_grad=True)) == 0.5
    with pytest.raises(StudentError):
        _number(torch.zeros(2))


# ----------------------------------------------------------------------------------- memory and time


def test_one_long_text_among_many_short_ones_takes_no_room():
    """As an array each of them would take as much room as the longest: 5 GB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert agree(["x" * 400_000] + ["y"] * 3000, 1.0)[0] == "wrong_type"
    assert agree([b"x" * 400_000] + [b"y"] * 3000, 1.0)[0] == "wrong_type"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_a_test_cannot_be_made_to_fill_the_memory():
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    with within_memory(256 * 2**20):
        np.ones(10**7)  # 80 MB
        for greedy in (lambda: [0] * 10**9, lambda: np.ones(10**9), lambda: "x" * 10**10):
            with pytest.raises(MemoryError):
                greedy()
    assert resource.getrlimit(resource.RLIMIT_DATA) == limits
    assert len(np.ones(10**8)) == 10**8


ENDLESS = {
    "while": "while abs(total([1, 2]) - 3) > 1e-9: pass",
    "list": "assert list(range(int(total([1, 2])))) == [0, 1, 2]",
    "array": "assert np.zeros(int(total([1, 2]))).sum() == 0",
    "catches": "while True:\n    try:\n        assert total([1, 2]) == 3; break\n    except Exception: pass",
}  # fmt: skip


@pytest.mark.slow
def test_answers_that_make_a_test_run_for_ever(tmp_path, bubblewrap):
    """Each is the number that an ordinary test loops up to, or makes an array of."""
    course = toy_course(tmp_path)
    lab = course.root / LAB / "lab.py"
    text = lab.read_text()
    tests = "\n\n".join(
        f'# %% nbgrader={{"grade_id": "check9_{number}", "grade": true, "points": 1}}\n{source}'
        for number, source in enumerate(ENDLESS.values())
    )
    lab.write_text(text + "\n" + tests + "\n")
    build_release(course, LAB)
    right = read_lab(lab)
    wrong = read_lab(lab)
    for cell in wrong.cells:
        cell.source = cell.source.replace("return running", "return 10**11 + 0.0")
    for student, notebook in {"ada": right, "mallory": wrong, "zeno": right}.items():
        send(tmp_path / "inbox", student, notebook)
    limits = Limits(cpu_seconds_per_cell=0.5, wall_factor=1.0, wall_slack=2.0, grace_seconds=0.5)
    grading = grade(course, LAB, submissions=tmp_path / "inbox", workers=1, limits=limits)
    scores = marks(course)
    for student in ("ada", "zeno"):
        assert sum(score or 0 for score in scores[student].values()) == MACHINE_POINTS + len(
            ENDLESS
        )
    assert scores["mallory"]["check1_1"] == 2.0  # what was earned before stays earned
    assert {scores["mallory"][f"check9_{k}"] for k in range(len(ENDLESS))} == {0.0}
    assert grading.problems == []


@pytest.mark.parametrize("test", ["sum(range(10**15))", "9 ** 9 ** 9 ** 9"])
def test_a_call_that_never_comes_back_costs_the_judge_s_process(test):
    """Nothing in Python is heard in the middle of it. The queue gives the others to a new one."""
    code = f"""
from autograder import overrun
overrun.expendable, overrun.PATIENCE = True, 0.3
with overrun.limited(0.2, 0.5):
    {test}
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60)
    assert ended.returncode == 1


def test_the_judges_of_a_pool_may_be_ended_so():
    pool = Pool(1)
    try:
        assert pool.submit(is_expendable).result(60) is True
    finally:
        pool.shutdown()
    assert overrun.expendable is False


def is_expendable():
    return overrun.expendable


# ----------------------------------------------------------------------------------- diagnosis

DIAGNOSE = """import dpkit as dp
def loss(x): return dp.sum(x * x)
dp.diagnose(loss, f, np.array([1.0, 2.0, 3.0]))"""


@pytest.mark.parametrize(
    "body",
    [
        "return 3 * x", "return None", "return x.tolist()[:2]", "raise SystemExit", "raise KeyboardInterrupt",
        "raise StopIteration", "return 'x'", "return [2 * k for k in x] + [0]", "return x * float('nan')",
        "x *= 0; return x", "return np.zeros((10**7,))", "return lambda: 2 * x", "return f",
        "import random; return x * random.random()", "return 2j * x", "return {'grad': 2 * x}",
        "yield 2 * x", "import os; os._exit(0)", "return f(x)", "return x.astype(object)",
        "return np.full(3, -2**63)", "return np.ma.masked_all(3)", "return type('L', (list,), {})(2 * x)[:1]",
        "seen.append(1); return 2 * x if len(seen) == 1 else x",
    ],
)  # fmt: skip
def test_no_hostile_gradient_is_diagnosed_as_right(judge, body):
    student = f"import numpy as np\nseen = []\ndef f(x):\n    {body}"
    try:
        found = judge.value(student, DIAGNOSE, "import numpy as np")
    except Exception as error:
        assert not isinstance(error, MemoryError), error
    else:
        assert isinstance(found, Diagnosis) and not found.ok, found


def test_a_right_gradient_is(judge):
    assert judge.value("def f(x): return 2 * x", DIAGNOSE, "import numpy as np").ok
