"""The gradient test: right ones pass, wrong ones fail, and odd circumstances are named."""

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import numbers, programs, tame

import dpkit as dp


@settings(max_examples=60, deadline=None)
@given(f=programs(), point=st.tuples(numbers, numbers, numbers))
def test_true_gradients_pass(f, point):
    assume(tame(f, point))
    report = dp.check_gradient(dp.grad(f, (0, 1, 2)), f, *point)
    assert report, report.message


@settings(max_examples=60, deadline=None)
@given(
    f=programs(),
    point=st.tuples(numbers, numbers, numbers),
    which=st.integers(0, 2),
    off=st.sampled_from([-1.0, 0.5, 0.98, 1.001, 2.0]),
)
def test_a_wrong_component_fails(f, point, which, off):
    assume(tame(f, point))
    truth = dp.grad(f, (0, 1, 2))(*point)
    size = max(map(abs, truth))
    assume(abs(truth[which]) > 0.05 * size + 1e-3)

    def wrong(*at):
        slopes = list(dp.grad(f, (0, 1, 2))(*at))
        slopes[which] *= off
        return tuple(slopes)

    report = dp.check_gradient(wrong, f, *point)
    assert not report
    assert not report.diagnosis.ok
    assert report.max_error > 4e-4


def test_f_needs_no_dpkit():
    report = dp.check_gradient(lambda x: math.exp(x), lambda x: math.exp(x), 1.0)
    assert report.ok and report.max_error < 1e-8
    wrong = dp.check_gradient(lambda x: x * math.exp(x), lambda x: math.exp(x), 2.0)
    assert not wrong.ok
    assert wrong.diagnosis.kind == "unknown"
    assert "14.7781" in wrong.message and "7.38906" in wrong.message


def test_containers():
    w = np.array([[1.0, -2.0], [0.5, 3.0], [1.5, 0.1]])

    def f(w, b):
        return dp.tanh(w).sum() * b["scale"] + b["shift"] ** 2

    def gradient(w, b):
        slope = b["scale"] * (1 - np.tanh(w) ** 2)
        return slope, {"scale": np.tanh(w).sum(), "shift": 2 * b["shift"]}

    assert dp.check_gradient(gradient, f, w, {"scale": 0.7, "shift": 2.0})


def test_small_and_large_numbers():
    for size in (1e-9, 1.0, 1e9):
        f = lambda x, size=size: size * dp.sin(x)  # noqa: E731
        assert dp.check_gradient(lambda x, s=size: s * math.cos(x), f, 0.4)
        assert not dp.check_gradient(lambda x, s=size: 1.01 * s * math.cos(x), f, 0.4)


# Circumstances ------------------------------------------------------------------------------------


def test_kinks_are_recognised_and_left_out():
    x = np.array([1.0, 0.0, -2.0])
    report = dp.check_gradient(lambda x: np.sign(x) + (x == 0), lambda x: np.abs(x).sum(), x)
    assert report.ok
    assert "kink in x[1]" in report.message
    impossible = dp.check_gradient(lambda x: np.sign(x) + 3.0 * (x == 0), lambda x: abs(x).sum(), x)
    assert not impossible.ok


def test_a_steep_bend_is_no_kink():
    f = lambda x: dp.softplus(200 * x) / 200  # noqa: E731
    assert dp.check_gradient(dp.grad(f), f, 0.0)
    assert not dp.check_gradient(lambda x: 0.45, f, 0.0)


def test_functions_that_are_not_repeatable():
    noisy = dp.check_gradient(lambda x: 1.0, lambda x: x + random.random(), 1.0)
    assert (noisy.ok, noisy.diagnosis.kind) == (False, "nondeterministic")
    assert "f gives different values" in noisy.message
    gradient = dp.check_gradient(lambda x: random.random(), lambda x: 1.0 * x, 1.0)
    assert (gradient.ok, gradient.diagnosis.kind) == (False, "nondeterministic")


def test_functions_that_change_their_arguments():
    def changing(x):
        x *= 2
        return x

    original = np.array([1.0, 2.0])
    report = dp.check_gradient(changing, lambda x: (x * x).sum(), original)
    assert (report.ok, report.diagnosis.kind) == (False, "mutated_input")
    assert original.tolist() == [1.0, 2.0]
    report = dp.check_gradient(lambda x: 2 * x, lambda x: (changing(x) * x).sum(), original)
    assert report.diagnosis.kind == "mutated_input"
    assert "Calling f" in report.message


def test_integers():
    report = dp.check_gradient(lambda x: 2 * x, lambda x: (x * x).sum(), np.array([1, 2, 3]))
    assert (report.ok, report.diagnosis.kind) == (False, "wrong_type")
    for word in ("integers", "(3,)", "astype(float)"):
        assert word in report.message
    assert dp.check_gradient(lambda x: 2 * x, lambda x: x * x, 3)  # a whole number may vary


def test_float32():
    x = np.array([1.0, 2.5], dtype=np.float32)
    arguments = dp.check_gradient(lambda x: 2 * x, lambda x: (x * x).sum(), x)
    assert arguments.ok and "float32" in arguments.message
    result = dp.check_gradient(
        lambda x: (2 * x).astype(np.float32), lambda x: (x * x).sum(), np.array([1.0, 2.5])
    )
    assert result.ok and result.diagnosis.kind == "float32"


@pytest.mark.parametrize(
    "answer, kind",
    [
        (None, "missing"),
        (np.ones((3, 1)), "shape"),
        (np.array([1.0, np.nan, 2.0]), "not_finite"),
        ("wrong", "wrong_type"),
        (dp.Scalar(1.0), "wrong_type"),
    ],
)
def test_the_form_of_the_gradient(answer, kind):
    report = dp.check_gradient(lambda x: answer, lambda x: (x * x).sum(), np.ones(3))
    assert (report.ok, report.diagnosis.kind) == (False, kind)


def test_nothing_of_the_students_is_asked_to_compare_itself():
    class Sly(float):
        def __sub__(self, other):
            return 0.0

        __rsub__ = __sub__

        def __eq__(self, other):
            return True

        def __float__(self):
            return 4.0

    assert not dp.check_gradient(lambda x: Sly(99.0), lambda x: x * x, 2.0)
    assert dp.diagnose(lambda x: x * x, lambda x: Sly(99.0), 2.0).kind != "correct"


def test_a_report_names_the_mistake():
    report = dp.check_gradient(
        lambda a, b: (b, a * dp.sin(b)), lambda a, b: a * b + dp.cos(b) * 0, 2.0, 3.0
    )
    assert not report
    assert "Not right in b" in report.message
    html = report._repr_html_()
    assert "Gradient test" in html and "expected" in html


SHARP = [
    # Right gradients where f bends sharply on the scale of the step, or its domain ends nearby.
    (lambda x: 1 / x, dp.log, 1e-6),
    (lambda x: 1 / x, dp.log, 1e-3),
    (lambda x: -1 / x**2, lambda x: 1 / x, 1e-4),
    (lambda x: 0.5 / math.sqrt(x), dp.sqrt, 1e-7),
    (lambda x: 1e6 * math.cos(1e6 * x), lambda x: dp.sin(1e6 * x), 0.3),
    (lambda x: 3 * (x - 1) ** 2, lambda x: (x - 1) ** 3, 1.0),
    (lambda x: math.copysign(1, x), abs, 1e-7),
]


@pytest.mark.parametrize("gradient, f, x", SHARP)
def test_sharp_bends(gradient, f, x):
    assert dp.check_gradient(gradient, f, x), dp.check_gradient(gradient, f, x).message
    for wrong in (lambda x: 1.01 * gradient(x) + 1e-3, lambda x: -gradient(x) - 1e-3):
        assert not dp.check_gradient(wrong, f, x)


def test_a_coarse_value_does_not_hide_a_missing_gradient():
    """1e8 + x² moves by less than a rounding unit at the smallest steps; 0 is still wrong."""
    assert not dp.check_gradient(lambda x: 0.0, lambda x: 1e8 + x * x, 1.0)


def test_what_rounding_hides_is_said():
    report = dp.check_gradient(lambda x: 2 * x, lambda x: 1e12 + x * x, 1.0)
    assert report.ok and "not counted" in report.message
    assert "not counted" not in dp.check_gradient(lambda x: 2 * x, lambda x: x * x, 1.0).message


def test_nan_is_never_right():
    for gradient in (0.0, 1.0):
        assert not dp.check_gradient(lambda x, g=gradient: g, lambda x: math.nan, 1.0)
    report = dp.check_gradient(lambda x: 2 * x, lambda x: x * x, math.nan)
    assert not report and report.diagnosis.kind == "not_finite"


def test_components_of_containers_have_names():
    def f(p):
        return p["rate"] * p["at"][1]

    wrong = lambda p: {"rate": p["at"][1], "at": [0.0, 2 * p["rate"]]}  # noqa: E731
    report = dp.check_gradient(wrong, f, {"rate": 3.0, "at": [1.0, 2.0]})
    assert "p['at'][1]" in report.message and not report


# Complex steps ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method, seen", [("centred", 1e-4), ("complex", 1e-9)])
def test_a_complex_step_is_sharper(method, seen):
    f = lambda x: np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3)  # noqa: E731

    def gradient(x):  # Squire and Trapp's own example, differentiated by hand
        s, c = math.sin(x), math.cos(x)
        inside = s**3 + c**3
        return math.exp(x) * (inside - 1.5 * (s * s * c - c * c * s)) / inside**1.5

    right = dp.check_gradient(gradient, f, 1.5, method=method)
    assert right and right.compared == 1, right.message
    assert not dp.check_gradient(lambda x: (1 + seen) * gradient(x), f, 1.5, method=method)
    fine = dp.check_gradient(lambda x: (1 + seen / 100) * gradient(x), f, 1.5, method=method)
    assert fine, fine.message
    assert ("complex steps" in right.message) == (method == "complex")


def test_a_mistake_that_only_the_complex_step_sees():
    wrong = lambda x: (1 + 1e-8) * np.cos(x)  # noqa: E731
    report = dp.check_gradient(wrong, lambda x: np.sin(x).sum(), np.ones(2), method="complex")
    assert not report and report.diagnosis.kind == "unknown"
    assert "complex step" in report.message and "0.5403023" in report.message
    assert "no mistake of derivation" in report.message
    assert dp.check_gradient(wrong, lambda x: np.sin(x).sum(), np.ones(2))


@pytest.mark.parametrize(
    "f, gradient",
    [
        (lambda x: np.abs(x).sum(), np.sign),
        (lambda x: (x * np.conjugate(x)).sum(), lambda x: 2 * x),
        (lambda x: np.real(x).sum(), lambda x: np.ones(2)),
        (lambda x: sum(math.exp(each) for each in x), np.exp),
    ],
)
def test_where_f_is_not_analytic_centred_differences_take_over(f, gradient):
    x = np.array([1.0, -2.0])
    report = dp.check_gradient(gradient, f, x, method="complex")
    assert report and "difference quotients" in report.message, report.message
    assert "not analytic" in report.message and "x[0], x[1]" in report.message.replace(
        "argument 1", "x"
    )
    assert not dp.check_gradient(lambda x: 1.1 * gradient(x), f, x, method="complex")


def test_an_f_that_refuses_complex_numbers():
    def f(x):
        if isinstance(x, complex):
            raise TypeError("only real numbers, please")
        return x**3

    report = dp.check_gradient(lambda x: 3 * x * x, f, 2.0, method="complex")
    assert report and "only real numbers, please" in report.message
    with pytest.raises(ValueError, match="centred.*complex.*forward"):
        dp.check_gradient(lambda x: 1.0, lambda x: x, 1.0, method="forward")


# Large arguments ----------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
DATA, TARGET = RNG.normal(size=(8, 60)), RNG.normal(size=(8, 50))
WEIGHTS = RNG.normal(size=(60, 50)) / 8


def loss(w):
    return ((np.tanh(DATA @ w) - TARGET) ** 2).mean()


def loss_gradient(w):
    h = np.tanh(DATA @ w)
    return DATA.T @ (2 * (h - TARGET) * (1 - h * h)) / TARGET.size


def test_of_many_derivatives_some_are_compared_and_the_message_says_so():
    calls = []

    def counted(w):
        calls.append(1)
        return loss(w)

    report = dp.check_gradient(loss_gradient, counted, WEIGHTS)
    assert report, report.message
    assert report.compared == 144 and len(calls) < 500
    assert "of 3000 derivatives 128" in report.message and "16 directions" in report.message
    assert np.count_nonzero(np.isfinite(report.expected)) == 128
    largest = np.unravel_index(np.argmax(np.abs(loss_gradient(WEIGHTS))), WEIGHTS.shape)
    assert np.isfinite(report.expected[largest])
    few = dp.check_gradient(lambda x: 2 * x, lambda x: (x * x).sum(), np.ones(400))
    assert few.compared == 400 and "400 derivatives agree" in few.message


@pytest.mark.parametrize("place", [(0, 0), (59, 49), (31, 7), (2, 44)])
def test_one_wrong_derivative_among_many_is_found(place):
    def wrong(w):
        gradient = loss_gradient(w)
        gradient[place] = -gradient[place] - 1e-3
        return gradient

    report = dp.check_gradient(wrong, loss, WEIGHTS)
    assert not report
    assert f"Not right in w[{place[0]}, {place[1]}]" in report.message
    assert report.expected[place] == pytest.approx(loss_gradient(WEIGHTS)[place], rel=1e-5)


def test_what_is_wrong_with_a_large_gradient_as_a_whole():
    for factor, kind in ((-1.0, "sign"), (0.0, "zero"), (0.5, "factor")):
        report = dp.check_gradient(lambda w, c=factor: c * loss_gradient(w), loss, WEIGHTS)
        assert (report.ok, report.diagnosis.kind) == (False, kind), report.message
    report = dp.check_gradient(lambda w: loss_gradient(w)[::-1], loss, WEIGHTS)
    assert report.diagnosis.kind == "unknown"
    assert "3000 numbers" in report.message and "smaller case" in report.message


def test_a_kinked_function_of_many_numbers():
    f = lambda w: np.maximum(DATA @ w, 0.0).sum()  # noqa: E731
    gradient = lambda w: DATA.T @ (DATA @ w > 0.0).astype(float)  # noqa: E731
    assert dp.check_gradient(gradient, f, WEIGHTS)
    assert not dp.check_gradient(lambda w: DATA.T @ (DATA @ w > 0.1), f, WEIGHTS)


# torch --------------------------------------------------------------------------------------------


def by_autograd(f):
    def gradient(*args):
        args = [x.detach().requires_grad_() for x in args]
        slopes = torch.autograd.grad(f(*args), args)
        return slopes if len(args) > 1 else slopes[0]

    return gradient


def test_tensors():
    f = lambda w, b: torch.tanh(w @ b).prod()  # noqa: E731
    w = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)
    b = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    report = dp.check_gradient(by_autograd(f), f, w, b)
    assert report and report.compared == 9 and report.diagnosis.kind == "correct", report.message
    assert dp.check_gradient(by_autograd(f), f, w, b, method="complex")
    swapped = dp.check_gradient(lambda w, b: by_autograd(f)(w, b)[::-1], f, w, b)
    assert swapped.diagnosis.kind == "shape"
    wrong = dp.check_gradient(lambda w, b: [2 * g for g in by_autograd(f)(w, b)], f, w, b)
    assert (wrong.ok, wrong.diagnosis.kind) == (False, "factor")
    assert "2 times what it should be" in wrong.message
    nested = dp.check_gradient(lambda p: {"w": 2 * p["w"]}, lambda p: (p["w"] ** 2).sum(), {"w": w})
    assert nested, nested.message


def test_tensors_of_float32():
    x = torch.tensor([0.3, -1.2])
    f = lambda x: torch.exp(x).sum()  # noqa: E731
    widened = dp.check_gradient(by_autograd(f), f, x)
    assert widened and "tested in float64" in widened.message
    assert widened.diagnosis.kind == "correct" and widened.max_error < 1e-8
    weights = torch.tensor([[1.0, 2.0], [0.5, -1.0]])  # does not mix with float64
    g = lambda x: torch.tanh(weights @ x).sum()  # noqa: E731
    stays = dp.check_gradient(by_autograd(g), g, x)
    assert (stays.ok, stays.diagnosis.kind) == (True, "float32"), stays.message
    assert "f computes in float32" in stays.message
    assert not dp.check_gradient(lambda x: 1.05 * by_autograd(g)(x), g, x)


def test_whole_numbers_in_tensors_and_containers():
    report = dp.check_gradient(lambda x: 2 * x, lambda x: (x * x).sum(), torch.tensor([1, 2]))
    assert report.diagnosis.kind == "wrong_type" and "x.double()" in report.message
    inside = dp.check_gradient(lambda p: p, lambda p: p["n"].sum(), {"n": np.array([1, 2])})
    assert inside.diagnosis.kind == "wrong_type" and "Argument 1['n']" in inside.message
    complex_numbers = dp.check_gradient(lambda x: x, lambda x: abs(x).sum(), np.array([1j]))
    assert complex_numbers.diagnosis.kind == "wrong_type"
    assert "real and the imaginary part" in complex_numbers.message


# More circumstances -------------------------------------------------------------------------------


def test_a_gradient_that_grows_from_call_to_call():
    """The usual mistake with torch: .grad is not cleared."""
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    leaf = x.clone().requires_grad_()

    def gradient(x):
        (leaf * leaf).sum().backward()
        return leaf.grad

    report = dp.check_gradient(gradient, lambda x: (x * x).sum(), x)
    assert (report.ok, report.diagnosis.kind) == (False, "accumulated")
    assert "begin from zero" in report.message


def test_an_f_that_remembers_its_calls():
    calls = iter(range(10_000))
    f = lambda x: x * x + (next(calls) > 8)  # noqa: E731
    report = dp.check_gradient(lambda x: 2 * x, f, 1.0)
    assert (report.ok, report.diagnosis.kind) == (False, "nondeterministic")


def test_a_jump_is_left_out_and_named():
    f = lambda x: x[0] ** 2 + (x[1] >= 1.0)  # noqa: E731
    report = dp.check_gradient(lambda x: np.array([2 * x[0], 0.0]), f, np.ones(2))
    assert report and report.compared == 1
    assert "f jumps in x[1]" in report.message
    steep = dp.check_gradient(lambda x: 0.0, lambda x: math.tanh(1e7 * x), 0.0)
    assert not steep  # steep is not the same as torn


def test_a_slope_outside_of_those_at_a_kink():
    report = dp.check_gradient(lambda x: 3.0, lambda x: max(-x, 2 * x), 0.0)
    assert not report
    assert "-1 on the left and 2 on the right" in report.message


def test_an_f_that_computes_in_float32():
    f = lambda x: np.float32((x * x).sum())  # noqa: E731
    x = np.array([1.3, -0.4])
    right = dp.check_gradient(lambda x: 2 * x, f, x)
    assert (right.ok, right.diagnosis.kind) == (True, "float32")
    assert "f computes in float32" in right.message
    assert not dp.check_gradient(lambda x: 2.05 * x, f, x)
    hidden = lambda x: float(np.float32((x * x).sum()))  # noqa: E731
    assert dp.check_gradient(lambda x: 2 * x, hidden, x).diagnosis.kind == "float32"
    whole = dp.check_gradient(lambda x: 2.0, lambda x: 2.0 * x, 3.0)
    assert whole.diagnosis.kind == "correct"  # few digits are not float32


def test_an_array_within_a_container_must_have_its_shape():
    p = {"w": np.ones((2, 3)), "b": [1.0, 2.0]}
    f = lambda p: (p["w"] ** 2).sum() + p["b"][0]  # noqa: E731
    report = dp.check_gradient(lambda p: {"w": 2 * p["w"].T, "b": [1.0, 0.0]}, f, p)
    assert report.diagnosis.kind == "shape"
    assert "['w']" in report.message and "transposed" in report.message
    assert dp.check_gradient(lambda p: {"w": 2 * p["w"], "b": [1.0, 0.0]}, f, p)


def test_the_answer_may_be_overwritten_by_the_next_call():
    """A gradient may be returned in one and the same array every time."""
    answer = np.empty(2)

    def gradient(x):
        answer[:] = 2 * x
        return answer

    assert dp.check_gradient(gradient, lambda x: (x * x).sum(), np.array([1.0, 3.0]))


def test_a_gradient_of_zero_where_f_is_tiny():
    """Of sin(x) - x at 0 nothing is left but h²/6, which is not rounding either."""
    assert dp.check_gradient(lambda x: math.cos(x) - 1, lambda x: math.sin(x) - x, 0.0)
    assert not dp.check_gradient(lambda x: 1e-7, lambda x: math.sin(x) - x, 0.0)


def test_a_tiny_function_is_tested_as_sharply_as_a_large_one():
    """A likelihood is a product of many small numbers; no error in its gradient is too small."""
    for scale in (1e-15, 1e-30, 1e-100):
        f = lambda x, c=scale: c * np.sum(x**2)  # noqa: E731
        assert dp.check_gradient(lambda x, c=scale: 2 * c * x, f, np.ones(3))
        for factor in (0.0, 1.01, -2.0):
            assert not dp.check_gradient(lambda x, c=scale, k=factor: k * c * x, f, np.ones(3))


def test_saturated_functions_are_no_tiny_functions():
    """Their derivatives, right in all digits, are too small for f to show them."""
    assert dp.check_gradient(lambda x: 1 - np.tanh(x) ** 2, lambda x: np.tanh(x) - 1, 25.0)
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    assert dp.check_gradient(lambda x: -sigmoid(-x), lambda x: -np.log(sigmoid(x)), 40.0)
    assert dp.check_gradient(lambda x: -sigmoid(-x), lambda x: -np.log(sigmoid(x)), 36.0)


def test_rounding_within_f_is_no_mistake_of_the_gradient():
    def f(x):  # the textbook's example of cancellation
        return (1 - np.cos(x)) / x**2

    def right(x):
        return -x / 12 + x**3 / 180

    assert dp.check_gradient(right, f, 1e-3)
    assert not dp.check_gradient(lambda x: right(x) + 0.01, f, 1e-3)
    hilbert = 1 / (np.arange(6)[:, None] + np.arange(6) + 1.0)
    logdet = lambda A: np.linalg.slogdet(A)[1]  # noqa: E731
    assert dp.check_gradient(lambda A: np.linalg.inv(A).T, logdet, hilbert)
    assert not dp.check_gradient(lambda A: 1.001 * np.linalg.inv(A).T, logdet, hilbert)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "gradient, f, x",
    [
        (lambda x: -1 / x**2, lambda x: 1 / x, 1e-8),
        (lambda x: 1 / (x + 1e-8), lambda x: np.log(x + 1e-8), 0.0),
        (lambda x: 0.5 / np.sqrt(x), np.sqrt, 1e-9),
    ],
)
def test_beside_a_pole_nothing_is_mistaken_for_a_jump(gradient, f, x):
    assert dp.check_gradient(gradient, f, x).compared == 1
    for factor in (-1.0, 0.0, 1.01):
        assert not dp.check_gradient(lambda x, k=factor: k * gradient(x), f, x)
