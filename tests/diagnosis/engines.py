"""Engines as students write them, each with a switch that breaks one rule or the sweep.

Five of them: dual numbers; variables with closures; a tape with a table of rules; tensors with
broadcasting; and functions with a context, as in torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

import dpkit as dp
from tests.diagnosis.case import Case, Faults, Problem, pick

Lib = Any  # whatever has sin, exp, log, tanh …


def from_engine(name: str, f: Callable[..., Any], engine: Callable[..., Any], args: tuple[Any, ...],
                table: tuple[tuple[str, ...], ...]) -> Iterator[Case | Problem]:  # fmt: skip
    """engine(faults) is a gradient function; the table: fault, kinds, and perhaps an operation."""
    yield Problem(name, f, lambda *args, faults=(): engine(faults)(*args), args)
    for fault, kinds, *operation in table:
        yield Case(f"{name}: {fault}", f, partial(engine, (fault,)), args, kinds, *operation,
                   family="engine", fresh=True)  # fmt: skip


# 1. Dual numbers ----------------------------------------------------------------------------------


def dual_engine(program: Callable[..., Any]) -> Callable[[Faults], Callable[..., Any]]:
    def engine(faults: Faults) -> Callable[..., Any]:
        class Dual:
            def __init__(self, v, d=0.0):
                self.v, self.d = v, d

            def __add__(self, o):
                o = (
                    o
                    if isinstance(o, Dual)
                    else Dual(o, 1.0 if "constants vary" in faults else 0.0)
                )
                return Dual(
                    self.v + o.v, self.d if "add: only the first" in faults else self.d + o.d
                )

            def __mul__(self, o):
                o = o if isinstance(o, Dual) else Dual(o)
                d = self.d * o.v + self.v * o.d
                if "mul: product of the slopes" in faults:
                    d = self.d * o.d
                if "mul: own values" in faults:
                    d = self.d * self.v + o.d * o.v
                if "mul: only the first" in faults:
                    d = self.d * o.v
                if "mul: minus" in faults:
                    d = self.d * o.v - self.v * o.d
                return Dual(self.v * o.v, d)

            def __truediv__(self, o):
                o = o if isinstance(o, Dual) else Dual(o)
                top = self.d * o.v - self.v * o.d
                if "div: plus" in faults:
                    top = self.d * o.v + self.v * o.d
                if "div: wrong way round" in faults:
                    top = -top
                return Dual(self.v / o.v, top / (o.v if "div: not squared" in faults else o.v**2))

            def __neg__(self):
                return Dual(-self.v, self.d if "neg: minus lost" in faults else -self.d)

            def __pow__(self, n):
                slope = pick(faults, {"pow: exponent left out": self.v ** (n - 1), "pow: not lowered": n * self.v**n,
                         "pow: no inner derivative": None}, n * self.v ** (n - 1))  # fmt: skip
                return Dual(self.v**n, n * self.v ** (n - 1) if slope is None else slope * self.d)

            __radd__, __rmul__ = __add__, __mul__

        def sin(x):
            slope = pick(
                faults, {"sin: minus": -math.cos(x.v), "sin: itself": math.sin(x.v)}, math.cos(x.v)
            )
            return Dual(math.sin(x.v), slope * x.d)

        def exp(x):
            e = math.exp(x.v)
            return Dual(e, pick(faults, {"exp: left out": x.d, "exp: as a power": x.v * math.exp(x.v - 1) * x.d,
                            "exp: no inner derivative": e}, e * x.d))  # fmt: skip

        def log(x):
            return Dual(
                math.log(x.v),
                pick(
                    faults,
                    {"log: 1/log": x.d / math.log(x.v), "log: multiplied": x.d * x.v},
                    x.d / x.v,
                ),
            )

        lib = SimpleNamespace(sin=sin, exp=exp, log=log)

        def gradient(*args):
            slopes = []
            for k in range(len(args)):
                duals = [Dual(x, float(n == k)) for n, x in enumerate(args)]
                slopes.append(program(*duals, lib).d)
            return tuple(slopes)

        return gradient

    return engine


def duals(rng: np.random.Generator) -> Iterator[Case | Problem]:
    def program(a, b, lib):
        p = a * b + a
        q = p * p + lib.sin(a + b)
        r = lib.log(q + 3.0) + lib.exp(-a * p)
        return r / (b * b + 1.0) + q**3 * 0.5

    def f(a, b):
        return program(a, b, dp)

    yield from from_engine(
        "dual numbers", f, dual_engine(program), tuple(rng.uniform(0.5, 1.4, 2)),
        (
            ("add: only the first", "missing_term", "add"),
            ("mul: product of the slopes", "wrong_rule", "mul"),
            ("mul: own values", "swapped", "mul"),
            ("mul: only the first", "missing_term", "mul"),
            ("mul: minus", "sign", "mul"),
            ("div: plus", "sign", "div"),
            ("div: wrong way round", "swapped sign", "div"),
            ("div: not squared", "wrong_rule missing_factor", "div"),
            ("neg: minus lost", "sign", "neg mul"),
            ("pow: exponent left out", "missing_factor", "power square"),
            ("pow: not lowered", "wrong_rule", "power square"),
            ("sin: minus", "sign", "sin"),
            ("sin: itself", "wrong_rule", "sin"),
            ("exp: left out", "missing_factor", "exp"),
            ("exp: as a power", "wrong_rule", "exp"),
            ("log: 1/log", "wrong_point", "log"),
            ("log: multiplied", "wrong_rule", "log"),
            ("pow: no inner derivative", "missing_factor not_upstream", "power square"),
            ("exp: no inner derivative", "missing_factor not_upstream", "exp"),
        ),
    )  # fmt: skip
    constants = partial(dual_engine(program), ("constants vary",))
    yield Case("dual numbers: constants vary", f, constants, tuple(rng.uniform(0.5, 1.4, 2)),
               "unknown wrong_rule", family="strange", fresh=True)  # fmt: skip


# 2. Variables with closures -------------------------------------------------------------------------


def variables(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """After Karpathy's micrograd."""

    def program(a, b, c, lib):
        h = lib.tanh(a * b + c)
        k = h * a + h * h
        m = lib.relu(k + b) * k
        return m * m + h * c - k**3

    def f(a, b, c):
        return program(a, b, c, dp)

    def engine(faults: Faults) -> Callable[..., Any]:
        class Value:
            def __init__(self, data, parents=()):
                self.data, self.grad, self.parents, self.back = data, 0.0, parents, lambda: None

            def __add__(self, o):
                out = Value(self.data + o.data, (self, o))

                def back():
                    take(self, out.grad)
                    take(o, out.grad)

                out.back = back
                return out

            def __sub__(self, o):
                out = Value(self.data - o.data, (self, o))

                def back():
                    take(self, out.grad)
                    take(o, out.grad if "sub: minus lost" in faults else -out.grad)

                out.back = back
                return out

            def __mul__(self, o):
                out = Value(self.data * o.data, (self, o))

                def back():
                    g = 1.0 if "mul: nothing from above" in faults else out.grad
                    mine, other = (
                        (self.data, o.data) if "mul: own values" in faults else (o.data, self.data)
                    )
                    take(self, mine * g, "mul: overwritten" in faults)
                    take(
                        o,
                        0.0 if "mul: second forgotten" in faults else other * g,
                        "mul: overwritten" in faults,
                    )

                out.back = back
                return out

            def __pow__(self, n):
                out = Value(self.data**n, (self,))

                def back():
                    slope = {
                        "pow: not lowered": n * self.data**n,
                        "pow: exponent left out": self.data ** (n - 1),
                    }
                    take(self, pick(faults, slope, n * self.data ** (n - 1)) * out.grad)

                out.back = back
                return out

        def tanh(x):
            out = Value(math.tanh(x.data), (x,))

            def back():
                t = out.data
                slope = pick(faults, {"tanh: of the input": 1 - x.data**2, "tanh: not squared": 1 - t, "tanh: left out": 1.0,
                         "tanh: twice": (1 - t * t) ** 2}, 1 - t * t)  # fmt: skip
                take(x, slope * (1.0 if "tanh: nothing from above" in faults else out.grad))

            out.back = back
            return out

        def relu(x):
            out = Value(max(0.0, x.data), (x,))

            def back():
                gate = {"relu: its value": out.data, "relu: other side": float(x.data <= 0)}
                take(x, pick(faults, gate, float(x.data > 0)) * out.grad)

            out.back = back
            return out

        def take(node, share, overwrite=False):
            overwrite = overwrite or "all overwritten" in faults
            node.grad = share if overwrite else node.grad + share

        lib = SimpleNamespace(tanh=tanh, relu=relu)

        def order(root):
            found, seen = [], set()

            def visit(node):
                if node in seen:
                    return
                seen.add(node)
                if "parents before children" in faults:
                    found.append(node)
                for parent in node.parents:
                    visit(parent)
                if "parents before children" not in faults:
                    found.append(node)

            visit(root)
            return found if "parents before children" in faults else found[::-1]

        def recursive(node):
            node.back()
            for parent in node.parents:
                recursive(parent)

        kept: list[Value] = []

        def gradient(*args):
            leaves = [Value(x) for x in args]
            if "not zeroed" in faults:
                if not kept:
                    kept.extend(leaves)
                for leaf, x in zip(kept, args, strict=True):
                    leaf.data = x
                leaves = kept
            root = program(*leaves, lib)
            root.grad = pick(
                faults, {"seed forgotten": 0.0, "seed 2": 2.0, "value as seed": root.data}, 1.0
            )
            if "recursion" in faults:
                recursive(root)
            else:
                for node in order(root):
                    node.back()
            return tuple(leaf.grad for leaf in leaves)

        return gradient

    yield from from_engine(
        "variables", f, engine, tuple(rng.uniform(0.4, 0.9, 3)),
        (
            ("sub: minus lost", "sign", "sub"),
            ("mul: nothing from above", "not_upstream", "mul"),
            ("mul: own values", "swapped", "mul"),
            ("mul: second forgotten", "missing_term", "mul"),
            ("pow: not lowered", "wrong_rule", "power square"),
            ("pow: exponent left out", "missing_factor", "power square"),
            ("tanh: of the input", "wrong_point", "tanh"),
            ("tanh: not squared", "wrong_rule", "tanh"),
            ("tanh: left out", "missing_factor", "tanh"),
            ("tanh: twice", "repeated_factor", "tanh"),
            ("tanh: nothing from above", "not_upstream", "tanh"),
            ("relu: its value", "wrong_rule", "relu"),
            ("relu: other side", "swapped wrong_rule missing_term", "relu mul"),
            ("all overwritten", "overwritten"),
            ("mul: overwritten", "overwritten"),
            ("recursion", "double_counted wrong_order"),
            ("seed forgotten", "zero wrong_seed"),
            ("seed 2", "factor wrong_seed"),
            ("value as seed", "wrong_seed"),
            ("not zeroed", "accumulated"),
            ("parents before children", "wrong_order"),
        ),
    )  # fmt: skip


# 3. A tape with a table of rules ----------------------------------------------------------------------


def tapes(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """After Wengert: a list of steps, and the local derivatives in a dictionary."""

    def program(x, y, lib):
        u = lib.sqrt(x * x + y)
        v = lib.exp(-u) * y
        w = u - v * x
        for _ in range(2):
            w = w * u + lib.cos(w)
        return w / u + v

    def f(x, y):
        return program(x, y, dp)

    right = {
        "+": lambda a, b, z: (1.0, 1.0), "-": lambda a, b, z: (1.0, -1.0), "*": lambda a, b, z: (b, a),
        "/": lambda a, b, z: (1 / b, -a / b**2), "neg": lambda a, z: (-1.0,), "exp": lambda a, z: (z,),
        "sqrt": lambda a, z: (0.5 / z,), "cos": lambda a, z: (-math.sin(a),),
    }  # fmt: skip
    broken = {
        "-: both plus": ("-", lambda a, b, z: (1.0, 1.0)), "*: a sum": ("*", lambda a, b, z: (1.0, 1.0)),
        "*: own values": ("*", lambda a, b, z: (a, b)), "/: minus lost": ("/", lambda a, b, z: (1 / b, a / b**2)),
        "/: a lost": ("/", lambda a, b, z: (1 / b, -1 / b**2)), "/: not squared": ("/", lambda a, b, z: (1 / b, -a / b)),
        "exp: 1": ("exp", lambda a, z: (1.0,)), "exp: of the result": ("exp", lambda a, z: (math.exp(z),)),
        "sqrt: half lost": ("sqrt", lambda a, z: (1 / z,)), "sqrt: of the input": ("sqrt", lambda a, z: (0.5 / a,)),
        "cos: sign": ("cos", lambda a, z: (math.sin(a),)), "cos: itself": ("cos", lambda a, z: (math.cos(a),)),
        "neg: plus": ("neg", lambda a, z: (1.0,)),
    }  # fmt: skip
    compute = {
        "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
        "neg": lambda a: -a, "exp": math.exp, "sqrt": math.sqrt, "cos": math.cos,
    }  # fmt: skip

    def engine(faults: Faults) -> Callable[..., Any]:
        rules = dict(right)
        for fault in set(faults) & set(broken):
            name, rule = broken[fault]
            rules[name] = rule

        def gradient(*args):
            values: list[float] = []
            tape: list[tuple[str, tuple[int, ...], int]] = []

            class Node:
                def __init__(self, value):
                    self.n = len(values)
                    values.append(value)

                def __add__(self, o):
                    return step("+", self, o)

                def __sub__(self, o):
                    return step("-", self, o)

                def __mul__(self, o):
                    return step("*", self, o)

                def __truediv__(self, o):
                    return step("/", self, o)

                def __neg__(self):
                    return step("neg", self)

            def step(name, *parents):
                out = Node(compute[name](*[values[p.n] for p in parents]))
                tape.append((name, tuple(p.n for p in parents), out.n))
                return out

            lib = SimpleNamespace(
                **{name: lambda x, name=name: step(name, x) for name in ("exp", "sqrt", "cos")}
            )
            leaves = [Node(x) for x in args]
            root = program(*leaves, lib)
            adjoint = [0.0] * len(values)
            adjoint[root.n] = 1.0
            steps = tape if "forwards" in faults else tape[::-1]
            for name, parents, out in steps:
                partials = rules[name](*[values[p] for p in parents], values[out])
                shares = [adjoint[out] * d for d in partials]
                if "x * x once" in faults and len(set(parents)) < len(parents):
                    shares, parents = shares[:1], parents[:1]
                for p, share in zip(parents, shares, strict=True):
                    if "overwritten" in faults:
                        adjoint[p] = share
                    elif "no chain" in faults:
                        adjoint[p] += partials[parents.index(p)]
                    else:
                        adjoint[p] += share
            return tuple(adjoint[leaf.n] for leaf in leaves)

        return gradient

    yield from from_engine(
        "tape", f, engine, tuple(rng.uniform(0.6, 1.5, 2)),
        (
            ("-: both plus", "sign", "sub"), ("*: a sum", "wrong_rule", "mul"), ("*: own values", "swapped", "mul"),
            ("/: minus lost", "sign", "div"), ("/: a lost", "missing_factor", "div"), ("/: not squared", "wrong_rule", "div"),
            ("exp: 1", "missing_factor", "exp"), ("exp: of the result", "wrong_point wrong_rule", "exp"),
            ("sqrt: half lost", "missing_factor", "sqrt"), ("sqrt: of the input", "wrong_rule wrong_point", "sqrt"),
            ("cos: sign", "sign", "cos"), ("cos: itself", "wrong_rule", "cos"), ("neg: plus", "sign", "neg"),
            ("overwritten", "overwritten"), ("no chain", "not_upstream"),
            ("x * x once", "missing_term overwritten", "mul"), ("forwards", "wrong_order zero"),
        ),
    )  # fmt: skip


# 4. Tensors with broadcasting ----------------------------------------------------------------------------


def tensors(rng: np.random.Generator) -> Iterator[Case | Problem]:
    n, d, h = 6, 3, 4
    data, target = rng.normal(size=(n, d)), rng.normal(size=(n, h))
    picks = np.array([0, 2, 2, 1, 5])

    def program(W1, b1, W2, scale, lib, X, T):
        H = lib.tanh(X @ W1 + b1)
        out = lib.relu(H @ W2) * scale + H
        rows = out[picks]
        return ((out - T) ** 2).mean() + (rows * rows).sum() / 9.0

    def f(W1, b1, W2, scale):
        return program(W1, b1, W2, scale, dp, data, target)

    def engine(faults: Faults) -> Callable[..., Any]:
        def fit(g, shape):
            """Sum over the axes along which an array of this shape was stretched."""
            if "no unbroadcast" in faults:
                return g
            while g.ndim > len(shape):
                g = pick(faults, {"unbroadcast averages": g.mean(axis=0), "unbroadcast takes the first": g[0],
                     "unbroadcast takes the last": g[-1]}, g.sum(axis=0))  # fmt: skip
            return g

        class Tensor:
            def __init__(self, data, parents=()):
                self.data, self.grad, self.parents, self.back = (
                    np.asarray(data, float),
                    0.0,
                    parents,
                    None,
                )

            def __add__(self, o):
                return node(
                    self.data + o.data,
                    (self, o),
                    lambda g: (fit(g, self.data.shape), fit(g, o.data.shape)),
                )

            def __sub__(self, o):
                return node(self.data - o.data, (self, o), lambda g: (g, -fit(g, o.data.shape)))

            def __mul__(self, o):
                def back(g):
                    mine, other = (self, o) if "mul: own values" in faults else (o, self)
                    return fit(g * mine.data, self.data.shape), fit(g * other.data, o.data.shape)

                return node(self.data * o.data, (self, o), back)

            def __truediv__(self, c):
                return node(
                    self.data / c, (self,), lambda g: (g if "div: left out" in faults else g / c,)
                )

            def __matmul__(self, o):
                def back(g):
                    right = (
                        o.data
                        if "matmul: W for Wᵀ" in faults and o.data.shape[0] == o.data.shape[1]
                        else o.data.T
                    )
                    left = self.data.T
                    one, two = g @ right, left @ g
                    if "matmul: W left out" in faults and one.shape == g.shape:
                        one = g
                    if "matmul: nothing from above" in faults:
                        two = left @ np.ones_like(g)
                    if "matmul: square one transposed" in faults and two.shape[0] == two.shape[1]:
                        two = two.T
                    return one, two

                return node(self.data @ o.data, (self, o), back)

            def __pow__(self, c):
                slope = {
                    "pow: exponent left out": self.data ** (c - 1),
                    "pow: not lowered": c * self.data**c,
                }
                return node(
                    self.data**c,
                    (self,),
                    lambda g: (g * pick(faults, slope, c * self.data ** (c - 1)),),
                )

            def __getitem__(self, key):
                def back(g):
                    out = np.zeros_like(self.data)
                    if "getitem: assigned" in faults:
                        out[key] = g
                    elif "getitem: += once" in faults:
                        out[key] += g
                    else:
                        np.add.at(out, key, g)
                    return (out,)

                return node(self.data[key], (self,), back)

            def sum(self):
                return node(self.data.sum(), (self,), lambda g: (
                    np.full_like(self.data, g / self.data.size if "sum: averages" in faults else g),))  # fmt: skip

            def mean(self):
                size = pick(
                    faults, {"mean: sums": 1, "mean: rows only": len(self.data)}, self.data.size
                )
                return node(
                    self.data.mean(), (self,), lambda g: (np.full_like(self.data, g / size),)
                )

        def node(value, parents, back):
            out = Tensor(value, parents)
            out.back = back
            return out

        def tanh(x):
            t = np.tanh(x.data)
            slope = pick(faults, {"tanh: left out": np.ones_like(t), "tanh: not squared": 1 - t, "tanh: of the input": 1 - x.data**2,
                     "tanh: plus": 1 + t * t}, 1 - t * t)  # fmt: skip
            return node(
                t, (x,), lambda g: (slope if "tanh: nothing from above" in faults else g * slope,)
            )

        def relu(x):
            gate = pick(faults, {"relu: of what comes": None, "relu: left out": np.ones_like(x.data),
                    "relu: its value": np.maximum(x.data, 0)}, x.data > 0)  # fmt: skip
            return node(
                np.maximum(x.data, 0),
                (x,),
                lambda g: (np.maximum(g, 0) if gate is None else g * gate,),
            )

        lib = SimpleNamespace(tanh=tanh, relu=relu)

        def gradient(*args):
            leaves = [Tensor(x) for x in args]
            root = program(*leaves, lib, Tensor(data), Tensor(target))
            order: list[Tensor] = []

            def visit(t):
                if t not in order:
                    for parent in t.parents:
                        visit(parent)
                    order.append(t)

            visit(root)
            root.grad = np.ones(())
            for t in reversed(order):
                if t.back:
                    for parent, share in zip(t.parents, t.back(t.grad), strict=True):
                        if "overwritten" in faults:
                            parent.grad = share
                        elif (
                            "shared adjoints" in faults
                            and isinstance(parent.grad, np.ndarray)
                            and parent.grad.shape == np.shape(share)
                        ):
                            parent.grad += share
                        elif "shared adjoints" in faults and isinstance(parent.grad, float):
                            parent.grad = share
                        else:
                            parent.grad = parent.grad + share
            return tuple(leaf.grad for leaf in leaves)

        return gradient

    args = rng.normal(size=(d, h)), rng.normal(size=h), rng.normal(size=(h, h)), rng.normal(size=h)
    yield from from_engine(
        "tensors", f, engine, args,
        (
            ("no unbroadcast", "not_summed"),
            ("unbroadcast averages", "averaged factor"),
            ("unbroadcast takes the first", "missing_term not_summed"),
            ("unbroadcast takes the last", "overwritten missing_term not_summed"),
            ("mul: own values", "swapped", "mul"),
            ("div: left out", "missing_factor factor", "div"),
            ("matmul: W for Wᵀ", "transposed swapped wrong_rule", "matmul"),
            ("matmul: W left out", "missing_factor", "matmul"),
            ("matmul: nothing from above", "not_upstream missing_factor", "matmul"),
            ("matmul: square one transposed", "transposed"),
            ("pow: exponent left out", "missing_factor", "power square"),
            ("pow: not lowered", "wrong_rule", "power square"),
            ("getitem: assigned", "overwritten", "getitem"),
            ("getitem: += once", "overwritten", "getitem"),
            ("sum: averages", "averaged factor", "sum div"),
            ("mean: sums", "averaged", "mean div"),
            ("mean: rows only", "averaged factor", "mean div"),
            ("tanh: left out", "missing_factor", "tanh"),
            ("tanh: not squared", "wrong_rule", "tanh"),
            ("tanh: of the input", "wrong_point", "tanh"),
            ("tanh: plus", "sign wrong_rule", "tanh"),
            ("tanh: nothing from above", "not_upstream", "tanh"),
            ("relu: of what comes", "wrong_rule wrong_point", "relu"),
            ("relu: left out", "missing_factor", "relu"),
            ("relu: its value", "wrong_rule", "relu"),
            ("overwritten", "overwritten"),
        ),
    )  # fmt: skip


# 5. Functions with a context -------------------------------------------------------------------------------


def contexts(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """After torch.autograd.Function: forward saves, backward uses what was saved."""
    n, d = 5, 3
    X, T = rng.normal(size=(n, d)), rng.normal(size=(n, d))

    def f(W, b, s):
        z = X @ W + b
        p = dp.softmax(z, axis=1)
        q = dp.sigmoid(s * z)
        return dp.sum(T * p) - dp.sum(dp.log(q)) / n

    def engine(faults: Faults) -> Callable[..., Any]:
        class Linear:
            @staticmethod
            def forward(ctx, x, w, b):
                ctx.saved = x, w
                return x @ w + b

            @staticmethod
            def backward(ctx, g):
                x, w = ctx.saved
                if "linear: W the other way" in faults:
                    return g @ w.T, g.T @ x, g.sum(axis=0)
                if "linear: b over the wrong axis" in faults:
                    return g @ w.T, x.T @ g, g.sum(axis=1)
                if "linear: b averaged" in faults:
                    return g @ w.T, x.T @ g, g.mean(axis=0)
                return g @ w.T, x.T @ g, g.sum(axis=0)

        class Scale:
            @staticmethod
            def forward(ctx, s, x):
                ctx.saved = s, (s * x if "scale: output saved" in faults else x)
                return s * x

            @staticmethod
            def backward(ctx, g):
                s, x = ctx.saved
                if "scale: s not summed" in faults:
                    return g * x, g * s
                if "scale: s averaged" in faults:
                    return (g * x).mean(), g * s
                if "scale: s left out" in faults:
                    return (g * x).sum(), g
                return (g * x).sum(), g * s

        class Softmax:
            @staticmethod
            def forward(ctx, z):
                e = np.exp(z - z.max(axis=1, keepdims=True))
                p = e / e.sum(axis=1, keepdims=True)
                ctx.saved = p
                return p

            @staticmethod
            def backward(ctx, g):
                p = ctx.saved
                if "softmax: diagonal only" in faults:
                    return g * p * (1 - p)
                if "softmax: no correction" in faults:
                    return g * p
                return p * (g - (g * p).sum(axis=1, keepdims=True))

        class Sigmoid:
            @staticmethod
            def forward(ctx, z):
                q = 1 / (1 + np.exp(-z))
                ctx.saved = z if "sigmoid: input saved" in faults else q
                return q

            @staticmethod
            def backward(ctx, g):
                q = ctx.saved
                slope = pick(faults, {"sigmoid: 1 - q forgotten": q, "sigmoid: slope of tanh": 1 - q * q,
                         "sigmoid: plus": q * (1 + q)}, q * (1 - q))  # fmt: skip
                return slope if "sigmoid: nothing from above" in faults else g * slope

        class Log:
            @staticmethod
            def forward(ctx, q):
                ctx.saved = np.log(q) if "log: output saved" in faults else q
                return np.log(q)

            @staticmethod
            def backward(ctx, g):
                return g * ctx.saved if "log: multiplied" in faults else g / ctx.saved

        def gradient(W, b, s):
            linear, scale, soft, sig, log = (SimpleNamespace() for _ in range(5))
            z = Linear.forward(linear, X, W, b)
            Softmax.forward(soft, z)
            q = Sigmoid.forward(sig, Scale.forward(scale, s, z))
            Log.forward(log, q)
            dq = Log.backward(
                log, np.full((n, d), 1 / n if "difference: minus lost" in faults else -1 / n)
            )
            ds, dz = Scale.backward(scale, Sigmoid.backward(sig, dq))
            more = Softmax.backward(soft, T)
            dz = pick(
                faults, {"second branch overwrites": more, "second branch only in z": dz}, dz + more
            )
            _, dW, db = Linear.backward(linear, dz)
            return dW, db, ds

        return gradient

    yield from from_engine(
        "contexts", f, engine, (rng.normal(size=(d, d)), rng.normal(size=d), 1.3),
        (
            ("linear: W the other way", "transposed"),
            ("linear: b averaged", "averaged"),
            ("linear: b over the wrong axis", "shape not_summed"),
            ("scale: s not summed", "not_summed"),
            ("scale: s averaged", "averaged"),
            ("scale: s left out", "missing_factor", "mul"),
            ("scale: output saved", "wrong_point", "mul"),
            ("softmax: diagonal only", "missing_term", "softmax"),
            ("softmax: no correction", "missing_term", "softmax"),
            ("sigmoid: input saved", "wrong_point", "sigmoid"),
            ("sigmoid: 1 - q forgotten", "missing_factor", "sigmoid"),
            ("sigmoid: slope of tanh", "wrong_rule", "sigmoid"),
            ("sigmoid: plus", "sign wrong_rule", "sigmoid"),
            ("sigmoid: nothing from above", "not_upstream", "sigmoid log"),
            ("log: output saved", "wrong_point", "log"),
            ("log: multiplied", "wrong_rule", "log"),
            ("difference: minus lost", "sign", "sub"),
            ("second branch overwrites", "overwritten missing_term"),
            ("second branch only in z", "missing_term overwritten missing_factor"),
        ),
    )  # fmt: skip


PROBLEMS = (duals, variables, tapes, tensors, contexts)
