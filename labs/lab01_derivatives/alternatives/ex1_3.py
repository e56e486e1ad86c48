# %% [markdown]
# Other right ways to do exercise 1.3 (a prediction); each gets full marks.


# %% another_guess
def my_prediction_of_the_limit():
    """What the secant of x * x at 1 is said to be for h = 1e-16."""
    return 0.0


# %% a_number_from_numpy
def my_prediction_of_the_limit():
    """What the secant of x * x at 1 is said to be for h = 1e-16."""
    return np.float64(2.22)


# %% with_a_warning
def my_prediction_of_the_limit():
    """What the secant of x * x at 1 is said to be for h = 1e-16."""
    import warnings

    warnings.warn("no idea", stacklevel=1)
    return -1
