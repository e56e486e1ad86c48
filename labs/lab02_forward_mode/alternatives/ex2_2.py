# %% [markdown]
# Other right ways to do exercise 2.2 (the rest of arithmetic); each gets full marks.

# %% everything_from_product_power_and_sum
def mul(a, b):
    a, b = lift(a), lift(b)
    return Dual(a.primal * b.primal, b.tangent * a.primal + b.primal * a.tangent)


def neg(a):
    return mul(-1, a)


def sub(a, b):
    return add(a, neg(lift(b)))


def div(a, b):
    return mul(a, power(lift(b), -1))


def power(a, n):
    return Dual(a.primal**n, a.tangent * n * a.primal ** (n - 1))


def reflected_sub(b, a):
    return add(neg(b), a)


def reflected_div(b, a):
    return mul(power(b, -1), a)


# %% quotient_rule_and_logarithmic_power
def _both(*sides):
    return [(getattr(x, "primal", x), getattr(x, "tangent", 0.0)) for x in sides]


def mul(a, b):
    (p, dp_), (q, dq) = _both(a, b)
    return Dual(p * q, p * dq + q * dp_)


def neg(a):
    return Dual(0 - a.primal, 0 - a.tangent)


def sub(a, b):
    (p, dp_), (q, dq) = _both(a, b)
    return Dual(p - q, dp_ - dq)


def div(a, b):
    (p, dp_), (q, dq) = _both(a, b)
    return Dual(p / q, (dp_ * q - p * dq) / (q * q))


def power(a, n):
    value = a.primal**n
    return Dual(value, n * value * a.tangent / a.primal)


def reflected_sub(b, a):
    return Dual(a - b.primal, -b.tangent)


def reflected_div(b, a):
    return Dual(a / b.primal, -a / b.primal * b.tangent / b.primal)


# %% two_by_two_matrices_on_stderr
import sys


def _matrix(x):
    """A dual number is the matrix [[primal, tangent], [0, primal]]: ε is a matrix whose square is 0."""
    x = lift(x)
    return np.array([[x.primal, x.tangent], [0.0, x.primal]])


def _dual(matrix):
    print("from a matrix", file=sys.stderr)
    return Dual(matrix[0, 0], matrix[0, 1])


def mul(a, b):
    return _dual(_matrix(a) @ _matrix(b))


def neg(a):
    return _dual(-_matrix(a))


def sub(a, b):
    return _dual(_matrix(a) - _matrix(b))


def div(a, b):
    return _dual(_matrix(a) @ np.linalg.inv(_matrix(b)))


def power(a, n):
    return Dual(np.power(a.primal, float(n)), n * np.power(a.primal, n - 1.0) * a.tangent)


def reflected_sub(b, a):
    return _dual(_matrix(a) - _matrix(b))


def reflected_div(b, a):
    return _dual(_matrix(a) @ np.linalg.inv(_matrix(b)))
