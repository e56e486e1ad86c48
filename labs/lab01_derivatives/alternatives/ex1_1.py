# %% [markdown]
# Other right ways to do exercise 1.1 (a secant); each gets full marks.


# %% named_steps
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    here, there = f(x), f(x + h)
    rise = there - here
    return rise / h


# %% a_line_fitted_by_numpy
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    steps = np.array([0.0, h])
    values = np.array([f(x), f(x + h)])
    return np.polyfit(steps, values, 1)[0]


# %% a_lambda_and_a_print
import sys

secant = lambda f, x, h: print("h is", h, file=sys.stderr) or (-f(x) + f(h + x)) / h  # noqa: E731
