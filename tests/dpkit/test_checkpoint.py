"""checkpoint and fori_loop: the same derivatives, less memory, as few steps as possible."""

import gc
import tracemalloc
from functools import cache, partial

import array_api_strict
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import dpkit as dp
from dpkit.checkpoint import extra_steps

PLANS = [(None, None), ("sqrt", None), (1, 1), (2, 1), (3, 2), (5, None), (50, None)]


def squared(f):
    """The gradient of the squared length of the gradient of f: second order, twice in reverse."""
    return dp.grad(lambda w: dp.sum(dp.grad(f)(w) ** 2))


def cell(w, x):
    """Uses w from around it, alone and together with its arguments."""

    def inside(h):
        mixing = dp.exp(w * w) * 0.1
        return {"h": dp.tanh(h * w + mixing), "w": w, "sum": dp.sum(h * x)}

    return inside


W, X = np.array([0.3, -0.7, 0.2]), np.array([1.0, 2.0, -1.5])


def program(wrap, x=X):
    def f(w):
        first = wrap(cell(w, x))(w * 2.0)
        second = wrap(cell(w, x))(first["h"])
        return dp.sum(second["h"] * second["w"]) + first["sum"] * second["sum"]

    return f


@pytest.mark.parametrize("order", [dp.grad, squared, lambda f: lambda w: dp.hvp(f, (w,), (X,)),
                                   lambda f: squared(lambda w: dp.sum(dp.grad(f)(w)))])  # fmt: skip
def test_derivatives_of_every_order_and_of_what_is_around(order):
    plain, forgetful = program(lambda f: f), program(dp.checkpoint)
    np.testing.assert_allclose(order(forgetful)(W), order(plain)(W), rtol=1e-12)


@pytest.mark.parametrize("library", [torch.asarray, array_api_strict.asarray])
def test_other_libraries(library):
    x, w = library(X), library(W)
    ours = dp.grad(program(dp.checkpoint, x))(w)
    np.testing.assert_allclose(np.asarray(ours), dp.grad(program(lambda f: f))(W), rtol=1e-12)
    loop = dp.grad(lambda w: dp.sum(dp.fori_loop(0, 7, lambda i, h: dp.tanh(w * h), w, 2)))
    np.testing.assert_allclose(np.asarray(loop(w)), loop(W), rtol=1e-12)


def test_against_jax():
    def f(np, lib):
        body = lambda i, s: (np.tanh(s[0] * s[1] + 0.1 * i), s[1])  # noqa: E731
        step = lib.checkpoint(lambda w, x: np.sin(w * x) * w)
        return lambda w: np.sum(lib.fori_loop(0, 11, body, (step(w, w * w), w))[0] * X)

    class ours:
        checkpoint = dp.checkpoint
        fori_loop = partial(dp.fori_loop, checkpoints=2, block=1)

    class theirs:
        checkpoint, fori_loop = jax.checkpoint, jax.lax.fori_loop

    with jax.enable_x64(True):
        mine, truth = f(dp, ours), f(jnp, theirs)
        np.testing.assert_allclose(dp.grad(mine)(W), jax.grad(truth)(W), rtol=1e-12)
        np.testing.assert_allclose(dp.hessian(mine)(W), jax.hessian(truth)(W), rtol=1e-10)
        third = squared(lambda w: dp.sum(dp.grad(mine)(w)))(W)
        twice = lambda w: jnp.sum(jax.grad(truth)(w))  # noqa: E731
        np.testing.assert_allclose(
            third, jax.grad(lambda w: jnp.sum(jax.grad(twice)(w) ** 2))(W), rtol=1e-9
        )


def test_single_numbers():
    plain = lambda a: (lambda b: dp.sin(a * b) * b + dp.exp(a * a))(a * 2)  # noqa: E731
    forgetful = lambda a: dp.checkpoint(lambda b: dp.sin(a * b) * b + dp.exp(a * a))(a * 2)  # noqa: E731
    f, g = plain, forgetful
    for _ in range(4):
        f, g = dp.grad(f), dp.grad(g)
        assert g(0.3) == pytest.approx(f(0.3), rel=1e-12)
    assert dp.jvp(dp.grad(forgetful), (0.3,), (1.0,))[1] == pytest.approx(
        dp.grad(dp.grad(plain))(0.3), rel=1e-12
    )


@pytest.mark.parametrize("checkpoints, block", PLANS)
def test_loops(checkpoints, block):
    """Newton's constant loop: state of two arrays, one of which is not used for a while."""

    def f(w, h, loop):
        def body(i, state):
            a, b = state
            return dp.tanh(a * w + 0.1 * i), b + dp.sum(a) * w

        a, b = loop(2, 15, body, (h, X))
        return dp.sum(b * a)

    def plain(lower, upper, body, state):
        for i in range(lower, upper):
            state = body(i, state)
        return state

    def kept(*args):
        return dp.fori_loop(*args, checkpoints, block)

    h = np.array([0.1, 0.2, 0.3])
    for argnums in (0, 1, (0, 1)):
        ours = dp.grad(lambda w, h: f(w, h, kept), argnums)(W, h)
        truth = dp.grad(lambda w, h: f(w, h, plain), argnums)(W, h)
        np.testing.assert_allclose(ours, truth, rtol=1e-12)
    for order in (squared, lambda f: lambda w: dp.hvp(f, (w,), (X,))):
        ours = order(lambda w: f(w, h, kept))(W)
        np.testing.assert_allclose(ours, order(lambda w: f(w, h, plain))(W), rtol=1e-12)
    single = dp.grad(
        dp.grad(lambda a: dp.fori_loop(0, 9, lambda i, x: x * a + dp.sin(x), a, checkpoints, block))
    )
    straight = dp.grad(dp.grad(lambda a: plain(0, 9, lambda i, x: x * a + dp.sin(x), a)))
    assert single(0.4) == pytest.approx(straight(0.4), rel=1e-12)


def test_a_loop_within_a_loop_and_a_derivative_within_a_step():
    def f(w, how):
        def body(i, x):
            slope = dp.grad(lambda y: dp.sum(dp.sin(y * w)))(x)
            return dp.fori_loop(0, 4, lambda j, z: dp.tanh(z + slope * w), x, how)

        return dp.sum(dp.fori_loop(0, 5, body, X, how))

    for order in (dp.grad, squared):
        truth = order(lambda w: f(w, None))(W)
        for how in ("sqrt", 2):
            np.testing.assert_allclose(order(lambda w: f(w, how))(W), truth, rtol=1e-11)  # noqa: B023


def test_tensors_and_scalars_made_by_hand():
    def run(wrap):
        w = dp.tensor(np.eye(3) * 0.5 + 0.1, requires_grad=True)
        b = dp.tensor([1.0, 2.0, 3.0], requires_grad=True)
        around = dp.exp(w)
        h = dp.tanh(w @ X)
        for _ in range(200):  # long enough for several tapes
            h = h * 1.001
        h = wrap(lambda h: dp.tanh(((around + around.T) @ h) * 0.1 + w.sum() * 0.01 + b * b))(h)
        wrap(lambda: dp.sin(b * b) * h)().sum().backward()
        return w.grad, b.grad

    for ours, truth in zip(run(dp.checkpoint), run(lambda f: f), strict=True):
        np.testing.assert_allclose(ours, truth, rtol=1e-12)

    def numbers(wrap):
        a, b = dp.Scalar(0.3), dp.Scalar(0.7)
        c = a * b
        y = wrap(lambda x: dp.sin(x * c) + c * c + b * b)(a * a)
        y.backward()
        return a.grad, b.grad

    assert numbers(dp.checkpoint) == pytest.approx(numbers(lambda f: f), rel=1e-14)


@cache
def fewest(steps, states):
    """Steps to advance at the least, by trying every place for the next state."""
    if steps == 1:
        return 0
    if states == 1:
        return steps * (steps - 1) // 2
    return min(m + fewest(steps - m, states - 1) + fewest(m, states) for m in range(1, steps))


@pytest.mark.parametrize("states", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 10, 33, 60])
def test_the_binomial_schedule_takes_as_few_steps_as_any(steps, states):
    calls = []

    def body(i, x):
        calls.append(i)
        return dp.sin(x * 1.1)

    dp.grad(lambda x: dp.sum(dp.fori_loop(0, steps, body, x, states, block=1)))(X)
    # Steps advanced, steps recorded, and the last one of the forward pass.
    assert len(calls) == extra_steps(steps, states) + steps + 1
    assert extra_steps(steps, states) == fewest(steps, states)


def test_sqrt_runs_every_step_twice():
    calls = []

    def body(i, x):
        calls.append(i)
        return dp.sin(x)

    dp.grad(lambda x: dp.sum(dp.fori_loop(0, 37, body, x, "sqrt")))(X)
    assert sorted(calls) == sorted(2 * list(range(37)))


def peak(checkpoints, steps):
    h = np.random.default_rng(0).normal(size=10_000)
    f = dp.grad(
        lambda c: dp.fori_loop(0, steps, lambda i, h: dp.tanh(h * c + 0.1), h, checkpoints).sum()
    )
    f(np.array(0.9))  # whatever is allocated once
    gc.collect()
    tracemalloc.start()
    f(np.array(0.9))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def test_memory():
    """States of 80 kB. With ten states the memory does not grow with the loop."""
    everything = peak(None, 1000)
    assert everything > 75
    assert peak("sqrt", 1000) < 10
    assert peak(10, 1000) < 4
    assert peak(10, 4000) < 4


def test_what_is_forgotten_cannot_be_used():
    aside = []

    def f(x):
        h = dp.sin(x)
        aside.append(h)
        return h * h

    with pytest.raises(RuntimeError, match="checkpoint"):
        dp.grad(lambda x: dp.sum(dp.checkpoint(f)(x) + aside[-1]))(X)
    with pytest.raises(RuntimeError, match="checkpoint"):
        dp.grad(lambda x: [dp.checkpoint(f)(x), dp.sum(aside[-1])][1])(X)
    with pytest.raises(RuntimeError, match="checkpoint"):
        dp.grad(lambda x: [dp.checkpoint(f)(x), aside[-1]][1])(0.5)
    t = dp.tensor(X, requires_grad=True)
    dp.checkpoint(f)(t)
    with pytest.raises(RuntimeError, match="checkpoint"):
        aside[-1].sum().backward()
    with pytest.raises(RuntimeError, match="fori_loop"):
        dp.grad(
            lambda x: dp.sum(
                dp.fori_loop(0, 9, lambda i, h: (aside.append(h), h + aside[-1 - (i > 3)])[1], x, 3)
            )
        )(X)


def test_another_path_the_second_time():
    runs = []

    def f(x):
        runs.append(1)
        return (x, x + 1.0) if len(runs) > 1 else dp.sin(x)

    with pytest.raises(RuntimeError, match="another path"):
        dp.grad(lambda x: dp.sum(dp.checkpoint(f)(x * 2.0)))(X)

    def g(x):
        y = x * 2.0
        z = dp.checkpoint(lambda: dp.sin(y))()
        y = z + x  # the function that is run again means this one
        return dp.sum(y)

    with pytest.raises(RuntimeError, match="another path"):
        dp.grad(g)(X)


def test_arrays_that_change_in_between():
    c = X.copy()

    def f(x):
        y = dp.checkpoint(lambda x: dp.sin(x * c))(x)
        c[0] = 7.0
        return dp.sum(y)

    with pytest.raises(RuntimeError, match="changed in place"):
        dp.grad(f)(X)


def test_arguments_of_fori_loop():
    body = lambda i, x: x * 2.0  # noqa: E731
    assert dp.fori_loop(0, 5, body, 1.0) == dp.fori_loop(0, 5, body, 1.0, 2) == 32.0
    assert dp.fori_loop(5, 5, body, 1.0, "sqrt") == dp.fori_loop(5, 2, body, 1.0, 1) == 1.0
    for wrong in ("root", 1.5, True):
        with pytest.raises(TypeError, match="checkpoints"):
            dp.fori_loop(0, 5, body, 1.0, wrong)
    with pytest.raises(ValueError, match="At least 1"):
        dp.fori_loop(0, 5, body, 1.0, 0)


@pytest.mark.parametrize(
    "error, words, call",
    [
        (TypeError, "number of states", lambda: dp.fori_loop(0, 3, dp.power, 1.0, [1])),
        (TypeError, "number of states", lambda: dp.fori_loop(0, 3, dp.power, 1.0, np.nan)),
        (ValueError, "at least 1 step", lambda: dp.fori_loop(0, 3, dp.power, 1.0, 2, block=0)),
        (ValueError, "at least 1 step", lambda: dp.fori_loop(0, 3, dp.power, 1.0, 2, block=-1)),
        (TypeError, "A function is needed", lambda: dp.fori_loop(0, 3, 1.0, 1.0)),
        (TypeError, "A function is needed", lambda: dp.checkpoint(dp.sin(1.0))),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(error, words, call):
    with pytest.raises(error, match=words):
        call()


def test_an_argument_changed_in_place_is_refused():
    @dp.checkpoint
    def first_overwritten(v):
        v[0] = v[1] * 3.0
        return v

    @dp.checkpoint
    def on_a_copy(v):
        v = v.copy()
        v[0] = v[1] * 3.0
        return v

    def f(g, a):
        b = a * 1.0
        return dp.sum(b * g(b))

    with pytest.raises(RuntimeError, match=r"shape \(2,\) in place.*copy"):
        dp.grad(lambda a: f(first_overwritten, a))(np.array([1.0, 2.0]))
    np.testing.assert_allclose(
        dp.grad(lambda a: f(on_a_copy, a))(np.array([1.0, 2.0])), [6.0, 3.0 + 4.0]
    )
