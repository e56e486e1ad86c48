# %% [markdown]
# Other right ways to do exercise 3.4 (a prediction); each gets full marks.

# %% another_guess
def my_prediction_of_the_second_day():
    """What x.grad is after walk_back(y)."""
    return 7


# %% a_fraction_from_numpy
def my_prediction_of_the_second_day():
    """What x.grad is after walk_back(y)."""
    return np.float64(4.5)


# %% with_a_warning
def my_prediction_of_the_second_day():
    """What x.grad is after walk_back(y)."""
    import warnings

    warnings.warn("no idea", stacklevel=1)
    return -1
