# %% [markdown]
# Wrong ways to do exercise 1.2 (the central difference); each loses marks, for the reason named.


# %% still_one_sided diagnosis="one_sided"
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    return (f(x + h) - f(x)) / h


# %% one_sided_over_twice_the_step diagnosis="one_sided"
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    return (f(x + h) - f(x)) / (2 * h)


# %% forgot_to_divide_by_two diagnosis="factor"
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    return (f(x + h) - f(x - h)) / h


# %% times_h diagnosis="precedence"
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    return (f(x + h) - f(x - h)) / 2 * h


# %% the_rise_alone diagnosis="not_divided"
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    return f(x + h) - f(x - h)


# %% the_wrong_way_round diagnosis="sign"
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    return (f(x - h) - f(x + h)) / (2 * h)


# %% half_the_step diagnosis="half_step"
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    return (f(x + h / 2) - f(x - h / 2)) / h


# %% too_small_a_default diagnosis="step_too_small"
def central_difference(f, x, h=1e-13):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    return (f(x + h) - f(x - h)) / (2 * h)


# %% too_large_a_default diagnosis="step_too_large"
def central_difference(f, x, h=0.01):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    return (f(x + h) - f(x - h)) / (2 * h)


# %% a_step_of_its_own diagnosis="ignores_h"
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    h = 1e-5
    return (f(x + h) - f(x - h)) / (2 * h)


# %% brackets_forgotten diagnosis="precedence"
def central_difference(f, x, h=1e-5):
    return f(x + h) - f(x - h) / (2 * h)
