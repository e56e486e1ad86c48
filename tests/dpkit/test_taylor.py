"""The Taylor test: the order of the remainder tells a right gradient from a wrong one."""

import math
import random
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import by_torch, numbers, programs, tame

import dpkit as dp
from dpkit.gradcheck import taylor_test
from dpkit.gradcheck.quotients import settled

SVG = "{http://www.w3.org/2000/svg}"


@settings(max_examples=60, deadline=None)
@given(f=programs(), point=st.tuples(numbers, numbers, numbers))
def test_gradients_by_torch_pass(f, point):
    assume(tame(f, point))
    report = taylor_test(lambda *at: tuple(by_torch(f, at)[1]), f, *point)
    assert report, report.message
    assert report.kind == "linear" or report.order > 1.75


@settings(max_examples=60, deadline=None)
@given(
    f=programs(),
    point=st.tuples(numbers, numbers, numbers),
    which=st.integers(0, 2),
    off=st.sampled_from([-1.0, 0.5, 0.98, 1.001, 2.0]),
)
def test_a_wrong_component_fails(f, point, which, off):
    assume(tame(f, point))
    truth = by_torch(f, point)[1]
    assume(abs(truth[which]) > 0.05 * max(map(abs, truth)) + 1e-3)

    def wrong(*at):
        slopes = by_torch(f, at)[1]
        slopes[which] *= off
        return tuple(slopes)

    report = taylor_test(wrong, f, *point)
    assert not report
    assert report.kind == "wrong" and abs(report.order - 1) < 0.3
    assert "Not right" in report.message and f"{report.slope:.6g}"[:4] in report.message


def test_the_numbers_are_those_of_the_definition():
    """f = x³ at 2 along 1: R(h) = |(2 + h)³ - 8 - 12 h| = 6 h² + h³."""
    report = taylor_test(lambda x: 3 * x**2, lambda x: x**3, 2.0, direction=1.0)
    h = report.steps
    assert np.allclose(report.remainders, 6 * h**2 + h**3, rtol=1e-9, atol=1e-13)
    assert np.allclose(h[:-1] / h[1:], 2.0)
    assert report.slope == 12.0 and abs(report.expected - 12.0) < 1e-7
    assert report.orders[0] == pytest.approx(math.log2(report.remainders[0] / report.remainders[1]))
    assert 1.95 < report.order < 2.05
    assert report.orders.shape == (h.size - 1,)


def test_order_three_where_f_does_not_bend():
    report = taylor_test(math.cos, math.sin, 0.0)
    assert report and abs(report.order - 3) < 0.1
    assert "faster than with the square" in report.message


def test_a_small_mistake_is_a_mistake():
    for off in (1e-2, 1e-4, 1e-6):
        report = taylor_test(lambda x, off=off: (1 + off) * math.cos(x), math.sin, 1.0)
        assert not report and report.kind == "wrong", (off, report.message)


def test_a_linear_function_has_no_remainder():
    w = np.array([1.0, -2.0, 0.5])
    report = taylor_test(lambda x: w, lambda x: float(w @ x), np.array([0.3, 0.1, 5.0]))
    assert report and report.kind == "linear" and math.isnan(report.order)
    assert "f is linear" in report.message
    assert taylor_test(lambda x: np.zeros(3), lambda x: 7.0, w).kind == "linear"
    wrong = taylor_test(lambda x: 1.001 * w, lambda x: float(w @ x), np.array([0.3, 0.1, 5.0]))
    assert not wrong and abs(wrong.order - 1) < 0.05


# Where there is no gradient ----------------------------------------------------------------------


@pytest.mark.parametrize("slope, ok", [(0.3, True), (-1.0, True), (1.0, True), (3.0, False)])
def test_a_kink(slope, ok):
    report = taylor_test(lambda x: slope, abs, 0.0, direction=1.0)
    assert (report.ok, report.kind) == (ok, "kink")
    assert "slope is -1 behind and 1 ahead" in report.message
    assert ("can be defended" in report.message) == ok


@pytest.mark.parametrize(
    "f, x",
    [
        (lambda x: float(x >= 1.0), 1.0),
        (lambda x: x + float(x > 1.0), 1.0),
        (np.sign, 0.0),
        (lambda x: x if x != 2.0 else 2.5, 2.0),
    ],
)
def test_a_jump(f, x):
    report = taylor_test(lambda x: 1.0, f, x)
    assert (report.ok, report.kind) == (False, "jump")
    assert "f jumps here" in report.message


@pytest.mark.parametrize("f, order", [(lambda x: abs(x) ** 0.5, 0.5), (np.cbrt, 1 / 3)])
def test_a_vertical_slope(f, order):
    report = taylor_test(lambda x: 0.0, f, 0.0)
    assert (report.ok, report.kind) == (False, "vertical")
    assert abs(report.order - order) < 0.02


def test_a_function_without_a_second_derivative_may_have_a_gradient():
    f = lambda x: abs(x) ** 1.5  # noqa: E731
    right = taylor_test(lambda x: 0.0, f, 0.0)
    assert right and abs(right.order - 1.5) < 0.05 and "no second derivative" in right.message
    assert taylor_test(lambda x: 0.1, f, 0.0).kind == "wrong"


def test_nothing_finite():
    assert taylor_test(lambda x: 1.0, lambda x: math.nan, 1.0).kind == "not_finite"
    assert taylor_test(lambda x: 1.0, lambda x: x, math.inf).kind == "not_finite"
    only_here = taylor_test(lambda x: 1.0, lambda x: x if x == 1.0 else math.nan, 1.0)
    assert only_here.kind == "not_finite" and "beside this point" in only_here.message


# The choice of the step --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "gradient, f, x",
    [
        (lambda x: 1 / x, math.log, 1e-6),  # the domain ends nearby
        (lambda x: 0.5 / math.sqrt(x), math.sqrt, 1e-7),
        (lambda x: 1e6 * math.cos(1e6 * x), lambda x: math.sin(1e6 * x), 0.3),  # f bends sharply
        (lambda x: 2 * x, lambda x: 1e10 + x * x, 1.0),  # nearly all of f is rounding
        (lambda x: 2e9 * x, lambda x: 1e9 * x * x, 1.0),
        (lambda x: 2e-9 * x, lambda x: 1e-9 * x * x, 1.0),
        (lambda x: 2 * x, lambda x: x * x, 1e8),
        (math.exp, math.exp, 700.0),  # f overflows at the largest steps
    ],
)
def test_steps_are_chosen_for_f(gradient, f, x):
    right = taylor_test(gradient, f, x)
    assert right, right.message
    assert not taylor_test(lambda x: 1.01 * gradient(x), f, x)
    assert not taylor_test(lambda x: -gradient(x), f, x)


def test_what_rounding_hides_is_not_decided():
    report = taylor_test(lambda x: 2.0, lambda x: 1e16 + x, 1.0, direction=1.0)
    assert (report.ok, report.kind) == (False, "unknown")
    assert "rounding in f hides the remainder" in report.message


def test_float32():
    single = lambda x: float(np.float32(x * x))  # noqa: E731
    right = taylor_test(lambda x: 2 * x, single, 1.3)
    assert right and "float32" in right.message
    wrong = taylor_test(lambda x: 2.1 * x, single, 1.3)
    assert wrong.kind == "wrong" and "float32" in wrong.message
    x = np.array([1.0, 2.5], dtype=np.float32)
    widened = taylor_test(lambda x: 2 * x, lambda x: (x * x).sum(), x)
    assert widened and "tested in float64" in widened.message and widened.floor[-1] < 1e-12


def test_a_torch_model_that_takes_nothing_but_float32():
    weights = torch.linspace(-1, 1, 15).reshape(5, 3)

    def f(x):
        return torch.tanh(weights @ x).square().sum()

    def gradient(x):
        x = x.detach().requires_grad_()
        return torch.autograd.grad(f(x), x)[0]

    x = torch.tensor([0.5, -1.0, 2.0])
    right = taylor_test(gradient, f, x)
    assert right and "float32" in right.message, right.message
    assert not taylor_test(lambda x: 1.2 * gradient(x), f, x)


# Directions and containers -----------------------------------------------------------------------


def test_a_direction_of_ones_own_sees_only_what_lies_along_it():
    def f(p, q):
        return p["a"] ** 2 * q[1]

    def wrong_in_a(p, q):
        return {"a": 0.0}, np.array([0.0, p["a"] ** 2])

    p, q = {"a": 3.0}, np.array([1.0, 2.0])
    along_q = taylor_test(wrong_in_a, f, p, q, direction=({"a": 0.0}, np.array([0.0, 1.0])))
    along_a = taylor_test(wrong_in_a, f, p, q, direction=({"a": 1.0}, np.zeros(2)))
    assert along_q and not along_a
    assert along_q.slope == 9.0 and along_a.expected == pytest.approx(12.0)
    assert not taylor_test(wrong_in_a, f, p, q)  # by default, everything moves


def test_directions_that_do_not_fit():
    f, gradient, x = lambda x: (x * x).sum(), lambda x: 2 * x, np.ones(3)
    with pytest.raises(TypeError, match=r"\(2,\).*\(3,\)"):
        taylor_test(gradient, f, x, direction=np.ones(2))
    with pytest.raises(ValueError, match="zero"):
        taylor_test(gradient, f, x, direction=np.zeros(3))
    with pytest.raises(TypeError, match="needs the arguments"):
        taylor_test(gradient, f)
    with pytest.raises(TypeError, match="function is needed"):
        taylor_test(np.ones(3), f, x)


def test_the_test_says_the_same_every_time():
    reports = [taylor_test(np.cos, np.sin, 1.0, seed=seed) for seed in (3, 3, 4)]
    assert np.array_equal(reports[0].remainders, reports[1].remainders)
    assert not np.array_equal(reports[0].remainders[:5], reports[2].remainders[:5])


def test_a_second_derivative_is_a_gradient_too():
    f = lambda x: dp.sin(x) * dp.exp(x)  # noqa: E731
    assert taylor_test(dp.grad(dp.grad(f)), dp.grad(f), 0.7)


# Form and manners --------------------------------------------------------------------------------


def test_odd_functions_are_named():
    x = np.ones(2)

    def changing(x):
        x *= 2
        return x

    square = lambda x: (x * x).sum()  # noqa: E731
    cases = [
        (changing, square, "mutated_input"),
        (lambda x: 2 * x, lambda x: random.random(), "nondeterministic"),
        (lambda x: random.random() * x, square, "nondeterministic"),
        (lambda x: None, square, "missing"),
        (lambda x: np.ones((2, 1)), square, "shape"),
        (lambda x: x * math.nan, square, "not_finite"),
    ]
    for gradient, f, kind in cases:
        report = taylor_test(gradient, f, x)
        assert (report.ok, report.kind) == (False, kind)
    whole = taylor_test(lambda x: 2 * x, square, np.array([1, 2]))
    assert whole.kind == "wrong_type" and "astype(float)" in whole.message


# The picture -------------------------------------------------------------------------------------


def test_the_picture_has_a_dot_for_every_remainder_and_says_what_it_shows():
    report = taylor_test(lambda x: 3 * x**2, lambda x: x**3, 2.0)
    root = ElementTree.fromstring(report.picture())
    dots = list(root.iter(f"{SVG}circle"))
    assert len(dots) == np.count_nonzero(report.remainders)
    assert sum(dot.get("fill") == "#fff" for dot in dots) == np.count_nonzero(
        (report.remainders > 0) & (report.remainders <= report.floor)
    )
    # Order 2: with logarithmic axes the full dots lie on a line.
    places = np.array(
        [[float(d.get("cx")), float(d.get("cy"))] for d in dots if d.get("fill") != "#fff"]
    )
    line = np.polyval(np.polyfit(*places.T, 1), places[:, 0])
    assert np.max(np.abs(line - places[:, 1])) < 1.5  # pixels
    described = root.find(f"{SVG}desc")
    assert described.get("id") in root.get("aria-labelledby").split()
    assert f"falls like h to the power {report.order:.2f}" in described.text
    assert "in rounding" in described.text
    assert report.picture() in report._repr_html_()
    assert "✓" in report._repr_html_() and str(report) == report.message


def test_a_picture_of_a_wrong_gradient_and_none_of_nothing():
    wrong = taylor_test(lambda x: 3.1 * x**2, lambda x: x**3, 2.0)
    assert "h to the power 1.0" in wrong.picture() and "✗" in wrong._repr_html_()
    assert taylor_test(lambda x: 0.0, lambda x: 7.0, 1.0).picture() == ""
    assert "svg" not in taylor_test(lambda x: None, lambda x: x, 1.0)._repr_html_()
    jump = taylor_test(lambda x: 0.0, np.sign, 0.0)
    assert "h to the power" in jump.picture()


def test_where_f_bends_sharply_bending_is_not_taken_for_rounding():
    """Near its corner, |x| as a vector bends within 1e-8; the gradient is x/|x| still."""
    x = np.array([1e-8, 0.0, 0.0])
    assert dp.taylor_test(lambda x: x / np.linalg.norm(x), np.linalg.norm, x)
    assert not dp.taylor_test(lambda x: -x / np.linalg.norm(x), np.linalg.norm, x)
    assert not dp.taylor_test(lambda x: 1.01 * x / np.linalg.norm(x), np.linalg.norm, x)


def test_no_numbers_at_all():
    assert dp.taylor_test(lambda x: x, np.sum, np.zeros(0))


def test_coarse_quotients_that_are_equal_by_chance_are_no_certainty():
    """f in float32: with the smallest steps two quotients are the same, and both are off."""
    steps = 2.0 ** -np.arange(6, 13)
    quotients = np.array([-5.6397, -5.63971, -5.63983, -5.63971, -5.63996, -5.63996, -5.6416])
    assert settled(quotients)[1] == 0
    value, doubt = settled(quotients, 1e-6 / steps)
    assert abs(value + 5.63975) < doubt < 1e-3


@pytest.mark.parametrize(("factor", "passes"), [(1.0, 30), (1.03, 0)])
def test_float32_hides_no_error_of_three_hundredths_and_invents_none(factor, passes):
    weights, rng = torch.linspace(-1, 1, 15).reshape(5, 3), np.random.default_rng(0)

    def f(x):
        return torch.tanh(weights @ x).square().sum()

    def gradient(x):
        x = x.detach().requires_grad_()
        return factor * torch.autograd.grad(f(x), x)[0]

    points = torch.from_numpy(rng.normal(size=(30, 3)).astype(np.float32))
    assert sum(bool(taylor_test(gradient, f, x)) for x in points) == passes
