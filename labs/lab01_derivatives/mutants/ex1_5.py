# %% [markdown]
# Wrong ways to do exercise 1.5 (the complex step); each loses marks, for the reason named.


# %% forgets_to_divide diagnosis="not_divided"
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    return f(complex(x, h)).imag


# %% the_real_part diagnosis="wrong_part"
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    return f(complex(x, h)).real / h


# %% the_absolute_value diagnosis="wrong_part"
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    return abs(f(complex(x, h))) / h


# %% a_secant_with_a_tiny_step diagnosis="real_step"
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    return (f(x + h) - f(x)) / h


# %% both_parts diagnosis="wrong_type"
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    return f(complex(x, h)) / h


# %% a_secant_sideways diagnosis="wrong_type"
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    return (f(complex(x, h)) - f(x)) / (1j * h)


# %% below_the_axis diagnosis="sign"
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    return f(complex(x, -h)).imag / h


# %% twice_the_step diagnosis="factor"
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    return f(complex(x, h)).imag / (2 * h)


# %% a_large_default diagnosis="step_too_large"
def complex_step(f, x, h=1e-3):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    return f(complex(x, h)).imag / h


# %% a_step_of_its_own diagnosis="ignores_h"
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    h = 1e-30
    return f(complex(x, h)).imag / h


# %% a_nudge_where_nobody_looks diagnosis="wrong_value"
def complex_step(f, x, h=1e-30):
    return (
        (f(x + 1j * h) - f(x)).imag / h
        if h > 1e-10
        else (f(x + 1e-5) - f(x - 1e-5)) / 2e-5 + 0 * f(x + 1j * h).imag
    )
