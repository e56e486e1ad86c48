"""The student's code in ordinary tests: what crosses, what can be done with what stays there."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from autograder.errors import StudentError
from autograder.remote import TrustedNames
from autograder.remote.comment import operators
from tests.autograder.crossing import a_judge

TORCH, DP = "import torch", "import dpkit as dp"


@pytest.fixture(scope="module")
def judge(bubblewrap):
    pytest.importorskip("torch")
    with a_judge() as judge:
        yield judge


def check(judge, student, test, locked=""):
    error = judge.error("import numpy as np, math\n" + locked + "\n" + student, test, locked)
    assert error is None, getattr(error, "traceback", "") or repr(error)


def refusal(judge, student, test, locked=""):
    error = judge.error("import numpy as np, math\n" + locked + "\n" + student, test, locked)
    assert error is not None, "it was accepted"
    return str(error)


# ----------------------------------------------------------------------------------- tensors


@pytest.mark.parametrize(
    "dtype", "bool uint8 int32 int64 float16 bfloat16 float32 float64 complex64".split()
)
def test_a_tensor_arrives_on_the_other_side_as_it_was(judge, dtype):
    student = "def kind(x): return [str(x.dtype), list(x.shape), x.is_leaf]\ndef same(x): return x"
    test = f"""
for x in (torch.ones(2, 3), torch.tensor(1.0), torch.ones(0, 2), torch.ones(3, 2).T, torch.ones(4)[::2]):
    x = x.to(torch.{dtype})
    assert kind(x) == ['torch.{dtype}', list(x.shape), True], kind(x)
    y = same(x)
    assert type(y) is torch.Tensor and y.dtype is x.dtype and torch.equal(x, y)
"""
    check(judge, student, test, TORCH)


def test_a_leaf_keeps_its_gradient_and_the_wish_for_one(judge):
    student = """
w = torch.tensor([1.0, 2.0], requires_grad=True)
(w * w).sum().backward()
v = w * 2
p = torch.nn.Parameter(torch.ones(1))
def wants(x): return x.requires_grad
"""
    check(judge, student, "assert w.requires_grad and w.grad.tolist() == [2.0, 4.0]", TORCH)
    check(
        judge, student, "assert not v.requires_grad and p.requires_grad and p.grad is None", TORCH
    )
    check(judge, student, "with torch.no_grad():\n    assert wants(torch.ones(1, requires_grad=True))\n"
                          "assert not wants(torch.ones(1))", TORCH)  # fmt: skip


def test_the_student_may_do_with_a_tensor_what_one_does(judge):
    student = """
def slope(x):
    x.requires_grad_()
    (x ** 3).sum().backward()
    return x.grad
def spoil(x):
    x.zero_()
    return x
"""
    check(judge, student, "assert slope(torch.tensor([2.0])).item() == 12.0", TORCH)
    check(judge, student, "x = torch.ones(2)\nassert spoil(x).sum() == 0 and x.sum() == 2", TORCH)
    check(judge, student, "x = torch.ones(2)\nspoil(inout(x))\nassert x.sum() == 0", TORCH)


def test_tensors_are_arrays_for_a_test_that_does_not_speak_of_torch(judge):
    student = (
        "import torch\ndef f(x): return torch.as_tensor(x).bfloat16() if x[0] else torch.ones(2)"
    )
    check(judge, student, "y = f(np.array([0.0]))\nassert type(y) is np.ndarray and y.sum() == 2")
    check(
        judge,
        student,
        "y = f(np.array([1.5, 3.0]))\nassert type(y) is np.ndarray and list(y) == [1.5, 3]",
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("torch.eye(2).to_sparse()", "layout"),
        ("torch.ones(2).to(torch.float8_e4m3fn)", "float8"),
        ("torch.ones(2, device='meta')", "cannot be read"),
    ],
)
def test_a_tensor_that_cannot_cross_is_named(judge, value, sentence):
    assert sentence in refusal(judge, f"def f(): return {value}", "f()", TORCH)
    assert sentence in refusal(judge, "def f(x): return 1", f"f({value})", TORCH)


def test_dpkit_s_numbers_cross_as_what_they_are(judge):
    student = """
t = dp.tensor([1.0, 2.0], requires_grad=True)
(t * t).sum().backward()
s = dp.Scalar(3.0)
(s * s).backward()
d = dp.Dual(2.0, 1.0) * 3
def kind(x): return [type(x).__name__, x.shape[0]]
"""
    check(judge, student, "assert isinstance(t, dp.Tensor) and list(t.grad) == [2.0, 4.0]", DP)
    check(judge, student, "assert isinstance(s, dp.Scalar) and (s.data, s.grad) == (3.0, 6.0)", DP)
    check(
        judge, student, "assert isinstance(d, dp.Dual) and (d.primal, d.tangent) == (6.0, 3.0)", DP
    )
    check(judge, student, "assert kind(dp.tensor([1.0, 2.0, 3.0])) == ['Tensor', 3]", DP)


# ----------------------------------------------------------------------------- torch's derivatives


NETWORK = """
def layer(x, w, b=None, *, scale=1.0):
    y = torch.tanh(x @ w) * scale
    return y if b is None else y + b
def several(a, pair): return {"sum": a + pair[0], "rest": [a * pair[1], 7, "text", a.detach()]}
def constant(x): return torch.ones(3)
def first(x, y): return x * 2
def count(x): return int(x.sum())
class Half(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x * 1, y * 1
    @staticmethod
    def backward(ctx, a, b): return a, None
half = Half.apply
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert torch.autograd.gradcheck(layer, (x, w))",
        "assert torch.autograd.gradcheck(lambda x, w, b: layer(x, w, b=b, scale=2.0), (x, w, b))",
        "assert torch.autograd.gradgradcheck(layer, (x, w))",
        "assert torch.autograd.gradcheck(lambda x, w: layer(layer(x, w), w.T).sum(), (x, w))",
        "assert torch.autograd.gradcheck(lambda x: several(x, [x * 2, x])['rest'][0], (x,))",
        "out = several(x, (x * 0, x))\nassert out['rest'][1:3] == [7, 'text']\n"
        "assert not out['rest'][3].requires_grad and out['sum'].requires_grad\n"
        "g = torch.autograd.grad(out['sum'].sum() + out['rest'][0].sum(), x)[0]\n"
        "assert torch.allclose(g, 1 + 2 * x)",
        "y = constant(x)\nassert not y.requires_grad",
        "assert torch.autograd.grad(first(x, w).sum(), w, allow_unused=True) == (None,)",
        "u, v = half(x, x)\nassert torch.equal(torch.autograd.grad(u.sum() + v.sum(), x)[0], torch.ones_like(x))",
        "assert count(x) == int(x.sum())",
        "y = layer(x, w)\ng1, = torch.autograd.grad(y.sum(), x, retain_graph=True)\n"
        "g2, = torch.autograd.grad(y.sum(), x)\nassert torch.equal(g1, g2)",
        "y = layer(x, w).sum()\nwith torch.no_grad():\n    assert not layer(x, w).requires_grad\n"
        "y.backward()\nassert x.grad is not None and w.grad is not None",
        "J = torch.autograd.functional.jacobian(lambda x: layer(x, w), x.detach())\nassert J.shape == (2, 2, 2, 3)",
        "z = torch.randn(2, 2, dtype=torch.complex128, requires_grad=True)\n"
        "assert torch.autograd.gradcheck(first, (z, z))",
        "y = layer(x, w)\n"
        "h, = torch.autograd.grad(y.sum(), x, create_graph=True)\n"
        "hh, = torch.autograd.grad(h.sum(), x)\n"
        "t = x.detach().requires_grad_()\nk, = torch.autograd.grad(torch.tanh(t @ w).sum(), t, create_graph=True)\n"
        "kk, = torch.autograd.grad(k.sum(), t)\nassert torch.allclose(hh, kk)",
    ],
)  # fmt: skip
def test_torch_differentiates_through_a_call(judge, test):
    given = (
        "x = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)\n"
        "w = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)\n"
        "b = torch.randn(2, dtype=torch.float64, requires_grad=True)\n"
    )
    check(judge, NETWORK, given + test, TORCH)


def test_what_torch_cannot_do_across_is_said(judge):
    said = refusal(
        judge, NETWORK, "torch.func.grad(lambda x: layer(x, x).sum())(torch.eye(2))", TORCH
    )
    assert "torch.func" in said
    twice = "def f(g, x):\n    x = x.requires_grad_()\n    d, = torch.autograd.grad(g(x).sum(), x, create_graph=True)\n    return torch.autograd.grad(d.sum(), x)[0]"
    check(judge, twice, "assert torch.allclose(f(lambda x: x**3, torch.tensor([2.0])), torch.tensor([12.0]))", TORCH)  # fmt: skip


def test_graphs_of_calls_that_are_over_are_let_go(judge):
    student = """
import gc
from autograder.child import Child
def held():
    child, = [o for o in gc.get_objects() if type(o) is Child]
    return len(child.objects)
def f(x): return x * 2
"""
    test = """
x = torch.ones(1000, requires_grad=True)
for _ in range(400):
    f(x).sum().backward()
assert held() < 200, held()
"""
    check(judge, student, test, TORCH)


# ----------------------------------------------------------------------------- dpkit's derivatives


@pytest.mark.parametrize(
    "test",
    [
        "assert np.isclose(dp.grad(wave)(0.5), math.cos(0.5) * 0.5 + math.sin(0.5))",
        "assert np.isclose(dp.grad(dp.grad(dp.grad(wave)))(0.5), -math.cos(0.5) * 0.5 - 3 * math.sin(0.5))",
        "y, pull = dp.vjp(wave, 0.5)\nassert np.isclose(pull(2.0)[0], 2 * (math.cos(0.5) * 0.5 + math.sin(0.5)))",
        "y, dy = dp.jvp(wave, (0.5,), (3.0,))\nassert np.isclose(dy, 3 * (math.cos(0.5) * 0.5 + math.sin(0.5)))",
        "assert np.allclose(dp.jacfwd(curve)(w), dp.jacrev(curve)(w)) and dp.jacrev(curve)(w).shape == (2, 3)",
        "assert np.allclose(dp.hessian(bowl)(w), 2 * np.diag([1.0, 2.0, 3.0]))",
        "assert np.allclose(dp.hvp(bowl, (w,), (np.ones(3),)), [2.0, 4.0, 6.0])",
        "g = dp.grad(params)({'a': w, 'b': [2.0]})\nassert np.allclose(g['a'], 2.0) and np.isclose(g['b'][0], w.sum())",
        "assert dp.grad(mixed, argnums=1)(3, 2.0, 'twice') == 6.0",
        "assert dp.check_gradient(dp.grad(bowl), bowl, w)",
        "assert dp.diagnose(wave, dp.grad(wave), 0.5).kind == 'correct'",
        "assert np.isclose(dp.grad(lambda x: wave(x * x) + x)(0.5), 1 + (math.cos(0.25) * 0.25 + math.sin(0.25)))",
        "t = dp.tensor(w, requires_grad=True)\nbowl(t * 2).backward()\nassert np.allclose(t.grad, 8 * w * [1, 2, 3])",
        "assert np.isclose(wave(dp.Dual(0.5, 1.0)).tangent, math.cos(0.5) * 0.5 + math.sin(0.5))",
        "s = dp.Scalar(0.5)\nwave(s).backward()\nassert np.isclose(s.grad, math.cos(0.5) * 0.5 + math.sin(0.5))",
        "assert np.isclose(dp.grad(own)(0.5), 7.0) and np.isclose(dp.jvp(own, (0.5,), (1.0,))[1], 7.0)",
        "assert np.isclose(slope(lambda x: dp.exp(2 * x), 0.0), 2.0)",
        "assert np.isclose(curvature(lambda x: dp.exp(2 * x), 0.0), 4.0)",
        "assert np.isclose(dp.grad(lambda x: slope(lambda y: y**3 * x, 2.0))(5.0), 12.0)",
        "step = slope_of(lambda x: x**2)\nassert step(3.0) == 6.0",
        "import torch\ng = dp.grad(bowl)(torch.ones(3, dtype=torch.float64))\nassert g.tolist() == [2.0, 4.0, 6.0]",
    ],
)  # fmt: skip
def test_dpkit_differentiates_through_a_call(judge, test):
    student = """
def wave(x): return dp.sin(x) * x
def curve(w): return dp.stack([dp.sum(w**2), w[0] * w[1]])
def bowl(w): return w[0]**2 + 2 * w[1]**2 + 3 * w[2]**2
def params(p): return dp.sum(p["a"]) * p["b"][0]
def mixed(n, x, word): return n * x * (2 if word == "twice" else 1)
@dp.custom_vjp
def own(x): return dp.sin(x)
own.defvjp(lambda x: (dp.sin(x), None), lambda _, g: (7.0 * g,))
def slope(f, x): return dp.grad(f)(x)
def curvature(f, x): return dp.grad(dp.grad(f))(x)
def slope_of(f): return dp.grad(f)
"""
    if "lambda y: y**3 * x" in test:
        # The test's function uses a number that dpkit follows in the judge, out of the student's sight.
        assert "make that an argument" in refusal(
            judge, student, "w = np.array([1.0, 2.0, 3.0])\n" + test, DP
        )
        return
    check(judge, student, "w = np.array([1.0, 2.0, 3.0])\n" + test, DP)


# ----------------------------------------------------------------------------- objects


ENGINE = """
class Var:
    def __init__(self, value, grad=0.0): self.value, self.grad, self.seen = value, grad, []
    def _(x): return x if isinstance(x, Var) else Var(x)
    def __add__(self, other): return Var(self.value + Var._(other).value)
    __radd__ = __add__
    def __sub__(self, other): return Var(self.value - Var._(other).value)
    def __rsub__(self, other): return Var(Var._(other).value - self.value)
    def __mul__(self, other): return Var(self.value * Var._(other).value)
    __rmul__ = __mul__
    def __truediv__(self, other): return Var(self.value / Var._(other).value)
    def __rtruediv__(self, other): return Var(Var._(other).value / self.value)
    def __pow__(self, n): return Var(self.value**n)
    def __matmul__(self, other): return Var(float(np.dot(self.value, other.value)))
    def __neg__(self): return Var(-self.value)
    def __abs__(self): return Var(abs(self.value))
    def exp(self): return Var(np.exp(self.value))
    def backward(self): self.grad = 1.0
class Other(Var):
    pass
def exp(x): return Var(np.exp(x.value))
def apply(f, *xs): return f(*[Var(x) for x in xs]).value
def apply_list(f, xs): return f([Var(x) for x in xs]).value
def apply_array(f, xs): return f(np.array([Var(x) for x in xs])).value
"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("x + 1", 3.0), ("1 + x", 3.0), ("x - 1", 1.0), ("1 - x", -1.0), ("x * y", 6.0), ("3 * x", 6.0),
        ("x / 4", 0.5), ("4 / x", 2.0), ("x ** 3", 8.0), ("-x", -2.0), ("abs(-x)", 2.0), ("+-x", None),
        ("x @ y", 6.0), ("np.exp(x)", np.exp(2.0)), ("x.exp() * 2", 2 * np.exp(2.0)),
        ("np.float64(3) * x", 6.0), ("x * np.float64(3)", 6.0), ("np.float32(3) - x", 1.0),
        ("np.add(x, y)", 5.0), ("sum([x, y, x])", 7.0), ("math.prod([x, y])", 6.0),
        ("(x * y + 1) / (x - 1)", 7.0), ("exp(x) + 1", np.exp(2.0) + 1), ("Other(4.0) * x", 8.0),
    ],
)  # fmt: skip
def test_operators_of_listed_names(judge, expression, value):
    test = f"# judge: operators Var, Other, exp\nx, y = Var(2.0), Var(3.0)\nz = {expression}\n"
    if value is None:
        assert "bad operand type for unary +" in refusal(judge, ENGINE, test)
        return
    check(judge, ENGINE, test + f"assert isinstance(z, Var) and np.isclose(z.value, {value!r})")
    unlisted = f"# judge: operators Nobody\nx, y = Var(2.0), Var(3.0)\nz = {expression}\n"
    assert "an object in the student's process" in refusal(judge, ENGINE, unlisted)


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        ("x == x", "compare"), ("x < 3", "compare"), ("bool(x)", "truth"), ("3 in x", "search"),
        ("float(x)", "number"), ("math.sin(x)", "number"), ("np.array(x)", "array"),
        ("np.less(x, 3)", "np.less"), ("np.add.reduce([x, x], out=x)", ""), ("{x: 1}", "unhashable"),
        ("np.isfinite(x)", "np.isfinite"), ("dp.sin(x)", "dp.sin"), ("round(x)", "__round__"),
    ],
)  # fmt: skip
def test_what_is_never_forwarded_even_of_a_listed_class(judge, test, sentence):
    said = refusal(judge, ENGINE, f"# judge: operators Var\nx = Var(2.0)\n{test}", DP)
    assert sentence in said


@pytest.mark.parametrize(
    "test",
    [
        "assert apply(lambda x: 3 * x * x + np.exp(x), 0.0) == 1.0",
        "assert apply(lambda x, y: x * y - y / x, 2.0, 3.0) == 4.5",
        "assert apply_list(lambda xs: xs[0] * xs[1] + sum(xs), [2.0, 3.0]) == 11.0",
        "assert apply_array(lambda xs: xs[0] * xs[1], [2.0, 3.0]) == 6.0",
        "assert apply_array(lambda xs: (xs * 2 + xs)[1], [2.0, 3.0]) == 9.0",
        "assert apply_array(lambda xs: sum(2 * x for x in xs), [2.0, 3.0]) == 10.0",
        "def f(x):\n    for _ in range(5):\n        x = x * 2\n    return x\nassert apply(f, 1.0) == 32.0",
        "A = np.array([[1.0, 2.0]])\nassert apply_array(lambda xs: (A * xs)[0, 1], [2.0, 3.0]) == 6.0",
        "# judge: operators exp\nassert apply(lambda x: exp(x) * 2, 0.0) == 2.0",
    ],
)
def test_what_a_test_s_function_is_given_can_be_computed_with(judge, test):
    check(judge, ENGINE, test)


def test_a_student_s_error_in_an_operator_is_the_student_s(judge):
    assert "Var" in refusal(judge, ENGINE, "# judge: operators Var\nVar(1.0) % 2")
    student = "class Var:\n    def __mul__(self, o): raise ValueError('not yet')"
    error = judge.error(student, "# judge: operators Var\nVar() * 2")
    assert isinstance(error, StudentError) and isinstance(error, ValueError)


def test_attributes_and_items_can_be_set(judge):
    check(judge, ENGINE, "v = Var(1.0)\nv.backward()\nassert v.grad == 1.0\nv.grad = 0.0\nassert v.grad == 0.0\n"
                         "v.grad += 2.5\nassert v.grad == 2.5\nv.parent = Var(3.0)\nassert v.parent.value == 3.0")  # fmt: skip
    student = "class Grid:\n    def __init__(s): s.d = {}\n    def __setitem__(s, k, v): s.d[str(k)] = v\n    def __getitem__(s, k): return k"
    check(judge, student, "g = Grid()\ng[1, 2] = 5.0\nassert g.d == {'(1, 2)': 5.0}\nassert g['a'] == 'a'\n"
                          "assert str(g[1:3, ...]) == '(slice(1, 3, None), Ellipsis)'")  # fmt: skip


def test_a_test_can_go_through_what_the_student_s_code_gives_out(judge):
    student = """
def squares(n):
    for k in range(n): yield k * k
def batches(X, size):
    for k in range(0, len(X), size): yield X[k:k + size], "batch"
def fails():
    yield 1
    raise RuntimeError("at the second")
class Deck:
    def __len__(self): return 3
    def __getitem__(self, k):
        if k > 2: raise IndexError(k)
        return k * 10
"""
    check(judge, student, "assert list(squares(4)) == [0, 1, 4, 9] and sum(squares(3)) == 5")
    check(judge, student, "g = squares(9)\nassert next(g) == 0 and next(g) == 1\na, b, *rest = g\nassert (a, b) == (4, 9)\n"
                          "assert len(rest) == 5 and next(g, None) is None")  # fmt: skip
    check(judge, student, "for (x, word), k in zip(batches(np.arange(5), 2), range(9)):\n    assert word == 'batch'\n"
                          "assert k == 2 and x.tolist() == [4]")  # fmt: skip
    check(
        judge,
        student,
        "try:\n    list(fails())\nexcept RuntimeError as e:\n    assert 'second' in str(e)",
    )
    check(
        judge,
        student,
        "d = Deck()\nassert len(d) == 3 and list(d) == [0, 10, 20] == list(d) and d[2] == 20",
    )
    check(judge, student, "assert [k for k in reversed(Deck())] == [20, 10, 0]")
    assert "iter" in refusal(judge, "class A: pass\na = A()", "list(a)")


def test_with_enters_and_leaves_there(judge):
    student = """
import contextlib
log = []
@contextlib.contextmanager
def block(name):
    log.append("in " + name)
    try:
        yield name.upper()
    except Exception as error:
        log.append(type(error).__name__)
        raise
    finally:
        log.append("out " + name)
"""
    check(judge, student, "with block('a') as a, block('b'):\n    assert a == 'A'\n"
                          "assert log == ['in a', 'in b', 'out b', 'out a']")  # fmt: skip
    check(judge, student, "try:\n    with block('a'):\n        1 / 0\nexcept ZeroDivisionError:\n    pass\n"
                          "assert log == ['in a', 'ZeroDivisionError', 'out a']")  # fmt: skip


def test_arguments_changed_in_place_on_purpose(judge):
    student = """
def scale(x, k=2): x *= k
def grow(l, d=None):
    l.append(1)
    if d is not None: d["k"] = l
def swap(a, b): a[:], b[:] = b.copy(), a.copy()
"""
    check(
        judge,
        student,
        "x = np.ones(2)\nassert scale(inout(x), k=5) is None\nassert list(x) == [5, 5]",
    )
    check(judge, student, "y = x = np.ones(2)\nscale(x=inout(x))\nassert list(y) == [2, 2]")
    check(
        judge,
        student,
        "l, d = [], {}\ngrow(inout(l), d=inout(d))\nassert l == [1] and d == {'k': [1]}",
    )
    check(
        judge,
        student,
        "a, b = np.zeros(2), np.ones(2)\nswap(inout(a), inout(b))\nassert a.sum() == 2 and b.sum() == 0",
    )
    student += "from autograder.across.deeds import DEEDS\n"
    student += "DEEDS['call_in_place'] = lambda *a: [None, [np.ones(7)]]\n"
    said = refusal(judge, student, "scale(inout(np.ones(3)))")
    assert "of shape (3,)) came back as ndarray of shape (7,)" in said
    assert "this is a float" in refusal(judge, student, "scale(inout(1.0))")


DEEP = """
class Deep(torch.nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.width = width
        self.body = torch.nn.Sequential(
            torch.nn.Linear(2, width), torch.nn.BatchNorm1d(width), torch.nn.Dropout(0.5), torch.nn.Tanh(),
            torch.nn.Linear(width, 1, bias=False))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.body[4].weight.requires_grad_(False)
    def forward(self, x, scale=1.0):
        self.calls += 1
        return self.body(x) * scale
    def total(self): return sum(p.sum() for p in self.parameters())
def predict(net, x): return net(x)
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert [n for n, _ in net.named_parameters()] == ['body.0.weight', 'body.0.bias', 'body.1.weight', "
        "'body.1.bias', 'body.4.weight']",
        "assert [p.requires_grad for p in net.parameters()] == [True] * 4 + [False]",
        "net(x)\nnet(x, scale=2.0)\nassert net.calls == 2 and net.body[1].num_batches_tracked == 2",
        "net.eval()\nassert torch.equal(net(x), net(x)) and torch.equal(net(x), predict(net, x))\n"
        "net.train()\nassert not torch.equal(net(x), net(x))",
        "net.eval()\nwith torch.no_grad():\n    for p in net.parameters(): p.zero_()\n"
        "assert net.total() == 0 and predict(net, x).abs().sum() == 0",
        "import copy\nbest = copy.deepcopy(net)\nwith torch.no_grad(): net.body[0].weight.zero_()\n"
        "assert best.body[0].weight.abs().sum() > 0\nnet.load_state_dict(best.state_dict())\n"
        "net.eval(), best.eval()\nassert torch.equal(net(x), best(x))",
        "assert net.width == 4 and net.body[0].weight.shape == (4, 2)",
        "assert isinstance(net, torch.nn.Module) and isinstance(net, Deep)",
        "y = x.clone().requires_grad_()\nnet.eval()\nnet(y).sum().backward()\n"
        "assert y.grad.shape == x.shape and net.body[4].weight.grad is None and net.body[0].bias.grad is not None",
        "net.eval()\nassert torch.autograd.gradcheck(net.double(), (x.double().requires_grad_(),))",
    ],
)
def test_a_module_in_a_test_s_hands(judge, test):
    check(judge, DEEP, "net = trainable(Deep())\nx = torch.randn(6, 2)\n" + test, TORCH)


def test_a_part_of_a_module_cannot_be_called(judge):
    said = refusal(judge, DEEP, "trainable(Deep()).body(torch.ones(1, 2))", TORCH)
    assert "whole module" in said


def test_the_messages_of_a_module_that_cannot_be_trained(judge):
    assert "no torch.nn.Module" in refusal(judge, "class A: pass\na = A()", "trainable(a)", TORCH)
    assert "no torch.nn.Module" in refusal(judge, "x = 1", "trainable(3.0)", TORCH)


def test_a_copy_is_made_there(judge):
    student = ENGINE + "v = Var(1.0)\nv.seen = [1]\n"
    check(judge, student, "import copy\nw, d = copy.copy(v), copy.deepcopy(v)\nw.value = 2.0\nw.seen = [2]\n"
                          "assert (v.value, d.value, w.value) == (1.0, 1.0, 2.0) and v.seen == d.seen == [1]")  # fmt: skip
    check(
        judge,
        student,
        "# judge: operators Var\nimport copy\nw = copy.deepcopy(Var(2.0)) * 2\nassert w.value == 4.0",
    )
    assert "pickle" in refusal(judge, student, "import pickle\npickle.dumps(v)")


def test_a_function_is_asked_for_once_and_a_value_each_time(judge):
    student = "count = 0\ndef step():\n    global count, step\n    count += 1\n    step = None\n"
    check(judge, student, "step()\nassert count == 1\nstep()\nassert count == 2")


def test_what_cannot_be_given_to_the_student_s_code_is_named(judge):
    for test, sentence in {
        "class Mine: pass\nf(Mine())": "is a Mine",
        "import functools\nf(functools.partial(max, 1))": "lambda",
        "import os\nf(os.getcwd)": "lambda",
        "f(torch.nn.Linear(1, 1))": "is a Linear",
        "f({1, 2})": "is a set",
    }.items():
        assert sentence in refusal(judge, "def f(x): return 1", test, TORCH), test


def test_functions_of_libraries_go_by_name(judge):
    student = "def at(f, *x): return f(*x)\ndef name(f): return f.__module__\ndef made(x, dtype): return np.asarray(x, dtype)"
    check(judge, student, "assert at(np.sin, 0.5) == np.sin(0.5) and at(max, 1, 2) == 2 and at(math.hypot, 3, 4) == 5.0\n"
                          "assert at(np.linalg.norm, np.array([3.0, 4.0])) == 5.0 and made([1], np.float32).dtype == np.float32")  # fmt: skip
    check(judge, "def at(f, *x): return f(*x)", "import torch.nn.functional as F\n"
          "assert at(torch.relu, torch.tensor(-1.0)) == 0 and at(F.softplus, torch.tensor(0.0)) > 0.6", TORCH)  # fmt: skip


def test_a_method_of_the_test_s_own_object_is_called_back(judge):
    check(judge, "def twice(f): f(1); f(2)", "class Log:\n    def __init__(self): self.seen = []\n"
          "    def note(self, x): self.seen.append(x)\nlog = Log()\ntwice(log.note)\nassert log.seen == [1, 2]")  # fmt: skip


# ----------------------------------------------------------------------------- cells and seeds


def test_each_test_begins_afresh(judge):
    student = (
        "count = 0\nclass Box: pass\ndef step():\n    global count; count += 1\n    return count\n"
    )
    assert judge.values(student, ["step()", "step()"]) == [1, 1]
    first, second = judge.errors(student, ["b = Box()", "b.x"])
    assert first is None and "is over" in str(second)


class Nobody:
    """A session that is never asked."""

    def forget_callbacks(self):
        pass


def names_of(key):
    def seed(what):
        return int.from_bytes(hashlib.sha256(f"{key} {what}".encode()).digest()[:16], "big")

    return TrustedNames(Nobody(), check=None, seed=seed)


def numbers(key, cell):
    names = names_of(key)
    source = "import random\nx = [rng.normal(), np.random.normal(), random.random()]"
    with names.cell(cell, source):
        exec(source, names)
    return names["x"]


def test_random_numbers_follow_from_the_key_and_the_cell():
    assert numbers("ada", "t1") == numbers("ada", "t1")
    for other in (numbers("bob", "t1"), numbers("ada", "t2")):
        assert all(a != b for a, b in zip(numbers("ada", "t1"), other, strict=True))


def test_torch_s_seed_follows_too():
    torch = pytest.importorskip("torch")
    names = names_of("ada")
    with names.cell("t1", "import torch"):
        first = torch.randn(3)
    torch.randn(5)
    with names.cell("t1", "import torch"):
        assert torch.equal(torch.randn(3), first)


def test_the_helpers_mean_the_judge_s_own_wherever_they_are_imported():
    names = names_of("ada")
    source = "from autograder.helpers import inout as io, rng as r, trainable as t\nfrom autograder import check as c"
    with names.cell("t1", source):
        exec(source, names)
        assert names["r"] is names["rng"] and names["io"] is names["inout"]
        assert names["t"] is names["trainable"] and names["c"] is names["check"]


def test_in_a_notebook_the_helpers_do_nothing_in_particular():
    from autograder.helpers import inout, rng, trainable

    x = np.ones(2)
    assert inout(x) is x and trainable(x) is x and isinstance(rng, np.random.Generator)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("# judge: operators Dual", {"Dual"}),
        ("x = 1\n    #judge:operators  Dual,Var , sin\n", {"Dual", "Var", "sin"}),
        ("# judge: operators A\n# judge: operators B", {"A", "B"}),
        ("# the judge: operators are fine", set()),
        ("x = 1  # judge: operators Dual", set()),
    ],
)
def test_the_comment_that_lists_names(text, names):
    assert operators([text]) == names


@pytest.mark.parametrize(
    "text", ["# judge: operator Dual", "# judge: operators", "# judge: operators a.b", "# judge: x"]
)
def test_a_comment_to_the_judge_that_means_nothing_is_an_error(text):
    with pytest.raises(ValueError, match="means nothing"):
        operators([text])
