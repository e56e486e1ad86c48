"""Gradient source: it runs, it is right, it reads as it should, and it says what it cannot do."""

import linecache
import math
import textwrap
from itertools import count

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import dpkit as dp
from dpkit.rules import RULES
from dpkit.source import SourceError, grad_source

GRAVITY = 9.81
TURNS = 3
WEIGHTS = [1.0, 2.0, 0.5]
TABLE = np.array([[1.0, 2.0], [3.0, 4.0]])
MATRIX = [[1.2, 0.7], [-0.4, 0.9], [0.3, -1.1]]
NOT_A_NUMBER = "nine"
_files = count()


def write(text, name="f", /, **outside):
    """The function of that name in a text, as if it stood in a file of its own."""
    text = textwrap.dedent(text)
    file = f"<program {next(_files)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    space = {"dp": dp, "math": math, "np": np, **outside}
    exec(compile(text, file, "exec"), space)
    return space[name]


def generated(f, argnums=None):
    """The functions of the generated text, run with nothing beside it."""
    space = {}
    exec(grad_source(f, argnums), space)
    [both] = [each for name, each in space.items() if name.startswith("value_and_grad_")]
    [grad] = [each for name, each in space.items() if name.startswith("grad_")]
    return both, grad


def right(f, *args, argnums=None):
    """Value and gradient agree with f and with the scalar engine."""
    both, grad = generated(f, argnums)
    value, gradient = both(*args)
    assert value == f(*args)
    positions = argnums
    if argnums is None:
        positions = 0 if len(args) == 1 else tuple(range(len(args)))
    truth = dp.grad(f, positions)(*args)
    assert numbers(gradient) == pytest.approx(numbers(truth), rel=1e-9, abs=1e-12)
    assert numbers(grad(*args)) == numbers(gradient)
    return gradient


def numbers(tree):
    if isinstance(tree, (list, tuple, np.ndarray)):
        return [x for item in tree for x in numbers(item)]
    return [float(tree)]


# How it reads -------------------------------------------------------------------------------------


def reads(f, text):
    assert grad_source(f).partition("\n\n\ndef grad_")[0] == textwrap.dedent(text).strip()


def neuron(w, x, b):
    a = w * x + b
    h = dp.sigmoid(a)
    return (h - 1.0) ** 2


def test_a_neuron_reads_like_a_derivation_by_hand():
    reads(
        neuron,
        '''
        import dpkit as dp


        def value_and_grad_neuron(w, x, b):
            """The value of neuron, and its gradient with respect to w, x and b."""
            # Forwards.
            a = w * x + b
            h = dp.sigmoid(a)
            value = (h - 1.0) ** 2
            # Backwards: dw is the derivative of the value with respect to w, and so on.
            dh = 2 * (h - 1.0)  # value = (h - 1.0) ** 2
            da = dh * h * (1.0 - h)  # h = dp.sigmoid(a)
            dw = da * x  # a = w * x + b
            dx = da * w
            db = da
            return value, (dw, dx, db)
        ''',
    )
    right(neuron, 0.7, -1.2, 0.3)


def babylonian(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = (x + a / x) / 2
    return x


def test_a_while_loop_counts_its_turns():
    reads(
        babylonian,
        '''
        def value_and_grad_babylonian(a):
            """The value of babylonian, and its gradient with respect to a."""
            # Forwards.
            kept_x = []
            x = a
            turns = 0
            while abs(x * x - a) > 1e-12:
                turns += 1
                kept_x.append(x)
                x = (x + a / x) / 2
            value = x
            # Backwards: da is the derivative of the value with respect to a, and so on.
            dx = 1.0  # value = x
            da = 0.0
            for _ in range(turns):
                x = kept_x.pop()
                da += 0.5 * dx / x  # x = (x + a / x) / 2
                dx *= 0.5 - 0.5 * a / (x * x)
            da += dx  # x = a
            return value, da
        ''',
    )
    assert right(babylonian, 2.0) == pytest.approx(0.5 / math.sqrt(2))


def branch(a):
    if a > 0.5:
        b = 0
    else:
        b = 2 * a
    return b


def test_the_branch_of_the_lecture():
    reads(
        branch,
        '''
        def value_and_grad_branch(a):
            """The value of branch, and its gradient with respect to a."""
            # Forwards.
            if a > 0.5:
                b = 0
            else:
                b = 2 * a
            value = b
            # Backwards: da is the derivative of the value with respect to a, and so on.
            db = 1.0  # value = b
            da = 0.0
            if not a > 0.5:
                da += 2 * db  # b = 2 * a
            return value, da
        ''',
    )
    _, grad = generated(branch)
    assert (grad(0.7), grad(0.5), grad(-3.0)) == (0.0, 2.0, 2.0)


def loop(a):
    b = 1
    for _ in range(3):
        b = b + b * a
    return b


def test_the_loop_of_the_lecture():
    _, grad = generated(loop)
    for a in (-2.0, 0.0, 0.3, 1.7):
        assert grad(a) == pytest.approx(3 + 6 * a + 3 * a**2)  # the lecture's own formula


def ell(theta_1, theta_2):
    return theta_2 * math.exp(theta_1) * math.sqrt(theta_1 + theta_2 * math.exp(theta_1))


def test_no_value_of_peyres_function_is_computed_twice_backwards():
    reads(
        ell,
        '''
        import math


        def value_and_grad_ell(theta_1, theta_2):
            """The value of ell, and its gradient with respect to theta_1 and theta_2."""
            # Forwards.
            exp_theta_1 = math.exp(theta_1)
            factor = theta_2 * exp_theta_1
            sqrt_input = theta_1 + factor
            sqrt_value = math.sqrt(sqrt_input)
            value = factor * sqrt_value
            # Backwards: dtheta_1 is the derivative of the value with respect to theta_1, and so on.
            dfactor = sqrt_value  # value = factor * sqrt_value
            dsqrt_value = factor
            dsqrt_input = 0.5 * dsqrt_value / sqrt_value  # sqrt_value = math.sqrt(sqrt_input)
            dtheta_1 = dsqrt_input  # sqrt_input = theta_1 + factor
            dfactor += dsqrt_input
            dtheta_2 = dfactor * exp_theta_1  # factor = theta_2 * exp_theta_1
            dexp_theta_1 = dfactor * theta_2
            dtheta_1 += dexp_theta_1 * exp_theta_1  # exp_theta_1 = math.exp(theta_1)
            return value, (dtheta_1, dtheta_2)
        ''',
    )
    point = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (0.4, 1.3)]
    t, s = point
    (s * t.exp() * (t + s * t.exp()).sqrt()).backward()
    both, _ = generated(ell)
    value, gradient = both(0.4, 1.3)
    assert value == pytest.approx(ell(0.4, 1.3), rel=1e-15)
    assert gradient == pytest.approx([x.grad.item() for x in point], rel=1e-14)


def energy(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += x[i] * x[i + 1]
    return total


def test_a_loop_over_a_list_needs_no_stack():
    reads(
        energy,
        '''
        import numpy as np


        def value_and_grad_energy(x):
            """The value of energy, and its gradient with respect to x."""
            # Forwards.
            total = 0.0
            for i in range(len(x) - 1):
                total += x[i] * x[i + 1]
            value = total
            # Backwards: dx is the derivative of the value with respect to x, and so on.
            dtotal = 1.0  # value = total
            dx = [0.0] * len(x)
            for i in reversed(range(len(x) - 1)):
                dx[i] += dtotal * x[i + 1]  # total += x[i] * x[i + 1]
                dx[i + 1] += dtotal * x[i]
            if isinstance(x, np.ndarray):
                dx = np.array(dx)
            return value, dx
        ''',
    )


@pytest.mark.parametrize(
    "expression, derivative",
    [
        ("x * x", "2 * x"),
        ("x ** 3", "3 * x ** 2"),
        ("3 * x", "3.0"),
        ("x / 4", "0.25"),
        ("1.0 / x", "-value / x"),
        ("-x * x", "-2 * x"),
        ("x - x", "0.0"),
        ("math.sin(x)", "math.cos(x)"),
        ("np.sin(x)", "np.cos(x)"),
        ("dp.sin(x)", "dp.cos(x)"),
        ("math.atan(x)", "1.0 / (1.0 + x * x)"),
        ("np.tanh(x)", "1.0 - value * value"),
        ("dp.relu(x)", "1.0 if x > 0.0 else 0.0"),
        ("dp.softplus(x)", "dp.sigmoid(x)"),
        ("x ** 0.5", "0.5 * x ** (-0.5)"),
        ("2 ** x", "value * math.log(2)"),
    ],
)
def test_derivatives_are_tidy(expression, derivative):
    f = write(f"def f(x):\n    return {expression}\n")
    assert f"    dx = {derivative}\n" in grad_source(f).replace(f"  # value = {expression}", "")


# That it is right -----------------------------------------------------------------------------------

# name: (domain, …) for every row of the table
_DOMAINS = {"log": (0.1, 3), "sqrt": (0.1, 3), "arcsin": (-0.9, 0.9), "arccos": (-0.9, 0.9),
            "log1p": (-0.9, 3)}  # fmt: skip
_SYMBOLS = {"add": "x + y", "sub": "x - y", "mul": "x * y", "div": "x / y", "neg": "-x"}


@pytest.mark.parametrize("row", sorted(RULES))
@given(st.floats(0, 1), st.floats(0.2, 2))
@settings(max_examples=20, deadline=None)
def test_every_row_of_the_table(row, place, y):
    low, high = _DOMAINS.get(row, (-2, 2))
    x = low + place * (high - low)
    if row == "power":
        x = abs(x) + 0.1
    assume(abs(x) > 1e-3 and abs(x - y) > 1e-3)
    two = len(RULES[row].partials) == 2
    call = _SYMBOLS.get(row) or (f"dp.{row}(x, y)" if two else f"dp.{row}(x)")
    # The value is used again and the argument is composite, so that names are needed.
    f = write(f"def f(x, y):\n    x = 1.0 * x\n    z = {call}\n    return z * z + y * z\n")
    both, _ = generated(f)
    value, gradient = both(x, y)
    assert value == f(x, y)
    assert gradient == pytest.approx(dp.grad(f, (0, 1))(x, y), rel=1e-9, abs=1e-12)


PROGRAMS = {
    "overwritten several times": ("def f(x):\n y = x\n y = dp.sin(y)\n y = y * y * x\n y **= 3\n return y", 0.7),
    "from itself through a function": ("def f(x):\n x = dp.tanh(x) * x\n x = x / (1 + x)\n return x", 0.7),
    "power of itself": ("def f(x, y):\n x = x ** y\n y = x ** y\n return x * y", 1.3, 0.4),
    "power with an exponent that does not vary": ("def f(x):\n n = 3\n return x ** n + x ** (n - 3)", -1.3),
    "tuple swap": ("def f(x, y):\n x, y = y, x * y\n x, y = y, x * y\n return x + 3 * y", 1.2, 0.7),
    "chained assignment": ("def f(x):\n a = b = dp.sin(x)\n return a * b * x", 0.4),
    "annotated": ("def f(x):\n y: float = x * x\n z: float\n return y * x", 0.4),
    "elif": ("def f(x):\n for k in range(5):\n  if x > 2: x = x / 3\n  elif x > 1: x = x * x\n  else: x = x + 0.7\n return x", 0.6),
    "condition overwritten": ("def f(x):\n if x > 0:\n  x = -x * x\n return x", 0.6),
    "branch in loop": ("def f(x):\n s = 0.0\n for k in range(6):\n  if k % 2 == 0:\n   t = dp.sin(x * k)\n   s += t * t\n  else:\n   s *= x\n return s", 0.8),
    "nested loops": ("def f(x):\n s = x\n for i in range(3):\n  for j in range(i):\n   s = dp.sin(s * x) + j\n  s = s * s\n return s", 0.8),
    "loop variable used afterwards": ("def f(x):\n i = 2.0\n y = x * i\n for i in range(4): y = y * x\n return y * i", 1.2),
    "no turn at all": ("def f(x):\n y = x\n for i in range(0): y = y * y\n while y > 100: y = y / 2\n return y", 1.2),
    "range with a step": ("def f(x):\n s = 0\n for i in range(7, 0, -2): s = s * x + i\n return s", 1.2),
    "bound overwritten": ("def f(x):\n n = 3\n for i in range(n):\n  x = x * x\n  n = n + 1\n return x * n", 1.2),
    "reversed range": ("def f(x):\n s = 1.0\n for i in reversed(range(4)): s = s * x + i\n return s", 1.2),
    "break": ("def f(x):\n s = 0.0\n for k in range(10):\n  s = s + x ** k\n  if s > 3: break\n  s = s * x\n return s", 1.2),
    "break from a range with an offset": ("def f(x):\n s = 1.0\n for k in range(2, 20, 3):\n  if k > 9: break\n  s = s * x + k\n return s", 1.2),
    "continue": ("def f(x):\n s = 1.0\n for k in range(6):\n  if k == 2: continue\n  s = s * (x + k)\n return s", 1.2),
    "endless with break": ("def f(a):\n x = 1.0\n while True:\n  new = 0.5 * (x + a / x)\n  if abs(new - x) < 1e-12: break\n  x = new\n return new", 2.0),
    "early return": ("def f(x):\n if x < 0:\n  return -x * x\n y = x * x\n if y > 4: return y\n return y * y", 1.2),
    "early return, other way": ("def f(x):\n if x < 0:\n  return -x * x\n y = x * x\n if y > 4: return y\n return y * y", -1.2),
    "return inside a loop": ("def f(x):\n for k in range(10):\n  x = x * 1.1\n  if x > 2: return x ** 3\n return dp.sin(x)", 1.2),
    "return inside a loop, not taken": ("def f(x):\n for k in range(3):\n  x = x * 1.1\n  if x > 2: return x ** 3\n return dp.sin(x)", 0.2),
    "return inside two loops": ("def f(x):\n for j in range(3):\n  for k in range(3):\n   x = x * 1.3 + j\n   if x > 5: return x * x\n  x = x - 0.5\n return x", 1.2),
    "return out of an endless loop": ("def f(x):\n while True:\n  x = x * 1.3\n  if x > 5: return x * x", 1.2),
    "ternary": ("def f(x):\n y = x * x if x > 0 else -x\n return (y if y > 9 else dp.sin(y)) * x", 1.2),
    "one side of a ternary does not exist": ("def f(x):\n return dp.sqrt(x) if x > 0 else x * x", -1.2),
    "where": ("def f(x):\n return dp.where(x > 1, x * x, dp.sin(x)) * x", 1.2),
    "min, max, abs, pow": ("def f(x, y):\n return max(x, y, 0.1) * min(x * y, 2) + abs(x - y) + pow(x, 3) * y", 1.2, 0.7),
    "conditions with and, or, not": ("def f(x):\n if x > 0 and not (x > 9 or x < -9):\n  x = x * x\n return x", 1.2),
    "chained comparison": ("def f(x):\n if 0 < x < 2: x = x ** 3\n return x", 1.2),
    "sum of a generator": ("def f(x, w):\n return sum((w * v - 1) ** 2 for v in x if v > 0) * w", [1.0, -2.0, 3.0], 0.7),
    "sum of a list": ("def f(x):\n return sum(x) ** 2 + sum(x, 1.0)", [1.0, -2.0, 3.0]),
    "two generators": ("def f(x):\n return sum(a * b * i for i, a in enumerate(x) for b in x[1:])", [1.0, -2.0, 3.0]),
    "comprehension": ("def f(x):\n h = [dp.tanh(v * x[0]) for v in x]\n h = [v * w for v, w in zip(h, x)]\n return h[0] * h[-1] + sum(h)", [1.0, -0.2, 0.3]),
    "append": ("def f(x):\n h = [x]\n for k in range(4): h.append(h[-1] * h[k] + x)\n return h[4] + sum(v * v for v in h)", 0.8),
    "list in a loop": ("def f(x):\n s = 0.0\n for k in range(3):\n  h = [x * k, x, s]\n  s = h[0] * h[1] + h[2] * h[1]\n return s", 0.8),
    "elements assigned": ("def f(x):\n c = [0.0] * 4\n c[0] = x\n for i in range(1, 4): c[i] = c[i - 1] * x + c[i]\n c[1] *= c[2]\n c[0] += x\n return c[3] * c[1] + c[0]", 0.8),
    "element from its neighbour and itself": ("def f(x):\n c = [x, x * x]\n c[0] = c[1] * c[0]\n c[1] = dp.exp(c[1]) * c[0]\n c[0] = dp.tanh(c[0])\n return c[0] * c[1]", 0.8),
    "a list full of one number": ("def f(x):\n c = [x * x] * 3\n c[1] = x\n return c[0] * c[1] * c[2]", 0.8),
    "a list from itself": ("def f(x):\n c = [x, 2 * x]\n c = [c[1], c[0] * x]\n c = [c[1]] * 2\n return c[0] * c[1]", 0.8),
    "rows": ("def f(w):\n s = 1.0\n for row in w:\n  for v in row: s = s * v + v\n  s += row[0] * row[1]\n return s", MATRIX),
    "rows with numbers": ("def f(w):\n return sum(i * v ** 3 for i, row in enumerate(w) for v in row) + sum(sum(r) for r in w)", MATRIX),
    "pairs": ("def f(w):\n s = 1.0\n for k, (a, b) in enumerate(w): s = s * a + k * b\n c, d = w[2]\n return s * c * d", MATRIX),
    "rows of an array": ("def f(w):\n n, m = w.shape\n return sum(v ** 2 for row in w[1:] for v in row) * n / m", np.array(MATRIX)),
    "a row that changes": ("def f(w):\n k, s, row = 0, 1.0, w[2]\n while k < 2:\n  s = s * row[0] + row[1]\n  row = w[k]\n  k += 1\n return s * row[1]", MATRIX),
    "a row from a branch": ("def f(w):\n row = w[0] if w[0][0] > 9 else w[1]\n return row[0] ** 2 * row[1]", MATRIX),
    "a row for a function": ("def dot(a, b):\n return sum(x * y for x, y in zip(a, b))\n\ndef f(w, x):\n h = [dp.tanh(dot(row, x)) for row in w]\n return dot(h, h) * dot(w[0], w[1])", MATRIX, [0.3, -1.2]),
    "backwards": ("def f(w):\n s = 1.0\n for row in reversed(w[1:]):\n  for v in reversed(row): s = s * v + dp.sin(v)\n return s", MATRIX),
    "a function handed to a function": ("def g(t):\n return t * t - 2\n\ndef newton(f, slope, x):\n for _ in range(3): x = x - f(x) / slope(x)\n return x\n\ndef f(x):\n def slope(t): return 2 * t * y\n y = x + 0.5\n return newton(g, slope, x) * newton(dp.sin, dp.cos, x)", 1.2),
    "a function that is handed on": ("def twice(g, a):\n def gg(t): return g(g(t))\n return gg(a)\n\ndef thrice(h, a, phi=math.fabs):\n return phi(h(twice(h, a)))\n\ndef f(x):\n a = x * x\n def g(t): return a * dp.sin(t)\n return thrice(g, x, dp.tanh)", 1.2),
    "copies and parts": ("def f(x):\n a = list(x)\n a[0] = a[1] * a[2]\n b = a[1:]\n c = x.copy()\n return a[0] * b[0] * c[2] + sum(b)", [1.0, 2.0, 0.5]),
    "unpacking a list": ("def f(w, x):\n a, b = w\n return a * x + b * b", [1.5, 2.0], 0.3),
    "unused argument": ("def f(x, y):\n return x * x", 1.5, 2.0),
    "a constant": ("def f(x):\n return 3.0", 1.5),
    "names that are taken": ("def f(x, dx):\n d_x = x * dx\n value = d_x ** 2\n turns = value * x\n for k in range(2):\n  kept_d_x = d_x\n  d_x = d_x * kept_d_x\n return turns + d_x", 1.2, 0.7),
    "functions inside": ("def f(x):\n def g(y):\n  q = y * x\n  return q\n return g(x) + g(g(2.0))", 1.2),
    "statements that do nothing": ("def f(x):\n 'A docstring.'\n pass\n assert x > 0\n y = x * x\n return y", 1.2),
    "sums and swaps through a function inside": ("def f(x):\n y = 2.0\n def g(t): return y * t * x\n y = sum(g(t) for t in [1.0, x])\n y, x = x, g(3.0)\n y = g(y)\n return y * x", 1.2),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    text, *args = PROGRAMS[name]
    right(write(text), *args)


def logistic(r, x):
    for _ in range(50):
        x = r * x * (1 - x)
    return x


def test_fifty_steps_of_the_logistic_map():
    right(logistic, 2.9, 0.3)
    chaotic = generated(logistic)[1](3.7, 0.3)
    assert chaotic == pytest.approx(dp.grad(logistic, (0, 1))(3.7, 0.3), rel=1e-9)


def square(x):
    return x * x


def norm(v):
    return dp.sqrt(sum(square(c) for c in v))


def scaled(v, factor=2.0):
    return [factor * c for c in v]


def step(x, v, dt=0.1):
    a = -GRAVITY * math.sin(x)
    return x + dt * v, v + dt * a


def clipped(x):
    if x > 1:
        return 1.0
    for _ in range(3):
        x = x * x + 0.1
        if x > 0.9:
            return x * 2
    return x


def test_calls_are_written_out_with_names_kept_apart():
    def f(v):
        c = scaled(v)
        twice = scaled(c, factor=v[0])
        return norm(twice) + square(v[1]) + clipped(v[2]) + clipped(square(v[0]))

    for v in ([0.6, 2.0, 0.7], [0.9, -2.0, 1.7]):
        right(f, v)


def accumulated(y, u):
    y = sum(y * t for t in u)
    y, w = u[0] * y, y
    return [y, w, y * w]


def test_names_that_mean_something_else_where_they_are_written_out():
    def f(x, u):
        y = x * x
        w = u[1] * x
        a = accumulated(y, u)
        return w + a[2] * y + a[0] * a[1] * y

    right(f, 0.7, [1.2, -0.4])


def test_a_function_that_returns_two_numbers():
    def swing(x, v):
        for _ in range(20):
            x, v = step(x, v)
        return x * x + v

    both, grad = generated(swing)
    assert both(1.0, 0.2)[0] == swing(1.0, 0.2)
    assert dp.check_gradient(grad, swing, 1.0, 0.2)


def test_what_is_found_outside_stands_at_the_head_as_it_is_now():
    def f(x):
        return GRAVITY * x + sum(w * x**k for k, w in enumerate(WEIGHTS)) + math.pi * scale * x

    scale = 3.0
    text = grad_source(f)
    for line in (
        "GRAVITY = 9.81\n",
        "WEIGHTS = [1.0, 2.0, 0.5]\n",
        "scale = 3.0\n",
        "import math\n",
    ):
        assert line in text
    before = generated(f)[0]
    value = f(2.0)
    scale = 0.0
    assert before(2.0)[0] == value != f(2.0)


def test_math_numpy_and_dpkit_are_all_recognised():
    from math import asin, log

    from dpkit import sigmoid

    def f(x):
        return np.sin(x) * math.cos(x) + dp.tanh(x) * sigmoid(x) + asin(x) * log(x) + math.log(x, 2)

    both, grad = generated(f)
    assert both(0.6)[0] == f(0.6)
    assert dp.check_gradient(grad, f, 0.6)
    assert type(generated(write("def f(x):\n return math.sin(x)"))[1](1.0)) is float


def test_the_gradient_has_the_form_of_the_argument():
    _, grad = generated(energy)
    assert grad([1.0, 2.0, 3.0]) == [2.0, 4.0, 2.0]
    assert grad((1.0, 2.0, 3.0)) == [2.0, 4.0, 2.0]
    array = grad(np.array([1.0, 2.0, 3.0]))
    assert isinstance(array, np.ndarray) and array.tolist() == [2.0, 4.0, 2.0]


def test_two_indices():
    nested = write(
        """
        def f(w):
            s = 0.0
            for i in range(len(w)):
                for j in range(len(w[i])):
                    s += w[i][j] ** 2 * j
            return s
        """
    )
    comma = write(
        """
        def f(w):
            s = 0.0
            for i in range(w.shape[0]):
                for j in range(2):
                    s += w[i, j] ** 2 * j
            return s
        """
    )
    assert generated(nested)[1]([[1.0, 2.0], [3.0, 4.0]]) == [[0.0, 4.0], [0.0, 8.0]]
    for f in (nested, comma):
        assert generated(f)[1](TABLE).tolist() == [[0.0, 4.0], [0.0, 8.0]]


def polynomial(x, n=3, *, c=2.0):
    for _ in range(n):
        x = c * x * x
    return x


def test_which_arguments_vary():
    for argnums in (0, 1, -1, (1,), (-1, 0)):
        gradient = right(logistic, 2.9, 0.3, argnums=argnums)
        assert isinstance(gradient, tuple) == isinstance(argnums, tuple)
    _, grad = generated(polynomial)  # defaults do not vary
    assert grad(1.5) == pytest.approx(dp.grad(polynomial)(1.5))
    assert grad(1.5, 2, c=0.5) == pytest.approx(dp.grad(polynomial)(1.5, 2, c=0.5))


def test_the_signature_needs_nothing_from_outside():
    def f(x: "np.ndarray", n=TURNS, c: float = GRAVITY, *, scale: float = -GRAVITY) -> float:
        for _ in range(n):
            x = c * x * x * scale
        return x

    assert "(x, n=3, c=9.81, *, scale=-9.81)" in grad_source(f)
    _, grad = generated(f)
    assert grad(0.1) == pytest.approx(dp.grad(f)(0.1))


def test_a_lambda_alone_on_its_line():
    f = lambda x: dp.sin(x) * x  # noqa: E731
    assert right(f, 0.7) == pytest.approx(math.cos(0.7) * 0.7 + math.sin(0.7))


def test_float_leaves_a_number_as_it_is():
    f = write("def f(x):\n    return float(x) * x\n")
    assert generated(f)[0](1.5) == (2.25, 3.0)


def test_arguments_are_left_as_they_were():
    x = [1.0, 2.0, 3.0]
    generated(energy)[1](x)
    assert x == [1.0, 2.0, 3.0]


def test_the_same_text_again_gives_the_same():
    _, grad = generated(babylonian)
    assert grad(2.0) == grad(2.0)


# Random programs ----------------------------------------------------------------------------------

HELPERS = """
def half(p, q):
    r = p * q
    if r > 0.3:
        return dp.sin(r)
    return r * 0.5

def twice(s):
    x = s * s
    for i in range(2):
        x = dp.tanh(x + s)
    return x

def f(x, y, u):
"""


class Writer:
    """Writes a random program in x, y and the list u, with names, lists, branches and loops that
    get in each other's way. It is tame: values stay small, and slopes exist."""

    def __init__(self, random):
        self.random, self.known, self.lines = random, ["x", "y"], []
        self.counters, self.lists = [], []

    def one_of(self, *texts):
        return self.random.choice(texts)

    def leaf(self):
        kind = self.random.randrange(10)
        if kind == 0:
            return str(self.random.randrange(30, 170) / 100)
        if kind == 1 and self.counters:
            return self.one_of(*self.counters)
        if kind == 2:
            return f"u[{self.random.randrange(3)}]"
        if kind == 3 and self.counters and self.lists:
            return f"{self.one_of(*self.lists)}[{self.one_of(*self.counters)} % 3]"
        if kind == 4 and self.lists:
            return f"{self.one_of(*self.lists)}[{self.random.randrange(3)}]"
        return self.one_of(*self.known)

    def expression(self, depth=0):
        if depth > 2 or self.random.randrange(4) == 0:
            return self.leaf()
        a, b = self.expression(depth + 1), self.expression(depth + 1)
        return self.one_of(
            f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"-{a}", f"({a}) ** 2",
            f"({a} / (2.0 + {b} * {b}))", f"dp.sin({a})", f"dp.sigmoid({a})",
            f"dp.exp(dp.tanh({a}))", f"(1.5 + dp.sin({a})) ** dp.tanh({b})",
            f"dp.sqrt(1.0 + {a} * {a})", f"min({a}, {b} + 0.0137)",
            f"(({a}) if {self.test()} else ({b}))", f"half({a}, {b})", f"twice({a})",
        )  # fmt: skip

    def test(self):
        return f"{self.one_of(*self.known)} {self.one_of('<', '>')} {self.leaf()}"

    def learn(self, *names):
        self.known += [name for name in names if name not in self.known]

    def block(self, indent, depth, in_loop):
        for _ in range(self.random.randrange(1, 4 if depth else 6)):
            self.statement("    " * indent, indent, depth, in_loop)

    def arm(self, indent, depth, in_loop, known):
        self.known = list(known)
        self.block(indent + 1, depth + 1, in_loop)
        return self.known

    def statement(self, pad, indent, depth, in_loop):
        kind = self.random.randrange(14 if depth < 3 else 10)
        write = self.lines.append
        target = self.one_of("a", "b", "c", "d", "x", "y")
        tame = f"dp.tanh({self.expression()})"
        if kind >= 12:
            before, lists = list(self.known), list(self.lists)
            write(f"{pad}if {self.test()}:")
            arms = [self.arm(indent, depth, in_loop, before)]
            self.lists = list(lists)
            self.known = list(before)
            if self.random.randrange(3) == 0:
                write(f"{pad}elif {self.test()}:")
                arms.append(self.arm(indent, depth, in_loop, before))
                self.lists = list(lists)
            if self.random.randrange(2):
                write(f"{pad}else:")
                arms.append(self.arm(indent, depth, in_loop, before))
                self.lists = list(lists)
            else:
                arms.append(before)
            self.known = [name for name in arms[0] if all(name in arm for arm in arms)]
            if in_loop and self.random.randrange(3) == 0:
                write(f"{pad}if {self.test()}:")
                write(f"{pad}    {self.one_of('break', 'continue', f'return {self.leaf()} * x')}")
        elif kind >= 10:
            saved = list(self.known), list(self.counters), list(self.lists)
            counter = "ijkl"[depth]
            head = self.random.randrange(4)
            if head == 0:
                spans = self.one_of("3", "2", "0", "1, 4", "3, 0, -1")
                write(f"{pad}for {counter} in range({spans}):")
            elif head == 1:
                write(f"{pad}for {counter}v in u:")
            elif head == 2:
                write(f"{pad}for {counter}, {counter}v in enumerate(u[1:]):")
            else:
                write(f"{pad}{counter} = 0")
                write(f"{pad}while {counter} < 3 and {self.one_of(*self.known)} < 5.0:")
                write(f"{pad}    {counter} += 1")
            self.counters += [counter] if head != 1 else []
            self.known += [counter + "v"] if head in (1, 2) else []
            self.block(indent + 1, depth + 1, True)
            self.known, self.counters, self.lists = saved
        elif kind == 0 and target in self.known:
            write(f"{pad}{target} {self.one_of('+=', '-=', '*=')} {tame}")
        elif kind == 1:
            write(f"{pad}a, b = {tame}, dp.tanh({self.expression(1)})")
            self.learn("a", "b")
        elif kind == 2:
            a, b = self.expression(1), self.expression(1)
            made = self.one_of("p", "q")
            items = self.one_of(f"[{a}, {b}, x]", f"[dp.sin(t) * {a} for t in u]", f"[{a}] * 3")
            write(f"{pad}{made} = {items}")
            self.lists += [made] if made not in self.lists else []
        elif kind == 3 and self.lists:
            place = f"{self.one_of(*self.counters)} % 3" if self.counters else "1"
            write(f"{pad}{self.one_of(*self.lists)}[{place}] {self.one_of('=', '+=', '*=')} {tame}")
        elif kind == 4:
            over = self.one_of("u", "u[1:]", *self.lists)
            write(f"{pad}{target} = dp.tanh(sum({self.expression(2)} * t for t in {over}))")
            self.learn(target)
        elif kind == 5:
            write(f"{pad}{target} = {self.expression(1)}")
            self.learn(target)
        else:
            write(f"{pad}{target} = {tame}")
            self.learn(target)

    def text(self):
        self.block(1, 0, False)
        result = " + ".join(self.known)
        return HELPERS + "\n".join(self.lines) + f"\n    return {result} + u[0] * u[2]\n"


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_programs(seed):
    import random

    text = Writer(random.Random(seed)).text()
    f = write(text)
    point = (0.7, -0.4, [0.3, 1.1, -0.8])
    value, truth = dp.value_and_grad(f, (0, 1, 2))(*point)
    assume(abs(value) < 1e6 and max(map(abs, numbers(truth))) < 1e6)
    both, _ = generated(f)
    got, gradient = both(*point)
    assert got == value, text
    assert numbers(gradient) == pytest.approx(numbers(truth), rel=1e-7, abs=1e-9), text


# What it cannot do, it says -----------------------------------------------------------------------

REFUSED = {
    "def f(x):\n    try:\n        return x\n    except ValueError:\n        return 0.0": ["Line 2", "`try:`", "use if"],
    "def f(x):\n    with open('a') as g:\n        return x": ["Line 2", "without with"],
    "def f(x):\n    raise ValueError": ["Line 2", "assert"],
    "def f(x):\n    global y\n    y = x\n    return x": ["Line 2", "changes nothing else"],
    "def f(x):\n    import math\n    return x": ["Line 2", "head of the file"],
    "def f(x):\n    del x\n    return 1.0": ["Line 2", "leave the name alone"],
    "def f(x):\n    match x:\n        case _:\n            return x": ["Line 2", "elif"],
    "def f(x):\n    for k in range(3):\n        x = x * x\n    else:\n        x = 0\n    return x": ["Line 2", "else"],
    "def f(x):\n    return (y := x) * y": ["Line 2", "statement of its own"],
    "def f(x):\n    g = lambda y: y\n    return g(x)": ["Line 2", "with def"],
    "def f(x):\n    w = {'a': x}\n    return w['a']": ["Line 2", "one name for each entry"],
    "def f(w):\n    return w['a'] * 2": ["Line 2", "one name for each entry"],
    "def f(x):\n    return x @ x": ["Line 2", "+ - * / **"],
    "def f(x):\n    return x // 2": ["Line 2", "jump"],
    "def f(x):\n    y = x % 1.0\n    return y": ["Line 2", "jump"],
    "def f(x):\n    return int(x) * x": ["Line 2", "int(x)", "loses its derivative"],
    "def f(x, n):\n    for k in range(n):\n        x = x * x\n    return x": ["Line 2", "n is used as", "argnums=0"],
    "def f(x, i):\n    return x[i] * 2": ["Line 2", "i is used as an index", "argnums=0"],
    "def f(x):\n    return x, x": ["Line 2", "one number"],
    "def f(x):\n    return": ["Line 2", "not nothing"],
    "def f(x):\n    y = x": ["Line 1", "without a return"],
    "def f(x):\n    if x > 0:\n        return x": ["Line 1", "every way"],
    "def f(x):\n    return [x, x]": ["Line 2", "name of its own"],
    "def f(x):\n    h = [x, x]\n    return h": ["Line 3", "h is a list"],
    "def f(x):\n    h = [x, x]\n    g = h\n    return g[0]": ["Line 3", "h is a list", "list(h)"],
    "def f(x):\n    x[0] = 2.0\n    return x[1]": ["Line 2", "list(x)", "copy"],
    "def f(x):\n    def g():\n        h[0] = x\n        return x\n    h = [x]\n    return g() + h[0]": ["Line 3", "list(h)"],
    "def f(x):\n    x.append(2.0)\n    return x[1]": ["Line 2", "list(x)", "copy"],
    "def f(x):\n    h = [[x, x], [x, x]]\n    return h[0][0]": ["Line 2", "hold numbers"],
    "def f(x):\n    return x[0] * x[1][0]": ["Line 2", "two ways"],
    "def f(x):\n    return sum(v for v in x[0]) + x[1]": ["Line 2"],
    "def f(x):\n    row = x[0]\n    row[1] = 2.0\n    return row[0]": ["Line 2", "a part of", "copy"],
    "def f(x):\n    h = [x[0], x[1]]\n    return h[0][0]": ["Line 3", "h is a list of lists"],
    "def f(x):\n    for plane in x:\n        for row in plane:\n            for v in row:\n                s = v\n    return s": ["Line 2", "plane is a list of lists"],
    "def f(x):\n    a, b = a = x\n    return b": ["Line 2"],
    "def f(x):\n    i = 0\n    i, j = x[i]\n    return i * j": ["Line 3", "another name"],
    "def f(x):\n    return x.mean()": ["Line 2", "x.mean"],
    "def f(x):\n    return np.sum(x)": ["Line 2", "np.sum", "dpkit.rules"],
    "def f(x):\n    return dp.sum(x)": ["Line 2 of f", "dp.sum", "number by number"],
    "def g(p):\n    return p * 2\n\ndef f(x):\n    return g * x": ["Line 5 of f", "g comes from outside"],
    "def f(x):\n    return math.gamma(x)": ["Line 2", "math.gamma"],
    "def f(x):\n    return max(x)": ["Line 2", "write a loop"],
    "def f(x):\n    return dp.sin(x, x)": ["Line 2", "1 number"],
    "def f(x):\n    return dp.sin(x=x)": ["Line 2", "plain arguments"],
    "def f(x):\n    return f(x - 1) if x > 0 else x": ["Line 2", "calls itself"],
    "def f(x):\n    return unknown * x": ["Line 2", "unknown has no value"],
    "def f(x):\n    return text * x": ["Line 2", "text comes from outside", "str", "argument"],
    "def f(x):\n    return thing.size_of_it * x": ["Line 2", "attributes"],
    "def f(x):\n    x * x\n    return x": ["Line 2", "keeps nothing"],
    "def f(x):\n    return x > 0 and half(x) > 1 and x": ["Line 2", "nested ifs"],
    "def f(x):\n    for x.y in range(3):\n        pass\n    return x": ["Line 2", "plain names"],
    "def f(x):\n    for k in 3 * x:\n        pass\n    return x": ["Line 2", "range, a list, zip"],
    "def f(x):\n    for k in range(3):\n        k = k * x\n    return k": ["Line 2", "another name"],
    "def f(x):\n    a, *b = x\n    return a": ["Line 2", "without stars"],
    "def f(x):\n    a, b = x, x, x\n    return a": ["Line 2", "2 names", "3 values"],
    "def f(x):\n    h = [x]\n    for v in h:\n        h.append(v)\n    return x": ["Line 3", "changes while"],
    "def f(*x):\n    return x[0]": ["Line 1", "stars"],
    "def f(x):\n    yield x": ["Line 2", "return one number"],
    "def f(x=1.0):\n    return x": ["argnums=0"],
    "def f(x):\n    return half(x, x)": ["Line 2", "half takes the arguments (p)"],
    "def f(x):\n    y = 'a'\n    return x": ["Line 2", "'a' is not a number"],
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_refusals_name_the_line_and_what_to_do(text):
    half = write("def half(p):\n    if p > 0:\n        p = -p\n    return p\n", "half")
    f = write(text, text="nine", thing=object(), half=half)
    with pytest.raises(SourceError) as error:
        grad_source(f)
    for word in REFUSED[text]:
        assert word in str(error.value)
    assert str(error.value).endswith(".")


def test_refusals_in_functions_that_are_called_name_their_line():
    inner = write("def inner(x):\n    y = x\n    return y % 2\n", "inner")
    with pytest.raises(NotImplementedError, match="Line 3 of inner, `return y % 2`"):
        grad_source(write("def f(x):\n    return inner(x)\n", inner=inner))


def test_mutual_recursion_is_refused():
    ping = write("def ping(x):\n    return pong(x)\n\ndef pong(x):\n    return ping(x)\n", "ping")
    with pytest.raises(SourceError, match="calls itself"):
        grad_source(ping)


class Model:
    def predict(self, x):
        return x

    def __call__(self, x):
        return x


@pytest.mark.parametrize(
    "f, error, word",
    [
        (3.0, TypeError, "grad_source"),
        (math.sin, SourceError, "Wrap it"),
        (Model().predict, SourceError, "belongs to a class"),
        (Model, SourceError, "belongs to a class"),
        (Model(), SourceError, "Wrap it"),
    ],
)
def test_what_is_no_plain_function(f, error, word):
    with pytest.raises(error, match=word):
        grad_source(f)


def test_a_function_without_text():
    space = {}
    exec("def f(x):\n    return x", space)
    with pytest.raises(SourceError, match="cannot be found"):
        grad_source(space["f"])


def test_two_lambdas_alike_on_one_line():
    alike = [lambda x: x * 2, lambda x: x * 2]
    with pytest.raises(SourceError, match="Write the function with def"):
        grad_source(alike[0])


def test_decorators_are_refused():
    f = write("def twice(f):\n    return f\n\n@twice\ndef f(x):\n    return x\n")
    with pytest.raises(SourceError, match="decorator"):
        grad_source(f)


@pytest.mark.parametrize("argnums", [1, -2, (0, 0), (0, -1), (), (0, 5), "a", 1.0])
def test_argnums_must_fit(argnums):
    with pytest.raises(TypeError, match="argument"):
        grad_source(babylonian, argnums)


def test_where_the_slope_is_infinite():
    _, grad = generated(write("def f(x):\n    return dp.sqrt(x)\n"))
    with pytest.raises(ZeroDivisionError):
        grad(0.0)
