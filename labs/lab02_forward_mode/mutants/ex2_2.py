# %% [markdown]
# Wrong ways to do exercise 2.2 (the rest of arithmetic); each loses marks, for the reason named.

# %% product_of_the_speeds diagnosis="wrong_rule"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% keeps_epsilon_squared diagnosis="wrong_rule"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(
        a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent + a.tangent * b.tangent
    )


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% product_partners_mixed_up diagnosis="swapped"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * a.primal + b.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% one_factor_moves diagnosis="missing_term"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% product_like_a_sum diagnosis="wrong_rule"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent + b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% negation_keeps_the_speed diagnosis="sign"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% difference_of_speeds_swapped diagnosis="swapped"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, b.tangent - a.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% difference_adds_the_speeds diagnosis="sign"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent + b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% quotient_sign diagnosis="sign"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent + value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% quotient_of_the_speeds diagnosis="wrong_rule"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, a.tangent / b.tangent)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% quotient_divisor_not_squared diagnosis="wrong_rule"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent * b.primal - a.primal * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% quotient_terms_swapped diagnosis="swapped"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (value * b.tangent - a.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% power_without_the_speed diagnosis="missing_factor"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1))


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% power_keeps_its_exponent diagnosis="wrong_rule"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal**n * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% power_forgets_the_factor diagnosis="missing_factor"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% reflected_difference_swapped diagnosis="swapped"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(b, a)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% reflected_quotient_swapped diagnosis="swapped"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(b, a)


# %% reflected_difference_sign_of_the_speed diagnosis="sign"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return Dual(a - b.primal, b.tangent)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% product_does_not_lift diagnosis="missing_lift"
def mul(a, b):
    """a * b"""
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% difference_returns_a_number diagnosis="wrong_type"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return a.primal - b.primal


def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


# %% constants_move_in_a_quotient diagnosis="constant_side"
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)


def neg(a):
    """-a"""
    return Dual(-a.primal, -a.tangent)


def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)


def div(a, b):
    """a / b"""
    a = a if isinstance(a, Dual) else Dual(a, 1.0)
    b = b if isinstance(b, Dual) else Dual(b, 1.0)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)


def power(a, n):
    """a to the power n, a plain number."""
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    return sub(a, b)


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    return div(a, b)


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


def reflected_sub(b, a):
    return sub(a, b)


def reflected_div(b, a):
    return div(a, b)


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


def power(a, n):
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)


def reflected_sub(b, a):
    return sub(a, b)


def reflected_div(b, a):
    return div(a, b)
