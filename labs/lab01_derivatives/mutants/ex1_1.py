# %% [markdown]
# Wrong ways to do exercise 1.1 (a secant); each loses marks, for the reason named.


# %% the_rise_alone diagnosis="not_divided"
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    return f(x + h) - f(x)


# %% brackets_forgotten diagnosis="precedence"
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    return f(x + h) - f(x) / h


# %% to_the_left diagnosis="wrong_side"
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    return (f(x) - f(x - h)) / h


# %% the_wrong_way_round diagnosis="sign"
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    return (f(x) - f(x + h)) / h


# %% run_over_rise diagnosis="upside_down"
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    return h / (f(x + h) - f(x))


# %% divided_by_the_place diagnosis="wrong_run"
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    return (f(x + h) - f(x)) / (x + h)


# %% a_step_of_its_own diagnosis="ignores_h"
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    h = 1e-8
    return (f(x + h) - f(x)) / h


# %% the_square_of_the_example diagnosis="not_asked"
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    return 2 * x + h


# %% printed_not_returned diagnosis="missing"
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    print((f(x + h) - f(x)) / h)


# %% already_the_next_exercise diagnosis="both_sides"
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    return (f(x + h) - f(x - h)) / (2 * h)
