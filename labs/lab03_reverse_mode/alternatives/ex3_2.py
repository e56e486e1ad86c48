# %% [markdown]
# Other right ways to do exercise 3.2 (the rest of arithmetic); each gets full marks.

# %% everything_from_product_power_and_sum
def neg(a):
    return a * -1


def sub(a, b):
    return add(a, neg(lift(b)))


def div(a, b):
    return a * power(lift(b), -1)


def power(a, n):
    return Var(a.value**n, (a,), (n * a.value ** (n - 1),), "power")


# %% constants_are_no_parents
def _record(value, sides, slopes, op):
    kept = [(side, slope) for side, slope in zip(sides, slopes) if isinstance(side, Var)]
    return Var(value, [side for side, _ in kept], [slope for _, slope in kept], op)


def _number(x):
    return x.value if isinstance(x, Var) else x


def mul(a, b):
    p, q = _number(a), _number(b)
    return _record(p * q, (a, b), (q, p), "*")


def neg(a):
    return _record(-a.value, (a,), (-1,), "neg")


def sub(a, b):
    return _record(_number(a) - _number(b), (a, b), (1, -1), "-")


def div(a, b):
    p, q = _number(a), _number(b)
    return _record(p / q, (a, b), (1 / q, -p / q / q), "/")


def power(a, n):
    p = _number(a)
    return _record(p**n, (a,), (n * p**n / p,), "power")


# %% numpy_and_a_warning
import warnings


def mul(a, b):
    a, b = lift(a), lift(b)
    warnings.warn("multiplying", stacklevel=1)
    return Var(np.multiply(a.value, b.value), (b, a), (np.float64(a.value), np.float64(b.value)))


def neg(a):
    return Var(np.negative(a.value), [a], np.array([-1.0]))


def sub(a, b):
    a, b = lift(a), lift(b)
    return Var(np.subtract(a.value, b.value), [a, b], np.array([1.0, -1.0]))


def div(a, b):
    a, b = lift(a), lift(b)
    return Var(np.divide(a.value, b.value), [a, b], np.array([1.0, -a.value / b.value]) / b.value)


def power(a, n):
    return Var(np.power(a.value, float(n)), [a], [n * np.power(a.value, n - 1.0)])
