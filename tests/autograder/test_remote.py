"""Ordinary nbgrader tests, run by the judge with the student's names as proxies."""

import nbformat
import pytest
from nbformat import v4

from autograder.judge import Job, Settings, Worker


@pytest.fixture(scope="module")
def worker(bubblewrap):
    worker = Worker(Settings())
    yield worker
    worker.close()


def cell(source, name, **flags):
    keys = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    made = v4.new_code_cell(source, id=name)
    made.metadata["nbgrader"] = {**keys, "grade_id": name, **flags}
    return made


@pytest.fixture
def mark(worker):
    """The outputs and the score of one test (3 points) after the student's code."""

    def run(student, test, locked=""):
        notebook = v4.new_notebook(
            cells=[
                cell(locked, "setup", locked=True),
                cell(student, "ex", solution=True),
                cell(test, "check", grade=True, locked=True, points=3),
            ]
        )
        outcome = worker.mark(Job("ada", nbformat.writes(notebook), b"k" * 32))
        marked = nbformat.reads(outcome.notebook, as_version=4).cells[-1]
        return outcome.results[0]["score"], marked.outputs

    return run


RIGHT = """
import numpy as np
def area(r): return np.pi * r * r
def slope(f, x, h=1e-6): return (f(x + h) - f(x - h)) / (2 * h)
def double(x): return 2 * x
class Var:
    def __init__(self, value): self.value = value
    def twice(self): return Var(2 * self.value)
data = {"a": [1, 2.5], "b": np.arange(3)}
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert np.isclose(area(2.0), 4 * np.pi)",
        "assert abs(area(1) - math.pi) < 1e-9\nassert max(1, len([2])) == 1",
        "np.testing.assert_allclose(double(np.ones((2, 3))), 2 * np.ones((2, 3)))",
        "assert abs(slope(lambda x: x**3, 2.0) - 12) < 1e-4",
        "assert Var(3).twice().value == 6",
        "assert data['a'] == [1, 2.5] and data['b'].sum() == 3",
        "x = np.ones(3)\ndouble(x)\nassert [n for n in x] == [1, 1, 1]",
        "def helper(r):\n    return area(r) / np.pi\nassert np.isclose(helper(3.0), 9.0)",
        "import warnings\nwarnings.warn('a word on stderr costs nothing')\nassert double(2) == 4",
    ],
)
def test_right_answers_get_full_marks(mark, test):
    score, outputs = mark(RIGHT, test, locked="%matplotlib inline\nimport warnings\ntau = 6.0\n")
    assert score == 3.0, outputs


def test_of_the_locked_cells_imports_and_definitions_are_trusted_and_nothing_else(mark):
    locked = "import math as m\ndef third(x): return x / 3\ntau = area(1.0)"
    assert mark("def area(r): return 0.0", "assert third(m.e) == m.e / 3", locked)[0] == 3.0
    assert mark("tau = [6.0]\ndef area(r): return 0.0", "assert tau == [6.0]", locked)[0] == 3.0


@pytest.mark.parametrize(
    ("student", "test"),
    [
        ("def area(r): return r", "assert np.isclose(area(2.0), 4 * np.pi), 'not the area'"),
        ("", "assert area(2.0) > 0"),
        ("def area(r): raise NotImplementedError", "area(1.0)"),
        ("def area(r):\n    import os; os._exit(0)", "assert area(1.0) > 0"),
        ("def area(r): exit()", "assert area(1.0) > 0"),
    ],
)
def test_wrong_answers_get_none_and_a_sentence(mark, student, test):
    score, outputs = mark(student, test)
    assert score == 0.0
    assert outputs[-1].output_type == "error" and outputs[-1].evalue


@pytest.mark.parametrize(
    ("test", "score"),
    [
        ("1.5", 1.5), ("0", 0.0), ("0.0", 0.0), ("100", 3.0), ("-1", 0.0), ("np.float64(1.0)", 1.0),
        ("'0 of 3 passed'", 3.0), ("None", 3.0), ("x = 1", 3.0), ("True", 3.0),
    ],
)  # fmt: skip
def test_partial_credit_is_the_last_number(mark, test, score):
    assert mark("", test)[0] == score


EVERYTHING = """
class Yes:
    def __init__(self, *a): pass
    def __call__(self, *a): return self
    def _yes(self, *a): return True
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _yes
    __hash__ = None
    def _zero(self, *a): return 0.0
    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _zero
    __abs__ = __neg__ = __float__ = _zero
    def __bool__(self): return True
    def __len__(self): return 3
    def __iter__(self): return iter([self] * 3)
    def __getattr__(self, name): return self
    __array_ufunc__ = None
area = Var = Yes()
"""


@pytest.mark.attack
@pytest.mark.parametrize(
    "test",
    [
        "assert area(2.0) == 4",
        "assert area(2.0) != 5",
        "assert 4 == area(2.0)",
        "assert area(2.0)",
        "assert not (area(2.0) > 100)",
        "assert abs(area(2.0) - 12.0) < 1e-9",
        "assert 12.0 - area(2.0) == 0",
        "assert 3 in area(2.0)",
        "assert len(area(2.0)) == 4",
        "assert np.isclose(area(2.0), 4.0)",
        "assert np.allclose(area(2.0), np.ones(3))",
        "np.testing.assert_allclose(area(2.0), 4.0)",
        "assert float(area(2.0)) == 0.0",
        "assert [x for x in area(2.0)] == [1, 2, 3]",
        "assert Var(3).value == 6",
        "assert area.b.c(1).d == 2",
        "assert np.array([1.0]) - area(2.0) < 1",
        "assert np.float64(3.0) - area(2.0) == 0",
        "assert all(area(2.0))",
    ],
)
def test_an_object_that_says_yes_to_everything_gains_nothing(mark, test):
    assert mark(EVERYTHING, test)[0] == 0.0


@pytest.mark.attack
@pytest.mark.parametrize(
    "student",
    [
        "import numpy as np\nnp.isclose = np.allclose = lambda *a, **k: True",
        "import builtins\nbuiltins.abs = lambda x: 0\nabs = lambda x: 0\ndef area(r): return 0.0",
        "isclose = True\nnp = type('np', (), {'isclose': staticmethod(lambda *a: True)})\ndef area(r): return 0.0",
        "check = lambda n: 3.0\ndef area(r): return 0.0",
        "class float_(float):\n    __eq__ = lambda s, o: True\ndef area(r): return float_(0)",
        "def area(r):\n    from IPython.display import display\n    display(3.0)\n    print('3.0')\n    return 0.0",
        "from IPython import get_ipython\nip = get_ipython()\nip.run_cell = ip.run_code = lambda *a, **k: None\n"
        "def area(r): return 0.0",
        "def area(r):\n    import sys\n    f = sys._getframe()\n    while f:\n"
        "        f.f_globals['assert'] = 1; f = f.f_back\n    return 0.0",
    ],
)
def test_patches_of_the_student_s_process_stay_there(mark, student):
    assert mark(student, "assert np.isclose(area(2.0), 4 * np.pi) and abs(area(2.0)) > 1")[0] == 0.0


@pytest.mark.attack
def test_changing_a_test_s_array_changes_nothing(mark):
    student = "def double(x):\n    x *= 0\n    return 2 * x"
    assert mark(student, "x = np.ones(3)\ny = double(x)\nassert np.allclose(y, 2 * x)")[0] == 0.0


@pytest.mark.attack
def test_the_test_s_source_and_numbers_are_not_in_the_student_s_process(mark):
    student = """
import gc, sys
def area(r):
    found = []
    frame = sys._getframe()
    while frame:
        found.append(str(frame.f_locals)[:10000]); frame = frame.f_back
    found += [o for o in gc.get_objects() if isinstance(o, str)]
    found += [str(v) for v in get_ipython().user_ns.get('In', [])]
    return any('0.' + '577215' in text for text in found)
"""
    score, outputs = mark(
        student, "seen = area(1.0)\nassert seen is False\nassert seen != 0.577215"
    )
    assert score == 3.0, outputs


def test_a_test_s_function_is_called_back_and_its_source_stays_here(mark):
    student = "import inspect\ndef slope(f, x):\n    try:\n        return inspect.getsource(f)\n    except Exception:\n        return f(x)"
    score, outputs = mark(student, "got = slope(lambda x: x + 41.125, 1.0)\nassert '41.125' not in str(got) or got == 42.125")  # fmt: skip
    assert score == 3.0, outputs


def test_the_feedback_of_a_failed_test_shows_no_line_of_it(mark):
    _, outputs = mark(
        "def area(r): return 1.0", "assert area(2.0) == 1234.5, 'The area is not right.'"
    )
    shown = str(outputs)
    assert "The area is not right." in shown
    assert "1234.5" not in shown


GRADIENT = """
import numpy as np
calls = 0
def my_gradient(a, b):
    global calls
    calls += 1
    return np.sin(b), {}
"""
LOCKED = "import dpkit as dp\ndef f(a, b):\n    return a * dp.sin(b)"
DIAGNOSE = "dp.diagnose(f, my_gradient, 2.0, 0.7)"


def shown(outputs):
    return "".join(output.get("data", {}).get("text/html", "") for output in outputs)


def test_a_test_may_end_with_a_diagnosis(mark):
    """All or nothing, and the student reads what kind of mistake it was."""
    score, outputs = mark(GRADIENT.format("a * np.cos(b)"), DIAGNOSE, LOCKED)
    assert score == 3.0 and "passed" in shown(outputs)
    score, outputs = mark(GRADIENT.format("a * np.sin(b)"), DIAGNOSE, LOCKED)
    assert score == 0.0
    for words in ("0 of 3 points", "dp.sin(b)", "Hints about this mistake", "<svg"):
        assert words in shown(outputs), words
    assert (
        mark(GRADIENT.format("a * np.cos(b)"), f"assert {DIAGNOSE}.kind == 'sign'", LOCKED)[0]
        == 0.0
    )


def test_a_diagnosis_in_a_hidden_test_tells_no_number(mark):
    hidden = f"### BEGIN HIDDEN TESTS\n{DIAGNOSE}\n### END HIDDEN TESTS"
    score, outputs = mark(GRADIENT.format("0.8125"), hidden, LOCKED)
    assert score == 0.0 and "Hints about this mistake" in shown(outputs)
    for secret in ("0.8125", "0.6442", "dp.sin", "<svg"):
        assert secret not in shown(outputs), secret


@pytest.mark.parametrize(
    "answer",
    [
        "None", "'x' * 10**6", "object()", "float('nan')", "[[1.0], [1.0, 2.0]]", "1 / 0",
        "np.array(['a'])", "lambda: 1", "'<script>alert(1)</script>'",
    ],
)  # fmt: skip
@pytest.mark.attack
def test_whatever_a_gradient_gives_is_diagnosed(mark, answer):
    score, outputs = mark(GRADIENT.format(answer), DIAGNOSE, LOCKED)
    assert score == 0.0 and "<script" not in shown(outputs)
    assert sum(len(text) for text in shown(outputs)) < 200_000


def test_how_often_a_gradient_is_asked_has_a_bound(mark):
    test = f"{DIAGNOSE}\nassert calls <= 20, calls"
    for slope in ("a * np.cos(b)", "a * np.sin(b)", "0.8125", "(a, b)"):
        score, outputs = mark(GRADIENT.format(slope), test, LOCKED)
        assert score == 3.0, outputs


LOCKED_TORCH = "import torch"
CUBE = """
import torch
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3
    @staticmethod
    def backward(ctx, above):
        x, = ctx.saved_tensors
        return {} * above
cube = Cube.apply
"""
GRADCHECK = """
x = torch.randn(3, dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradcheck(cube, (x,))
"""


def test_a_gradient_is_checked_across_the_boundary(mark):
    pytest.importorskip("torch")
    score, outputs = mark(CUBE.format("3 * x**2"), GRADCHECK, LOCKED_TORCH)
    assert score == 3.0, outputs
    score, outputs = mark(CUBE.format("2 * x**2"), GRADCHECK, LOCKED_TORCH)
    assert score == 0.0 and "Jacobian mismatch" in str(outputs)


def test_random_numbers_of_a_test_are_the_same_at_each_marking_and_others_for_other_work(mark):
    """The student's code says what it was asked; nobody could have foreseen it, and it is of no use
    at the next attempt."""
    test = "from autograder.helpers import rng\nx = [rng.normal(), np.random.normal()]\nassert f(x), str(x)"
    answers = ("def f(x): return False", "def f(x): return False", "def f(x): return 0")
    first, second, other = (eval(mark(answer, test)[1][-1].evalue) for answer in answers)
    assert first == second and len(set(first)) == 2
    assert not set(first) & set(other)


def test_a_comment_to_the_judge_that_means_nothing_costs_its_test_and_says_so(mark):
    score, outputs = mark("", "# judge: operator Dual\nassert True")
    assert score == 0.0 and "means nothing" in outputs[-1].evalue
