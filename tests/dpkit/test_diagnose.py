"""The gradient test that names the mistake: a corpus of wrong gradients, and what must never be."""

import ast
import inspect
import math
import textwrap
from math import cos, exp, log, sin, sqrt, tanh
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from programs import numbers, programs, tame

import dpkit as dp
from dpkit.diagnose.calculus import wrong_calculus
from dpkit.diagnose.mistakes import slips
from dpkit.diagnose.recording import record
from dpkit.diagnose.search import consequences
from dpkit.diagnose.sweeps import wrong_sweeps

# Programs ------------------------------------------------------------------------------------------


def neuron(w, b):
    a = w * 1.7 + b
    h = dp.sigmoid(a)
    return (h - 0.3) ** 2


def ell(t1, t2):
    b = t2 * dp.exp(t1)
    c = t1 + b
    return b * dp.sqrt(c)


def wave(x):
    return dp.sin(x**2)


def product(x):
    return x * dp.sin(x)


def quotient(a, b):
    return a / b


def mean_square(w):
    return ((w - 1.5) ** 2).mean()


def logistic(w):
    return dp.log(1 + dp.exp(-w[0] * 2.0 + w[1])) + 0.1 * (w[0] ** 2 + w[1] ** 2)


def rippled(a, b):
    return a * dp.sin(b)


def loop(a):
    b = 1
    for _ in range(3):
        b = b + b * a
    return b


def σ(x):
    return 1 / (1 + exp(-x))


def horner(x):
    y = 0.0
    for c in (2.0, -1.0, 3.0, 0.5):
        y = y * x + c
    return y


def newton(a):
    x = 1.0
    for _ in range(4):
        x = (x + a / x) / 2
    return x


def fan(a):
    b = a * a
    c = b + a
    return c * b


def lens(u, v):
    return 1 / (1 / u - 1 / v)


def softmax(z):
    e = dp.exp(z)
    p = e / e.sum()
    return -dp.log(p[1])


def volume(w):
    return w[0] * w[1] ** 2 * w[2] ** 3


def right(f):
    return lambda *point: dp.grad(f, tuple(range(len(point))))(*point)


def newton_without_denominator(a):
    x, slope = 1.0, 0.0
    for _ in range(4):
        x, slope = (x + a / x) / 2, (slope + 1 / x) / 2
    return slope


def recurrent(w, u):
    h = 0.0
    for x in (1.0, -0.5, 0.25):
        h = dp.tanh(w * h + u * x)
    return h * h


def recurrent_without_weight(w, u):
    h = by_w = by_u = 0.0
    for x in (1.0, -0.5, 0.25):
        new = tanh(w * h + u * x)
        slope = 1 - new * new
        h, by_w, by_u = new, slope * (h + by_w), slope * (x + by_u)
    return 2 * h * by_w, 2 * h * by_u


# Wrong gradients, derived by hand ------------------------------------------------------------------

HAND = [
    # what is wrong, f, the wrong gradient, the point, the kind, the operation (or None)
    ("sin' = sin", rippled, lambda a, b: (sin(b), a * sin(b)), (2.0, 0.7), "wrong_rule", "sin"),
    ("sin' = -cos", rippled, lambda a, b: (sin(b), -a * cos(b)), (2.0, 0.7), "sign", "sin"),
    ("cos' = sin", lambda x: dp.cos(x), sin, (0.8,), "sign", "cos"),
    ("whole sign", rippled, lambda a, b: (-sin(b), -a * cos(b)), (2.0, 0.7), "sign", ""),
    ("twice", rippled, lambda a, b: (2 * sin(b), 2 * a * cos(b)), (2.0, 0.7), "factor", ""),
    ("order", rippled, lambda a, b: (a * cos(b), sin(b)), (2.0, 0.7), "swapped", ""),
    ("zero", rippled, lambda a, b: (0.0, 0.0), (2.0, 0.7), "zero", ""),
    ("a left out", rippled, lambda a, b: (0.0, a * cos(b)), (2.0, 0.7), "missing_term", "mul"),
    ("no outer derivative", wave, lambda x: 2 * x, (1.2,), "missing_factor", "sin"),
    ("no inner derivative", wave, lambda x: cos(x * x), (1.2,), "missing_factor", "power"),
    ("outer at inner's argument", wave, lambda x: 2 * x * cos(x), (1.2,), "wrong_point", "sin"),
    ("outer at the result", wave, lambda x: 2 * x * cos(sin(x * x)), (1.2,), "wrong_point", "sin"),
    ("no exponent", lambda x: x**3, lambda x: x**2, (1.7,), "missing_factor", "power"),
    ("exponent not lowered", lambda x: x**3, lambda x: 3 * x**3, (1.7,), "wrong_rule", "power"),
    ("exponential as power", lambda x: dp.exp(x) * 2, lambda x: 2 * x * exp(x - 1), (1.7,),
     "wrong_rule", "exp"),
    ("first term only", product, sin, (1.2,), "missing_term", "mul"),
    ("second term only", product, lambda x: x * cos(x), (1.2,), "missing_term", "mul"),
    ("product of derivatives", product, cos, (1.2,), "wrong_rule", "mul"),
    ("1/b and a/b²", quotient, lambda a, b: (1 / b, a / b**2), (2.0, 3.0), "sign", "div"),
    ("1/b and -a/b", quotient, lambda a, b: (1 / b, -a / b), (2.0, 3.0), "wrong_rule", "div"),
    ("1/b and -1/b²", quotient, lambda a, b: (1 / b, -1 / b**2), (2.0, 3.0), "missing_factor", "div"),
    ("1 and -a/b²", quotient, lambda a, b: (1.0, -a / b**2), (2.0, 3.0), "missing_factor", "div"),
    ("difference", lambda a, b: a - b * 1.5, lambda a, b: (1.0, 1.5), (2.0, 3.0), "sign", "sub"),
    ("a*b", lambda a, b: a * b, lambda a, b: (a, b), (2.0, 3.0), "swapped", "mul"),
    ("sum for mean", mean_square, lambda w: 2 * (w - 1.5), (np.array([0.2, 1.1, 3.0]),),
     "averaged", "div"),
    ("no two", mean_square, lambda w: (w - 1.5) / 3, (np.array([0.2, 1.1, 3.0]),),
     "missing_factor", "square"),
    ("σ' left out", neuron,
     lambda w, b: (2 * (σ(1.7 * w + b) - 0.3) * 1.7, 2 * (σ(1.7 * w + b) - 0.3)), (0.4, -0.2),
     "missing_factor", "sigmoid"),
    ("σ' = h", neuron,
     lambda w, b: tuple(c * 2 * (σ(1.7 * w + b) - 0.3) * σ(1.7 * w + b) for c in (1.7, 1.0)),
     (0.4, -0.2), "missing_factor", "sigmoid"),
    ("σ' = a (1 - a)", neuron,
     lambda w, b: tuple(c * 2 * (σ(1.7 * w + b) - 0.3) * (1.7 * w + b) * (1 - 1.7 * w - b)
                        for c in (1.7, 1.0)), (0.4, -0.2), "wrong_point", "sigmoid"),
    ("no inner weight", neuron,
     lambda w, b: (2 * (σ(1.7 * w + b) - 0.3) * σ(1.7 * w + b) * (1 - σ(1.7 * w + b)),) * 2,
     (0.4, -0.2), "missing_factor", "mul"),
    ("tanh' = 1 - x²", lambda x: dp.tanh(x) * 3, lambda x: 3 * (1 - x * x), (0.6,),
     "wrong_point", "tanh"),
    ("tanh' = 1 - z", lambda x: dp.tanh(x) * 3, lambda x: 3 * (1 - tanh(x)), (0.6,),
     "wrong_rule", "tanh"),
    ("log' = 1/log", lambda x: dp.log(x), lambda x: 1 / log(x), (2.6,), "wrong_point", "log"),
    ("√' = 1/√", lambda x: dp.sqrt(x), lambda x: 1 / sqrt(x), (2.6,), "missing_factor", "sqrt"),
    ("√' = √/2", lambda x: dp.sqrt(x), lambda x: 0.5 * sqrt(x), (2.6,), "wrong_rule", "sqrt"),
    ("constant kept", lambda x: x**2 + 5, lambda x: 2 * x + 5, (1.2,), "constant_offset", ""),
    ("regulariser forgotten", logistic,
     lambda w: np.array([-2.0, 1.0]) * σ(-2 * w[0] + w[1]), (np.array([0.3, -0.8]),),
     "missing_term", None),
    ("reversed", mean_square, lambda w: 2 * (w[::-1] - 1.5) / 3, (np.array([0.2, 1.1, 3.0]),),
     "swapped", ""),
    ("one way forgotten in one argument", ell,
     lambda a, b: (b * exp(a) * (0.5 / sqrt(a + b * exp(a)) + sqrt(a + b * exp(a))),
                   dp.grad(ell, 1)(a, b)), (1.0, 2.0), "missing_term", "add"),
    # Loops that start from a constant: the slip is in all turns but the first.
    ("y not differentiated", horner, lambda x: (2 * x - 1) * x + 3, (1.3,), "missing_term", "mul"),
    ("no denominator", newton, newton_without_denominator, (3.0,), "missing_term", "div"),
    ("recurrent weight left out", recurrent, recurrent_without_weight, (0.7, 0.9),
     "missing_factor", "mul"),
    ("b held constant", fan, lambda a: a**2 + (a**2 + a) * 0, (1.3,), "missing_term", "mul"),
    # A lost minus is a lost minus, whatever else would turn everything round.
    ("lens upside down", lens, lambda u, v: tuple(-g for g in right(lens)(u, v)), (2.0, 5.0),
     "sign", "div"),
    ("minus of -log lost", softmax, lambda z: -right(softmax)(z)[0],
     (np.array([0.3, -0.2, 0.5]),), "sign", "neg"),
    ("two neighbours", volume, lambda w: right(volume)(w)[0][[1, 0, 2]],
     (np.array([1.3, 1.7, 0.6]),), "swapped", ""),
    ("value as seed", ell,
     lambda a, b: tuple(ell(a, b) * g for g in dp.grad(ell, (0, 1))(a, b)), (1.0, 2.0),
     "wrong_seed", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    "f, wrong, point, kind, operation", [case[1:] for case in HAND], ids=[c[0] for c in HAND]
)
def test_mistakes_of_derivation(f, wrong, point, kind, operation):
    diagnosis = dp.diagnose(f, wrong, *point)
    assert diagnosis.kind == kind, diagnosis
    if operation is not None:
        assert diagnosis.operation == operation, diagnosis


# Right, in unusual dress -----------------------------------------------------------------------------

RIGHT = [
    (lambda x: dp.sin(x) ** 2, lambda x: sin(2 * x), (0.7,)),
    (dp.tanh, lambda x: 1 / math.cosh(x) ** 2, (0.7,)),
    (dp.tanh, lambda x: 1 / math.cosh(x) ** 2, (19.0,)),
    (dp.tanh, lambda x: 1 - tanh(x) ** 2, (12.0,)),
    (dp.sigmoid, lambda x: exp(-x) / (1 + exp(-x)) ** 2, (-4.0,)),
    (lambda x: dp.log(x**3), lambda x: 3 / x, (0.2,)),
    (quotient, lambda a, b: [1 / b, -a * b**-2], (2.0, 3.0)),
    (mean_square, lambda w: [float(x) for x in 2 / 3 * (w - 1.5)], (np.array([0.2, 1.1, 3.0]),)),
    (lambda x: 1e-12 * dp.exp(x), lambda x: 1e-12 * exp(x), (2.0,)),
    (lambda x: 1e12 * dp.exp(x), lambda x: 1e12 * exp(x), (2.0,)),
    (lambda x: 4.0, lambda x: 0.0, (2.0,)),
    (dp.relu, lambda x: float(x > 0), (0.0,)),
    (dp.relu, lambda x: float(x >= 0), (0.0,)),  # at the kink any slope between is defensible
    (lambda x: dp.maximum(x, 1.0), lambda x: float(x >= 1), (1.0,)),
    (loop, lambda a: 3 * (1 + a) ** 2, (0.5,)),
]


@pytest.mark.parametrize("f, right, point", RIGHT)
def test_right_gradients_are_accepted(f, right, point):
    diagnosis = dp.diagnose(f, right, *point)
    assert diagnosis.kind == "correct", diagnosis
    assert diagnosis.ok and diagnosis.confidence == 1.0


@settings(max_examples=100, deadline=None)
@given(f=programs(), point=st.tuples(numbers, numbers, numbers))
def test_right_gradients_of_random_programs_are_accepted(f, point):
    assume(tame(f, point))
    assert dp.diagnose(f, dp.grad(f, (0, 1, 2)), *point).kind == "correct"


# Engines with one fault ------------------------------------------------------------------------------


class Var:
    """A small engine, as a student writes it: nodes with parents and local partials."""

    def __init__(self, value, parents=(), partials=()):
        self.value, self.parents, self.partials, self.grad = value, parents, partials, 0.0

    def __add__(self, other):
        return Var(self.value + other.value, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Var(self.value * other.value, (self, other), (other.value, self.value))


def var_sin(x):
    return Var(sin(x.value), (x,), (cos(x.value),))


def ordered(result):
    order, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(result)
    return order[::-1]


ENGINE = ("overwritten", "double_counted", "wrong_order", "not_upstream", "wrong_seed")


def sweep_right(y):
    y.grad = 1.0
    for node in ordered(y):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += node.grad * partial


def sweep_overwriting(y):
    y.grad = 1.0
    for node in ordered(y):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad = node.grad * partial


def sweep_recursive(y):
    def push(node):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += node.grad * partial
            push(parent)

    y.grad = 1.0
    push(y)


def sweep_breadth_first(y):
    y.grad = 1.0
    queue, seen = [y], {id(y)}
    for node in queue:
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += node.grad * partial
            if id(parent) not in seen:
                seen.add(id(parent))
                queue.append(parent)


def sweep_without_upstream(y):
    y.grad = 1.0
    for node in ordered(y):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += partial


def sweep_seeded_with_value(y):
    sweep_right(y)
    for node in ordered(y):
        node.grad *= y.value


def tangled(a, b, sin):
    """Fan-outs that meet again, and at least three operations on every way."""
    p = a * b + a
    q = p * p + sin(a + b)
    return q * p + b


@pytest.mark.parametrize(
    "sweep, kind",
    [
        (sweep_right, "correct"),
        (sweep_overwriting, "overwritten"),
        (sweep_recursive, "double_counted"),
        (sweep_breadth_first, "wrong_order"),
        (sweep_without_upstream, "not_upstream"),
        (sweep_seeded_with_value, "wrong_seed"),
    ],
)
def test_faulty_sweeps(sweep, kind):
    def gradient(a, b):
        leaves = Var(a), Var(b)
        sweep(tangled(*leaves, var_sin))
        return leaves[0].grad, leaves[1].grad

    f = lambda a, b: tangled(a, b, dp.sin)  # noqa: E731
    assert dp.diagnose(f, gradient, 0.7, 1.3, prefer=ENGINE).kind == kind
    unprejudiced = dp.diagnose(f, gradient, 0.7, 1.3)
    assert kind in {each.kind for each in (unprejudiced, *unprejudiced.alternatives)}


@pytest.mark.parametrize(
    "fault, kind",
    [
        ({"__mul__": lambda s, o: Var(s.value * o.value, (s, o), (s.value, o.value))}, "swapped"),
        ({"__mul__": lambda s, o: Var(s.value * o.value, (s, o), (o.value, 0.0))}, "missing_term"),
        ({"__mul__": lambda s, o: Var(s.value * o.value, (s, o), (1.0, 1.0))}, "wrong_rule"),
        ({"__add__": lambda s, o: Var(s.value + o.value, (s, o), (1.0, -1.0))}, "sign"),
        ({"sin": lambda x: Var(sin(x.value), (x,), (-sin(x.value),))}, "wrong_rule"),
        ({"sin": lambda x: Var(sin(x.value), (x,), (1.0,))}, "missing_factor"),
    ],
)
def test_engines_with_one_wrong_rule(fault, kind, monkeypatch):
    """The fault is made wherever the operation is used; it must be seen as one mistake."""
    sine = fault.pop("sin", var_sin)
    for name, method in fault.items():
        monkeypatch.setattr(Var, name, method)

    def gradient(a, b):
        leaves = Var(a), Var(b)
        sweep_right(tangled(*leaves, sine))
        return leaves[0].grad, leaves[1].grad

    diagnosis = dp.diagnose(lambda a, b: tangled(a, b, dp.sin), gradient, 0.7, 1.3)
    assert diagnosis.kind == kind, diagnosis
    assert diagnosis.where in {"every product", "every sum", "`sin(a + b)`, line 4 of tangled"}


def test_prefer_decides_between_equivalent_mistakes():
    """In sin(exp(x)), leaving out sin' and ignoring what comes from above are the same."""
    f = lambda x: dp.sin(dp.exp(x))  # noqa: E731
    assert dp.diagnose(f, exp, 0.5).kind == "missing_factor"
    engine = dp.diagnose(f, exp, 0.5, prefer=("not_upstream",))
    assert engine.kind == "not_upstream"
    assert engine.confidence <= 0.5
    assert "missing_factor" in {each.kind for each in engine.alternatives}


# Manners and form ------------------------------------------------------------------------------------


def test_adjoints_that_pile_up():
    total = [0.0, 0.0]

    def gradient(a, b):
        slopes = dp.grad(rippled, (0, 1))(a, b)
        total[0] += slopes[0]
        total[1] += slopes[1]
        return tuple(total)

    assert dp.diagnose(rippled, gradient, 2.0, 0.7).kind == "accumulated"


def test_other_manners():
    def changing(w):
        w -= 1.5
        return 2 * w / 3

    w = np.array([0.2, 1.1, 3.0])
    assert dp.diagnose(mean_square, changing, w).kind == "mutated_input"
    assert w.tolist() == [0.2, 1.1, 3.0]
    noise = np.random.default_rng(0)
    noisy = dp.diagnose(mean_square, lambda w: 2 * (w - 1.5) / 3 + noise.normal(size=3), w)
    assert noisy.kind == "nondeterministic"


@pytest.mark.parametrize(
    "answer, kind",
    [
        (None, "missing"),
        ((1.0, None), "missing"),
        (1.0, "shape"),
        ((1.0, 2.0, 3.0), "shape"),
        ((1.0, [2.0, 3.0]), "shape"),
        ((1.0, "2"), "wrong_type"),
        ((1.0, 1j), "wrong_type"),
        ((dp.Scalar(1.0), 2.0), "wrong_type"),
        ((1.0, math.nan), "not_finite"),
        ((math.inf, 1.0), "not_finite"),
    ],
)
def test_form_with_two_arguments(answer, kind):
    assert dp.diagnose(rippled, lambda a, b: answer, 2.0, 0.7).kind == kind


def test_a_transposed_gradient():
    W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    f = lambda W: (dp.sin(W) * W).sum()  # noqa: E731
    right = lambda W: np.cos(W) * W + np.sin(W)  # noqa: E731
    oblong = dp.diagnose(f, lambda W: right(W).T, W)
    assert (
        oblong.kind == "transposed"
        and "(3, 2)" in oblong.message
        and "transposed" in oblong.message
    )
    square = dp.diagnose(f, lambda W: right(W).T, W @ W.T)
    assert square.kind == "transposed" and "transposed" in square.message


def test_ways_of_computing():
    def forward(a, b, h=1e-6):
        return (ell(a + h, b) - ell(a, b)) / h, (ell(a, b + h) - ell(a, b)) / h

    def central(a, b, h=1e-3):
        return (
            (ell(a + h, b) - ell(a - h, b)) / (2 * h),
            (ell(a, b + h) - ell(a, b - h)) / (2 * h),
        )

    def single(a, b):
        return tuple(np.float32(g) for g in dp.grad(ell, (0, 1))(a, b))

    def square(x):
        return x * x

    def coarse(x):  # off by the constant h
        return (square(x + 0.01) - square(x)) / 0.01

    assert dp.diagnose(square, coarse, 1.3).kind == "finite_difference"
    # Right to six digits, in sixteen: no float32. (It is Newton's last step, taken at its result.)
    limit = dp.diagnose(newton, lambda a: 0.5 / sqrt(a), 3.0)
    assert limit.kind in {"unknown", "wrong_point"}
    assert dp.diagnose(ell, forward, 1.0, 2.0).kind == "finite_difference"
    assert dp.diagnose(ell, central, 1.0, 2.0).kind == "finite_difference"
    assert dp.diagnose(ell, single, 1.0, 2.0).kind == "float32"


# What must never be ------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    f=programs(most=8),
    point=st.tuples(numbers, numbers, numbers),
    waves=st.tuples(*[st.floats(0.3, 3.0)] * 3),
    amount=st.sampled_from([1e-3, 0.1, 1.0, 10.0]),
)
def test_numbers_that_no_mistake_explains_are_unknown(f, point, waves, amount):
    """A smooth function that has nothing to do with f is added: nobody can name that."""
    assume(tame(f, point))
    truth = dp.grad(f, (0, 1, 2))

    def strange(*at):
        phase = sum(w * x for w, x in zip(waves, at, strict=True))
        extra = [amount * (1.2 + sin(phase * 1.37 + k)) for k in range(3)]
        return tuple(g + e for g, e in zip(truth(*at), extra, strict=True))

    diagnosis = dp.diagnose(f, strange, *point)
    assert diagnosis.kind == "unknown", diagnosis
    assert diagnosis.confidence == 0.0


@settings(max_examples=100, deadline=None)
@given(f=programs(most=8), point=st.tuples(numbers, numbers, numbers), data=st.data())
def test_a_named_mistake_reproduces_the_numbers(f, point, data):
    """Make a random mistake. Whatever is named, made on purpose, must give the same numbers."""
    assume(tame(f, point))
    assume(all(abs(x) > 0.05 for x in point))
    run = record(f, point)
    candidates = [*wrong_sweeps(run), *wrong_calculus(run), *slips(run)]
    mistake = data.draw(st.sampled_from(range(len(candidates))))

    def wrong(*at):
        return tuple(consequences(record(f, at), [candidates[mistake]])[:, 0].tolist())

    there = wrong(*point)
    assume(all(map(math.isfinite, there)))
    diagnosis = dp.diagnose(f, wrong, *point, seconds=20.0)  # whatever else the machine is doing
    truth = dp.grad(f, (0, 1, 2))(*point)
    if not np.allclose(there, truth, rtol=1e-5, atol=1e-9):
        assert diagnosis.kind not in {"correct", "float32", "finite_difference"}
    named = (diagnosis.kind, diagnosis.where, diagnosis.message)
    sentences = [
        (h.kind, h.where, h.sentence[0].upper() + h.sentence[1:] + ".", h.sentence + ".")
        for h in candidates
    ]
    same = [h for h, s in zip(candidates, sentences, strict=True)
            if s[:2] == named[:2] and named[2] in s[2:]]  # fmt: skip
    if same:
        at = tuple(0.9 * x + 0.01 for x in point)  # a point that diagnose has not seen
        assume(tame(f, at))
        results = consequences(record(f, at), same).T
        expected = wrong(*at)
        assume(all(map(math.isfinite, expected)))
        assert any(np.allclose(row, expected, rtol=1e-5, atol=1e-8) for row in results), diagnosis


def test_two_mistakes_at_once_are_not_called_one():
    wrong = lambda a, b: (b * exp(a), -3 * a * sin(b) + b)  # noqa: E731
    assert dp.diagnose(rippled, wrong, 2.0, 0.7).kind == "unknown"


def test_right_elsewhere_and_wrong_here():
    wrong = lambda x: 99.0 if x == 2.0 else 2 * x  # noqa: E731
    diagnosis = dp.diagnose(lambda x: x * x, wrong, 2.0)
    assert diagnosis.kind == "unknown"
    assert "not at this one" in diagnosis.message


# How it is said --------------------------------------------------------------------------------------


def raising(x):
    raise ValueError("not here")


@pytest.mark.parametrize(
    "elsewhere, kind",
    [(raising, "unknown"), (lambda x: None, "missing"), (lambda x: "a word", "wrong_type"),
     (lambda x: np.zeros(7), "shape"), (lambda x: np.full(3, np.nan), "not_finite"),
     (lambda x: np.zeros(3), "unknown")],
)  # fmt: skip
@pytest.mark.parametrize("calls", [2, 3])
def test_a_gradient_that_is_right_only_at_first_is_not_right(elsewhere, kind, calls):
    """`calls` is how often it answers rightly: at the point given twice, and once nearby."""

    def f(x):
        return dp.sum(x * dp.sin(x))

    asked = []

    def forgetful(x):
        asked.append(x)
        return np.sin(x) + x * np.cos(x) if len(asked) <= calls else elsewhere(x)

    diagnosis = dp.diagnose(f, forgetful, np.array([0.3, -1.2, 0.8]))
    assert diagnosis.kind == kind
    assert len(asked) <= 9


def test_a_right_gradient_may_raise_now_and_then():
    asked = []

    def fussy(x):
        asked.append(x)
        if len(asked) in (3, 5):
            raise ValueError("once more, please")
        return 2.0 * x

    assert dp.diagnose(lambda x: x * x, fussy, 1.3).ok


def test_where_only_one_point_can_be_tried_it_is_said():
    def f(x):
        if x < 1.3 or x > 1.3:
            raise ValueError("only here")
        return x * x

    right = dp.diagnose(f, lambda x: 2.0 * x, 1.3)
    assert right.ok and "no other one" in right.message
    wrong = dp.diagnose(f, lambda x: 3.0 * x, 1.3)
    assert not wrong.ok and wrong.certainty == "one of several"


def test_a_very_long_answer_is_judged_by_its_shape():
    def f(x):
        return dp.sum(x * x)

    for answer in (np.zeros(1_300_000), [0.0] * 100_000, "x" * 10_000_000):
        diagnosis = dp.diagnose(f, lambda x, answer=answer: answer, np.array([0.3, -1.2]))
        assert diagnosis.kind == ("wrong_type" if isinstance(answer, str) else "shape")
        assert len(repr(diagnosis)) < 10_000 and len(diagnosis._repr_html_()) < 50_000


def test_where_gives_the_expression_and_its_line():
    def gradient(t1, t2):
        a = exp(t1)
        b = t2 * a
        return (b * sqrt(t1 + b) + b * (1 + b)), (a * sqrt(t1 + b) + b * a)

    diagnosis = dp.diagnose(ell, gradient, 1.0, 2.0)
    assert diagnosis.kind == "missing_factor"
    assert diagnosis.where == "`dp.sqrt(c)`, line 4 of ell"
    assert diagnosis.operation == "sqrt"
    lines, first = inspect.getsourcelines(ell)
    assert "dp.sqrt(c)" in lines[diagnosis.line - first]


def test_a_line_is_found_within_a_loop_and_a_helper():
    def halve(x):
        return dp.tanh(x) / 2

    def f(x):
        for _ in range(3):
            x = halve(x)
        return x

    def wrong(x):
        slope = 1.0
        for _ in range(3):
            slope *= 1 / 2  # tanh' forgotten, every time
            x = tanh(x) / 2
        return slope

    diagnosis = dp.diagnose(f, wrong, 0.9)
    assert (diagnosis.kind, diagnosis.operation) == ("missing_factor", "tanh")
    assert diagnosis.where == "`dp.tanh(x)`, line 2 of halve"


def test_a_function_without_source_is_diagnosed_too():
    names = {"dp": dp}
    exec(textwrap.dedent("""
        def f(x):
            return dp.sin(x) * 2
    """), names)  # fmt: skip
    diagnosis = dp.diagnose(names["f"], lambda x: 2 * sin(x), 0.7)
    assert (diagnosis.kind, diagnosis.operation) == ("wrong_rule", "sin")
    assert diagnosis.where == "line 2 of f"


def test_the_sentence_shows_what_came_and_what_should_have():
    diagnosis = dp.diagnose(rippled, lambda a, b: (sin(b), a * sin(b)), 2.0, 0.7)
    assert diagnosis.got == (sin(0.7), 2 * sin(0.7))
    assert diagnosis.expected == pytest.approx((sin(0.7), 2 * cos(0.7)))
    text, page = str(diagnosis), diagnosis._repr_html_()
    assert text == (
        "Wrong rule (`dp.sin(b)`, line 2 of rippled): sin was taken to be its own derivative."
    )
    for word in ("Wrong rule", "Expected", "1.52968", "dp.sin(b)"):
        assert word in page


def test_sentences_name_the_parts_as_one_speaks_of_them():
    f = lambda a, b: (a - b) / (1 + b * b)  # noqa: E731

    def without_denominator(a, b):
        return 1 / (1 + b * b), -1 / (1 + b * b)

    diagnosis = dp.diagnose(f, without_denominator, 2.0, 0.7)
    assert diagnosis.kind == "missing_term" and "the denominator" in diagnosis.message

    def layer(w, u, b):
        return u * dp.tanh(0.8 * w + b)

    def output_for_weight(w, u, b):  # t, not u, is sent back through tanh
        t = tanh(0.8 * w + b)
        return 0.8 * t * (1 - t * t), t, t * (1 - t * t)

    both = dp.diagnose(layer, output_for_weight, 0.4, -0.9, 0.2)
    assert both.kind == "swapped" and both.operation == "mul"
    assert "yours contains the factor itself" in both.message


def test_sentences_name_the_operands_of_any_operation():
    def f(w):
        return dp.sum(w * w) + dp.sum(dp.concatenate([w, dp.sin(w)]))

    def without_the_pieces(w):  # of the concatenated ones, the second is lost
        return 2.0 * w + 1.0

    lost = dp.diagnose(f, without_the_pieces, np.array([0.3, -1.2, 0.8]))
    told = " ".join([lost.message, *(each.message for each in lost.alternatives)])
    assert "argument number 2 of concatenate" in told and "'s argument" not in told


def test_html_is_escaped():
    diagnosis = dp.diagnose(lambda x: x * 2 if x < 9 else x, lambda x: "<script>", 1.0)
    assert "<script>" not in diagnosis._repr_html_()


def test_the_catalogue_is_complete():
    assert {
        "correct", "unknown", "sign", "factor", "missing_factor", "missing_term", "swapped",
        "wrong_rule", "overwritten", "double_counted", "accumulated", "zero", "constant_offset",
        "wrong_point", "shape", "missing", "wrong_type", "not_finite", "mutated_input",
        "nondeterministic", "float32", "finite_difference", "not_upstream",
    } <= set(dp.CATALOGUE)  # fmt: skip
    for kind in dp.CATALOGUE.values():
        assert kind.title and kind.sentence and kind.reread


def test_every_kind_that_is_ever_named_is_in_the_catalogue():
    package = Path(dp.__file__).parent
    for module in (
        package / "answers.py",
        *package.glob("gradcheck/*.py"),
        *package.glob("diagnose/*.py"),
    ):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in {"Mistake", "say", "_refuse", "slip", "mistake", "found"}:
                    for each in node.args[:1]:
                        if isinstance(each, ast.Constant):
                            assert each.value in dp.CATALOGUE


def test_unfit_questions_are_refused():
    with pytest.raises(TypeError, match="arguments"):
        dp.diagnose(rippled, rippled)
    with pytest.raises(TypeError, match="int64"):
        dp.diagnose(mean_square, mean_square, np.arange(3))
    with pytest.raises(TypeError, match="str"):
        dp.diagnose(lambda w: "w", lambda w: w, np.ones(3))
    with pytest.raises(RuntimeError, match="mine"):
        dp.diagnose(lambda x: x, lambda x: (_ for _ in ()).throw(RuntimeError("mine")), 1.0)


def test_a_factor_of_a_matrix_product_is_named_by_its_side_not_as_the_right_one():
    rng = np.random.default_rng(0)
    X, W = rng.normal(size=(6, 3)), rng.normal(size=(1, 3))

    def loss(W):
        return dp.mean(dp.softplus(X @ W.T))

    def summed(W):
        return 6 * dp.grad(loss)(W)

    found = dp.diagnose(loss, summed, W, prefer=("averaged",))
    assert found.kind == "averaged"
    assert "right-hand factor" in str(found), str(found)
