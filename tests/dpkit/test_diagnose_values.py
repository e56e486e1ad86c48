"""Right gradients of the wrong thing: `dpkit.diagnose.values`.

All gradients below are written out by hand in numpy. Those that are wrong are right ones of another
function, or of the same one at other values.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dpkit as dp
from dpkit.diagnose.question import Question
from dpkit.diagnose.values import other_values

RNG = np.random.default_rng(5)
N = 6
X, T = RNG.normal(size=(N, 3)), RNG.normal(size=(N, 2))
ONES = np.ones(N)
LABELS = np.array([0, 2, 1, 1, 0, 2])
NET = (
    RNG.normal(size=(3, 4)), RNG.normal(size=4), RNG.normal(size=(4, 4)), RNG.normal(size=4),
    RNG.normal(size=(4, 2)), RNG.normal(size=2),
)  # fmt: skip


def explained(f: Callable[..., Any], gradient: Callable[..., Any], *args: Any) -> tuple[Any, Any]:
    """The mistakes that explain the whole gradient; and those that explain what is wrong in it."""
    question = Question(f, gradient, args)
    assert question.correctness() is None, "this gradient is right"
    wrong = np.any([~each.agrees(each.truth) for each in question.answers], axis=0)
    return other_values(question.answers, wrong, time.process_time() + 60.0)


def found(f: Callable[..., Any], gradient: Callable[..., Any], *args: Any) -> Any:
    """The likeliest mistake that explains the whole gradient."""
    whole, _ = explained(f, gradient, *args)
    assert whole, "nothing explains this gradient"
    return min(whole, key=lambda mistake: mistake.rank)


# A network by hand --------------------------------------------------------------------------------


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


SIGMOID = (sigmoid, lambda a: sigmoid(a) * (1 - sigmoid(a)))
TANH = (np.tanh, lambda a: 1 - np.tanh(a) ** 2)
NONE = (lambda a: a, np.ones_like)


def loss(W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any) -> Any:
    h1 = dp.sigmoid(X @ W1 + b1)
    h2 = dp.tanh(h1 @ W2 + b2)
    y = h2 @ W3 + b3
    return dp.sum((y - T) ** 2) / N


def backprop(
    W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any,
    first: Any = SIGMOID, second: Any = TANH, last: Any = NONE, X: Any = X, T: Any = T,
    weights: Any = ONES, rate: float = 0.0, bias: float = 1.0, preactivations: bool = False,
) -> tuple[np.ndarray, ...]:  # fmt: skip
    """The gradient, with activations, data and weights of the samples to choose.

    rate: with it the weights are updated on the way back. bias: how often b2 is added.
    preactivations: the backward pass mistakes them for the activations.
    """
    a1 = X @ W1 + b1
    h1 = first[0](a1)
    a2 = h1 @ W2 + bias * b2
    h2 = second[0](a2)
    a3 = h2 @ W3 + b3
    d3 = weights[:, None] * 2 * (last[0](a3) - T) / N * last[1](a3)
    if preactivations:
        h1, h2 = a1, a2
    slope2, slope1 = second[1](a2), first[1](a1)
    if preactivations:
        slope2, slope1 = 1 - h2**2, h1 * (1 - h1)
    g3 = h2.T @ d3
    W3 = W3 - rate * g3
    d2 = d3 @ W3.T * slope2
    g2 = h1.T @ d2
    W2 = W2 - rate * g2
    d1 = d2 @ W2.T * slope1
    return X.T @ d1, d1.sum(0), g2, bias * d2.sum(0), g3, d3.sum(0)


def test_the_network_by_hand_is_right() -> None:
    question = Question(loss, backprop, NET)
    answer = question.correctness()
    assert answer is not None and answer.kind == "correct"


@pytest.mark.parametrize(
    ("changes", "line", "words"),
    [
        ({"first": TANH}, "dp.sigmoid(X @ W1 + b1)", "tanh stands where f has sigmoid"),
        ({"first": NONE}, "dp.sigmoid(X @ W1 + b1)", "sigmoid is missing"),
        ({"second": SIGMOID}, "dp.tanh(h1 @ W2 + b2)", "sigmoid stands where f has tanh"),
        ({"last": TANH}, "h2 @ W3 + b3", "one more tanh"),
        ({"bias": 0.0}, "h1 @ W2 + b2", "the second term of the sum is missing"),
        ({"T": -T}, "y - T", "a sum stands where f has a difference"),
        ({"T": 0 * T}, "y - T", "the second term of the difference is missing"),
        ({"T": T[:, ::-1]}, "y - T", "the columns of the data are shifted"),
    ],
)  # fmt: skip
def test_another_network(changes: dict[str, Any], line: str, words: str) -> None:
    mistake = found(loss, lambda *w: backprop(*w, **changes), *NET)
    assert mistake.kind == "other_function"
    assert line in mistake.where
    assert words in mistake.sentence


@pytest.mark.parametrize(("order", "words"), [(-1, "in the opposite order"), (1, "shifted")])
@pytest.mark.parametrize("which", ["X", "T"])
def test_data_in_another_order(which: str, order: int, words: str) -> None:
    """Whether the samples or the targets are in another order, nobody can tell from the numbers."""

    def gradient(*w: np.ndarray) -> tuple[np.ndarray, ...]:
        data = X if which == "X" else T
        return backprop(*w, **{which: data[::-1] if order == -1 else np.roll(data, 1, axis=0)})

    whole, _ = explained(loss, gradient, *NET)
    assert {mistake.kind for mistake in whole} == {"other_function"}
    assert all(words in mistake.sentence for mistake in whole)
    assert {mistake.operation for mistake in whole} == {"matmul", "sub"}


# Other functions of numbers and arrays ------------------------------------------------------------

V = np.array([0.7, -0.4, 1.3, 0.2])
M = RNG.normal(size=(4, 4))


def _softmax_along(axis: int) -> Callable[[np.ndarray], np.ndarray]:
    def gradient(Z: np.ndarray) -> np.ndarray:
        """Of sum(M * softmax(Z, axis) ** 2)."""
        p = np.exp(Z) / np.exp(Z).sum(axis, keepdims=True)
        g = 2 * M * p
        return p * (g - (p * g).sum(axis, keepdims=True))

    return gradient


def _norm_gradient(x: np.ndarray) -> np.ndarray:
    n2 = x @ x
    return 2 * x * np.cos(n2)


@pytest.mark.parametrize(
    ("f", "gradient", "args", "words"),
    [
        (lambda a, b: dp.exp(a - 2 * b), lambda a, b: (-np.exp(2 * b - a), 2 * np.exp(2 * b - a)),
         (0.3, 0.5), "the two operands of the difference have changed places"),
        (lambda a, b: dp.sin(a / b), lambda a, b: (-b / a**2 * np.cos(b / a), np.cos(b / a) / a),
         (1.3, 0.7), "the two operands of the quotient have changed places"),
        (lambda a, b: dp.sin(a**b),
         lambda a, b: (b**a * np.log(b) * np.cos(b**a), a * b ** (a - 1) * np.cos(b**a)),
         (1.3, 0.7), "the two operands of the power have changed places"),
        (lambda x: dp.exp(dp.sin(x) * x),
         lambda x: np.exp(np.cos(x) * x) * (np.cos(x) - x * np.sin(x)), (0.8,),
         "cos stands where f has sin"),
        (lambda x: dp.exp(dp.sin(x)),
         lambda x: np.pi / 180 * np.cos(x * np.pi / 180) * np.exp(np.sin(x * np.pi / 180)),
         (0.8,), "in degrees"),
        (lambda x: dp.sin(dp.log(1.0 + x)), lambda x: np.cos(np.log(x)) / x, (0.8,),
         "the first term of the sum is missing"),
        (lambda x: dp.exp(2.0 - x) * x, lambda x: np.exp(-x) * (1 - x), (0.8,),
         "the first term of the difference is missing"),
        (lambda x: dp.sin(3.0 / x), lambda x: -np.cos(1 / x) / x**2, (0.8,),
         "the numerator of the quotient is missing"),
        (lambda x: dp.sin(dp.sqrt(x)), lambda x: np.cos(x), (0.8,), "sqrt is missing"),
        (lambda x: dp.cos(x**3), lambda x: -4 * x**3 * np.sin(x**4), (0.8,),
         "the exponent is larger by one"),
        (lambda x: dp.cos(x**2), lambda x: -np.sin(x), (0.8,), "smaller by one"),
        (lambda x: dp.exp(-x) + dp.cos(x), lambda x: np.exp(x) - np.sin(x), (0.8,),
         "a minus sign is missing"),
        (lambda x: dp.tanh(x / 2.0), lambda x: (1 - np.tanh(x / 5.0) ** 2) / 5.0, (0.8,),
         "the number 5 stands where f has 2"),
        (lambda a, b: dp.exp(dp.maximum(a, b)) + a * b,
         lambda a, b: (np.exp(min(a, b)) * (a < b) + b, np.exp(min(a, b)) * (b < a) + a),
         (0.3, 0.8), "minimum stands where f has maximum"),
        (lambda v: dp.sin(dp.linalg.norm(v)), _norm_gradient, (V,), "the length is squared"),
        (lambda A, x: dp.sum(dp.exp(A @ x)),
         lambda A, x: (np.outer(x, np.exp(A.T @ x)), A @ np.exp(A.T @ x)), (0.5 * M, V),
         "transposed"),
        (lambda Z: dp.sum(M * dp.softmax(Z, axis=1) ** 2), _softmax_along(0), (M.T + 0.3,),
         "softmax goes along axis 0"),
    ],
)  # fmt: skip
def test_another_function(f: Any, gradient: Any, args: tuple[Any, ...], words: str) -> None:
    mistake = found(f, gradient, *args)
    assert mistake.kind == "other_function"
    assert words in mistake.sentence


def _cross_entropy(W: np.ndarray, labels: np.ndarray) -> np.ndarray:
    Z = X @ W
    p = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
    p[np.arange(N), labels] -= 1
    return X.T @ p / N


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (LABELS[::-1], "the labels are in the opposite order"),
        (np.roll(LABELS, -1), "the labels are shifted"),
        (LABELS - 1, "the labels are off by one"),
    ],
)
def test_other_labels(labels: np.ndarray, words: str) -> None:
    def f(W: Any) -> Any:
        return -dp.mean(dp.log_softmax(X @ W, axis=1)[np.arange(N), LABELS])

    mistake = found(f, lambda W: _cross_entropy(W, labels), RNG.normal(size=(3, 3)))
    assert mistake.kind == "other_function"
    assert words in mistake.sentence


def test_one_layer_of_a_loop_without_its_activation() -> None:
    def f(a: Any, b: Any, c: Any) -> Any:
        h = 0.5
        for w in (a, b, c):
            h = dp.tanh(w * h)
        return h**2

    def gradient(a: float, b: float, c: float) -> tuple[float, ...]:
        h1 = np.tanh(0.5 * a)
        h2 = np.tanh(b * h1)
        h3 = c * h2  # here a tanh is missing
        d3 = 2 * h3
        d2 = d3 * c * (1 - h2**2)
        d1 = d2 * b * (1 - h1**2)
        return d1 * 0.5, d2 * h1, d3 * h2

    mistake = found(f, gradient, 0.7, 1.1, 0.9)
    assert mistake.kind == "other_function" and "tanh is missing" in mistake.sentence


def test_only_the_values_are_those_of_another_function() -> None:
    """b1 was forgotten on the way there, but has its gradient on the way back."""

    def gradient(*w: np.ndarray) -> tuple[np.ndarray, ...]:
        return backprop(w[0], 0 * w[1], *w[2:])

    mistake = found(loss, gradient, *NET)
    assert mistake.kind == "other_function" and "X @ W1 + b1" in mistake.where
    assert "the second term of the sum is missing, and a backward pass that is that of f" in (
        mistake.sentence
    )


def test_a_variance_over_one_less() -> None:
    def f(x: Any) -> Any:
        return dp.log(1.0 + dp.sum(x**2) / 4.0)

    mistake = found(f, lambda x: 2 * x / 4 / (1 + x @ x / 3), V)
    assert mistake.kind == "other_function"
    assert "the number 3 stands where f has 4, and a backward pass that is that of f" in (
        mistake.sentence
    )


def test_the_slope_of_another_function() -> None:
    def relu_slope(a: np.ndarray) -> np.ndarray:
        return (a > 0) * 1.0

    mistake = found(loss, lambda *w: backprop(*w, second=(np.tanh, relu_slope)), *NET)
    assert mistake.kind == "wrong_rule" and "slope of relu was used for tanh" in mistake.sentence


# Some of the samples ------------------------------------------------------------------------------


def _only(*which: int, times: float = 1.0) -> np.ndarray:
    weights = np.zeros(N)
    weights[list(which)] = times
    return weights


@pytest.mark.parametrize(
    ("weights", "kind", "words"),
    [
        (_only(N - 1), "overwritten", "only the last of 6 terms"),
        (_only(N - 1, times=N), "overwritten", "only the last of 6 terms"),
        (_only(0), "missing_term", "only the first of 6 terms"),
        (_only(3), "missing_term", "only number 4 of 6 terms"),
        (_only(0, 1, 2), "missing_term", "from number 1 to number 3 of 6"),
        (_only(2, 3, 4, times=2.0), "missing_term", "from number 3 to number 5 of 6"),
        (_only(0, 1, 2, 3, 4), "missing_term", "the last of 6 terms is missing"),
        (_only(1, 2, 3, 4, 5), "missing_term", "the first of 6 terms is missing"),
        (_only(0, 1, 2, 4, 5), "missing_term", "number 4 of 6 terms is missing"),
    ],
)
def test_some_of_the_samples(weights: np.ndarray, kind: str, words: str) -> None:
    mistake = found(loss, lambda *w: backprop(*w, weights=weights), *NET)
    assert mistake.kind == kind
    assert words in mistake.sentence
    assert "(y - T) ** 2" in mistake.where


def test_the_last_sample_only_for_one_of_the_parameters() -> None:
    def gradient(*w: np.ndarray) -> tuple[np.ndarray, ...]:
        right, last = backprop(*w), backprop(*w, weights=_only(N - 1))
        return right[0], right[1], last[2], *right[3:]

    whole, part = explained(loss, gradient, *NET)
    assert not whole
    assert [mistake.kind for mistake in part] == ["overwritten"]


def test_the_last_term_of_a_dot_product() -> None:
    x, t = RNG.normal(size=(5, 2)), RNG.normal(size=5)

    def f(w: Any) -> Any:
        e = x @ w - t
        return e @ e / 5

    mistake = found(f, lambda w: 2 * (x[-1] @ w - t[-1]) * x[-1] / 5, RNG.normal(size=2))
    assert mistake.kind == "overwritten" and mistake.operation == "matmul"


@pytest.mark.parametrize(("begin", "count"), [(0.0, 4), (None, 5)])
def test_the_last_term_of_a_loop(begin: float | None, count: int) -> None:
    xs = [0.3, -0.8, 1.1, 0.6]

    def f(w: Any, b: Any) -> Any:
        total = w * b if begin is None else begin
        for x in xs:
            total = total + dp.sin(w * x + b)
        return total

    def gradient(w: float, b: float) -> tuple[float, float]:
        slope = np.cos(w * xs[-1] + b)
        return slope * xs[-1], slope

    mistake = found(f, gradient, 0.7, 0.2)
    assert mistake.kind == "overwritten"
    assert f"only the last of {count} terms" in mistake.sentence


def test_two_sums_over_the_same_samples() -> None:
    y = (LABELS > 0).astype(float)

    def f(w: Any) -> Any:
        p = dp.sigmoid(X @ w)
        return -dp.sum(y * dp.log(p)) - dp.sum((1 - y) * dp.log(1 - p))

    def gradient(w: np.ndarray) -> np.ndarray:
        return X[:4].T @ (sigmoid(X[:4] @ w) - y[:4])

    mistake = found(f, gradient, RNG.normal(size=3))
    assert mistake.kind == "missing_term" and "from number 1 to number 4 of 6" in mistake.sentence


# Numbers of another time --------------------------------------------------------------------------


def test_weights_updated_on_the_way_back() -> None:
    mistake = found(loss, lambda *w: backprop(*w, rate=0.05), *NET)
    assert mistake.kind == "post_update"
    assert "a step of 0.05 times" in mistake.sentence


def test_the_gradient_after_the_update() -> None:
    def gradient(*w: np.ndarray) -> tuple[np.ndarray, ...]:
        return backprop(*(a - 0.02 * g for a, g in zip(w, backprop(*w), strict=True)))

    mistake = found(loss, gradient, *NET)
    assert mistake.kind == "post_update" and "a step of 0.02 times" in mistake.sentence


def test_one_factor_of_a_matrix_is_updated_before_the_other() -> None:
    R = RNG.normal(size=(4, 3))

    def f(U: Any, V: Any) -> Any:
        return 0.5 * dp.sum((U @ V - R) ** 2)

    def with_old_error(U: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        E = U @ V - R
        GU = E @ V.T
        U = U - 0.1 * GU
        return GU, U.T @ E

    def with_new_error(U: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        GU = (U @ V - R) @ V.T
        U = U - 0.1 * GU
        return GU, U.T @ (U @ V - R)

    args = RNG.normal(size=(4, 2)), RNG.normal(size=(2, 3))
    for gradient in (with_old_error, with_new_error):
        mistake = found(f, gradient, *args)
        assert mistake.kind == "post_update" and "0.1 times" in mistake.sentence


def test_preactivations_for_activations() -> None:
    mistake = found(loss, lambda *w: backprop(*w, preactivations=True), *NET)
    assert mistake.kind == "wrong_point"
    assert "what went into sigmoid and tanh" in mistake.sentence


def test_integers() -> None:
    def gradient(x: np.ndarray) -> np.ndarray:
        k = np.array(x, dtype=int)
        return np.cos(k) + 2 * k

    mistake = found(lambda x: dp.sum(dp.sin(x) + x**2), gradient, np.array([3.7, 6.2, 9.9, -4.6]))
    assert mistake.kind == "wrong_point" and "integers" in mistake.sentence


def test_one_weight_updated_on_the_way_back() -> None:
    def gradient(*w: np.ndarray) -> tuple[np.ndarray, ...]:
        """Only W2 has been updated when its turn comes; W3 has not."""
        right = backprop(*w)
        W1, b1, W2, b2, W3, b3 = w
        h1 = sigmoid(X @ W1 + b1)
        h2 = np.tanh(h1 @ W2 + b2)
        d2 = 2 * (h2 @ W3 + b3 - T) / N @ W3.T * (1 - h2**2)
        d1 = d2 @ (W2 - 0.3 * right[2]).T * h1 * (1 - h1)
        return X.T @ d1, d1.sum(0), *right[2:]

    mistake = found(loss, gradient, *NET)
    assert mistake.kind == "post_update" and "one of the parameters" in mistake.sentence
    assert "a step of 0.3 times" in mistake.sentence


STEPS, START = RNG.normal(size=(5, 2)), RNG.normal(size=3)
RECURRENT = 0.6 * RNG.normal(size=(3, 3)), RNG.normal(size=(2, 3)), RNG.normal(size=3)


def recurrent(W: Any, U: Any, v: Any) -> Any:
    state = START
    for x in STEPS:
        state = dp.tanh(state @ W + x @ U)
    return dp.sin(state @ v)


def through_time(W: Any, U: Any, v: Any, fault: str = "") -> tuple[np.ndarray, ...]:
    states = [START]
    for x in STEPS:
        states.append(np.tanh(states[-1] @ W + x @ U))
    g = np.cos(states[-1] @ v)
    dW, dU, dstate = 0 * W, 0 * U, g * v
    for k in reversed(range(len(STEPS))):
        da = dstate * (1 - states[k if fault == "slope before" else k + 1] ** 2)
        share = np.outer(states[k + 1 if fault == "state after" else k], da)
        dW = share if fault == "W overwritten" else dW + share
        dU = dU + np.outer(STEPS[k], da)
        dstate = W @ da
    return dW, dU, g * states[-1]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("state after", "the state after it, not the one before"),
        ("slope before", "from the state before the turn"),
    ],
)
def test_one_turn_off(fault: str, words: str) -> None:
    mistake = found(recurrent, lambda *w: through_time(*w, fault=fault), *RECURRENT)
    assert mistake.kind == "wrong_point" and words in mistake.sentence


def test_a_simulation_that_runs_back_from_the_state_after_each_step() -> None:
    def f(x: Any, v: Any, k: Any) -> Any:
        for _ in range(4):
            v = v - 0.2 * k * dp.sin(x)
            x = x + 0.2 * v
        return x**2

    def gradient(x: float, v: float, k: float) -> tuple[float, ...]:
        xs = [x]
        for _ in range(4):
            v = v - 0.2 * k * np.sin(xs[-1])
            xs.append(xs[-1] + 0.2 * v)
        dx, dv, dk = 2 * xs[-1], 0.0, 0.0
        for x in reversed(xs[1:]):  # all but the last are wanted here
            dv = dv + 0.2 * dx
            dk = dk - dv * 0.2 * np.sin(x)
            dx = dx - dv * 0.2 * k * np.cos(x)
        return dx, dv, dk

    mistake = found(f, gradient, 0.8, 0.3, 1.1)
    assert mistake.kind == "wrong_point" and "the state after it" in mistake.sentence


def test_a_parameter_that_is_overwritten_in_each_turn() -> None:
    def gradient(*w: np.ndarray) -> tuple[np.ndarray, ...]:
        return through_time(*w, fault="W overwritten")

    mistake = found(recurrent, gradient, *RECURRENT)
    assert mistake.kind == "overwritten" and "state @ W" in mistake.where


def product(a: Any, b: Any) -> Any:
    return dp.sin(a * b) * a


def slope(a: float, b: float) -> tuple[float, float]:
    return np.sin(a * b) + a * b * np.cos(a * b), a * a * np.cos(a * b)


def test_intermediate_values_of_the_first_call() -> None:
    memory: list[float] = []

    def gradient(a: float, b: float) -> tuple[float, float]:
        memory.append(a * b)
        c = memory[0]
        return np.sin(c) + a * b * np.cos(c), a * a * np.cos(c)

    mistake = found(product, gradient, 0.7, 1.2)
    assert mistake.kind == "stale" and "intermediate" in mistake.sentence


# What has no explanation --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_random_gradients_are_not_explained(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert explained(loss, lambda *w: tuple(rng.normal(size=a.shape) for a in w), *NET) == ([], [])
    assert explained(product, lambda a, b: tuple(rng.normal(size=2)), 0.7, 1.2) == ([], [])


@pytest.mark.parametrize(
    "gradient",
    [
        lambda a, b: (slope(a, b)[0] * a, slope(a, b)[1] + b),
        lambda a, b: (np.cos(a) * b, np.exp(b - a)),
        lambda a, b: (slope(a, b)[0] + 0.1 * a * a, slope(a, b)[1]),
        lambda a, b: (slope(b, a)[1], slope(a, b)[1] / 3),
        lambda a, b: (slope(a + 0.01, b)[0], slope(a, b + 0.01)[1]),
    ],
)
def test_smooth_nonsense_is_not_explained(gradient: Callable[..., Any]) -> None:
    assert explained(product, gradient, 0.7, 1.2) == ([], [])


def test_two_mistakes_at_once_are_not_explained_by_one() -> None:
    def gradient(*w: np.ndarray) -> tuple[np.ndarray, ...]:
        return backprop(*w, first=TANH, weights=_only(N - 1))

    assert explained(loss, gradient, *NET) == ([], [])


def test_an_explanation_reproduces_the_numbers_it_explains() -> None:
    question = Question(loss, lambda *w: backprop(*w, first=TANH), NET)
    question.correctness()
    wrong = np.full(question.truth.shape, True)
    whole, _ = other_values(question.answers, wrong, time.process_time() + 60.0)
    for mistake in whole:
        for each in question.answers:
            np.testing.assert_allclose(mistake.sweep(each.run), each.given, rtol=1e-6, atol=1e-12)
