# %% [markdown]
# Other right ways to do exercise 1.2 (the central difference); each gets full marks.


# %% mean_of_two_secants
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    right = (f(x + h) - f(x)) / h
    left = (f(x) - f(x - h)) / h
    return (left + right) / 2


# %% one_secant_from_the_left_end
def _between(f, a, b):
    return (f(b) - f(a)) / (b - a)


def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    import warnings

    warnings.warn(f"the step is {h}", stacklevel=1)
    return _between(f, x - h, x + h)


# %% both_points_in_one_array
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    below, above = f(np.array([x - h, x + h]))
    return float(0.5 * (above - below) / h)
