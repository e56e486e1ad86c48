"""An ordinary test gives the same verdict in one plain namespace, as nbgrader runs it, and through
the judge: for right code and for wrong, but not hostile, code."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from autograder.marking import _evaluate
from tests.autograder.crossing import a_judge

LOCKED = "import math\nimport numpy as np\nimport torch\nimport dpkit as dp\n"
RIGHT = """
def area(r): return math.pi * r**2
def stats(xs): return {"mean": float(np.mean(xs)), "spread": np.std(xs), "n": len(xs)}
def normalised(x): return (x - x.mean(0)) / x.std(0)
def root(x):
    if x < 0: raise ValueError(f"{x} is negative")
    return math.sqrt(x)
def compose(f, g): return lambda x: f(g(x))
def derivative(f): return lambda x: (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
def primes():
    n = 2
    while True:
        if all(n % k for k in range(2, n)): yield n
        n += 1
class Counter:
    def __init__(self, start=0): self.count, self.log = start, []
    def step(self, by=1): self.count += by; self.log.append(self.count); return self
    def __len__(self): return len(self.log)
    def __getitem__(self, k): return self.log[k]
    def __iter__(self): return iter(self.log)
    def __str__(self): return f"Counter at {self.count}"
    def __enter__(self): return self.step(10)
    def __exit__(self, *a): self.step(-10)
class Poly:
    def __init__(self, *c): self.c = list(c)
    def __add__(self, o): return Poly(*[a + b for a, b in zip(self.c, o.c)])
    def __mul__(self, k): return Poly(*[k * a for a in self.c])
    __rmul__ = __mul__
    def __neg__(self): return self * -1
    def __call__(self, x): return sum(a * x**k for k, a in enumerate(self.c))
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): ctx.save_for_backward(x); return x * x
    @staticmethod
    def backward(ctx, above): x, = ctx.saved_tensors; return 2 * x * above
square = Square.apply
def loss(w, X, y): return ((X @ w - y) ** 2).mean()
def fit(X, y, steps=200):
    w = torch.zeros(X.shape[1], dtype=X.dtype, requires_grad=True)
    for _ in range(steps):
        g, = torch.autograd.grad(loss(w, X, y), w)
        w = (w - 0.1 * g).detach().requires_grad_()
    return w
def minimum(f, x):
    for _ in range(100): x = x - 0.1 * dp.grad(f)(x)
    return x
def wave(x): return dp.sin(x) * x
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = torch.nn.Linear(2, 1)
    def forward(self, x): return self.lin(x)
words = {"a": [1, 2.5], "b": np.arange(3)}
"""
TESTS = {
    "values": "assert area(2) == math.pi * 4 and isinstance(area(2), float), 'area'",
    "containers": "s = stats([1.0, 3.0])\nassert s == {'mean': 2.0, 'spread': 1.0, 'n': 2}",
    "arrays": "x = np.random.normal(size=(6, 2))\nnp.testing.assert_allclose(normalised(x).std(0), 1)",
    "untouched": "x = np.ones((3, 1)) * [[1], [2], [3]]\nnormalised(x)\nassert x[2, 0] == 3",
    "raises": "try:\n    root(-1.0)\nexcept ValueError as e:\n    assert 'negative' in str(e)\n"
    "else:\n    raise AssertionError('no error')\nassert root(4.0) == 2.0",
    "closures": "h = compose(lambda x: x + 1, np.exp)\nassert np.isclose(h(1.0), np.e + 1)\n"
    "assert abs(derivative(math.sin)(0.0) - 1) < 1e-6",
    "generators": "import itertools\nassert list(itertools.islice(primes(), 5)) == [2, 3, 5, 7, 11]\n"
    "g = primes()\nassert next(g) == 2 and next(g) == 3",
    "objects": "c = Counter(1).step().step(by=3)\nassert c.count == 5 and len(c) == 2 and c[0] == 2\n"
    "assert list(c) == c.log == [2, 5] and str(c) == 'Counter at 5' and c[-1:] == [5]\n"
    "assert isinstance(c, Counter) and not isinstance(3, Counter)\nc.count = 0\nassert c.step().count == 1",
    "with": "c = Counter()\nwith c as d:\n    assert d.count == 10\nassert c.count == 0",
    "operators": "# judge: operators Poly\np, q = Poly(1, 2), Poly(0, 3)\n"
    "assert (2 * p + -q).c == [2, 1] and (p + q)(2.0) == 11.0",
    "gradcheck": "x = torch.randn(3, dtype=torch.float64, requires_grad=True)\n"
    "assert torch.autograd.gradcheck(square, (x,)) and torch.equal(square(x), x * x)",
    "backward": "x = torch.tensor([1.0, 2.0], requires_grad=True)\n(square(3 * x) + x).sum().backward()\n"
    "assert torch.allclose(x.grad, 18 * x.detach() + 1)",
    "hessian": "X, y = torch.eye(2).double(), torch.ones(2).double()\n"
    "H = torch.autograd.functional.hessian(lambda w: loss(w, X, y), torch.zeros(2).double())\n"
    "assert torch.allclose(H, torch.eye(2).double())",
    "fit": "X = torch.randn(30, 2, dtype=torch.float64)\nw = fit(X, X @ torch.tensor([1.0, -2.0]).double())\n"
    "assert w.requires_grad and torch.allclose(w.detach(), torch.tensor([1.0, -2.0]).double(), atol=1e-3)",
    "callback under dpkit": "assert abs(minimum(lambda x: (x - 2) ** 2, 0.0) - 2) < 1e-6",
    "dpkit": "assert dp.check_gradient(dp.grad(wave), wave, 0.4)\n"
    "assert np.isclose(dp.grad(dp.grad(wave))(0.4), 2 * math.cos(0.4) - 0.4 * math.sin(0.4))",
    "training": "from autograder.helpers import trainable\nnet = trainable(Net())\n"
    "x = torch.randn(20, 2)\no = torch.optim.SGD(net.parameters(), 0.3)\nfor _ in range(60):\n"
    "    o.zero_grad(); ((net(x) - x[:, :1]) ** 2).mean().backward(); o.step()\n"
    "assert abs(net(torch.ones(1, 2)).item() - 1) < 0.05",
    "data": "assert words['a'] == [1, 2.5] and words['b'].sum() == 3 and set(words) == {'a', 'b'}",
    "undefined": "assert area(1) > 0 and callable(stats) and callable(Net)",
}
WRONG = {
    "nothing": ("", ""),
    "area": ("math.pi * r**2", "3.14 * r**2"),
    "int": ("return math.pi * r**2", "return int(math.pi * r**2)"),
    "key": ('"spread"', '"std"'),
    "in place": ("return (x - x.mean(0)) / x.std(0)", "x -= x.mean(0); x /= x.std(0); return x"),
    "no error": ("if x < 0: raise", "if x < 0: return 0.0\n    if 0: raise"),
    "other error": ("raise ValueError", "raise KeyError"),
    "order": ("f(g(x))", "g(f(x))"),
    "ends": ("while True:", "while n < 5:"),
    "off by one": ("self.log.append(self.count)", "self.log.append(self.count - 1)"),
    "no len": ("def __len__", "def length"),
    "exit": ("self.step(-10)", "self.step(-9)"),
    "operator": ("a + b for", "a - b for"),
    "reflected": ("__rmul__ =", "other ="),
    "backward": ("2 * x * above", "x * above"),
    "none": ("return 2 * x * above", "return None"),
    "cut": ("x - 0.1 * dp", "x + 0.1 * dp"),
    "detached": ("return ((X @ w - y) ** 2).mean()", "return ((X @ w.detach() - y) ** 2).mean()"),
    "half": ("dp.sin(x) * x", "dp.sin(x)"),
    "frozen": ("return self.lin(x)", "return self.lin(x).detach()"),
    "missing": ("def stats", "def statistics"),
    "broken": (
        "class Net(torch.nn.Module)",
        "raise NotImplementedError\nclass Net(torch.nn.Module)",
    ),
    "blank": ("return math.sqrt(x)", "raise NotImplementedError()"),
}


@pytest.fixture(scope="module")
def judge(bubblewrap):
    pytest.importorskip("torch")
    with a_judge() as judge:
        yield judge


def plain_verdicts(code):
    """Of every test, in one namespace; each test on names of its own, as the judge's begin afresh."""
    verdicts = {}
    for name, test in TESTS.items():
        names = {"__name__": "__main__"}
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                exec(LOCKED + code, names)
            except Exception:
                pass
            try:
                _evaluate(test, names)
                verdicts[name] = True
            except Exception:
                verdicts[name] = False
    return verdicts


@pytest.mark.parametrize("mistake", WRONG)
def test_the_verdicts_agree(judge, mistake):
    old, new = WRONG[mistake]
    assert old in RIGHT
    code = RIGHT.replace(old, new)
    errors = judge.errors(LOCKED + code, list(TESTS.values()), LOCKED)
    verdicts = {name: error is None for name, error in zip(TESTS, errors, strict=True)}
    expected = plain_verdicts(code)
    if mistake == "in place":  # seen there, and not here: arguments go by value
        assert not expected.pop("untouched") and verdicts.pop("untouched")
    assert verdicts == expected, dict(zip(TESTS, errors, strict=True))
    assert all(expected.values()) == (mistake in ("nothing", "in place"))
