# ruff: noqa: E402, F811, F821

# %% sign diagnosis="sign"
def slope(x):
    return -3 * x**2


# %% no_three diagnosis="missing_factor"
def slope(x):
    return x**2


# %% flat diagnosis="zero"
def slope(x):
    return 0.0


# %% forgot_return diagnosis="missing"
def slope(x):
    3 * x**2
