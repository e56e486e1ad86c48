"""Functions of single numbers, differentiated with paper and pencil."""

from __future__ import annotations

from collections.abc import Iterator
from math import atan, cos, exp, log, sin, sqrt, tanh

import numpy as np

import dpkit as dp
from tests.diagnosis.case import Case, Problem, pick


def neuron(rng: np.random.Generator) -> Iterator[Case | Problem]:
    x, t = rng.uniform(1.2, 2.0), rng.uniform(0.2, 0.5)

    def f(w, b):
        a = w * x + b
        y = dp.tanh(a)
        return (y - t) ** 2

    def backward(w, b, faults=()):
        a = w * x + b
        y = tanh(a)
        error = pick(faults, {"no 2": y - t, "outer derivative left out": 1.0, "cubed": 3 * (y - t) ** 2,
                 "power not lowered": 2 * (y - t) ** 2}, 2 * (y - t))  # fmt: skip
        slope = pick(faults, {
            "tanh' left out": 1.0, "tanh' of the input": 1 - a * a, "output not squared": 1 - y,
            "slope of sigmoid": y * (1 - y), "tanh' twice": (1 - y * y) ** 2,
            "slope of tan": 1 + y * y,
        }, 1 - y * y)  # fmt: skip
        da = error * slope
        if "tanh' alone" in faults:
            da = slope
        dw = pick(faults, {"no x": da, "w for x": da * w}, da * x)
        db = pick(faults, {"b like w": da * x, "no b": 0.0, "b for 1": da * b}, da)
        return pick(faults, {"exchanged": (db, dw), "upside down": (-dw, -db)}, (dw, db))

    problem = Problem("neuron", f, backward, (rng.uniform(0.2, 0.5), rng.uniform(-0.4, -0.1)))
    yield problem
    yield from problem.cases(
        ("no 2", "missing_factor factor", "power square"),
        ("outer derivative left out", "missing_factor not_upstream", "power tanh"),
        ("cubed", "wrong_rule other_function unknown", "power square"),
        ("power not lowered", "wrong_rule", "power square", "(y - t) ** 2"),
        ("tanh' left out", "missing_factor", "tanh", "y = dp.tanh(a)"),
        ("tanh' of the input", "wrong_point", "tanh", "y = dp.tanh(a)"),
        ("output not squared", "wrong_rule", "tanh", "y = dp.tanh(a)"),
        ("slope of sigmoid", "wrong_rule", "tanh", "y = dp.tanh(a)"),
        ("tanh' twice", "repeated_factor", "tanh", "y = dp.tanh(a)"),
        ("slope of tan", "sign wrong_rule", "tanh", "y = dp.tanh(a)"),
        ("tanh' alone", "not_upstream missing_factor", "tanh power"),
        ("no x", "missing_factor wrong_argument", "mul"),
        ("w for x", "swapped wrong_point", "mul", "w * x"),
        ("b like w", "wrong_argument factor", ""),
        ("no b", "missing_term zero", "add"),
        ("exchanged", "swapped wrong_argument"),
        ("upside down", "sign"),
    )


def rational(rng: np.random.Generator) -> Iterator[Case | Problem]:
    def f(a, b, x):
        top = a + b * x
        below = 1 + x * x
        return top / below

    def backward(a, b, x, faults=()):
        top, below = a + b * x, 1 + x * x
        dx = pick(
            faults,
            {
                "denominator held": b / below,
                "numerator held": -2 * x * top / below**2,
                "wrong way round": (2 * x * top - b * below) / below**2,
                "plus for minus": (b * below + 2 * x * top) / below**2,
                "quotient of the derivatives": b / (2 * x),
                "denominator not squared": (b * below - 2 * x * top) / below,
            },
            (b * below - 2 * x * top) / below**2,
        )
        da = pick(faults, {"not divided": 1.0}, 1 / below)
        db = pick(faults, {"not divided": x, "b without x": 1 / below}, x / below)
        return da, db, dx

    problem = Problem("rational", f, backward, tuple(rng.uniform(0.5, 2.0, 3)))
    yield problem
    yield from problem.cases(
        ("denominator held", "missing_term overwritten", "div mul"),
        ("numerator held", "missing_term overwritten", "div mul add"),
        ("wrong way round", "swapped sign", "div"),
        ("plus for minus", "sign", "div"),
        ("quotient of the derivatives", "wrong_rule", "div"),
        ("denominator not squared", "wrong_rule missing_factor", "div"),
        ("b without x", "missing_factor wrong_argument", "mul"),
    )


def cube_root(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """Newton's method, differentiated along the way."""

    def f(a):
        x = 1.5
        for _ in range(3):
            x = (2 * x + a / x**2) / 3
        return x

    def backward(a, faults=()):
        x, dx = 1.5, 0.0
        for turn in range(3):
            if "last turn only" in faults and turn == 2:
                dx = 0.0
            share = pick(faults, {"x² held": 0.0, "sign of x⁻²": 2 * a / x**3, "exponent left out": -a / x**3,
                     "not lowered": -2 * a / x**2}, -2 * a / x**3)  # fmt: skip
            again = pick(faults, {"2x held": 0.0, "2 left out": 1.0}, 2.0)
            third = 1.0 if "3 left out" in faults else 1 / 3
            direct = pick(faults, {"a held": 0.0, "a not divided": 1.0}, 1 / x**2)
            if "a held" in faults and turn == 0:
                direct = 1 / x**2
            x, dx = (2 * x + a / x**2) / 3, third * (again * dx + direct + share * dx)
        return dx

    problem = Problem("cube root", f, backward, (rng.uniform(20.0, 40.0),))
    yield problem
    yield from problem.cases(
        ("last turn only", "missing_term overwritten"),
        ("x² held", "missing_term overwritten", "div power"),
        ("sign of x⁻²", "sign", "div power"),
        ("exponent left out", "missing_factor", "power square", "x**2"),
        ("2x held", "missing_term overwritten wrong_rule", "mul add"),
        ("2 left out", "missing_factor", "mul"),
        ("3 left out", "missing_factor", "div"),
        ("a not divided", "missing_factor", "div"),
        ("a held", "overwritten missing_term", "div"),
    )


def recurrence(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """A recurrent network of single numbers, by backpropagation through time."""
    xs, start, t = rng.uniform(-1.0, 1.0, 4).tolist(), rng.uniform(0.3, 0.6), rng.uniform(1.0, 2.0)

    def f(w, u, v):
        h = start
        for x in xs:
            h = dp.tanh(w * h + u * x)
        return (v * h - t) ** 2

    def backward(w, u, v, faults=()):
        hs = [start]
        for x in xs:
            hs.append(tanh(w * hs[-1] + u * x))
        dy = 2 * (v * hs[-1] - t)
        dv = pick(faults, {"v forgotten": 0.0}, dy * hs[-1])
        dh = dy if "no v on the way" in faults else dy * v
        dw = du = 0.0
        for k in reversed(range(len(xs))):
            h, before = hs[k + 1], hs[k]
            slope = pick(faults, {"tanh' left out": 1.0, "1 + h²": 1 + h * h, "1 - h": 1 - h,
                     "tanh' twice": (1 - h * h) ** 2}, 1 - h * h)  # fmt: skip
            da = dh * slope
            state = h if "state after the step" in faults else before
            if "overwritten" in faults:
                dw, du = da * state, da * xs[k]
            else:
                dw, du = dw + da * state, du + da * xs[k]
            dh = pick(
                faults,
                {"no w on the way": da, "h for w": da * before, "memory loses sign": -da * w},
                da * w,
            )
            if "last step only" in faults:
                break
        return pick(
            faults,
            {"w and u exchanged": (du, dw, dv), "u and v exchanged": (dw, dv, du)},
            (dw, du, dv),
        )

    args = rng.uniform(0.5, 0.9), rng.uniform(0.6, 1.1), rng.uniform(-1.5, -0.7)
    problem = Problem("recurrence", f, backward, args)
    yield problem
    yield from problem.cases(
        ("v forgotten", "missing_term zero", "mul", "v * h"),
        ("no v on the way", "missing_factor", "mul", "v * h"),
        ("tanh' left out", "missing_factor", "tanh", "dp.tanh(w * h"),
        ("1 + h²", "sign wrong_rule", "tanh", "dp.tanh(w * h"),
        ("1 - h", "wrong_rule", "tanh", "dp.tanh(w * h"),
        ("tanh' twice", "repeated_factor", "tanh", "dp.tanh(w * h"),
        ("state after the step", "wrong_point", ""),
        ("overwritten", "overwritten", "mul"),
        ("no w on the way", "missing_factor", "mul", "w * h"),
        ("h for w", "swapped", "mul", "w * h"),
        ("memory loses sign", "sign", "mul add"),
        ("last step only", "missing_term overwritten", ""),
        ("w and u exchanged", "swapped wrong_argument"),
        ("u and v exchanged", "swapped wrong_argument"),
    )


def oscillator(rng: np.random.Generator) -> Iterator[Case | Problem]:
    def f(k, w, t):
        envelope = dp.exp(-k * t)
        return envelope * dp.cos(w * t)

    def backward(k, w, t, faults=()):
        e, c = exp(-k * t), cos(w * t)
        s = pick(faults, {"cos' = sin": sin(w * t), "cos' at t": -sin(t), "cos' = cos": cos(w * t),
             "no inner derivative of cos": -sin(w * t)}, -sin(w * t))  # fmt: skip
        de = pick(faults, {"exp as a power": -k * t * exp(-k * t - 1), "exp' left out": 1.0}, e)
        minus = 1.0 if "minus lost" in faults else -1.0
        dk, dw = minus * t * de * c, e * s * t
        dt = pick(
            faults,
            {
                "envelope held": e * s * w,
                "cosine held": -k * de * c,
                "product of the derivatives": -k * de * s * w,
            },
            minus * k * de * c + e * s * w,
        )
        if "w without t" in faults:
            dw = e * s
        return dk, dw, dt

    problem = Problem("oscillator", f, backward, tuple(rng.uniform(0.4, 1.3, 3)))
    yield problem
    yield from problem.cases(
        ("cos' = sin", "sign", "cos", "dp.cos(w * t)"),
        ("cos' at t", "wrong_point", "cos", "dp.cos(w * t)"),
        ("cos' = cos", "wrong_rule", "cos", "dp.cos(w * t)"),
        ("exp as a power", "wrong_rule", "exp", "dp.exp(-k * t)"),
        ("exp' left out", "missing_factor", "exp", "dp.exp(-k * t)"),
        ("minus lost", "sign", "neg mul exp", "dp.exp(-k * t)"),
        ("envelope held", "missing_term overwritten", "mul"),
        ("cosine held", "missing_term overwritten", "mul"),
        ("product of the derivatives", "wrong_rule", "mul"),
        ("w without t", "missing_factor", "mul"),
    )


def free_energy(rng: np.random.Generator) -> Iterator[Case | Problem]:
    def f(a, b, c):
        z = dp.exp(a) + dp.exp(b) + dp.exp(c)
        return dp.log(z)

    def backward(a, b, c, faults=()):
        es = [exp(a), exp(b), exp(c)]
        z = sum(es)
        slope = pick(
            faults,
            {"log' left out": 1.0, "1/log": 1 / log(z), "1/z²": 1 / z**2, "log' = z": z},
            1 / z,
        )
        if "exp' left out" in faults:
            es = [1.0] * 3
        return tuple(e * slope for e in es)

    problem = Problem("free energy", f, backward, tuple(rng.uniform(-1.0, 1.0, 3)))
    yield problem
    yield from problem.cases(
        ("log' left out", "missing_factor", "log"),
        ("1/log", "wrong_point", "log"),
        ("1/z²", "wrong_rule repeated_factor", "log"),
        ("log' = z", "wrong_rule", "log"),
        ("exp' left out", "missing_factor", "exp"),
    )


def surprise(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """Minus the logarithm of a normal density."""

    def f(x, m, s):
        z = (x - m) / s
        return 0.5 * z**2 + dp.log(s)

    def backward(x, m, s, faults=()):
        z = (x - m) / s
        dz = pick(faults, {"no 2": 0.5 * z, "half left out": 2 * z}, z)
        dx = dz if "not divided by s" in faults else dz / s
        dm = dx if "m has lost its minus" in faults else -dx
        width = pick(
            faults,
            {"s only in the logarithm": 0.0, "s below has lost its minus": dz * z / s},
            -dz * z / s,
        )
        return dx, dm, pick(faults, {"logarithm forgotten": width}, width + 1 / s)

    problem = Problem("surprise", f, backward, (2.0, rng.uniform(0.5, 1.0), rng.uniform(0.6, 1.4)))
    yield problem
    yield from problem.cases(
        ("no 2", "missing_factor factor", "power square"),
        ("half left out", "missing_factor factor", "mul"),
        ("not divided by s", "missing_factor", "div"),
        ("m has lost its minus", "sign", "sub"),
        ("s only in the logarithm", "missing_term overwritten", "div"),
        ("s below has lost its minus", "sign", "div"),
        ("logarithm forgotten", "missing_term overwritten", "log"),
    )


def population(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """The logistic map, differentiated along the way in both its arguments."""

    def f(r, x):
        for _ in range(4):
            x = r * x * (1 - x)
        return x

    def backward(r, x, faults=()):
        by_r, by_x = 0.0, 1.0
        for turn in range(4):
            slope = pick(faults, {"1 - x held": r * (1 - x), "plus for minus": r * (1 - x) + r * x,
                     "x held": -r * x, "product of the derivatives": -r}, r * (1 - x) - r * x)  # fmt: skip
            if "r only at the end" in faults and turn == 3:
                by_r = 0.0
            by_r = slope * by_r + x * (1 - x)
            by_x = slope * by_x
            x = r * x * (1 - x)
        return by_r, by_x

    problem = Problem("population", f, backward, (rng.uniform(2.4, 3.2), rng.uniform(0.2, 0.4)))
    yield problem
    yield from problem.cases(
        ("1 - x held", "missing_term overwritten", "mul sub"),
        ("plus for minus", "sign", "mul sub"),
        ("x held", "missing_term overwritten", "mul"),
        ("r only at the end", "missing_term overwritten", "mul"),
    )


def molecules(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """Lennard-Jones."""

    def f(r, e):
        s = 1 / r
        return 4 * e * (s**12 - s**6)

    def backward(r, e, faults=()):
        s = 1 / r
        ds = pick(faults, {"6 not lowered": 12 * s**11 - 6 * s**6, "12 left out": s**11 - 6 * s**5,
              "attraction held": 12 * s**11, "plus": 12 * s**11 + 6 * s**5}, 12 * s**11 - 6 * s**5)  # fmt: skip
        inner = pick(
            faults, {"1/r left out": 1.0, "1/r without minus": s * s, "1/r not squared": -s}, -s * s
        )
        four = 1.0 if "4 left out" in faults else 4.0
        dr = four * ds * inner if "no e" in faults else four * e * ds * inner
        return dr, four * (s**12 - s**6)

    problem = Problem("molecules", f, backward, (rng.uniform(1.05, 1.3), rng.uniform(0.5, 0.9)))
    yield problem
    yield from problem.cases(
        ("6 not lowered", "wrong_rule", "power square", "s**6"),
        ("12 left out", "missing_factor", "power square", "s**12"),
        ("attraction held", "missing_term overwritten", "power sub"),
        ("plus", "sign", "power sub"),
        ("1/r left out", "missing_factor", "div", "s = 1 / r"),
        ("1/r without minus", "sign", "div", "s = 1 / r"),
        ("1/r not squared", "wrong_rule", "div", "s = 1 / r"),
        ("4 left out", "missing_factor factor", "mul"),
        ("no e", "missing_factor", "mul"),
    )


def distance(rng: np.random.Generator) -> Iterator[Case | Problem]:
    def f(x, y):
        return dp.sqrt(x**2 + 3 * y**2)

    def backward(x, y, faults=()):
        r = sqrt(x * x + 3 * y * y)
        slope = pick(faults, {"root upside down": r / 2, "root left out": 1.0, "2 above": 2 / r,
                 "root of the root": 0.5 / r**2}, 0.5 / r)  # fmt: skip
        dx = pick(faults, {"x² not differentiated": 1.0, "x² held back": x}, 2 * x)
        return slope * dx, slope * 6 * y

    problem = Problem("distance", f, backward, tuple(rng.uniform(0.7, 1.9, 2)))
    yield problem
    yield from problem.cases(
        ("root upside down", "wrong_rule", "sqrt"),
        ("root left out", "missing_factor", "sqrt"),
        ("2 above", "wrong_rule factor", "sqrt"),
        ("root of the root", "wrong_rule", "sqrt"),
        ("x² not differentiated", "missing_factor", "power square", ""),
        ("x² held back", "missing_factor factor", "power square", ""),
    )


def angle(rng: np.random.Generator) -> Iterator[Case | Problem]:
    def f(x, y):
        return dp.arctan(y / x) * 2.5

    def backward(x, y, faults=()):
        q = y / x
        slope = pick(faults, {"1 - q²": 1 / (1 - q * q), "slope of tan": 1 + q * q, "1/(1 + q)": 1 / (1 + q),
                 "arctan' left out": 1.0, "arctan' at the angle": 1 / (1 + atan(q) ** 2)}, 1 / (1 + q * q))  # fmt: skip
        dx = pick(faults, {"1/x has lost its minus": q / x, "x not squared": -q}, -q / x)
        return 2.5 * slope * dx, 2.5 * slope / x

    problem = Problem("angle", f, backward, (rng.uniform(1.2, 2.0), rng.uniform(0.3, 0.8)))
    yield problem
    yield from problem.cases(
        ("1 - q²", "sign wrong_rule", "arctan"),
        ("slope of tan", "wrong_rule", "arctan"),
        ("1/(1 + q)", "wrong_rule", "arctan"),
        ("arctan' left out", "missing_factor", "arctan"),
        ("arctan' at the angle", "wrong_point wrong_rule", "arctan"),
        ("1/x has lost its minus", "sign", "div"),
        ("x not squared", "wrong_rule missing_factor", "div"),
    )


def hinge(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """A support vector machine of one datum, with a regulariser."""
    x, t, strength = rng.uniform(0.6, 1.4), -1.0, rng.uniform(0.2, 0.4)

    def f(w, b):
        margin = t * (w * x + b)
        return dp.maximum(0.0, 1 - margin) + strength * w**2

    def backward(w, b, faults=()):
        active = 1.0 if "not gated" in faults else float(1 - t * (w * x + b) > 0)
        sign = 1.0 if "minus of 1 - margin lost" in faults else -1.0
        label = 1.0 if "label left out" in faults else t
        dm = sign * active * label
        keep = pick(faults, {"regulariser forgotten": 0.0, "regulariser without 2": strength * w,
                "regulariser twice": 4 * strength * w, "strength left out": 2 * w}, 2 * strength * w)  # fmt: skip
        return dm * x + keep, dm + (2 * strength * b if "b regularised too" in faults else 0.0)

    active = Problem("hinge", f, backward, (rng.uniform(0.3, 0.6), rng.uniform(0.2, 0.4)))
    yield active
    yield from active.cases(
        ("minus of 1 - margin lost", "sign", ""),
        ("regulariser forgotten", "missing_term weight_decay", ""),
        ("regulariser without 2", "missing_factor factor weight_decay", "power square"),
        ("regulariser twice", "factor double_counted weight_decay repeated_factor", ""),
        ("strength left out", "missing_factor weight_decay", "mul"),
        ("b regularised too", "weight_decay", ""),
    )
    idle = Problem("hinge, idle", f, backward, (-2.5, -1.0))
    yield idle
    yield from idle.cases(("not gated", "wrong_rule missing_factor", "maximum"))


PROBLEMS = (
    neuron, rational, cube_root, recurrence, oscillator, free_energy, surprise, population,
    molecules, distance, angle, hinge,
)  # fmt: skip
