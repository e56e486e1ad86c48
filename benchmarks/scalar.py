"""The scalar engine against micrograd, on micrograd's own demo.

An MLP(2, [16, 16, 1]) on single numbers, 100 points of two moons, hinge loss ("SVM") and L2
regularisation, forward and backward: the program of ``demo.ipynb`` in karpathy/micrograd.

Python's garbage collector looks through all containers again and again; micrograd makes a reference
cycle at each node, which only the collector can free. So everything is measured with the collector
on, as it ships, and off.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import Case, Goal, Program, Results
from benchmarks.nn import MLP

TITLE = "scalar engine: MLP(2, [16, 16, 1]), 100 moons, hinge loss and L2, forward and backward"

SIZES = (2, 16, 16, 1)
POINTS = 100
ALPHA = 1e-4  # weight of the regulariser

DEMO = "demo"


def moons() -> tuple[np.ndarray, np.ndarray]:
    """Two half circles: points, shape (100, 2), and labels -1 or 1, shape (100,), integers."""
    rng = np.random.default_rng(1337)
    t = rng.uniform(0.0, math.pi, POINTS // 2)
    above = np.stack([np.cos(t), np.sin(t)], axis=1)
    points = np.concatenate([above, np.array([1.0, 0.5]) - above])
    return points + rng.normal(0.0, 0.1, points.shape), np.repeat([-1, 1], POINTS // 2)


def weights() -> list[float]:
    """Parameters of the network as micrograd draws them: weights uniform, biases 0."""
    rng = np.random.default_rng(1337)
    return [
        x
        for fan_in, fan_out in zip(SIZES, SIZES[1:], strict=False)
        for _ in range(fan_out)
        for x in (*rng.uniform(-1.0, 1.0, fan_in).tolist(), 0.0)
    ]


def demo(leaf: Callable[[Any], Any], model: Any, parameters: list[Any], collector: bool) -> Program:
    """One step of the demo, without the update: loss and gradient."""
    points, labels = moons()
    losses: list[float] = []

    def step() -> None:
        inputs = [list(map(leaf, row)) for row in points]
        scores = list(map(model, inputs))
        hinges = [(1 + -y * s).relu() for y, s in zip(labels, scores, strict=True)]
        data_loss = sum(hinges) * (1.0 / len(hinges))
        loss = data_loss + ALPHA * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        losses[:] = [loss.data]

    def answer() -> list[Any]:
        step()
        return [losses[0], [p.grad for p in parameters]]

    return Program({"": step}, answer, collector=collector)


def micrograd(collector: bool = True) -> Program:
    from micrograd.engine import Value
    from micrograd.nn import MLP as Shipped

    model = Shipped(SIZES[0], list(SIZES[1:]))
    parameters = model.parameters()
    for p, x in zip(parameters, weights(), strict=True):
        p.data = x
    return demo(Value, model, parameters, collector)


def dpkit(collector: bool = True) -> Program:
    from dpkit import Scalar

    model = MLP(Scalar, SIZES, weights())
    return demo(Scalar, model, model.parameters(), collector)


def compiled(collector: bool = True, columns: bool = True) -> Program:
    """The same loss, traced for one point and printed as a program; for all points at once, in
    columns, or for one after the other."""
    import dpkit as dp

    points, labels = moons()
    labels = labels.astype(float)
    start = weights()

    def loss(w: list[Any], x: Any, y: Any) -> Any:
        model = MLP(lambda p: p, SIZES, w)
        hinge = dp.relu(1.0 - y * model([x[0], x[1]]))
        return (hinge + ALPHA * sum(p * p for p in w)) / POINTS

    if columns:
        gradient = dp.compile_grad(loss, argnums=0, in_axes=(None, 0, 0))

        def both() -> tuple[Any, Any]:
            return gradient.value_and_grad(start, points, labels)
    else:
        gradient = dp.compile_grad(loss, argnums=0)
        rows = list(zip(points.tolist(), labels.tolist(), strict=True))

        def both() -> tuple[Any, Any]:
            value, total = 0.0, [0.0] * len(start)
            for x, y in rows:
                more, slopes = gradient.value_and_grad(start, x, y)
                value += more
                total = [a + b for a, b in zip(total, slopes, strict=True)]
            return value, total

    return Program({"": both}, both, collector=collector)


def cases() -> list[Case]:
    return [
        Case(
            DEMO,
            {
                "dpkit": dpkit,
                "dpkit, collector off": lambda: dpkit(False),
                "dpkit compiled, point by point": lambda: compiled(columns=False),
                "dpkit compiled": compiled,
                "dpkit compiled, collector off": lambda: compiled(False),
                "micrograd": micrograd,
                "micrograd, collector off": lambda: micrograd(False),
            },
        )
    ]


def goals(results: Results) -> list[Goal]:
    off = ", collector off"
    found = []
    for engine, with_collector, without in (
        ("dpkit", (25, 36), (3.5, 4.3)),
        ("dpkit compiled", (150, 600), (20, 70)),
    ):
        found.append(
            Goal(
                f"{engine}: times as fast as micrograd as it ships",
                results.ratio(DEMO, "micrograd", engine),
                *with_collector,
            )
        )
        found.append(
            Goal(
                f"{engine}: times as fast as micrograd, collector off for both",
                results.ratio(DEMO, "micrograd" + off, engine + off),
                *without,
            )
        )
    return found
