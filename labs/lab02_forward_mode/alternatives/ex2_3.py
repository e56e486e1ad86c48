# %% [markdown]
# Other right ways to do exercise 2.3 (four more functions); each gets full marks.

# %% one_function_for_all
def _function(value, slope):
    def of(a):
        a = lift(a)
        return Dual(value(a.primal), slope(a.primal) * a.tangent)

    return of


def cos(a):
    return _function(math.cos, lambda x: -math.sin(x))(a)


def exp(a):
    return _function(math.exp, math.exp)(a)


def log(a):
    return _function(math.log, lambda x: 1 / x)(a)


def sqrt(a):
    return _function(math.sqrt, lambda x: 0.5 / math.sqrt(x))(a)


# %% by_the_complex_step_with_a_warning
import cmath
import warnings


def _analytic(f, a):
    a = lift(a)
    warnings.warn("a step of 1e-40 into the complex plane", stacklevel=2)
    moved = f(complex(a.primal, 1e-40))
    return Dual(moved.real, moved.imag * 1e40 * a.tangent)


def cos(a):
    return _analytic(cmath.cos, a)


def exp(a):
    return _analytic(cmath.exp, a)


def log(a):
    return _analytic(cmath.log, a)


def sqrt(a):
    return _analytic(cmath.sqrt, a)


# %% numpy
def cos(a):
    a = lift(a)
    return Dual(np.cos(a.primal), np.multiply(a.tangent, -np.sin(a.primal)))


def exp(a):
    a = lift(a)
    return Dual(np.exp(a.primal), np.exp(a.primal) * a.tangent)


def log(a):
    a = lift(a)
    return Dual(np.log(a.primal), np.divide(a.tangent, a.primal))


def sqrt(a):
    a = lift(a)
    return Dual(np.sqrt(a.primal), a.tangent * a.primal**-0.5 / 2)


# %% a_root_is_a_power
import math


def cos(a: "Dual") -> "Dual":
    x = lift(a)
    p, t = x.primal, x.tangent
    return Dual(math.cos(p), t * -math.sin(p))


def exp(a):
    a = lift(a)
    e = math.e**a.primal
    return Dual(e, e * a.tangent)


def log(a):
    a = lift(a)
    print(a)
    return Dual(math.log(a.primal), 1 / a.primal * a.tangent)


def sqrt(a):
    return lift(a) ** 0.5
