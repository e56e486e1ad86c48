"""The contracts of lab 2's engine: a right one keeps them all, and each mistake breaks the one that
is about it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import dpkit as dp
from dpkit.carry.suite import Blank, load_suite

ENGINE = """\
class Dual:
    def __init__(self, primal, tangent=0.0):
        self.primal, self.tangent = primal, tangent


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0)


def add(a, b):
    a, b = lift(a), lift(b)
    return Dual(a.primal + b.primal, a.tangent + b.tangent)


def mul(a, b):
    a, b = lift(a), lift(b)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def power(a, n):
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


Dual.__add__ = Dual.__radd__ = add
Dual.__mul__ = Dual.__rmul__ = mul
Dual.__neg__, Dual.__pow__ = lambda a: mul(-1.0, a), power
Dual.__sub__, Dual.__rsub__ = lambda a, b: a + -lift(b), lambda b, a: lift(a) + -b
Dual.__truediv__, Dual.__rtruediv__ = lambda a, b: a * lift(b)**-1, lambda b, a: a * b**-1
Dual.__lt__ = lambda a, b: a.primal < lift(b).primal
Dual.__le__ = lambda a, b: a.primal <= lift(b).primal
Dual.__gt__ = lambda a, b: a.primal > lift(b).primal
Dual.__ge__ = lambda a, b: a.primal >= lift(b).primal


def sin(a):
    a = lift(a)
    return Dual(math.sin(a.primal), math.cos(a.primal) * a.tangent)


def cos(a):
    return sin(a + math.pi / 2)


def exp(a):
    a = lift(a)
    return Dual(math.exp(a.primal), math.exp(a.primal) * a.tangent)


def log(a):
    a = lift(a)
    return Dual(math.log(a.primal), a.tangent / a.primal)


def sqrt(a):
    return lift(a) ** 0.5


def jvp(f, primals, tangents):
    y = f(*map(Dual, primals, tangents))
    if isinstance(y, list):
        return [lift(each).primal for each in y], [lift(each).tangent for each in y]
    return lift(y).primal, lift(y).tangent


def derivative(f):
    return lambda x: jvp(f, [x], [1.0])[1]


def jacobian(f, xs):
    return np.array([jvp(f, xs, list(row))[1] for row in np.eye(len(xs))]).T
"""


def write(folder, source):
    folder.mkdir(exist_ok=True)
    text = "import math\n\nimport numpy as np\n\n\n" + source
    (folder / "lab02.py").write_text(text, encoding="utf-8")
    return folder


def test_a_right_engine_is_used(tmp_path, capsys):
    engine = dp.carry.load("dual", write(tmp_path / "mylab", ENGINE))
    assert engine.failures == []
    assert engine.own and engine.Dual.__module__ == "lab02"
    assert engine.derivative(lambda x: x * x * x)(2.0) == 12.0
    assert "using YOUR engine from mylab/lab02.py" in capsys.readouterr().out


MISTAKES = {
    "constants move": ("Dual(x, 0.0)", "Dual(x, 1.0)", "plain numbers on either side"),
    "moves by default": ("tangent=0.0", "tangent=1.0", "keeps its value and its speed"),
    "the product of the tangents": (
        "a.tangent * b.primal + a.primal * b.tangent", "a.tangent * b.tangent", "a product",
    ),
    "a sum loses a tangent": ("a.tangent + b.tangent", "a.tangent", "a sum and a difference"),
    "a power without its exponent": ("n * a.primal ** (n - 1)", "a.primal ** (n - 1)", "powers"),
    "reflected the wrong way round": ("lift(a) + -b", "b + -lift(a)", "plain numbers on either"),
    "a quotient upside down": ("a * b**-1", "b * lift(a)**-1", "plain numbers on either side"),
    "no inner speed": ("/ a.primal)", "* 0 + 1 / a.primal)", "sin, cos, exp, log and sqrt"),
    "a slope at the wrong point": ("math.cos(a.primal)", "math.cos(a.tangent)", "chain rule"),
    "functions of Duals only": (
        "def log(a):\n    a = lift(a)\n", "def log(a):\n", "functions of plain numbers",
    ),
    "speeds decide": ("a.primal < lift(b).primal", "a.tangent < lift(b).tangent", "value decides"),
    "constant results stumble": (
        "return lift(y).primal, lift(y).tangent", "return y.primal, y.tangent",
        "a loop and a branch",
    ),
    "every input moves": (
        "map(Dual, primals, tangents)", "[Dual(x, 1.0) for x in primals]", "a direction",
    ),
    "the pair turned round": (
        "return lift(y).primal, lift(y).tangent", "return lift(y).tangent, lift(y).primal",
        "a direction",
    ),
    "lists are not taken apart": ("isinstance(y, list)", "False", "several outputs"),
    "on its side": ("]).T", "])", "a row for each output"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_and_the_reference_is_used(name, tmp_path, capsys):
    before, after, contract = MISTAKES[name]
    assert before in ENGINE
    engine = dp.carry.load("dual", write(tmp_path / "mylab", ENGINE.replace(before, after)))
    assert not engine.own
    told = capsys.readouterr().out
    assert "using the reference engine" in told
    assert any(contract in line for line in told.splitlines()[1:]), told
    assert engine.derivative(lambda x: x * x)(3.0) == 6.0


def test_what_is_blank_is_named():
    names = {"math": math, "np": np}
    exec(ENGINE + "\n\ndef sqrt(a):\n    raise NotImplementedError\n", names)
    suite = load_suite("dual")
    parts = type("Parts", (), {name: staticmethod(names[name]) for name in suite.parts})
    with pytest.raises(Blank, match="`sqrt` is still blank"):
        suite.test(parts)


def test_the_reference_agrees_with_dpkit_s_transforms():
    engine = load_suite("dual").reference()

    def f(x, y):
        return [engine.sin(x * y), engine.exp(x) / y, 3.0, engine.log(y) * engine.sqrt(x)]

    def g(x, y):
        return [dp.sin(x * y), dp.exp(x) / y, 3.0 + 0 * x, dp.log(y) * dp.sqrt(x)]

    columns = [dp.jvp(g, (0.8, 1.7), direction)[1] for direction in ((1.0, 0.0), (0.0, 1.0))]
    expected = np.array(columns, float).T
    np.testing.assert_allclose(engine.jacobian(f, [0.8, 1.7]), expected, rtol=1e-12)
    value, along = engine.jvp(lambda x, y: x * y, [2.0, 3.0], [1.0, -1.0])
    assert (float(value), float(along)) == (6.0, 1.0)
    assert engine.derivative(lambda x: 7)(2.0) == 0.0
