"""Mistakes that one sees in the numbers alone, and how somebody's function is asked."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks_by_hand import X, Y, backprop, loss, spoilt, weights

import dpkit as dp

NET, SQUARE = weights(), weights(hidden=3)


def each(change):
    return spoilt(lambda g, x: change(g))


def together(change):
    """backprop with all numbers changed together: a function of the flat gradient."""

    def gradient(*args):
        right = backprop(*args)
        flat = change(np.concatenate([g.ravel() for g in right]))
        pieces = np.split(flat, np.cumsum([g.size for g in right])[:-1])
        return tuple(p.reshape(g.shape) for p, g in zip(pieces, right, strict=True))

    return gradient


def short(limit):
    return together(lambda g: g * min(1.0, limit / np.linalg.norm(g)))


def test_the_gradient_by_hand_is_right():
    assert dp.diagnose(loss, backprop, *NET).kind == "correct"
    truth = torch.autograd.functional.jacobian(
        lambda W, b, V, c: (
            (torch.tanh(torch.tensor(X) @ W + b) @ V + c - torch.tensor(Y)) ** 2
        ).mean(),
        tuple(map(torch.tensor, NET)),
    )
    for mine, other in zip(backprop(*NET), truth, strict=True):
        assert np.allclose(mine, other)


EVERYTHING = [
    ("zero", each(np.zeros_like), "zero"),
    ("sign", each(np.negative), "sign"),
    ("three times", each(lambda g: 3.7 * g), "factor"),
    ("value as seed", lambda *p: tuple(loss(*p) * g for g in backprop(*p)), "wrong_seed"),
    ("of log f", lambda *p: tuple(g / loss(*p) for g in backprop(*p)), "other_function"),
    ("of f²", lambda *p: tuple(2 * loss(*p) * g for g in backprop(*p)), "other_function"),
    ("penalty", spoilt(lambda g, x: g + 0.013 * x), "weight_decay"),
    ("penalty lost twice", spoilt(lambda g, x: g - 0.4 * x), "weight_decay"),
    ("updated", spoilt(lambda g, x: x - 0.3 * g), "post_update"),
    ("argument", spoilt(lambda g, x: x.copy()), "other_function"),
    ("sizes", each(np.abs), "magnitude"),
    ("signs", each(np.sign), "magnitude"),
    ("limits", each(lambda g: np.clip(g, -0.05, 0.04)), "clipped"),
    ("upper limit", each(lambda g: np.minimum(g, 0.03)), "clipped"),
    ("each by its length", each(lambda g: g / np.linalg.norm(g)), "normalised"),
    ("by the length", together(lambda g: g / np.linalg.norm(g)), "normalised"),
    ("by the largest", together(lambda g: 0.5 * g / np.max(np.abs(g))), "normalised"),
    ("no mean", together(lambda g: g - g.mean()), "normalised"),
    ("squared", each(np.square), "repeated_factor"),
    ("reciprocal", each(np.reciprocal), "wrong_rule"),
    ("times argument", spoilt(lambda g, x: g * x), "wrong_rule"),
    ("offset", each(lambda g: g + 0.25), "constant_offset"),
    ("decimals", each(lambda g: np.round(g, 3)), "rounded"),
    ("cut off", each(lambda g: np.trunc(1e4 * g) / 1e4), "rounded"),
    ("float32", each(np.float32), "float32"),
]  # fmt: skip


@pytest.mark.parametrize("wrong, kind", [case[1:] for case in EVERYTHING],
                         ids=[case[0] for case in EVERYTHING])  # fmt: skip
def test_everything_is_wrong_in_one_way(wrong, kind):
    diagnosis = dp.diagnose(loss, wrong, *NET)
    assert diagnosis.kind == kind, str(diagnosis)


def test_a_long_gradient_is_shortened():
    length = np.linalg.norm(np.concatenate([g.ravel() for g in backprop(*NET)]))
    diagnosis = dp.diagnose(loss, short(0.98 * length), *NET)
    assert diagnosis.kind == "clipped" and f"{0.98 * length:.6g}" in diagnosis.message


PARTS = [
    # where it is wrong, how, the kinds that may be named, words in the sentence
    ({"W": lambda g, x: g.T.copy()}, {"transposed"}, ()),
    ({"W": lambda g, x: g[::-1]}, {"swapped"}, ("W",)),
    ({"W": lambda g, x: np.roll(g, 1, axis=1)}, {"swapped"}, ("W", "shifted")),
    ({"b": lambda g, x: -g}, {"sign"}, ()),
    ({"b": lambda g, x: 7 * g}, {"averaged"}, ("7",)),
    ({"b": lambda g, x: g / 7}, {"averaged"}, ()),
    ({"b": lambda g, x: g + 0.1 * x}, {"weight_decay"}, ("b", "0.1")),
    ({"b": lambda g, x: 0 * g}, {"zero", "missing_term"}, ()),
    ({"b": lambda g, x: np.full_like(g, g.mean())}, {"averaged"}, ("mean", "b")),
    ({"b": lambda g, x: np.cumsum(g)}, {"accumulated"}, ("b",)),
    ({"b": lambda g, x: np.abs(g)}, {"magnitude"}, ("b",)),
    ({"W": lambda g, x: np.diag(np.diag(g))}, {"missing_term"}, ("diagonal",)),
    ({"W": lambda g, x: np.tril(g)}, {"missing_term"}, ("triangle",)),
    ({"V": lambda g, x: g * (np.arange(3) == 2)[:, None]}, {"missing_term"}, ("last", "V")),
    ({"V": lambda g, x: g.T.reshape(g.shape)}, {"transposed"}, ("V", "resh")),
    ({"W": lambda g, x: g + g.T}, {"transposed"}, ("added", "W")),
    ({"b": lambda g, x: g / np.linalg.norm(g)}, {"normalised"}, ("b",)),
    ({"W": lambda g, x: g.T.copy(), "c": lambda g, x: -g}, {"transposed", "sign"}, ()),
]


@pytest.mark.parametrize("changes, kinds, words", PARTS)
def test_some_arguments_are_wrong(changes, kinds, words):
    diagnosis = dp.diagnose(loss, spoilt(None, **changes), *SQUARE)
    assert diagnosis.kind in kinds, str(diagnosis)
    for word in words:
        assert word in diagnosis.message


def test_gradients_of_other_arguments():
    def exchanged(W, b, V, c):
        gW, gb, gV, gc = backprop(W, b, V, c)
        return gW, gc, gV, gb

    def twice(W, b, V, c):
        gW, gb, gV, gc = backprop(W, b, V, c)
        return gW, gc, gV, gc

    two = weights(hidden=2)
    diagnosis = dp.diagnose(loss, exchanged, *two)
    assert diagnosis.kind == "swapped" and "b and c changed places" in diagnosis.message
    diagnosis = dp.diagnose(loss, twice, *two)
    assert diagnosis.kind == "wrong_argument" and "came back for b" in diagnosis.message


def test_the_number_of_samples_is_recognised():
    """Seven samples, two columns: the count says which mean is meant."""
    diagnosis = dp.diagnose(loss, each(lambda g: 7 * g), *NET)
    assert diagnosis.kind == "averaged" and "7" in diagnosis.message


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), amount=st.sampled_from([1e-4, 0.1, 3.0]))
def test_noise_has_no_name(seed, amount):
    """A smooth function of all arguments that has nothing to do with the loss is added."""
    rng = np.random.default_rng(seed)
    waves = [rng.normal(size=x.shape) for x in NET]

    def strange(*args):
        phase = sum(float((w * x).sum()) for w, x in zip(waves, args, strict=True))
        return tuple(
            g + amount * (1.3 + np.sin(5 * phase + 9 * w))
            for g, w in zip(backprop(*args), waves, strict=True)
        )

    diagnosis = dp.diagnose(loss, strange, *NET)
    assert diagnosis.kind == "unknown" and diagnosis.confidence == 0.0, str(diagnosis)


# Precision -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f, right, wrong, x",
    [
        (lambda x: 1e-20 * x * x, lambda x: 2e-20 * x, lambda x: 2e-20 * x * x, 3.0),
        (lambda x: 1e20 * x * x, lambda x: 2e20 * x, lambda x: 2e20 * x * x, 3.0),
        (lambda x: 1e9 + x * x, lambda x: 2 * x, lambda x: 2 * x + 1e-5 * x**3, 3.0),
        (dp.tanh, lambda x: 1 - math.tanh(x) ** 2, lambda x: 3e-10, 12.0),
        (dp.tanh, lambda x: 1 / math.cosh(x) ** 2, lambda x: 1e-12, 18.0),
        (lambda x: dp.softplus(-x), lambda x: 1 / (1 + math.exp(-x)) - 1, lambda x: -1e-12, 30.0),
        (lambda x: dp.sin(x) ** 2 + dp.cos(x) ** 2, lambda x: 1e-17, lambda x: 1e-9, 1.0),
    ],
)
def test_small_numbers_count_where_rounding_is_smaller(f, right, wrong, x):
    assert dp.diagnose(f, right, x).kind == "correct"
    assert dp.diagnose(f, wrong, x).kind != "correct"


def test_one_large_derivative_hides_no_wrong_small_one():
    f = lambda a, b: 1e8 * a + b * b  # noqa: E731
    assert dp.diagnose(f, lambda a, b: (1e8, 2 * b), 1.0, 2.0).kind == "correct"
    assert dp.diagnose(f, lambda a, b: (1e8, 2.001 * b), 1.0, 2.0).kind == "factor"


def test_single_precision():
    single = tuple(x.astype(np.float32) for x in NET)
    rounded = each(np.float32)
    assert dp.diagnose(loss, rounded, *single).kind == "correct"
    assert dp.diagnose(loss, backprop, *single).kind == "correct"
    assert dp.diagnose(loss, rounded, *NET).kind == "float32"
    assert dp.diagnose(loss, each(lambda g: np.float32(-g)), *single).kind == "sign"
    # Near, but in sixteen digits: no evidence of float32.
    near = each(lambda g: g * (1 + 1e-6 * np.cos(1e3 * g)))
    assert dp.diagnose(loss, near, *NET).kind == "unknown"


@pytest.mark.parametrize("h", [1e-2, 3e-4, 1e-5, 1e-8, 1e-10, -1e-6])
def test_finite_differences_with_any_step(h):
    def quotient(*args):
        found = []
        for n, x in enumerate(args):
            slopes = np.zeros_like(x)
            for at in np.ndindex(x.shape):
                moved = x.copy()
                moved[at] += h
                up = loss(*args[:n], moved, *args[n + 1 :])
                slopes[at] = (up - loss(*args)) / h
            found.append(slopes)
        return tuple(found)

    diagnosis = dp.diagnose(loss, quotient, *NET)
    assert diagnosis.kind == "finite_difference", str(diagnosis)


# Manners ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [0.2942953020134228, 0.40503355704697985, 1.3057046979865774])
def test_rounding_of_one_number_is_no_cut(x):
    """At these places it is the largest or the least of the answers alone that rounding moved."""

    def height(t):
        return 80 * dp.sin(2 * t)

    def nudged(t, h=1e-10):
        return float(80 * np.sin(2 * (t + h)) - 80 * np.sin(2 * t)) / h

    assert dp.diagnose(height, nudged, x).kind == "finite_difference"


def test_answers_from_earlier_points():
    kept = []

    def delayed(*args):
        kept.append(backprop(*args))
        return kept[-2] if len(kept) > 1 else kept[0]

    first = []

    def once(*args):
        if not first:
            first.append(backprop(*args))
        return tuple(g.copy() for g in first[0])

    assert dp.diagnose(loss, delayed, *NET).kind == "stale"
    assert dp.diagnose(loss, once, *NET).kind == "stale"


def test_memory_that_is_used_again():
    buffers = [np.zeros_like(x) for x in NET]

    def reusing(*args):
        for buffer, g in zip(buffers, backprop(*args), strict=True):
            buffer[...] = g
        return tuple(buffers)

    assert dp.diagnose(loss, reusing, *NET).kind == "aliased"
    half = lambda x: 0.5 * (x * x).sum()  # noqa: E731
    x = np.array([1.0, -2.0, 3.0])
    assert dp.diagnose(half, lambda x: x, x).kind == "correct"
    assert dp.diagnose(half, lambda x: x[:], x).kind == "correct"
    assert dp.diagnose(half, lambda x: x.copy(), x).kind == "correct"
    assert dp.diagnose(half, lambda x: 2 * x, x).kind in {"factor", "missing_factor"}
    # A right answer that is remembered for its own point is nobody's harm.
    memory = {}

    def remembering(x):
        return memory.setdefault(x.tobytes(), x.copy())

    assert dp.diagnose(half, remembering, x).kind == "correct"


def test_adjoints_that_are_not_cleared():
    totals = [np.zeros_like(x) for x in NET]

    def growing(*args):
        for total, g in zip(totals, backprop(*args), strict=True):
            total += g
        return tuple(totals)

    speed = [np.zeros_like(x) for x in NET]

    def with_momentum(*args):
        for v, g in zip(speed, backprop(*args), strict=True):
            v *= 0.9
            v += g
        return tuple(v.copy() for v in speed)

    assert dp.diagnose(loss, growing, *NET).kind == "accumulated"
    assert dp.diagnose(loss, with_momentum, *NET).kind == "accumulated"


def test_somebody_is_asked_only_a_few_times():
    calls = []

    def counted(*args):
        calls.append(args)
        return tuple(-g for g in backprop(*args))

    dp.diagnose(loss, counted, *NET)
    assert len(calls) <= 8


# What may be asked about -------------------------------------------------------------------------------


def test_containers_tensors_and_rules_of_ones_own():
    def in_dict(p):
        return loss(p["W"], p["b"], p["V"], p["c"])

    def by_hand(p, change=lambda g: g):
        return dict(zip("WbVc", map(change, backprop(*p.values())), strict=True))

    p = dict(zip("WbVc", NET, strict=True))
    assert dp.diagnose(in_dict, by_hand, p).kind == "correct"
    wrong = dp.diagnose(in_dict, lambda p: by_hand(p) | {"b": -by_hand(p)["b"]}, p)
    assert wrong.kind == "sign"
    shuffled = lambda p: dict(reversed(by_hand(p).items()))  # noqa: E731
    assert dp.diagnose(in_dict, shuffled, p).kind == "correct"

    x = torch.tensor([0.3, -0.5, 1.2], dtype=torch.float64)
    f = lambda x: (torch.tanh(x) * x).sum()  # noqa: E731
    right = lambda x: torch.tanh(x) + x * (1 - torch.tanh(x) ** 2)  # noqa: E731
    assert dp.diagnose(f, right, x).kind == "correct"
    assert dp.diagnose(f, lambda x: torch.tanh(x), x).kind == "missing_term"

    @dp.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, g: (3 * x**2 * g,))
    assert dp.diagnose(lambda x: cube(x) * 2, lambda x: 6 * x * x, 1.3).kind == "correct"
    assert dp.diagnose(lambda x: cube(x) * 2, lambda x: -6 * x * x, 1.3).kind == "sign"


def test_functions_with_an_array_as_value():
    A = np.random.default_rng(3).normal(size=(3, 3))
    f = lambda x: dp.tanh(A @ x)  # noqa: E731
    x = np.array([0.2, -0.4, 0.1])
    slope = lambda x: (1 - np.tanh(A @ x) ** 2)[:, None]  # noqa: E731
    assert dp.diagnose(f, lambda x: slope(x) * A, x).kind == "correct"
    assert dp.diagnose(f, lambda x: (slope(x) * A).T, x).kind == "transposed"
    assert dp.diagnose(f, lambda x: A.copy(), x).kind == "missing_factor"
    assert dp.diagnose(f, lambda x: (slope(x) * A).sum(0), x).kind == "correct"
    oblong = lambda x: dp.tanh(A[:2] @ x)  # noqa: E731
    assert dp.diagnose(oblong, lambda x: (slope(x)[:2] * A[:2]).T, x).kind == "transposed"


def test_kinks_in_arrays():
    f = lambda x: dp.relu(x).sum()  # noqa: E731
    x = np.array([-1.0, 0.0, 2.0])
    assert dp.diagnose(f, lambda x: (x > 0) * 1.0, x).kind == "correct"
    assert dp.diagnose(f, lambda x: (x >= 0) * 1.0, x).kind == "correct"
    assert dp.diagnose(f, lambda x: (x > 0) + 7.0 * (x == 0), x).kind != "correct"


def test_of_a_gradient_that_never_changes_no_length_is_guessed():
    """(1, -1), divided by its length, times any number, is just that number times (1, -1)."""
    turned = dp.diagnose(lambda a, b: a - b, lambda a, b: (-1.0, 1.0), 0.4, 1.7)
    kinds = {turned.kind, *(each.kind for each in turned.alternatives)}
    assert "sign" in kinds and "normalised" not in kinds
    shortened = dp.diagnose(lambda a, b: 3.0 * a - 4.0 * b, lambda a, b: (0.6, -0.8), 0.4, 1.7)
    kinds = {shortened.kind, *(each.kind for each in shortened.alternatives)}
    assert "normalised" in kinds
