# %% [markdown]
# Other right ways to do exercise 0.9 (a prediction); each gets full marks.

# %% another_guess
def my_prediction_of_the_bold_sketch():
    """The score at the end, with rate=2."""
    return 3


# %% a_fraction_from_numpy
def my_prediction_of_the_bold_sketch():
    """The score at the end, with rate=2."""
    return np.float32(2500.0)
