"""Reverse mode on the tape."""

import copy
import gc
import math
import pickle
import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import by_torch, numbers, programs, tame

import dpkit as dp
from dpkit.scalar import Scalar, Tape


def ell(t1, t2):
    """Peyré's example, "Course notes on optimization for machine learning", section on automatic
    differentiation."""
    b = t2 * dp.exp(t1)
    return b * dp.sqrt(t1 + b)


def test_published_gradient_of_ell():
    t1, t2 = Scalar(1.0), Scalar(2.0)
    y = ell(t1, t2)
    y.backward()
    assert y.data == pytest.approx(13.792770562190322, rel=1e-15)
    assert (t1.grad, t2.grad) == pytest.approx((20.689155843285484, 9.808858425286727), rel=1e-14)


def test_the_lectures_loop_and_branch():
    def loop(a):
        b = 1
        for _ in range(3):
            b = b + b * a
        return b

    def branch(a):
        return 2 if a > 0.5 else 2 * a

    for x in (-0.3, 0.4, 2.0):
        a = Scalar(x)
        loop(a).backward()
        assert a.grad == pytest.approx(3 + 6 * x + 3 * x * x, rel=1e-14)
    assert dp.grad(branch)(0.4) == 2.0
    assert dp.grad(branch)(0.6) == 0.0


def test_heinrichs_program():
    """IML workshop 2022, slide "Automatic Differentiation": 141.36212 and (49, -10.8799095,
    -87.66867), printed from float32."""

    def f(x):
        y = [x[0], x[1], x[2]]
        for _ in range(4):
            step = x[0] ** 2 + dp.sin(x[1]) + dp.exp(-x[2])
            y = [each + step for each in y]
        return sum(y)

    x = [Scalar(2.0), Scalar(3.0), Scalar(-2.0)]
    y = f(x)
    y.backward()
    assert y.data == pytest.approx(141.36212, rel=1e-7)
    assert [each.grad for each in x] == pytest.approx([49.0, -10.8799095, -87.66867], rel=1e-7)


@settings(max_examples=150, deadline=None)
@given(f=programs(), point=st.tuples(numbers, numbers, numbers))
def test_random_programs_agree_with_torch(f, point):
    assume(tame(f, point))
    leaves = [Scalar(x) for x in point]
    y = f(*leaves)
    value, gradient = by_torch(f, point)
    y.backward()
    assert y.data == pytest.approx(value, rel=1e-10, abs=1e-10)
    assert [x.grad for x in leaves] == pytest.approx(gradient, rel=1e-8, abs=1e-8)


def test_written_out_operators_obey_the_table():
    """`+` and `*` are written out in the engine for speed; `_by` goes through the table."""
    from dpkit.rules import RULES

    for name, operator in (("add", lambda a, b: a + b), ("mul", lambda a, b: a * b)):
        for make in (lambda x: Scalar(x), lambda x: Scalar(x) * 1.0, lambda x: x, int):
            for x, y in ((3.0, -2.0), (-1.0, 4.0)):
                for left in (True, False):
                    mine = Scalar(x) * 1.0
                    other = make(y)
                    pair = (mine, other) if left else (other, mine)
                    fast, table = operator(*pair), Scalar._by(RULES[name], *pair)
                    assert fast._tape.rows[fast._index] == table._tape.rows[table._index]


@pytest.mark.parametrize("constant", [2, 2.0, np.float64(2.0), np.float32(2.0), np.int64(2)])
def test_constants_on_either_side(constant):
    x = Scalar(3.0)
    y = (
        x + constant + (constant + x)
        + (x - constant) * (constant - x)
        + x * constant * (constant * x)
        + x / constant / (constant / x)
        + x**constant + constant**x
    )  # fmt: skip
    y.backward()
    # 2x + 4  - (x-2)²  + 4x²  + x²/4  + x² + 2^x
    assert y.data == pytest.approx(10 - 1 + 36 + 2.25 + 9 + 8, rel=1e-14)
    assert x.grad == pytest.approx(2 - 2 + 24 + 1.5 + 6 + 8 * math.log(2), rel=1e-13)


def test_comparisons_give_plain_bools():
    x = Scalar(2.0)
    for result, truth in [
        (x > 1, True), (x < 1.0, False), (x >= Scalar(2.0), True), (3 <= x, False),
        (x == 2, True), (x != 2, False), (max(x, Scalar(5.0)).data == 5.0, True),
    ]:  # fmt: skip
        assert result is truth
    assert len({x, Scalar(2.0)}) == 2  # equal values, different nodes


# What backward does to gradients ------------------------------------------------------------------


def test_a_second_backward_adds_the_same_once_more():
    x = Scalar(3.0)
    h = x * x
    y = h * x + h
    y.backward()
    first, inside = x.grad, h.grad
    y.backward()
    assert first == 33.0
    assert x.grad == 2 * first
    assert h.grad == inside == 4.0  # the adjoint of the latest sweep


def test_clearing_the_leaf_alone_is_enough():
    """micrograd's interior gradients leak into the next sweep: 6, then 12."""
    x = Scalar(3.0)
    y = (x * x) * 1.0
    for _ in range(3):
        x.zero_grad()
        y.backward()
        assert x.grad == 6.0


def test_two_results_of_one_program():
    x = Scalar(2.0)
    h = x * x
    a, b = h * 3.0, dp.exp(h)
    a.backward()
    assert x.grad == 12.0
    x.zero_grad()
    b.backward()
    assert x.grad == pytest.approx(4 * math.exp(4))


def test_a_program_may_go_on_after_backward():
    x, w = Scalar(2.0), Scalar(5.0)
    h = x * x
    (h + 1.0).backward()
    x.zero_grad()
    later = dp.sin(w) * h + h * x  # h is on a tape that has been swept already
    later.backward()
    assert x.grad == pytest.approx(4 * math.sin(5) + 3 * 4)
    assert w.grad == pytest.approx(4 * math.cos(5))


def test_gradient_descent_by_hand():
    w, b = Scalar(0.0), Scalar(0.0)
    for _ in range(400):
        loss = sum((w * x + b - (3 * x - 1)) ** 2 for x in (-1.0, 0.0, 2.0)) / 3
        w.grad = b.grad = 0.0
        loss.backward()
        w.data -= 0.1 * w.grad
        b.data -= 0.1 * b.grad
    assert (w.data, b.data) == pytest.approx((3.0, -1.0), abs=1e-9)


def test_backward_of_a_leaf():
    x = Scalar(4.0)
    x.backward()
    assert x.grad == 1.0


# Size and memory ----------------------------------------------------------------------------------


def test_a_million_operations():
    x = Scalar(1.0)
    y = x
    for _ in range(1_000_000):
        y = y * 1.000001
    y.backward()
    assert x.grad == pytest.approx(1.000001**1_000_000, rel=1e-9)


def test_a_long_ladder_of_fan_outs_needs_no_exponential_time():
    x = Scalar(1.0)
    y = x
    for _ in range(1000):
        y = y + y
    y.backward()
    assert x.grad == 2.0**1000


def test_tapes_die_with_the_results_and_without_the_collector():
    x = Scalar(2.0)
    gc.disable()
    try:
        y = dp.exp(x) * x + x
        tape = weakref.ref(y._tape)
        y.backward()
        assert tape() is not None
        del y
        assert tape() is None
    finally:
        gc.enable()


def test_evaluating_for_ever_takes_no_more_memory():
    """Even while the latest result is kept, which holds the tape that it was computed on."""
    x = Scalar(0.5)

    def evaluate(times):
        for _ in range(times):
            y = dp.sin(x) * x + x
        return y

    evaluate(20_000)
    tracemalloc.start()
    try:
        evaluate(20_000)
        tracemalloc.reset_peak()
        evaluate(40_000)
        peak_short = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        evaluate(200_000)
        peak_long = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_long < 1.5 * peak_short


def test_programs_longer_than_a_chapter_are_right():
    weights = [Scalar(1.0 + k / 10) for k in range(10)]
    parts = []
    for n in range(12000):
        w = weights[n % 10]
        parts.append(dp.tanh(w * (n / 12000)) * w)
    y = sum(parts)
    assert len({id(part._tape) for part in parts}) > 1
    y.backward()
    for k, w in enumerate(weights):
        x = w.data
        terms = [n / 12000 for n in range(k, 12000, 10)]
        truth = sum(math.tanh(x * c) + x * c * (1 - math.tanh(x * c) ** 2) for c in terms)
        assert w.grad == pytest.approx(truth, rel=1e-11)


# Errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Scalar("2"), ["'2'", "str"]),
        (lambda: Scalar(None), ["None"]),
        (lambda: Scalar(True), ["True", "bool"]),
        (lambda: Scalar(1j), ["1j", "complex"]),
        (lambda: Scalar([1.0]), ["[1.0]", "list"]),
        (lambda: Scalar(np.zeros((2, 3))), ["(2, 3)", "dp.grad"]),
        (lambda: Scalar(float("nan")), ["NaN"]),
        (lambda: Scalar(Scalar(1.0)), ["Scalar", "nest dp.grad"]),
        (lambda: bool(Scalar(1.0)), ["neither true nor false", "x != 0"]),
        (lambda: math.exp(Scalar(1.0)), ["dp.exp", "x.data"]),
        (lambda: np.array([Scalar(1.0)], dtype=float), ["x.data"]),
        (lambda: Scalar(1.0) + "a", ["str"]),
        (lambda: Scalar(1.0) / 0.0, ["zero"]),
    ],
)
def test_errors_are_sentences(make, words):
    with pytest.raises((TypeError, ValueError, ZeroDivisionError)) as error:
        make()
    for word in words:
        assert word in str(error.value)


def test_a_derivative_that_does_not_exist_is_refused_and_changes_nothing():
    base, exponent = Scalar(-2.0, "base"), Scalar(3.0, "exponent")
    y = base**exponent
    assert y.data == -8.0
    with pytest.raises(ArithmeticError, match="exponent.*'power'"):
        y.backward()
    assert (base.grad, exponent.grad) == (0.0, 0.0)


def test_a_constant_exponent_needs_no_derivative():
    base = Scalar(-2.0)
    (base**3).backward()
    assert base.grad == 12.0


def test_backward_inside_grad_is_refused():
    def f(x):
        y = x * x
        y.backward()
        return y

    with pytest.raises(TypeError, match="dp.grad"):
        dp.grad(f)(1.0)


def test_numbers_that_outlive_their_grad_are_refused():
    kept = []

    def f(x):
        kept.append(x)
        return x * x

    dp.grad(f)(1.0)
    for use in (lambda x: x * Scalar(2.0), lambda x: x / 2, lambda x: -x, dp.sin):
        with pytest.raises(RuntimeError, match="finished"):
            use(kept[0])


def test_names_and_repr():
    x = Scalar(2, name="x")
    y = x * x
    y.name = "area"
    assert (x.name, y.name) == ("x", "area")
    y.backward()
    assert repr(x) == "Scalar(data=2.0, grad=4.0, name='x')"
    assert repr(y) == "Scalar(data=4.0, grad=1.0, name='area')"


def test_rows_read_like_a_trace():
    tape = Tape()
    x = tape.input(2.0)
    y = dp.exp(x * 3.0)
    assert tape.rows[1:] == [
        ("input", 2.0, 0, 0.0, 0, 0.0),
        ("mul", 6.0, 1, 3.0, 0, 3.0),
        ("exp", y.data, 2, y.data, 0, 0.0),
    ]


def test_a_lost_derivative_is_reported_across_tapes_too():
    base, exponent = Scalar(-2.0), Scalar(3.0)
    h = exponent * 1.0
    h.backward()  # closes the tape on which h was computed
    y = (Scalar(1.0) * base) ** h
    with pytest.raises(ArithmeticError, match="power"):
        y.backward()


# Copies and odd uses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_the_copy_of_a_leaf_is_another_leaf(duplicate):
    a = Scalar(2.0, "a")
    a.grad = 0.5
    y = a * a
    twin = duplicate(a)
    assert (twin.data, twin.grad, twin.name) == (2.0, 0.5, "a")
    (3 * twin + y).backward()
    assert (a.grad, twin.grad) == (4.5, 3.5)


def test_a_computed_number_stays_on_its_tape():
    y = 3 * Scalar(2.0)
    assert copy.copy(y) is y and copy.deepcopy([y])[0] is y
    with pytest.raises(TypeError, match="Save its .data"):
        pickle.dumps(y)


@pytest.mark.parametrize(
    "data, error",
    [("x", TypeError), (np.ones(2), TypeError), (Scalar(1.0), TypeError), (math.nan, ValueError)],
)
def test_a_leaf_spoilt_by_hand_is_refused_when_it_is_used(data, error):
    w = Scalar(1.0)
    w.data = data
    with pytest.raises(error, match="A Scalar"):
        dp.sin(Scalar(1.0) - w)


def test_formatting_shows_the_value():
    x = Scalar(2.0) / 3
    assert f"{x:.3f}" == "0.667" and f"{x}" == str(x)
    assert f"{dp.Dual(1.25, 1.0):.1f}" == "1.2"


@pytest.mark.parametrize("value", [np.float32(0.1), np.int64(2**40), 3, np.array(0.1)])
def test_what_is_assigned_to_data_is_calculated_with_as_a_float(value):
    """Not in float32, and not in int64, where 2⁴⁰ · 2⁴⁰ would be 0."""
    w = dp.Scalar(1.0)
    w.data = value
    y = w * w
    y.backward()
    assert type(y.data) is type(w.grad) is float
    assert y.data == float(value) ** 2 and w.grad == 2 * float(value)


def test_a_gradient_can_be_set_to_none_as_in_torch():
    w = dp.Scalar(2.0)
    (w * w).backward()
    w.grad = None
    assert w.grad == 0.0
    (w * w).backward()
    assert w.grad == 4.0
