# %% [markdown]
# Wrong ways to do exercise 2.2 (the rest of arithmetic); each loses marks, for the reason named.

# %% product_of_the_speeds diagnosis="wrong_rule"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.tangent)


# %% keeps_epsilon_squared diagnosis="wrong_rule"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(
        a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent + a.tangent * b.tangent
    )


# %% product_partners_mixed_up diagnosis="swapped"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * a.primal + b.primal * b.tangent)


# %% one_factor_moves diagnosis="missing_term"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal)


# %% product_like_a_sum diagnosis="wrong_rule"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent + b.tangent)


# %% negation_keeps_the_speed diagnosis="sign"
def neg(a):
    """-a"""
    return Dual(-a.primal, a.tangent)


# %% difference_of_speeds_swapped diagnosis="swapped"
def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, b.tangent - a.tangent)


# %% difference_adds_the_speeds diagnosis="sign"
def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent + b.tangent)


# %% quotient_sign diagnosis="sign"
def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent + value * b.tangent) / b.primal)


# %% quotient_of_the_speeds diagnosis="wrong_rule"
def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, a.tangent / b.tangent)


# %% quotient_divisor_not_squared diagnosis="wrong_rule"
def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent * b.primal - a.primal * b.tangent) / b.primal)


# %% quotient_terms_swapped diagnosis="swapped"
def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (value * b.tangent - a.tangent) / b.primal)


# %% power_without_the_speed diagnosis="missing_factor"
def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1))


# %% power_keeps_its_exponent diagnosis="wrong_rule"
def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal**n * a.tangent)


# %% power_forgets_the_factor diagnosis="missing_factor"
def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, a.primal ** (n - 1) * a.tangent)


# %% reflected_difference_swapped diagnosis="swapped"
def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(b, a)


# %% reflected_quotient_swapped diagnosis="swapped"
def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(b, a)


# %% reflected_difference_sign_of_the_speed diagnosis="sign"
def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return Dual(a - b.primal, b.tangent)


# %% product_does_not_lift diagnosis="missing_lift"
def mul(a, b):
    """a * b"""
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


# %% difference_returns_a_number diagnosis="wrong_type"
def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return a.primal - b.primal


# %% constants_move_in_a_quotient diagnosis="constant_side"
def div(a, b):
    """a / b"""
    a = a if isinstance(a, Dual) else Dual(a, 1.0)
    b = b if isinstance(b, Dual) else Dual(b, 1.0)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


# %% by_nudging diagnosis="finite_difference"
def _n(f, *ds):
    ds = [lift(d) for d in ds]
    h = 1e-6
    up = f(*(d.primal + h * d.tangent for d in ds))
    dn = f(*(d.primal - h * d.tangent for d in ds))
    return Dual(f(*(d.primal for d in ds)), (up - dn) / (2 * h))


def mul(a, b):
    return _n(lambda x, y: x * y, a, b)


def neg(a):
    return _n(lambda x: -x, a)


def sub(a, b):
    return _n(lambda x, y: x - y, a, b)


def div(a, b):
    return _n(lambda x, y: x / y, a, b)


def power(a, n):
    return _n(lambda x: x**n, a)


# %% writes_into_its_arguments diagnosis="mutated_input"
def mul(a, b):
    a, b = lift(a), lift(b)
    t = a.tangent * b.primal + b.tangent * a.primal
    a.primal *= b.primal
    a.tangent = t
    return a


def neg(a):
    a.primal = -a.primal
    a.tangent = -a.tangent
    return a


def sub(a, b):
    a, b = lift(a), lift(b)
    a.primal -= b.primal
    a.tangent -= b.tangent
    return a


def div(a, b):
    a, b = lift(a), lift(b)
    return Dual(a.primal / b.primal, (a.tangent * b.primal - a.primal * b.tangent) / b.primal**2)
