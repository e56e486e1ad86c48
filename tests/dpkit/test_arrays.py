"""The functions of whole arrays, indices and assignments to elements."""

import copy
import inspect

import array_api_strict as strict
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, basic_indices, integer_array_indices
from laws import assert_close, assert_same_elsewhere, inner

import dpkit as dp
from dpkit import Scalar
from dpkit.arrays import indexing, products, reductions, rest, shapes
from dpkit.box import plain

LIBRARIES = pytest.mark.parametrize(
    "library", [np.asarray, torch.as_tensor, strict.asarray], ids=["numpy", "torch", "strict"]
)


def values(*shape, seed=0):
    """Numbers of which no two are closer than 0.01."""
    size = int(np.prod(shape))
    steps = np.random.default_rng(seed).permutation(np.arange(size)) + 0.5
    return ((steps * 3.7 / max(size, 1) - 1.8) + 0.03).reshape(shape)


def assert_obeys(f, *args):
    """f(xp, *arrays), written for numpy: dpkit agrees with numpy in the value, with JAX in both
    derivatives; numpy's own functions do the same with tensors, and so does dpkit on other arrays."""
    mine = lambda *xs: f(dp, *xs)  # noqa: E731
    z, pull = dp.vjp(mine, *args)
    assert_close(z, f(np, *args))
    assert_close(f(dp, *args), z)
    g = np.random.default_rng(1).normal(size=np.shape(z))
    adjoints = pull(g)
    _, truth = jax.vjp(lambda *xs: f(jnp, *xs), *args)
    for a, b in zip(adjoints, truth(jnp.asarray(g)), strict=True):
        assert_close(a, b)
    moves = tuple(np.random.default_rng(2).normal(size=np.shape(x)) for x in args)
    assert np.isclose(inner([g], [dp.jvp(mine, args, moves)[1]]), inner(adjoints, moves))
    y, pull = dp.vjp(lambda *xs: f(np, *xs), *args)
    assert_close(y, z)
    for a, b in zip(pull(g), adjoints, strict=True):
        assert_close(a, b)
    assert_same_elsewhere(mine, *args)


X, Y = values(3, 4), values(3, 4, seed=1)
ZEROS = values(3, 5).copy()
ZEROS[0, 1] = ZEROS[1, 2] = ZEROS[1, 4] = 0.0

FUNCTIONS = {
    "mean": (lambda xp, x: xp.mean(x), X),
    "mean over an axis": (lambda xp, x: xp.mean(x, axis=-1, keepdims=True), X),
    "var": (lambda xp, x: xp.var(x, axis=(0, 1)), X),
    "var of a sample": (lambda xp, x: xp.var(x, axis=0, ddof=1), X),
    "std": (lambda xp, x: xp.std(x, axis=1, keepdims=True), X),
    "amax": (lambda xp, x: xp.amax(x, 0) * xp.amin(x, 0), X),
    "prod": (lambda xp, x: xp.prod(x), X),
    "prod over axes": (lambda xp, x: xp.prod(x, axis=(0, 2), keepdims=True), values(2, 3, 3)),
    "prod with zeros": (lambda xp, x: xp.prod(x, axis=1), ZEROS),
    "cumsum": (lambda xp, x: xp.cumsum(x, axis=1), X),
    "cumsum of all": (lambda xp, x: xp.cumsum(x), X),
    "cumprod": (lambda xp, x: xp.cumprod(x, axis=0), X),
    "cumprod with zeros": (lambda xp, x: xp.cumprod(x, axis=1), ZEROS),
    "sort": (lambda xp, x: xp.sort(x, axis=0), X),
    "sort all": (lambda xp, x: xp.sort(x, axis=None), X),
    "argsort": (lambda xp, x: xp.take_along_axis(x, xp.argsort(x, axis=1), axis=1) ** 2, X),
    "argmax": (lambda xp, x: xp.take_along_axis(x, xp.argmax(x, axis=1, keepdims=True), axis=1), X),
    "argmin": (lambda xp, x: xp.take_along_axis(x, xp.argmin(x, axis=0, keepdims=True), axis=0), X),
    "take": (lambda xp, x: xp.take(x, np.array([2, 0, 2]), axis=0), X),
    "take from all": (lambda xp, x: xp.take(x, np.array([[2, 5], [5, 11]])), X),
    "gather": (lambda xp, x: xp.take_along_axis(x, np.array([[0, 0, 3]]), axis=1), X),
    "clip": (lambda xp, x: xp.clip(x, -0.5, 1.0), X),
    "clip below": (lambda xp, x: xp.clip(x, -0.5, None), X),
    "clip by arrays": (lambda xp, x, y: xp.clip(x, y - 1.0, y + 0.5), X, Y),
    "reshape": (lambda xp, x: xp.reshape(x, (2, -1)), X),
    "ravel": (lambda xp, x: xp.ravel(x), X),
    "squeeze": (lambda xp, x: xp.squeeze(x), values(1, 3, 1)),
    "squeeze one": (lambda xp, x: xp.squeeze(x, axis=-1), values(1, 3, 1)),
    "expand_dims": (lambda xp, x: xp.expand_dims(x, (0, -1)), X),
    "transpose": (lambda xp, x: xp.transpose(x), values(2, 3, 4)),
    "permute_dims": (lambda xp, x: xp.permute_dims(x, (1, 2, 0)), values(2, 3, 4)),
    "swapaxes": (lambda xp, x: xp.swapaxes(x, 0, -1), values(2, 3, 4)),
    "moveaxis": (lambda xp, x: xp.moveaxis(x, (0, 1), (-1, 0)), values(2, 3, 4)),
    "matrix_transpose": (lambda xp, x: xp.matrix_transpose(x), values(2, 3, 4)),
    "broadcast_to": (lambda xp, x: xp.broadcast_to(x, (2, 3, 4)), values(3, 1)),
    "flip": (lambda xp, x: xp.flip(x, axis=1), X),
    "flip all": (lambda xp, x: xp.flip(x), X),
    "roll": (lambda xp, x: xp.roll(x, -5), X),
    "roll two": (lambda xp, x: xp.roll(x, (1, 7), axis=(0, 1)), X),
    "tile": (lambda xp, x: xp.tile(x, (2, 1, 3)), X),
    "tile less": (lambda xp, x: xp.tile(x, 2), X),
    "repeat": (lambda xp, x: xp.repeat(x, 3, axis=1), X),
    "repeat differently": (lambda xp, x: xp.repeat(x, np.array([1, 0, 2]), axis=0), X),
    "repeat all": (lambda xp, x: xp.repeat(x, 2), X),
    "pad": (lambda xp, x: xp.pad(x, ((1, 0), (2, 3)), constant_values=1.5), X),
    "pad edge": (lambda xp, x: xp.pad(x, 2, mode="edge"), X),
    "pad reflect": (lambda xp, x: xp.pad(x, (1, 2), mode="reflect"), X),
    "pad symmetric": (lambda xp, x: xp.pad(x, ((0, 0), (3, 2)), mode="symmetric"), X),
    "pad wrap": (lambda xp, x: xp.pad(x, 2, mode="wrap"), X),
    "concatenate": (lambda xp, x, y: xp.concatenate([x, y, x], axis=1), X, Y),
    "concatenate all": (lambda xp, x, y: xp.concatenate([x, y], axis=None), X, values(2)),
    "concat": (lambda xp, x, y: xp.concat([x, y]), X, Y),
    "stack": (lambda xp, x, y: xp.stack([x, y], axis=-1), X, Y),
    "hstack": (lambda xp, x, y: xp.hstack([x, y]), X, Y),
    "hstack of vectors": (lambda xp, x, y: xp.hstack([x, y]), values(3), values(2)),
    "vstack": (lambda xp, x, y: xp.vstack([x, y]), X, values(4)),
    "split": (lambda xp, x: xp.split(x, 2, axis=1)[1] * xp.split(x, [1, 3], axis=1)[1], X),
    "tril": (lambda xp, x: xp.tril(x, 1), values(2, 3, 4)),
    "triu": (lambda xp, x: xp.triu(x, -1), values(2, 4, 3)),
    "diag": (lambda xp, x: xp.diag(x, 1), X),
    "diag below": (lambda xp, x: xp.diag(x, -2), X),
    "diag of a vector": (lambda xp, x: xp.diag(x, -1), values(3)),
    "diagonal": (lambda xp, x: xp.diagonal(x, -1, 1, 2), values(2, 4, 3)),
    "trace": (lambda xp, x: xp.trace(x, 1), X),
    "outer": (lambda xp, x, y: xp.outer(x, y), values(3), values(2, 2)),
    "dot": (lambda xp, x, y: xp.dot(x, y), values(3), values(3, 2)),
    "dot of many axes": (lambda xp, x, y: xp.dot(x, y), values(2, 3), values(2, 3, 2)),
    "dot of a number": (lambda xp, x, y: xp.dot(x, y), values(3), values()),
    "vdot": (lambda xp, x, y: xp.vdot(x, y), X, Y),
    "inner": (lambda xp, x, y: xp.inner(x, y), X, values(2, 4)),
    "tensordot": (lambda xp, x, y: xp.tensordot(x, y), values(2, 3, 4), values(3, 4, 2)),
    "tensordot over axes": (
        lambda xp, x, y: xp.tensordot(x, y, axes=([0, -1], [1, 0])), values(2, 3, 4), values(4, 2)),
    "tensordot over none": (lambda xp, x, y: xp.tensordot(x, y, axes=0), values(2), values(3)),
    "full_like": (lambda xp, x: x + xp.full_like(x, 2.5) * xp.ones_like(x) + xp.zeros_like(x), X),
    "isfinite": (lambda xp, x: xp.where(xp.isfinite(x) & ~xp.isnan(x) & ~xp.isinf(x), x, 0.0), X),
    "sizes": (lambda xp, x: x * xp.size(x) / xp.ndim(x) + xp.shape(x)[1], X),
}  # fmt: skip


@pytest.mark.parametrize("case", FUNCTIONS)
def test_functions(case):
    assert_obeys(*FUNCTIONS[case])


def test_every_public_function_is_tested():
    tested = "".join(inspect.getsource(f) for f, *_ in FUNCTIONS.values())
    elsewhere = {"sum", "max", "min", "cumulative_sum", "cumulative_prod", *products.__all__}
    for home in (indexing, reductions, shapes, rest):
        for name in set(home.__all__) - elsewhere:
            assert f"xp.{name}(" in tested, name
            assert getattr(dp, name) is getattr(home, name)
    assert dp.cumulative_sum is dp.cumsum and dp.cumulative_prod is dp.cumprod


def test_second_derivatives_of_products_with_zeros():
    """Dividing the product by each element is the usual way, and fails here."""
    x = np.array([2.0, 0.0, 3.0, 0.0])
    hessian = np.array([dp.grad(lambda x, k=k: dp.grad(dp.prod)(x)[k])(x) for k in range(4)])
    assert_close(hessian, jax.hessian(jnp.prod)(x))
    assert hessian[1, 3] == 6.0
    third = dp.grad(lambda x: dp.grad(lambda x: dp.grad(dp.prod)(x)[1])(x)[3])(x)
    assert third.tolist() == [3.0, 0.0, 2.0, 0.0]


@settings(max_examples=40, deadline=None)
@given(arrays(float, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
              elements=st.sampled_from([-2.0, -1.0, 0.0, 0.5, 3.0])), st.booleans())  # fmt: skip
def test_products_of_random_arrays(x, keepdims):
    for axis in (None, *range(x.ndim)):
        assert_close(dp.prod(x, axis, keepdims=keepdims), np.prod(x, axis, keepdims=keepdims))
        if axis is not None and x.size:
            ours = dp.vjp(lambda x, a=axis: dp.cumprod(x, a), x)
            theirs = jax.vjp(lambda x, a=axis: jnp.cumprod(x, a), x)
            assert_close(ours[0], theirs[0])
            assert_close(ours[1](np.ones(x.shape))[0], theirs[1](jnp.ones(x.shape))[0])


@settings(max_examples=60, deadline=None)
@given(arrays(float, array_shapes(min_dims=1, max_dims=3, max_side=5),
              elements=st.sampled_from([-1.0, 0.0, 2.0])), st.booleans())  # fmt: skip
def test_sorting_is_stable(x, descending):
    for make in (np.asarray, torch.as_tensor, strict.asarray):
        order = np.asarray(dp.argsort(make(x), descending=descending))
        truth = np.argsort(-x if descending else x, kind="stable")
        assert order.tolist() == truth.tolist()
        assert_close(
            np.asarray(dp.sort(make(x), descending=descending)), np.take_along_axis(x, truth, -1)
        )


def test_lists_numbers_and_scalars():
    assert dp.sum([1.0, 2.0]) == 3.0
    assert dp.max(3.0) == 3.0
    assert dp.concatenate([[1.0], [2.0]]).tolist() == [1.0, 2.0]
    assert dp.clip(3.0, 0.0, 1.0) == 1.0

    def f(x):
        numbers = np.array([x, x * x, 2.0 * x], dtype=object)
        return dp.sum(dp.sort(numbers)[:2]) + dp.prod(numbers) * dp.mean(numbers) + dp.max(numbers)

    # for 1 < x < 2: x + x² + 2x⁴ · (3x + x²)/3 + 2x
    x = Scalar(1.5)
    f(x).backward()
    assert x.grad == pytest.approx(1 + 3 + 2 * 5 * 1.5**4 + 2 / 3 * 6 * 1.5**5 + 2, rel=1e-12)


def test_methods():
    x = dp.tensor(X)
    for name, *args in (
        ("sum", 0), ("mean", 1), ("prod",), ("max", 0), ("min",), ("var", 0), ("std",),
        ("argmax", 1), ("argmin",), ("argsort", 0), ("cumsum", 1), ("cumprod", 0),
        ("take", [1, 2]), ("clip", 0.0, 1.0), ("reshape", 2, 6), ("reshape", (6, -1)), ("ravel",),
        ("flatten",), ("transpose",), ("transpose", 1, 0), ("transpose", (1, 0)), ("swapaxes", 0, 1),
        ("squeeze",), ("repeat", 2, 1), ("diagonal", 1), ("trace",), ("dot", X.T), ("copy",),
    ):  # fmt: skip
        assert_close(plain(getattr(x, name)(*args)), getattr(X, name)(*args))
    assert_close(x.T.data, X.T)
    assert_close(dp.tensor(values(2, 3, 4)).mT.data, values(2, 3, 4).mT)


# Indices ------------------------------------------------------------------------------------------


def anything(shape):
    """A key of any kind for an array of this shape, and the part of it that is an array."""
    kinds = [basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)]
    if shape:
        kinds.append(arrays(bool, shape))
        if 0 not in shape:
            kinds.append(integer_array_indices(shape))
            kinds.append(st.integers(0, 2).flatmap(lambda n: mixture(shape, n)))
    return st.one_of(kinds)


def mixture(shape, n):
    """Integer arrays (with duplicates and negative numbers), integers, slices and a mask."""
    one = [
        st.one_of(
            st.lists(st.integers(-m, m - 1), min_size=3, max_size=3),
            st.lists(st.integers(0, m - 1), min_size=3, max_size=3).map(np.array),
            st.slices(m), st.integers(-m, m - 1),
        )
        for m in shape
    ]  # fmt: skip
    mask = arrays(bool, shape[-1:]).map(lambda mask: (Ellipsis, mask))
    return st.one_of(st.tuples(*one[: n + 1]), mask, one[0])


cases = array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4).flatmap(
    lambda shape: st.tuples(st.just(shape), anything(shape))
)


@settings(max_examples=300, deadline=None)
@given(cases)
def test_reading_elements(case):
    shape, key = case
    x = values(*shape)
    truth = x[key]
    g = np.random.default_rng(0).normal(size=truth.shape)
    back = np.zeros(shape)
    np.add.at(back, key, g)
    for make in (np.asarray, torch.as_tensor, strict.asarray):
        y, pull = dp.vjp(lambda x: x[key], make(x))
        assert_close(np.asarray(y), truth)
        assert_close(np.asarray(pull(make(np.asarray(g)))[0]), back)
        pushed = dp.jvp(lambda x: x[key], (make(x),), (make(np.asarray(np.cos(x))),))[1]
        assert_close(np.asarray(pushed), np.cos(x)[key])


@settings(max_examples=300, deadline=None)
@given(cases, st.sampled_from(["number", "whole", "broadcast", "row", "one"]), st.integers(0, 9))
def test_putting_elements(case, how, seed):
    shape, key = case
    x = values(*shape)
    chosen = x[key].shape
    v = values(*{
        "whole": chosen, "broadcast": (1, *chosen[-1:]), "row": chosen[-1:], "one": (1,),
        "number": (),
    }[how], seed=seed)  # fmt: skip
    who = np.full(shape, -1)  # which element of v was put here last
    who[key] = np.broadcast_to(
        np.arange(v.size).reshape(v.shape[-len(chosen) :] if chosen else ()), chosen
    )
    put = who >= 0
    truth = np.where(put, np.append(v, 0.0)[who], x)
    g = np.random.default_rng(0).normal(size=shape)
    to_v = np.zeros(v.size + 1)
    np.add.at(to_v, who, g)

    def f(x, v):
        before = x * x
        x[key] = v
        return x + 0.0 * before

    def moving(x, v):
        x[key] = v
        return x

    for make in (np.asarray, torch.as_tensor, strict.asarray):
        own = make(x)
        y, pull = dp.vjp(f, own, make(v))
        assert_close(np.asarray(y), truth)
        by_x, by_v = pull(make(g))
        assert_close(np.asarray(by_x), np.where(put, 0.0, g))
        assert_close(np.asarray(by_v), to_v[:-1].reshape(v.shape))
        assert_close(np.asarray(own), x)  # the caller's array is as it was
        pushed = dp.jvp(moving, (own, make(v)), (make(np.cos(x)), make(np.sin(v))))[1]
        assert_close(np.asarray(pushed), np.where(put, np.append(np.sin(v), 0.0)[who], np.cos(x)))


def test_a_loop_over_the_elements():
    """Written as for numpy: reading, writing, adding to an element."""

    def f(xp, x):
        y = xp.zeros_like(x)
        for k in range(len(x)):
            y[k] = x[k] ** 2
            y[k - 1] += x[k] * y[k]
        return (y * y).sum()

    x = np.array([0.5, -1.0, 2.0])
    assert f(dp, x.copy()) == f(np, x.copy())
    gradient = dp.grad(lambda x: f(dp, x))(x)
    h = 1e-6
    quotient = [(f(np, x + h * e) - f(np, x - h * e)) / (2 * h) for e in np.eye(3)]
    assert_close(gradient, quotient, 1e-7)
    assert_close(dp.grad(lambda x: f(np, x))(x), gradient)
    assert_close(dp.jvp(lambda x: f(dp, x), (x,), (np.ones(3),))[1], gradient.sum())
    hessian = np.array(
        [dp.grad(lambda x, k=k: dp.grad(lambda x: f(dp, x))(x)[k])(x) for k in range(3)]
    )
    quotient = [(dp.grad(lambda x: f(dp, x))(x + h * e) - dp.grad(lambda x: f(dp, x))(x - h * e)) / (2 * h)
                for e in np.eye(3)]  # fmt: skip
    assert_close(hessian, quotient, 1e-6)
    backwards = np.array([dp.jvp(dp.grad(lambda x: f(dp, x)), (x,), (e,))[1] for e in np.eye(3)])
    assert_close(backwards, hessian)


def test_what_was_computed_before_an_assignment_keeps_the_old_value():
    x = dp.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2.0
    same, old, square = y, y.copy(), y * y
    y[0] = 100.0
    assert same is y and y.numpy().tolist() == [100.0, 4.0, 6.0]
    assert old.numpy().tolist() == [2.0, 4.0, 6.0]
    part = y[1:]
    part[0] = -1.0  # an index is a tensor of its own, not a view
    assert y.numpy().tolist() == [100.0, 4.0, 6.0]
    (square.sum() + (y * old).sum() + part.sum()).backward()
    #  d/dx: 8x, then 2·100 and 2·2·2x, then 2 for the last element
    assert x.grad.tolist() == [8.0 + 200.0, 16.0 + 16.0, 24.0 + 24.0 + 2.0]
    assert x.numpy().tolist() == [1.0, 2.0, 3.0]


def test_assignment_inside_nested_derivatives_moves_no_other_handle():
    def outer(x):
        y = x * 1.0

        def inner_part(z):
            product = (z * y).sum()
            y[0] = 7.0 * z[1]
            return product + (y * z).sum()

        slope = dp.grad(inner_part)(x)
        return (slope * slope).sum()

    def by_jax(x):
        def inner_part(z):
            product = (z * x).sum()
            return product + (x.at[0].set(7.0 * z[1]) * z).sum()

        slope = jax.grad(inner_part)(x)
        return (slope * slope).sum()

    x = np.array([1.0, 2.0, 3.0])
    assert_close(dp.grad(outer)(x), jax.grad(by_jax)(x))


def test_what_an_inner_derivative_keeps_may_be_assigned_to():
    def reverse(x):
        y, pull = dp.vjp(lambda z: z * z, x)
        x[0] = 50.0
        return (pull(np.ones(2))[0] * y).sum() + x[0]  # 2x · x² of the old x

    def result(x):
        y, pull = dp.vjp(dp.exp, x)  # whose pullback keeps the result
        y[0] = 50.0
        return pull(np.ones(2))[0].sum()

    def forward(x):
        def inner_part(z):
            x[0] = 50.0
            return z * z

        return dp.jvp(inner_part, (x,), (np.ones(2),))[1].sum() + x[0]

    x = np.array([1.0, 2.0])
    assert dp.grad(reverse)(x).tolist() == [6.0, 24.0]
    assert_close(dp.grad(result)(x), np.exp(x))
    assert dp.grad(forward)(x).tolist() == [2.0, 2.0]


def test_the_same_through_several_programs():
    """A number of an older tape, used on a newer one, and then assigned to."""
    x = dp.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3.0
    for _ in range(200):  # so many rows that a new tape is begun
        x * 1.0
    u = dp.tensor([1.0, 1.0], requires_grad=True) * 2.0
    z = u * y
    y[0] = 9.0 * u[1]
    (z.sum() + y.sum()).backward()
    assert x.grad.tolist() == [6.0, 9.0]


@LIBRARIES
def test_copies(library):
    def f(make_copy):
        def g(w):
            v = make_copy(w)
            v[0] = v[0] * 2.0
            return (v * v).sum() + w[0]

        return g

    w = library(np.array([1.0, 2.0]))
    for make_copy in (lambda w: w.copy(), copy.copy, copy.deepcopy):
        assert np.asarray(dp.grad(f(make_copy))(w)).tolist() == [9.0, 4.0]
        assert float(dp.jvp(f(make_copy), (w,), (w,))[1]) == 9.0 + 8.0
    leaf = dp.tensor(w, requires_grad=True)
    f(lambda w: w.copy())(leaf).backward()
    assert np.asarray(leaf.grad).tolist() == [9.0, 4.0]
    twin = copy.deepcopy(leaf)  # of a leaf: another leaf
    assert twin.requires_grad and np.asarray(twin.data).tolist() == [1.0, 2.0]
    (twin * twin).sum().backward()
    assert np.asarray(leaf.grad).tolist() == [9.0, 4.0]
    assert np.asarray(dp.grad(lambda w: (np.copy(w) * w).sum())(w)).tolist() == [2.0, 4.0]


def test_a_copy_of_a_leaf_does_not_follow_its_data():
    w = dp.tensor([1.0, 2.0], requires_grad=True)
    v = w.copy()
    w.data[0] = 5.0
    assert v.numpy().tolist() == [1.0, 2.0]


def test_constants_can_be_filled():
    x = dp.tensor([1.0, 2.0], requires_grad=True)
    y = dp.tensor(np.zeros(2))
    y[0] = x[1] * 3.0
    y[1] = 4.0
    (y * y).sum().backward()
    assert x.grad.tolist() == [0.0, 36.0]


def test_whoever_gave_an_array_may_go_on_using_it():
    """Values and indices are copied: a buffer may be filled anew for the next step."""
    x = dp.tensor([1.0, 2.0, 3.0], requires_grad=True)
    which, value = np.array([0, 0]), np.array([5.0, 6.0])
    y = x * 2.0
    picked = y[which]
    y[which] = value
    z = dp.concatenate([x, value]).sum() + dp.stack([x[:2], value]).sum()
    which[:], value[:] = 2, -1.0
    (picked.sum() + (y * y).sum() + z).backward()
    assert y.numpy().tolist() == [6.0, 4.0, 6.0]
    assert x.grad.tolist() == [4.0 + 2.0, 8.0 * 2.0 + 2.0, 8.0 * 3.0 + 1.0]


def test_reading_element_by_element_builds_no_arrays_of_zeros(monkeypatch):
    """n reads of n elements take n pieces of work, not n². The same holds one level up."""
    made = []
    from dpkit.backends import _NUMPY

    scatter = _NUMPY.scatter
    monkeypatch.setattr(
        _NUMPY, "scatter", lambda *g, **how: made.append(len(g)) or scatter(*g, **how)
    )

    def f(x):
        return sum(x[k] * x[k] * (k + 1.0) for k in range(50))

    x = np.linspace(1.0, 2.0, 50)
    assert_close(dp.grad(f)(x), 2 * x * np.arange(1, 51))
    assert made == [1]
    made.clear()
    assert_close(dp.grad(lambda x: (dp.grad(f)(x) * x).sum())(x), 4 * x * np.arange(1, 51))
    assert sorted(made)[-1] >= 100 and len(made) <= 4


# What is refused ----------------------------------------------------------------------------------


def test_leaves_are_not_assigned_to():
    w = dp.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"t\.data"):
        w[0] = 3.0
    with dp.no_grad(), pytest.raises(TypeError, match=r"t\.copy"):
        w[0] = 3.0


def test_forward_values_do_not_enter_an_outer_tensor():
    def f(x):
        kept = dp.tensor([0.0, 0.0])
        kept[0] = x[0]
        return kept.sum()

    with pytest.raises(TypeError, match="zeros_like"):
        dp.jvp(f, (np.ones(2),), (np.ones(2),))


@pytest.mark.parametrize("key", ["a", 1.0, np.array([0.5]), {1}, [[0], [1.5]], (0, "b")])
def test_keys_that_are_none(key):
    with pytest.raises(IndexError, match="index is made of"):
        dp.tensor([[1.0, 2.0]])[key]


def test_a_tensor_is_no_index():
    t = dp.tensor([1.0, 2.0])
    for key in (t, (0, t), dp.tensor([0, 1], dtype=int)):
        with pytest.raises(TypeError, match="has no derivative"):
            t[key]


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda t: dp.sum(t, axis=2), IndexError, "the shape (2, 3), axis=2"),
        (lambda t: dp.mean(t, axis=(0, 2)), ValueError, "no axis 2 in an array of shape (2, 3)"),
        (lambda t: dp.sum(t, axis=(0, -2)), ValueError, "twice"),
        (lambda t: dp.max(t, axis="x"), TypeError, "axis is an integer"),
        (lambda t: dp.max(t[:0]), ValueError, "shape (0, 3) along axis None: there are no elements"),
        (lambda t: dp.argmax(t[:, :0]), ValueError, "shape (2, 0): there are no elements"),
        (lambda t: dp.reshape(t, (4, 2)), ValueError, "(2, 3) has 6 elements"),
        (lambda t: dp.reshape(t, (4, -1)), ValueError, "(2, 3) has 6 elements"),
        (lambda t: dp.squeeze(t, 0), ValueError, "has the length 2, not 1"),
        (lambda t: dp.transpose(t, (0,)), ValueError, "each axis"),
        (lambda t: dp.transpose(t, (0, 0)), ValueError, "twice"),
        (lambda t: dp.broadcast_to(t, (3, 2)), ValueError, "cannot be repeated to have the shape (3, 2)"),
        (lambda t: dp.concatenate([t, t.T]), ValueError, "(2, 3), (3, 2) cannot be joined"),
        (lambda t: dp.concatenate([t, t[0]]), ValueError, "(2, 3), (3,) cannot be joined"),
        (lambda t: dp.concatenate([]), ValueError, "at least one"),
        (lambda t: dp.stack([t, t.T]), ValueError, "dp.concatenate"),
        (lambda t: dp.split(t, 2, axis=1), ValueError, "2 equal parts"),
        (lambda t: dp.expand_dims(t, 5), ValueError, "no axis 5"),
        (lambda t: dp.moveaxis(t, (0, 1), 0), ValueError, "as many"),
        (lambda t: dp.tensordot(t, t, 1), ValueError, "same lengths"),
        (lambda t: dp.diag(t[None]), ValueError, "(1, 2, 3)"),
        (lambda t: dp.diagonal(t[0]), ValueError, "two axes"),
        (lambda t: dp.tril(t[0]), ValueError, "needs a matrix"),
        (lambda t: dp.pad(t, 1, mode="mean"), ValueError, "'mean'"),
        (lambda t: dp.take_along_axis(t, np.array([0]), 0), ValueError, "as many axes"),
        (lambda t: dp.sum("text"), TypeError, "'text'"),
        (lambda t: t[0, 0, 0], IndexError, "(2, 3)"),
        (lambda t: t[5], IndexError, "(2, 3)"),
        (lambda t: np.median(t), TypeError, "no derivative rule"),
        (lambda t: np.linalg.trace(t), TypeError, "no derivative rule"),
        (lambda t: np.sum(t, where=t > 0), TypeError, "where"),
        (lambda t: np.sort(t, -1, "stable"), TypeError, "in this way"),
        (lambda t: np.array([t, t]), TypeError, "dp.stack"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(call, kind, words):
    for t in (dp.tensor(np.ones((2, 3))), dp.tensor(np.ones((2, 3)), requires_grad=True)):
        with pytest.raises(kind) as caught:
            call(t)
        assert words in str(caught.value)


@pytest.mark.parametrize("value", ["a", None, {1.0}])
def test_only_numbers_are_put_in(value):
    t = dp.tensor(np.ones(3))
    with pytest.raises(TypeError, match="Only numbers"):
        t[0] = value


def test_integers_take_in_no_derivative():
    t = dp.tensor([1, 2], dtype=int)
    t[0] = 5
    assert t.numpy().tolist() == [5, 2]
    with pytest.raises(TypeError, match="array of floats"):
        t[0] = dp.tensor(1.0, requires_grad=True)


# numpy's functions --------------------------------------------------------------------------------


def test_numpy_functions_that_look_at_values():
    t = dp.tensor(X, requires_grad=True)
    assert np.shape(t) == (3, 4) and np.ndim(t) == 2 and np.size(t) == 12
    assert np.allclose(t, X) and np.array_equal(t * 1.0, X)
    assert np.isclose(t, X).all() and np.count_nonzero(t) == 12
    for mask in (np.isfinite(t), np.isnan(t) | True, dp.isfinite(t), t > -9, t == X, t <= t):
        assert type(mask) is np.ndarray and mask.dtype == bool and mask.all()
    assert type(np.argmax(t)) is np.int64
    assert np.argsort(t, axis=0).dtype.kind == "i"
    assert np.sum(t, axis=0, dtype=None, out=None).shape == (4,)
    assert_close(np.clip(t, a_min=0.0, a_max=1.0).data, X.clip(0, 1))


def test_nothing_silently_becomes_an_ordinary_array():
    t = dp.tensor(X, requires_grad=True)
    for name in ("exp", "sum", "mean", "max", "prod", "cumsum", "sort", "transpose", "ravel", "std",
                 "copy", "trace", "diag", "zeros_like", "amin", "flip"):  # fmt: skip
        assert isinstance(getattr(np, name)(t), dp.Tensor), name
    for name in ("median", "floor", "ptp", "unique", "diff", "average", "percentile"):
        args = (t, 50) if name == "percentile" else (t,)
        with pytest.raises(TypeError):
            getattr(np, name)(*args)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "uint64", "int64"])
def test_products_of_small_whole_numbers_do_not_overflow(dtype):
    x = np.array([[100, 100, 3], [1, 0, 1]]).astype(dtype)
    for ours, theirs in ((dp.prod, np.prod), (dp.cumprod, np.cumprod)):
        for axis in (0, 1):
            found, expected = ours(x, axis), theirs(x, axis=axis)
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)
