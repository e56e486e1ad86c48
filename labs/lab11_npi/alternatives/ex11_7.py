# %% [markdown]
# Other right ways to do exercise 11.7 (a prediction); each gets full marks.


# %% another_guess
def my_prediction_of_the_frames():
    """How many different frames of ADD there are, in all sums of all lengths."""
    return 10**30


# %% a_numpy_number
def my_prediction_of_the_frames():
    """How many different frames of ADD there are, in all sums of all lengths."""
    return np.int64(24_642)
