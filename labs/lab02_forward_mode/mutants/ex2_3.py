# %% [markdown]
# Wrong ways to do exercise 2.3 (four more functions); each loses marks, for the reason named.

# %% cos_sign diagnosis="sign"
def cos(a):
    a = lift(a)
    return Dual(math.cos(a.primal), math.sin(a.primal) * a.tangent)


# %% cos_without_the_speed diagnosis="missing_factor"
def cos(a):
    a = lift(a)
    return Dual(math.cos(a.primal), -math.sin(a.primal))


# %% exp_without_the_speed diagnosis="missing_factor"
def exp(a):
    a = lift(a)
    value = math.exp(a.primal)
    return Dual(value, value)


# %% exp_of_the_speed diagnosis="wrong_rule"
def exp(a):
    a = lift(a)
    value = math.exp(a.primal)
    return Dual(value, math.exp(a.tangent))


# %% exp_by_the_power_rule diagnosis="wrong_rule"
def exp(a):
    a = lift(a)
    value = math.exp(a.primal)
    return Dual(value, a.primal * math.exp(a.primal - 1) * a.tangent)


# %% log_at_the_wrong_point diagnosis="wrong_point"
def log(a):
    """The natural logarithm."""
    a = lift(a)
    return Dual(math.log(a.primal), a.tangent / math.log(a.primal))


# %% log_to_base_ten diagnosis="wrong_value"
def log(a):
    """The natural logarithm."""
    a = lift(a)
    return Dual(math.log10(a.primal), a.tangent / a.primal)


# %% cos_of_the_speed diagnosis="wrong_rule"
def cos(a):
    a = lift(a)
    return Dual(math.cos(a.primal), math.cos(a.tangent))


# %% sqrt_without_the_half diagnosis="missing_factor"
def sqrt(a):
    a = lift(a)
    value = math.sqrt(a.primal)
    return Dual(value, a.tangent / value)


# %% sqrt_upside_down diagnosis="wrong_rule"
def sqrt(a):
    a = lift(a)
    value = math.sqrt(a.primal)
    return Dual(value, 2 * value * a.tangent)


# %% sqrt_at_the_argument diagnosis="wrong_rule"
def sqrt(a):
    a = lift(a)
    value = math.sqrt(a.primal)
    return Dual(value, a.tangent / (2 * a.primal))


# %% exp_does_not_lift diagnosis="missing_lift"
def exp(a):
    value = math.exp(a.primal)
    return Dual(value, value * a.tangent)
