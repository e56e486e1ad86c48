"""What every function of arrays with a derivative must obey, for tests of many of them."""

import jax
import numpy as np
import torch

import dpkit as dp

jax.config.update("jax_enable_x64", True)


def like(shape, rng):
    return rng.normal(size=shape)


def inner(xs, ys):
    """The sum of the products of corresponding numbers."""
    return sum(float(np.sum(np.asarray(x) * np.asarray(y))) for x, y in zip(xs, ys, strict=True))


def assert_close(mine, truth, rtol=1e-9):
    scale = max(1.0, float(np.max(np.abs(np.asarray(truth)), initial=0.0)))
    assert np.shape(mine) == np.shape(truth)
    np.testing.assert_allclose(np.asarray(mine), np.asarray(truth), rtol=rtol, atol=rtol * scale)


def assert_first_order(f, by_torch, *args, seed=0, step=1e-5):
    """Value and vjp against torch; vjp against centred differences; jvp against vjp; and torch
    arrays through dpkit."""
    rng = np.random.default_rng(seed)
    z, pull = dp.vjp(f, *args)
    leaves = [torch.tensor(x, requires_grad=True) for x in args]
    truth = by_torch(*leaves)
    assert_close(z, truth.detach().numpy())
    g = like(np.shape(z), rng)
    adjoints = pull(g)
    expected = torch.autograd.grad(truth, leaves, torch.tensor(g), allow_unused=True)
    for mine, theirs, x in zip(adjoints, expected, args, strict=True):
        assert_close(mine, np.zeros(np.shape(x)) if theirs is None else theirs.numpy())

    moves = tuple(like(np.shape(x), rng) for x in args)
    y, pushed = dp.jvp(f, args, moves)
    assert_close(y, z)
    assert np.isclose(inner([g], [pushed]), inner(adjoints, moves), rtol=1e-9, atol=1e-9)

    ahead = f(*(x + step * v for x, v in zip(args, moves, strict=True)))
    behind = f(*(x - step * v for x, v in zip(args, moves, strict=True)))
    quotient = inner([g], [(np.asarray(ahead) - np.asarray(behind)) / (2 * step)])
    assert np.isclose(quotient, inner(adjoints, moves), rtol=1e-5, atol=1e-5)

    y, pull = dp.vjp(f, *map(torch.as_tensor, args))
    assert isinstance(y, torch.Tensor)
    assert_close(y, z)
    for theirs, mine in zip(pull(torch.as_tensor(g)), adjoints, strict=True):
        assert isinstance(theirs, torch.Tensor)
        assert_close(theirs, mine)


def assert_second_order(f, by_jax, *args, seed=0, rtol=1e-8):
    """jvp of vjp and vjp of vjp, against JAX."""
    rng = np.random.default_rng(seed)
    z = np.asarray(f(*args))
    given = (*args, like(z.shape, rng))
    moves = tuple(like(np.shape(x), rng) for x in given)
    weights = tuple(like(np.shape(x), rng) for x in args)

    def pulled(vjp, function):
        return lambda *xs: vjp(function, *xs[:-1])[1](xs[-1])

    _, mine = dp.jvp(pulled(dp.vjp, f), given, moves)
    _, theirs = jax.jvp(pulled(jax.vjp, by_jax), given, moves)
    for a, b in zip(mine, theirs, strict=True):
        assert_close(a, b, rtol)
    mine = dp.vjp(pulled(dp.vjp, f), *given)[1](weights)
    theirs = jax.vjp(pulled(jax.vjp, by_jax), *given)[1](weights)
    for a, b in zip(mine, theirs, strict=True):
        assert_close(a, b, rtol)
    mine = dp.vjp(lambda *xs: dp.jvp(f, xs, weights)[1], *args)[1](given[-1])
    theirs = jax.vjp(lambda *xs: jax.jvp(by_jax, xs, weights)[1], *args)[1](given[-1])
    for a, b in zip(mine, theirs, strict=True):
        assert_close(a, b, rtol)


def assert_same_elsewhere(f, *args, seed=0):
    """The standard's strict test double, and single precision, give the same and stay there."""
    import array_api_strict as strict

    g = like(np.shape(f(*args)), np.random.default_rng(seed))
    z, pull = dp.vjp(f, *args)
    adjoints = pull(g)
    moves = tuple(adjoints)
    pushed = dp.jvp(f, args, moves)[1]

    def agree(mine, truth, dtype, rtol):
        assert mine.dtype == dtype
        assert_close(np.asarray(mine), truth, rtol)

    for make, dtype, rtol in (
        (strict.asarray, strict.float64, 1e-9),
        (lambda x: np.asarray(x, np.float32), np.float32, 2e-4),
        (lambda x: strict.asarray(x, dtype=strict.float32), strict.float32, 2e-4),
        (lambda x: torch.as_tensor(x, dtype=torch.float32), torch.float32, 2e-4),
    ):
        theirs = tuple(make(np.asarray(x)) for x in args)
        y, pull = dp.vjp(f, *theirs)
        agree(y, z, dtype, rtol)
        for a, b in zip(pull(make(g)), adjoints, strict=True):
            agree(a, b, dtype, rtol)
        agree(dp.jvp(f, theirs, tuple(make(np.asarray(v)) for v in moves))[1], pushed, dtype, rtol)


def assert_misreading_is_wrong(rule, misreading, argument, *args, **params):
    """A misreading has the shape of the truth, differs from it, and does not give it away."""
    from dpkit.backends import backend_of

    assert misreading.kind in dp.CATALOGUE
    assert len(misreading.sentence) > 20
    z = getattr(backend_of(*args), rule.name)(*args, **params)
    g = np.asarray(like(np.shape(z), np.random.default_rng(5)))
    if rule.any_number:
        right = rule.vjps[0](argument, z, *args, **params)(g)
        wrong = misreading.wrong[0](argument, z, *args, **params)(g)
    else:
        right = rule.vjps[argument](z, *args, **params)(g)
        wrong = misreading.wrong[argument](z, *args, **params)(g)
    assert np.shape(wrong) == np.shape(right) == np.shape(args[argument])
    with np.errstate(invalid="ignore"):
        assert not np.max(np.abs(wrong - right)) < 1e-3  # nan differs too


def slope_by_differences(f, h):
    """The slope of f, a function of one number, at 0: central differences of three steps, h, 2 h and
    4 h, extrapolated to none (Richardson). The error is of order h⁶, and rounding over h."""
    one, two, four = ((f(k * h) - f(-k * h)) / (2 * k * h) for k in (1, 2, 4))
    once, twice = (4 * one - two) / 3, (4 * two - four) / 3
    return (16 * once - twice) / 15
