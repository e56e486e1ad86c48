# %% [markdown]
# Other right ways to do exercise 6.5 (a prediction); each gets full marks.

# %% another_guess
def my_prediction_of_the_scatter():
    """By which factor the scatter shrinks."""
    return 15_000


# %% a_number_from_numpy
def my_prediction_of_the_scatter():
    """By which factor the scatter shrinks."""
    return np.float64(99.5)


# %% with_a_warning
def my_prediction_of_the_scatter():
    """By which factor the scatter shrinks."""
    import warnings

    warnings.warn("no idea", stacklevel=1)
    return 3
