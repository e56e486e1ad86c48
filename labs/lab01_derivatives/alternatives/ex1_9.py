# %% [markdown]
# Other right ways to do exercise 1.9 (a prediction); each gets full marks.


# %% another_guess
def my_prediction_of_the_boldest_stride():
    """The largest rate for which the javelin's angle still settles."""
    return 0.003125


# %% a_number_from_numpy
def my_prediction_of_the_boldest_stride():
    """The largest rate for which the javelin's angle still settles."""
    return np.float64(0.02)


# %% with_a_warning
def my_prediction_of_the_boldest_stride():
    """The largest rate for which the javelin's angle still settles."""
    import warnings

    warnings.warn("no idea", stacklevel=1)
    return 1
