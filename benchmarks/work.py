"""Six pieces of work on arrays, each written once for all engines.

A piece of work is written in *words*: an object whose attributes are the functions that arrays do
not have as operators. Every engine brings its own words (`words_of`), each the one that its manual
recommends, so nobody is slowed down by a detour. Numbers are float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

Function = Callable[..., Any]


@dataclass(frozen=True)
class Work:
    """name: for the tables. arrays: the arguments, then the data. write: takes words and data (as
    arrays of the engine) and returns a function of the arguments with one number as value.
    arguments: how many of the arrays are arguments."""

    name: str
    arrays: tuple[np.ndarray, ...]
    arguments: int
    write: Callable[..., Function]


def logistic() -> Work:
    rng = np.random.default_rng(0)
    n, d, h = 1000, 10, 50
    x, y = rng.normal(size=(n, d)), rng.choice([-1.0, 1.0], n)
    start = rng.normal(size=(d, h)) / 3, np.zeros(h), rng.normal(size=h) / 7, np.zeros(1)

    def write(words: Any, x: Any, y: Any) -> Function:
        def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
            score = words.tanh(x @ w1 + b1) @ w2 + b2
            return words.mean(words.softplus(-(score * y)))

        return loss

    return Work("2-layer logistic regression, N=1000 D=10 H=50", (*start, x, y), 4, write)


def mlp() -> Work:
    rng = np.random.default_rng(1)
    sizes, batch = (784, 256, 128, 10), 128
    x = rng.normal(size=(batch, sizes[0]))
    hot = np.eye(sizes[-1])[rng.integers(0, sizes[-1], batch)]
    start: list[np.ndarray] = []
    for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
        start += [rng.normal(size=(fan_in, fan_out)) * (2 / fan_in) ** 0.5, np.zeros(fan_out)]

    def write(words: Any, x: Any, hot: Any) -> Function:
        def loss(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any) -> Any:
            h = words.relu(x @ w1 + b1)
            h = words.relu(h @ w2 + b2)
            z = h @ w3 + b3
            return words.mean(words.logsumexp(z) - words.sum_last(z * hot))

        return loss

    return Work("MLP 784-256-128-10, B=128", (*start, x, hot), len(start), write)


def chain() -> Work:
    def write(words: Any) -> Function:
        def deep(x: Any) -> Any:
            y = x
            for _ in range(500):
                y = words.sin(y) + x
            return y

        return deep

    return Work("chain of 1000 0-d operations", (np.array(0.5),), 1, write)


def broadcast() -> Work:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(500, 1)), rng.normal(size=(1, 500))

    def write(words: Any) -> Function:
        def kernel(a: Any, b: Any) -> Any:
            difference = a - b
            return words.sum(words.exp(-(difference * difference)))

        return kernel

    return Work("broadcast 500×1 with 1×500", (a, b), 2, write)


def convolution() -> Work:
    rng = np.random.default_rng(3)
    w, x = rng.normal(size=(8, 3, 3)), rng.normal(size=(16, 28, 28))

    def write(words: Any, x: Any) -> Function:
        def energy(w: Any) -> Any:
            total = 0.0
            for i in range(3):
                for j in range(3):
                    patch = x[:, None, i : i + 26, j : j + 26]
                    total = total + patch * w[:, i, j][:, None, None]
            return words.mean(total * total)

        return energy

    return Work("convolution 3×3 by slices, 16×28×28, 8 filters", (w, x), 1, write)


def recurrent() -> Work:
    rng = np.random.default_rng(4)
    steps, batch, size = 100, 4, 16
    x = rng.normal(size=(steps, batch, size))
    start = (
        rng.normal(size=(size, size)) / 4,
        rng.normal(size=(size, size)) / 4,
        np.zeros(size),
    )

    def write(words: Any, x: Any) -> Function:
        inputs = [x[t] for t in range(steps)]

        def loss(wx: Any, wh: Any, b: Any) -> Any:
            h = inputs[0] * 0.0
            for each in inputs:
                h = words.tanh(each @ wx + h @ wh + b)
            return words.mean(h * h)

        return loss

    return Work("RNN, 100 steps of 4×16", (*start, x), 3, write)


ALL = (logistic, mlp, chain, broadcast, convolution, recurrent)


def words_of(engine: str) -> Any:
    """The words of an engine: dpkit, numpy, autograd, torch or jax. ImportError if it is absent."""
    if engine == "dpkit":
        import dpkit as dp

        return SimpleNamespace(
            tanh=dp.tanh,
            sin=dp.sin,
            exp=dp.exp,
            relu=dp.relu,
            softplus=dp.softplus,
            sum=dp.sum,
            mean=dp.mean,
            logsumexp=lambda z: dp.logsumexp(z, axis=-1),
            sum_last=lambda z: dp.sum(z, axis=-1),
        )
    if engine == "torch":
        import torch

        return SimpleNamespace(
            tanh=torch.tanh,
            sin=torch.sin,
            exp=torch.exp,
            relu=torch.relu,
            softplus=torch.nn.functional.softplus,
            sum=torch.sum,
            mean=torch.mean,
            logsumexp=lambda z: torch.logsumexp(z, dim=-1),
            sum_last=lambda z: torch.sum(z, dim=-1),
        )
    if engine == "jax":
        import jax
        import jax.numpy as jnp

        return SimpleNamespace(
            tanh=jnp.tanh,
            sin=jnp.sin,
            exp=jnp.exp,
            relu=jax.nn.relu,
            softplus=jax.nn.softplus,
            sum=jnp.sum,
            mean=jnp.mean,
            logsumexp=lambda z: jax.nn.logsumexp(z, axis=-1),
            sum_last=lambda z: jnp.sum(z, axis=-1),
        )
    if engine == "autograd":
        import autograd.numpy as xp
        from autograd.scipy.special import logsumexp

        def lse(z: Any) -> Any:
            return logsumexp(z, axis=-1)
    else:
        xp = np

        def lse(z: Any) -> Any:
            top = np.max(z, axis=-1, keepdims=True)
            return np.log(np.sum(np.exp(z - top), axis=-1)) + top[..., 0]

    return SimpleNamespace(
        tanh=xp.tanh,
        sin=xp.sin,
        exp=xp.exp,
        relu=lambda x: xp.maximum(x, 0.0),
        softplus=lambda x: xp.logaddexp(x, 0.0),
        sum=xp.sum,
        mean=xp.mean,
        logsumexp=lse,
        sum_last=lambda z: xp.sum(z, axis=-1),
    )
