"""Attacks on ordinary tests: on what a test gets to see of the student's objects.

Each student's code here is wrong, and each test would find it so in an honest world. `BREAK_IN` is
for those who do not stop at Python's own means: it finds the object in the student's process that
answers the judge, and makes it answer as one likes."""

import math
import time

import pytest

from autograder.errors import StudentError
from autograder.remote import boundary, callbacks
from autograder.session import Limits
from tests.autograder.crossing import a_judge

pytestmark = pytest.mark.attack

TORCH = "import torch\n"


@pytest.fixture(scope="module")
def judge(bubblewrap):
    pytest.importorskip("torch")
    with a_judge() as judge:
        yield judge


@pytest.fixture(scope="module")
def hasty(bubblewrap):
    """A judge with little patience."""
    limits = Limits(
        cpu_seconds_per_cell=1.0, cpu_seconds_total=20.0, wall_factor=1.0, wall_slack=2.0,
        grace_seconds=0.5, frame_bytes=2**22,
    )  # fmt: skip
    with a_judge(limits=limits) as judge:
        yield judge


YES = """
class Yes:
    def __init__(self, *a): pass
    def _self(self, *a): return self
    def _true(self, *a): return True
    def _zero(self, *a): return 0.0
    __call__ = __iter__ = __enter__ = __getitem__ = _self
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __exit__ = __bool__ = _true
    __hash__ = None
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _zero
    __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __mod__ = __abs__ = __neg__ = __float__ = _zero
    __array_ufunc__ = _zero
    def __len__(self): return 3
    def __getattr__(self, name): return self
f = Dual = Yes()
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert abs(f(2.0) - 12.0) < 1e-9",
        "assert f(2.0) - 12.0 == 0",
        "x = f(2.0)\nx += 1\nassert x == 13",
        "assert sum([f(1.0), f(2.0)]) == 0",
        "assert max(f(1.0), 3.0) == 3.0",
        "assert sorted([f(2.0), f(1.0)])",
        "assert round(f(2.0), 2) == 4.0",
        "assert f(2.0) in [4.0]",
        "assert [4.0] == [f(2.0)]",
        "assert (4.0, 1) == (f(2.0), 1)",
        "assert {'a': 4.0} == {'a': f(2.0)}",
        "assert np.sin(f(2.0)) == 0",
        "assert np.add(f(2.0), 1) == 0",
        "assert np.equal(f(2.0), 4.0)",
        "assert np.array_equal(f(2.0), np.ones(3))",
        "assert np.array([4.0]) == f(2.0)",
        "assert np.isnan(f(2.0)) or True",
        "assert np.max(f(2.0)) == 1.0",
        "assert np.sum(f(2.0)) == 1.0",
        "np.testing.assert_equal(f(2.0), 4.0)",
        "np.testing.assert_almost_equal(f(2.0), 4.0)",
        "np.testing.assert_array_equal(f(2.0), np.ones(3))",
        "np.testing.assert_array_less(f(2.0), 3.0)",
        "assert math.isclose(f(2.0), 4.0)",
        "import unittest\nunittest.TestCase().assertEqual(f(2.0), 4.0)",
        "import unittest\nunittest.TestCase().assertAlmostEqual(f(2.0), 4.0)",
        "import unittest\nunittest.TestCase().assertTrue(f(2.0))",
        "import torch\nassert torch.allclose(f(2.0), torch.ones(3))",
        "import torch\ntorch.testing.assert_close(f(2.0), torch.ones(3))",
        "import torch\nassert torch.equal(torch.as_tensor(f(2.0)), torch.ones(3))",
        "import copy\nassert copy.copy(f(2.0)) == 4",
        "with f(2.0):\n    assert False",
        "with f(2.0) as g:\n    assert g.x == 4",
        "a, b, c = f(2.0)\nassert a == 1",
        "for x in f(2.0):\n    assert x == 4",
        "assert f(2.0)[0] == 4",
        "assert not f(2.0).wrong",
        "assert all(x == 4 for x in f(2.0))",
        "assert len(f(2.0)) == 4",
        "assert str(f(2.0)) == '4.0'",
        "assert {f(2.0): 1}",
        # the same with the class listed
        "# judge: operators Dual\nassert abs(Dual(2.0) - 12.0) < 1e-9",
        "# judge: operators Dual\nassert Dual(2.0) - 12.0 == 0",
        "# judge: operators Dual\nassert not (Dual(2.0) - 12.0)",
        "# judge: operators Dual\nassert float(Dual(2.0) * 2) == 0.0",
        "# judge: operators Dual\nassert np.isclose(Dual(2.0) * 2, 0.0)",
        "# judge: operators Dual\n(Dual(2.0) * 2)",
        "# judge: operators Dual\n-Dual(2.0)",
        "# judge: operators Dual\nabs(Dual(2.0))",
        "# judge: operators Dual\nnp.sin(Dual(2.0))",
        "# judge: operators Dual\nDual(2.0) * f(2.0)",
    ],
)
def test_an_object_that_agrees_with_everything_gains_nothing(judge, test):
    assert not judge.passes(YES, test)


IMPOSTORS = """
class Dual:
    def __init__(self, value, slope=0.0): self.value, self.slope = value, slope
    def __mul__(self, other): return Dual(self.value * 2)
    def __sub__(self, other): return Dual(0.0)
    def __abs__(self): return Dual(0.0)
class Liar(type):
    __name__ = "Dual"
    def __instancecheck__(self, thing): return True
    def __eq__(self, other): return True
    __hash__ = type.__hash__
class Fake(metaclass=Liar):
    __module__ = "__main__"
    __class__ = Dual
    value = slope = 0.0
    def __sub__(self, other): return Dual(0.0)
    def __rsub__(self, other): return Dual(0.0)
Fake.__name__ = Fake.__qualname__ = "Dual"
def fake(x): return Fake()
def real(x): return Dual(x)
def hidden(x): return [Fake(), {"a": Fake()}]
class Holder:
    inner = Dual(1.0)
    def method(self): return Dual(1.0)
holder = Holder()
"""


@pytest.mark.parametrize(
    "expression",
    [
        "fake(2.0) - 4.0",
        "4.0 - fake(2.0)",
        "real(2.0) - 4.0",
        "real(2.0) * Dual(1.0)",
        "Dual(1.0) * real(2.0)",
        "hidden(2.0)[0] - 4.0",
        "hidden(2.0)[1]['a'] - 4.0",
        "holder.inner - 4.0",
        "holder.method() - 4.0",
        "Holder().method() - 4.0",
        "next(iter(hidden(2.0))) - 4.0",
        "np.subtract(real(2.0), 4.0)",
        "np.float64(4.0) - real(2.0)",
        "np.ones(2) - real(2.0)",
        "type(Dual(1.0))(Dual(1.0)) - 1.0",
    ],
)
def test_where_an_object_came_from_decides_and_not_what_it_says(judge, expression):
    error = judge.error(IMPOSTORS, f"# judge: operators Dual\n({expression})")
    assert isinstance(error, TypeError | NameError), error


def test_a_plain_number_from_an_operator_is_a_wrong_answer_with_a_sentence(judge):
    student = "class Dual:\n    def __init__(s, x): pass\n    def __sub__(s, o): return 0.0\n"
    error = judge.error(student, "# judge: operators Dual\nabs(Dual(1.0) - 12.0) < 1e-9")
    assert isinstance(error, StudentError) and "plain float" in str(error)


BREAK_IN = """
import gc
import autograder.child
from autograder.across.deeds import DEEDS, Held
from autograder.wire import Ref, encode
child, = [o for o in gc.get_objects() if type(o) is autograder.child.Child]
Child = autograder.child.Child
"""
ANSWERS = ["0.0", "True", "[]", "[0.0]", "(0.0, None)", "Ref(1)", "[Ref(1), 2]", "{}", "None", "'x'",
           "(0.0, Ref(7, 'x', 'deed'))", "[[], {}]", "[{}, {}]", "float('nan')"]  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_process_that_answers_everything_alike_gains_nothing(judge, answer):
    """Whatever is asked, the same answer: no test below can be right with it."""
    student = (
        BREAK_IN + "class Dual:\n    pass\ndef f(x): return x\ndef g(x): return x\n"
        f"Child.pack = lambda self, value: encode({answer}, opaque=lambda v: v)\n"
    )
    tests = [
        "# judge: operators Dual\nassert (Dual(2.0) * 3).value == 6.0 and Dual(1.0).value == 1.0",
        "assert f(2.0) == 4.0 and f(3.0) == 9.0",
        "import torch\nx = torch.randn(3, dtype=torch.float64, requires_grad=True)\n"
        "assert torch.autograd.gradcheck(f, (x,)) and f(x).shape == (3,)",
        "import torch\nassert trainable(f(1.0))(torch.ones(2)).shape == (2,)",
        "import dpkit as dp\nassert dp.grad(f)(2.0) == 1.0 and dp.grad(f)(3.0) == 3.0",
        "x = np.ones(3)\nf(inout(x))\nassert x.sum() == 0",
        "assert [item for item in f(1.0)] == [1.0]",
        "assert len(f(1.0)) == 7",
        "with f(2.0) as g:\n    assert g.value == 17",
        "from autograder.helpers import inout\nx = [3]\nf(inout(x), x=x)\nassert x == [4]",
    ]
    for test, error in zip(tests, judge.errors(student, tests, TORCH), strict=True):
        assert error is not None, test


def test_references_that_nobody_gave_lead_nowhere(judge):
    """The judge only hands them back."""
    student = BREAK_IN + "Child.pack = lambda self, value: encode(Ref(2**63), opaque=lambda v: v)\n"
    for test in ("f.x", "f(1)", "f[0]", "f.x = 3", "list(f)", "len(f)"):
        assert not judge.passes(student + "f = 1", test)


# ---------------------------------------------------------------------------- with, and iteration


def test_an_exit_that_returns_true_swallows_nothing(judge):
    student = (
        "class Calm:\n    def __enter__(self): return self\n"
        "    def __exit__(self, *a):\n        self.seen = [str(x) for x in a]; return True\n"
        "calm = Calm()\nimport contextlib\nnothing = contextlib.suppress(BaseException)\n"
    )
    assert not judge.passes(student, "with calm:\n    assert False, 'it is 1234.5'")
    assert not judge.passes(student, "with nothing:\n    assert False")
    # and what the test said is not told
    seen = "try:\n    with calm:\n        assert False, 'it is 1234.5'\nexcept AssertionError:\n    pass\n"
    assert judge.passes(student, seen + "assert '1234.5' not in str(calm.seen), calm.seen")


@pytest.mark.parametrize(
    "code",
    [
        "import itertools\ndef g(): return itertools.count()",
        "def g():\n    while True: yield [0.0] * 1000",
        "class G:\n    __iter__ = lambda s: s\n    __next__ = lambda s: s\ndef g(): return G()",
    ],
)
def test_an_endless_generator_ends(judge, monkeypatch, code):
    monkeypatch.setattr(boundary, "MAX_ITEMS", 300)
    for test in ("list(g())", "for x in g():\n    pass", "sum(1 for _ in g())", "a, b = g()"):
        assert not judge.passes(code, test)


@pytest.mark.parametrize(
    "length", ["10**30", "-1", "'3'", "3.0", "None", "True + 0.5", "float('nan')"]
)
def test_a_length_is_a_number_of_items(judge, length):
    student = f"class S:\n    def __len__(self): return {length}\ns = S()"
    assert isinstance(judge.error(student, "len(s)"), StudentError)


def test_what_is_read_into_a_name_does_not_change(judge):
    """Each reading may differ; a list that was read is the judge's own."""
    student = """
class Turncoat:
    count = 0
    def __iter__(self):
        Turncoat.count += 1
        return iter([float(Turncoat.count)])
    @property
    def value(self):
        Turncoat.count += 1
        return float(Turncoat.count)
t = Turncoat()
"""
    assert judge.passes(
        student, "a = list(t)\nassert a == a and sum(a) == a[0]\nassert a != list(t)"
    )
    assert judge.passes(student, "v = t.value\nassert v == v and v * 2 == v + v")


# ----------------------------------------------------------------------------------- callbacks


def test_a_function_of_one_test_cannot_be_called_in_the_next(judge):
    """Kept, and called when that test is over: also where both tests ask the same process."""
    student = "kept = []\ndef f(g, x):\n    kept.append(g)\n    try:\n        return [h(x) for h in kept]\n    except RuntimeError as e:\n        return str(e)"
    one, two = "f(lambda x: x + 41, 1.0)", "f(lambda x: x + 1, 1.0)"
    assert judge.values(student, [one, two]) == [[42.0], [2.0]]
    with judge.zygote.open(seed=7) as session:
        from autograder.marking import _evaluate
        from autograder.remote import TrustedNames

        session.run_cell(student)
        names = TrustedNames(session, check=None)
        with names.cell("one", one):
            assert _evaluate(one, names) == [42.0]
        with names.cell("two", two):
            # The number of the old function is the new one's, or nobody's; it never runs again.
            assert 42.0 not in _evaluate(two, names)
        session.run_cell("try:\n    kept[0](1.0)\nexcept RuntimeError as e:\n    said = str(e)")
        assert "over" in session.get("said")


@pytest.mark.parametrize(
    "call",
    [
        "g(object())", "g([g, g])", "g('x' * 10**7)", "g(float('nan'))", "g(10**4000)", "g()",
        "g(1, 2, 3)", "g(x=1)", "g(type)", "g({1: 2})", "g(l)", "g(lambda: g)", "g(g)",
    ],
)  # fmt: skip
def test_whatever_a_test_s_function_is_given(judge, call):
    student = f"""
l = []; l.append(l)
def f(g):
    try:
        {call}
    except Exception as error:
        return 'refused'
    return 'done'
"""
    value = judge.value(student, "seen = []\nanswer = f(lambda x: seen.append(repr(x)))\nanswer")
    assert value in ("refused", "done")


@pytest.mark.parametrize(
    "call",
    [
        "raw('plain', 0, [], {})", "raw('torch', 0, [1.0], {})", "raw('torch', 10**6, [1.0], {})",
        "raw('dpkit', -1, [1.0], {})", "raw('dpkit', 4, [1.0], {})", "raw('import', 0, ['os'], {})",
        "raw('plain', 0, 7, {})", "raw('plain', 0, [1.0], [])", "raw(None, None, None, None)",
        "raw('dpkit', 1, [[1.0], {}, [0], 'x'], {})", "raw('dpkit', 1, [[1.0], {}, [7], 1.0], {})",
        "raw('torch', 1, [[1.0], {}, [1.0]], {})", "raw()", "raw(1)", "raw(['plain'], 0, [1.0], {})",
    ],
)  # fmt: skip
def test_the_ways_to_call_a_test_s_function_cannot_be_bent(judge, call):
    """Past the functions that make such calls: the request itself is forged."""
    student = BREAK_IN + (
        "def f(g):\n    raw = g.__closure__[0].cell_contents\n"
        f"    try:\n        return [{call}]\n    except Exception as error:\n        return str(error)\n"
    )
    for locked in ("", "import torch"):
        error = judge.error(student, "f(lambda x: x * 2)\nassert False, 'reached'", locked)
        assert isinstance(error, AssertionError) and str(error) == "reached"


def test_calls_back_and_forth_come_to_an_end(judge):
    student = "def f(g, n): return g(n)"
    error = judge.error(student, "def g(n): return f(g, n + 1)\nf(g, 0)")
    assert error is not None and "deep" in str(error)


def test_a_thread_that_calls_for_ever_costs_only_its_own(hasty):
    """It outlives its test, which had to do without a copy of the process for the next."""
    student = """
import threading
def f(g):
    def forever():
        while True:
            try:
                g(1.0)
            except BaseException:
                pass
    for _ in range(3):
        threading.Thread(target=forever, daemon=True).start()
    return 4.0
f(lambda x: x)
"""
    tests = [
        "assert f(lambda x: 4.0) == 5.0",
        "assert f(abs) == 5.0",
        "assert f(lambda x: x) == 5.0",
    ]
    assert all(error is not None for error in hasty.errors(student, tests))
    assert hasty.passes("def f(x): return x", "assert f(1.0) == 1.0")


def test_a_library_is_not_given_away(judge):
    """Neither a function that could do harm, nor by its name."""
    student = "def f(g): return g('/etc/passwd')"
    for test in (
        "import shutil\nf(shutil.rmtree)", "import os\nf(os.system)", "f(open)", "f(eval)", "f(exec)",
        "import subprocess\nf(subprocess.run)", "import functools, os\nf(functools.partial(os.stat))",
        "import builtins\nf(builtins.__import__)",
    ):  # fmt: skip
        error = judge.error(student, test)
        assert error is not None and not isinstance(error, FileNotFoundError), test


def test_graphs_of_a_test_s_function_are_not_kept_without_end(judge, monkeypatch):
    monkeypatch.setattr(callbacks, "GRAPHS_KEPT", 5)
    student = """
import torch
def f(g):
    ys = []
    for _ in range(20):
        x = torch.ones(3, requires_grad=True)
        ys.append((x, g(x)))
    x, y = ys[-1]
    y.sum().backward()
    old, gone = ys[0]
    try:
        gone.sum().backward()
    except RuntimeError as error:
        return [x.grad, str(error)]
"""
    grad, said = judge.value(student, "f(lambda x: 2 * x)", TORCH)
    assert grad.tolist() == [2.0, 2.0, 2.0] and "too long ago" in said


# --------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    "value",
    [
        "l", "[0.0] * 10**6", "'x' * 10**8", "np.zeros(10**8)", "torch.zeros(1).expand(10**5, 10**5)",
        "[[[[[[0.0] * 100] * 100] * 100]]]", "{str(i): i for i in range(10**6)}", "10**5000",
        "torch.zeros(10**9, 0).to_sparse()", "np.zeros((10**9, 0))",
    ],
)  # fmt: skip
def test_cyclic_and_huge_values_cost_only_their_author(judge, value):
    student = f"import torch, numpy as np\nl = []; l.append(l)\ndef f(x): return {value}"
    error = judge.error(student, "assert f(1.0) == 4.0", TORCH)
    assert isinstance(error, StudentError | TypeError | AssertionError), error


@pytest.mark.parametrize(
    "value",
    [
        "float('nan')", "np.full(3, np.nan)", "torch.full((3,), float('nan'))",
        "np.array([0x7ff8dead00000000], np.uint64).view(np.float64)", "complex('nan')",
        "torch.as_strided(torch.arange(3.0), (3,), (0,))", "torch.arange(3.0).flip(0)[::1] * 0",
        "np.lib.stride_tricks.as_strided(np.zeros(1), (3,), (0,))", "torch.zeros(3).conj()",
        "torch.zeros(3, dtype=torch.int64)", "np.ma.masked_all(3)", "np.matrix([[1.0, 2.0, 3.0]])",
    ],
)  # fmt: skip
def test_numbers_that_are_none_and_arrays_that_lie_equal_nothing(judge, value):
    student = f"import torch, numpy as np\ndef f(x): return {value}"
    test = "y = f(1.0)\nassert np.allclose(np.asarray(y), [1.0, 2.0, 3.0])"
    assert not judge.passes(student, test, TORCH)


SUBCLASS = """
import torch
class Sly(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True
    def __eq__(self, other): return True
    __hash__ = torch.Tensor.__hash__
def f(x): return torch.zeros(3).as_subclass(Sly)
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert torch.allclose(f(1.0), torch.ones(3))",
        "assert torch.equal(f(1.0), torch.ones(3))",
        "assert (f(1.0) == torch.ones(3)).all()",
        "torch.testing.assert_close(f(1.0), torch.ones(3))",
        "assert (torch.ones(3) - f(1.0)).abs().max() < 1e-9",
        "assert torch.stack([f(1.0)]).sum() == 3",
        "x = torch.ones(3, dtype=torch.float64, requires_grad=True)\n"
        "assert torch.autograd.gradcheck(f, (x,)) and f(x).shape == (3,)\nassert f(x)[0] == 1",
    ],
)
def test_a_subclass_of_tensor_brings_no_behaviour(judge, test):
    assert not judge.passes(SUBCLASS, test, TORCH)


# ------------------------------------------------------------------------------------ gradients


WRONG = """
import torch
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x
    @staticmethod
    def backward(ctx, above):
        x, = ctx.saved_tensors
        return {backward}
f = Square.apply
"""
GRADCHECK = (
    "x = torch.randn(3, dtype=torch.float64, requires_grad=True)\n"
    "assert torch.autograd.gradcheck(f, (x,)) and torch.allclose(f(x), x * x)"
)


def test_a_right_backward_passes(judge):
    error = judge.error(WRONG.format(backward="2 * x * above"), GRADCHECK, TORCH)
    assert error is None, error


@pytest.mark.parametrize(
    "backward",
    [
        "x * above", "None", "torch.zeros_like(x)", "2 * x * above.sum()", "(2 * x * above)[:2]",
        "(2 * x * above).unsqueeze(1)", "(2 * x * above).float() * 1.01", "above", "1 / 0",
        "torch.full_like(x, float('nan'))", "-2 * x * above", "2 * x * above + 1e-3",
        "__import__('os')._exit(0)", "2 * x * above * torch.rand(())",
    ],
)  # fmt: skip
def test_a_wrong_backward_fails(judge, backward):
    assert not judge.passes(WRONG.format(backward=backward), GRADCHECK, TORCH)


def test_a_backward_that_hangs_is_stopped(hasty):
    student = WRONG.format(backward="[0 for _ in iter(int, 1)]")
    began = time.monotonic()
    error = hasty.error(student, GRADCHECK, TORCH)
    assert isinstance(error, StudentError) and error.kind in ("timeout", "killed", "memory")
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "patch",
    [
        "torch.autograd.gradcheck = torch.allclose = torch.equal = lambda *a, **k: True",
        "torch.autograd.grad = lambda *a, **k: [torch.ones(3, dtype=torch.float64)]",
        "torch.autograd.grad = lambda *a, **k: [torch.ones(7)]",
        "torch.autograd.grad = lambda *a, **k: 'x'",
        "torch.Tensor.requires_grad = property(lambda s: False)",
        "torch.Tensor.__eq__ = lambda s, o: True",
        "torch.Tensor.detach = lambda s: s",
        "torch.enable_grad = torch.no_grad",
        "torch.func.functional_call = lambda m, s, a, k=None: torch.zeros(3)",
        BREAK_IN + "DEEDS['linearise'] = lambda f, o, a, k: (a[0].detach(), None)",
        BREAK_IN + "DEEDS['linearise'] = lambda f, o, a, k: (a[0], lambda c: c)",
        BREAK_IN + "DEEDS['linearise'] = lambda f, o, a, k: (a[0], lambda c: [c[0] * 2, c[0]])",
        BREAK_IN + "DEEDS['linearise'] = lambda f, o, a, k: f(*a)",
        BREAK_IN + "DEEDS['linearise'] = lambda f, o, a, k: ([a[0]] * 50, lambda c: [None])",
    ],
)
def test_a_patched_torch_stays_there(judge, patch):
    student = WRONG.format(backward="x * above") + patch
    assert not judge.passes(student, GRADCHECK, TORCH)


def test_a_wrong_gradient_under_dpkit_fails(judge):
    student = """
import dpkit as dp
@dp.custom_vjp
def f(x): return dp.sin(x)
f.defvjp(lambda x: (dp.sin(x), x), lambda x, g: (g * {slope},))
"""
    test = "assert dp.check_gradient(dp.grad(f), lambda x: dp.sin(x), 0.7)"
    locked = "import dpkit as dp"
    assert judge.passes(student.format(slope="dp.cos(x)"), test, locked)
    for slope in ("dp.sin(x)", "0.0", "float('nan')", "'x'", "[1.0]", "None", "1 / 0"):
        assert not judge.passes(student.format(slope=slope), test, locked), slope


# ------------------------------------------------------------------------------------- training


NET = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        {init}
    def forward(self, x):
        {forward}
"""
TRAIN = """
net = trainable(Net())
x = torch.linspace(-1, 1, 20).reshape(-1, 1)
optimiser = torch.optim.SGD(net.parameters(), lr=0.3)
for _ in range(30):
    optimiser.zero_grad()
    ((net(x) - 3 * x - 1) ** 2).mean().backward()
    optimiser.step()
test = torch.tensor([[0.5]])
assert abs(net(test).item() - 2.5) < 0.05
"""
LINEAR = "self.a = torch.nn.Linear(1, 1)"


def test_a_right_module_is_trained(judge):
    error = judge.error(NET.format(init=LINEAR, forward="return self.a(x)"), TRAIN, TORCH)
    assert error is None, error


@pytest.mark.parametrize(
    ("init", "forward"),
    [
        (LINEAR, "return x"),
        (LINEAR, "return self.a(x).detach()"),
        (LINEAR, "return torch.zeros(3)"),
        (LINEAR, "return 'x'"),
        (LINEAR, "return self"),
        (LINEAR, "self.a.weight = torch.nn.Parameter(torch.randn(5, 5)); return self.a(x)"),
        (LINEAR, "self.a = torch.nn.Linear(1, 2); return self.a(x)"),
        (LINEAR, "self.b = torch.nn.Parameter(torch.ones(1)); return self.b * x"),
        (LINEAR, "with torch.no_grad(): return self.a(x)"),
        ("pass", "return x"),
        ("self.register_buffer('b', torch.zeros(2)); " + LINEAR,
         "self.b.resize_(7); return self.a(x)"),
        ("self.state_dict = 7; self.named_parameters = lambda: [('forward', torch.ones(1))]",
         "return x"),
        ("self.named_parameters = lambda: [('_parameters', torch.ones(1))]", "return x"),
        ("self.named_parameters = lambda: [('a.__class__', torch.ones(1))]", "return x"),
        ("self.named_parameters = lambda: [('a', 3)]", "return x"),
        ("self.named_parameters = lambda: [(str(i), torch.ones(1)) for i in range(20_000)]",
         "return x"),
    ],
)  # fmt: skip
def test_a_wrong_or_hostile_module_is_not(judge, init, forward):
    assert not judge.passes(NET.format(init=init, forward=forward), TRAIN, TORCH)


# ------------------------------------------------------------------------------------- exceptions


@pytest.mark.parametrize(
    "raised",
    [
        "StopIteration", "GeneratorExit", "KeyboardInterrupt", "SystemExit", "AssertionError",
        "type('ValueError', (Exception,), {'__module__': 'builtins'})", "StopAsyncIteration",
        "OSError(1, 'x')", "UnicodeDecodeError('utf8', b'', 0, 1, '')", "ExceptionGroup('x', [ValueError()])",
        "type('X', (Exception,), {'__str__': lambda s: 1 / 0})", "type('X', (BaseException,), {})",
        "StopIteration(3)",
    ],
)  # fmt: skip
def test_no_exception_of_the_student_s_ends_a_test_early(judge, raised):
    student = f"def f(x): raise {raised}\nclass G:\n    __iter__ = lambda s: s\n    def __next__(s): f(1)\ng = G()"
    for test in ("assert f(1.0) == 2", "assert [f(x) for x in (1.0, 2.0)] == [2, 4]",
                 "assert sum(f(x) for x in (1.0,)) == 2", "assert list(map(f, [1.0])) == [2.0]"):  # fmt: skip
        assert not judge.passes(student, test), test


def test_a_name_for_an_exception_is_only_a_name(judge):
    """The process says which built-in exception it was: no other word means anything here."""
    for word in ("SystemExit", "eval", "StopIteration", "Exception", "BaseException", "print", "7"):
        student = BREAK_IN + (
            f"Child.describe = lambda s, e: dict(kind='raised', message='m', traceback='', raised={word!r})\n"
            "def f(x): raise ValueError\n"
        )
        error = judge.error(student, "f(1.0)")
        assert type(error) is StudentError, (word, error)


# ------------------------------------------------------------------------------------- time


def test_many_short_answers_are_one_long_one(hasty):
    """Each is within its time."""
    student = "import time\ndef f(x):\n    t = time.process_time()\n    while time.process_time() < t + 0.2: pass\n    return x"
    began = time.monotonic()
    error = hasty.error(student, "for k in range(1000):\n    assert f(k) == k")
    assert isinstance(error, StudentError) and error.kind == "timeout"
    assert time.monotonic() - began < 30 and math.isfinite(began)
