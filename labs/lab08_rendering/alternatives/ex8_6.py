# %% [markdown]
# Other right ways to do exercise 8.6 (a prediction); each gets full marks.

# %% a_wrong_guess
def my_prediction_of_the_starts():
    """How many of ten random starts find all three circles."""
    return 10


# %% a_numpy_number
def my_prediction_of_the_starts():
    """How many of ten random starts find all three circles."""
    return np.float64(3 + 0)
