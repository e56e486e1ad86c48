# %% [markdown]
# Other right ways to do exercise 6.1 (a prediction); each gets full marks.

# %% another_guess
def my_prediction_of_the_steps():
    """How many steps it takes."""
    return 15_000


# %% a_number_from_numpy
def my_prediction_of_the_steps():
    """How many steps it takes."""
    return np.float64(99.5)


# %% with_a_warning
def my_prediction_of_the_steps():
    """How many steps it takes."""
    import warnings

    warnings.warn("no idea", stacklevel=1)
    return 3
