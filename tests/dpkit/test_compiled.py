"""compile_grad: the printed programs, the paths, the batches, and what is said when they end."""

import gc
import math
import operator
from collections import namedtuple

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import by_torch, numbers, programs, tame

import dpkit as dp
from dpkit import compiled
from dpkit.compiled import CompiledGradient, compile_grad, forms, straightline, symbol, templates
from dpkit.rules import RULES

NARROW = {
    "log": (0.2, 3.0),
    "log1p": (-0.6, 3.0),
    "sqrt": (0.2, 3.0),
    "arcsin": (-0.8, 0.8),
    "arccos": (-0.8, 0.8),
    "tan": (-1.2, 1.2),
    "power": (0.3, 2.5),
    "div": (0.3, 2.5),
}


def ell(t1, t2):
    """Peyré's example, "Course notes on optimization for machine learning"."""
    b = t2 * dp.exp(t1)
    return b * dp.sqrt(t1 + b)


class Counted:
    """A function that counts how often its Python body runs."""

    def __init__(self, f):
        self.f = f
        self.calls = 0
        self.__name__ = f.__name__

    def __call__(self, *args, **kwargs):
        self.calls += 1
        return self.f(*args, **kwargs)


def points(rule, count):
    low, high = NARROW.get(rule.name, (-2.0, 2.0))
    return np.random.default_rng(5).uniform(low, high, (count, len(rule.partials)))


# Against independent truth -----------------------------------------------------------------------


def test_published_gradient_of_ell():
    value, gradient = compile_grad(ell).value_and_grad(1.0, 2.0)
    assert value == pytest.approx(13.792770562190322, rel=1e-15)
    assert gradient == pytest.approx((20.689155843285484, 9.808858425286727), rel=1e-14)
    assert type(value) is float and type(gradient[0]) is float


@settings(max_examples=120, deadline=None)
@given(
    f=programs(),
    one=st.tuples(numbers, numbers, numbers),
    two=st.tuples(numbers, numbers, numbers),
)
def test_random_programs_agree_with_torch(f, one, two):
    assume(tame(f, one) and tame(f, two))
    counted = Counted(f)
    g = compile_grad(counted)
    for point in (one, two):
        value, gradient = by_torch(f, point)
        mine, slopes = g.value_and_grad(*point)
        assert mine == pytest.approx(value, rel=1e-10, abs=1e-10)
        assert slopes == pytest.approx(gradient, rel=1e-8, abs=1e-8)
    assert counted.calls == 1


OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
expressions = st.recursive(
    st.sampled_from(["x", "y", "-x", "1.5", "-2.0", "0.0", "1.0"]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(sorted(OPERATORS)), inner, inner),
        st.tuples(st.sampled_from(["-", "tanh", "relu", "square", "one"]), inner),
    ),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None)
@given(tree=expressions, point=st.tuples(numbers, numbers))
def test_brackets_stand_where_they_must(tree, point):
    """Values that are used once are written inside other expressions; nothing may be reordered."""
    unary = {
        "-": operator.neg, "tanh": dp.tanh, "relu": dp.relu, "square": lambda a: a**2, "one": lambda a: a**1,
    }  # fmt: skip

    def f(x, y):
        def value(t):
            if isinstance(t, str):
                return {"x": x, "y": y, "-x": -x}.get(t) if t in ("x", "y", "-x") else float(t)
            return (
                unary[t[0]](value(t[1]))
                if len(t) == 2
                else OPERATORS[t[0]](value(t[1]), value(t[2]))
            )

        return value(tree)

    assume(tame(f, point))
    try:
        truth = dp.value_and_grad(f, (0, 1))(*point)
    except ArithmeticError:
        return
    value, gradient = compile_grad(f).value_and_grad(*point)
    assert value == pytest.approx(f(*point), rel=1e-13) == truth[0]
    assert gradient == pytest.approx(truth[1], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("constant", [0.0, 1.0, -1.0, 2.0])
@pytest.mark.parametrize("operation", [*OPERATORS.values(), operator.pow])
def test_constants_that_change_nothing_and_others(operation, constant):
    for f in (lambda x: operation(x, constant), lambda x: operation(constant, x)):
        for x in (1.0, 2.0, 0.25):
            try:
                want = dp.value_and_grad(f)(x)
            except (ArithmeticError, ValueError) as error:
                with pytest.raises(type(error)):
                    compile_grad(f)(x)
            else:
                assert compile_grad(f).value_and_grad(x) == pytest.approx(want, rel=1e-15)


def test_a_value_under_two_names():
    def f(x, y):
        a, b = x**1, x**1
        return dp.sin(a) * a + y * dp.cos(b) * b + dp.exp(a * b) * x

    assert compile_grad(f)(0.5, 2.0) == pytest.approx(dp.grad(f, (0, 1))(0.5, 2.0), rel=1e-14)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_every_row_of_the_table(rule):
    """On numbers and on columns; with two unknowns, and with a constant on either side."""
    where = points(rule, 6)
    asked = [tuple(range(len(rule.partials)))]
    if len(rule.partials) == 2:
        asked += [0, 1]
    for argnums in asked:
        one = argnums if isinstance(argnums, int) else None
        for x in where.tolist():
            fixed = x if one is None else [a if k != one else None for k, a in enumerate(x)]

            def f(*free, fixed=fixed, one=one):
                if one is None:
                    return rule.value(*free)
                return rule.value(*[free[0] if a is None else a for a in fixed])

            free = x if one is None else [x[one]]
            value, gradient = by_torch(f, free)
            mine, slopes = compile_grad(f, range(len(free))).value_and_grad(*free)
            assert mine == pytest.approx(value, rel=1e-12, abs=1e-14)
            assert slopes == pytest.approx(gradient, rel=1e-12, abs=1e-14)

    rows = [by_torch(rule.value, x) for x in where.tolist()]
    g = compile_grad(rule.value, range(len(rule.partials)), in_axes=0)
    total, columns = g.value_and_grad(*where.T)
    assert total == pytest.approx(sum(value for value, _ in rows), rel=1e-12)
    np.testing.assert_allclose(np.array(columns).T, [slopes for _, slopes in rows], rtol=1e-11)
    assert len(g._written) == 1 and "dp." not in g.source


@pytest.mark.parametrize("x", [-800.0, -710.0, -40.0, -1e-9, 0.0, 3.0, 40.0, 800.0])
def test_squashing_functions_far_out(x):
    for f in (dp.sigmoid, dp.softplus, dp.tanh, lambda x: dp.sigmoid(x) * dp.softplus(-x)):
        want = dp.value_and_grad(f)(x)
        f = Counted(f)
        assert compile_grad(f).value_and_grad(x) == pytest.approx(want, rel=1e-14, abs=0.0)
        value, gradient = compile_grad(f, in_axes=0).value_and_grad(np.array([x]))
        assert (value, gradient[0]) == pytest.approx(want, rel=1e-14, abs=0.0)
        assert f.calls == 2  # one for each program; no call was left to the tape


def compile_grad_source(f, *args):
    g = compile_grad(f)
    g(*args)
    return g.source


def test_edges_of_powers():
    for x in (-3.0, 0.0, 0.5, 2.0):
        for n in (0, 1, 2, 3):
            f = lambda x, n=n: 3.0 * x**n  # noqa: E731
            assert compile_grad(f)(x) == dp.grad(f)(x)
    assert compile_grad(lambda x: x**-1)(-2.0) == -0.25
    assert compile_grad(lambda x: x**2.5)(0.0) == 0.0
    assert compile_grad(lambda y: 0.0**y)(2.0) == 0.0
    assert compile_grad(lambda y: 2.0**y)(3.0) == pytest.approx(8 * math.log(2), rel=1e-14)
    assert compile_grad(lambda x, y: x**y)(0.0, 0.0) == dp.grad(lambda x, y: x**y, (0, 1))(0.0, 0.0)
    g = compile_grad(lambda x: x**0.5)
    assert (g(4.0), g(0.0), g(9.0)) == (0.25, math.inf, pytest.approx(1 / 6))


def test_slopes_at_kinks_are_those_of_the_table():
    assert compile_grad(dp.relu)(0.0) == 0.0
    assert compile_grad(dp.abs)(0.0) == 0.0
    for f in (dp.maximum, dp.minimum):
        assert compile_grad(f)(2.0, 2.0) == (0.5, 0.5)
        assert compile_grad(lambda x, f=f: f(x, 2.0))(2.0) == 0.5
        columns = compile_grad(f, in_axes=0)(np.array([2.0, 3.0]), np.array([2.0, 4.0]))
        assert np.array(columns).T.tolist() == [[0.5, 0.5], list(compile_grad(f)(3.0, 4.0))]


def test_second_derivatives_nest_both_ways():
    f = lambda x: dp.sin(x) ** 3 * dp.exp(x)  # noqa: E731
    truth = dp.grad(dp.grad(f))(0.7)
    assert dp.grad(compile_grad(f))(0.7) == pytest.approx(truth, rel=1e-13)
    assert compile_grad(dp.grad(f))(0.7) == pytest.approx(truth, rel=1e-13)
    assert compile_grad(compile_grad(f))(0.7) == pytest.approx(truth, rel=1e-13)
    assert dp.jvp(compile_grad(f), (0.7,), (1.0,))[1] == pytest.approx(truth, rel=1e-13)
    x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    first = torch.autograd.grad(f(x), x, create_graph=True)[0]
    assert truth == pytest.approx(torch.autograd.grad(first, x)[0].item(), rel=1e-12)


def test_an_inner_gradient_of_an_array():
    """The squared gradient of f, as in a gradient penalty: its gradient is 2 H ∇f."""
    f = lambda w: (w[0] * w[1] + dp.exp(w).sum()) if w[0] > 0 else (w**3).sum()  # noqa: E731
    g = compile_grad(lambda w: (dp.grad(f)(w) ** 2).sum())
    for w in (np.array([0.5, -1.0]), np.array([-0.5, 2.0])):
        e = np.exp(w)
        up = np.array([w[1] + e[0], w[0] + e[1]])
        H = np.array([[e[0], 1.0], [1.0, e[1]]])
        want = 2 * H @ up if w[0] > 0 else 36 * w**3
        np.testing.assert_allclose(g(w), want, rtol=1e-13)
    assert len(g._written) == 2


def test_a_branch_inside_an_inner_derivative_is_guarded():
    f = lambda x: x**3 if x > 1 else 5 * x**2  # noqa: E731
    g = compile_grad(dp.grad(f))
    assert [g(x) for x in (2.0, 0.5, 3.0)] == [12.0, 10.0, 18.0]
    assert len(g._written) == 2


def test_a_leaf_that_varies_too_takes_the_tape():
    a = dp.Scalar(3.0)
    slope = compile_grad(lambda x, a: a * x * x, argnums=0)(2.0, a)
    slope.backward()
    assert (slope.data, a.grad) == (12.0, 4.0)


# The text ----------------------------------------------------------------------------------------


def test_the_text_of_ell_is_as_in_the_docstring():
    text = compile_grad_source(ell, 1.0, 2.0).replace("_ell", "_f")
    assert text.startswith("import math\n\n\ndef gradient_of_f(t1, t2):\n")
    for line in text.splitlines()[3:]:
        assert line in straightline.__doc__


def test_the_text_stands_alone():
    def f(w, x):
        if x > w[0]:
            return dp.sigmoid(w[0] * x) + dp.maximum(w[1], x) ** 2
        return dp.arctan(x)

    g = compile_grad(f, 0)
    space = {}
    want = g.value_and_grad([0.5, 2.0], 1.5)
    exec(g.source, space)
    assert space["gradient_of_f"](0.5, 2.0, 1.5) == (want[0], tuple(want[1]))
    with pytest.raises(straightline.Turn):
        space["gradient_of_f"](0.5, 2.0, 0.0)


def test_no_work_is_done_that_is_not_needed():
    def f(x, y):
        dp.cosh(x)  # nobody wants it
        return dp.sin(x) * dp.tan(y) + 0.0 * 3 + 1.0 * x

    text = compile_grad_source(f, 1.0, 2.0)
    assert "cosh" not in text and "0.0" not in text and "1.0 *" not in text
    g = compile_grad(f, argnums=1)
    assert g(1.0, 0.5) == pytest.approx(math.sin(1.0) / math.cos(0.5) ** 2)
    assert "cos" not in g.source and "dx" not in g.source
    # exp's slope is its value: one exponential in all
    assert compile_grad_source(lambda x: dp.exp(x) * x, 1.0).count("exp") == 1
    # the slope of x ** 2 is folded
    assert "pow" not in compile_grad_source(lambda x: x**2, 1.0)


@pytest.mark.parametrize(
    "names",
    ["x dx", "dx x", "v1 v2", "d3 v7", "rows math", "np dpkit", "el x", "max abs", "p _", "Turn q"],
)
def test_names_that_would_collide(names):
    a, b = names.split()
    space = {"dp": dp}
    exec(
        f"def f({a}, {b}): return dp.sigmoid({a}) * dp.maximum({b}, {a}) + {a} * {a} * {b} if {a} > 0.1 else {b}",
        space,
    )
    f = space["f"]
    for at in ((0.3, 2.0), (0.0, 1.0)):
        assert compile_grad(f)(*at) == dp.grad(f, (0, 1))(*at)
        columns = compile_grad(f, in_axes=0)(*(np.array([each]) for each in at))
        assert (columns[0][0], columns[1][0]) == pytest.approx(dp.grad(f, (0, 1))(*at), rel=1e-14)


def test_constants_of_every_kind():
    def f(x):
        return ((-2.5 * x + 1e300) * 1e-300 - (-3)) * (x - np.float32(0.5)) + math.inf * 0 * 0 + x

    f_plain = lambda x: (x - -1.0) * (-2.0 - x) / -4.0 + -0.0 + (-x) * -(3.0 - x)  # noqa: E731
    assert compile_grad(f_plain)(1.25) == dp.grad(f_plain)(1.25)
    assert compile_grad(lambda x: dp.minimum(x, math.inf) + dp.maximum(x, -math.inf))(2.0) == 2.0
    assert math.isnan(f(1.0)) and compile_grad(lambda x: 2 * x if x < math.nan else x)(1.0) == 1.0


def test_source_and_repr():
    g = compile_grad(ell)
    with pytest.raises(RuntimeError, match="Call it once"):
        g.source  # noqa: B018
    assert repr(g) == "<compiled gradient of ell: not yet written>"
    g(1.0, 2.0)
    assert repr(g) == f"<compiled gradient of ell: 1 program, {g.source.count(chr(10))} lines>"
    assert g.__name__ == "ell" and "Peyré" in g.__doc__ and isinstance(g, CompiledGradient)


def test_long_programs():
    def chain(x):
        for _ in range(12_500):
            x = dp.sin(x) * 0.9 + x / 7 - 0.1  # 5 operations
        return x

    g = compile_grad(chain)
    assert g.value_and_grad(0.3) == dp.value_and_grad(chain)(0.3)
    assert g.value_and_grad(0.4) == dp.value_and_grad(chain)(0.4)

    wide = compile_grad(lambda x: sum(a * b for a in x[:60] for b in x))
    x = np.linspace(0.0, 1.0, 120)
    truth = np.full(120, x[:60].sum())
    truth[:60] += x.sum()
    np.testing.assert_allclose(wide(x), truth, rtol=1e-12)

    nested = compile_grad(lambda x: -(-(x * 2.0) if x else x))
    with pytest.raises(TypeError, match="neither true nor false"):
        nested(1.0)
    deep = x0 = 0.2
    for _ in range(3000):
        deep = math.tanh(deep)
    g = compile_grad(lambda x: iterate(dp.tanh, x, 3000))
    assert g.value_and_grad(x0)[0] == deep


def iterate(f, x, times):
    for _ in range(times):
        x = f(x)
    return x


def test_a_program_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr(symbol, "LONGEST", 1000)

    def endless(x):
        while x > 0:
            x = x + 1.0

    with pytest.raises(RuntimeError, match="1,000 operations.*in_axes.*dp.grad"):
        compile_grad(endless)(1.0)
    assert dp.grad(dp.sin)(0.0) == 1.0  # the level was closed


# Paths -------------------------------------------------------------------------------------------


def bent(x, y):
    while x * y > 2.0:
        x = x / 2
    big, small = (x, y) if x > y else (y, x)
    if abs(small) > 1 and big != 3.0:
        return big * big * small
    return max(big, 2 * small, 0.5) * min(small, dp.sin(big))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=12))
def test_every_path_has_its_program(many):
    g = compile_grad(Counted(bent))
    for point in many + many:
        value, slopes = g.value_and_grad(*point)
        truth, gradient = dp.value_and_grad(bent, (0, 1))(*point)
        assert (value, *slopes) == pytest.approx((truth, *gradient), rel=1e-12)
    assert g._f.calls == len(g._written) <= len(many)


def test_each_path_is_run_once_in_python():
    f = Counted(bent)
    g = compile_grad(f)
    for x in (0.1, 1.5, 4.2, 9.0, 20.0):
        g(x, 1.2)
    seen = f.calls
    assert seen == len(g._written) > 1
    for x in (0.11, 1.51, 4.21, 9.01, 20.01):
        assert g(x, 1.21) == pytest.approx(dp.grad(bent, (0, 1))(x, 1.21), rel=1e-14)
    assert f.calls == seen


@pytest.mark.parametrize(
    "compare", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
)
def test_all_comparisons_with_all_partners(compare):
    partners = [
        lambda x, y: compare(x, y),
        lambda x, y: compare(x, 1.0),
        lambda x, y: compare(1, x),
        lambda x, y: compare(x, np.float64(1.0)),
        lambda x, y: compare(np.float64(1.0), x),
        lambda x, y: compare(x * 1.0, np.array([1.0, 5.0]))[0],
        lambda x, y: compare(np.array([1.0, 5.0]), x)[0],
        lambda x, y: bool(compare(np.array([x, y]), 1.0)[0]),
    ]
    for choose in partners:
        f = lambda x, y, choose=choose: 3 * x * y if choose(x, y) else x + y  # noqa: E731
        g = compile_grad(f)
        for x in (0.0, 1.0, 2.0, 1.0, 0.0):
            assert g(x, 1.0) == ((3.0, 3.0 * x) if choose(x, 1.0) else (1.0, 1.0))
        batch = compile_grad(f, in_axes=0)(np.array([0.0, 1.0, 2.0]), np.ones(3))
        assert np.array(batch).T.tolist() == [list(g(x, 1.0)) for x in (0.0, 1.0, 2.0)]


def test_a_comparison_with_no_number_is_no_guard():
    g = compile_grad(lambda x: x if x == "one" else 2 * x)
    assert g(1.0) == 2.0 and "Turn" not in g.source
    with pytest.raises(TypeError):
        compile_grad(lambda x: x if x < "one" else x)(1.0)


def test_sorting():
    f = lambda x: sum(k * each for k, each in enumerate(sorted(x)))  # noqa: E731
    g = compile_grad(f)
    for x in ([3.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 2.0, -1.0]):
        assert g(x) == dp.grad(f)(x)


def test_a_guard_keeps_what_follows_from_failing():
    g = compile_grad(lambda x: dp.log(x) * 3.0 if x > 0 else x)
    assert [g(x) for x in (2.0, -1.0, 0.0, 4.0)] == [1.5, 1.0, 1.0, 0.75]
    columns = compile_grad(g._f, in_axes=0)(np.array([2.0, -1.0, 0.0, 4.0]))
    assert columns.tolist() == [1.5, 1.0, 1.0, 0.75]
    text = compile_grad_source(g._f, 2.0)
    assert text.index("raise Turn(0)") < text.index("math.log")
    last = compile_grad(lambda x: x if x > 0 else 2 * x)  # nothing follows the comparison
    assert [last(x) for x in (1.0, -1.0, 3.0)] == [1.0, 2.0, 1.0]


def test_after_too_many_programs_the_tape_takes_over(monkeypatch):
    monkeypatch.setattr(compiled, "MOST", 5)
    f = lambda x, n: x**n  # noqa: E731
    g = compile_grad(f, 0)
    with pytest.warns(UserWarning, match="writes no more") as seen:
        assert [g(2.0, n) for n in range(9)] == [n * 2.0 ** (n - 1) for n in range(9)]
    assert len(seen) == 1 and seen[0].filename == __file__ and len(g._written) == 5
    steps = Counted(lambda x: iterate(lambda y: y * 2, x, sum(x > k for k in range(20))))
    steps.__name__ = "steps"
    batch = compile_grad(steps, in_axes=0)
    x = np.arange(12.0) + 0.5
    with pytest.warns(UserWarning):
        assert batch(x).tolist() == [2.0 ** (k + 1) for k in range(12)]


def test_a_function_that_is_not_the_same_twice_ends():
    flip = iter([0.0, 10.0] * 50)
    g = compile_grad(lambda x: 2 * x if x > next(flip) else 3 * x)
    assert g(5.0) in (2.0, 3.0) and g(20.0) == 2.0 and g(-5.0) == 3.0


@pytest.mark.parametrize("on, in_axes", [("_ON_NUMBERS", None), ("_ON_COLUMNS", 0)])
def test_where_rounding_decides_the_tape_does(monkeypatch, on, in_axes):
    """The program may compute a digit otherwise than f did, and then take another path at once;
    here, by a library whose tangent is far off."""
    templates.template.cache_clear()
    monkeypatch.setitem(getattr(templates, on), "tan", "abs")
    f = lambda x: 3 * dp.tan(x) if dp.tan(x) > 1.0 else x  # noqa: E731
    x = np.array([0.9, 0.8, 0.1])
    g = compile_grad(f, in_axes=in_axes)
    found = g(x) if in_axes == 0 else [g(each) for each in x.tolist()]
    templates.template.cache_clear()
    assert len(g._written) <= 3
    assert list(found) == pytest.approx([3 / math.cos(0.9) ** 2, 3 / math.cos(0.8) ** 2, 1.0])


# Arguments ---------------------------------------------------------------------------------------


def test_gradients_have_the_form_of_the_arguments():
    Point = namedtuple("Point", "x y")

    def f(tree, scale):
        w = tree["w"]
        return (
            (w @ w.T).sum() * scale + tree["b"][0] ** 2 + tree["p"].x * tree["p"].y * tree["t"][1]
        )

    w = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    tree = {"w": w, "b": [7.0, 8.0], "p": Point(2.0, 3.0), "t": (1, 1, np.float64(1.0))}
    gradient, by_scale = compile_grad(f)(tree, 10)
    np.testing.assert_allclose(gradient["w"], 20 * w.sum(axis=0) * np.ones((2, 1)))
    assert gradient["b"] == [14.0, 0.0] and gradient["p"] == Point(3.0, 2.0)
    assert gradient["t"] == (0.0, 6.0, 0.0) and list(gradient) == ["w", "b", "p", "t"]
    assert by_scale == ((w @ w.T).sum())
    assert gradient["w"].dtype == np.float64 and w[0, 0] == 1.0
    assert "tree_w_1_2" in compile_grad_source(f, tree, 10) and "tree_p_y" in compile_grad_source(
        f, tree, 10
    )


@pytest.mark.parametrize(
    "x",
    [
        np.ones(3, np.float32),
        np.array(2.0),
        np.ones((0,)),
        np.array([1, 2.0], object),
        np.ones((2, 1, 2)),
    ],
)
def test_arrays_of_all_shapes(x):
    g = compile_grad(lambda x: np.sum(x * x) * 1.0)(x)
    assert g.shape == x.shape and g.dtype == (float if x.dtype == object else x.dtype)
    np.testing.assert_array_equal(g, 2 * x.astype(g.dtype))


def test_argnums():
    assert compile_grad(ell, 0)(1.0, 2.0) == dp.grad(ell)(1.0, 2.0)
    assert compile_grad(ell, -1)(1.0, 2.0) == dp.grad(ell, 1)(1.0, 2.0)
    assert compile_grad(ell, np.int64(1))(1.0, 2.0) == dp.grad(ell, 1)(1.0, 2.0)
    assert compile_grad(ell, [1, 0])(1.0, 2.0) == compile_grad(ell)(1.0, 2.0)[::-1]
    assert compile_grad(dp.sin)(0.0) == 1.0
    assert compile_grad(dp.sin, (0,))(0.0) == (1.0,)
    with pytest.raises(TypeError, match="argument 2.*2 positional arguments"):
        compile_grad(ell, 2)(1.0, 2.0)
    with pytest.raises(TypeError, match="twice"):
        compile_grad(ell, (1, -1))(1.0, 2.0)


def test_what_varies_and_what_is_fixed():
    def f(x, n, rate=2.0, *, kind="sum", scale=1.0, pick=None):
        total = sum(x[k] ** (k + 1) for k in range(n)) * rate * scale
        if pick is not None:
            total = total + x[pick].sum()
        return total if kind == "sum" else -total

    x = np.array([1.0, 2.0, 3.0])
    counted = Counted(f)
    g = compile_grad(counted, argnums=0)
    assert g(x, 2).tolist() == [2.0, 8.0, 0.0]
    assert g(2 * x, 2).tolist() == [2.0, 16.0, 0.0]
    assert counted.calls == 1
    assert g(x, 3).tolist() == [2.0, 8.0, 54.0] and counted.calls == 2
    assert g(x, 2, 3.0).tolist() == [3.0, 12.0, 0.0] and counted.calls == 3
    assert g(x, 2, 4.0).tolist() == [4.0, 16.0, 0.0] and counted.calls == 3
    assert g(x, 2, kind="minus", scale=5.0).tolist() == [-10.0, -40.0, 0.0]
    assert g(x, 2, scale=6.0, kind="minus").tolist() == [-12.0, -48.0, 0.0] and counted.calls == 5
    assert g(x, 1, pick=np.array([1, 1, 2])).tolist() == [2.0, 2.0, 1.0]
    assert g(x, 1, pick=np.array([0, 1, 2])).tolist() == [3.0, 1.0, 1.0]
    assert g(x, True).tolist() == [2.0, 0.0, 0.0]
    exactly = compile_grad(lambda x, n: x if n is True else 2 * x, argnums=0)
    assert [exactly(1.0, n) for n in (1, True, np.int64(1))] == [2.0, 1.0, 2.0]
    assert g([5.0, 6.0], 1) == [2.0, 0.0] and g((5.0, 6.0), 1) == (2.0, 0.0)


def test_the_arguments_are_not_touched():
    def f(w):
        w[0] = w[0] * 2
        return (w * w).sum()

    w = np.array([1.0, 2.0])
    g = compile_grad(f)
    assert g(w).tolist() == g(w).tolist() == [8.0, 4.0] and w.tolist() == [1.0, 2.0]


def test_constant_results():
    assert compile_grad(lambda x: 3)(1.0) == 0.0
    assert compile_grad(lambda x, y: y, 0).value_and_grad(1.0, 2.0) == (2.0, 0.0)
    assert compile_grad(lambda x: x).value_and_grad(5.0) == (5.0, 1.0)
    assert compile_grad(lambda x: x**0).value_and_grad(5.0) == (1.0, 0.0)
    g = compile_grad(lambda x, y: y, in_axes=(0, None))
    value, (dx, dy) = g.value_and_grad(np.ones(4), 2.0)
    assert (value, dx.tolist(), dy) == (8.0, [0.0] * 4, 4.0)
    assert compile_grad(lambda x: 3.0, in_axes=0).value_and_grad(np.ones(4))[0] == 12.0
    assert compile_grad(lambda x: x, in_axes=0).value_and_grad(np.arange(4.0))[0] == 6.0


# Batches -----------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    f=programs(),
    w=numbers,
    rows=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=7),
)
def test_a_batch_is_the_sum_of_its_rows(f, w, rows):
    assume(all(tame(f, (w, *row)) for row in rows))
    truth = [by_torch(f, (w, *row)) for row in rows]
    x, y = np.array(rows).T
    g = compile_grad(Counted(f), in_axes=(None, 0, 0))
    value, (dw, dx, dy) = g.value_and_grad(w, x, y)
    assert value == pytest.approx(sum(each for each, _ in truth), rel=1e-9, abs=1e-9)
    assert dw == pytest.approx(sum(slopes[0] for _, slopes in truth), rel=1e-8, abs=1e-8)
    assert dx == pytest.approx([slopes[1] for _, slopes in truth], rel=1e-8, abs=1e-8)
    assert dy == pytest.approx([slopes[2] for _, slopes in truth], rel=1e-8, abs=1e-8)
    assert type(value) is type(dw) is float and g._f.calls == 1


def network(layers, x, y):
    for W, b in layers:
        x = [
            dp.relu(sum(w * each for w, each in zip(row, x, strict=True)) + c)
            for row, c in zip(W, b, strict=True)
        ]
    regular = sum((w * w).sum() for w, _ in layers)
    return dp.maximum(0.0, 1.0 - y * x[0]) + 0.01 * regular


def test_a_network_on_a_batch_agrees_with_torch():
    rng = np.random.default_rng(3)
    layers = [(rng.normal(size=(4, 2)), rng.normal(size=4)), (rng.normal(size=(1, 4)), np.ones(1))]
    x, y = rng.normal(size=(50, 2)), rng.choice([-1, 1], 50)
    g = compile_grad(network, argnums=0, in_axes=(None, 0, 0))
    value, gradient = g.value_and_grad(layers, x, y)

    leaves = [
        (torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True))
        for W, b in layers
    ]
    h, labels = torch.tensor(x), torch.tensor(y)
    for W, b in leaves:
        h = torch.relu(h @ W.T + b)
    loss = torch.clamp(1 - labels * h[:, 0], min=0).sum() + 50 * 0.01 * sum(
        (W * W).sum() for W, _ in leaves
    )
    loss.backward()
    assert value == pytest.approx(loss.item(), rel=1e-12)
    for (dW, db), (W, b) in zip(gradient, leaves, strict=True):
        np.testing.assert_allclose(dW, W.grad.numpy(), rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(db, b.grad.numpy(), rtol=1e-11, atol=1e-13)
    assert len(g._written) == 1  # relu and maximum part no rows
    g(layers, x[:7], y[:7])
    assert len(g._written) == 1  # nor does another number of rows


def test_rows_on_different_paths_are_parted():
    def f(w, x):
        if w > 100:
            return x[0]
        if x[0] > x[1]:
            return w * x[0] ** 2
        while x[1] > 1:
            x = x / 2
        return dp.sin(w * x[1]) * x[0]

    rng = np.random.default_rng(1)
    x = rng.uniform(-1.0, 9.0, (40, 2)).astype(np.float32)
    counted = Counted(f)
    g = compile_grad(counted, in_axes=(None, 0))
    for w in (1.5, 0.5, 200.0):
        value, (dw, dx) = g.value_and_grad(w, x)
        rows = [dp.value_and_grad(f, (0, 1))(w, row.astype(float)) for row in x]
        assert value == pytest.approx(sum(each for each, _ in rows), rel=1e-12)
        assert dw == pytest.approx(sum(slopes[0] for _, slopes in rows), rel=1e-12)
        np.testing.assert_allclose(dx, [slopes[1] for _, slopes in rows], rtol=1e-6)
        assert dx.dtype == np.float32
    assert counted.calls == len(g._written) < 10
    g(1.4, x)
    assert counted.calls == len(g._written)


def test_containers_with_rows():
    f = lambda p, q: p["a"][0] * p["a"][1].sum() * q[0]  # noqa: E731
    a, b, q = np.array([1.0, 2.0]), np.arange(12.0).reshape(2, 2, 3), np.array([[3], [4]])
    gradient = compile_grad(f, 0, in_axes=0)({"a": (a, b)}, q)
    np.testing.assert_allclose(gradient["a"][0], b.sum(axis=(1, 2)) * q[:, 0])
    np.testing.assert_allclose(gradient["a"][1], (a * q[:, 0])[:, None, None] * np.ones((2, 2, 3)))


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_columns_are_not_changed_in_place(count):
    x = np.linspace(0.1, 1.0, count)
    before = x.copy()
    g = compile_grad(lambda x: sum((k * x * x for k in range(60)), x) + x, in_axes=0)
    for _ in range(2):
        np.testing.assert_allclose(g(x), 2 + 2 * 1770 * x, rtol=1e-12)
    np.testing.assert_array_equal(x, before)


# When numbers end --------------------------------------------------------------------------------


def test_infinities_and_domains_are_as_with_grad():
    g = compile_grad(dp.sqrt)
    assert [g(x) for x in (4.0, 0.0, 1.0)] == [0.25, math.inf, 0.5]
    with pytest.raises(ValueError, match=r"dp.sqrt\(-1\).*x >= 0"):
        g(-1.0)
    g = compile_grad(lambda x: dp.exp(x) / (1.0 + x))
    g(1.0)
    with pytest.raises(OverflowError, match="too large"):
        g(1000.0)
    with pytest.raises(ZeroDivisionError):
        g(-1.0)
    g = compile_grad(lambda x: 0.0 * dp.sqrt(x) + x)
    assert (g(4.0), g(0.0)) == (1.0, dp.grad(lambda x: 0.0 * dp.sqrt(x) + x)(0.0))
    g = compile_grad(lambda x, n: x**n)
    g(2.0, 3.0)
    with pytest.raises(ArithmeticError, match="power"):
        g(-2.0, 3.0)


def test_the_row_that_fails_is_named():
    g = compile_grad(dp.log, in_axes=0)
    for x in (np.array([1.0, 2.0, -3.0]), np.array([-3.0, 1.0])):
        with pytest.raises(ValueError, match=r"dp.log\(-3\)") as error:
            g(x)
        assert error.value.__notes__ == [f"This is row {x.tolist().index(-3.0)} of the batch."]
    roots = compile_grad(dp.sqrt, in_axes=0)(np.array([4.0, 0.0, 1.0]))
    assert roots.tolist() == [0.25, math.inf, 0.5]
    # What Python would refuse is refused, though numpy could go on from infinity …
    with pytest.raises(ZeroDivisionError):
        compile_grad(lambda w, x: w * dp.arctan(1 / x), 0, in_axes=(None, 0))(
            1.0, np.array([1.0, 0.0])
        )
    # … and what no library notices is noticed.
    with pytest.raises(ArithmeticError, match="not a number"):
        compile_grad(lambda w, x: (w * w - w * w) * x, in_axes=(None, 0))(1e200, np.ones(2))
    assert np.isinf(
        compile_grad(lambda x: x * 2, in_axes=0).value_and_grad(np.array([1.0, math.inf]))[0]
    )


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: compile_grad(ell(1.0, 2.0)), ["float", "without calling it"]),
        (lambda: compile_grad(lambda x: x)(np.arange(3)), ["int64", "(3,)", "astype(float)"]),
        (lambda: compile_grad(lambda x: x)(np.array(["a"])), ["dtype <U1", "(1,)"]),
        (lambda: compile_grad(lambda x: x)(np.array([None])), ["object", "(1,)"]),
        (lambda: compile_grad(lambda x: x)("abc"), ["'abc'", "str"]),
        (lambda: compile_grad(lambda x: x)([1.0, None]), ["Argument 0", "None"]),
        (lambda: compile_grad(lambda x: x)(True), ["True", "bool"]),
        (lambda: compile_grad(lambda x, m: x, 0)(1.0, object()), ["Argument 1", "object", "cannot see"]),
        (lambda: compile_grad(lambda x: x)(np.ones((2, 3))), ["shape (2, 3)", "one number"]),
        (lambda: compile_grad(lambda x: (x, x))(1.0), ["tuple"]),
        (lambda: compile_grad(lambda x: None)(1.0), ["None", "return"]),
        (lambda: compile_grad(lambda x: math.exp(x))(1.0), ["dp.exp"]),
        (lambda: compile_grad(lambda x, n: [x][n])(1.0, 0), ["argnums", "integers"]),
        (lambda: compile_grad(lambda w, k: w[k], 0, (None, 0))([1.0], np.zeros(1)), ["row to row"]),
        (lambda: compile_grad(lambda x: x, "x")(1.0), ["argnums", "'x'"]),
        (lambda: compile_grad(lambda x: x, 1.0)(1.0), ["argnums", "1.0"]),
        (lambda: compile_grad(lambda x: x * dp.Scalar(2.0))(1.0), ["Scalar(data=2.0", "argument"]),
        (lambda: compile_grad(lambda x: dp.Scalar(2.0))(1.0), ["Scalar(data=2.0", "argument"]),
        (lambda: compile_grad(lambda x: x, in_axes=0)(1.0), ["1.0", "in_axes", "array"]),
        (lambda: compile_grad(lambda x: x, in_axes=0)([1.0, 2.0]), ["1.0", "in_axes", "array"]),
        (lambda: compile_grad(lambda x: x, in_axes=0)(np.arange(3)), ["int64", "float"]),
        (lambda: compile_grad(lambda x: x, in_axes=0)(np.array(1.0)), ["shape ()"]),
        (lambda: compile_grad(lambda x: x, in_axes=(0, None))(np.ones(3)), ["2 arguments", "1 positional"]),
        (
            lambda: compile_grad(lambda x, y: x * y, 0, in_axes=(None, 0))(dp.Scalar(1.0), np.ones(3)),
            ["in_axes", "dp.grad"],
        ),
    ],
)  # fmt: skip
def test_errors_are_sentences(call, words):
    with pytest.raises(TypeError) as error:
        call()
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: compile_grad(lambda x: x, in_axes=1)(np.ones(3)), ["in_axes", "moveaxis"]),
        (lambda: compile_grad(lambda x: x, in_axes=False)(np.ones(3)), ["in_axes"]),
        (lambda: compile_grad(lambda x: x, in_axes=0)(np.ones((0, 2))), ["no rows"]),
        (lambda: compile_grad(ell, in_axes=0)(np.ones(3), np.ones(4)), ["3", "4", "rows"]),
    ],
)
def test_bad_batches_are_named(call, words):
    with pytest.raises(ValueError) as error:
        call()
    for word in words:
        assert word in str(error.value)


def test_numbers_do_not_leave_the_function():
    kept = []

    def f(x):
        kept.append(x)
        return x * x

    compile_grad(f)(1.0)
    with pytest.raises(RuntimeError, match="finished"):
        kept[0] + 1.0
    compile_grad(lambda x: [f(x), dp.sqrt(x)][1])(0.0)  # infinite, so computed by the tape
    with pytest.raises(RuntimeError, match="finished"):
        kept[-1] + 1.0
    assert kept[0] > 0.5 and repr(kept[0]) == "Symbol(1.0)"
    with pytest.raises(TypeError, match="argument"):
        compile_grad(lambda y: compile_grad(lambda x: x * y)(2.0))(1.0)
    with pytest.raises(TypeError, match="argument"):
        compile_grad(lambda y: compile_grad(lambda x: x if x > y else 2 * x)(2.0) * y)(1.0)


def test_forms_take_apart_and_put_together():
    Pair = namedtuple("Pair", "a b")
    tree = [
        1.5,
        (2.5, 3.5),
        {"k": np.array([[4.5], [5.5]]), "p": Pair(6.5, [7.5])},
        np.float32(0.5),
    ]
    found = []
    form = forms.take(tree, "It", found, False)
    hash(form)
    assert found == [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 0.5]
    again = forms.put(form, iter(found))
    assert str(again) == str(tree).replace("np.float32(0.5)", "0.5")
    names = [name for name, _ in forms.leaves(form, "t")]
    assert names == [
        "t_0",
        "t_1_0",
        "t_1_1",
        "t_2_k_0_0",
        "t_2_k_1_0",
        "t_2_p_a",
        "t_2_p_b_0",
        "t_3",
    ]


def test_a_compiled_gradient_costs_the_collector_nothing():
    g = compile_grad(lambda x: iterate(dp.sin, x, 1000))
    g(1.0)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(20):
        g(1.0)
    assert len(gc.get_objects()) <= before + 5
