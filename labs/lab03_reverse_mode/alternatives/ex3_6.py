# %% [markdown]
# Other right ways to do exercise 3.6 (a prediction); each gets full marks.

# %% another_guess
def my_prediction_of_the_second_answer():
    """What is printed the second time."""
    return 7


# %% a_fraction_from_numpy
def my_prediction_of_the_second_answer():
    """What is printed the second time."""
    return np.float64(4.5)


# %% with_a_warning
def my_prediction_of_the_second_answer():
    """What is printed the second time."""
    import warnings

    warnings.warn("no idea", stacklevel=1)
    return -1
