"""Every row of the table of array operations, against torch, JAX and difference quotients."""

import inspect

import array_api_strict as strict
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from laws import (
    assert_close,
    assert_first_order,
    assert_misreading_is_wrong,
    assert_same_elsewhere,
    assert_second_order,
)

import dpkit as dp
from dpkit.array_rules import ARRAY_RULES, indices, reductions, shapes
from dpkit.box import apply

TABLES = (shapes, reductions, indices)
ROWS = {row.name: row for table in TABLES for row in table.TABLE}


def values(*shape, seed=0):
    """Numbers of which no two are closer than 0.01, none closer to 0 than 0.05."""
    size = int(np.prod(shape))
    steps = np.random.default_rng(seed).permutation(np.arange(size)) + 0.5
    return ((steps * 3.7 / max(size, 1) - 1.8) + 0.03).reshape(shape)


def prim(name, **params):
    return lambda *args: apply(name, *args, **params)


def dims(axis, ndim):
    return tuple(range(ndim)) if axis is None else axis


def amax(which):
    def by_torch(axis=None, keepdims=False):
        return lambda x: getattr(torch, which)(x, dim=dims(axis, x.ndim), keepdim=keepdims)

    return by_torch


def torch_sum(axis=None, keepdims=False):
    return lambda x: torch.sum(x, dim=dims(axis, x.ndim), keepdim=keepdims)


def put_by_torch(key):
    def put(x, v):
        out = x.clone()
        out[key] = v
        return out

    return put


def scatter_by_torch(keys, shape):
    def scatter(*pieces):
        out = torch.zeros(shape, dtype=pieces[0].dtype)
        for g, key in zip(pieces, keys, strict=True):
            which = torch.arange(out.numel()).reshape(shape)[key].reshape(-1)
            out = out.reshape(-1).index_add(0, which, g.reshape(-1)).reshape(shape)
        return out

    return scatter


def scatter_by_jax(keys, shape):
    def scatter(*pieces):
        out = jnp.zeros(shape)
        for g, key in zip(pieces, keys, strict=True):
            out = out.at[key].add(g)
        return out

    return scatter


TWICE = (np.array([0, 2, 2, 1]),)
ROWS_TWICE = (np.array([1, 1, 0]), slice(None, 2))
MIXED = (np.array([0, 2, 0]), slice(None), np.array([1, 1, 0]))
MASK = np.array([[True, False, True, True], [False, False, True, False], [True, True, False, True]])

# For each row: (operation, the same in torch, the same in JAX, arguments)
CASES = {
    "sum": [
        (prim("sum", axis=a, keepdims=k), torch_sum(a, k),
         lambda x, a=a, k=k: jnp.sum(x, a, keepdims=k), values(2, 3, 4))
        for a, k in ((None, False), (1, False), ((0, -1), True), (None, True))
    ] + [(prim("sum"), torch_sum(), jnp.sum, values())],
    "max": [
        (prim("max", axis=a, keepdims=k), amax("amax")(a, k),
         lambda x, a=a, k=k: jnp.max(x, a, keepdims=k), values(2, 3, 4))
        for a, k in ((None, False), (1, False), ((0, 2), True))
    ],
    "min": [
        (prim("min", axis=a, keepdims=k), amax("amin")(a, k),
         lambda x, a=a, k=k: jnp.min(x, a, keepdims=k), values(2, 3, 4))
        for a, k in ((None, True), (-1, False), ((0, 2), False))
    ],
    "cumsum": [
        (prim("cumsum", axis=a), lambda x, a=a: torch.cumsum(x, a),
         lambda x, a=a: jnp.cumsum(x, a), values(3, 4)) for a in (0, -1)
    ],
    "reshape": [
        (prim("reshape", shape=s), lambda x, s=s: x.reshape(s), lambda x, s=s: x.reshape(s),
         values(2, 3, 4)) for s in ((24,), (4, 6), (1, 24, 1))
    ],
    "permute": [
        (prim("permute", axes=a), lambda x, a=a: x.permute(a), lambda x, a=a: x.transpose(a),
         values(2, 3, 4)) for a in ((1, 2, 0), (0, 2, 1), (2, -2, 0))
    ],
    "broadcast": [
        (prim("broadcast", shape=s), lambda x, s=s: x.expand(s),
         lambda x, s=s: jnp.broadcast_to(x, s), values(*w))
        for w, s in (((3, 1), (3, 4)), ((3, 1), (2, 3, 4)), ((), (2, 3)), ((1, 1), (1, 5)))
    ],
    "concatenate": [
        (prim("concatenate", axis=a), lambda *xs, a=a: torch.concat(xs, a),
         lambda *xs, a=a: jnp.concatenate(xs, a), *xs)
        for a, xs in ((0, (values(2, 3), values(4, 3, seed=1), values(1, 3, seed=2))),
                      (-1, (values(2, 1), values(2, 3, seed=1))))
    ],
    "stack": [
        (prim("stack", axis=a), lambda *xs, a=a: torch.stack(xs, a),
         lambda *xs, a=a: jnp.stack(xs, a), values(2, 3), values(2, 3, seed=1))
        for a in (0, 1, -1)
    ],
    "flip": [
        (prim("flip", axis=a), lambda x, a=a: torch.flip(x, a), lambda x, a=a: jnp.flip(x, a),
         values(3, 4)) for a in ((0,), (0, 1))
    ],
    "cast": [
        (lambda x: apply("cast", x, like=dp.zeros_like(x)), lambda x: x * 1, lambda x: x * 1,
         values(2, 3)),
    ],
    "getitem": [
        (prim("getitem", key=key), lambda x, key=key: x[key], lambda x, key=key: x[key], x)
        for x, key in (
            (values(3, 4), (1, slice(None, None, 2))), (values(3), TWICE), (values(3), (Ellipsis, None)),
            (values(3, 4), ROWS_TWICE), (values(3, 4, 2), MIXED), (values(3, 4), (TWICE[0], TWICE[0])),
        )
    ] + [(lambda x: x[MASK], lambda x: x[torch.as_tensor(MASK)], lambda x: x[MASK], values(3, 4))],
    "scatter": [
        (prim("scatter", keys=keys, shape=s), scatter_by_torch(keys, s), scatter_by_jax(keys, s), *xs)
        for keys, s, xs in (
            (((slice(0, 2), Ellipsis), (1, Ellipsis)), (3, 4), (values(2, 4), values(4, seed=1))),
            ((TWICE,), (3,), (values(4),)),
            ((ROWS_TWICE, (Ellipsis,)), (3, 4), (values(3, 2), values(3, 4, seed=1))),
        )
    ],
    "put": [
        (prim("put", key=key), put_by_torch(key), lambda x, v, key=key: x.at[key].set(v), x, v)
        for x, v, key in (
            (values(3, 4), values(2, seed=1), (1, slice(None, None, 2))),
            (values(3, 4), values(seed=1), (slice(1, None), Ellipsis)),
            (values(4), values(2, seed=1), (np.array([2, 0]),)),
            (values(3, 4), values(3, 2, seed=1), (Ellipsis, np.array([3, 1]))),
        )
    ],
    "reorder": [
        (lambda x, a=a, d=d: apply("reorder", x, order=dp.argsort(x, a, descending=d), axis=a),
         lambda x, a=a, d=d: torch.sort(x, dim=a, descending=d).values,
         lambda x, a=a, d=d: jnp.sort(x, a, descending=d), values(3, 4))
        for a, d in ((0, False), (1, False), (-1, True))
    ],
    "where": [
        (lambda x, y: apply("where", x > 0.3, x, y), lambda x, y: torch.where(x > 0.3, x, y),
         lambda x, y: jnp.where(x > 0.3, x, y), values(*a), values(*b, seed=1))
        for a, b in (((3, 4), (3, 4)), ((3, 4), (4,)), ((2, 3), ()))
    ],
    "clip": [
        (prim("clip"), lambda x, lo, hi: torch.minimum(torch.maximum(x, lo), hi),
         lambda x, lo, hi: jnp.minimum(jnp.maximum(x, lo), hi), values(3, 4), *limits)
        for limits in ((values(4, seed=1) - 1, values(4, seed=2) + 1), (values(4), values(3, 1, seed=3)))
    ],
}  # fmt: skip
ALL = [(name, n) for name, cases in CASES.items() for n in range(len(cases))]


def test_every_row_has_a_case():
    assert set(CASES) == set(ROWS)
    for name, row in ARRAY_RULES.items():
        assert row.vjps and row.jvps and name == row.name


@pytest.mark.parametrize(("name", "n"), ALL)
def test_first_order(name, n):
    f, by_torch, _, *args = CASES[name][n]
    assert_first_order(f, by_torch, *args)


@pytest.mark.parametrize(("name", "n"), ALL)
def test_second_order(name, n):
    """Most rows are linear; a square before and a sine behind give them something to do."""
    f, _, by_jax, *args = CASES[name][n]
    assert_second_order(
        lambda *xs: dp.sin(f(*(x + 0.1 * x * x for x in xs))),
        lambda *xs: jnp.sin(by_jax(*(x + 0.1 * x * x for x in xs))),
        *args,
    )


@pytest.mark.parametrize(("name", "n"), ALL)
def test_other_libraries_and_single_precision(name, n):
    f, _, _, *args = CASES[name][n]
    assert_same_elsewhere(f, *args)


@settings(max_examples=60, deadline=None)
@given(shape=array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4), data=st.data())
def test_random_shapes(shape, data):
    x = values(*shape, seed=data.draw(st.integers(0, 9)))
    ndim = len(shape)
    axes = tuple(data.draw(st.permutations(range(ndim))))
    some = axes[: data.draw(st.integers(0, ndim))] or None
    keep = data.draw(st.booleans())
    assert_first_order(prim("sum", axis=some, keepdims=keep), torch_sum(some, keep), x)
    assert_first_order(prim("max", axis=some, keepdims=keep), amax("amax")(some, keep), x)
    assert_first_order(prim("min", axis=some, keepdims=keep), amax("amin")(some, keep), x)
    assert_first_order(prim("permute", axes=axes), lambda x: x.permute(axes), x)
    wider = (2, *(3 if n == 1 else n for n in shape))
    assert_first_order(prim("broadcast", shape=wider), lambda x: x.expand(wider), x)
    if ndim:
        axis = axes[0] - data.draw(st.sampled_from((0, ndim)))
        assert_first_order(prim("cumsum", axis=axis), lambda x: torch.cumsum(x, axis), x)
        y = values(*shape, seed=11)
        assert_first_order(
            prim("concatenate", axis=axis), lambda *xs: torch.concat(xs, axis), x, y, x
        )
        assert_first_order(prim("stack", axis=axis), lambda *xs: torch.stack(xs, axis), x, y)


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3), (1, 0, 1)])
def test_arrays_without_elements(shape):
    x = np.zeros(shape)
    for f, by_torch in (
        (prim("sum", axis=0), lambda x: torch.sum(x, 0)),
        (prim("cumsum", axis=-1), lambda x: torch.cumsum(x, -1)),
        (prim("concatenate", axis=0), lambda x: x),
        (prim("flip", axis=(0,)), lambda x: torch.flip(x, (0,))),
        (prim("reshape", shape=(0, 5)), lambda x: x.reshape(0, 5)),
        (prim("broadcast", shape=(2, *shape)), lambda x: x.expand(2, *shape)),
        (prim("getitem", key=(slice(0, 0), Ellipsis)), lambda x: x[0:0]),
    ):
        assert_first_order(f, by_torch, x)


# Ties ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", [np.asarray, torch.as_tensor, strict.asarray])
def test_ties(library):
    x = library(np.array([[2.0, 5.0, 5.0], [1.0, 1.0, 1.0]]))

    def slopes(f):
        y, pull = dp.vjp(f, x)
        return np.asarray(pull(library(np.ones(y.shape)))[0]).tolist()

    assert slopes(lambda x: dp.max(x, axis=1)) == [[0, 0.5, 0.5], [1 / 3] * 3]
    assert slopes(lambda x: dp.min(x, axis=1)) == [[1, 0, 0], [1 / 3] * 3]
    assert (
        slopes(lambda x: dp.clip(x, 1.0, 5.0)) == [[1] * 3] * 2
    )  # the limits belong to the inside
    assert slopes(lambda x: dp.clip(x, 2.0, 4.0)) == [[1, 0, 0], [0] * 3]
    first = [1.0, 0.0, 0.0]
    assert slopes(lambda x: dp.sort(x, axis=1)[:, :1]) == [first, first]  # equal ones keep order
    assert slopes(lambda x: dp.sort(x, axis=1, descending=True)[:, :1]) == [[0, 1, 0], first]


def test_extrema_at_ties_agree_with_torch_and_jax():
    x = np.array([3.0, 1.0, 3.0, 1.0, 3.0])
    theirs = torch.tensor(x, requires_grad=True)
    torch.amax(theirs).backward()
    assert_close(dp.grad(dp.max)(x), theirs.grad.numpy())
    import jax

    assert_close(dp.grad(dp.min)(x), jax.grad(jnp.min)(x))


def test_clip_at_its_limits_agrees_with_torch():
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])
    theirs = torch.tensor(x, requires_grad=True)
    torch.clamp(theirs, 0.0, 1.0).sum().backward()
    assert_close(dp.grad(lambda x: dp.clip(x, 0.0, 1.0).sum())(x), theirs.grad.numpy())


# Precision ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", [np, torch, strict], ids=["numpy", "torch", "strict"])
def test_cast(library):
    x = library.asarray([0.1, 0.2], dtype=library.float64)
    like = library.asarray([1.0], dtype=library.float32)
    y, pull = dp.vjp(lambda x: apply("cast", x, like=like), x)
    assert y.dtype == library.float32
    (adjoint,) = pull(library.asarray([1.0, 2.0], dtype=library.float32))
    assert adjoint.dtype == library.float64
    assert np.asarray(adjoint).tolist() == [1.0, 2.0]


# Misreadings --------------------------------------------------------------------------------------

CUBE, OTHER = values(3, 3), values(3, 3, seed=1)
LINE = np.array([2.0, 5.0, 5.0, 1.0])  # with a tie, for the extrema
# For each row with misreadings: arguments and parameters with which they show.
SHOWS = {
    "sum": ((CUBE,), {"axis": 1}),
    "max": ((LINE,), {"axis": None}),
    "min": ((-LINE,), {"axis": None}),
    "cumsum": ((LINE,), {"axis": 0}),
    "reshape": ((values(2, 3),), {"shape": (3, 2)}),
    "permute": ((CUBE,), {"axes": (1, 0)}),
    "broadcast": ((values(1, 3),), {"shape": (2, 3, 3)}),
    "concatenate": ((values(2, 3), values(1, 3, seed=1)), {"axis": 0}),
    "stack": ((CUBE, OTHER), {"axis": 0}),
    "flip": ((LINE,), {"axis": (0,)}),
    "getitem": ((values(3),), {"key": TWICE}),
    "put": ((values(3, 3), values(3, seed=1)), {"key": (1, Ellipsis)}),
    "reorder": ((values(4),), {"order": np.array([1, 2, 3, 0]), "axis": 0}),
    "where": ((OTHER > 0, CUBE, OTHER), {}),
    "clip": ((LINE, np.asarray(1.5), np.asarray(4.0)), {}),
}
WRONG = [
    (name, k, argument)
    for name, row in ROWS.items()
    for k, each in enumerate(row.misreadings)
    for argument in (range(2) if row.any_number else each.wrong)
]


def test_every_row_has_its_misreadings():
    assert {name for name, row in ROWS.items() if row.misreadings} == set(SHOWS)
    assert set(ROWS) - set(SHOWS) == {"cast", "scatter"}  # nobody writes these by hand


@pytest.mark.parametrize(("name", "k", "argument"), WRONG)
def test_misreadings(name, k, argument):
    args, params = SHOWS[name]
    assert_misreading_is_wrong(ROWS[name], ROWS[name].misreadings[k], argument, *args, **params)


def test_rules_keep_only_what_they_need():
    """The first step runs in the forward pass; what its second step holds cannot be recycled."""
    x, y = values(50, 40), values(50, 40, seed=1)
    for name, args, params in (
        ("sum", (x,), {"axis": 0}), ("cumsum", (x,), {"axis": 0}), ("reshape", (x,), {"shape": (2000,)}),
        ("permute", (x,), {"axes": (1, 0)}), ("broadcast", (x,), {"shape": (2, 50, 40)}),
        ("concatenate", (x, y), {"axis": 0}), ("stack", (x, y), {"axis": 0}),
        ("flip", (x,), {"axis": (0,)}), ("getitem", (x,), {"key": (0, Ellipsis)}),
        ("put", (x, y), {"key": (Ellipsis,)}), ("where", (x > 0, x, y), {}),
    ):  # fmt: skip
        z = apply(name, *args, **params)
        row = ROWS[name]
        for n in range(len(args)):
            if row.any_number:
                pull = row.vjps[0](n, z, *args, **params)
            elif row.vjps[n] is None:
                continue
            else:
                pull = row.vjps[n](z, *args, **params)
            kept = (
                [*inspect.getclosurevars(pull).nonlocals.values()]
                if inspect.isfunction(pull)
                else []
            )
            for array in (z, x, y):
                assert not any(array is each for each in kept), (name, n)
