# %% [markdown]
# Wrong ways to do exercise 3.3 (four functions); each loses marks, for the reason named.

# %% exp_by_the_power_rule diagnosis="wrong_rule"
def exp(a):
    a = lift(a)
    value = math.exp(a.value)
    return Var(value, (a,), (a.value * math.exp(a.value - 1),), "exp")


# %% exp_has_slope_one diagnosis="missing_factor"
def exp(a):
    a = lift(a)
    value = math.exp(a.value)
    return Var(value, (a,), (1.0,), "exp")


# %% log_at_the_wrong_point diagnosis="wrong_point"
def log(a):
    """The natural logarithm."""
    a = lift(a)
    return Var(math.log(a.value), (a,), (1 / math.log(a.value),), "log")


# %% log_to_base_ten diagnosis="wrong_value"
def log(a):
    """The natural logarithm."""
    a = lift(a)
    return Var(math.log10(a.value), (a,), (1 / a.value,), "log")


# %% sqrt_without_the_half diagnosis="missing_factor"
def sqrt(a):
    a = lift(a)
    value = math.sqrt(a.value)
    return Var(value, (a,), (1 / value,), "sqrt")


# %% sqrt_upside_down diagnosis="wrong_rule"
def sqrt(a):
    a = lift(a)
    value = math.sqrt(a.value)
    return Var(value, (a,), (0.5 * value,), "sqrt")


# %% sqrt_of_the_value_again diagnosis="wrong_point"
def sqrt(a):
    a = lift(a)
    value = math.sqrt(a.value)
    return Var(value, (a,), (0.5 / math.sqrt(value),), "sqrt")


# %% sin_sign diagnosis="sign"
def sin(a):
    a = lift(a)
    return Var(math.sin(a.value), (a,), (-math.cos(a.value),), "sin")


# %% sin_slope_is_sin diagnosis="wrong_rule"
def sin(a):
    a = lift(a)
    return Var(math.sin(a.value), (a,), (math.sin(a.value),), "sin")


# %% sin_at_the_wrong_point diagnosis="wrong_point"
def sin(a):
    a = lift(a)
    return Var(math.sin(a.value), (a,), (math.cos(math.sin(a.value)),), "sin")
