# %% [markdown]
# Other right ways to do exercise 3.3 (four functions); each gets full marks.

# %% with_lambdas
def _unary(f, slope, op):
    def function(a):
        a = lift(a)
        return Var(f(a.value), (a,), (slope(a.value),), op)

    return function


exp = _unary(math.exp, math.exp, "exp")
log = _unary(math.log, lambda x: x**-1, "log")
sqrt = _unary(math.sqrt, lambda x: 1 / (2 * x**0.5), "sqrt")
sin = _unary(math.sin, lambda x: math.sin(x + math.pi / 2), "sin")

# %% numpy_with_noise_on_stderr
import sys


def exp(a):
    a = lift(a)
    print("exp", a, file=sys.stderr)
    result = Var(np.exp(a.value), [a], [np.exp(a.value)], "exp")
    return result


def log(a):
    a = lift(a)
    np.log(np.float64(-1.0))  # a RuntimeWarning
    return Var(np.log(a.value), [a], [np.reciprocal(a.value)], "log")


def sqrt(a):
    a = lift(a)
    return Var(np.sqrt(a.value), [a], [np.sqrt(a.value) / (2 * a.value)], "sqrt")


def sin(a):
    a = lift(a)
    return Var(np.sin(a.value), [a], [np.cos(a.value)], "sin")


# %% several_parents_that_are_one
def exp(a):
    a = lift(a)
    half = math.exp(a.value / 2)
    return Var(half * half, (a, a), (half * half / 2, half * half / 2), "exp")


def log(a):
    a = lift(a)
    return Var(math.log(a.value), (a,), (1 / a.value,))


def sqrt(a):
    a = lift(a)
    return Var(a.value**0.5, (a,), (0.5 * a.value**-0.5,))


def sin(a):
    a = lift(a)
    return Var(math.sin(a.value), (a,), (math.cos(a.value),))
