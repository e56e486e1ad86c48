"""custom_vjp, custom_jvp and stop_gradient. The rules in use are wrong on purpose, each in its own
way, so that a test sees which of them were followed; JAX, given the same rules, is the truth."""

import array_api_strict
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import dpkit as dp

X, Y = np.array([0.3, 0.4]), np.array([1.2, -0.7])


def functions(lib, np):
    def value(x, y):
        return np.sin(x) * y, {"q": x * y * y}

    reverse = lib.custom_vjp(value)

    def bwd(residuals, g):
        x, y = residuals
        return 2 * np.cos(x) * g[0] * y + g[1]["q"] * y**2, np.sin(x) * g[0]

    reverse.defvjp(lambda x, y: (value(x, y), (x, y)), bwd)
    forward = lib.custom_jvp(value)

    @forward.defjvp
    def rule(primals, tangents):
        (x, y), (dx, dy) = primals, tangents
        return value(x, y), (3 * np.cos(x) * dx * y + x * dy, {"q": dy * x})

    def use(f):
        def program(x, y):
            a, b = f(x * x, y)
            c, d = f(a, b["q"])
            return np.sum(c * d["q"] * a)

        return program

    return {"custom_vjp": use(reverse), "custom_jvp": use(forward)}


OURS, THEIRS = functions(dp, dp), functions(jax, jnp)
KINDS = pytest.mark.parametrize("kind", ["custom_vjp", "custom_jvp"])
POINTS = pytest.mark.parametrize("point", [(X, Y), (0.3, 1.2)], ids=["arrays", "numbers"])


@KINDS
@POINTS
def test_reverse_mode_to_third_order(kind, point):
    def orders(lib, np, f):
        first = lib.grad(f, (0, 1))
        second = lib.grad(lambda x, y: np.sum(first(x, y)[0] ** 2), (0, 1))
        third = lib.grad(lambda x, y: np.sum(second(x, y)[0] * second(x, y)[1]), (0, 1))
        return first, second, third

    with jax.enable_x64(True):
        pairs = zip(orders(dp, dp, OURS[kind]), orders(jax, jnp, THEIRS[kind]), strict=True)
        for ours, theirs in pairs:
            np.testing.assert_allclose(ours(*point), theirs(*point), rtol=1e-10)


@KINDS
@POINTS
def test_forward_over_reverse(kind, point):
    with jax.enable_x64(True):
        ours = dp.jacfwd(dp.grad(OURS[kind], (0, 1)), (0, 1))(*point)
        theirs = jax.jacfwd(jax.grad(THEIRS[kind], (0, 1)), (0, 1))(*point)
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@KINDS
@POINTS
def test_forward_mode(kind, point):
    """JAX refuses forward mode through a custom_vjp; the transpose of its gradient is the truth."""
    with jax.enable_x64(True):
        gradient = jax.grad(THEIRS[kind], (0, 1))(*point)
        speed = dp.jvp(OURS[kind], point, point)[1]
        assert speed == pytest.approx(
            sum(np.sum(g * x) for g, x in zip(gradient, point, strict=True))
        )
        if kind == "custom_jvp":
            assert speed == pytest.approx(float(jax.jvp(THEIRS[kind], point, point)[1]))
        twice = lambda *p: dp.jvp(OURS[kind], p, point)[1]  # noqa: E731
        slope = dp.jvp(twice, point, point)[1]
        curve = jax.jvp(jax.grad(THEIRS[kind], (0, 1)), point, point)[1]
        assert slope == pytest.approx(sum(np.sum(g * x) for g, x in zip(curve, point, strict=True)))


@KINDS
@pytest.mark.parametrize("library", [torch.asarray, array_api_strict.asarray])
def test_other_libraries(kind, library):
    at = library(X), library(Y)
    f = OURS[kind]
    ours = dp.grad(f)(*at), dp.jvp(f, at, at)[1], dp.hvp(f, at, at)[1]
    truth = dp.grad(f)(X, Y), dp.jvp(f, (X, Y), (X, Y))[1], dp.hvp(f, (X, Y), (X, Y))[1]
    for a, b in zip(ours, truth, strict=True):
        np.testing.assert_allclose(np.asarray(a), b, rtol=1e-12)


@KINDS
def test_made_by_hand(kind):
    t = dp.tensor(X, requires_grad=True)
    OURS[kind](t, Y).backward()
    np.testing.assert_allclose(t.grad, dp.grad(OURS[kind])(X, Y), rtol=1e-12)
    s = dp.Scalar(0.3)
    OURS[kind](s, 1.2).backward()
    assert s.grad == pytest.approx(dp.grad(OURS[kind])(0.3, 1.2))


def test_without_a_derivative_the_function_itself_is_called():
    f = dp.custom_vjp(lambda x: x + 1.0)
    assert f(2.0) == 3.0
    np.testing.assert_array_equal(f(X), X + 1.0)


def test_gradient_clipping_and_reversal():
    """Two usual purposes: the value is x, only the adjoint is changed."""

    def through(change):
        f = dp.custom_vjp(lambda x: x)
        f.defvjp(lambda x: (x, None), lambda _, g: (change(g),))
        return f

    clipped, turned = through(lambda g: dp.minimum(g, 1.0)), through(lambda g: -g)
    np.testing.assert_allclose(dp.grad(lambda x: dp.sum(clipped(x) * Y))(X), [1.0, -0.7])
    np.testing.assert_allclose(dp.grad(lambda x: dp.sum(turned(x) * Y))(X), -Y)


def test_a_stable_logarithm():
    """JAX's own example: log(1 + exp(x)), whose derivative at 100 is 1 and comes out as nan."""

    @dp.custom_jvp
    def log1pexp(x):
        return dp.log(1.0 + dp.exp(x))

    @log1pexp.defjvp
    def rule(primals, tangents):
        (x,), (dx,) = primals, tangents
        return log1pexp(x), (1 - 1 / (1 + dp.exp(x))) * dx

    assert dp.grad(log1pexp)(100.0) == 1.0
    assert dp.grad(dp.grad(log1pexp))(100.0) == pytest.approx(np.exp(-100))
    assert dp.jvp(log1pexp, (3.0,), (1.0,))[1] == pytest.approx(1 / (1 + np.exp(-3)))


def test_arguments_without_derivative():
    def solve(f, x, n, name=None):
        return f(x) * n

    reverse = dp.custom_vjp(solve, nondiff_argnums=(0,))
    reverse.defvjp(
        lambda f, x, n, name: (solve(f, x, n, name), (x, n)),
        lambda f, r, g: (7.0 * g * r[1], None, None),
    )
    forward = dp.custom_jvp(solve, nondiff_argnums=(0,))
    seen = []

    @forward.defjvp
    def rule(f, primals, tangents):
        seen.append(tangents[1:])
        return solve(f, *primals), tangents[0] * 7.0 * primals[1]

    def check(f):
        assert dp.grad(lambda x: f(dp.sin, x, n=2, name="sine"))(0.5) == 14.0
        gradient = dp.grad(lambda x: dp.sum(f(dp.sin, x, 2, "sine")))(X)
        np.testing.assert_array_equal(gradient, [14.0, 14.0])
        assert dp.jvp(lambda x: f(dp.sin, x, 2, "sine"), (0.5,), (1.0,))[1] == 14.0

    check(reverse)
    check(forward)
    assert set(seen) == {(None, None)}


def test_stop_gradient():
    def f(x):
        held = dp.stop_gradient({"x": x, "n": 3})
        return dp.sum(held["x"] * x * held["n"])

    np.testing.assert_allclose(dp.grad(f)(X), 3 * X)
    np.testing.assert_allclose(dp.grad(lambda x: dp.sum(dp.grad(f)(x)))(X), [0.0, 0.0])
    assert dp.grad(f)(2.0) == 6.0
    assert dp.jvp(f, (X,), (Y,))[1] == pytest.approx(3 * X @ Y)
    objects = np.array([dp.Scalar(2.0), dp.Scalar(3.0)])
    assert dp.stop_gradient(objects).dtype == float
    outer = dp.grad(lambda a: dp.grad(lambda x: dp.stop_gradient(a * x) * x)(3.0))
    assert outer(2.0) == 0.0


def closed_over():
    def program(w):
        f = dp.custom_vjp(lambda x: x * w)
        f.defvjp(lambda x: (x * w, x), lambda x, g: (g,))
        return f(w)

    return program


def with_bwd(bwd):
    f = dp.custom_vjp(lambda x, y: x * y)
    f.defvjp(lambda x, y: (x * y, (x, y)), bwd)
    return lambda x: dp.sum(f(x, x))


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: dp.grad(dp.custom_vjp(lambda x: x))(1.0), "defvjp"),
        (lambda: dp.grad(dp.custom_jvp(lambda x: x))(1.0), "defjvp"),
        (lambda: dp.grad(closed_over())(1.0), "make it an argument"),
        (lambda: dp.grad(lambda w: dp.sum(closed_over()(w)))(X), "make it an argument"),
        (lambda: dp.grad(with_bwd(lambda r, g: g))(X), "tuple with one adjoint for each of its 2"),
        (lambda: dp.grad(with_bwd(lambda r, g: (g, g[:1])))(X), r"\(1,\) for argument 1.*\(2,\)"),
        (lambda: dp.custom_vjp(3.0), "function"),
        (lambda: dp.compile_grad(dp.custom_vjp(lambda x: x * x))(1.0), "compile_grad"),
    ],
)
def test_errors(call, words):
    with pytest.raises(TypeError, match=words):
        call()


def test_float32_stays_float32():
    x, y = X.astype(np.float32), Y.astype(np.float32)
    for f in OURS.values():
        assert dp.grad(f)(x, y).dtype == np.float32


def test_pictures_and_diagnosis_know_functions_with_rules_of_their_own():
    @dp.custom_vjp
    def square(x):
        return x * x

    square.defvjp(lambda x: (x * x, x), lambda x, g: (2.0 * x * g,))
    a = dp.Scalar(3.0, "a")
    y = square(a) * dp.checkpoint(dp.sin)(a)
    y.backward()
    assert "a" in dp.draw_graph(y)._repr_svg_()
    assert dp.diagnose(lambda x: square(x) * x, lambda x: 3.0 * x**2, 3.0).ok
    assert dp.diagnose(lambda x: square(x) * x, lambda x: -3.0 * x**2, 3.0).kind == "sign"
    assert dp.diagnose(lambda x: square(x) * x, lambda x: x + 1.0, 3.0).kind == "unknown"


@POINTS
def test_adjoints_of_dicts_go_by_key(point):
    f = dp.custom_vjp(lambda p: p["a"] * p["b"] ** 2)
    f.defvjp(
        lambda p: (f(p), p), lambda p, g: ({"b": 2 * p["a"] * p["b"] * g, "a": p["b"] ** 2 * g},)
    )
    a, b = point
    gradient = dp.grad(lambda p: dp.sum(f(p)))({"a": a, "b": b})
    assert list(gradient) == ["a", "b"]
    np.testing.assert_allclose(gradient["a"], b**2)
    np.testing.assert_allclose(gradient["b"], 2 * a * b)
    f.defvjp(lambda p: (f(p), p), lambda p, g: ({"a": g * p["a"], "c": g * p["a"]},))
    with pytest.raises(TypeError, match="must be the same"):
        dp.grad(lambda p: dp.sum(f(p)))({"a": a, "b": b})


def test_an_array_of_numbers_with_derivatives_may_get_an_ordinary_one_as_adjoint():
    f = dp.custom_vjp(lambda w: w[0] * w[0] + w[1])
    f.defvjp(lambda w: (f(w), w[0]), lambda x, g: (np.array([2 * x, 1.0]) * g,))
    assert dp.grad(lambda w: f(np.array(w)))([3.0, 4.0]) == [6.0, 1.0]


def test_nondiff_argnums_are_positions_of_arguments():
    with pytest.raises(TypeError, match="nondiff_argnums"):
        dp.custom_vjp(lambda n, x: x, nondiff_argnums="n")
    with pytest.raises(TypeError, match="2 positional arguments"):
        dp.custom_vjp(lambda n, x: x, nondiff_argnums=(5,))(1, 2.0)
