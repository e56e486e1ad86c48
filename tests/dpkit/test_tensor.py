"""Reverse mode for arrays: what tensors do, and what they refuse."""

import copy
import functools
import gc
import math
import operator
import pickle
import sys
import threading
import tracemalloc
import weakref

import numpy as np
import pytest
import torch

import dpkit as dp
from dpkit.box import apply
from dpkit.changes import fingerprint

VALUES = [1.0, 2.0, 3.0]


def leaf(values=VALUES):
    return dp.tensor(values, requires_grad=True)


def gradient(f, values=VALUES):
    """f's gradient by the engine, with ones as the adjoint of an array."""
    t = leaf(values)
    y = f(t)
    y.backward(np.ones(y.shape))
    return t.grad


# What backward does to gradients ------------------------------------------------------------------


def test_gradients_add_up_until_they_are_cleared():
    w = leaf()
    for times in (1, 2, 3):
        (w * w).sum().backward()
        np.testing.assert_array_equal(w.grad, 2.0 * times * np.array(VALUES))
    w.zero_grad()
    assert w.grad is None
    w.grad = np.full(3, 10.0)
    w.sum().backward()
    np.testing.assert_array_equal(w.grad, [11.0, 11.0, 11.0])


def test_two_results_share_a_part():
    w = leaf()
    h = w * 2.0
    y, z = (h * 3.0).sum(), (h * h).sum()
    y.backward(retain_graph=True)
    z.backward()
    np.testing.assert_array_equal(w.grad, 6.0 + 8.0 * np.array(VALUES))


def test_a_second_backward_needs_the_graph():
    w = leaf()
    y = (w * w).sum()
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(w.grad, 4.0 * np.array(VALUES))
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        y.backward()
    np.testing.assert_array_equal(w.grad, 4.0 * np.array(VALUES))  # nothing was added halfway


def test_what_was_computed_before_a_backward_can_be_used_after_it():
    w = leaf()
    h = w * w
    w.sum().backward()
    (h * w).sum().backward()
    np.testing.assert_array_equal(w.grad, 1.0 + 3.0 * np.array(VALUES) ** 2)


def test_a_leaf_is_its_own_result():
    w = dp.tensor(4.0, requires_grad=True)
    w.backward()
    assert w.grad == 1.0


def test_the_adjoint_from_above():
    w = leaf()
    given = np.array([1.0, 10.0, 100.0])
    y = w + 0.0
    y.backward(given)
    given[0] = 7.0
    np.testing.assert_array_equal(w.grad, [1.0, 10.0, 100.0])
    w.zero_grad()
    (w * w).backward(np.array([1, 0, 0]))  # whole numbers will do
    np.testing.assert_array_equal(w.grad, [2.0, 0.0, 0.0])


def test_gradients_own_their_memory():
    v, w = leaf(), leaf()
    (v + w).backward(np.ones(3))
    v.grad[0] = 99.0
    np.testing.assert_array_equal(w.grad, np.ones(3))
    x = np.array(VALUES)
    a, b = dp.grad(lambda a, b: dp.sum(a + b), argnums=(0, 1))(x, x)
    a[0] = 99.0
    assert b[0] == 1.0 and not np.shares_memory(a, b)


def test_one_leaf_in_programs_on_several_tapes():
    """Each program of more than 64 operations ends its tape; here they are joined again."""
    w = leaf()
    parts = []
    for k in range(5):
        part = w * 1.0
        for _ in range(70):
            part = part + 0.0
        parts.append(part * float(k))
    assert len({part._tape.serial for part in parts}) == 5
    parts[1].sum().backward(retain_graph=True)
    (functools.reduce(operator.mul, parts[2:]) + parts[0]).sum().backward()
    np.testing.assert_array_equal(w.grad, 1.0 + 3 * 24.0 * np.array(VALUES) ** 2)


def test_assigning_to_elements_leaves_what_was_computed_before():
    """Even where the tensor stands on another tape, or waits inside an inner derivative."""
    v, w = leaf(), leaf()
    far = functools.reduce(lambda h, _: h + 0.0, range(70), w * 1.0)
    y = (far * (v * 2.0)).sum()
    assert y._tape is not far._tape
    far[0] = 50.0
    y.backward()
    np.testing.assert_array_equal(w.grad, 2.0 * np.array(VALUES))

    def outer(x):
        u = x * 1.0

        def inner(t):
            z = dp.sum(t * t * u)
            u[0] = 100.0
            return z

        return dp.sum(dp.grad(inner)(np.ones(3)))  # 2 Σ u

    np.testing.assert_array_equal(dp.grad(outer)(np.array(VALUES)), [2.0, 2.0, 2.0])


# Constants ----------------------------------------------------------------------------------------


def test_detached_values_are_constants():
    w = leaf()
    h = w * w
    still = h.detach()
    assert not still.requires_grad
    (w * still).sum().backward()
    np.testing.assert_array_equal(w.grad, np.array(VALUES) ** 2)
    before = w.detach()
    w.data -= 1.0
    np.testing.assert_array_equal(before.data, VALUES)


def test_no_grad():
    w = leaf()
    with dp.no_grad():
        with dp.no_grad():
            pass
        y = w * w
        g = dp.grad(lambda x: dp.sum(x * x))(w.data)  # is a derivative all the same
    assert not y.requires_grad and (w * w).requires_grad
    np.testing.assert_array_equal(g, 2.0 * np.array(VALUES))
    with pytest.raises(RuntimeError, match="outside dp.no_grad"):
        y.sum().backward()
    z = (w * w).sum()
    with dp.no_grad():
        z.backward()
    np.testing.assert_array_equal(w.grad, 2.0 * np.array(VALUES))


def test_no_grad_ends_with_an_error_too():
    with pytest.raises(ZeroDivisionError), dp.no_grad():
        1 / 0  # noqa: B018
    assert (leaf() * 1.0).requires_grad


def test_freezing_a_leaf():
    v, w = leaf(), leaf()
    y = v * 1.0
    (y * w).sum()
    w.requires_grad = False
    (y * w).sum().backward()
    assert w.grad is None
    np.testing.assert_array_equal(v.grad, VALUES)
    w.requires_grad = True
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad, 2.0 * np.array(VALUES))


# Levels -------------------------------------------------------------------------------------------


def test_a_leaf_inside_other_derivatives():
    """g = d/dx Σ w x² = 2 w x, so dΣg²/dw = 8 w Σx²; by forward mode, d/dw Σ 2 w x = 2 Σx."""
    x = np.array(VALUES)
    for transform, expected in (
        (lambda f: (dp.grad(f)(x) ** 2).sum(), 8 * 2 * 14),
        (lambda f: dp.jvp(f, (x,), (np.ones(3),))[1], 2 * 6),
        (lambda f: dp.vjp(f, x)[1](1.0)[0].sum(), 2 * 6),
    ):
        w = dp.tensor(2.0, requires_grad=True)
        transform(lambda x, w=w: dp.sum(x * w * x)).backward()
        assert w.grad == expected


def test_leaves_made_inside_a_derivative_are_constants_to_it():
    x = np.array(VALUES)

    def f(z):
        w = dp.tensor(z, requires_grad=True)
        dp.sum(w * w).backward()
        return dp.sum(w.grad * z)

    np.testing.assert_array_equal(dp.grad(f)(x), 2 * x)


def test_third_derivatives_of_a_single_number():
    x = np.array(2.0)
    assert dp.grad(dp.grad(dp.grad(lambda x: x**4)))(x) == 48.0
    assert dp.grad(lambda x: dp.jvp(dp.grad(lambda y: y**4), (x,), (x,))[1])(x) == 48.0 * 2 + 48.0


@pytest.mark.parametrize("used", [lambda t: t * 2.0, lambda t: 2.0 * t, lambda t: t.sum(), dp.exp])
def test_tensors_that_leak_from_a_finished_derivative_are_refused(used):
    kept = []

    def f(x):
        kept.append(x * 1.0)
        return dp.sum(x)

    def outer(x):
        dp.grad(f)(x)
        return dp.sum(used(kept[-1]))

    for run in (lambda: outer(np.array(VALUES)), lambda: dp.grad(outer)(np.array(VALUES))):
        with pytest.raises(RuntimeError, match="a finished dp.grad"):
            run()


# Shapes and types ---------------------------------------------------------------------------------


def test_dp_tensor_copies():
    for array in (np.array(VALUES), torch.tensor(VALUES)):
        w = leaf(array)
        array[0] = 99.0
        assert w[0].item() == 1.0
    w = leaf()
    new = np.zeros(3)
    w.data = new
    w.data -= 1.0
    assert not new.any()


def test_types_of_leaves():
    assert dp.tensor([1, 2]).dtype == np.float64
    assert dp.tensor(np.array([1, 2])).dtype == np.int64
    assert leaf(np.float32(2.0)).dtype == np.float32
    assert dp.tensor([1, 2], dtype=np.float32, requires_grad=True).dtype == np.float32
    t = dp.tensor(np.array([1.0]), device="meta")
    assert isinstance(t.data, torch.Tensor) and t.device.type == "meta"
    assert dp.tensor(torch.ones(2), dtype=torch.float64).dtype == torch.float64


def test_single_numbers_and_empty_arrays():
    w = leaf(2.0)
    y = w * w * w
    y.backward()
    assert (y.shape, w.grad.shape, w.grad) == ((), (), 12.0)
    assert (y.item(), f"{y:.2f}", repr(y)) == (8.0, "8.00", "tensor(8.)")
    for shape in ((0,), (0, 3), (2, 0)):
        assert gradient(lambda t: (t * t).sum() + 1.0, np.zeros(shape)).shape == shape


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_computed_values_cannot_be_written_to(make):
    w = leaf(make(VALUES))
    h = dp.exp(w)
    with pytest.raises(ValueError, match="read-only") if make is np.array else memory_apart():
        h.data[0] = 5.0
    with pytest.raises(ValueError, match="read-only") if make is np.array else memory_apart():
        h.detach().data[0] = 5.0
    h.sum().backward()
    np.testing.assert_allclose(np.asarray(w.grad), np.exp(VALUES))


class memory_apart:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


# Python, numpy and others, touching a tensor ------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda t: sum(t), [1, 1, 1]),
        (lambda t: max(t), [0, 0, 1]),
        (lambda t: min(t[0], t[1]), [1, 0, 0]),
        (lambda t: sorted(t, key=lambda x: -x.item())[0], [0, 0, 1]),
        (lambda t: math.prod(t), [6, 3, 2]),
        (lambda t: functools.reduce(lambda a, b: a * b, [*t]), [6, 3, 2]),
        (lambda t: [a * b for a, b in zip(t, reversed(list(t)), strict=True)][0], [3, 0, 1]),
        (lambda t: operator.iadd(t * 1.0, 1.0), [1, 1, 1]),
        (lambda t: copy.copy(t * 2.0), [2, 2, 2]),
        (lambda t: copy.deepcopy([t * 2.0])[0], [2, 2, 2]),
        (lambda t: abs(-t) + (+t), [2, 2, 2]),
        (lambda t: 1 - t / 2 + 2 / t - 3 * t, [-5.5, -4, -3.5 - 2 / 9]),
        (lambda t: t**t, [1, 4 * (1 + np.log(2)), 27 * (1 + np.log(3))]),
        (lambda t: np.array(VALUES) @ t, VALUES),
        (lambda t: np.array(VALUES) - t, [-1, -1, -1]),
        (lambda t: np.array(VALUES) ** t, [0, 4 * np.log(2), 27 * np.log(3)]),
        (lambda t: np.float64(2.0) * t, [2, 2, 2]),
        (lambda t: np.float32(2.0) * t * np.int64(2), [4, 4, 4]),
        (lambda t: (np.array(VALUES) > 1) * t * True, [0, 1, 1]),
        (lambda t: np.exp(t), np.exp(VALUES)),
        (lambda t: np.sum(t, axis=0), [1, 1, 1]),
        (lambda t: np.where(np.array(VALUES) > 1, t, 0.0), [0, 1, 1]),
        (lambda t: np.concatenate([np.zeros(2), t, t]), [2, 2, 2]),
        (lambda t: np.stack([t, np.zeros(3)])[0], [1, 1, 1]),
        (lambda t: np.linalg.norm(t), np.array(VALUES) / np.sqrt(14)),
        (lambda t: np.maximum(t, 2.0), [0, 0.5, 1]),
        (lambda t: t[t > 1.5], [0, 1, 1]),
    ],
)
def test_what_passes_derivatives_on(f, expected):
    np.testing.assert_allclose(gradient(f), expected, rtol=1e-12)


def test_what_looks_at_values_only():
    t = leaf() * 1.0
    assert 2.0 in t and 7.0 not in t and len(t) == 3
    assert (t > 1.5).tolist() == (1.5 < t).tolist() == [False, True, True]
    assert (np.array(VALUES) == t).all() and np.isfinite(t).all() and (np.sign(t) == 1).all()
    assert t != None and not t == "text"  # noqa: E711
    assert {t: "a", leaf(): "b"}[t] == "a" and [t].index(t) == 0
    assert str(t) == "tensor([1., 2., 3.])" and f"{t}" == str(t)
    assert repr(leaf()) == "tensor([1., 2., 3.], requires_grad=True)"
    assert t.numpy() is not t.data and t.numpy().flags.writeable


def test_leaves_can_be_saved_and_computed_tensors_cannot():
    w = leaf()
    for twin in (pickle.loads(pickle.dumps(w)), copy.copy(w), copy.deepcopy({"w": w})["w"]):
        assert twin is not w and twin.requires_grad
        twin.data -= 1.0
        np.testing.assert_array_equal(w.data, VALUES)
    with pytest.raises(TypeError, match=r"shape \(3,\) cannot be saved"):
        pickle.dumps(w * 2.0)


OBJECTS = np.array(VALUES, dtype=object)
RAW = np.array(VALUES)
with pytest.warns(PendingDeprecationWarning):
    MATRIX = np.matrix(RAW)


@pytest.mark.parametrize(
    ("f", "kind", "said"),
    [
        # other numbers
        (
            lambda t: t + np.ones(4),
            ValueError,
            r"shape \(3,\) and the shape \(4,\), which do not fit",
        ),
        (lambda t: t @ np.ones((2, 3)), ValueError, r"do not chain.*3.*2.*Did you mean x @ y.T"),
        (lambda t: np.ones((3, 2)) @ t, ValueError, r"do not chain.*Did you mean x.T @ y"),
        (lambda t: t @ 2.0, ValueError, r"x \* y"),
        (lambda t: t @ np.array(2.0), ValueError, r"x \* y"),
        (lambda t: t * torch.ones(3), TypeError, "numpy array of shape .* and a torch array"),
        (lambda t: torch.ones(3) @ t, TypeError, "torch array of shape .* and a numpy array"),
        (lambda t: torch.ones(3) > t, TypeError, "do not mix"),
        (lambda t: t * "a", TypeError, "'a', a str, was given"),
        (lambda t: None + t, TypeError, "None, a NoneType"),
        (lambda t: [1.0, 2.0, 3.0] * t, TypeError, r"\[1.0, 2.0, 3.0\], a list.*np.array"),
        (lambda t: dp.maximum(t, [1, 2, 3]), TypeError, "a list"),
        (lambda t: t < [1, 2, 3], TypeError, "a list"),
        (lambda t: t < np.ones(4), ValueError, r"\(3,\) and \(4,\) cannot be compared"),
        (lambda t: t * 1j, TypeError, "1j, a complex"),
        (lambda t: t + RAW * 1j, TypeError, r"real numbers.*shape \(3,\) and dtype complex128"),
        (lambda t: t * np.complex128(1j), TypeError, "complex128"),
        (lambda t: t * OBJECTS, TypeError, r"shape \(3,\) and dtype object"),
        (lambda t: (t * 1.0) * OBJECTS, TypeError, r"shape \(3,\) and dtype object"),
        (lambda t: t * MATRIX, TypeError, "matrix of shape .* np.asarray"),
        (lambda t: t * np.ma.masked_array(RAW), TypeError, "MaskedArray of shape"),
        (lambda t: np.ma.masked_array(RAW) * t, TypeError, "lose its derivative"),
        (lambda t: np.ma.exp(t), TypeError, "lose its derivative"),
        (lambda t: t * dp.Scalar(2.0), TypeError, "different engines"),
        # what would lose the derivative
        (lambda t: float(t[0]), TypeError, "dp.exp"),
        (lambda t: math.exp(t[0]), TypeError, "dp.exp"),
        (lambda t: int(t[0]), TypeError, "lose its derivative"),
        (lambda t: bool(t[0]), TypeError, "Compare it"),
        (lambda t: operator.mod("%f", t[0]), TypeError, "t.item()"),
        (lambda t: np.array(t), TypeError, "dp.stack"),
        (lambda t: np.array([t, t]), TypeError, "dp.stack"),
        (lambda t: np.array([t[0], 1.0], dtype=float), TypeError, "dp.stack"),
        (lambda t: RAW.copy().__setitem__(slice(None), t), TypeError, "dp.stack"),
        (lambda t: RAW.copy().__setitem__(0, t[0]), ValueError, "sequence"),  # numpy's own words
        (lambda t: operator.iadd(RAW.copy(), t), TypeError, "np.add with out"),
        (lambda t: np.exp(t, out=RAW.copy()), TypeError, "np.exp with out"),
        (lambda t: np.exp(t, where=RAW > 1), TypeError, "np.exp with where"),
        (lambda t: np.sum(t, out=np.zeros(())), TypeError, "'out'.*dp.sum"),
        (lambda t: np.add.reduce(t), TypeError, "np.add.reduce has no derivative rule"),
        (lambda t: np.add.at(RAW.copy(), [0], t), TypeError, "np.add.at"),
        (lambda t: np.floor(t), TypeError, "np.floor has no derivative rule"),
        (lambda t: np.nan_to_num(t), TypeError, "np.nan_to_num has no derivative rule"),
        (lambda t: np.vectorize(lambda x: x * 2)(t), TypeError, "dp.stack"),
        (lambda t: np.random.default_rng(0).normal(t), TypeError, "dp.stack"),
        (lambda t: t // 2, TypeError, "in steps"),
        (lambda t: 7 % t, TypeError, "in steps"),
        (lambda t: divmod(t, 2), TypeError, "in steps"),
        (lambda t: round(t), TypeError, "in steps"),
        (lambda t: math.floor(t[0]), TypeError, "in steps"),
        # indices and axes
        (lambda t: t[5], IndexError, r"\(3,\).*5"),
        (lambda t: RAW[t], TypeError, "lose its derivative"),
        (lambda t: t[t], TypeError, "index"),
        (lambda t: t.reshape(2, 2), ValueError, r"\(3,\).*\(2, 2\)"),
        (lambda t: t.sum(axis=3), IndexError, r"axis.3"),
        (lambda t: len(t[0]), TypeError, "single number"),
        # backward, grad and data
        (lambda t: (t * 2).backward(), TypeError, r"shape \(3,\).*gradient="),
        (lambda t: (t * 2).backward(np.ones(4)), ValueError, r"\(4,\).*\(3,\)"),
        (lambda t: (t * 2).backward("up"), TypeError, "'up', a str"),
        (lambda t: (t * 2).backward(RAW * 1j), TypeError, "complex128"),
        (lambda t: (t * 2).backward(torch.ones(3)), TypeError, "do not mix"),
        (lambda t: t.detach().sum().backward(), RuntimeError, "requires_grad=True"),
        (lambda t: setattr(t, "grad", np.ones(2)), ValueError, r"\.grad has the shape \(2,\)"),
        (lambda t: setattr(t * 2, "grad", RAW), TypeError, "Only a leaf"),
        (lambda t: setattr(t, "data", np.ones(2)), ValueError, r"\.data has the shape \(2,\)"),
        (lambda t: setattr(t, "data", "abc"), TypeError, "'abc', a str"),
        (lambda t: setattr(t * 2, "data", RAW), TypeError, "leaf"),
        (lambda t: setattr(t * 2, "requires_grad", False), TypeError, "Only a leaf"),
        (lambda t: (t * 2).item(), TypeError, r"one element.*\(3,\)"),
        # leaves
        (lambda t: leaf(np.array([1, 2])), TypeError, r"int64 and shape \(2,\).*dtype=float"),
        (lambda t: leaf(torch.tensor([1, 2])), TypeError, r"int64 and shape \(2,\)"),
        (lambda t: leaf(np.array([True])), TypeError, "dtype bool"),
        (lambda t: setattr(dp.tensor(np.array([1])), "requires_grad", True), TypeError, "int64"),
        (lambda t: dp.tensor(RAW * 1j), TypeError, r"complex128 and shape \(3,\)"),
        (lambda t: dp.tensor(OBJECTS), TypeError, "dtype object"),
        (lambda t: dp.tensor("abc"), TypeError, "'abc'"),
        (lambda t: dp.tensor(None), TypeError, "None"),
        (lambda t: dp.tensor([[1, 2], [3]]), TypeError, r"\[\[1, 2\], \[3\]\]"),
        (lambda t: dp.tensor([t[0], 1.0]), TypeError, "real numbers"),
        (lambda t: dp.tensor(np.array(["1"])), TypeError, "<U1"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(f, kind, said):
    with pytest.raises(kind, match=said):
        f(leaf())


@pytest.mark.parametrize("add", [operator.add, operator.mul])
def test_torch_tensors_with_derivatives_of_their_own_are_refused(add):
    theirs = torch.nn.Parameter(torch.ones(3))
    with pytest.raises(TypeError, match=r"shape \(3,\) that requires grad.*x.detach"):
        add(leaf(torch.ones(3)), theirs)
    assert not leaf(theirs).data.requires_grad


def test_devices_do_not_mix():
    """The device called "meta" holds shapes only, and so does without a GPU."""
    w = leaf(torch.ones(3))
    away = torch.ones(3, device="meta")
    for f in (lambda: w * away, lambda: (w * 1.0) @ away):
        with pytest.raises(TypeError, match="different devices: cpu and meta.*x.to"):
            f()
    with pytest.raises(TypeError, match="device meta, but must be on cpu"):
        w.data = away
    with pytest.raises(TypeError, match="device meta, but must be on cpu"):
        (w * 1.0).backward(away)


# Arrays that change -------------------------------------------------------------------------------


def change_by_index(array):
    array[0] = 7.0 if array.dtype != bool else not array[0]


@pytest.mark.parametrize("make", [np.array, torch.tensor])
@pytest.mark.parametrize(
    "program",
    [
        lambda w, c: (w * c).sum(),
        lambda w, c: ((w * 1.0) * c).sum(),
        lambda w, c: (c / w).sum(),
        lambda w, c: c @ w,
        lambda w, c: dp.where(c > 1, w, c * w).sum(),
        lambda w, c: dp.maximum(w, c).sum(),
    ],
)
def test_a_constant_that_changes_is_noticed(make, program):
    w, c = leaf(make(VALUES)), make(VALUES)
    y = program(w, c)
    change_by_index(c)
    with pytest.raises(RuntimeError, match=r"shape \(3,\) was changed in place"):
        y.backward()
    again = program(w, c)  # run again, it is right
    again.backward()
    assert again.requires_grad


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_masks_and_indices_that_change(make):
    mask = make([True, False, True])
    w = leaf(make(VALUES))
    y = dp.where(mask, w, 0.0).sum()
    change_by_index(mask)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    places = make([0, 0, 1])
    w = leaf(make(VALUES))
    y = w[places].sum()
    places[0] = 2
    y.backward()  # an index is copied, so this is right
    np.testing.assert_array_equal(np.asarray(w.grad), [2, 1, 0])


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_a_leaf_that_changes_between_forward_and_backward(make):
    w = leaf(make(VALUES))
    y = (w * w).sum()
    if make is np.array:
        w.data -= 1.0
    else:
        w.data.sub_(1.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    (w * w).sum().backward()
    np.testing.assert_array_equal(np.asarray(w.grad), [0.0, 2.0, 4.0])


def test_a_leaf_that_changes_between_programs():
    """An old result that is still about does not spoil the next program."""
    v, w = leaf(), leaf()
    old = (v * w).sum()
    w.data -= 1.0
    (v * w).sum().backward()
    np.testing.assert_array_equal(v.grad, [0.0, 1.0, 2.0])
    x = np.array(VALUES)
    old = (w * x).sum()
    x[:] = 5.0
    w.zero_grad()
    (w * x).sum().backward()
    np.testing.assert_array_equal(w.grad, [5.0, 5.0, 5.0])
    assert old.item() == 0 * 1 + 1 * 2 + 2 * 3


def test_arguments_that_change_before_the_pullback():
    x = np.array(VALUES)
    _, pullback = dp.vjp(lambda x: dp.sum(x * x), x)
    x += 1.0
    with pytest.raises(RuntimeError, match="changed in place"):
        pullback(1.0)


@pytest.mark.parametrize("size", [1, 7, 1023, 1025, 5000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8])
def test_fingerprints_see_every_element(size, dtype):
    x = np.random.default_rng(size).normal(size=size, scale=50.0).astype(dtype)
    before = fingerprint(x)
    for k in (*range(0, size, 1 + size // 50), size - 1):
        kept = x[k]
        x[k] = kept + 1
        assert fingerprint(x) != before
        x[k] = kept
    assert fingerprint(x) == before == fingerprint(np.repeat(x, 2)[::2])
    if size > 7:
        assert fingerprint(np.sort(x)) != before


# Length, memory, threads --------------------------------------------------------------------------


def test_long_chains():
    """100,000 operations, forwards, backwards and when they are forgotten."""
    n = 100_000
    w = dp.tensor(1.0, requires_grad=True)
    y = w
    for _ in range(n):
        y = y * 1.0
    y.backward()
    assert w.grad == 1.0
    assert (
        dp.grad(lambda x: functools.reduce(lambda h, _: h + x, range(n), x))(np.array(1.0)) == n + 1
    )
    w.zero_grad()
    y = 0.0
    for _ in range(n):
        y = y + w * 1.0  # each w * 1.0 begins a program
    y.backward(retain_graph=True)
    assert w.grad == n
    del y


def arrays_of(work, size=100_000):
    """Memory before and at most, while and after `work` runs, in arrays of `size` floats."""
    tracemalloc.start()
    try:
        work()
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return now / (8 * size), peak / (8 * size)


def test_memory_comes_back_without_the_collector():
    w = dp.tensor(np.ones(100_000), requires_grad=True)

    def loss():
        return (dp.tanh(w * 2.0) * w).sum()

    def training():
        for _ in range(30):
            w.zero_grad()
            loss().backward()
            w.data -= 0.01 * w.grad

    def evaluation():
        for _ in range(100):
            last = loss()  # each is computed while the one before is alive
        assert last.requires_grad

    gc.disable()
    try:
        loss()
        assert arrays_of(training)[1] < 8
        now, peak = arrays_of(evaluation)
        assert now < 1 and peak < 40  # one tape of 64 rows, and a little
        assert arrays_of(lambda: [loss().item() for _ in range(50)])[1] < 4
    finally:
        gc.enable()


def test_no_reference_cycles():
    x = np.ones(3)

    def work():
        w = leaf()
        h = dp.exp(w[1:] * 2.0) @ np.ones(2)
        h.backward()
        w.data -= w.grad
        dp.grad(lambda x: dp.sum(dp.grad(lambda y: dp.sum(y**3))(x)))(x)
        dp.jvp(dp.grad(lambda y: dp.sum(y**3)), (x,), (x,))
        with pytest.raises(ValueError, match="do not fit"):
            w + np.ones(4)
        return weakref.ref(h._tape)

    work()
    gc.collect()
    gc.disable()
    try:
        w = leaf()
        h = dp.exp(w * 2.0) * w
        tape = weakref.ref(h._tape)
        h.sum().backward()
        del h
        assert tape() is None
        dp.jvp(dp.grad(lambda y: dp.sum(y**3)), (x,), (x,))
        dp.grad(lambda x: dp.sum(dp.grad(lambda y: dp.sum(y**3))(x)))(x)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_threads_do_not_disturb_each_other():
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for k in range(100):
            x = rng.normal(size=3)
            w = dp.tensor(x, requires_grad=True)
            y = (dp.exp(w) * w + 2.0 * w).sum()
            with dp.no_grad():
                if (w * w).requires_grad:
                    wrong.append("no_grad did not hold")
            if k % 2:
                y = y + (w * 3.0).sum()
            y.backward()
            if not np.allclose(w.grad, np.exp(x) * (1 + x) + 2.0 + 3.0 * (k % 2)):
                wrong.append(w.grad)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


def test_no_grad_holds_in_its_own_thread_only():
    inside, done = threading.Event(), threading.Event()

    def pause():
        with dp.no_grad():
            inside.set()
            done.wait()

    thread = threading.Thread(target=pause)
    thread.start()
    try:
        inside.wait()
        w = leaf()
        assert ((w * 1.0) * 2.0).requires_grad and dp.exp(w).requires_grad
    finally:
        done.set()
        thread.join()


# The operators that are written out ---------------------------------------------------------------


@pytest.mark.parametrize("symbol", ["add", "sub", "mul", "truediv", "matmul"])
@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_written_out_operators_do_what_the_long_way_does(symbol, make):
    """A tensor on a tape meets: another of the tape, of another tape, a leaf, itself, constants."""
    name = {"truediv": "div"}.get(symbol, symbol)
    operation = getattr(operator, symbol)
    x = make([[1.0, 2.0], [3.0, 5.0]])

    def results(combine):
        w, v = leaf(x), leaf(x + 1.0)
        h = w * 1.0
        seen = v * 1.0  # so that v is known to the tape of h
        far = functools.reduce(lambda a, _: a + 0.0, range(70), w * 1.0)
        others = [seen, v, w, h, far, v * 2.0, x, 2.0, 3, make([[2.0, 4.0]]), make([2.0]), x[0]]
        found = []
        for other in others:
            for pair in ((h, other), (other, h)):
                if name == "matmul" and (isinstance(other, (float, int)) or other.shape == (1, 2)):
                    continue
                if name == "matmul" and other.shape == (1,):
                    continue
                w.zero_grad(), v.zero_grad()
                z = combine(*pair)
                z.backward(dp.exp(z).data * 0 + 1.5, retain_graph=True)
                found += [z.numpy(), w.grad, np.zeros(2) if v.grad is None else v.grad]
        return found

    quick, long = results(operation), results(lambda a, b: apply(name, a, b))
    assert len(quick) == len(long) > 30
    for a, b in zip(quick, long, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_the_class_makes_tensors_like_the_function():
    t = dp.Tensor([1.0, 2.0], requires_grad=True)
    (t * t).sum().backward()
    np.testing.assert_array_equal(t.grad, [2.0, 4.0])
    assert dp.Tensor(3.0, dtype=np.float32).dtype == np.float32


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_said():
    for data in ([1.0], torch.ones(2)):
        with pytest.raises(RuntimeError, match="'cuda'.*no GPU"):
            dp.tensor(data, device="cuda")


def test_a_step_of_an_optimiser_keeps_the_leaf():
    w = leaf = dp.tensor([1.0, 2.0], requires_grad=True)
    other = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    for _ in range(3):
        (w * w * w).sum().backward()
        (other**3).sum().backward()
        with dp.no_grad():
            w -= 0.1 * w.grad
            w *= 0.5
        with torch.no_grad():
            other -= 0.1 * other.grad
            other *= 0.5
        w.zero_grad()
        other.grad = None
    assert w is leaf and w.requires_grad
    np.testing.assert_allclose(w.data, other.detach().numpy(), rtol=1e-12)
    with pytest.raises(TypeError, match=r"x \+= .* shape \(2,\).*no_grad"):
        w += 1.0
    t = w * 1.0
    t += 1.0  # a computed tensor: a new one under the same name
    t.sum().backward()
    np.testing.assert_array_equal(w.grad, [1.0, 1.0])


def test_putting_a_tensor_into_an_ordinary_array_is_explained():
    def f(x):
        y = np.zeros(3)
        y[0] = x[0]
        return dp.sum(y)

    with pytest.raises((TypeError, ValueError)) as caught:
        dp.grad(f)(np.ones(3))
    said = str(caught.value) + " ".join(getattr(caught.value, "__notes__", []))
    assert "zeros_like" in said or "derivative" in said


def test_single_numbers_of_two_libraries_do_not_mix_either():
    def f(a, b):
        return dp.sum(a) * dp.sum(b)

    with pytest.raises(TypeError, match="a torch array of shape .* a numpy array of shape"):
        dp.grad(f, (0, 1))(torch.ones(2), np.ones(2))
