# %% [markdown]
# Wrong ways to do exercise 3.2 (the rest of arithmetic); each loses marks, for the reason named.

# %% product_partials_swapped diagnosis="swapped"
def mul(a, b):
    """a * b"""
    # 1. make both sides Vars
    a, b = lift(a), lift(b)
    # 2. the value   3. the local partials:   return Var(..., (a, b), (..., ...), "*")
    return Var(a.value * b.value, (a, b), (a.value, b.value), "*")


# %% product_partials_are_vars diagnosis="wrong_type"
def mul(a, b):
    """a * b"""
    # 1. make both sides Vars
    a, b = lift(a), lift(b)
    # 2. the value   3. the local partials:   return Var(..., (a, b), (..., ...), "*")
    return Var(a.value * b.value, (a, b), (b, a), "*")


# %% negation_forgets_its_sign diagnosis="sign"
def neg(a):
    """-a"""
    return Var(-a.value, (a,), (1.0,), "neg")


# %% negation_returns_a_number diagnosis="wrong_type"
def neg(a):
    """-a"""
    return -a.value


# %% difference_adds diagnosis="sign"
def sub(a, b):
    """a - b"""
    a, b = lift(a), lift(b)
    return Var(a.value - b.value, (a, b), (1.0, 1.0), "-")


# %% quotient_sign diagnosis="sign"
def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    return Var(a.value / b.value, (a, b), (1 / b.value, a.value / b.value**2), "/")


# %% quotient_divisor_not_squared diagnosis="wrong_rule"
def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    return Var(a.value / b.value, (a, b), (1 / b.value, -a.value / b.value), "/")


# %% quotient_swapped diagnosis="swapped"
def div(a, b):
    """a / b"""
    a, b = lift(a), lift(b)
    return Var(a.value / b.value, (a, b), (-a.value / b.value**2, 1 / b.value), "/")


# %% power_keeps_its_exponent diagnosis="wrong_rule"
def power(a, n):
    """a to the power n, a plain number."""
    return Var(a.value**n, (a,), (n * a.value**n,), f"**{n}")


# %% power_forgets_the_factor diagnosis="missing_factor"
def power(a, n):
    """a to the power n, a plain number."""
    return Var(a.value**n, (a,), (a.value ** (n - 1),), f"**{n}")


# %% subtraction_does_not_lift diagnosis="missing_lift"
def sub(a, b):
    return Var(a.value - b.value, (a, b), (1.0, -1.0), "-")


# %% constants_change_sides diagnosis="wrong_value"
def div(a, b):
    if not isinstance(a, Var):
        a, b = b, a
    a, b = lift(a), lift(b)
    return Var(a.value / b.value, (a, b), (1 / b.value, -a.value / b.value**2), "/")
