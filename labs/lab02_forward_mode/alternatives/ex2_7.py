# %% [markdown]
# Other right ways to do exercise 2.7 (a prediction); each gets full marks.

# %% another_guess
def my_prediction_of_two_names():
    """What is printed."""
    return 6


# %% a_number_from_numpy
def my_prediction_of_two_names():
    """What is printed."""
    return np.float64(4.0)


# %% with_a_warning
def my_prediction_of_two_names():
    """What is printed."""
    import warnings

    warnings.warn("no idea", stacklevel=1)
    return -2
